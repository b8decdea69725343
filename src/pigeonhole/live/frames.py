"""What flows through the live stage."""

from dataclasses import dataclass
from functools import cached_property

from pigeonhole.core.arrays import Picture
from pigeonhole.live.tile_set import LiveTiles
from pigeonhole.matching import render
from pigeonhole.matching.grid import Placement


@dataclass(frozen=True, slots=True)
class Frame:
    """
    One picture of a source.

    Attributes
    ----------
    number : int
        Counts what the source gave, from 0; dropped frames leave gaps.
    picture : uint8 array, shape (rows, columns, 3)
    captured : float
        When it was taken, by `time.perf_counter`.
    moment : float
        Where it belongs in a recording, in seconds from the source's start.
    """

    number: int
    picture: Picture
    captured: float
    moment: float = 0.0


@dataclass(frozen=True)
class Placed:
    """
    A frame and its placement.

    Attributes
    ----------
    frame : Frame
        As it was matched: mirrored, if asked for, and still in colour.
    tiles : LiveTiles
        The tiles that the placement speaks of, whatever is chosen since.
    placement : int64 array, shape (rows, columns)
    placed : float
        When the placement was known, by `time.perf_counter`.
    changed : float or None
        Share of the cells whose tile isn't that of the frame before; None where the
        tiles or the cells are others.
    """

    frame: Frame
    tiles: LiveTiles
    placement: Placement
    placed: float
    changed: float | None = None

    @cached_property
    def mosaic(self) -> Picture:
        """Return the mosaic, uint8 in grey or RGB; rendered when first asked for."""
        return render(self.tiles.drawn, self.placement)

    @property
    def latency(self) -> float:
        """Seconds from capture to placement."""
        return self.placed - self.frame.captured
