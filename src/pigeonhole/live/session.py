"""State that the source, the matcher and the sinks of a live run share."""

from dataclasses import dataclass, field
from typing import Self

from pigeonhole.live.frame_queue import FrameQueue
from pigeonhole.live.tile_sets import TileSets
from pigeonhole.settings import LiveSettings

DEFAULT_STEADINESS = 0.1
"""Steadiness that users turn on during a run if the setting is 0."""


@dataclass(slots=True)
class Controls:
    """
    Options that can change during a run.

    Sinks set them and the matcher reads them for each frame. Any thread may set any
    field at any time.

    Attributes
    ----------
    tile_set : str
        Name of the current tile set.
    mirror, steadiness, histogram_matching
        As in `LiveSettings`.
    cell_step : int
        Number of steps to smaller cells than the default, or to larger ones if
        negative.
    frozen : bool
        Stop updating all sinks.
    """

    tile_set: str
    mirror: bool
    steadiness: float
    histogram_matching: float
    cell_step: int = 0
    frozen: bool = False

    @classmethod
    def of(cls, settings: LiveSettings, tile_sets: TileSets) -> Self:
        """Return the initial controls for these settings."""
        return cls(
            tile_sets.names[0],
            settings.mirror,
            settings.steadiness,
            settings.histogram_matching,
        )


@dataclass(frozen=True)
class Session:
    """
    Shared state of one live run.

    With `source: browser`, the frames that the page receives are put into the frame
    queue, the source of all other sinks.
    """

    settings: LiveSettings
    tile_sets: TileSets
    controls: Controls
    frame_queue: FrameQueue = field(default_factory=FrameQueue)
