"""Load the implementations of the match modes.

`pigeonhole.core.match_modes` has their names and capabilities, and
`pigeonhole.matching.modes` a module for each of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Self

from pigeonhole.core.arrays import AnyArray, Image
from pigeonhole.core.checks import check_images
from pigeonhole.core.match_modes import MATCH_MODES, MatchModeName
from pigeonhole.imaging.color_spaces import Space
from pigeonhole.matching.modes import exact
from pigeonhole.matching.options import Matcher, MatchOptions
from pigeonhole.matching.search.index import TileIndex

DescriptorPair = tuple[AnyArray, AnyArray]
"""Descriptors of cells, shape (m, ...), and of tiles, shape (n, ...)."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """
    Implementation of a match mode.

    `make_matcher` takes tiles and options and returns a function that matches whole
    frames. `describe` takes images and options and returns descriptors: bytes whose sum
    of absolute differences is the distance of single cells and tiles. A mode whose
    descriptors depend on the whole tile set has `describe_pair` instead, which returns
    integers for cells and tiles.
    """

    make_matcher: Callable[[Image, MatchOptions], Matcher]
    describe: Callable[[Image, MatchOptions], Image]
    describe_pair: Callable[[Image, Image, MatchOptions], DescriptorPair] | None

    @classmethod
    def load(cls, mode: str) -> Self:
        """Import the module of a mode; the functions of descriptors are optional."""
        module = import_module(f"pigeonhole.matching.modes.{mode.replace('-', '_')}")
        return cls(
            module.make_matcher,
            getattr(module, "describe", exact.describe),
            getattr(module, "describe_pair", None),
        )


STRATEGIES = {mode: Strategy.load(mode) for mode in MATCH_MODES}
"""The implementation of each match mode."""


def matcher(
    mode: MatchModeName,
    tiles: Image,
    space: Space = "rgb",
    *,
    lowpass_weight: float = 4,
    structure_weight: float = 0.7,
    index: TileIndex | None = None,
) -> Matcher:
    """
    Return a function that matches frames.

    Parameters
    ----------
    mode : {"exact", "perceptual", "mean", "mean-2x2"}
        exact compares every pixel; perceptual also compares frames after a blur; mean
        compares brightness only; mean-2x2 compares the means of 2x2 blocks.
    tiles : uint8 array, shape (n, height, width[, 3])
    space : {"gray", "rgb", "lab"}
        Color space in which images are compared. Gray tiles are compared in gray. For
        mean, lab compares the lightness L.
    lowpass_weight, structure_weight
        See `MatchOptions`; for perceptual only.
    index : TileIndex, optional
        An index of the same tiles, to avoid building one if the mode can use it.

    Raises
    ------
    ValueError
        An argument is out of range, or the index is of other tiles.
    """
    strategy = _strategy(mode)
    check_images("tiles", tiles)
    if index:
        index.check_tiles(tiles)
    options = MatchOptions(space, lowpass_weight, structure_weight)
    if index and compares_pixels(mode, tiles, options):
        return index.place
    return strategy.make_matcher(tiles, options)


def _strategy(mode: str) -> Strategy:
    if mode not in STRATEGIES:
        raise ValueError(f"mode must be one of {', '.join(STRATEGIES)}, not {mode!r}")
    return STRATEGIES[mode]


def match_descriptors(stack: Image, mode: str, options: MatchOptions) -> Image:
    """Return the bytes of images whose absolute differences a mode sums."""
    check_images("images", stack)
    return _strategy(mode).describe(stack, options)


def describe_pair(
    cells: Image, tiles: Image, mode: str, options: MatchOptions
) -> DescriptorPair:
    """Return descriptors of cells and tiles whose absolute differences a mode sums."""
    strategy = _strategy(mode)
    check_images("cells", cells)
    check_images("tiles", tiles)
    if strategy.describe_pair:
        return strategy.describe_pair(cells, tiles, options)
    return strategy.describe(cells, options), strategy.describe(tiles, options)


def compares_bytes(mode: str) -> bool:
    """Return whether the descriptors of a mode are bytes."""
    return _strategy(mode).describe_pair is None


def compares_pixels(mode: MatchModeName, tiles: Image, options: MatchOptions) -> bool:
    """Return whether a mode finds the nearest tiles by the pixels as they are."""
    strategy = _strategy(mode)
    if not MATCH_MODES[mode].nearest:
        return False
    first = tiles[:1]
    return strategy.describe(first, options) is first
