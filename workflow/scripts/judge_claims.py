"""Judge the claims of the tutorials and write claims.csv."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.birthday.claims import EVIDENCE, judge_claims
from pigeonhole.core.tables import read_table, write_table
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    tables = {name: read_table(Path(snakemake.input[name])) for name in EVIDENCE}
    rows = [claim.row() for claim in judge_claims(tables)]
    write_table(Path(snakemake.output[0]), rows)
