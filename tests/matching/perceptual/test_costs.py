"""Features and local costs of the perceptual mode."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_samples import image_stacks

from pigeonhole.matching.color_transfer import pixel_statistics, transfer
from pigeonhole.matching.perceptual.candidates import TilePool
from pigeonhole.matching.perceptual.costs import LocalWeights
from pigeonhole.matching.perceptual.features import (
    MAX_VALUES,
    Features,
    compared_size,
)

WEIGHTS = st.builds(LocalWeights, st.floats(0, 1), st.floats(0, 1), st.floats(0.5, 100))


def all_errors(cells, tiles, weights):
    """Return the reference's errors of each tile in each cell, shape (m, n)."""
    pairs = [
        [
            reference.local_errors(*features, weights, *pixels)
            for features, pixels in zip(
                zip([cell] * len(tiles), reference.features(tiles), strict=True),
                zip([image] * len(tiles), tiles.astype(float), strict=True),
                strict=True,
            )
        ]
        for cell, image in zip(
            reference.features(cells), cells.astype(float), strict=True
        )
    ]
    return [np.array([[pair[k] for pair in row] for row in pairs]) for k in range(4)]


@settings(max_examples=60)
@given(image_stacks(), WEIGHTS, st.booleans(), st.data())
def test_costs_of_sources_equal_the_reference(stacks, weights, mirror, data):
    cells, tiles = stacks
    sources = np.array(data.draw(st.permutations(np.arange(len(tiles)) // 3)))
    pool = TilePool(tiles, sources, "rgb", mirror=mirror)
    variants = np.concatenate([tiles, tiles[:, :, ::-1]]) if mirror else tiles
    owners = np.tile(sources, 1 + mirror)
    costs, errors, colors, _ = all_errors(cells, variants, weights)
    for part, found in pool.costs(pool.describe(cells), weights):
        assert found.minima[:, 0] == pytest.approx(errors[part].min(axis=1), abs=1e-2)
        assert found.minima[:, 1] == pytest.approx(colors[part].min(axis=1), abs=1e-2)
        for source in range(pool.sources):
            own = np.where(owners == source, costs[part], np.inf)
            assert found.costs[:, source] == pytest.approx(own.min(axis=1), abs=1e-1)
            chosen = found.numbers[:, source]
            assert (owners[chosen] == source).all()
            rows = np.arange(len(chosen))
            assert own[rows, chosen] == pytest.approx(own.min(axis=1), abs=1e-1)


@settings(max_examples=30)
@given(image_stacks(), WEIGHTS, st.integers(1, 4))
def test_candidates_are_the_best_sources(stacks, weights, size):
    cells, tiles = stacks
    pool = TilePool(tiles, np.arange(len(tiles)), "rgb", mirror=False)
    ((_, every),) = pool.costs(pool.describe(cells), weights)
    required = np.zeros(len(cells), np.int64)
    found = pool.candidates(pool.describe(cells), weights, size, required)
    width = min(size, len(tiles))
    assert found.sources.shape == (len(cells), width)
    assert (np.diff(found.sources, axis=1) > 0).all()
    assert (found.sources == 0).any(axis=1).all()
    free = pool.candidates(pool.describe(cells), weights, size)
    assert np.array_equal(np.sort(free.costs), np.sort(every.costs)[:, :width])
    residuals = all_errors(cells, tiles, weights)[3]
    wanted = residuals[np.arange(len(cells))[:, None], free.numbers]
    assert free.residuals == pytest.approx(wanted, abs=1e-2)


@settings(max_examples=30)
@given(image_stacks(), st.floats(0, 1), st.floats(0.5, 100), st.data())
def test_errors_are_those_of_the_tiles_as_shown(stacks, strength, bound, data):
    cells, tiles = stacks
    numbers = st.integers(0, 2 * len(tiles) - 1)
    numbers = np.array([data.draw(numbers) for _ in cells])
    pool = TilePool(tiles, np.zeros(len(tiles), np.int64), "rgb", mirror=True)
    errors, residuals = pool.placed(
        pool.describe(cells), numbers, LocalWeights(0, strength, bound)
    )
    placed = np.concatenate([tiles, tiles[:, :, ::-1]])[numbers]
    statistics = (*pixel_statistics(placed), *pixel_statistics(cells))
    gains, offsets = transfer(*statistics, strength, bound)
    channels = offsets.shape[1]
    shown = placed.reshape(len(cells), -1, channels) * gains[:, None, None]
    shown += offsets[:, None]
    differences = shown - cells.reshape(len(cells), -1, channels)
    assert residuals == pytest.approx(differences.mean(axis=1), abs=1e-2)
    # Each feature is rounded to 2 levels, so that an error changes by 2 at most.
    exact = np.sqrt((differences**2).mean(axis=(1, 2)))
    assert np.sqrt(errors) == pytest.approx(exact, abs=2)


@given(st.integers(1, 400), st.integers(1, 400), st.sampled_from([1, 3]))
def test_products_of_features_are_exact_in_float32(height, width, channels):
    rows, columns = compared_size(height, width, channels)
    assert 1 <= rows <= height
    assert 1 <= columns <= width
    assert rows * columns * channels <= MAX_VALUES
    if height * width * channels <= MAX_VALUES:
        assert (rows, columns) == (height, width)


def test_features_are_small_whole_numbers():
    rng = np.random.default_rng(1)
    images = rng.choice([0, 255], (20, 40, 30, 3)).astype(np.uint8)
    values = Features.of(images).values
    assert values.shape[1] <= MAX_VALUES
    assert np.array_equal(values, np.rint(values))
    assert np.abs(values).max() <= 128
    assert MAX_VALUES * 128**2 <= 2**24
    exact = values.astype(np.int64) @ values.astype(np.int64).T
    assert np.array_equal(values @ values.T, exact)
