"""Public functions reject arguments that are out of range, with one sentence."""

import math

import numpy as np
import pytest
from arguments import is_one_sentence, public_functions

import pigeonhole.matching
from pigeonhole.matching.assignment import LiveAssignment, RepetitionLimits
from pigeonhole.matching.options import MatchOptions
from pigeonhole.matching.perceptual.candidates import TilePool
from pigeonhole.matching.perceptual.costs import LocalWeights
from pigeonhole.matching.perceptual.place import ObjectiveWeights, new_problem
from pigeonhole.matching.search.index import TileIndex

NAN = math.nan
TILES = np.arange(5 * 2 * 3 * 3, dtype=np.uint8).reshape(5, 2, 3, 3)
FRAME = np.zeros((4, 6, 3), np.uint8)
GRID = np.zeros((2, 2), np.int64)
WRONG_GRIDS = (GRID + 5, GRID - 1, GRID.astype(float), GRID[0])
"""Placements of tiles that don't exist, and arrays that are no placements."""
BOXES = np.array([[0, 0, 2, 3], [0, 3, 2, 3], [2, 0, 2, 3], [2, 3, 2, 3]])
SOURCES = np.arange(5)
COSTS = np.arange(20, dtype=np.int32).reshape(4, 5)
LIMITS = RepetitionLimits()
OPTIONS = MatchOptions()
ROWS = TILES.reshape(5, -1)
LINES = np.zeros((5, 1, 64), np.uint8)


def placed(placement):
    """Return arguments of `keep_steady` with this previous placement."""
    return ROWS[:4], ROWS, GRID, placement, 0.1, LIMITS, SOURCES


@pytest.fixture(scope="module")
def problem():
    pool = TilePool(TILES, SOURCES, "rgb", mirror=False)
    candidates = pool.candidates(pool.describe(TILES[:4]), LocalWeights(), 3)
    weights = ObjectiveWeights(1, 1)
    return new_problem(candidates, BOXES, (2, 3), 5, weights, LIMITS)


INVALID = {
    "assignment.assign.assign": [
        (TILES[:4], TILES, (3, 2), LIMITS),
        (TILES[:4], TILES, (-2, -2), LIMITS),
        (TILES[:4, :1], TILES, (2, 2), LIMITS),
        (TILES[:4], TILES, (2, 2), LIMITS, NAN),
        (TILES[:4], TILES, (2, 2), LIMITS, -1),
    ],
    "assignment.assign.assign_costs": [
        (COSTS - 1, LIMITS),
        (COSTS.astype(np.int64), LIMITS),
        (COSTS[0], LIMITS),
        (COSTS, LIMITS, NAN),
        (COSTS, LIMITS, 1, BOXES[:3]),
        (COSTS, LIMITS, 1, BOXES * 0),
        (COSTS[:0], LIMITS),
        (COSTS, RepetitionLimits(min_distance=1)),
    ],
    "assignment.assign.assign_in_order": [
        (COSTS - 1, LIMITS, BOXES),
        (COSTS, LIMITS, BOXES[:3]),
        (COSTS, LIMITS, BOXES[:, :3]),
    ],
    "assignment.cliques.block_cliques": [(BOXES, -1), (BOXES, NAN), (BOXES * 0, 1)],
    "assignment.limits.check_limits": [
        (LIMITS, -1, BOXES),
        (LIMITS, NAN, BOXES),
        (LIMITS, 5, BOXES[:0]),
        (LIMITS, 5, BOXES.astype(float)),
    ],
    "assignment.limits.sources_needed": [(LIMITS, -1, BOXES), (LIMITS, 5, BOXES[:0])],
    "assignment.live.check_source_count": [(LIMITS, 5, 0, 3), (LIMITS, 5, 3, NAN)],
    "assignment.live.largest_distance": [(LIMITS, 5, 0, 3), (LIMITS, 5, 3, NAN)],
    "assignment.live.keep_steady": [
        *map(placed, WRONG_GRIDS),
        placed(np.zeros((3, 2), np.int64)),
        (ROWS[:4], ROWS, GRID, GRID, NAN, LIMITS, SOURCES),
        (ROWS[:4], ROWS, GRID, GRID, 0.1, LIMITS, SOURCES[:4]),
        (ROWS[:4], ROWS, GRID, GRID, 0.1, LIMITS, SOURCES + 1),
    ],
    "assignment.live.optimality_gap": [
        *((FRAME, TILES, LIMITS, grid) for grid in WRONG_GRIDS),
        (FRAME, TILES, LIMITS, GRID, NAN),
        (FRAME, TILES, LIMITS, GRID, 1, SOURCES[:3]),
        (FRAME[:3], TILES, LIMITS, GRID),
    ],
    "assignment.problem.pad_images": [(TILES[:0],), (TILES[:, 0, 0, 0],)],
    "assignment.problem.new_problem": [(TILES[:, :1], TILES), (TILES[:0], TILES)],
    "assignment.problem.pairwise_costs": [(TILES[:, :1], TILES), (TILES, TILES[:0])],
    "assignment.source_costs.least_distances": [
        (LINES, LINES, SOURCES, 4),
        (LINES, LINES, SOURCES - 1, 5),
        # A source without a tile.
        (LINES, LINES, SOURCES, 6),
        (LINES, LINES, SOURCES, 2**63),
        (LINES, LINES, SOURCES[:4], 5),
        (LINES.repeat(2, axis=1), LINES, SOURCES, 5),
        (ROWS, ROWS, SOURCES, 5),
    ],
    "assignment.source_costs.least_differences": [
        (GRID, GRID, np.array([0, 2]), 2),
        (GRID, GRID, np.array([0, -1]), 2),
        (GRID[:, :1], GRID, np.array([0, 1]), 2),
    ],
    "color_transfer.pixel_statistics": [(TILES[:0],), (TILES[0, 0],), (TILES * 1.0,)],
    "color_transfer.transfer": [
        (GRID, GRID[0], GRID, GRID[0], strength, limit)
        for strength, limit in ((NAN, 9), (-0.1, 9), (1.1, 9), (0.5, -1), (0.5, NAN))
    ]
    + [
        (GRID, GRID[0], GRID[:1], GRID[0], 0.5, 9),
        (GRID, BOXES[0], GRID, BOXES[0], 1, 9),
    ],
    "grid.split_cells": [
        (FRAME, 0, 3),
        (FRAME, -2, 3),
        (FRAME, 3, 3),
        (FRAME[:0], 2, 3),
        (FRAME[0, 0], 2, 3),
        (FRAME, NAN, 3),
    ],
    "grid.check_grid": [(FRAME, 0, 3), (FRAME, 2, 4)],
    "grid.render": [*((TILES, grid) for grid in WRONG_GRIDS), (TILES[0, 0], GRID)],
    "grid.check_placement": [("placement", grid, 5) for grid in WRONG_GRIDS],
    "neighbors.find_neighbors": [
        (BOXES, -1),
        (BOXES, NAN),
        (BOXES * 0, 1),
        (BOXES[:, :3], 1),
        (BOXES.astype(float), 1),
        (BOXES, 10**12),
        # Far apart: a table of all positions would not fit into memory.
        (np.array([[0, 0, 1, 1], [2**29, 2**29, 1, 1]]), 1),
    ],
    "neighbors.check_boxes": [
        (BOXES * 0,),
        (BOXES[0],),
        (BOXES - [2**63 - 1, 0, 0, 0],),
        (BOXES * 2**40,),
    ],
    "perceptual.graph.build_graph": [
        (BOXES, (0, 3), 1, 1),
        (BOXES, (2, NAN), 1, 1),
        (BOXES, (2, 3), -1, 1),
        (BOXES, (2, 3), 1, -1),
        (BOXES * 0, (2, 3), 1, 1),
        (BOXES, (2**63, 3), 1, 1),
        (BOXES, (2, 3), 2**63, 1),
    ],
    "search.kernels.paired_distances": [
        (ROWS, ROWS, SOURCES + 1),
        (ROWS, ROWS, SOURCES - 1),
        (ROWS, ROWS, SOURCES[:4]),
        (ROWS[:, :5], ROWS, SOURCES),
        (ROWS, ROWS, SOURCES * 1.0),
    ],
    "strategies.matcher": [
        ("nearest", TILES),
        ("exact", TILES[:0]),
        ("exact", TILES[0, 0]),
        ("exact", TILES.astype(float)),
        ("exact", TILES, "cmyk"),
    ],
    "strategies.match_descriptors": [
        (TILES, "nearest", OPTIONS),
        (TILES[0, 0], "exact", OPTIONS),
    ],
    "strategies.describe_pair": [
        (TILES, TILES, "nearest", OPTIONS),
        (TILES, TILES[:0], "mean", OPTIONS),
        (TILES[0, 0], TILES, "mean", OPTIONS),
    ],
    "strategies.compares_bytes": [("nearest",)],
    "strategies.compares_pixels": [("nearest", TILES, OPTIONS)],
}
INTERNAL = {
    # Kernels, and functions that only the modules above call, with checked arguments.
    *(f"assignment.{name}" for name in ("auction", "frames", "greedy", "residual")),
    *(f"assignment.{name}" for name in ("shortest_paths", "solver", "spacing")),
    *(f"modes.{name}" for name in ("exact", "mean", "mean_2x2", "perceptual")),
    *(f"perceptual.{name}" for name in ("bound", "costs", "features", "moves")),
    *(f"perceptual.{name}" for name in ("objective", "place", "shortlist")),
    *(f"search.{name}" for name in ("blocks", "descriptor_kernels", "descriptors")),
    *(f"search.{name}" for name in ("index_file", "simd")),
}
KERNELS = {
    "assignment.assign.relative_gap",
    "assignment.cliques.find_cliques",
    *(
        f"assignment.problem.{name}"
        for name in (
            *("image_sad", "cost_matrix", "cost_row", "cost_of"),
            *("min_reduced_costs", "total_cost"),
        )
    ),
    "neighbors.is_near",
    *(
        f"search.kernels.{name}"
        for name in (
            *("block_bounds", "next_block", "coarse_candidates", "fine_distances"),
            *("keep_nearer", "nearest_tiles"),
        )
    ),
}
"""Functions of the other modules that take only checked arguments."""
TESTED_ELSEWHERE = {"histogram_matching"}
FUNCTIONS = public_functions(pigeonhole.matching, INTERNAL | TESTED_ELSEWHERE)


def test_every_public_function_is_in_the_table():
    assert INVALID.keys() | KERNELS == FUNCTIONS.keys()


@pytest.mark.parametrize("name", INVALID)
def test_invalid_arguments_are_rejected(name):
    for arguments in INVALID[name]:
        with pytest.raises(ValueError, match=" ") as caught:
            FUNCTIONS[name](*arguments)
        assert is_one_sentence(str(caught.value)), arguments


@pytest.mark.parametrize(
    "changed",
    [{"space": "cmyk"}, {"lowpass_weight": NAN}, {"structure_weight": 1.5}],
    ids=str,
)
def test_match_options_are_checked(changed):
    with pytest.raises(ValueError, match="must be"):
        MatchOptions(**changed)


@pytest.mark.parametrize(
    "changed", [{"max_uses": 0}, {"max_uses": NAN}, {"min_distance": -1}], ids=str
)
def test_limits_are_checked(changed):
    with pytest.raises(ValueError, match="must be"):
        RepetitionLimits(**changed)


def test_an_index_of_other_tiles_is_rejected():
    for other in (TILES[:4], TILES[:, :1], TILES[..., 0]):
        index = TileIndex(np.ascontiguousarray(other))
        with pytest.raises(ValueError, match="the index is of"):
            FUNCTIONS["strategies.matcher"]("exact", TILES, index=index)
        with pytest.raises(ValueError, match="the index is of"):
            LiveAssignment(TILES, LIMITS, index=index)


def test_live_assignments_check_their_arguments():
    for sources in (SOURCES - 1, SOURCES + 1, SOURCES[:4], SOURCES * 1.0):
        with pytest.raises(ValueError, match="must"):
            LiveAssignment(TILES, LIMITS, sources)
    live = LiveAssignment(TILES, LIMITS)
    for arguments in (
        *((FRAME, grid, 0.1) for grid in (*WRONG_GRIDS, GRID[:1])),
        (FRAME, GRID, NAN),
        (FRAME, GRID, 1.5),
        (FRAME[..., 0],),
        (FRAME[:3],),
        (FRAME * 1.0,),
    ):
        with pytest.raises(ValueError, match=" ") as caught:
            live.place(*arguments)
        assert is_one_sentence(str(caught.value))


def test_tile_pools_check_their_arguments():
    for sources in (SOURCES - 1, SOURCES[:4], SOURCES * 1.0):
        with pytest.raises(ValueError, match="must"):
            TilePool(TILES, sources, "rgb", mirror=False)
    pool, weights = TilePool(TILES, SOURCES, "rgb", mirror=False), LocalWeights()
    cells = pool.describe(TILES[:4])
    for call in (
        lambda: pool.describe(TILES[0, 0]),
        lambda: pool.candidates(cells, weights, 0),
        lambda: pool.candidates(cells, weights, 3, np.full(4, 5)),
        lambda: pool.candidates(cells, weights, 3, np.zeros(3, np.int64)),
        lambda: pool.placed(cells, np.full(4, 5), weights),
        lambda: pool.placed(cells, np.full(4, -1), weights),
        lambda: pool.placed(cells, np.zeros(3, np.int64), weights),
    ):
        with pytest.raises(ValueError, match="must"):
            call()


def test_the_perceptual_mode_checks_its_arguments(problem):
    place = pigeonhole.matching.perceptual.place
    weights, first = ObjectiveWeights(1, 1), np.zeros(4, np.int64)
    for call in (
        lambda: place.minimize(problem, first + 3, 5, 1),
        lambda: place.minimize(problem, first - 1, 5, 1),
        lambda: place.minimize(problem, first[:3], 5, 1),
        lambda: place.minimize(problem, first, 2, 1),
        lambda: place.minimize(problem, first, 5, NAN),
        lambda: new_problem(problem.candidates, BOXES[:3], (2, 3), 5, weights, LIMITS),
        lambda: new_problem(
            problem.candidates, BOXES, (2, 3), 5, ObjectiveWeights(NAN, 1), LIMITS
        ),
        lambda: new_problem(problem.candidates, BOXES, (2, 3), 0, weights, LIMITS),
    ):
        with pytest.raises(ValueError, match="must"):
            call()


def test_an_index_file_that_names_missing_tiles_is_rejected(tmp_path):
    index, path = TileIndex(TILES), tmp_path / "tiles.index"
    index.blocks.order[3] = 5
    index.save(path)
    with pytest.raises(
        pigeonhole.matching.search.index.UnreadableIndex, match="don't exist"
    ):
        TileIndex.load(path)
