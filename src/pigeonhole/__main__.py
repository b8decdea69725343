"""Run the command line with ``python -m pigeonhole``."""

import sys

from pigeonhole.cli import main

sys.exit(main())
