"""Kernels of matching: arrays in, arrays out, no checks.

A distance is the sum of absolute differences of bytes. The search is a successive
elimination (Li and Salari 1995) in three steps, each a lower bound of the next:

1. Tiles lie in blocks of `LANES`. A *projection* sums a picture's quarters with signs;
   two pictures' projections differ by no more than the pictures do. Each block knows
   the box of its tiles' projections: blocks whose box is too far are left out.
2. The sums of the four quarters (of each channel) of a block's tiles, side by side.
3. The means of small squares, in bytes.

What remains is compared byte by byte. Numba's rules of speed: intermediates stay in 32
bits, loops have a constant number of turns or start at 0 (else indices are checked for
wraparound), and no views are made inside (they are counted).
"""

import numpy as np
import numpy.typing as npt

from pigeonhole.jit import inlined, kernel, parallel_kernel, prange

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]

LANES = 64
"""Tiles in a block, and bytes in a line of a picture."""
CHUNK = 32
"""Cells that one thread takes at a time."""
FAR = np.int32(2**30)
"""More than any distance."""

i32 = np.int32
u64 = np.uint64


@inlined
def sad(a: Bytes, i: int, b: Bytes, t: int) -> np.int32:
    """Sum of absolute differences of picture `i` of `a` and `t` of `b`, in lines."""
    total = i32(0)
    for line in range(a.shape[1]):
        for j in range(LANES):
            gap = i32(i32(a[i, line, j]) - i32(b[t, line, j]))
            total = i32(total + i32(abs(gap)))
    return total


@inlined
def box_distances(
    projections: Ints, i: int, low: Ints, high: Ints, boxes: Ints
) -> None:
    """Write how far a cell's projections lie outside of each block's box, at most."""
    for g in range(low.shape[0]):
        for j in range(LANES):
            boxes[g, j] = i32(0)
        for k in range(low.shape[1]):
            x = projections[i, k]
            for j in range(LANES):
                outside = max(i32(low[g, k, j] - x), i32(x - high[g, k, j]))
                boxes[g, j] = max(boxes[g, j], outside)


@inlined
def quarter_distances(
    quarters: Ints, i: int, tiles: npt.NDArray[np.uint16], b: int, sums: Ints
) -> np.int32:
    """Write the distances of a cell's quarters from a block's; return the least."""
    x0, x1, x2, x3 = quarters[i, 0], quarters[i, 1], quarters[i, 2], quarters[i, 3]
    least = FAR
    for j in range(LANES):
        # One pass for a grey picture's four quarters: it decides the speed.
        gap = i32(abs(i32(x0 - i32(tiles[b, 0, j]))))
        gap = i32(gap + i32(abs(i32(x1 - i32(tiles[b, 1, j])))))
        gap = i32(gap + i32(abs(i32(x2 - i32(tiles[b, 2, j])))))
        gap = i32(gap + i32(abs(i32(x3 - i32(tiles[b, 3, j])))))
        sums[j] = gap
        least = min(least, gap)
    if tiles.shape[1] == 4:
        return least
    for f in range(4, tiles.shape[1]):
        x = quarters[i, f]
        for j in range(LANES):
            sums[j] = i32(sums[j] + i32(abs(i32(x - i32(tiles[b, f, j])))))
    least = sums[0]
    for j in range(LANES):
        least = min(least, sums[j])
    return least


@inlined
def near_blocks(boxes: Ints, best: np.int32, blocks: Numbers) -> np.uint64:
    """List the blocks that may hold a tile as near as `best`, the nearest first."""
    least = boxes[0]
    for j in range(boxes.size):
        least = min(least, boxes[j])
    near = max(least, i32(best >> 2))
    n = u64(0)
    # Without branches: each place is written, and kept by counting on.
    for j in range(boxes.size):
        blocks[n] = j
        n += u64(boxes[j] <= near)
    for j in range(boxes.size):
        blocks[n] = j
        n += u64((boxes[j] <= best) & (boxes[j] > near))
    return n


@inlined
def up_to(sums: Ints, count: int, limit: np.int32, chosen: Numbers) -> np.uint64:
    """List the places of the first `count` sums that don't pass the limit."""
    n = u64(0)
    for j in range(count):
        chosen[n] = j
        n += u64(sums[j] <= limit)
    return n


@inlined
def nearer(
    cells: Bytes,
    i: int,
    tiles: Bytes,
    t: int,
    order: Numbers,
    best: np.int32,
    number: int,
) -> tuple[np.int32, int]:
    """Compare a cell with one tile; return the better of it and the best so far."""
    distance = sad(cells, i, tiles, t)
    if distance < best or (distance == best and order[t] < order[number]):
        return distance, t
    return best, number


@parallel_kernel
def nearest_tiles(
    cells: Bytes,
    cell_means: Bytes,
    cell_quarters: Ints,
    cell_projections: Ints,
    tiles: Bytes,
    means: Bytes,
    quarters: npt.NDArray[np.uint16],
    low: Ints,
    high: Ints,
    order: Numbers,
    slack: np.int32,
    area: np.int32,
    mean_slack: np.int32,
    turns: Numbers,
) -> tuple[Numbers, Numbers]:
    """
    Find the nearest tile of every cell; of equal tiles the lowest number wins.

    Parameters
    ----------
    cells, tiles : uint8 arrays, shapes (m, lines, LANES) and (n, lines, LANES)
        Tiles in the order of their blocks.
    cell_means, means : uint8 arrays, shapes (m, k, LANES) and (n, k, LANES)
    cell_quarters : int32 array, shape (m, f)
    cell_projections : int32 array, shape (m, p)
    quarters : uint16 array, shape (blocks, f, LANES)
    low, high : int32 arrays, shape (groups of LANES blocks, p, LANES)
    order : int64 array, shape (n,)
        The tiles' own numbers.
    slack, mean_slack : int32
        By how much rounding may raise the two lower bounds.
    area : int32
        Pixels in a square.
    turns : int64 array
        Numbers of the chunks of cells, in the order in which threads take them.

    Returns
    -------
    numbers, distances : int64 arrays, shape (m,)
    """
    numbers = np.zeros(cells.shape[0], np.int64)
    distances = np.zeros(cells.shape[0], np.int64)
    for turn in prange(turns.size):
        boxes = np.zeros((low.shape[0], LANES), np.int32)
        # Without the lanes at the end that stand for no block.
        flat_boxes = boxes.reshape(-1)[: quarters.shape[0]]
        blocks = np.zeros(boxes.size + 1, np.int64)
        sums = np.zeros(LANES, np.int32)
        chosen = np.zeros(LANES + 1, np.int64)
        gaps = np.zeros(LANES, np.int32)
        number = 0
        first = turns[turn] * CHUNK
        for i in range(first, min(cells.shape[0], first + CHUNK)):
            # A neighbour's tile is a good first guess.
            best = sad(cells, i, tiles, number)
            box_distances(cell_projections, i, low, high, boxes)
            for at in range(near_blocks(flat_boxes, best, blocks)):
                b = blocks[at]
                limit = i32(best + slack)
                if flat_boxes[b] > best or (
                    quarter_distances(cell_quarters, i, quarters, b, sums) > limit
                ):
                    continue
                start = b * LANES
                n = up_to(sums, min(LANES, tiles.shape[0] - start), limit, chosen)
                least = FAR
                for c in range(n):
                    gaps[c] = sad(cell_means, i, means, start + chosen[c])
                    least = min(least, gaps[c])
                # The likeliest tile first, then what it leaves over.
                for c in range(n):
                    if gaps[c] == least and least <= (best + mean_slack) // area:
                        t = start + chosen[c]
                        best, number = nearer(cells, i, tiles, t, order, best, number)
                limit = i32((best + mean_slack) // area)
                for c in range(n):
                    if gaps[c] != least and gaps[c] <= limit:
                        t = start + chosen[c]
                        best, number = nearer(cells, i, tiles, t, order, best, number)
            numbers[i] = order[number]
            distances[i] = best
    return numbers, distances


@parallel_kernel
def describe(  # noqa: C901 - nested like the picture's own parts
    frame: Bytes,
    bits: int,
    shift: int,
    signs: Ints,
    means: Bytes,
    quarters: Ints,
    projections: Ints,
) -> Bytes:
    """
    Cut a frame into cells and sum their squares and quarters.

    Parameters
    ----------
    frame : uint8 array, shape (rows, height, columns, width * channels)
    bits : int
        A square is 2**bits pixels wide and tall; beyond the edge pixels are 0.
    shift : int
        Bits that quarters lose.
    signs : int32 array, shape (p, 4 * channels)
    means : uint8 array, shape (cells, k), zeros; filled
    quarters : int32 array, shape (cells, 4 * channels); filled
    projections : int32 array, shape (cells, p); filled

    Returns
    -------
    uint8 array, shape (rows, columns, height, width * channels)
    """
    rows, height, columns, breadth = frame.shape
    channels = signs.shape[1] // 4
    side = 1 << bits
    tall = (height + side - 1) // side
    wide = (breadth // channels + side - 1) // side
    cells = np.empty((rows, columns, height, breadth), np.uint8)
    for r in prange(rows):
        band = np.zeros((wide, side, channels), np.int32)
        line = band.reshape(-1)
        quarter = np.zeros((2, 2, channels), np.int32)
        sums = quarter.reshape(-1)
        for c in range(columns):
            i = r * columns + c
            for f in range(sums.size):
                sums[f] = i32(0)
            at = u64(0)
            for y in range(tall):
                for x in range(breadth):
                    line[x] = i32(0)
                for z in range(y << bits, min(height, (y + 1) << bits)):
                    for x in range(breadth):
                        value = frame[r, z, c, x]
                        cells[r, c, z, x] = value
                        line[x] = i32(line[x] + i32(value))
                lower = 0 if y < (tall + 1) // 2 else 1
                for x in range(wide):
                    right = 0 if x < (wide + 1) // 2 else 1
                    for k in range(channels):
                        square = i32(0)
                        for d in range(side):
                            square = i32(square + band[x, d, k])
                        means[i, at] = np.uint8(square >> (2 * bits))
                        at += u64(1)
                        quarter[lower, right, k] += square
            for f in range(sums.size):
                quarters[i, f] = i32(sums[f] >> shift)
            for p in range(signs.shape[0]):
                total = i32(0)
                for f in range(sums.size):
                    total = i32(total + i32(signs[p, f] * sums[f]))
                projections[i, p] = total
    return cells


@kernel
def paired_distances(cells: Bytes, tiles: Bytes, numbers: Numbers) -> Numbers:
    """
    Return the distance of each cell from the tile that was chosen for it.

    Parameters
    ----------
    cells, tiles : uint8 arrays, shapes (m, n) and (n_tiles, n)
    numbers : int64 array, shape (m,)
    """
    distances = np.zeros(cells.shape[0], np.int64)
    for c in range(cells.shape[0]):
        total = np.int64(0)
        for i in range(cells.shape[1]):
            total += abs(np.int64(cells[c, i]) - np.int64(tiles[numbers[c], i]))
        distances[c] = total
    return distances
