"""Lower bounds of the errors of any placement, whatever the rules on repetition.

The local error of a cell is at least that of the best tile, and its color part at least
that of the tile with the best color. The low-pass error is a convex quadratic function
of the differences of the mean colors. If every cell may mix its tiles, its minimum is a
lower bound, and any linearization of it is one of the minimum (Jaggi, "Revisiting
Frank-Wolfe: projection-free sparse convex optimization", ICML 2013).
"""

from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import Float64Array, Int64Array
from pigeonhole.core.jit import kernel, parallel_kernel, prange
from pigeonhole.matching.perceptual.costs import LocalWeights, shown_residual
from pigeonhole.matching.perceptual.features import Features
from pigeonhole.matching.perceptual.graph import Graph

MAX_BOUND_STEPS = 12
"""Maximum number of steps toward the minimum of the low-pass error."""
MAX_PAIRS = 400_000_000
"""Number of pairs of cells and tiles that all steps may compare, except the first."""

NEGLIGIBLE_ERROR = 0.25
"""Mean squared error, in levels squared, below which a bound is of no interest."""


class CellTiles(NamedTuple):
    """The cells of one size, their numbers in the graph, and the tiles they show."""

    numbers: Int64Array
    cells: Features
    tiles: Features


@kernel
def lowpass_errors(graph: Graph, residuals: Float64Array) -> Float64Array:
    """Return the low-pass error at the center of each cell, shape (m, channels)."""
    errors = np.zeros_like(residuals)
    for c in range(len(residuals)):
        for channel in range(residuals.shape[1]):
            residual = residuals[c, channel]
            errors[c, channel] += graph.own[c] * residual
            for i in range(graph.starts[c], graph.starts[c + 1]):
                errors[graph.cells[i], channel] += graph.lowpass[i] * residual
    return errors


@kernel
def lowpass_gradient(graph: Graph, errors: Float64Array) -> Float64Array:
    """Return half the gradient of the squared low-pass error, shape (m, channels)."""
    gradient = np.zeros_like(errors)
    for c in range(len(errors)):
        for channel in range(errors.shape[1]):
            total = graph.areas[c] * graph.own[c] * errors[c, channel]
            for i in range(graph.starts[c], graph.starts[c + 1]):
                other = graph.cells[i]
                share = graph.areas[other] * graph.lowpass[i]
                total += share * errors[other, channel]
            gradient[c, channel] = total
    return gradient


@parallel_kernel
def least_along(
    cells: Features,
    tiles: Features,
    weights: LocalWeights,
    slopes: Float64Array,
    residuals: Float64Array,
) -> None:
    """
    Find the difference of mean colors with the least product with a slope.

    Parameters
    ----------
    cells, tiles : Features
    weights : LocalWeights
    slopes : float64 array, shape (m, channels)
    residuals : float64 array, shape (m, channels)
        Filled with the differences that color transfer leaves, of the best tile.
    """
    for c in prange(len(slopes)):
        best = np.inf
        for t in range(len(tiles.stds)):
            rest = shown_residual(cells, c, tiles, t, weights)
            product = 0.0
            for channel in range(slopes.shape[1]):
                difference = tiles.means[t, channel] - cells.means[c, channel]
                product += slopes[c, channel] * rest * difference
            if product < best:
                best = product
                for channel in range(slopes.shape[1]):
                    difference = tiles.means[t, channel] - cells.means[c, channel]
                    residuals[c, channel] = rest * difference


def lowpass_bound(
    groups: list[CellTiles],
    graph: Graph,
    weights: LocalWeights,
    start: Float64Array,
) -> float:
    """
    Return a lower bound of the mean squared low-pass error at the centers of the cells.

    Parameters
    ----------
    groups : list of CellTiles
    graph : Graph
    weights : LocalWeights
    start : float64 array, shape (m, channels)
        Differences of the mean colors of a placement.
    """
    channels = start.shape[1]
    total = channels * float(graph.areas.sum())
    pairs = sum(len(g.cells.stds) * len(g.tiles.stds) for g in groups)
    residuals, bound = start, 0.0
    for _ in range(max(1, min(MAX_BOUND_STEPS, MAX_PAIRS // pairs))):
        errors = lowpass_errors(graph, residuals)
        value = float((graph.areas[:, None] * errors**2).sum())
        # The bound can't be above the value.
        if value < NEGLIGIBLE_ERROR * total:
            break
        gradient = lowpass_gradient(graph, errors)
        corners = np.empty_like(residuals)
        for group in groups:
            found = np.empty((len(group.numbers), channels))
            slopes = gradient[group.numbers]
            least_along(group.cells, group.tiles, weights, slopes, found)
            corners[group.numbers] = found
        direction = corners - residuals
        # The function is above its tangent, whose minimum is at a corner.
        slope = 2 * float((gradient * direction).sum())
        bound = max(bound, value + slope)
        ahead = lowpass_errors(graph, direction)
        curvature = float((graph.areas[:, None] * ahead**2).sum())
        if slope >= 0 or not curvature:
            break
        residuals = residuals + min(1.0, -slope / (2 * curvature)) * direction
    return float(bound / total)
