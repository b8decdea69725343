"""Find the best sources of each cell quickly, by a few principal components of tiles.

The dot product of two images is approximated by that of their projections onto the
principal components of the tiles. All else in the local cost is as in
`pigeonhole.matching.perceptual.costs`, in single precision.
"""

from functools import cached_property
from typing import NamedTuple, Self

import numpy as np

from pigeonhole.core.arrays import (
    Float32Array,
    Float64Array,
    Int32Array,
    Int64Array,
)
from pigeonhole.core.jit import inlined, kernel, parallel_kernel, prange
from pigeonhole.matching.color_transfer import CONTRAST_SHARE
from pigeonhole.matching.perceptual.costs import (
    CHUNK_TILES,
    SSIM_C2,
    STRUCTURE_ERROR,
    LocalWeights,
    shown_residual,
    tile_errors,
)
from pigeonhole.matching.perceptual.features import FEATURE_STEP, Features

SYMMETRIC, ANTISYMMETRIC = 12, 4
"""Number of components that are their own mirror image, and of those that mirroring
turns into their opposite; multiples of `UNROLLED`."""
COMPONENTS = SYMMETRIC + ANTISYMMETRIC
UNROLLED = 4
FREQUENCIES = 6
"""Number of frequencies in each direction of which components consist."""
SAMPLED_TILES = 6000
"""Maximum number of tiles from which the principal components are computed."""
BLOCK_CELLS = 8
"""Number of cells that are compared with tiles while these are in the cache."""


class Sketch(NamedTuple):
    """
    Features of n images, projected onto a few components.

    Attributes
    ----------
    values : float32 array, shape (components, n)
    variances, stds : float32 arrays, shape (n,)
        See `Features`.
    means, labs : float32 arrays, shape (3, n)
        See `Features`; zero where there are fewer channels.
    """

    values: Float32Array
    variances: Float32Array
    stds: Float32Array
    means: Float32Array
    labs: Float32Array

    @classmethod
    def of(cls, features: Features, basis: Float32Array) -> Self:
        """Return the sketch of images; `basis` has the shape (size, components)."""
        return cls(
            np.ascontiguousarray((features.values @ basis).T),
            features.variances.astype(np.float32),
            features.stds.astype(np.float32),
            _three_rows(features.means),
            _three_rows(features.labs),
        )


def principal_components(values: Float32Array, height: int, width: int) -> Float32Array:
    """
    Return principal components of images and their mirror images, at low frequencies.

    The covariance of such a set is the same after mirroring, so its components are
    symmetric or antisymmetric. Beyond the lowest frequencies of a cosine transform,
    they would gain little.

    Parameters
    ----------
    values : float32 array, shape (n, height * width * channels)
        Features of the images.
    height, width : int
        Size of the images.

    Returns
    -------
    float32 array, shape (height * width * channels, SYMMETRIC + ANTISYMMETRIC)
    """
    sample = values[:: -(-len(values) // SAMPLED_TILES)]
    channels = values.shape[1] // (height * width)
    down, right = _cosines(height), _cosines(width)
    parts = []
    for first, count in ((0, SYMMETRIC), (1, ANTISYMMETRIC)):
        # Every second cosine is its own mirror image.
        waves = np.kron(np.kron(down, right[first::2]), np.eye(channels)).T
        waves = waves.astype(np.float32)
        coefficients = sample @ waves
        _, vectors = np.linalg.eigh((coefficients.T @ coefficients).astype(np.float64))
        best = waves @ vectors[:, ::-1][:, :count].astype(np.float32)
        parts.append(np.pad(best, [(0, 0), (0, count - best.shape[1])]))
    return np.hstack(parts)


def _cosines(size: int) -> Float64Array:
    """Return the lowest frequencies of the cosine transform, one in each row."""
    frequencies = np.arange(min(FREQUENCIES, size))[:, None]
    waves = np.cos(np.pi * (np.arange(size) + 0.5) * frequencies / size)
    return np.asarray(waves / np.linalg.norm(waves, axis=1, keepdims=True), np.float64)


def _three_rows(colors: Float64Array) -> Float32Array:
    rows = np.zeros((3, len(colors)), np.float32)
    rows[: colors.shape[1]] = colors.T
    return rows


class Layers(NamedTuple):
    """
    An order of tiles in which the same variant of many sources is adjacent.

    Sources with the most variants are first, so that layer *v* holds the variants *v*
    of the first sources.

    Attributes
    ----------
    sources : int64 array, shape (sources,)
        The source at each place.
    starts : int64 array, shape (layers + 1,)
        First tile of each layer.
    tiles : int64 array, shape (n,)
        The tile at each place.
    """

    sources: Int64Array
    starts: Int64Array
    tiles: Int64Array

    @classmethod
    def of(cls, starts: Int64Array) -> Self:
        """Return the layers of tiles; `starts` has the first tile of each source."""
        counts = np.diff(starts)
        sources = np.argsort(-counts, kind="stable")
        sizes = [np.count_nonzero(counts > v) for v in range(int(counts.max()))]
        tiles = [starts[sources[:size]] + v for v, size in enumerate(sizes)]
        bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        return cls(sources, bounds, np.concatenate(tiles))

    def first(self, count: int) -> Self:
        """Return the first layers, which have at most about `count` tiles."""
        layers = int(np.searchsorted(self.starts, count, side="right")) - 1
        return self._replace(starts=self.starts[: max(1, layers) + 1])


class TileSketch:
    """
    Tiles whose best sources in cells can be found quickly.

    Parameters
    ----------
    features : Features
        The tiles of each source are adjacent.
    starts : int64 array, shape (sources + 1,)
        First tile of each source.
    size : (height, width)
        Size at which images are compared.
    """

    def __init__(
        self, features: Features, starts: Int64Array, size: tuple[int, int]
    ) -> None:
        self._features = features
        self._size = size
        self._starts = starts

    @cached_property
    def basis(self) -> Float32Array:
        """Components onto which cells and tiles are projected."""
        return principal_components(self._features.values, *self._size)

    @cached_property
    def layers(self) -> Layers:
        """Order of the tiles in `tiles`."""
        return Layers.of(self._starts)

    @cached_property
    def tiles(self) -> Sketch:
        """The sketch of the tiles, in layers."""
        sketch = Sketch.of(self._features, self.basis)
        arrays = (array[..., self.layers.tiles] for array in sketch)
        return Sketch(*map(np.ascontiguousarray, arrays))


@parallel_kernel
def search_sources(
    cells: Sketch,
    tiles: Sketch,
    layers: Layers,
    facts: tuple[int, int, bool],
    weights: LocalWeights,
    required: Int64Array,
    sources: Int32Array,
    variants: Int32Array,
    all_costs: Float32Array,
) -> None:
    """
    Find the sources with the least approximate cost in each cell.

    Parameters
    ----------
    cells, tiles : Sketch
        The tiles are in layers.
    layers : Layers
    facts : (size, channels, mirror)
        Number of values and of channels of the images, and whether the mirror images of
        the tiles can be used, too.
    weights : LocalWeights
    required : int64 array, shape (m,) or (0,)
        Sources that must be found.
    sources, variants : int32 arrays, shape (m, size)
        Filled with the sources, ascending, and twice the number of their best variant,
        plus 1 if it is mirrored.
    all_costs : float32 array, shape (m, sources) or (0, 0)
        Filled with the costs of all sources.
    """
    m, count = sources.shape[0], layers.sources.size
    for block in prange((m + BLOCK_CELLS - 1) // BLOCK_CELLS):
        first = block * BLOCK_CELLS
        last = min(first + BLOCK_CELLS, m)
        least = np.full((BLOCK_CELLS, count), np.inf, np.float32)
        best = np.zeros((BLOCK_CELLS, count), np.int32)
        costs = np.empty(CHUNK_TILES, np.float32)
        turned = np.empty(CHUNK_TILES, np.float32)
        for chunk in range(0, count, CHUNK_TILES):
            for v in range(layers.starts.size - 1):
                start = layers.starts[v] + chunk
                end = min(start + CHUNK_TILES, layers.starts[v + 1])
                # All further layers are even shorter.
                if start >= end:
                    break
                size = end - start
                places = slice(chunk, chunk + size)
                for c in range(first, last):
                    _compare(
                        *(cells, c, tiles, start, facts, weights, v),
                        *(costs[:size], turned[:size]),
                        *(least[c - first, places], best[c - first, places]),
                    )
        ordered, of_sources = np.empty(count, np.float32), np.empty(count, np.int32)
        for c in range(first, last):
            for place in range(count):
                ordered[layers.sources[place]] = least[c - first, place]
                of_sources[layers.sources[place]] = best[c - first, place]
            if all_costs.size:
                all_costs[c] = ordered
            if required.size:
                ordered[required[c]] = -np.inf
            _take_least(ordered, of_sources, sources[c], variants[c])


@inlined
def _compare(
    cells: Sketch,
    c: int,
    tiles: Sketch,
    start: int,
    facts: tuple[int, int, bool],
    weights: LocalWeights,
    v: int,
    costs: Float32Array,
    turned: Float32Array,
    least: Float32Array,
    best: Int32Array,
) -> None:
    """Compare one cell with a variant of adjacent sources, and keep what is better."""
    size, channels, mirror = facts
    # Step 1: products with the tiles, or with their mirror images.
    _project(cells, c, tiles, 0, SYMMETRIC, start, costs)
    _project(cells, c, tiles, SYMMETRIC, COMPONENTS, start, turned)
    for i in range(costs.size):
        costs[i] += abs(turned[i]) if mirror else turned[i]
    # Step 2: costs.
    _costs(cells, c, tiles, start, size, channels, weights, costs)
    # Step 3: the best variant of each source.
    for i in range(costs.size):
        variant = np.int32(2 * v + (mirror and turned[i] < 0))
        best[i] = variant if costs[i] < least[i] else best[i]
        least[i] = min(costs[i], least[i])


@inlined
def _project(
    cells: Sketch,
    c: int,
    tiles: Sketch,
    first: int,
    last: int,
    start: int,
    products: Float32Array,
) -> None:
    """Compute the products of one cell and some tiles, from some components."""
    cell, rows = cells.values[:, c], tiles.values
    end = start + products.size
    for i in range(products.size):
        products[i] = np.float32(0)
    for d in range(first, last, UNROLLED):
        a, b, e, f = cell[d], cell[d + 1], cell[d + 2], cell[d + 3]
        row_a, row_b = rows[d, start:end], rows[d + 1, start:end]
        row_e, row_f = rows[d + 2, start:end], rows[d + 3, start:end]
        for i in range(products.size):
            products[i] += (a * row_a[i] + b * row_b[i]) + (e * row_e[i] + f * row_f[i])


@inlined
def _costs(
    cells: Sketch,
    c: int,
    tiles: Sketch,
    start: int,
    size: int,
    channels: int,
    weights: LocalWeights,
    costs: Float32Array,
) -> None:
    """Replace products by local costs; see `costs.tile_errors`."""
    end = start + costs.size
    one, zero = np.float32(1), np.float32(0)
    unit = np.float32(2 * FEATURE_STEP * FEATURE_STEP / size)
    lowering = np.float32(CONTRAST_SHARE * weights.color_transfer)
    strength = np.float32(weights.color_transfer)
    bound = np.float32(weights.max_color_transfer)
    c2 = np.float32(SSIM_C2)
    color_share = np.float32(1 / channels)
    error_share = np.float32(1 - weights.structure)
    structure_share = np.float32(weights.structure * STRUCTURE_ERROR * STRUCTURE_ERROR)
    std, variance = cells.stds[c], cells.variances[c]
    mean_0, mean_1, mean_2 = cells.means[0, c], cells.means[1, c], cells.means[2, c]
    lab_0, lab_1, lab_2 = cells.labs[0, c], cells.labs[1, c], cells.labs[2, c]
    stds, variances = tiles.stds[start:end], tiles.variances[start:end]
    means_0, means_1 = tiles.means[0, start:end], tiles.means[1, start:end]
    means_2, labs_0 = tiles.means[2, start:end], tiles.labs[0, start:end]
    labs_1, labs_2 = tiles.labs[1, start:end], tiles.labs[2, start:end]
    tiny = np.float32(1e-6)
    for i in range(costs.size):
        gain = one - lowering * max(zero, one - np.divide(std, max(stds[i], tiny)))
        common = unit * gain * costs[i]
        both = variance + gain * gain * variances[i]
        d_0, d_1, d_2 = labs_0[i] - lab_0, labs_1[i] - lab_1, labs_2[i] - lab_2
        distance = np.sqrt(d_0 * d_0 + d_1 * d_1 + d_2 * d_2)
        rest = one - min(strength, np.divide(bound, max(distance, tiny)))
        e_0, e_1, e_2 = means_0[i] - mean_0, means_1[i] - mean_1, means_2[i] - mean_2
        color = (e_0 * e_0 + e_1 * e_1 + e_2 * e_2) * rest * rest * color_share
        structure = one - np.divide(common + c2, both + c2)
        costs[i] = error_share * (both - common + color) + structure_share * structure


@kernel
def _take_least(
    costs: Float32Array, best: Int32Array, sources: Int32Array, variants: Int32Array
) -> None:
    """Fill in the sources with the least costs, ascending, and their best variants."""
    size = sources.size
    # A heap of the least costs so far, the largest at its root.
    heap = np.full(size, np.inf, np.float32)
    for cost in costs:
        if cost >= heap[0]:
            continue
        k = 0
        while 2 * k + 1 < size:
            child = 2 * k + 1
            if child + 1 < size and heap[child + 1] > heap[child]:
                child += 1
            if heap[child] <= cost:
                break
            heap[k] = heap[child]
            k = child
        heap[k] = cost
    below = 0
    for cost in costs:
        below += cost < heap[0]
    # Ties go to the first sources.
    ties, k = size - below, 0
    for source in range(costs.size):
        if costs[source] < heap[0] or (ties > 0 and costs[source] == heap[0]):
            ties -= costs[source] == heap[0]
            sources[k], variants[k] = source, best[source]
            k += 1


@parallel_kernel
def candidate_costs(
    cells: Features,
    width: int,
    tiles: Features,
    numbers: Int32Array,
    weights: LocalWeights,
    costs: Float32Array,
    residuals: Float32Array,
) -> None:
    """
    Compute the local costs of candidates.

    Parameters
    ----------
    cells : Features
    width : int
        Width at which images are compared.
    tiles : Features
    numbers : int32 array, shape (m, candidates)
        Tiles; numbers from the number of tiles on are mirror images.
    weights : LocalWeights
    costs, residuals : float32 arrays, shapes (m, candidates[, channels])
        Filled; see `Candidates`.
    """
    count, channels = len(tiles.stds), residuals.shape[2]
    for c in prange(numbers.shape[0]):
        turned = np.empty(cells.values.shape[1], np.float32)
        for row in range(0, turned.size, width * channels):
            for i in range(width * channels):
                x, channel = divmod(i, channels)
                mirrored = row + (width - 1 - x) * channels + channel
                turned[row + i] = cells.values[c, mirrored]
        for k in range(numbers.shape[1]):
            t = numbers[c, k]
            values = cells.values[c]
            if t >= count:
                t -= count
                values = turned
            # Features are whole numbers, and sums of integers are vectorized.
            product, others = np.int32(0), tiles.values[t]
            for i in range(values.size):
                product += np.int32(values[i]) * np.int32(others[i])
            costs[c, k] = tile_errors(float(product), cells, c, tiles, t, weights)[0]
            rest = shown_residual(cells, c, tiles, t, weights)
            for channel in range(channels):
                difference = tiles.means[t, channel] - cells.means[c, channel]
                residuals[c, k, channel] = rest * difference
