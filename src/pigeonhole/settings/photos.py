"""Settings of photos, faces and tiles."""

from typing import Annotated, Literal

from pydantic import (
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
    field_validator,
)

from pigeonhole.core.geometry import Box, Size
from pigeonhole.settings.fields import (
    FilePath,
    Frozen,
    HashDistance,
    ListFile,
    NotEmpty,
    PathRule,
    PixelLimit,
    SizeSetting,
    Text,
    Unique,
)

Cut = Literal["faces", "photos"]
"""What tiles are cut from."""


def _parse_box(value: object) -> Box:
    numbers = list(value) if isinstance(value, list | tuple) else []
    is_box = len(numbers) == 4 and all(type(number) is int for number in numbers)
    if not is_box or min(numbers) < 0 or min(numbers[2:]) < 1:
        raise ValueError(
            "must be a box in pixels of the photo: [x, y, width, height], such as [0, "
            "40, 300, 400]"
        )
    return Box(*numbers)


BoxSetting = Annotated[
    Box,
    PlainValidator(_parse_box),
    PlainSerializer(list, return_type=list[int]),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "integer", "minimum": 0},
            "minItems": 4,
            "maxItems": 4,
        }
    ),
]


class PhotoSettings(Frozen):
    """Source and selection of photos."""

    source: Literal["auto", "demo", "folder", "pexels", "openverse"] = "auto"
    """auto uses pexels if PEXELS_API_KEY is set or the photos were downloaded before,
    otherwise demo."""
    folder: Annotated[
        FilePath | None, PathRule("folder", needed_by=("source", "folder"))
    ] = None
    """Folder of your own photos, read in place (source: folder)."""
    query: Text = "person"
    """Search term (source: pexels or openverse)."""
    count: Annotated[int, Field(ge=1, le=20_000)] = 200
    """Maximum number of photos to download (source: pexels or openverse)."""
    size: Literal["auto", "medium", "large", "original"] = "auto"
    """Download size; auto uses large for faces and medium for whole photos."""
    orientation: Literal["any", "landscape", "portrait", "square"] = "any"
    """Search only for photos of this orientation."""
    min_size: Literal["any", "small", "medium", "large"] = "any"
    """Search only for photos whose original is at least this large."""
    color: Annotated[str, StringConstraints(pattern=r"^([a-z]+|#[0-9A-Fa-f]{6})$")] = (
        "any"
    )
    """Search only for photos of this color, a name or "#rrggbb" (source: pexels)."""
    locale: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}-[A-Z]{2}$")] = "en-US"
    """Language of the query (source: pexels)."""
    licenses: Annotated[
        tuple[Literal["cc0", "pdm", "by", "by-sa"], ...], Field(min_length=1), Unique
    ] = ("cc0", "by")
    """Licenses to search for: cc0, pdm, by, by-sa (source: openverse)."""
    removal_list: ListFile = "removed.txt"
    """Text file of the photos and faces removed with `pigeonhole remove`."""
    demo_count: Annotated[int, Field(ge=1, le=1000)] = 60
    """Number of photos to generate (source: demo)."""
    max_pixels: PixelLimit = 250_000_000
    """Photos with more pixels are skipped and listed in skipped.csv."""
    max_hash_distance: HashDistance = 4
    """Near-duplicates are dropped: same color, and 64-bit fingerprints that differ in
    at most this many bits; null keeps all."""


class FaceSettings(Frozen):
    """Detection and cropping of faces."""

    detector: Literal["haar", "yunet"] = "haar"
    """haar is built in; yunet is more accurate and needs a model file."""
    model: Annotated[FilePath | None, PathRule(needed_by=("detector", "yunet"))] = None
    """Model file (detector: yunet)."""
    min_side: Annotated[int, Field(ge=20, le=5000)] = 40
    """Smallest face to detect, in pixels of the photo."""
    rotation: Annotated[float, Field(ge=0, le=45)] = 20
    """If no upright face is certain, also search the photo rotated by +- this many
    degrees; 0 doesn't."""
    min_score: Annotated[float, Field(ge=0, le=100)] = 1.6
    """Faces with a lower detection score are rejected."""
    min_contrast: Annotated[float, Field(ge=0, le=127)] = 2
    """Faces with a lower standard deviation of gray values are rejected."""
    min_sharpness: Annotated[float, Field(ge=0, le=10)] = 0.15
    """Faces with a lower ratio of edges to contrast are rejected as blurred."""
    margin: Annotated[float, Field(ge=0, le=1)] = 0.15
    """Margin around the face, as a share of its size, so that the crop shows the
    head."""
    max_hash_distance: HashDistance = 4
    """The same limit for near-duplicate faces; null keeps all."""
    exclude: ListFile = "faces-exclude.txt"
    """Text file of wrong detections, one per line: photo x y width height."""


class TileSetSettings(Frozen):
    """One tile set."""

    cut: Cut = "faces"
    """Cut tiles from faces or from whole photos."""
    size: SizeSetting = Size(12, 16)
    """Tile size, WIDTHxHEIGHT in pixels."""
    color: bool = True
    """Color tiles instead of gray ones."""
    variants: Annotated[int, Field(ge=1, le=100)] = 12
    """Maximum number of different crops of each photo or face."""
    min_crop: Annotated[float, Field(ge=0.5, le=1)] = 0.8
    """Width of the smallest crop of a photo, as a share of the largest one's; faces are
    always whole."""
    crops: dict[NotEmpty, BoxSetting] = Field(default={})
    """Crops chosen by hand, as {photo: [x, y, width, height]}: the photo, or the face
    in it that is nearest, has this crop only."""

    @field_validator("size")
    @classmethod
    def _check_size(cls, size: Size) -> Size:
        if max(size) > 1000:
            raise ValueError("must be at most 1000x1000")
        return size


FOLDER_TILES = TileSetSettings(cut="photos")
"""Defaults of tiles for one mosaic from a folder of photos."""
