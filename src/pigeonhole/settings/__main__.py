"""Write the JSON schema of config.yaml to a file."""

import sys
from pathlib import Path

from pigeonhole.core.atomic import write_text
from pigeonhole.settings.config import schema

write_text(Path(sys.argv[1]), schema())
