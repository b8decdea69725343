"""Settings of the still mosaics."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.settings.fields import File, Frozen, Name, PaperSetting, Share, Text

SAMPLES = ("astronaut", "camera", "chelsea", "coffee", "rocket")
"""The photos of scikit-image that serve as targets by their names alone."""


class ReuseSettings(Frozen):
    """How often, and how near to itself, a tile may be used."""

    at_most: PositiveInt | None = None
    """Most uses of one tile in a mosaic; without it no limit."""
    apart: Annotated[int, Field(ge=0, le=1000)] = 0
    """No tile again within so many cells; 0 allows neighbours."""
    everyone: bool = False
    """Use every tile at least once."""
    seconds: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    """After so many seconds the best placement found is taken."""

    @property
    def limited(self) -> bool:
        """Return whether there is any limit."""
        return self.at_most is not None or self.apart > 0 or self.everyone


class Pin(Frozen):
    """A tile that stays in a cell."""

    row: int
    """As placement.csv calls the cell."""
    column: int
    """As placement.csv calls the cell."""
    tile: Text
    """The tile's id."""


class EditSettings(Frozen):
    """What a person changes in a mosaic that stands."""

    ban: tuple[Text, ...] = ()
    """Ids of tiles, or photos, that no cell may show."""
    pin: tuple[Pin, ...] = ()
    """Tiles that stay in a cell, each as {row: 0, column: 0, tile: id}."""
    replace: dict[Text, Text] = Field(default={})
    """Ids of tiles and of those that take their places, as {old: new}."""


class LookSettings(EditSettings):
    """How a mosaic looks: what a match means, and what is done to the colours."""

    layout: Literal["grid", "brick", "quadtree"] = "grid"
    """brick moves every second row; quadtree splits cells where there is detail."""
    levels: Annotated[int, Field(ge=2, le=6)] = 3
    """How many sizes of cells a quadtree has, each half of the one before."""
    cells: PositiveInt | None = None
    """How many cells a quadtree has; without it a number between grids of two sizes."""

    match: Literal["exact", "mixed", "mean", "four"] = "exact"
    """exact: all pixels; mixed: and from afar; mean: brightness; four: 2x2 pixels."""
    space: Literal["grey", "rgb", "lab"] = "rgb"
    """What is compared: brightness, RGB or CIELAB bytes."""
    far: Share | Literal["auto"] = 0.4
    """What the far look counts, 0 to 1; auto: until it equals four's; for mixed."""
    shape: Share = 0.5
    """How much of the near look compares shapes, whatever the light; for mixed."""
    tone: Share = 0
    """How far the target's brightness is fitted to what the tiles can show."""
    tint: Share = 0
    """How far a placed tile's mean colour is moved to its cell's."""
    overlay: Share = 0
    """How much of the target is laid over the mosaic."""
    mirror: bool = False
    """Double the tiles with their mirror images."""
    reuse: ReuseSettings = ReuseSettings()
    """How often, and how near to itself, a tile may be used."""

    @property
    def one_by_one(self) -> bool:
        """Return whether a cell's tile hangs on no other cell."""
        return self.match == "exact" and not self.reuse.limited

    @model_validator(mode="after")
    def _reuse_fits(self) -> Self:
        if self.reuse.apart and self.layout != "grid":
            raise SettingsError(
                "mosaic.reuse.apart",
                self.reuse.apart,
                f"make it 0 with layout {self.layout}: only a grid keeps spacing.",
            )
        if self.reuse.limited and self.match not in ("exact", "mixed"):
            raise SettingsError(
                "mosaic.match", self.match, "with limits on reuse take exact or mixed."
            )
        if self.reuse.limited and self.mirror:
            raise SettingsError(
                "mosaic.mirror",
                self.mirror,
                "make it false, since limits on reuse would count a tile's mirror "
                "image as another tile.",
            )
        return self


class LargeSettings(Frozen):
    """Large pictures of the mosaics, drawn from the photos."""

    forms: tuple[Literal["tif", "png", "jpg", "dzi"], ...] = ()
    """Which to make besides: tif with all smaller sizes in it, png, jpg, dzi."""
    quality: Annotated[int, Field(ge=1, le=100)] = 90
    """Of JPEG, also inside tif and dzi; from 90 on colours keep every pixel."""
    lossless: bool = False
    """true packs tif and dzi without loss, slower and larger."""


class PrintSettings(Frozen):
    """A mosaic for paper."""

    size: PaperSetting | None = None
    """Size of the paper, such as A3, 60x90 cm or 24x36 in; without it no print."""
    dpi: Annotated[int, Field(ge=30, le=2400)] = 300
    """Pixels per inch."""
    bleed: Annotated[float, Field(ge=0, le=50)] = 0
    """Millimetres by which the picture goes beyond the paper, to be cut off."""
    fit: Literal["crop", "pad"] = "crop"
    """crop cuts the target to the paper's shape; pad leaves white beside it."""
    form: Literal["tif", "png", "jpg"] = "tif"
    """The file to make; mosaic.large says how it is packed."""


class FilmSettings(Frozen):
    """Short films of a mosaic that falls into place, and of one that comes near."""

    form: Literal["webm", "gif"] = "webm"
    """The file to make; webm needs PyAV."""
    side: Annotated[int, Field(ge=32, le=4096)] = 640
    """Longer side in pixels."""
    seconds: Annotated[float, Field(ge=1, le=60)] = 6.0
    """How long a film is; in the last quarter it stands still."""
    rate: Annotated[int, Field(ge=1, le=60)] = 25
    """Pictures a second; a gif has no more than 50."""


class MosaicSettings(LookSettings):
    """The still mosaics."""

    targets: Annotated[tuple[File, ...], Field(min_length=1)] = ("astronaut",)
    """Pictures to rebuild: files, or names of scikit-image's sample photos."""
    tiles: Name = "faces"
    """The tile set to use."""
    width: Annotated[int, Field(ge=1, le=100_000)] = 1200
    """Wished width in pixels; whole tiles decide the exact size."""
    match_jobs: Annotated[int, Field(ge=1, le=1000)] = 1
    """Jobs that share the matching of a mosaic; changes no result; for exact without
    limits."""
    viewer_pixels: Annotated[int, Field(ge=1)] = 64_000_000
    """Pixels that the viewer's single photos may have together."""
    mask: File | None = None
    """A picture, black where cells stay empty; a target's own alpha counts as well."""
    edits: File | None = None
    """The list of ban, pin and replace that the viewer saves, a JSON file."""
    tile_pixels: Annotated[int, Field(ge=1, le=10_000)] | Literal["full"] | None = None
    """Width of a tile in large pictures; full: what every photo has; else as cut."""
    large: LargeSettings = LargeSettings()
    """Large pictures of the mosaics, drawn from the photos."""
    print: PrintSettings = PrintSettings()
    """A mosaic for paper."""
    film: FilmSettings = FilmSettings()
    """Short films of the mosaics; `snakemake films` makes them."""

    @model_validator(mode="after")
    def _shared(self) -> Self:
        if self.match_jobs > 1 and not self.one_by_one:
            raise SettingsError(
                "mosaic.match_jobs",
                self.match_jobs,
                "make it 1, since cells are matched one by one only with match: exact "
                "and no limits on reuse.",
            )
        return self


def target_name(target: str) -> str:
    """Return the folder name below results/mosaics of a target."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", Path(target).stem)


def check_halves(tile: Size, levels: int) -> None:
    """Raise SettingsError where a tile can't be halved to so many sizes."""
    parts = 1 << (levels - 1)
    if tile.width % parts or tile.height % parts:
        raise SettingsError(
            "mosaic.levels",
            levels,
            f"a tile of {tile} can't be halved {levels - 1} times: make its sides "
            f"multiples of {parts}, or take fewer levels.",
        )
