"""Command line of Pigeonhole."""
