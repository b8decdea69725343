"""perceptual: minimize the local error and the error after a blur together."""

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.imaging.color_spaces import to_color_space
from pigeonhole.matching.modes import mean_2x2
from pigeonhole.matching.options import Matcher, MatchOptions
from pigeonhole.matching.perceptual.energy import match_lowpass_error, minimize_energy
from pigeonhole.matching.perceptual.lowpass import append_block_means

SINGLE_CELL_WEIGHT = 0.4
"""Low-pass weight for single cells if `lowpass_weight` is auto."""


def describe(stack: Image, options: MatchOptions) -> Image:
    """
    Return the pixels of images and the weighted means of their blocks.

    A single cell has no neighbors that could compensate for its low-pass error, so its
    own block means are compared instead.
    """
    weight = options.lowpass_weight
    if weight == "auto":
        weight = SINGLE_CELL_WEIGHT
    return append_block_means(to_color_space(stack, options.space), weight)


def make_matcher(tiles: Image, options: MatchOptions) -> Matcher:
    """Return a function that minimizes the energy of placements."""
    lowpass_weight, structure_weight = options.lowpass_weight, options.structure_weight
    pixels = to_color_space(tiles, options.space)

    def target_of(frame: Image) -> Image:
        (target,) = to_color_space(frame[None], options.space)
        return np.asarray(target)

    if lowpass_weight != "auto":
        return lambda frame: minimize_energy(
            target_of(frame), pixels, lowpass_weight, structure_weight
        )
    match_means = mean_2x2.make_matcher(tiles, options)
    return lambda frame: match_lowpass_error(
        target_of(frame), pixels, match_means(frame), structure_weight
    )
