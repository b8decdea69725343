"""Benchmarks of speed and memory."""

from pigeonhole.core.runtime import configure

# All benchmarks share one process. Threads that spin while they wait would take the
# cores from the next benchmark, so the libraries are configured before their import.
configure()
