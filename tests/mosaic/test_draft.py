"""Drafts: within the limits and edits, and nearly as good as the exact result."""

from types import SimpleNamespace

import numpy as np
import pytest
from mosaic_samples import sample_tile_set

from pigeonhole.matching.neighbors import find_neighbors
from pigeonhole.matching.perceptual.objective import new_state, objective
from pigeonhole.matching.perceptual.place import minimize
from pigeonhole.mosaic.compose import plan_mosaic, select_with_edits
from pigeonhole.mosaic.draft import draft_selection
from pigeonhole.mosaic.perceptual import list_candidates, perceptual_problem
from pigeonhole.mosaic.select import select_tiles
from pigeonhole.mosaic.tile_cache import TileCache
from pigeonhole.settings import MosaicOptions
from pigeonhole.tiles import TileSet


@pytest.fixture(scope="module")
def scene():
    """Return a smooth target of 6x6 cells, and 60 tiles of 8x8 of 30 sources."""
    random = np.random.default_rng(3)
    waves = np.sin(np.arange(48)[:, None, None] / [9, 7, 5])
    waves = waves + np.cos(np.arange(48)[None, :, None] / [6, 8, 11])
    target = np.clip(128 + 60 * waves, 0, 255).astype(np.uint8)
    tiles = []
    for _ in range(60):
        color, slope = random.integers(0, 256, 3), random.normal(0, 8, (2, 3))
        steps = np.arange(8) - 3.5
        tile = color + steps[:, None, None] * slope[0] + steps[:, None] * slope[1]
        tiles.append(np.clip(tile, 0, 255).astype(np.uint8))
    rows = sample_tile_set(np.array(tiles)).rows
    rows = [
        type(row)(**{**row_fields(row), "id": f"t{n}", "source_id": f"s{n // 2}"})
        for n, row in enumerate(rows)
    ]
    return SimpleNamespace(target=target, tiles=TileSet(np.array(tiles), rows))


def row_fields(row):
    """Return the fields of a row."""
    return {name: getattr(row, name) for name in type(row).__slots__}


def draft(scene, **options):
    """Return the plan, the options and the placement of a draft."""
    options = MosaicOptions(**options)
    cache = TileCache(scene.tiles)
    plan = plan_mosaic(scene.target, cache, options, None, draft=True)
    selection = select_with_edits(plan, options, draft_selection)
    return plan, options, selection.placement


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"mirror": False},
        {"structure_weight": 0.1, "color_transfer": 0},
        {"space": "lab", "lowpass_weight": 20},
    ],
)
def test_objective_of_drafts_is_near_that_of_the_exact_result(scene, changes):
    plan, options, placement = draft(scene, **changes)
    cells, count = plan.cells, plan.cells.source_count
    candidates = list_candidates(cells, options)
    problem = perceptual_problem(cells, options, candidates)
    exact = minimize(problem, candidates.costs.argmin(axis=1), count, np.inf)
    # Every source is a candidate, so sources are positions.
    chosen = new_state(problem, cells.sources[placement], count)
    assert objective(problem, chosen) <= 1.1 * objective(problem, exact)


@pytest.mark.parametrize(
    "limits",
    [
        {"max_uses": 2},
        {"max_uses": 4, "min_distance": 1},
        {"min_distance": 2},
        {"use_all": True},
    ],
)
@pytest.mark.parametrize("match", ["perceptual", "exact"])
def test_drafts_keep_the_limits(scene, match, limits):
    plan, _, placement = draft(scene, match=match, repetition=limits)
    sources = plan.cells.sources[placement]
    uses = np.bincount(sources, minlength=30)
    assert uses.max() <= limits.get("max_uses", 36)
    assert uses.min() >= limits.get("use_all", 0)
    near = find_neighbors(plan.cells.layout.boxes, limits.get("min_distance", 0))
    owners = np.repeat(np.arange(36), np.diff(near.starts))
    assert (sources[owners] != sources[near.cells]).all()


def test_drafts_apply_edits(scene):
    _, _, before = draft(scene)
    used = int(before[0] % 60)
    pin = {"row": 5, "column": 4, "tile": "t7" if used // 2 != 3 else "t9"}
    plan, _, placement = draft(scene, ban=[f"t{used}"], pin=[pin])
    assert not (plan.cells.sources[placement] == used // 2).any()
    assert placement[34] == int(pin["tile"][1:])


@pytest.mark.parametrize("match", ["exact", "mean", "mean-2x2"])
def test_other_modes_select_the_same_tiles(scene, match):
    plan, options, placement = draft(scene, match=match)
    assert np.array_equal(placement, select_tiles(plan.cells, options).placement)


@pytest.mark.parametrize("layout", ["brick", "quadtree"])
def test_drafts_fill_every_layout(scene, layout):
    plan, _, placement = draft(scene, layout=layout, levels=2)
    assert placement.shape == (len(plan.cells.layout),)
    assert 0 <= placement.min() <= placement.max() < 120
    assert plan.cells.layout.coverage().all()
