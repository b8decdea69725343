"""Placements with a minimum distance between equal sources: local search and a bound.

Finding the optimum is at least as hard as graph coloring, so the placement is built
greedily and improved by moves and swaps. The lower bound is the sum of the optima of
cliques, in which no source can repeat, or the optimum without a minimum distance,
whichever is higher.

References
----------
D. Brélaz, "New methods to color the vertices of a graph", Communications of the ACM 22,
1979.
"""

import numpy as np

from pigeonhole.core.arrays import Int64Array
from pigeonhole.core.jit import kernel
from pigeonhole.matching.assignment import solver
from pigeonhole.matching.assignment.cliques import find_cliques
from pigeonhole.matching.assignment.greedy import (
    assign_greedily,
    move_cells,
    swap_cells,
    use_all_tiles,
)
from pigeonhole.matching.assignment.limits import RepetitionLimits, TooFewTiles
from pigeonhole.matching.assignment.problem import (
    MAX_STORED_COSTS,
    UNASSIGNED,
    Problem,
    TimeBudget,
    min_reduced_costs,
)
from pigeonhole.matching.assignment.residual import list_all_candidates
from pigeonhole.matching.neighbors import Neighbors

SWAPS_PER_CHECK = 16
"""Number of cells to swap with all others between two checks of the time budget."""


def solve_with_spacing(
    problem: Problem, near: Neighbors, limits: RepetitionLimits, budget: TimeBudget
) -> tuple[Int64Array, bool]:
    """
    Find a placement that keeps equal sources apart, by local search.

    Also return whether it converged: no move and no swap lowers the cost further.
    """
    max_uses = limits.max_uses or len(problem.cells)
    placement = initial_placement(problem, near, limits, max_uses)
    uses = np.bincount(placement, minlength=len(problem.tiles))
    if limits.use_all:
        use_all_tiles(problem, placement, uses)
    use_limits = (int(limits.use_all), max_uses)
    transposed = 2 * problem.costs.size <= MAX_STORED_COSTS
    by_tile = problem.costs.T if transposed else np.empty((0, 0), np.int32)
    by_tile = np.ascontiguousarray(by_tile)
    while budget:
        changes = move_cells(problem, near, placement, uses, use_limits)
        for first in range(0, placement.size, SWAPS_PER_CHECK):
            if not budget:
                return placement, False
            last = min(first + SWAPS_PER_CHECK, placement.size)
            changes += swap_cells(problem, near, placement, by_tile, first, last)
        if not changes:
            return placement, True
    return placement, False


def initial_placement(
    problem: Problem, near: Neighbors, limits: RepetitionLimits, max_uses: int
) -> Int64Array:
    """Assign sources greedily, first the cells that would lose most by waiting."""
    graph = solver.new_residual_graph(problem, max_uses)
    list_all_candidates(problem, graph)
    regret = graph.candidate_costs[:, -1] - graph.candidate_costs[:, 0]
    order = np.argsort(-regret, kind="stable")
    placement = np.full(len(problem.cells), UNASSIGNED, np.int64)
    uses = np.zeros(len(problem.tiles), np.int64)
    if assign_greedily(problem, near, placement, uses, order, max_uses):
        return regular_placement(near, limits, max_uses, len(problem.tiles))
    return placement


def regular_placement(
    near: Neighbors, limits: RepetitionLimits, max_uses: int, sources: int
) -> Int64Array:
    """
    Return a placement within the limits that ignores the costs.

    Cells of one color may share a source, so each color gets sources of its own, as
    many as its cells use up. In a plain grid a color is a lattice, and the number of
    colors is the least that is possible.

    Raises
    ------
    TooFewTiles
        This needs more sources than there are.
    """
    first = color_in_order(near)
    placement = _share_sources(first, max_uses)
    if placement.max() >= sources:
        others = color_by_saturation(near, int(first.max()))
        placement = min(placement, _share_sources(others, max_uses), key=np.max)
    if (needed := int(placement.max()) + 1) > sources:
        raise TooFewTiles(limits, sources, needed)
    return placement


def _share_sources(colors: Int64Array, max_uses: int) -> Int64Array:
    """Return the source of each cell if no two colors share one."""
    placement = np.empty(len(colors), np.int64)
    used = 0
    for color in range(int(colors.max()) + 1):
        cells = np.flatnonzero(colors == color)
        placement[cells] = used + np.arange(len(cells)) // max_uses
        used = int(placement[cells[-1]]) + 1
    return placement


@kernel
def color_in_order(near: Neighbors) -> Int64Array:
    """Color each cell in turn with the lowest color that no neighbor has."""
    m = near.starts.size - 1
    colors = np.full(m, UNASSIGNED, np.int64)
    taken = np.full(m + 1, UNASSIGNED, np.int64)
    for c in range(m):
        for k in range(near.starts[c], near.starts[c + 1]):
            color = colors[near.cells[k]]
            if color != UNASSIGNED:
                taken[color] = c
        color = np.int64(0)
        while taken[color] == c:
            color += 1
        colors[c] = color
    return colors


@kernel
def color_by_saturation(near: Neighbors, expected: int) -> Int64Array:
    """
    Color first the cells whose neighbors have the most colors (Brélaz 1979, DSATUR).

    Ties are broken by the number of neighbors, then by the number of the cell. If more
    than `expected` colors are needed, each remaining cell has a color of its own.
    """
    m = near.starts.size - 1
    colors = np.full(m, UNASSIGNED, np.int64)
    taken = np.zeros((m, expected), np.bool_)
    saturation = np.zeros(m, np.int64)
    extra = expected
    for _ in range(m):
        # Step 1: the cell with the fewest choices.
        c = np.int64(UNASSIGNED)
        for other in range(m):
            if colors[other] == UNASSIGNED and (
                c == UNASSIGNED
                or saturation[other] > saturation[c]
                or (
                    saturation[other] == saturation[c]
                    and near.starts[other + 1] - near.starts[other]
                    > near.starts[c + 1] - near.starts[c]
                )
            ):
                c = np.int64(other)
        # Step 2: its lowest color.
        color = np.int64(0)
        while color < expected and taken[c, color]:
            color += 1
        if color == expected:
            colors[c] = extra
            extra += 1
            continue
        colors[c] = color
        for k in range(near.starts[c], near.starts[c + 1]):
            other = near.cells[k]
            if not taken[other, color]:
                taken[other, color] = True
                saturation[other] += 1
    return colors


def cliques_bound(problem: Problem, near: Neighbors, budget: TimeBudget) -> int:
    """
    Return the sum of the optima of cliques in which no source can repeat.

    A placement that keeps equal sources apart uses a source at most once in each
    clique, where it costs at least that optimum. Each cell is in one clique.
    """
    cliques = find_cliques(near)
    zero_duals = np.zeros(len(problem.tiles), np.int64)
    bound = 0
    order = np.argsort(cliques, kind="stable")
    for cells in np.split(order, np.cumsum(np.bincount(cliques))[:-1]):
        clique = problem._replace(
            cells=problem.cells[cells],
            costs=problem.costs[cells] if len(problem.costs) else problem.costs,
        )
        if budget:
            bound += solver.solve(clique, 0, 1, budget)[1]
        else:
            bound += int(min_reduced_costs(clique, zero_duals).sum())
    return bound
