"""Kept faces or whole photos -> one tile set."""

from pathlib import Path
from typing import TYPE_CHECKING

from pigeonhole.faces import read_faces
from pigeonhole.forgotten import Forgotten
from pigeonhole.job import running
from pigeonhole.ledger import read_ledger
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles import cut_tiles

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    ledger = Path(snakemake.input.ledger)
    settings = TileSetSettings.model_validate(snakemake.params.tile_set)
    faces = [
        face
        for path in [snakemake.input.faces]
        if path
        for face in read_faces(Path(path))
    ]
    photos = read_ledger(ledger)
    tile_set = cut_tiles(
        settings,
        snakemake.params.margin,
        photos,
        faces,
        ledger.parent,
        Forgotten.read(Path(snakemake.params.forgotten)),
    )
    tile_set.save(Path(snakemake.output.tiles))
