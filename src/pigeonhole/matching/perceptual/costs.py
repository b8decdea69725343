"""Kernels of the local cost: the error of a tile in a cell, as it will be shown.

After the color transfer of `pigeonhole.matching.color_transfer`, a tile's pixels are
``gain * (pixel - mean) + mean + share * (cell mean - mean)``. With the covariance *k*
of cell and tile, their variances *v_c* and *v_t*, and the remaining difference *r* of
the means, the mean squared error is::

    error = v_c + gain**2 * v_t - 2 * gain * k + |r|**2 / channels

The structure term is ``1 - (2 * gain * k + C2) / (v_c + gain**2 * v_t + C2)``: that of
SSIM for the whole cell (Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment",
IEEE Transactions on Image Processing 13 (4), 2004). The local cost is the weighted sum
of the two, in levels squared.
"""

import math
from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import Float32Array, Float64Array, Int32Array, Int64Array
from pigeonhole.core.jit import inlined, kernel, parallel_kernel, prange
from pigeonhole.matching.color_transfer import CONTRAST_SHARE
from pigeonhole.matching.perceptual.features import FEATURE_STEP, Features

SSIM_C2 = (0.03 * 255) ** 2
"""Constant of SSIM; smaller variances are noise."""
CHUNK_TILES = 512
"""Number of tiles that are compared at a time; they should fit into the cache."""
STRUCTURE_ERROR = 40.0
"""Error, in levels, that counts as much as a complete lack of common structure."""


class LocalWeights(NamedTuple):
    """Weights of the local cost and of the color transfer."""

    structure: float = 0.0
    """Share of the cost that compares structure, 0 to 1."""
    color_transfer: float = 0.0
    """See `pigeonhole.matching.color_transfer.transfer`."""
    max_color_transfer: float = 0.0


@inlined
def shown_residual(
    cells: Features, c: int, tiles: Features, t: int, weights: LocalWeights
) -> float:
    """Return the share of the difference of the means that color transfer leaves."""
    squares = 0.0
    for channel in range(cells.labs.shape[1]):
        squares += (cells.labs[c, channel] - tiles.labs[t, channel]) ** 2
    distance = math.sqrt(squares)
    if distance * weights.color_transfer > weights.max_color_transfer:
        return 1 - weights.max_color_transfer / distance
    return 1 - weights.color_transfer


@inlined
def tile_errors(
    product: float,
    cells: Features,
    c: int,
    tiles: Features,
    t: int,
    weights: LocalWeights,
) -> tuple[float, float, float]:
    """
    Return the cost, the mean squared error and its color part for a tile in a cell.

    `product` is the dot product of their features.
    """
    gain = 1.0
    if tiles.stds[t] > cells.stds[c]:
        excess = 1 - cells.stds[c] / tiles.stds[t]
        gain -= CONTRAST_SHARE * weights.color_transfer * excess
    covariance = FEATURE_STEP * FEATURE_STEP * product / cells.values.shape[1]
    variances = cells.variances[c] + gain * gain * tiles.variances[t]
    common = 2 * gain * covariance
    rest = shown_residual(cells, c, tiles, t, weights)
    color = 0.0
    channels = cells.means.shape[1]
    for channel in range(channels):
        color += (tiles.means[t, channel] - cells.means[c, channel]) ** 2
    color *= rest * rest / channels
    error = variances - common + color
    structure = 1 - (common + SSIM_C2) / (variances + SSIM_C2)
    scale = weights.structure * STRUCTURE_ERROR * STRUCTURE_ERROR
    return (1 - weights.structure) * error + scale * structure, error, color


@parallel_kernel
def best_variants(
    products: Float32Array,
    mirrored: Float32Array,
    cells: Features,
    tiles: Features,
    starts: Int64Array,
    weights: LocalWeights,
    numbers: Int32Array,
    costs: Float32Array,
    minima: Float64Array,
) -> None:
    """
    Find the variant with the least local cost of each source in each cell.

    Parameters
    ----------
    products : float32 array, shape (m, n)
        Dot products of the features of cells and tiles.
    mirrored : float32 array, shape (m, n) or (0, 0)
        The same with mirrored tiles, which follow the n tiles in the numbering.
    cells, tiles : Features
        The tiles of each source are adjacent.
    starts : int64 array, shape (sources + 1,)
        First tile of each source.
    weights : LocalWeights
    numbers, costs : int32 and float32 arrays, shape (m, sources)
        Filled. Ties go to the first tile, and to the one that isn't mirrored.
    minima : float64 array, shape (m, 2)
        Filled with the least mean squared error of any tile, and its least color part.
    """
    count = len(tiles.stds)
    # The values of adjacent tiles are adjacent, so that loops are vectorized.
    colors = _color_rows(tiles)
    for c in prange(products.shape[0]):
        least_error = least_color = best = np.inf
        found = np.empty((3, CHUNK_TILES))
        chosen = start = end = 0
        for source in range(starts.size - 1):
            best, chosen = np.inf, 0
            for t in range(starts[source], starts[source + 1]):
                if t == end:
                    # The next tiles, which may be of several sources.
                    start, end = t, min(t + CHUNK_TILES, count)
                    _larger(products, mirrored, c, start, end, found[0])
                    _chunk_errors(cells, c, tiles, colors, start, end, weights, found)
                least_error = min(least_error, found[1, t - start])
                least_color = min(least_color, found[2, t - start])
                if found[0, t - start] < best:
                    best, chosen = found[0, t - start], t
            number = chosen
            if mirrored.size and mirrored[c, chosen] > products[c, chosen]:
                number += count if best < np.inf else 0
            numbers[c, source], costs[c, source] = number, best
        minima[c, 0], minima[c, 1] = least_error, least_color


@kernel
def _color_rows(tiles: Features) -> Float64Array:
    """Return means and CIELAB colors of tiles, shape (6, n), zero if they are gray."""
    rows = np.zeros((6, len(tiles.stds)))
    for channel in range(tiles.means.shape[1]):
        rows[channel] = tiles.means[:, channel]
    for channel in range(tiles.labs.shape[1]):
        rows[3 + channel] = tiles.labs[:, channel]
    return rows


@inlined
def _larger(
    products: Float32Array,
    mirrored: Float32Array,
    c: int,
    start: int,
    end: int,
    larger: Float64Array,
) -> None:
    """Fill in products: more covariance means less cost, so one image is enough."""
    for i in range(end - start):
        larger[i] = products[c, start + i]
        if mirrored.size:
            larger[i] = max(products[c, start + i], mirrored[c, start + i])


@inlined
def _chunk_errors(
    cells: Features,
    c: int,
    tiles: Features,
    colors: Float64Array,
    start: int,
    end: int,
    weights: LocalWeights,
    found: Float64Array,
) -> None:
    """
    Replace products in `found[0]` by the results of `tile_errors` for adjacent tiles.

    The results are the same, bit by bit. NumPy's division can't raise an exception,
    which would keep the loop from being vectorized.
    """
    channels, size = cells.means.shape[1], float(cells.values.shape[1])
    cell_means, cell_labs = np.zeros(3), np.zeros(3)
    cell_means[:channels] = cells.means[c]
    cell_labs[: cells.labs.shape[1]] = cells.labs[c]
    mean_0, mean_1, mean_2 = cell_means[0], cell_means[1], cell_means[2]
    lab_0, lab_1, lab_2 = cell_labs[0], cell_labs[1], cell_labs[2]
    std, variance = cells.stds[c], cells.variances[c]
    lowering = CONTRAST_SHARE * weights.color_transfer
    strength, bound = weights.color_transfer, weights.max_color_transfer
    scale = weights.structure * STRUCTURE_ERROR * STRUCTURE_ERROR
    error_share = 1 - weights.structure
    stds, tile_variances = tiles.stds[start:end], tiles.variances[start:end]
    means_0, means_1, means_2 = (
        colors[0, start:end],
        colors[1, start:end],
        colors[2, start:end],
    )
    labs_0, labs_1, labs_2 = (
        colors[3, start:end],
        colors[4, start:end],
        colors[5, start:end],
    )
    costs, errors, color_parts = found[0], found[1], found[2]
    for i in range(end - start):
        higher = stds[i] if stds[i] > std else 1.0
        excess = 1 - np.divide(std, higher)
        gain = 1.0 - lowering * excess if stds[i] > std else 1.0
        covariance = np.divide(FEATURE_STEP * FEATURE_STEP * costs[i], size)
        variances = variance + gain * gain * tile_variances[i]
        common = 2 * gain * covariance
        distance = math.sqrt(
            (lab_0 - labs_0[i]) ** 2
            + (lab_1 - labs_1[i]) ** 2
            + (lab_2 - labs_2[i]) ** 2
        )
        is_far = distance * strength > bound
        far = 1 - np.divide(bound, distance if is_far else 1.0)
        rest = far if is_far else 1 - strength
        color = (
            (means_0[i] - mean_0) ** 2
            + (means_1[i] - mean_1) ** 2
            + (means_2[i] - mean_2) ** 2
        )
        color *= np.divide(rest * rest, float(channels))
        error = variances - common + color
        structure = 1 - np.divide(common + SSIM_C2, variances + SSIM_C2)
        costs[i] = error_share * error + scale * structure
        errors[i], color_parts[i] = error, color


@parallel_kernel
def shown_residuals(
    cells: Features,
    tiles: Features,
    numbers: Int64Array,
    weights: LocalWeights,
    residuals: Float32Array,
) -> None:
    """Fill in the differences of the means that remain, shape (m, size, channels)."""
    for c in prange(numbers.shape[0]):
        for k in range(numbers.shape[1]):
            t = numbers[c, k]
            rest = shown_residual(cells, c, tiles, t, weights)
            for channel in range(residuals.shape[2]):
                difference = tiles.means[t, channel] - cells.means[c, channel]
                residuals[c, k, channel] = rest * difference


@parallel_kernel
def placed_errors(
    products: Float64Array,
    cells: Features,
    tiles: Features,
    numbers: Int64Array,
    weights: LocalWeights,
    errors: Float64Array,
) -> None:
    """
    Fill in the mean squared errors of the tiles placed in cells, shape (m,).

    `products`, shape (m,), are the dot products of the features of cells and tiles.
    """
    for c in prange(numbers.size):
        found = tile_errors(products[c], cells, c, tiles, numbers[c], weights)
        errors[c] = found[1]
