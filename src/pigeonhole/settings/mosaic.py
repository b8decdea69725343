"""Settings of still mosaics."""

from typing import Annotated, Literal

from pydantic import Field

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.core.match_modes import MATCH_HELP, MatchModeName
from pigeonhole.settings.fields import (
    Count,
    FilePath,
    Frozen,
    InputFile,
    Name,
    NotEmpty,
    PaperSetting,
    PathRule,
    PixelLimit,
    Share,
    Unique,
)
from pigeonhole.settings.repetition import RepetitionSettings

SAMPLES = ("astronaut", "camera", "chelsea", "coffee", "rocket")
"""Sample photos of scikit-image that can be targets by name."""


class Pin(Frozen):
    """A tile fixed in a cell."""

    row: Annotated[int, Field(ge=0)]
    """Row of the cell in placement.csv."""
    column: Annotated[int, Field(ge=0)]
    """Column of the cell in placement.csv."""
    tile: NotEmpty
    """The tile's id."""


class EditSettings(Frozen):
    """Edits to a finished mosaic."""

    ban: tuple[NotEmpty, ...] = ()
    """Tile ids or photo names that are never used."""
    pin: tuple[Pin, ...] = ()
    """Tiles fixed in a cell, each as {row: 0, column: 0, tile: id}."""
    replace: dict[NotEmpty, NotEmpty] = Field(default={})
    """Tiles to replace by another one, as {old_id: new_id}."""


class MosaicOptions(EditSettings):
    """Layout, matching and color of a mosaic."""

    layout: Literal["grid", "brick", "quadtree"] = "grid"
    """grid, brick (every second row is shifted) or quadtree (smaller cells in
    detail)."""
    levels: Annotated[int, Field(ge=2, le=6)] = 3
    """Number of cell sizes in a quadtree, each half of the previous one."""
    cells: Count | None = None
    """Number of cells in a quadtree; null chooses it from the cell sizes."""

    match: Annotated[MatchModeName, Field(description=f"{MATCH_HELP}.")] = "perceptual"
    space: Literal["gray", "rgb", "lab"] = "rgb"
    """Color space in which tiles are compared."""
    lowpass_weight: Annotated[float, Field(ge=0, le=1000)] = 4
    """Weight of the error after blurring, relative to the local error (match:
    perceptual)."""
    structure_weight: Share = 0.7
    """Weight of structure (SSIM) in the local error, 0 to 1 (match: perceptual, or
    layout: quadtree)."""
    repetition_weight: Annotated[float, Field(ge=0, le=1000)] = 0.5
    """Weight of repetition: how strongly uses of a photo or face are kept apart
    (match: perceptual)."""
    histogram_matching: Share = 0
    """How far the target's tones are matched to the tiles' tones, 0 to 1."""
    color_transfer: Share = 1
    """How far the mean color of each tile is moved toward its cell's, and its contrast
    lowered, 0 to 1."""
    max_color_transfer: Annotated[float, Field(ge=0, le=100)] = 5.0
    """How far color transfer moves a mean color at most, in CIELAB; 2 is just
    noticeable."""
    overlay: Share = 0
    """Opacity of the target blended over the mosaic, 0 to 1."""
    mirror: bool = True
    """Add the mirror image of every tile."""
    repetition: RepetitionSettings = RepetitionSettings()
    """Limits on how often and how close together a photo or face appears."""


class LargeSettings(Frozen):
    """Large image files of the mosaics, rendered from the photos."""

    formats: Annotated[tuple[Literal["tif", "png", "jpg", "dzi"], ...], Unique] = ()
    """File formats: tif (a pyramid), png, jpg, dzi (Deep Zoom); none by default."""
    quality: Annotated[int, Field(ge=1, le=100)] = 90
    """JPEG quality, also inside tif and dzi; from 90 up, color has full resolution."""
    lossless: bool = False
    """Use lossless compression in tif and dzi; slower and larger."""


class PrintSettings(Frozen):
    """A print of each mosaic."""

    size: PaperSetting | None = None
    """Paper size, such as A3, 60x90 cm or 24x36 in; null makes no print."""
    dpi: Annotated[int, Field(ge=30, le=2400)] = 300
    """Resolution in pixels per inch."""
    bleed: Annotated[float, Field(ge=0, le=50)] = 0
    """Bleed in millimeters: how far the image extends beyond the paper."""
    fit: Literal["crop", "pad"] = "crop"
    """crop cuts the target to the shape of the paper; pad adds white borders."""
    format: Literal["tif", "png", "jpg"] = "tif"
    """File format: tif and png are lossless, jpg has the quality
    mosaic.large.quality."""


class FilmSettings(Frozen):
    """Two short films of each mosaic: tiles falling into place, and a zoom."""

    format: Literal["webm", "gif"] = "webm"
    """File format; webm needs PyAV."""
    long_side: Annotated[int, Field(ge=32, le=4096)] = 640
    """Longer side in pixels."""
    seconds: Annotated[float, Field(ge=1, le=60)] = 6.0
    """Duration; the last quarter is a still image."""
    fps: Annotated[int, Field(ge=1, le=60)] = 25
    """Frames per second; gif supports up to 50."""


class MosaicSettings(MosaicOptions):
    """Still mosaics."""

    targets: Annotated[
        tuple[Annotated[FilePath, PathRule(samples=SAMPLES)], ...],
        Field(min_length=1),
        Unique,
    ] = ("astronaut",)
    """Images to reproduce: files, or sample photos of scikit-image by name."""
    tiles: Name = "faces"
    """Tile set to use."""
    width: Annotated[int, Field(ge=1, le=100_000)] = 1200
    """Approximate width in pixels of the tile set; divided by the width of a tile, it
    is the number of tiles across."""
    viewer_pixels: PixelLimit = 64_000_000
    """Total pixels of the photos stored in the viewer; more shows them larger."""
    mask: InputFile | None = None
    """Image that is black where cells stay empty; transparency in the target counts
    too."""
    edits: Annotated[FilePath | None, PathRule(may_be_empty=True)] = None
    """JSON file of bans, pins and replacements saved by the viewer."""
    tile_width: (
        Annotated[int, Field(ge=1, le=10_000)] | Literal["auto", "full"] | None
    ) = "auto"
    """Tile width in pixels; auto is 36 or less, full the largest without upscaling,
    null the size in the tile set."""
    large: LargeSettings = LargeSettings()
    """Large image files of the mosaics, rendered from the photos."""
    print: PrintSettings = PrintSettings()
    """A print of each mosaic."""
    film: FilmSettings = FilmSettings()
    """Short films of the mosaics, made by `snakemake films`."""


FOLDER_MOSAIC = MosaicSettings()
"""Defaults of one mosaic from a folder of photos, made without the workflow."""


def check_halves(tile: Size, levels: int) -> None:
    """Raise SettingsError if a tile can't be halved for this many levels."""
    divisor = 1 << (levels - 1)
    if tile.width % divisor or tile.height % divisor:
        hint = (
            f"a tile of {tile} can't be halved {levels - 1} times: make its sides "
            f"multiples of {divisor}, or use fewer levels."
        )
        raise SettingsError("mosaic.levels", levels, hint)
