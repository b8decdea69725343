"""Frames -> placements -> sinks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from time import perf_counter

import cv2
import numpy as np

from pigeonhole.errors import LiveError
from pigeonhole.images import Picture, to_grey
from pigeonhole.live.frames import Frame, Placed
from pigeonhole.live.sinks import Sink
from pigeonhole.live.slot import Slot
from pigeonhole.matching import matcher, render
from pigeonhole.matching.modes import Mode
from pigeonhole.settings import Size

GLANCE = 0.01
"""Seconds after which a window looks at its events, new frame or not."""


class FrameMisfit(LiveError):
    """A frame isn't a whole number of tiles."""

    def __init__(self, frame: Size, tile: Size) -> None:
        fitting = Size(
            max(1, round(frame.width / tile.width)) * tile.width,
            max(1, round(frame.height / tile.height)) * tile.height,
        )
        super().__init__(
            f"a frame of {frame} isn't a whole number of {tile} tiles each way: "
            f"take {fitting}."
        )


class Placer:
    """
    Turns frames into mosaics of one tile set.

    Parameters
    ----------
    tiles : uint8 array, shape (n, height, width) or (n, height, width, 3)
        Grey tiles are matched to the grey frame, colour tiles to the colours.
    frame : Size
        Of the frames that will come.
    mode : {"exact", "mean", "four"}
    mirror : bool
        Flip frames left and right.

    Raises
    ------
    FrameMisfit
        The frame isn't a whole number of tiles.
    """

    def __init__(
        self, tiles: Picture, frame: Size, mode: Mode, *, mirror: bool
    ) -> None:
        tile = Size(tiles.shape[2], tiles.shape[1])
        if frame.width % tile.width or frame.height % tile.height:
            raise FrameMisfit(frame, tile)
        self._tiles = tiles
        self._frame = frame
        self._place = matcher(mode, tiles)
        self._mirror = mirror
        self.cells = (frame.width // tile.width) * (frame.height // tile.height)

    def warm_up(self) -> None:
        """Place a black frame, so that compiling delays no real one."""
        black = np.zeros((self._frame.height, self._frame.width, 3), np.uint8)
        self(Frame(0, black, perf_counter()))

    def __call__(self, frame: Frame) -> Placed:
        """Place tiles on a frame and render them."""
        picture = frame.picture
        if self._mirror:
            picture = np.asarray(cv2.flip(picture, 1), np.uint8)
        colour = self._tiles.ndim == 4
        placement = self._place(picture if colour else to_grey(picture))
        placed = perf_counter()
        mosaic = render(self._tiles, placement)
        return Placed(replace(frame, picture=picture), placement, mosaic, placed)


def run(
    source: Iterable[Frame], placer: Placer, sinks: Sequence[Sink], frames: int = 0
) -> None:
    """
    Send the mosaics of a source to all sinks until the source or a sink ends.

    Parameters
    ----------
    source : iterable of Frame
    placer : Placer
        Called in a thread of its own: a slow match leaves windows responsive, and
        Ctrl-C never meets the kernels, which can't be interrupted.
    sinks : sequence of Sink
        Called in this thread alone, as windows demand.
    frames : int
        How many to show; 0 for no end.
    """
    watched = any(sink.live for sink in sinks)
    taken = 0
    with Slot(_mosaics(source, placer), drop=watched) as mosaics:
        for placed in mosaics.polled(GLANCE):
            if placed is not None:
                for sink in sinks:
                    sink.take(placed)
                taken += 1
            ends = [not sink.goes_on() for sink in sinks]
            if taken == frames > 0 or any(ends):
                return


def _mosaics(source: Iterable[Frame], placer: Placer) -> Iterator[Placed]:
    placer.warm_up()
    yield from map(placer, source)
