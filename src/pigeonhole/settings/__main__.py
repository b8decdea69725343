"""Write the JSON schema of config.yaml to a file, or check a file of settings."""

import sys
from pathlib import Path

from pigeonhole.core.atomic import write_text
from pigeonhole.core.errors import PigeonholeError
from pigeonhole.settings.config import load, schema
from pigeonhole.settings.files import read_settings_file

if sys.argv[1] == "--check":
    # Snakemake reads the files of --configfile itself, and reports no line numbers.
    try:
        load(read_settings_file(Path(sys.argv[2])))
    except PigeonholeError as error:
        sys.exit(str(error))
else:
    write_text(Path(sys.argv[1]), schema())
