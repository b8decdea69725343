"""Settings of the live mosaic."""

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveInt, StringConstraints, model_validator

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.settings.fields import (
    FromHome,
    Frozen,
    Name,
    Several,
    Share,
    SizeSetting,
    Text,
)

MOST_DRAWN = 16_383
"""Pixels along a side of a live mosaic: the most that VP8 knows."""


class LiveReuseSettings(Frozen):
    """How often, and how near to itself, a tile may be used in a frame."""

    at_most: PositiveInt | None = None
    """Most uses of one tile in a frame; without it no limit."""
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
    """Size of a cell in the frame; without it the tile's size."""
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
    record: Annotated[
        Text, StringConstraints(pattern=r"(?i)\.(webm|mp4)$"), FromHome
    ] = "results/live/%Y-%m-%d-%H%M%S.webm"
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
