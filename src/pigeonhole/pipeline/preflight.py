"""Checks before the first job, so that a setting that can't work costs no time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pigeonhole.core.repetition import has_limits
from pigeonhole.matching.assignment import check_limits
from pigeonhole.mosaic import load_inputs
from pigeonhole.mosaic.compose import make_layout
from pigeonhole.mosaic.selection import repetition_limits
from pigeonhole.settings import MosaicOptions


def check_repetition(
    tiles: Path, target: Mapping[str, Any], options: MosaicOptions
) -> None:
    """
    Check that an existing tile set is large enough for the limits on repetition.

    The cells of a quadtree depend on the matching, so they aren't checked here.

    Parameters
    ----------
    tiles : Path
    target : mapping
        Arguments of `prepare_target`.
    options : MosaicOptions

    Raises
    ------
    TooFewTiles, TooFewCells
    """
    if options.layout == "quadtree" or not has_limits(options.repetition):
        return
    tile_set, prepared = load_inputs(tiles, target)
    layout = make_layout(prepared.image, tile_set.tiles, options)
    if prepared.mask is not None:
        layout = layout.masked(prepared.mask)
    if len(layout):
        sources = int(tile_set.sources.max()) + 1
        check_limits(repetition_limits(options), sources, layout.boxes)
