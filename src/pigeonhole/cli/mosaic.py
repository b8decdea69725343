"""`pigeonhole mosaic`: one mosaic from a target and photos, without the workflow.

It calls what the rules call, and imports nothing that this one mosaic can do without.
"""

import logging
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pigeonhole.core.arrays import Picture
from pigeonhole.core.atomic import write_text
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.core.jit import get_num_threads
from pigeonhole.imaging.codecs import write_jpeg
from pigeonhole.matching import TileIndex
from pigeonhole.matching.search.index import UnreadableIndex
from pigeonhole.mosaic.compose import Mosaic, make_mosaic
from pigeonhole.mosaic.edits import with_edits
from pigeonhole.mosaic.layout import Mask
from pigeonhole.mosaic.targets import fit_to_grid, read_seen, read_target
from pigeonhole.photos.removal_list import Forgotten
from pigeonhole.settings import SAMPLES, LookSettings, PrintSettings, TileSetSettings
from pigeonhole.tiles import TileSet
from pigeonhole.tiles.prepare import prepared_tiles, usual_cache

log = logging.getLogger(__name__)

PICTURES = (".png", ".jpg", ".jpeg")
LARGE = (".tif", ".dzi")
"""Written only by what draws from the photos."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the arguments say; see `pigeonhole mosaic --help`."""

    target: str
    tiles: Path
    output: Path
    cut: TileSetSettings
    looks: LookSettings
    width: int
    tile_pixels: int | Literal["full"] | None
    paper: PrintSettings
    mask: str | None
    edits: str | None
    forgotten: Path
    details: bool
    save_tiles: Path | None
    cached: bool
    max_pixels: int

    @property
    def from_photos(self) -> bool:
        """Whether the mosaic is drawn from the photos again, at a size of its own."""
        large = self.output.suffix.lower() in LARGE
        return large or self.tile_pixels is not None or self.paper.size is not None


def one_mosaic(job: Job) -> None:
    """Make a mosaic and say in a line what it is."""
    logging.basicConfig(level="INFO", format="%(message)s", stream=sys.stderr)
    _check(job)
    looks = with_edits(job.looks, job.edits)
    tile_set, index = _tiles(job)
    part, target, seen = _fitted(job, tile_set.size)
    mosaic = make_mosaic(target, tile_set, looks, seen, index)
    size = _save(job, mosaic, part)
    if job.details:
        _save_details(job, mosaic, target)
    used, tiles = int((mosaic.uses() > 0).sum()), mosaic.originals
    sys.stdout.write(
        f"{job.output}: {size} pixels, {len(mosaic.layout):,} cells, "
        f"{used:,} of {tiles:,} tiles\n"
    )


def _check(job: Job) -> None:
    """Refuse before anything is made what can't end well."""
    if job.output.suffix.lower() not in (*PICTURES, *LARGE):
        raise SettingsError(
            "--output", str(job.output), "let its name end in .png, .jpg, .tif or .dzi."
        )
    if job.from_photos and not job.tiles.is_dir():
        raise SettingsError(
            "--tiles",
            str(job.tiles),
            "name the folder of photos, since the mosaic is drawn from them again.",
        )
    if job.target not in SAMPLES and not Path(job.target).is_file():
        raise SettingsError(
            "target",
            job.target,
            f"there is no such file; give a picture or one of {', '.join(SAMPLES)}.",
        )
    if not job.tiles.is_dir() and job.tiles.suffix != ".npz":
        raise SettingsError(
            "--tiles",
            str(job.tiles),
            f"{_there(job.tiles)}; name a folder of photos, or a .npz file.",
        )
    if job.save_tiles and job.save_tiles.suffix != ".npz":
        raise SettingsError(
            "--save-tiles", str(job.save_tiles), "let its name end in .npz."
        )


def _there(path: Path) -> str:
    return "it's another file" if path.exists() else "there is no such folder"


def _tiles(job: Job) -> tuple[TileSet, TileIndex | None]:
    """Return the tiles with their index, from where they are ready."""
    if job.tiles.suffix == ".npz":
        tile_set, path = TileSet.load(job.tiles), job.tiles
        return tile_set, _index(tile_set, path)
    cache = usual_cache() if job.cached else None
    tile_set, kept = prepared_tiles(
        *(job.tiles, job.cut, job.max_pixels, cache, get_num_threads()),
        job.forgotten,
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


def _fitted(job: Job, tile: Size) -> tuple[Picture, Picture, Mask | None]:
    """Return what is seen of the target, the same fitted to the grid, and its mask."""
    picture = read_target(job.target, job.max_pixels)
    if job.target not in SAMPLES:
        Forgotten.read(job.forgotten).refuse("target", job.target, picture)
    if job.paper.size:
        return _fitted_to_paper(job, tile, picture)
    target = fit_to_grid(picture, tile, job.width)
    size = Size(*target.shape[1::-1])
    seen = read_seen(job.target, job.mask, size, job.max_pixels)
    return picture, target, seen


def _fitted_to_paper(
    job: Job, tile: Size, picture: Picture
) -> tuple[Picture, Picture, Mask | None]:
    from pigeonhole.mosaic.render.prints import Print

    sheet = Print.of(job.paper)
    part = sheet.part(picture)
    target = fit_to_grid(part, tile, job.width)
    size, whole = (Size(*each.shape[1::-1]) for each in (target, picture))
    log.info("%s", sheet.sentence(size, tile, part.size / picture.size))
    mask = read_seen(job.target, job.mask, whole, job.max_pixels)
    return part, target, sheet.seen(mask, size)


def _save(job: Job, mosaic: Mosaic, target: Picture) -> Size:
    """Write the mosaic and return its size."""
    if job.from_photos:
        return _save_large(job, mosaic, target)
    if job.output.suffix.lower() == ".png":
        mosaic.save_picture(job.output, job.output.stem, f"{job.output.stem}.md")
    else:
        write_jpeg(job.output, mosaic.picture())
    return mosaic.layout.size


def _save_large(job: Job, mosaic: Mosaic, target: Picture) -> Size:
    # libvips takes a while to import.
    from pigeonhole.imaging.pyramid import Facts
    from pigeonhole.mosaic.credits import xmp_packet
    from pigeonhole.mosaic.render.drawing import Drawing, Page
    from pigeonhole.mosaic.render.large import write_large
    from pigeonhole.mosaic.render.prints import Print
    from pigeonhole.tiles.crops import ledger_of

    drawing = Drawing.of(mosaic, target)
    facts = Facts(xmp_packet(f"Photo mosaic of {job.output.stem}", drawing.shown(), ""))
    size = drawing.enlarged_to(drawing.tile_size(job.tile_pixels))
    page = Page(size, size)
    if job.paper.size:
        page = Print.of(job.paper).page(drawing.size)
        facts = replace(facts, dpi=job.paper.dpi, paper=True)
    photos = ledger_of(drawing.shown(), job.tiles, job.max_pixels)
    write_large(job.output, drawing, page, photos, job.tiles, facts)
    return page.size


def _save_details(job: Job, mosaic: Mosaic, target: Picture) -> None:
    # SSIM comes from a library that takes as long to import as the mosaic to make.
    from pigeonhole.mosaic.credits import credits_page
    from pigeonhole.mosaic.quality import quality, save_quality

    mosaic.save_table(job.output.with_suffix(".csv"))
    save_quality(job.output.with_suffix(".json"), quality(mosaic, target))
    rows = mosaic.shown()
    write_text(job.output.with_suffix(".md"), credits_page({job.output.stem: rows}))
