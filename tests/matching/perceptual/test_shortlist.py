"""The quick search for sources: its costs, its lists and its choice within limits."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from pigeonhole.matching.assignment.limits import RepetitionLimits
from pigeonhole.matching.perceptual.candidates import TilePool
from pigeonhole.matching.perceptual.costs import LocalWeights
from pigeonhole.matching.perceptual.features import mirrored
from pigeonhole.matching.perceptual.moves import choose_in_order
from pigeonhole.matching.perceptual.place import ObjectiveWeights, new_problem
from pigeonhole.matching.perceptual.shortlist import (
    COMPONENTS,
    SYMMETRIC,
    Layers,
    principal_components,
)

WEIGHTS = st.builds(LocalWeights, st.floats(0, 1), st.floats(0, 1), st.floats(0.5, 100))
SEEDS = st.integers(0, 2**32 - 1)


def random_images(seed, cells=10, tiles=24, shape=(4, 3)):
    """Return gray images so small that the components are complete."""
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (cells + tiles, *shape), np.uint8)
    return images[:cells], images[cells:], random.integers(0, 7, tiles)


def test_components_are_orthonormal_and_symmetric_or_antisymmetric():
    random = np.random.default_rng(0)
    values = random.normal(size=(200, 8 * 6 * 3)).astype(np.float32)
    basis = principal_components(values, 8, 6)
    assert basis.shape == (values.shape[1], COMPONENTS)
    assert basis.T @ basis == pytest.approx(np.eye(COMPONENTS), abs=1e-5)
    turned = mirrored(np.ascontiguousarray(basis.T), 6, 3).T
    signs = np.where(np.arange(COMPONENTS) < SYMMETRIC, 1, -1)
    assert turned == pytest.approx(basis * signs, abs=1e-5)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=9).filter(any))
def test_layers_hold_each_variant_once(counts):
    starts = np.concatenate([[0], np.cumsum(counts)])
    layers = Layers.of(starts)
    for v in range(len(layers.starts) - 1):
        tiles = layers.tiles[layers.starts[v] : layers.starts[v + 1]]
        assert np.array_equal(tiles, starts[layers.sources[: len(tiles)]] + v)
    assert sorted(layers.tiles) == list(range(sum(counts)))


@settings(max_examples=40)
@given(SEEDS, WEIGHTS, st.booleans())
def test_complete_components_give_the_exact_costs(seed, weights, mirror):
    cells, tiles, sources = random_images(seed)
    pool = TilePool(tiles, sources, "gray", mirror=mirror)
    described = pool.describe(cells)
    ((_, exact),) = pool.costs(described, weights)
    found = pool.approximate_costs(described, weights)
    assert found == pytest.approx(exact.costs, rel=1e-3, abs=0.5)


@settings(max_examples=40)
@given(SEEDS, WEIGHTS, st.booleans(), st.integers(1, 5))
def test_shortlists_have_exact_costs_and_the_best_sources(seed, weights, mirror, size):
    cells, tiles, sources = random_images(seed)
    pool = TilePool(tiles, sources, "gray", mirror=mirror)
    described = pool.describe(cells)
    required = np.full(len(cells), sources[0])
    found = pool.shortlist(described, weights, size, required)
    assert (np.diff(found.sources, axis=1) > 0).all()
    assert (found.sources == sources[0]).any(axis=1).all()
    assert np.array_equal(sources[found.numbers % len(tiles)], found.sources)
    ((_, every),) = pool.costs(described, weights)
    free = pool.shortlist(described, weights, size)
    best = np.take_along_axis(every.costs, free.sources.astype(np.int64), 1)
    assert free.costs == pytest.approx(best, rel=1e-3, abs=0.5)
    least = np.sort(every.costs)[:, : free.costs.shape[1]]
    assert np.sort(free.costs) == pytest.approx(least, rel=1e-3, abs=0.5)
    exact = pool.candidates(described, weights, pool.sources)
    for c, row in enumerate(free.sources):
        for k, source in enumerate(row):
            if free.numbers[c, k] == exact.numbers[c, source]:
                assert free.costs[c, k] == pytest.approx(exact.costs[c, source])
                assert np.array_equal(free.residuals[c, k], exact.residuals[c, source])


@settings(max_examples=30)
@given(SEEDS, st.integers(1, 4), st.integers(0, 2))
def test_choices_in_order_equal_the_reference(seed, max_uses, distance):
    cells, tiles, sources = random_images(seed, cells=12)
    pool = TilePool(tiles, sources, "gray", mirror=False)
    weights = LocalWeights()
    candidates = pool.shortlist(pool.describe(cells), weights, 4)
    boxes = np.array([[r, c, 1, 1] for r in range(3) for c in range(4)])
    problem = new_problem(
        candidates,
        boxes,
        (1, 1),
        pool.sources,
        ObjectiveWeights(1, 1),
        RepetitionLimits(max_uses, distance),
    )
    order = np.random.default_rng(seed).permutation(12)
    chosen = np.empty(12, np.int64)
    choose_in_order(problem, order, pool.sources, chosen)
    wanted = reference.choose_in_order(
        candidates.sources, candidates.costs, boxes, order, max_uses, distance
    )
    assert np.array_equal(chosen, wanted)
