"""Frames and their placements."""

from dataclasses import dataclass
from functools import cached_property

from pigeonhole.core.arrays import Image
from pigeonhole.live.tile_set import LiveTileSet
from pigeonhole.matching import render
from pigeonhole.matching.grid import Placement


@dataclass(frozen=True, slots=True)
class Frame:
    """
    One image of a source.

    Attributes
    ----------
    number : int
        Index of the image in the source, from 0. Dropped frames leave gaps.
    image : uint8 array, shape (rows, columns, 3)
    captured_at : float
        Time of capture, on the clock of `time.perf_counter`.
    timestamp : float
        Presentation time in seconds from the start of the source.
    """

    number: int
    image: Image
    captured_at: float
    timestamp: float = 0.0


@dataclass(frozen=True)
class MatchedFrame:
    """
    A frame and its placement.

    Attributes
    ----------
    frame : Frame
        The frame as it was matched: in color, and mirrored if mirroring is on.
    tile_set : LiveTileSet
    placement : int64 array, shape (rows, columns)
    matched_at : float
        Time at which the placement was ready, on the clock of `time.perf_counter`.
    changed : float or None
        Share of the cells whose tile differs from the previous frame's. None if there
        is no previous frame or it had another tile set or cell size.
    """

    frame: Frame
    tile_set: LiveTileSet
    placement: Placement
    matched_at: float
    changed: float | None = None

    @cached_property
    def mosaic(self) -> Image:
        """The mosaic, uint8 gray or RGB, rendered on first access."""
        return render(self.tile_set.output_tiles, self.placement)

    @property
    def latency(self) -> float:
        """Seconds from capture to placement."""
        return self.matched_at - self.frame.captured_at
