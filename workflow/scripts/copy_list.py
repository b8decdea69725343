"""Check a list of the user, which may not exist, and copy it to the results."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.core.atomic import write_bytes
from pigeonhole.photos.list_file import EntryList
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    params = snakemake.params
    listed = EntryList.open(params.setting, Path(params.path))
    listed.checked()
    write_bytes(Path(snakemake.output[0]), listed.content)
