"""Pexels, Openverse, a folder or the demo -> photos and their ledger."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.photos.archive import pack_photos
from pigeonhole.photos.collect import collect_photos
from pigeonhole.pipeline.script import running

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    output = snakemake.output
    ledger = Path(output.ledger)
    collect_photos(
        ledger.parent,
        snakemake.params.source,
        snakemake.params.options,
        snakemake.threads,
        snakemake.config["photos"]["parallel"],
        Path(snakemake.params.forgotten),
        snakemake.params.alike,
    )
    pack_photos(ledger, Path(output.alike), [Path(path) for path in output.archives])
