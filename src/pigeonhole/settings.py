"""Every setting, its default and its limits: the only place where they are written.

`load` turns what Snakemake read from config.yaml into frozen models, or raises one
sentence. The JSON schema that editors complete from is generated from the models:
``python -m pigeonhole.settings workflow/schemas/config.schema.json``.
"""

import difflib
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    PositiveInt,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from pigeonhole.errors import SettingsError
from pigeonhole.files import write_text


class Size(NamedTuple):
    """Width and height in pixels, written WIDTHxHEIGHT."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read ``WIDTHxHEIGHT``, both from 1 to 10,000."""
        found = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", str(text).strip())
        sides = tuple(map(int, found.groups())) if found else ()
        if len(sides) != 2 or not all(1 <= side <= 10_000 for side in sides):
            raise ValueError("write WIDTHxHEIGHT in pixels, for example 12x16")
        return cls(*sides)


class Paper(NamedTuple):
    """Width and height of a print, written as on paper: 60x90 cm, 24x36 in."""

    width: float
    height: float
    unit: str

    def __str__(self) -> str:
        return f"{self.width:g}x{self.height:g} {self.unit}"

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read ``WIDTHxHEIGHT UNIT``, from 1 cm to 10 m a side."""
        number = r"([0-9]+(?:\.[0-9]+)?)"
        found = re.fullmatch(rf"{number} ?x ?{number} ?(mm|cm|in)", str(text).strip())
        if found:
            paper = cls(float(found[1]), float(found[2]), found[3])
            if all(10 <= side <= 10_000 for side in paper.millimetres):
                return paper
        raise ValueError("write a size from 1 cm to 10 m such as 60x90 cm or 24x36 in")

    @property
    def millimetres(self) -> tuple[float, float]:
        """Return width and height in millimetres."""
        scale = {"mm": 1.0, "cm": 10.0, "in": 25.4}[self.unit]
        return self.width * scale, self.height * scale


PaperSetting = Annotated[
    Paper,
    PlainValidator(Paper.parse),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9.]+ ?x ?[0-9.]+ ?(mm|cm|in)$"}),
]
SizeSetting = Annotated[
    Size,
    PlainValidator(Size.parse),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,5}x[0-9]{1,5}$"}),
]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Alike = Annotated[int, Field(ge=0, le=16)] | None


def _split(value: object) -> object:
    return (
        [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    )


Several = BeforeValidator(_split, json_schema_input_type=str | list[str])
"""A list, or its parts in one text with commas between."""


class Frozen(BaseModel):
    """Base of all settings: no edits after loading, no misspelt keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        # A query that looks like a number is still a query.
        coerce_numbers_to_str=True,
    )


class PhotoSettings(Frozen):
    """Where the photos come from."""

    source: Literal["auto", "demo", "folder", "pexels", "openverse"] = "auto"
    """auto takes pexels where PEXELS_API_KEY is set, else demo."""
    folder: Text | None = None
    """Folder of your own photos, read in place; for source: folder."""
    query: Text = "person"
    """What to search for; for source: pexels and openverse."""
    count: Annotated[int, Field(ge=1, le=20_000)] = 200
    """How many photos to download at most; for source: pexels and openverse."""
    size: Literal["auto", "medium", "large", "original"] = "auto"
    """Which size to download: auto takes large for faces, medium for whole photos."""
    orientation: Literal["any", "landscape", "portrait", "square"] = "any"
    """Search only photos of this shape."""
    min_size: Literal["any", "small", "medium", "large"] = "any"
    """Search only photos whose original is at least of this size."""
    colour: Annotated[str, StringConstraints(pattern=r"^([a-z]+|#[0-9A-Fa-f]{6})$")] = (
        "any"
    )
    """Search only photos of this colour, a name or "#rrggbb"; for source: pexels."""
    locale: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}-[A-Z]{2}$")] = "en-US"
    """Language of the query; for source: pexels."""
    licences: Annotated[
        tuple[Literal["cc0", "pdm", "by", "by-sa"], ...], Field(min_length=1)
    ] = ("cc0", "by")
    """Licences to search for: cc0, pdm, by, by-sa; for source: openverse."""
    parallel: Annotated[int, Field(ge=1, le=32)] = 6
    """How many photos to download at once; changes no result."""
    forgotten: Text = "forgotten.txt"
    """Text file of what `pigeonhole forget` took out; it is never brought back."""
    demo_count: Annotated[int, Field(ge=1, le=1000)] = 64
    """How many photos to make; for source: demo."""
    max_pixels: PositiveInt = 100_000_000
    """A larger photo is skipped, and skipped.csv says so."""
    alike: Alike = 4
    """Photos of one colour whose hashes differ in so few of 64 bits are kept once; null
    keeps all."""


class FaceSettings(Frozen):
    """How faces are found and cropped."""

    detector: Literal["haar", "yunet"] = "haar"
    """haar is built in; yunet is better and needs its model file."""
    model: Text | None = None
    """The model file; for detector: yunet."""
    chunks: Annotated[int, Field(ge=1, le=1000)] = 4
    """Into how many jobs the photos are shared; changes no result."""
    min_side: Annotated[int, Field(ge=20, le=5000)] = 40
    """Smallest face, in pixels of the photo."""
    turn: Annotated[float, Field(ge=0, le=45)] = 20
    """Where no upright face is sure, search copies turned by these degrees; 0: none."""
    min_score: Annotated[float, Field(ge=0, le=100)] = 1.6
    """Boxes with less weight in the detector's vote are rejected."""
    min_contrast: Annotated[float, Field(ge=0, le=127)] = 2
    """Boxes whose grey values spread less are rejected."""
    min_sharpness: Annotated[float, Field(ge=0, le=10)] = 0.15
    """Boxes with fewer edges for their contrast are rejected as blurred."""
    margin: Annotated[float, Field(ge=0, le=1)] = 0.15
    """How much of the box is added around it, so that the crop holds the head."""
    alike: Alike = 4
    """Faces that look alike are kept once, as photos.alike says; null keeps all."""
    exclude: Text = "faces-exclude.txt"
    """Text file of boxes that you reject: photo x y width height, one a line."""


class TileSetSettings(Frozen):
    """One tile set."""

    cut: Literal["faces", "photos"] = "faces"
    """Cut tiles from faces or from whole photos."""
    size: SizeSetting = Size(12, 16)
    """A tile's WIDTHxHEIGHT in pixels."""
    colour: bool = True
    """false makes grey tiles."""
    cut_jobs: Annotated[int, Field(ge=1, le=1000)] = 1
    """Jobs that share the cutting; changes no result."""

    @field_validator("size")
    @classmethod
    def _small_enough(cls, size: Size) -> Size:
        if max(size) > 1000:
            raise ValueError("make a tile at most 1000x1000")
        return size


class ReuseSettings(Frozen):
    """How often, and how near to itself, a tile may be used."""

    at_most: PositiveInt | None = None
    """Uses of one tile in a mosaic; null for no limit."""
    apart: Annotated[int, Field(ge=0, le=1000)] = 0
    """No tile again within so many cells; 0 allows neighbours."""
    everyone: bool = False
    """true uses every tile at least once."""
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
    replace: dict[Text, Text] = {}
    """Ids of tiles and of those that take their places, as {old: new}."""


class LookSettings(EditSettings):
    """How a mosaic looks: what a match means, and what is done to the colours."""

    layout: Literal["grid", "brick", "quadtree"] = "grid"
    """brick moves every second row; quadtree splits cells where there is detail."""
    levels: Annotated[int, Field(ge=2, le=6)] = 3
    """How many sizes of cells a quadtree has, each half of the one before."""
    cells: PositiveInt | None = None
    """How many cells a quadtree has; null for a number between grids of two sizes."""

    match: Literal["exact", "mixed", "mean", "four"] = "exact"
    """exact: all pixels; mixed: and from afar; mean: brightness; four: 2x2 pixels."""
    space: Literal["grey", "rgb", "lab"] = "rgb"
    """What is compared: brightness, RGB or CIELAB bytes."""
    far: Share | Literal["auto"] = 0.35
    """What the far look counts, 0 to 1; auto: until it equals four's; for mixed."""
    shape: Share = 0.6
    """How much of the near look compares shapes, whatever the light; for mixed."""
    tone: Share = 0
    """How far the target's brightness is fitted to what the tiles can show."""
    tint: Share = 0
    """How far a placed tile's mean colour is moved to its cell's."""
    overlay: Share = 0
    """How much of the target is laid over the mosaic."""
    mirror: bool = False
    """true doubles the tiles with their mirror images."""
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
    """Of the paper, such as 60x90 cm or 24x36 in; null makes no print."""
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

    targets: Annotated[tuple[Text, ...], Field(min_length=1)] = ("astronaut",)
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
    mask: Text | None = None
    """A picture, black where cells stay empty; a target's own alpha counts as well."""
    edits: Text | None = None
    """The list of ban, pin and replace that the viewer saves, a JSON file."""
    tile_pixels: Annotated[int, Field(ge=1, le=10_000)] | Literal["full"] | None = None
    """Width of a tile in large pictures; full: what every photo has; null: as cut."""
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


class BirthdaySettings(Frozen):
    """The birthday experiments."""

    trials: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    """Trials for each rate with hashes."""
    people_trials: Annotated[int, Field(ge=1, le=10_000_000)] = 10_000
    """Groups of people for each group size."""
    bits: Annotated[
        tuple[Annotated[int, Field(ge=2, le=48)], ...], Field(min_length=1)
    ] = (4, 8, 12, 16, 20, 24, 28, 32, 36, 40)
    """Hash lengths of the sweep."""
    sweep_trials: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Trials for each length of the sweep up to 32 bits."""
    wide_trials: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    """Trials for each longer one, where a trial takes a million hashes."""
    sweep_jobs: Annotated[int, Field(ge=1, le=1000)] = 1
    """Jobs that share the trials of one length; changes no result."""
    collisions: tuple[Annotated[int, Field(ge=16, le=96)], ...] = (32, 48, 56)
    """For how many leading bits of MD5 two messages that agree are searched."""
    sha_collisions: tuple[Annotated[int, Field(ge=16, le=96)], ...] = ()
    """The same of SHA-1 and SHA-256, by hashlib: 40 bits take seconds, 48 a minute."""
    long: bool = False
    """true adds 64 bits of MD5 and 48 of SHA-1 and SHA-256, a minute of two cores."""
    search_jobs: Annotated[int, Field(ge=1, le=1000)] = 2
    """Jobs that share one search; changes no result."""
    keys: Annotated[int, Field(ge=2, le=2**24)] = 2**20
    """Keys in each set on which the hashes are compared."""
    key_file: Text | None = None
    """A file of your own keys, one a line, to compare the hashes on as well."""
    census_bits: Annotated[int, Field(ge=8, le=32)] = 32
    """2^bits messages into as many values, each counted; for the target census."""
    dict_sizes: Annotated[
        tuple[Annotated[int, Field(ge=1, le=2**26)], ...], Field(min_length=1)
    ] = tuple(2**power for power in range(8, 22))
    """Sizes at which dict insertion and look-up are timed."""

    @property
    def searched(self) -> list[tuple[str, int]]:
        """The searches for collisions: hash and number of bits."""
        md5 = {*self.collisions, *[64] * self.long}
        sha = {*self.sha_collisions, *[48] * self.long}
        return [
            *(("md5", bits) for bits in sorted(md5)),
            *((name, bits) for name in ("sha1", "sha256") for bits in sorted(sha)),
        ]


MOST_DRAWN = 16_383
"""Pixels along a side of a live mosaic: the most that VP8 knows."""


class LiveReuseSettings(Frozen):
    """How often, and how near to itself, a tile may be used in a frame."""

    at_most: PositiveInt | None = None
    """Uses of one tile in a frame; null for no limit."""
    apart: Annotated[int, Field(ge=0, le=1000)] = 0
    """No tile again within so many cells; 0 allows neighbours."""

    @property
    def limited(self) -> bool:
        """Return whether there is any limit."""
        return self.at_most is not None or self.apart > 0


class LiveSettings(Frozen):
    """The live mosaic."""

    source: Annotated[str, StringConstraints(min_length=1)] = "auto"
    """Camera's number or name, video file, folder, synthetic or browser."""
    pace: Annotated[float, Field(gt=0, le=240)] = 1.0
    """Pictures a second from a folder."""
    tiles: Annotated[tuple[Name, ...], Field(min_length=1), Several] = ("live",)
    """The tile sets to use, one or more; a key takes the next one."""
    frame: SizeSetting = Size(640, 480)
    """Size of a frame; a whole number of cells each way."""
    cell: SizeSetting | None = None
    """Size of a cell in the frame; null takes the tile's size."""
    scale: Annotated[int, Field(ge=1, le=16)] = 1
    """How many times as large as the frame the mosaic is drawn."""
    mirror: bool = True
    """Flip left and right, as in a mirror."""
    match: Literal["exact", "mean", "four"] = "exact"
    """How a tile is chosen, as in mosaic.match."""
    steadiness: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """A tile stays unless another is nearer by this share; 0 takes the nearest."""
    tone: Share = 0
    """How far a frame's brightness is fitted to what the tiles can show."""
    reuse: LiveReuseSettings = LiveReuseSettings()
    """How often, and how near to itself, a tile may be used in a frame."""
    sink: Annotated[
        tuple[Literal["window", "page", "file", "camera", "none"], ...],
        Field(min_length=1),
        Several,
    ] = ("window",)
    """Where mosaics go, one or more: window, page, file, camera (virtual), none."""
    record: Annotated[Text, StringConstraints(pattern=r"(?i)\.(webm|mp4)$")] = (
        "results/live/%Y-%m-%d-%H%M%S.webm"
    )
    """Recording, .webm or .mp4, named by the time; snapshots go beside it."""
    frames: Annotated[int, Field(ge=0)] = 0
    """After how many frames to end; 0 for no end."""
    host: Text = "127.0.0.1"
    """Where the page listens; 0.0.0.0 lets phones on the same network in, by TLS."""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    """The page's port; 0 takes a free one."""
    open: bool = True
    """Open the page in the browser."""
    guests: Annotated[int, Field(ge=0, le=100)] = 0
    """How many visitors may join with their faces, if they agree; 0 for none."""

    @property
    def browser(self) -> bool:
        """Return whether the frames come from the cameras of those who look."""
        alone = self.source == "auto" and self.sink == ("page",)
        return self.source == "browser" or alone

    @property
    def drawn(self) -> Size:
        """Return the size of the mosaic as it is drawn."""
        return Size(self.scale * self.frame.width, self.scale * self.frame.height)

    @property
    def watched(self) -> bool:
        """Return whether a person watches, so that frames are to be paced."""
        return not {"window", "page", "camera"}.isdisjoint(self.sink)

    @model_validator(mode="after")
    def _live_fits(self) -> Self:
        if self.reuse.limited and self.match != "exact":
            raise SettingsError(
                "live.match", self.match, "with limits on reuse take exact."
            )
        if max(self.drawn) > MOST_DRAWN:
            raise SettingsError(
                "live.scale",
                self.scale,
                f"the mosaic would be {self.drawn}; make neither side longer than "
                f"{MOST_DRAWN}.",
            )
        if self.source == "browser" and "page" not in self.sink:
            raise SettingsError(
                "live.source", self.source, "it needs the sink page, which shows it."
            )
        return self


class Settings(Frozen):
    """All of config.yaml."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    """Start of every random choice; the same seed gives the same results."""
    photos: PhotoSettings = PhotoSettings()
    """Where the photos come from."""
    faces: FaceSettings = FaceSettings()
    """How faces are found and cropped."""
    tiles: Annotated[dict[Name, TileSetSettings], Field(min_length=1)] = {
        "faces": TileSetSettings(),
        "live": TileSetSettings(size=Size(16, 12), colour=False),
    }
    """The tile sets, by name."""
    mosaic: MosaicSettings = MosaicSettings()
    """The still mosaics."""
    birthday: BirthdaySettings = BirthdaySettings()
    """The birthday experiments."""
    live: LiveSettings = LiveSettings()
    """The live mosaic."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        named = [("live.tiles", name) for name in self.live.tiles]
        for key, name in [("mosaic.tiles", self.mosaic.tiles), *named]:
            if name not in self.tiles:
                known = ", ".join(self.tiles)
                raise SettingsError(key, name, f"name a set under tiles: {known}.")
        tile = self.tiles[self.mosaic.tiles].size
        if self.mosaic.width < tile.width:
            raise SettingsError(
                "mosaic.width",
                self.mosaic.width,
                f"make it at least {tile.width}, the width of one tile of "
                f"tiles.{self.mosaic.tiles}.",
            )
        if self.mosaic.layout == "quadtree":
            check_halves(tile, self.mosaic.levels)
        for name in self.live.tiles:
            cell, frame = self.live.cell or self.tiles[name].size, self.live.frame
            if frame.width % cell.width or frame.height % cell.height:
                origin = "live.cell" if self.live.cell else f"tiles.{name}.size"
                raise SettingsError(
                    "live.frame",
                    str(frame),
                    f"make it a whole number of {cell} cells each way ({origin}).",
                )
        names = [target_name(target) for target in self.mosaic.targets]
        for name in names:
            if names.count(name) > 1:
                raise SettingsError(
                    "mosaic.targets", name, "two targets have this name; rename one."
                )
        return self


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


SAMPLES = ("astronaut", "camera", "chelsea", "coffee", "rocket")
"""The photos of scikit-image that serve as targets by their names alone."""


def target_name(target: str) -> str:
    """Return the folder name below results/mosaics of a target."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", Path(target).stem)


def load(config: Mapping[str, Any], folder: Path | None = None) -> Settings:
    """
    Check everything that a person set.

    Parameters
    ----------
    config : mapping
        What the YAML files and --config said, merged.
    folder : Path, optional
        Where relative paths start; the working directory by default.

    Raises
    ------
    SettingsError
        One sentence with the key, the value and the way out.
    """
    try:
        settings = Settings.model_validate(config)
    except ValidationError as error:
        raise _in_a_sentence(error) from None
    _check_paths(settings, folder or Path())
    return settings


def live_settings(values: Mapping[str, Any]) -> LiveSettings:
    """Check the settings of the live mosaic alone; see `load`."""
    try:
        return LiveSettings.model_validate(values)
    except ValidationError as error:
        raise _in_a_sentence(error, "live") from None


def _check_paths(settings: Settings, folder: Path) -> None:
    photos = settings.photos
    if photos.source == "folder":
        if photos.folder is None:
            raise SettingsError(
                "photos.folder", None, "name the folder of your photos."
            )
        if not (folder / photos.folder).is_dir():
            raise SettingsError(
                "photos.folder",
                photos.folder,
                f"there is no such folder seen from {folder.resolve()}; mend the path.",
            )
    for target in settings.mosaic.targets:
        if target not in SAMPLES and not (folder / target).is_file():
            raise SettingsError(
                "mosaic.targets",
                target,
                "there is no such file; give a picture or one of "
                f"{', '.join(SAMPLES)}.",
            )
    for key in ("mask", "edits"):
        path = getattr(settings.mosaic, key)
        if path is not None and not (folder / path).is_file():
            raise SettingsError(
                f"mosaic.{key}", path, "there is no such file; mend the path."
            )


def _in_a_sentence(error: ValidationError, *section: str) -> SettingsError:
    """Tell the first fault as key, value and way out."""
    fault = error.errors(include_url=False)[0]
    place = (*section, *fault["loc"])
    key = ".".join(map(str, place)).removesuffix(".[key]") or "config.yaml"
    if fault["type"] == "extra_forbidden":
        return SettingsError(key, fault["input"], _suggest(place))
    way_out = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return SettingsError(key, fault["input"], f"{way_out}.")


def _suggest(place: tuple[int | str, ...]) -> str:
    """Name the setting that a misspelt key was probably meant to be."""
    known = [key for key in setting_keys() if key.count(".") == len(place) - 1]
    meant = difflib.get_close_matches(".".join(map(str, place)), known, n=1, cutoff=0.5)
    if meant:
        return f"there is no such setting; did you mean {meant[0]}?"
    section = ".".join(map(str, place[:-1]))
    inside = [key for key in known if key.startswith(f"{section}.")] or known
    return f"there is no such setting; known are {', '.join(inside)}."


def setting_keys(model: type[Frozen] = Settings, prefix: str = "") -> list[str]:
    """Return every key with its sections, as in ``photos.query``."""
    keys = []
    for name, field in model.model_fields.items():
        keys.append(prefix + name)
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Frozen):
            keys += setting_keys(kind, f"{prefix}{name}.")
    for tile_set in ("faces", "live") if model is Settings else ():
        keys += setting_keys(TileSetSettings, f"tiles.{tile_set}.")
    return keys


def schema() -> str:
    """Return the JSON schema of config.yaml, as text."""
    return json.dumps(Settings.model_json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    write_text(Path(sys.argv[1]), schema())
