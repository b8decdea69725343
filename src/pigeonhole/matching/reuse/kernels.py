"""Kernels of repetition: distances, shortest augmenting paths, greedy choices.

One file, for they call each other. A *unit* is one use of a tile. The search walks over
nodes: 0 to n - 1 are tiles, n is the reserve (the units that nobody uses), n + 1 + c
says "now look beyond the list of cell c".
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pigeonhole.jit import kernel, parallel_kernel, prange

Blocks = npt.NDArray[np.uint8]
"""Pictures, shape (n, blocks, 64), zeros behind the last pixel."""
Costs = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]

Number = int | np.integer[Any]

NOBODY = -1
RESERVE = -2
DONE = -2
FAR = np.int64(2**62)


class Pictures(NamedTuple):
    """Cells and tiles, and all their distances if these fit into memory."""

    cells: Blocks
    tiles: Blocks
    costs: Costs


class Flow(NamedTuple):
    """Who uses what: units of tiles, their prices, and each cell's best tiles."""

    tile_of: Numbers
    paid: Numbers
    heads: Numbers
    nexts: Numbers
    free: Numbers
    reserve: Numbers
    prices: Numbers
    listed: Numbers
    near: Numbers
    rest: Numbers


class Search(NamedTuple):
    """The state of one search; `counts` holds heap size, nodes touched, best end."""

    distances: Numbers
    parents: Numbers
    heap: Numbers
    places: Numbers
    touched: Numbers
    counts: Numbers


@kernel
def sad(a: Blocks, b: Blocks) -> np.int32:
    """Sum of absolute differences of two pictures in blocks of 64 bytes."""
    total = np.int32(0)
    for block in range(a.shape[0]):
        for i in range(64):
            # In 32 bits, with a constant count, LLVM sees the instruction vpsadbw.
            gap = np.int32(np.int32(a[block, i]) - np.int32(b[block, i]))
            total = np.int32(total + np.int32(abs(gap)))
    return total


@parallel_kernel
def all_costs(cells: Blocks, tiles: Blocks) -> Costs:
    """Return the distance of every cell from every tile, shape (m, n)."""
    costs = np.empty((cells.shape[0], tiles.shape[0]), np.int32)
    for c in prange(cells.shape[0]):
        for t in range(tiles.shape[0]):
            costs[c, t] = sad(cells[c], tiles[t])
    return costs


@kernel
def cost_row(pictures: Pictures, c: Number) -> Costs:
    """Return the distance of one cell from every tile."""
    if pictures.costs.shape[0]:
        known: Costs = pictures.costs[c]
        return known
    row = np.empty(pictures.tiles.shape[0], np.int32)
    for t in range(row.size):
        row[t] = sad(pictures.cells[c], pictures.tiles[t])
    return row


@kernel
def cheapest(row: Costs, prices: Numbers, listed: Numbers, near: Numbers) -> np.int64:
    """List the tiles of least cost plus price; return the least sum beyond them."""
    size = listed.size
    best = np.full(size + 1, FAR, np.int64)
    numbers = np.zeros(size + 1, np.int64)
    for t in range(row.size):
        total = np.int64(row[t]) + prices[t]
        if total < best[size]:
            at = size
            while at > 0 and best[at - 1] > total:
                best[at] = best[at - 1]
                numbers[at] = numbers[at - 1]
                at -= 1
            best[at] = total
            numbers[at] = t
    for at in range(size):
        listed[at] = numbers[at]
        near[at] = row[numbers[at]]
    return np.int64(best[size])


@parallel_kernel
def list_tiles(pictures: Pictures, flow: Flow) -> None:
    """List the cheapest tiles of every cell."""
    for c in prange(flow.rest.size):
        row = cost_row(pictures, c)
        flow.rest[c] = cheapest(row, flow.prices, flow.listed[c], flow.near[c])


@parallel_kernel
def floors(pictures: Pictures, prices: Numbers) -> Numbers:
    """Return each cell's least cost plus price over all tiles."""
    least = np.empty(pictures.cells.shape[0], np.int64)
    for c in prange(least.size):
        row = cost_row(pictures, c)
        best = FAR
        for t in range(row.size):
            best = min(best, np.int64(row[t]) + prices[t])
        least[c] = best
    return least


@kernel
def rise(search: Search, at: Number) -> None:
    """Move a node up the heap to where it belongs."""
    heap, places, distances = search.heap, search.places, search.distances
    node = heap[at]
    while at > 0:
        above = (at - 1) // 2
        if distances[heap[above]] <= distances[node]:
            break
        heap[at] = heap[above]
        places[heap[at]] = at
        at = above
    heap[at] = node
    places[node] = at


@kernel
def pop(search: Search) -> np.int64:
    """Take the nearest node off the heap."""
    heap, places, distances = search.heap, search.places, search.distances
    top = heap[0]
    places[top] = DONE
    search.counts[0] -= 1
    size = search.counts[0]
    if size == 0:
        return np.int64(top)
    node = heap[size]
    at = 0
    while 2 * at + 1 < size:
        below = 2 * at + 1
        if below + 1 < size and distances[heap[below + 1]] < distances[heap[below]]:
            below += 1
        if distances[heap[below]] >= distances[node]:
            break
        heap[at] = heap[below]
        places[heap[at]] = at
        at = below
    heap[at] = node
    places[node] = at
    return np.int64(top)


@kernel
def reach(search: Search, node: Number, distance: Number, parent: Number) -> None:
    """Note a way to a node, if it is shorter and can matter."""
    counts = search.counts
    if distance >= search.distances[node] or distance >= counts[2]:
        return
    if search.distances[node] == FAR:
        search.touched[counts[1]] = node
        counts[1] += 1
    search.distances[node] = distance
    search.parents[node] = parent
    if search.places[node] == NOBODY:
        search.places[node] = counts[0]
        search.heap[counts[0]] = node
        counts[0] += 1
    rise(search, search.places[node])


@kernel
def reach_tile(
    flow: Flow, search: Search, t: Number, distance: Number, parent: Number
) -> None:
    """Note a way to a tile; one with a free unit is an end."""
    if flow.free[t] == 0:
        reach(search, t, distance, parent)
    elif distance < search.counts[2]:
        search.parents[t] = parent
        search.counts[2] = distance
        search.counts[3] = t


@kernel
def reach_from_cell(flow: Flow, search: Search, c: Number, base: Number) -> None:
    """Follow a cell to the tiles on its list, and note where the list ends."""
    for at in range(flow.listed.shape[1]):
        t = flow.listed[c, at]
        distance = base + flow.near[c, at] + flow.prices[t]
        reach_tile(flow, search, t, distance, c)
    if flow.rest[c] < FAR:
        beyond = flow.prices.size + c
        reach(search, beyond, base + flow.rest[c], c)


@kernel
def reach_beyond(flow: Flow, search: Search, pictures: Pictures, node: Number) -> None:
    """Follow a cell to all tiles, and renew its list."""
    c = node - flow.prices.size
    base = search.distances[node] - flow.rest[c]
    row = cost_row(pictures, c)
    flow.rest[c] = cheapest(row, flow.prices, flow.listed[c], flow.near[c])
    for t in range(row.size):
        distance = base + row[t] + flow.prices[t]
        if distance < search.counts[2]:
            reach_tile(flow, search, t, distance, c)


@kernel
def reach_from_tile(flow: Flow, search: Search, t: Number) -> None:
    """Follow a tile to the cells that use it, and to the reserve if that holds some."""
    n = flow.heads.size
    c = flow.heads[t]
    while c != NOBODY:
        base = search.distances[t] - flow.paid[c] - flow.prices[t]
        reach_from_cell(flow, search, c, base)
        c = flow.nexts[c]
    if flow.reserve[t] > 0:
        gap = flow.prices[n] - flow.prices[t]
        reach(search, n, search.distances[t] + gap, t)


@kernel
def reach_from_reserve(flow: Flow, search: Search, most: int) -> None:
    """Follow the reserve to the tiles of which it may hold more."""
    n = flow.heads.size
    base = search.distances[n] - flow.prices[n]
    for t in range(n):
        if flow.reserve[t] < most:
            reach_tile(flow, search, t, base + flow.prices[t], RESERVE)


@kernel
def leave_tile(flow: Flow, c: Number) -> None:
    """Take a cell from the tile that it uses."""
    t = flow.tile_of[c]
    at = flow.heads[t]
    if at == c:
        flow.heads[t] = flow.nexts[c]
    else:
        while flow.nexts[at] != c:
            at = flow.nexts[at]
        flow.nexts[at] = flow.nexts[c]
    flow.tile_of[c] = NOBODY


@kernel
def change_tile(flow: Flow, c: Number, t: Number, cost: Number) -> None:
    """Let a cell use a tile, and no other any more."""
    if flow.tile_of[c] != NOBODY:
        leave_tile(flow, c)
    flow.tile_of[c] = t
    flow.paid[c] = cost
    flow.nexts[c] = flow.heads[t]
    flow.heads[t] = c


@kernel
def follow_back(flow: Flow, search: Search, pictures: Pictures, source: Number) -> None:
    """Pass one unit along the path that was found, from its end to the source."""
    t = search.counts[3]
    flow.free[t] -= 1
    while True:
        c = search.parents[t]
        if c == RESERVE:
            flow.reserve[t] += 1
            t = search.parents[flow.heads.size]
            if t == NOBODY:
                return
            flow.reserve[t] -= 1
            continue
        old = flow.tile_of[c]
        cost = (
            pictures.costs[c, t]
            if pictures.costs.shape[0]
            else sad(pictures.cells[c], pictures.tiles[t])
        )
        change_tile(flow, c, t, cost)
        if c == source:
            return
        t = old


@kernel
def settle(flow: Flow, search: Search) -> None:
    """Raise the prices of what was nearer than the end; clear the search."""
    end = search.counts[2]
    for at in range(search.counts[1]):
        node = search.touched[at]
        if search.places[node] == DONE and node < flow.prices.size:
            flow.prices[node] += end - search.distances[node]
        search.distances[node] = FAR
        search.places[node] = NOBODY
    search.counts[0] = 0
    search.counts[1] = 0
    search.counts[2] = FAR


@kernel
def seat(
    flow: Flow, search: Search, pictures: Pictures, sources: Numbers, most: int
) -> None:
    """
    Give each cell of `sources` a tile, changing others' where that is cheaper.

    The source `RESERVE` takes one more unit out of use instead.
    Successive shortest paths: after each cell the placement of those that have a tile
    is the cheapest, and the prices prove it. A cell's list is searched first; tiles
    beyond it only where the path could gain, so that short lists lose nothing.
    """
    n = flow.heads.size
    for s in range(sources.size):
        if sources[s] == RESERVE:
            reach(search, n, np.int64(0), NOBODY)
        else:
            reach_from_cell(flow, search, sources[s], np.int64(0))
        while search.counts[0]:
            if search.distances[search.heap[0]] >= search.counts[2]:
                break
            node = pop(search)
            if node < n:
                reach_from_tile(flow, search, node)
            elif node == n:
                reach_from_reserve(flow, search, most)
            else:
                reach_beyond(flow, search, pictures, node)
        follow_back(flow, search, pictures, sources[s])
        settle(flow, search)


@kernel
def lowest_bid(flow: Flow, bids: Numbers, t: Number) -> Number:
    """Return the cell that offered least for the tile that it uses."""
    lowest = flow.heads[t]
    c = flow.nexts[lowest]
    while c != NOBODY:
        if bids[c] < bids[lowest]:
            lowest = c
        c = flow.nexts[c]
    return np.int64(lowest)


@kernel
def bid(flow: Flow, pictures: Pictures, c: Number, step: Number) -> tuple[int, Number]:
    """Return the place on its list that a cell wants most, and what it offers."""
    while True:
        first, best, second = 0, FAR, FAR
        for at in range(flow.listed.shape[1]):
            total = flow.near[c, at] + flow.prices[flow.listed[c, at]]
            if total < best:
                second = best
                best = total
                first = at
            elif total < second:
                second = total
        if second <= flow.rest[c]:
            break
        row = cost_row(pictures, c)
        flow.rest[c] = cheapest(row, flow.prices, flow.listed[c], flow.near[c])
    # With a single tile there is no second.
    more = second - best if second < FAR else np.int64(0)
    return first, flow.prices[flow.listed[c, first]] + more + step


@kernel
def auction(
    flow: Flow,
    pictures: Pictures,
    bids: Numbers,
    waiting: Numbers,
    step: Number,
    rounds: int,
) -> int:
    """
    Let cells that wait bid for tiles until none waits or the rounds are over.

    A tile with a free unit costs nothing; a full one goes to the higher bid. In the end
    no cell is more than `step` from the tile that it would like best at these prices.

    Parameters
    ----------
    waiting : int64 array
        The number of cells that wait, then the cells; changed.

    Returns
    -------
    The number of cells that still wait.
    """
    while rounds > 0 and waiting[0] > 0:
        rounds -= 1
        c = waiting[waiting[0]]
        first, offer = bid(flow, pictures, c, step)
        t = flow.listed[c, first]
        if flow.free[t] > 0:
            flow.free[t] -= 1
            waiting[0] -= 1
        else:
            loser = lowest_bid(flow, bids, t)
            leave_tile(flow, loser)
            waiting[waiting[0]] = loser
        bids[c] = offer
        change_tile(flow, c, t, flow.near[c, first])
        if flow.free[t] == 0:
            flow.prices[t] = bids[lowest_bid(flow, bids, t)]
    return int(waiting[0])


@kernel
def loosen(flow: Flow) -> int:
    """Take from their tiles the cells that would like another better; count them."""
    for c in range(flow.rest.size):
        best = flow.rest[c]
        for at in range(flow.listed.shape[1]):
            best = min(best, flow.near[c, at] + flow.prices[flow.listed[c, at]])
        t = flow.tile_of[c]
        if flow.paid[c] + flow.prices[t] > best:
            leave_tile(flow, c)
            flow.free[t] += 1
    return int((flow.tile_of == NOBODY).sum())


@kernel
def cost_of(pictures: Pictures, c: Number, t: Number) -> np.int64:
    """Return the distance of a cell from a tile."""
    if pictures.costs.shape[0]:
        return np.int64(pictures.costs[c, t])
    return np.int64(sad(pictures.cells[c], pictures.tiles[t]))


@kernel
def mark_around(
    placement: Numbers, marks: Numbers, c: Number, apart: int, mark: Number
) -> None:
    """Mark the tiles used within `apart` cells of a cell, itself left out."""
    rows, columns = placement.shape
    y, x = c // columns, c % columns
    for row in range(max(0, y - apart), min(rows, y + apart + 1)):
        for column in range(max(0, x - apart), min(columns, x + apart + 1)):
            t = placement[row, column]
            if t != NOBODY and (row != y or column != x):
                marks[t] = mark


@kernel
def fill(
    pictures: Pictures,
    placement: Numbers,
    uses: Numbers,
    order: Numbers,
    apart: int,
    most: int,
) -> int:
    """Give cells in their order the nearest tile allowed; count those left without."""
    marks = np.full(uses.size, NOBODY, np.int64)
    flat = placement.reshape(-1)
    without = 0
    for at in range(order.size):
        c = order[at]
        mark_around(placement, marks, c, apart, c)
        row = cost_row(pictures, c)
        best = FAR
        for t in range(row.size):
            if row[t] < best and uses[t] < most and marks[t] != c:
                best = np.int64(row[t])
                flat[c] = t
        if flat[c] == NOBODY:
            without += 1
        else:
            uses[flat[c]] += 1
    return without


@kernel
def place_missing(pictures: Pictures, placement: Numbers, uses: Numbers) -> None:
    """Put each tile that isn't used where it costs least, in place of one used more."""
    flat = placement.reshape(-1)
    for t in range(uses.size):
        if uses[t] > 0:
            continue
        best = FAR
        chosen = 0
        for c in range(flat.size):
            if uses[flat[c]] > 1:
                gain = cost_of(pictures, c, t) - cost_of(pictures, c, flat[c])
                if gain < best:
                    best = gain
                    chosen = c
        uses[flat[chosen]] -= 1
        uses[t] += 1
        flat[chosen] = t


@kernel
def fits(placement: Numbers, c: Number, t: Number, other: int, apart: int) -> bool:
    """Say whether no cell near `c`, but for itself and `other`, uses tile `t`."""
    rows, columns = placement.shape
    y, x = c // columns, c % columns
    for row in range(max(0, y - apart), min(rows, y + apart + 1)):
        for column in range(max(0, x - apart), min(columns, x + apart + 1)):
            at = row * columns + column
            if placement[row, column] == t and at not in (c, other):
                return False
    return True


@kernel
def move_cells(
    pictures: Pictures,
    placement: Numbers,
    uses: Numbers,
    apart: int,
    limits: tuple[int, int],
) -> int:
    """Move each cell to the nearest tile that the rule leaves it; count the moves."""
    marks = np.full(uses.size, NOBODY, np.int64)
    flat = placement.reshape(-1)
    moves = 0
    for c in range(flat.size):
        if uses[flat[c]] <= limits[0]:
            continue
        mark_around(placement, marks, c, apart, c)
        row = cost_row(pictures, c)
        chosen = flat[c]
        for t in range(row.size):
            if row[t] < row[chosen] and uses[t] < limits[1] and marks[t] != c:
                chosen = t
        if chosen != flat[c]:
            uses[flat[c]] -= 1
            uses[chosen] += 1
            flat[c] = chosen
            moves += 1
    return moves


@kernel
def swap_cells(
    pictures: Pictures, placement: Numbers, apart: int, first: int, last: int
) -> int:
    """Swap the tiles of two cells wherever that is cheaper; count the swaps."""
    flat = placement.reshape(-1)
    swaps = 0
    for a in range(first, last):
        row = cost_row(pictures, a)
        for b in range(a + 1, flat.size):
            mine, theirs = flat[a], flat[b]
            gain = np.int64(row[theirs]) - np.int64(row[mine])
            gain += cost_of(pictures, b, mine) - cost_of(pictures, b, theirs)
            if (
                gain < 0
                and fits(placement, a, theirs, b, apart)
                and fits(placement, b, mine, a, apart)
            ):
                flat[a] = theirs
                flat[b] = mine
                swaps += 1
    return swaps


@kernel
def least_gap(a: Costs, b: Costs) -> np.int32:
    """Return what two pictures differ by at least, by their 16 partial sums."""
    total = np.int32(0)
    for i in range(16):
        total = np.int32(total + np.int32(abs(np.int32(a[i] - b[i]))))
    return total


@parallel_kernel
def nearest_lists(
    cells: Blocks,
    sums: Numbers,
    parts: Costs,
    tiles: Blocks,
    tile_sums: Numbers,
    tile_parts: Costs,
    size: int,
) -> tuple[Numbers, Numbers]:
    """
    List the nearest tiles of each cell, nearest first.

    The tiles are in order of their sums: a difference of sums is never more than the
    distance, so that the search goes outwards from the cell's sum until it is too much.
    What passes is compared by 16 partial sums first, for the same reason.
    """
    m, n = cells.shape[0], tiles.shape[0]
    numbers = np.full((m, size), NOBODY, np.int64)
    distances = np.full((m, size), FAR, np.int64)
    for c in prange(m):
        cell, part, total = cells[c], parts[c], sums[c]
        near, listed = distances[c], numbers[c]
        worst = FAR
        above = np.searchsorted(tile_sums, total)
        below = above - 1
        up = tile_sums[above] - total if above < n else FAR
        down = total - tile_sums[below] if below >= 0 else FAR
        while min(up, down) < worst:
            if up < down:
                t = above
                above += 1
                up = tile_sums[above] - total if above < n else FAR
            else:
                t = below
                below -= 1
                down = total - tile_sums[below] if below >= 0 else FAR
            if least_gap(part, tile_parts[t]) >= worst:
                continue
            distance = np.int64(sad(cell, tiles[t]))
            if distance >= worst:
                continue
            at = size - 1
            while at > 0 and near[at - 1] > distance:
                near[at] = near[at - 1]
                listed[at] = listed[at - 1]
                at -= 1
            near[at] = distance
            listed[at] = t
            worst = near[size - 1]
    return numbers, distances


@kernel
def nearest_allowed(
    cell: Blocks,
    total: Number,
    part: Costs,
    tiles: Blocks,
    tile_sums: Numbers,
    tile_parts: Costs,
    uses: Numbers,
    most: int,
    marks: Numbers,
    mark: Number,
) -> np.int64:
    """Return the nearest tile with uses left and without the mark, or nobody."""
    above = np.searchsorted(tile_sums, total)
    below = above - 1
    best = FAR
    chosen = np.int64(NOBODY)
    while above < tile_sums.size or below >= 0:
        up = tile_sums[above] - total if above < tile_sums.size else FAR
        down = total - tile_sums[below] if below >= 0 else FAR
        if min(up, down) >= best:
            break
        t = above if up < down else below
        if up < down:
            above += 1
        else:
            below -= 1
        if uses[t] == most or marks[t] == mark:
            continue
        if least_gap(part, tile_parts[t]) < best:
            distance = np.int64(sad(cell, tiles[t]))
            if distance < best:
                best = distance
                chosen = t
    return np.int64(chosen)


@kernel
def place_fast(
    cells: Blocks,
    sums: Numbers,
    parts: Costs,
    tiles: Blocks,
    tile_sums: Numbers,
    tile_parts: Costs,
    numbers: Numbers,
    order: Numbers,
    placement: Numbers,
    apart: int,
    most: int,
) -> None:
    """Give cells in their order the first tile on their list that is still allowed."""
    uses = np.zeros(tile_sums.size, np.int64)
    marks = np.full(tile_sums.size, NOBODY, np.int64)
    flat = placement.reshape(-1)
    for at in range(order.size):
        c = order[at]
        mark_around(placement, marks, c, apart, c)
        chosen = np.int64(NOBODY)
        for t in numbers[c]:
            if t != NOBODY and uses[t] < most and marks[t] != c:
                chosen = t
                break
        if chosen == NOBODY:
            chosen = nearest_allowed(
                cells[c],
                sums[c],
                parts[c],
                tiles,
                tile_sums,
                tile_parts,
                uses,
                most,
                marks,
                c,
            )
        uses[chosen] += 1
        flat[c] = chosen


@kernel
def placed_costs(pictures: Pictures, placed: Numbers) -> Numbers:
    """Return the distance of each cell from its tile."""
    costs = np.empty(placed.size, np.int64)
    for c in range(placed.size):
        costs[c] = cost_of(pictures, c, placed[c])
    return costs
