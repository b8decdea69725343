"""What flows through the live stage."""

from dataclasses import dataclass

from pigeonhole.images import Picture
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
    """

    number: int
    picture: Picture
    captured: float


@dataclass(frozen=True, slots=True)
class Placed:
    """
    A frame, its placement and its mosaic.

    Attributes
    ----------
    frame : Frame
        As it was matched: mirrored, if asked for, and still in colour.
    placement : int64 array, shape (rows, columns)
    mosaic : uint8 array, like the frame in grey or in colour
    placed : float
        When the placement was known, by `time.perf_counter`.
    """

    frame: Frame
    placement: Placement
    mosaic: Picture
    placed: float

    @property
    def latency(self) -> float:
        """Seconds from capture to placement."""
        return self.placed - self.frame.captured
