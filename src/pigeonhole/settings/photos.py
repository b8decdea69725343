"""Settings of the photos, the faces in them, and the tiles."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, StringConstraints, field_validator

from pigeonhole.core.geometry import Size
from pigeonhole.settings.fields import Alike, File, Frozen, SizeSetting, Text


class PhotoSettings(Frozen):
    """Where the photos come from."""

    source: Literal["auto", "demo", "folder", "pexels", "openverse"] = "auto"
    """auto takes pexels where PEXELS_API_KEY is set, else demo."""
    folder: File | None = None
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
    forgotten: File = "forgotten.txt"
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
    model: File | None = None
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
    exclude: File = "faces-exclude.txt"
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
