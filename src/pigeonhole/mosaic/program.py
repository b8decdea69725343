"""`pigeonhole mosaic`: one mosaic from a target and photos, without the workflow.

It calls what the rules call, and imports nothing that this one mosaic can do without.
"""

import logging
import sys
from dataclasses import dataclass
from pathlib import Path

from pigeonhole.errors import SettingsError
from pigeonhole.files import write_text
from pigeonhole.images import Picture, write_jpeg
from pigeonhole.jit import get_num_threads
from pigeonhole.matching import TileIndex
from pigeonhole.matching.index import UnreadableIndex
from pigeonhole.mosaic.edits import with_edits
from pigeonhole.mosaic.make import Mosaic, make_mosaic
from pigeonhole.mosaic.targets import fit_to_grid, read_seen, read_target
from pigeonhole.settings import SAMPLES, LookSettings, Size, TileSetSettings
from pigeonhole.tiles import TileSet
from pigeonhole.tiles.prepare import prepared_tiles, usual_cache

PICTURES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True, slots=True)
class Job:
    """What the arguments say; see `pigeonhole mosaic --help`."""

    target: str
    tiles: Path
    output: Path
    cut: TileSetSettings
    looks: LookSettings
    width: int
    mask: str | None
    edits: str | None
    details: bool
    save_tiles: Path | None
    cached: bool
    max_pixels: int


def one_mosaic(job: Job) -> None:
    """Make a mosaic and say in a line what it is."""
    logging.basicConfig(level="INFO", format="%(message)s", stream=sys.stderr)
    _check(job)
    looks = with_edits(job.looks, job.edits)
    tile_set, index = _tiles(job)
    picture = read_target(job.target, job.max_pixels)
    target = fit_to_grid(picture, tile_set.size, job.width)
    size = Size(*target.shape[1::-1])
    seen = read_seen(job.target, job.mask, size, job.max_pixels)
    mosaic = make_mosaic(target, tile_set, looks, seen, index)
    _save(job, mosaic)
    if job.details:
        _save_details(job, mosaic, target)
    used, tiles = int((mosaic.uses() > 0).sum()), mosaic.originals
    sys.stdout.write(
        f"{job.output}: {size} pixels, {len(mosaic.layout):,} cells, "
        f"{used:,} of {tiles:,} tiles\n"
    )


def _check(job: Job) -> None:
    """Refuse before anything is made what can't end well."""
    if job.output.suffix.lower() not in PICTURES:
        raise SettingsError(
            "--output", str(job.output), "let its name end in .png or .jpg."
        )
    if job.target not in SAMPLES and not Path(job.target).is_file():
        raise SettingsError(
            "target",
            job.target,
            f"there is no such file; give a picture or one of {', '.join(SAMPLES)}.",
        )
    if not job.tiles.is_dir() and job.tiles.suffix != ".npz":
        raise SettingsError(
            "--tiles", str(job.tiles), "name a folder of photos, or a .npz file."
        )
    if job.save_tiles and job.save_tiles.suffix != ".npz":
        raise SettingsError(
            "--save-tiles", str(job.save_tiles), "let its name end in .npz."
        )


def _tiles(job: Job) -> tuple[TileSet, TileIndex | None]:
    """Return the tiles with their index, from where they are ready."""
    if job.tiles.suffix == ".npz":
        tile_set, path = TileSet.load(job.tiles), job.tiles
        return tile_set, _index(tile_set, path)
    cache = usual_cache() if job.cached else None
    tile_set, kept = prepared_tiles(
        job.tiles, job.cut, job.max_pixels, cache, get_num_threads()
    )
    if job.save_tiles:
        tile_set.save(job.save_tiles)
        TileIndex(tile_set.tiles).save(job.save_tiles.with_suffix(".index"))
    return tile_set, _index(tile_set, kept, keep=True) if kept else None


def _index(tile_set: TileSet, path: Path, *, keep: bool = False) -> TileIndex | None:
    """Open the index beside a tile set; without one it's made, and kept if wished."""
    file = path.with_suffix(".index")
    try:
        return TileIndex.load(file, tile_set.tiles)
    except UnreadableIndex:
        if not keep:
            return None
    index = TileIndex(tile_set.tiles)
    index.save(file)
    return index


def _save(job: Job, mosaic: Mosaic) -> None:
    if job.output.suffix.lower() == ".png":
        mosaic.save_picture(job.output, job.output.stem, f"{job.output.stem}.md")
    else:
        write_jpeg(job.output, mosaic.picture())


def _save_details(job: Job, mosaic: Mosaic, target: Picture) -> None:
    # SSIM comes from a library that takes as long to import as the mosaic to make.
    from pigeonhole.mosaic.credits import credits_page
    from pigeonhole.mosaic.quality import quality, save_quality

    mosaic.save_table(job.output.with_suffix(".csv"))
    save_quality(job.output.with_suffix(".json"), quality(mosaic, target))
    rows = mosaic.shown()
    write_text(job.output.with_suffix(".md"), credits_page({job.output.stem: rows}))
