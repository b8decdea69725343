"""Describe what an export would write: pixels, millimeters, bytes."""

from collections.abc import Mapping, Sequence
from shutil import disk_usage
from typing import NamedTuple

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import image_size
from pigeonhole.imaging.pyramid import JPEG_MAX_SIDE
from pigeonhole.mosaic.render.drawing import AUTO_TILE_WIDTH, auto_tile_width
from pigeonhole.mosaic.render.films import check_gif, film_size
from pigeonhole.mosaic.render.page import check_page_size
from pigeonhole.mosaic.render.prints import MIN_FACE_MM, MM_PER_INCH, Print
from pigeonhole.mosaic.targets import grid_of
from pigeonhole.settings import Cut
from pigeonhole.studio.exports.options import ExportOptions, paper_text
from pigeonhole.studio.projects.document import Document
from pigeonhole.studio.projects.project import Project
from pigeonhole.studio.target import NoTarget
from pigeonhole.tiles import TileRow, TileSet
from pigeonhole.tiles.crops import count_upscaled, largest_size, size_at_width

READING_CM = 50
"""Distance in centimeters at which faces of `MIN_FACE_MM` are recognizable."""
UPSCALED_SHARE = 0.02
"""Share of enlarged photos from which users are warned."""


class ExportDescription(NamedTuple):
    """
    Description of what an export would write.

    Attributes
    ----------
    sentence : str
    warnings : list of str
        Sentences about what the user may want to change first.
    size : Size or None
        Size of the image in pixels.
    bytes : int or None
        Approximate size of the file.
    """

    sentence: str
    warnings: list[str]
    size: Size | None = None
    bytes: int | None = None


JPEG_BYTES = ((75, 0.22), (89, 0.3), (94, 0.45), (99, 0.7), (100, 1.2))
"""Approximate bytes per pixel of a mosaic in JPEG, by the highest quality."""
LOSSLESS_BYTES = {"png": 2.0, "tif": 3.0, "dzi": 3.2}
"""Approximate bytes per pixel in formats with lossless compression."""
PRINT_BYTES = {"png": 2.4, "tif": 2.2}
"""The same for prints, which have no smaller versions of the image in them."""
JPEG_FACTORS = {"jpg": 1.0, "tif": 3.0, "dzi": 1.5}
"""Size of files with JPEG compression, compared with a JPEG file."""


def describe_export(
    project: Project, options: ExportOptions, tile_set: TileSet | None = None
) -> ExportDescription:
    """
    Describe what an export of the mosaic would write.

    Parameters
    ----------
    project : Project
    options : ExportOptions
    tile_set : TileSet, optional
        Without it, nothing is known about the size of the photos.

    Raises
    ------
    NoTarget, PageTooLarge, GifTooLarge, UnreadableImage
    """
    document, path = project.history.document, project.target_path
    if path is None or not path.exists():
        raise NoTarget
    target = Size(*image_size(path, document.photos.max_pixels))
    rows = tile_set.rows if tile_set else ()
    found = _describe(document, project.cut, options, target, rows)
    free = disk_usage(project.folder).free
    if found.bytes and found.bytes > free:
        text = f"Only {free / 1e6:,.0f} MB are free on the disk: free some space first."
        return found._replace(warnings=[text, *found.warnings])
    return found


def _describe(
    document: Document,
    cut: Cut,
    options: ExportOptions,
    target: Size,
    rows: Sequence[TileRow],
) -> ExportDescription:
    if options.format == "print":
        return _describe_print(document, cut, options, target, rows)
    if options.format == "film":
        return _describe_film(document, options, target)
    if options.format == "credits":
        text = "A text file and a web page with photographer, license and source of "
        return ExportDescription(f"{text}each photo in the mosaic.", [])
    if options.format == "tables":
        text = "A table with the photo and photographer of each cell, and a file with "
        return ExportDescription(f"{text}the quality of the mosaic in numbers.", [])
    if options.format == "viewer":
        text = "A folder with a web page to zoom into the mosaic and see the photo and "
        text += "photographer of each cell. It works without a server."
        return ExportDescription(text, [])
    return _describe_image(document, options, target, rows)


def _describe_image(
    document: Document,
    options: ExportOptions,
    target: Size,
    rows: Sequence[TileRow],
) -> ExportDescription:
    tile, settings = document.tiles.size, options.settings(document)
    grid = grid_of(target, tile, settings.width)
    matched = Size(grid.width * tile.width, grid.height * tile.height)
    width = settings.tile_width
    if width == "full":
        shown = largest_size(rows, tile) if rows else tile
    else:
        if width == "auto":
            width = auto_tile_width(tile, matched, rows) if rows else AUTO_TILE_WIDTH
        shown = tile if width is None else size_at_width(tile, width)
    size = Size(
        max(1, round(matched.width * shown.width / tile.width)),
        max(1, round(matched.height * shown.height / tile.height)),
    )
    check_page_size(size)
    is_lossless = options.lossless or options.format == "png"
    lossless = LOSSLESS_BYTES if is_lossless else {}
    content = _file_size(options.format, size, options.quality, lossless)
    text = f"The {NOUNS[options.format]} has {_pixels(size)}, with photos of "
    text += f"{_pixels(shown)}{_size_text(content)}."
    warnings = _upscaling(rows, shown)
    if options.format == "jpg" and max(size) > JPEG_MAX_SIDE:
        warnings.append(
            f"JPEG allows at most {JPEG_MAX_SIDE:,} pixels per side: choose another "
            "format, or smaller photos."
        )
    return ExportDescription(text, warnings, size, content)


def _describe_print(
    document: Document,
    cut: Cut,
    options: ExportOptions,
    target: Size,
    rows: Sequence[TileRow],
) -> ExportDescription:
    settings = options.sheet(document)
    sheet, tile = Print.from_settings(settings), document.tiles.size
    printed = sheet.printed_size(target)
    grid = grid_of(printed, tile, document.mosaic.width)
    page = sheet.page(Size(grid.width * tile.width, grid.height * tile.height))
    cell = Size(
        max(1, round(page.mosaic.width / grid.width)),
        max(1, round(page.mosaic.height / grid.height)),
    )
    width, height = (side * MM_PER_INCH / sheet.dpi for side in cell)
    content = _file_size(settings.format, sheet.size, options.quality, PRINT_BYTES)
    bleed = f" plus {settings.bleed:g} mm of bleed" if settings.bleed else ""
    text = (
        f"The print has {_pixels(sheet.size)} ({paper_text(settings.size)}{bleed} at "
    )
    text += f"{sheet.dpi} DPI){_size_text(content)}; a photo is {_mm(width)} x "
    text += f"{_mm(height)} mm"
    smallest = min(width, height)
    if cut == "faces":
        # The box of a detected face, without the margin of its crop.
        face = width / (1 + 2 * document.faces.margin)
        text += f", and a face in it about {_mm(face)} mm wide"
    warnings = []
    if smallest >= 0.95 * MIN_FACE_MM:
        text += f": recognizable from up to {_distance(smallest)}"
    else:
        columns = max(1, int(grid.width * smallest / MIN_FACE_MM))
        warnings.append(
            "Photos this small are hard to recognize: choose larger paper, or at most "
            f"{columns:,} photos across."
        )
    shown = printed.width * printed.height / (target.width * target.height)
    warnings += _cropping(shown, is_pinned=bool(document.mosaic.pin))
    warnings += _upscaling(rows, cell)
    return ExportDescription(f"{text}.", warnings, sheet.size, content)


def _cropping(shown: float, *, is_pinned: bool) -> list[str]:
    """Warn if the paper shows only a share of the target."""
    if shown > 0.995:
        return []
    if is_pinned:
        text = "Pinned photos can't be kept if the paper crops the target: add white "
        return [f"{text}borders, or crop the target to the shape of the paper."]
    text = "The paper has another shape than the target, of which "
    return [f"{text}{1 - shown:.0%} is cropped: add white borders to print all of it."]


def _describe_film(
    document: Document, options: ExportOptions, target: Size
) -> ExportDescription:
    film = options.film or document.mosaic.film
    size = film_size(target, film.long_side)
    count = max(2, round(film.seconds * film.fps))
    if film.format == "gif":
        check_gif(size, count)
    text = f"A film of {film.seconds:g} seconds with about {_pixels(size)}: "
    text += f"{count:,} images."
    warnings = []
    if film.format == "gif" and film.fps > 50:
        warnings.append("GIF shows at most 50 images per second.")
    return ExportDescription(text, warnings, size)


NOUNS = {
    "png": "PNG image",
    "jpg": "JPEG image",
    "tif": "TIFF image",
    "dzi": "Deep Zoom image",
}


def _file_size(
    suffix: str, size: Size, quality: int, lossless: Mapping[str, float]
) -> int:
    if suffix in lossless:
        factor = lossless[suffix]
    else:
        factor = next(factor for most, factor in JPEG_BYTES if quality <= most)
        factor *= JPEG_FACTORS[suffix]
    return int(factor * size.width * size.height)


def _size_text(content: int) -> str:
    megabytes = content / 1e6
    if megabytes < 1:
        return ", less than 1 MB"
    if megabytes < 1000:
        return f", about {_rounded(megabytes):,} MB"
    return f", about {megabytes / 1000:,.1f} GB"


def _rounded(value: float) -> int:
    """Round to one or two significant digits, because estimates have no more."""
    step = 1 if value < 20 else 5 if value < 100 else 10
    return int(max(1, round(value / step) * step))


def _upscaling(rows: Sequence[TileRow], size: Size) -> list[str]:
    """Warn if photos have fewer pixels than in the image."""
    count = count_upscaled(rows, size)
    if count <= UPSCALED_SHARE * len(rows):
        return []
    factor = size.width / min(row.width for row in rows)
    share = f"{count / len(rows):.0%} of the photos have fewer pixels than their place"
    return [f"{share}: they are enlarged, up to {factor:.1f} times, and look soft."]


def _pixels(size: Size) -> str:
    return f"{size.width:,} x {size.height:,} pixels"


def _mm(value: float) -> str:
    return f"{value:.0f}" if value >= 9.5 else f"{value:.1f}".removesuffix(".0")


def _distance(photo_mm: float) -> str:
    """Return the distance from which printed photos of a size are recognizable."""
    centimeters = 10 * round(photo_mm / MIN_FACE_MM * READING_CM / 10)
    return f"{centimeters} cm" if centimeters < 100 else f"{centimeters / 100:.1f} m"
