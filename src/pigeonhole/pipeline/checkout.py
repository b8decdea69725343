"""Find the workflow that belongs to this package."""

import sys
from pathlib import Path

import pigeonhole


def workflow_file() -> str:
    """Return the Snakefile of the checkout that the package is in, or exit."""
    package = Path(pigeonhole.__file__).parent
    snakefile = package.parents[1] / "Snakefile"
    if not snakefile.is_file():
        # Snakemake would report the line of the Snakefile that calls this.
        sys.exit(
            f"The package in {package} has no workflow next to it: install Pigeonhole "
            "from its checkout with `pip install -e .`, or use `pigeonhole mosaic`."
        )
    return str(snakefile)
