"""Limits on repetition and the errors for tile sets that are too small."""

import numpy as np
import pytest

from pigeonhole.core.geometry import Size
from pigeonhole.matching.assignment import (
    RepetitionLimits,
    TooFewCells,
    TooFewTiles,
    assign,
    check_limits,
)
from pigeonhole.mosaic.layout import grid_layout


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (RepetitionLimits(), "no limit on repetition"),
        (RepetitionLimits(max_uses=1), "each photo at most once"),
        (RepetitionLimits(min_distance=1), "no photo within 1 cell of itself"),
        (
            RepetitionLimits(max_uses=3, min_distance=2, use_all=True),
            (
                "each photo at most 3 times, no photo within 2 cells of itself, "
                "every photo at least once"
            ),
        ),
    ],
)
def test_limits_are_described_in_words(limits, text):
    assert str(limits) == text


@pytest.mark.parametrize("wrong", [{"max_uses": 0}, {"min_distance": -1}], ids=str)
def test_wrong_limits_are_rejected(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RepetitionLimits(**wrong)


@pytest.mark.parametrize(
    ("limits", "shape", "tiles", "error", "missing"),
    [
        (RepetitionLimits(max_uses=1), (3, 3), 4, TooFewTiles, 5),
        (RepetitionLimits(max_uses=2), (3, 3), 4, TooFewTiles, 1),
        (RepetitionLimits(min_distance=1), (3, 3), 3, TooFewTiles, 1),
        (RepetitionLimits(min_distance=9), (3, 3), 3, TooFewTiles, 6),
        (RepetitionLimits(use_all=True), (1, 3), 5, TooFewCells, 2),
    ],
    ids=str,
)
def test_infeasible_limits_are_rejected(limits, shape, tiles, error, missing):
    cells = np.zeros((shape[0] * shape[1], 1, 1), np.uint8)
    with pytest.raises(error, match=rf"^{missing} .* missing: ") as raised:
        assign(cells, np.zeros((tiles, 1, 1), np.uint8), shape, limits)
    assert raised.value.missing == missing


BOXES = grid_layout(Size(6, 6), Size(2, 2)).boxes
ONCE = RepetitionLimits(max_uses=1)
SPACED = RepetitionLimits(min_distance=2)


@pytest.mark.parametrize(
    ("limits", "fix"),
    [
        (ONCE, "raise max_uses to 3 or more"),
        (SPACED, "reduce min_distance to 1"),
    ],
    ids=str,
)
def test_the_message_names_limits_that_are_feasible(limits, fix):
    with pytest.raises(TooFewTiles) as raised:
        check_limits(limits, 4, BOXES)
    assert str(raised.value) == (
        f"5 photos are missing: {limits} needs 9 photos, but the set has 4. "
        f"Add photos, {fix} or use fewer cells (a smaller width)."
    )
    for feasible in (RepetitionLimits(max_uses=3), RepetitionLimits(min_distance=1)):
        check_limits(feasible, 4, BOXES)
