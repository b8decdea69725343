"""Slow twins of the kernels, in plain NumPy: what the fast paths must equal."""

import base64
import hashlib
import io
import itertools
import math
from fractions import Fraction

import numpy as np
from PIL import Image

# ---- matching ----


def sad(a, b):
    return np.abs(a.astype(np.int64) - b.astype(np.int64)).sum()


def nearest_tiles(cells, tiles):
    gaps = cells[:, None].astype(np.int64) - tiles[None].astype(np.int64)
    distances = np.abs(gaps).sum(axis=2)
    return distances.argmin(axis=1), distances.min(axis=1)


def described(cells, plan, channel_signs):
    """Bytes, fine means, coarse means, and the sums of quarters with signs."""
    count, height, width = cells.shape[:3]
    pixels = cells.reshape(count, height, width, -1).astype(np.int64)
    fine = _rectangles(pixels, plan.side_y, plan.side_x)
    coarse = _rectangles(fine, 2, 2)
    tall, wide = coarse.shape[1:3]
    y, x = (tall + 1) // 2, (wide + 1) // 2
    quarters = np.concatenate(
        [
            coarse[:, rows, columns].sum(axis=(1, 2))
            for rows in (slice(0, y), slice(y, tall))
            for columns in (slice(0, x), slice(x, wide))
        ],
        axis=1,
    )
    return (
        pixels.reshape(count, -1),
        (fine * plan.fine_times >> 24).reshape(count, -1),
        (coarse * plan.coarse_times >> 24).reshape(count, -1),
        quarters @ channel_signs.T,
    )


def _rectangles(pixels, tall, wide):
    """Sums of rectangles; beyond the edges pixels are 0."""
    count, height, width, channels = pixels.shape
    missing = [(0, 0), (0, -height % tall), (0, -width % wide), (0, 0)]
    padded = np.pad(pixels, missing)
    rows, columns = padded.shape[1] // tall, padded.shape[2] // wide
    parts = padded.reshape(count, rows, tall, columns, wide, channels)
    return parts.sum(axis=(2, 4))


def paired_distances(cells, tiles, numbers):
    gaps = cells.astype(np.int64) - tiles[numbers].astype(np.int64)
    return np.abs(gaps).sum(axis=1)


def place(frame, tiles):
    """Tile numbers by brute force, cell by cell."""
    height, width = tiles.shape[1:3]
    placement = np.empty((frame.shape[0] // height, frame.shape[1] // width), np.int64)
    for row, column in np.ndindex(placement.shape):
        cell = frame[
            row * height : (row + 1) * height, column * width : (column + 1) * width
        ]
        gaps = np.abs(tiles.astype(np.int64) - cell.astype(np.int64))
        placement[row, column] = gaps.reshape(len(tiles), -1).sum(axis=1).argmin()
    return placement


def improve(placement, order, numbers, distances, limits, apart, most):
    """Change cells to the first tile on their lists that is allowed and near enough."""
    placement = placement.copy()
    for cell in order:
        row, column = divmod(int(cell), placement.shape[1])
        around = placement[
            max(0, row - apart) : row + apart + 1,
            max(0, column - apart) : column + apart + 1,
        ]
        for tile, distance in zip(numbers[cell], distances[cell], strict=True):
            if distance >= limits[cell]:
                break
            if (placement == tile).sum() < most and tile not in around:
                placement[row, column] = tile
                break
    return placement


def steady(frame, tiles, before, share):
    """The nearest tile, or the one before unless the nearest is nearer by a share."""
    placement = place(frame, tiles)
    height, width = tiles.shape[1:3]
    for row, column in np.ndindex(placement.shape):
        cell = frame[
            row * height : (row + 1) * height, column * width : (column + 1) * width
        ]
        now = sad(cell, tiles[placement[row, column]])
        kept = sad(cell, tiles[before[row, column]])
        if share and not now < (1 - share) * kept:
            placement[row, column] = before[row, column]
    return placement


def mixed_costs(cells, tiles, weight):
    """Pixels, and for each of 2x2 blocks the mean in 1 / (weight * pixels)."""
    costs = np.empty((len(cells), len(tiles)), np.int64)
    for c, t in np.ndindex(costs.shape):
        costs[c, t] = sad(cells[c], tiles[t])
        for block in _blocks(*cells[c].shape[:2]):
            seen = [picture[block].astype(object) for picture in (cells[c], tiles[t])]
            pixels = seen[0].shape[0] * seen[0].shape[1]
            times = round(weight * pixels)
            steps = [
                np.atleast_1d(times * part.sum(axis=(0, 1)) // pixels) for part in seen
            ]
            costs[c, t] += sum(abs(steps[0] - steps[1]))
    return costs


def _blocks(height, width):
    tall, wide = (height + 1) // 2, (width + 1) // 2
    for top, bottom in ((0, tall), (tall, height)):
        for left, right in ((0, wide), (wide, width)):
            if top < bottom and left < right:
                yield slice(top, bottom), slice(left, right)


def cells_of(frame, height, width):
    """Cells row by row, cut out one by one."""
    return np.stack(
        [
            frame[y : y + height, x : x + width]
            for y in range(0, frame.shape[0], height)
            for x in range(0, frame.shape[1], width)
        ]
    )


def block_means(stack):
    """Four times the mean of each of 2x2 blocks, shape (m, 2, 2, channels)."""
    means = [
        [4 * part.astype(object).sum(axis=0) // len(part) for part in quarters(picture)]
        for picture in stack
    ]
    return np.array(means, np.int64).reshape(len(stack), 2, 2, -1)


def blurred_sum(blocks):
    """Sum of what is left of a grid of blocks after the blur, black around."""
    weights = [2, 8, 12, 8, 2]
    tall, wide, channels = blocks.shape
    total = 0
    for y, x, channel in np.ndindex(tall + 4, wide + 4, channels):
        value = 0
        for i, j in np.ndindex(5, 5):
            row, column = y - i, x - j
            if 0 <= row < tall and 0 <= column < wide:
                value += weights[i] * weights[j] * int(blocks[row, column, channel])
        total += abs(value)
    return total


def quarters(picture):
    """The quarters of a picture; one line belongs to both halves."""
    height, width = picture.shape[:2]
    for tall in halves(height):
        for wide in halves(width):
            yield picture[tall, wide].reshape(-1, *picture.shape[2:] or [1])


def halves(side):
    middle = -(-side // 2)
    return slice(0, middle), slice(min(middle, side - 1), side)


def shape_gap(cell, tile):
    """40 levels a pixel, times 1 less the structure of SSIM, to a part of 1024."""
    total = 0
    for a, b in zip(quarters(cell), quarters(tile), strict=True):
        for x, y in zip(a.T.astype(object), b.T.astype(object), strict=True):
            calm = math.floor(len(x) ** 2 * Fraction(585_225, 10_000))
            spread = len(x) ** 2 * (variance(x) + variance(y)) + calm
            apart = len(x) ** 2 * variance(x - y)
            total += len(x) * math.floor(1024 * apart / spread)
    return 40 * total // 1024


def variance(values):
    mean = Fraction(sum(values), len(values))
    return sum((value - mean) ** 2 for value in values) / len(values)


def balanced(frame, tiles, far, shape):
    """Cell by cell the tile with which the whole costs least, until nothing changes."""
    height, width = tiles.shape[1:3]
    placement = place(frame, tiles)
    cells = cells_of(frame, height, width)
    share = round(64 * shape)
    near = [
        [(64 - share) * int(sad(c, t)) + share * int(shape_gap(c, t)) for t in tiles]
        for c in cells
    ]
    placement.ravel()[:] = [costs.index(min(costs)) for costs in near]
    weight = round(64 * far * height * width / 4)
    means, target = block_means(tiles), block_means(cells)
    rows, columns = placement.shape

    def far_cost():
        gaps = means[placement.ravel()] - target
        grid = gaps.reshape(rows, columns, 2, 2, -1).swapaxes(1, 2)
        return blurred_sum(grid.reshape(2 * rows, 2 * columns, -1))

    changed = weight > 0
    while changed:
        changed = False
        for number, (row, column) in enumerate(np.ndindex(placement.shape)):
            old, costs = placement[row, column], {}
            for tile in np.argsort(near[number], kind="stable"):
                placement[row, column] = tile
                costs[tile] = near[number][tile] * 4096 + weight * far_cost()
            placement[row, column] = min(costs, key=costs.get)
            changed |= placement[row, column] != old
    return placement


# ---- birthday ----


def leading_bits(messages, bits):
    digests = [hashlib.md5(message.tobytes()).digest()[:8] for message in messages]
    return [int.from_bytes(digest, "big") >> (64 - bits) for digest in digests]


def split_at_repeats(values):
    """Lengths of the runs that end with their first repeat, and what is left."""
    times, seen = [], []
    for value in values.tolist():
        seen.append(value)
        if len(set(seen)) < len(seen):
            times.append(len(seen))
            seen = []
    return times, len(seen)


def first_repeats(groups):
    return [
        next(
            (n for n in range(2, len(group) + 1) if len(set(group[:n])) < n),
            len(group) + 1,
        )
        for group in groups.tolist()
    ]


def count_repeats(draws):
    return [len(trial) - len(set(trial)) for trial in draws.tolist()]


def distinct_pmf(draws, space):
    """Stirling numbers by the definition: the recursion, in rationals."""
    chances = [Fraction(1)] + [Fraction(0)] * draws
    for _ in range(draws):
        chances = [
            chances[d] * Fraction(min(d, space), space)
            + (chances[d - 1] * Fraction(max(space - d + 1, 0), space) if d else 0)
            for d in range(draws + 1)
        ]
    return chances


def _masked(digest, bits):
    kept = (1 << 96) - (1 << (96 - bits))
    return (int.from_bytes(digest[:12], "big") & kept).to_bytes(12, "big")


def next_message(message, bits):
    return _masked(hashlib.md5(message).digest(), bits) + message[12:]


def first_collision(message, bits):
    """T of the walk from a message, by remembering all of it."""
    seen = {message}
    while (message := next_message(message, bits)) not in seen:
        seen.add(message)
    return len(seen) + 1


def trail(message, bits, mark, longest):
    """The marked message at which a walk ends and how long it is, or None."""
    for length in range(1, longest + 1):
        message = next_message(message, bits)
        if int.from_bytes(message[:4], "little") & mark == 0:
            return message, length
    return None


# ---- repetition ----


def all_costs(cells, tiles):
    gaps = cells[:, None].astype(np.int64) - tiles[None].astype(np.int64)
    return np.abs(gaps).reshape(len(cells), len(tiles), -1).sum(axis=2)


# ---- layouts ----


def inside(picture, box):
    row, column, height, width = box
    return picture[row : row + height, column : column + width]


def times_covered(layout):
    """How often each pixel of the target is covered, pixel by pixel."""
    times = np.zeros((layout.size.height, layout.size.width), np.int64)
    for row, column, height, width in layout.boxes.tolist():
        for y in range(row, row + height):
            for x in range(column, column + width):
                if 0 <= x < layout.size.width:
                    times[y, x] += 1
    return times


# ---- looks ----


def first_alike(looks, bits):
    """The first kept picture that each looks like, pair by pair."""
    first = []
    for number, word in enumerate(looks):
        like = number
        for kept in range(number):
            if word and looks[kept] and first[kept] == kept:
                gap = int(word[:16], 16) ^ int(looks[kept][:16], 16)
                colours = bytes.fromhex(word[17:]), bytes.fromhex(looks[kept][17:])
                apart = max(abs(a - b) for a, b in zip(*colours, strict=True))
                if gap.bit_count() <= bits and apart <= 8:
                    like = kept
                    break
        first.append(like)
    return first


# ---- live ----


def decode(content):
    """The pixels of a picture file, or of one in a data: address."""
    if isinstance(content, str):
        content = base64.b64decode(content.partition(",")[2])
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"))


def tile_in(tile, height, width):
    """A tile made smaller by means of whole squares, rounded as OpenCV does."""
    import cv2

    if tile.shape[:2] == (height, width):
        return tile
    return cv2.resize(tile, (width, height), interpolation=cv2.INTER_AREA)


def seen_in(tile, layout, number):
    """What is seen of a tile in a cell."""
    _, column, height, width = layout.boxes[number]
    _, first, _, shown = layout.visible[number]
    return tile_in(tile, height, width)[:, first - column : first - column + shown]


def place_boxes(frame, tiles, layout):
    """Tile numbers and distances by brute force, box by box."""
    costs = np.array(
        [
            [sad(inside(frame, box), seen_in(tile, layout, number)) for tile in tiles]
            for number, box in enumerate(layout.visible)
        ]
    )
    return costs.argmin(axis=1), costs.min(axis=1)


def paint_boxes(tiles, layout, placement):
    shape = (layout.size.height, layout.size.width, *tiles.shape[3:])
    picture = np.full(shape, 255, np.uint8)
    for number, box in enumerate(layout.visible):
        inside(picture, box)[:] = seen_in(tiles[placement[number]], layout, number)
    return picture


def trees(costs, row, column, level=0):
    """Cost and number of cells of every way to split one cell."""
    found = [(int(costs[level][row, column]), 1)]
    if level + 1 < len(costs):
        parts = [
            trees(costs, y, x, level + 1)
            for y in (2 * row, 2 * row + 1)
            for x in (2 * column, 2 * column + 1)
        ]
        found += [
            (sum(cost for cost, _ in some), sum(n for _, n in some))
            for some in itertools.product(*parts)
        ]
    return found


def tree_cost(costs, split, price):
    """What a tree costs, cell by cell."""

    def cost(level, row, column):
        if level < len(split) and split[level][row, column]:
            return sum(
                cost(level + 1, y, x)
                for y in (2 * row, 2 * row + 1)
                for x in (2 * column, 2 * column + 1)
            )
        return int(costs[level][row, column]) + price

    return sum(cost(0, *place) for place in np.ndindex(costs[0].shape))


# ---- large pictures ----


def draw_cells(band, top, edges, tiles, starts, strides, mirrored, shifts):
    """Draw whole cells on a canvas large enough, then cut the band out of it."""
    low = int(min(edges.min(initial=0), top, 0))
    high = int(max(edges.max(initial=0), top + len(band), band.shape[1]))
    canvas = np.zeros((high - low, high - low, 3), np.uint8)
    canvas[top - low : top - low + len(band), -low : band.shape[1] - low] = band
    for cell, (first, left, last, right) in enumerate(edges):
        tall, wide, stride = last - first, right - left, strides[cell]
        start = starts[cell]
        tile = tiles[start : start + 3 * stride * tall].reshape(tall, stride, 3)[
            :, :wide
        ]
        tile = tile[:, ::-1] if mirrored[cell] else tile
        drawn = np.clip(tile.astype(np.int64) + shifts[cell], 0, 255)
        canvas[first - low : last - low, left - low : right - low] = drawn
    cut = canvas[top - low : top - low + len(band), -low : band.shape[1] - low]
    band[...] = cut


def nearest_lists(cells, tiles, size):
    """Numbers and distances of the nearest tiles; -1 where there are no more."""
    costs = all_costs(cells, tiles)
    numbers = np.argsort(costs, axis=1, kind="stable")[:, :size]
    distances = np.take_along_axis(costs, numbers, axis=1)
    missing = [(0, 0), (0, size - numbers.shape[1])]
    return (
        np.pad(numbers, missing, constant_values=-1),
        np.pad(distances, missing, constant_values=-1),
    )


def place_fast(cells, tiles, shape, most, apart, listed=8):
    """One cell after another, those first whose lists get worse fastest."""
    costs = all_costs(cells, tiles)
    _, near = nearest_lists(cells, tiles, min(listed, len(tiles)))
    placement = np.full(shape, -1)
    uses = np.zeros(len(tiles), int)
    for cell in np.argsort(near[:, 0] - near[:, -1], kind="stable"):
        row, column = np.unravel_index(cell, shape)
        around = placement[
            max(0, row - apart) : row + apart + 1,
            max(0, column - apart) : column + apart + 1,
        ]
        left = (uses < most) & ~np.isin(np.arange(len(tiles)), around)
        numbers = np.flatnonzero(left)
        placement[row, column] = numbers[costs[cell, numbers].argmin()]
        uses[placement[row, column]] += 1
    return placement
