"""Compare a mosaic with the best that any mosaic of its photos could be."""

import math

import numpy as np

from pigeonhole.matching.perceptual.bound import (
    CellTiles,
    lowpass_bound,
    lowpass_errors,
)
from pigeonhole.matching.perceptual.graph import build_graph
from pigeonhole.mosaic.advice import PoolBound
from pigeonhole.mosaic.cells import CellGroups
from pigeonhole.mosaic.compose import Mosaic
from pigeonhole.mosaic.perceptual import local_weights, pools


def pool_bound(mosaic: Mosaic) -> PoolBound:
    """
    Return the errors of a mosaic and their lower bounds for any rules on repetition.

    Errors are those of the features by which the perceptual mode compares images, after
    color transfer, without clipping.
    """
    layout, options = mosaic.layout, mosaic.options
    tiles, placement = mosaic.tile_set, mosaic.placement.ravel()
    cells = CellGroups(mosaic.frame, tiles.tiles, layout, tiles.sources)
    weights, graph = (
        local_weights(options),
        build_graph(layout.boxes, tiles.tiles.shape[1:3], 0, 0),
    )
    errors, minima = np.zeros(len(layout)), np.zeros((len(layout), 2))
    residuals, groups = None, []
    for group, pool in pools(cells, options):
        numbers = group.numbers
        described = pool.describe(group.cells)
        placed = pool.placed(described, placement[numbers], weights)
        if residuals is None:
            residuals = np.zeros((len(layout), placed[1].shape[1]))
        errors[numbers], residuals[numbers] = placed
        for part, costs in pool.costs(described, weights):
            minima[numbers[part]] = costs.minima
        groups.append(CellTiles(numbers, described, pool.features))
    assert residuals is not None
    areas = graph.areas / graph.areas.sum()
    actual, least, colors = (
        math.sqrt(float((areas * squares).sum()))
        for squares in (errors, minima[:, 0], minima[:, 1])
    )
    shown = lowpass_errors(graph, residuals)
    return PoolBound(
        actual=actual,
        rules=actual - least,
        photos=least - colors,
        colors=colors,
        lowpass=math.sqrt(float((areas * (shown**2).mean(axis=1)).sum())),
        lowpass_bound=math.sqrt(lowpass_bound(groups, graph, weights, residuals)),
    )
