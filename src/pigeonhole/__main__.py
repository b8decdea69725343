"""Run the command line with ``python -m pigeonhole``."""

import sys

from pigeonhole.cli.main import main

sys.exit(main())
