"""Speeds and memory; importing it first makes waiting threads sleep.

All libraries share one process: threads of one that spin while they wait would take
the cores from the next. OpenMP reads this when its library is loaded.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
