"""Settings of live mosaics."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.core.match_modes import LiveMatchModeName
from pigeonhole.settings.fields import (
    CommaSeparated,
    FromHome,
    Frozen,
    Name,
    NotEmpty,
    Share,
    SizeSetting,
    Text,
    Unique,
    WithoutNul,
)
from pigeonhole.settings.repetition import LiveRepetitionSettings

MAX_SIDE = 16_383
"""Maximum side of a live mosaic in pixels, a limit of VP8."""


def _check_time_codes(template: str) -> str:
    try:
        filled = datetime.now().astimezone().strftime(template)
    except ValueError:
        filled = ""
    # A field that is too wide, such as %99999Y, leaves nothing.
    if not filled:
        raise ValueError("has a time code that the system doesn't know")
    return template


class LiveSettings(Frozen):
    """Live mosaics."""

    source: NotEmpty = "auto"
    """Camera number or name, video file, folder, synthetic or browser; auto chooses."""
    folder_fps: Annotated[float, Field(gt=0, le=240)] = 1.0
    """Images per second from a folder."""
    tiles: Annotated[tuple[Name, ...], Field(min_length=1), Unique, CommaSeparated] = (
        "live",
    )
    """Tile sets, one or more; a key switches to the next one."""
    frame_size: SizeSetting = Size(640, 480)
    """Frame size; must be a multiple of the cell size."""
    cell_size: SizeSetting | None = None
    """Cell size in the frame; null uses the tile size."""
    scale: Annotated[int, Field(ge=1, le=16)] = 1
    """Size of the mosaic relative to the frame; cut larger tiles to fill it."""
    mirror: bool = True
    """Flip the frame horizontally, like a mirror."""
    match: LiveMatchModeName = "exact"
    """exact (every pixel), mean (brightness) or mean-2x2 (means of 2x2 blocks)."""
    steadiness: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """A cell keeps its tile unless another one is better by this share, 0 to 1."""
    histogram_matching: Share = 0
    """How far the frame's tones are matched to the tiles' tones, 0 to 1."""
    repetition: LiveRepetitionSettings = LiveRepetitionSettings()
    """Limits on how often and how close together a photo or face appears in a frame."""
    sink: Annotated[
        tuple[Literal["window", "page", "file", "camera", "none"], ...],
        Field(min_length=1),
        Unique,
        CommaSeparated,
    ] = ("window",)
    """Outputs: window, page, file, camera (a virtual webcam) or none (prints
    statistics)."""
    record: Annotated[
        str,
        StringConstraints(strip_whitespace=True, pattern=r"(?i)\.(webm|mp4)$"),
        WithoutNul,
        FromHome,
        AfterValidator(_check_time_codes),
    ] = "results/live/%Y-%m-%d-%H%M%S.webm"
    """Recording file, .webm or .mp4, with time codes; snapshots are saved next to
    it."""
    max_frames: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    """Number of frames after which to stop; 0 means no limit."""
    host: Text = "127.0.0.1"
    """Address the page listens on; 0.0.0.0 admits phones on the same network, over
    TLS."""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Port of the page; 0 picks a free one."""
    open_browser: bool = True
    """Open the page in the browser."""
    guests: Annotated[int, Field(ge=0, le=100)] = 0
    """Maximum number of guests who may join with their face, with their consent."""

    @property
    def uses_browser_cameras(self) -> bool:
        """True if frames come from the cameras of the page's viewers."""
        only_page = self.source == "auto" and self.sink == ("page",)
        return self.source == "browser" or only_page

    @property
    def mosaic_size(self) -> Size:
        """Size of the rendered mosaic."""
        width, height = self.frame_size
        return Size(self.scale * width, self.scale * height)

    @property
    def has_viewers(self) -> bool:
        """True if an output is watched live, so that frames are shown at their rate."""
        return not {"window", "page", "camera"}.isdisjoint(self.sink)

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        if max(size := self.mosaic_size) > MAX_SIDE:
            limit = f"at most {MAX_SIDE:,} per side are possible."
            hint = f"the mosaic would be {size} pixels; {limit}"
            raise SettingsError("live.scale", self.scale, hint)
        if self.source == "browser" and "page" not in self.sink:
            hint = "it needs the sink page; add it."
            raise SettingsError("live.source", self.source, hint)
        return self
