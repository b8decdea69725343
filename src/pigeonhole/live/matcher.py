"""Compute the placements of a source's frames."""

from dataclasses import replace
from time import perf_counter

import cv2
import numpy as np

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import to_gray
from pigeonhole.live.frames import Frame, MatchedFrame
from pigeonhole.live.session import Controls
from pigeonhole.live.tile_sets import TileSets
from pigeonhole.matching.grid import Placement


class FrameMatcher:
    """
    Matches the frames of one source.

    It keeps the previous placement for steadiness, so each source needs its own
    matcher, which only one thread may call at a time. Matchers can share tile sets.

    Parameters
    ----------
    tile_sets : TileSets
    controls : Controls
        Read for each frame.
    """

    def __init__(self, tile_sets: TileSets, controls: Controls) -> None:
        self._tile_sets = tile_sets
        self._controls = controls
        self._previous: MatchedFrame | None = None
        self._previous_without_guests: Placement | None = None

    def warm_up(self, frame_size: Size) -> None:
        """Match a black frame twice so that all kernels are compiled."""
        black = np.zeros((frame_size.height, frame_size.width, 3), np.uint8)
        for _ in range(2):
            self(Frame(0, black, perf_counter()))
        self._previous = None

    def __call__(self, frame: Frame) -> MatchedFrame:
        """Match one frame, whose size must be the session's frame size."""
        controls = self._controls
        tile_set = self._tile_sets.get(controls.tile_set, controls.cell_step)
        image = frame.image
        if controls.mirror:
            image = np.asarray(cv2.flip(image, 1), np.uint8)
        pixels = image if tile_set.color else to_gray(image)
        pixels = tile_set.match_histogram(pixels, controls.histogram_matching)

        previous = without_guests = None
        if self._previous and self._previous.tile_set is tile_set:
            previous = self._previous.placement
            without_guests = self._previous_without_guests
        steadiness = controls.steadiness
        # Guests come and go, so the other tiles are kept steady without them.
        without_guests = tile_set.place(pixels, without_guests, steadiness)
        placement = tile_set.add_guests(pixels, without_guests, previous, steadiness)
        matched_at = perf_counter()

        changed = None
        if previous is not None:
            changed = float((placement != previous).mean())
        self._previous_without_guests = without_guests
        self._previous = MatchedFrame(
            replace(frame, image=image), tile_set, placement, matched_at, changed
        )
        return self._previous
