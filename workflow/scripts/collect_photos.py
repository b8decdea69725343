"""Collect the photos of a source, and write their ledger."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.photos.archive import pack_photos
from pigeonhole.photos.cache import photo_cache_dir
from pigeonhole.photos.collect import collect_photos
from pigeonhole.photos.downloads import download_cache
from pigeonhole.pipeline.script import script_context

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with script_context(snakemake):
    output, params = snakemake.output, snakemake.params
    ledger = Path(output.ledger)
    collect_photos(
        ledger.parent,
        params.source,
        params.options,
        threads=snakemake.threads,
        parallel=snakemake.resources.downloads,
        removal_list=Path(snakemake.input.removal_list),
        max_hash_distance=params.max_hash_distance,
        cache=photo_cache_dir(ledger.parents[1]),
        downloads=download_cache(),
    )
    pack_photos(ledger, Path(output.duplicates), list(map(Path, output.archives)))
