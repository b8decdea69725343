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
from pigeonhole.core.jit import inlined, parallel_kernel, prange
from pigeonhole.matching.color_transfer import CONTRAST_SHARE
from pigeonhole.matching.perceptual.features import FEATURE_STEP, Features

SSIM_C2 = (0.03 * 255) ** 2
"""Constant of SSIM; smaller variances are noise."""
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
    for c in prange(products.shape[0]):
        least_error = least_color = np.inf
        for source in range(starts.size - 1):
            best, chosen = np.inf, 0
            for t in range(starts[source], starts[source + 1]):
                product, number = np.float64(products[c, t]), t
                # More covariance means less cost, so one image is enough.
                if mirrored.size and mirrored[c, t] > products[c, t]:
                    product, number = np.float64(mirrored[c, t]), t + count
                errors = tile_errors(product, cells, c, tiles, t, weights)
                least_error = min(least_error, errors[1])
                least_color = min(least_color, errors[2])
                if errors[0] < best:
                    best, chosen = errors[0], number
            numbers[c, source], costs[c, source] = chosen, best
        minima[c, 0], minima[c, 1] = least_error, least_color


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
