"""Frames -> placements."""

from dataclasses import replace
from time import perf_counter

import cv2
import numpy as np

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import to_grey
from pigeonhole.live.frames import Frame, Placed
from pigeonhole.live.session import Controls
from pigeonhole.live.tile_sets import Palette
from pigeonhole.matching.grid import Placement


class Placer:
    """
    Turns the frames of one source into placements.

    It remembers the frame before, for steadiness: each source has its own, called by
    one thread at a time. Placers may share a palette.

    Parameters
    ----------
    palette : Palette
    controls : Controls
        Looked at for each frame.
    """

    def __init__(self, palette: Palette, controls: Controls) -> None:
        self._palette = palette
        self._controls = controls
        self._before: Placed | None = None
        self._plain: Placement | None = None

    def warm_up(self, frame: Size) -> None:
        """Place a black frame twice, so that compiling delays no real one."""
        black = np.zeros((frame.height, frame.width, 3), np.uint8)
        for _ in range(2):
            self(Frame(0, black, perf_counter()))
        self._before = None

    def __call__(self, frame: Frame) -> Placed:
        """Place tiles on a frame, uint8 RGB of the palette's size."""
        controls = self._controls
        tiles = self._palette.tiles(controls.tiles, controls.finer)
        picture = frame.picture
        if controls.mirror:
            picture = np.asarray(cv2.flip(picture, 1), np.uint8)
        before = self._before
        last = before.placement if before and before.tiles is tiles else None
        seen = picture if tiles.colour else to_grey(picture)
        seen = tiles.toned(seen, controls.tone)
        steadiness = controls.steadiness
        # Guests come and go: tiles are steadied without them.
        plain = None if last is None else self._plain
        self._plain = tiles.place(seen, plain, steadiness)
        placement = tiles.with_guests(seen, self._plain, last, steadiness)
        placed = perf_counter()
        changed = None if last is None else float((placement != last).mean())
        self._before = Placed(
            replace(frame, picture=picture), tiles, placement, placed, changed
        )
        return self._before
