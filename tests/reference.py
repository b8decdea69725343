"""Slow reference implementations of the kernels, in plain Python and NumPy."""

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
    """Return the sum of absolute differences of two arrays."""
    return np.abs(a.astype(np.int64) - b.astype(np.int64)).sum()


def cost_matrix(cells, tiles):
    """Return the SAD of every cell and every tile."""
    differences = cells[:, None].astype(np.int64) - tiles[None].astype(np.int64)
    return np.abs(differences).reshape(len(cells), len(tiles), -1).sum(axis=2)


def nearest_tiles(cells, tiles):
    """Return the number and the distance of each cell's nearest tile."""
    distances = cost_matrix(cells, tiles)
    return distances.argmin(axis=1), distances.min(axis=1)


def nearest_lists(cells, tiles, size):
    """Return numbers and distances of the nearest tiles, sorted."""
    costs = cost_matrix(cells, tiles)
    numbers = np.argsort(costs, axis=1, kind="stable")[:, :size]
    return numbers, np.take_along_axis(costs, numbers, axis=1)


def describe(cells, pyramid, signs):
    """Return pixels, fine means, coarse means and projections."""
    count, height, width = cells.shape[:3]
    pixels = cells.reshape(count, height, width, -1).astype(np.int64)
    fine = _block_sums(pixels, pyramid.block_height, pyramid.block_width)
    coarse = _block_sums(fine, 2, 2)
    rows, columns = coarse.shape[1:3]
    y, x = (rows + 1) // 2, (columns + 1) // 2
    quarter_sums = np.concatenate(
        [
            coarse[:, row_slice, column_slice].sum(axis=(1, 2))
            for row_slice in (slice(0, y), slice(y, rows))
            for column_slice in (slice(0, x), slice(x, columns))
        ],
        axis=1,
    )
    return (
        pixels.reshape(count, -1),
        (fine * pyramid.fine_factor >> 24).reshape(count, -1),
        (coarse * pyramid.coarse_factor >> 24).reshape(count, -1),
        quarter_sums @ signs.T,
    )


def _block_sums(pixels, block_height, block_width):
    """Return the sums of blocks; pixels beyond the edges count as 0."""
    count, height, width, channels = pixels.shape
    missing = [(0, 0), (0, -height % block_height), (0, -width % block_width), (0, 0)]
    padded = np.pad(pixels, missing)
    rows, columns = padded.shape[1] // block_height, padded.shape[2] // block_width
    blocks = padded.reshape(count, rows, block_height, columns, block_width, channels)
    return blocks.sum(axis=(2, 4))


def paired_distances(cells, tiles, numbers):
    """Return the distance of each cell from its tile."""
    differences = cells.astype(np.int64) - tiles[numbers].astype(np.int64)
    return np.abs(differences).sum(axis=1)


def split_cells(frame, height, width):
    """Cut out the cells of a frame one by one, row by row."""
    return np.stack(
        [
            frame[y : y + height, x : x + width]
            for y in range(0, frame.shape[0], height)
            for x in range(0, frame.shape[1], width)
        ]
    )


def place(frame, tiles):
    """Find the nearest tiles by brute force, cell by cell."""
    height, width = tiles.shape[1:3]
    shape = frame.shape[0] // height, frame.shape[1] // width
    cells = split_cells(frame, height, width)
    numbers = [nearest_tiles(cell[None], tiles)[0] for cell in cells]
    return np.concatenate(numbers).reshape(shape)


# ---- perceptual mode ----


def single_cell_costs(cells, tiles, weight):
    """Return the SAD of pixels and of 2x2 block means in 1 / (weight * pixels)."""
    costs = np.empty((len(cells), len(tiles)), np.int64)
    for c, t in np.ndindex(costs.shape):
        costs[c, t] = sad(cells[c], tiles[t])
        for block in _blocks(*cells[c].shape[:2]):
            pair = [image[block].astype(object) for image in (cells[c], tiles[t])]
            pixels = pair[0].shape[0] * pair[0].shape[1]
            repeats = round(weight * pixels)
            means = [
                np.atleast_1d(repeats * pixel_block.sum(axis=(0, 1)) // pixels)
                for pixel_block in pair
            ]
            costs[c, t] += sum(abs(means[0] - means[1]))
    return costs


def _blocks(height, width):
    rows, columns = (height + 1) // 2, (width + 1) // 2
    for top, bottom in ((0, rows), (rows, height)):
        for left, right in ((0, columns), (columns, width)):
            if top < bottom and left < right:
                yield slice(top, bottom), slice(left, right)


def block_means(stack):
    """Return 4 times the mean of each of 2x2 blocks, shape (m, 2, 2, channels)."""
    means = [
        [
            4 * block.astype(object).sum(axis=0) // len(block)
            for block in quarters(image)
        ]
        for image in stack
    ]
    return np.array(means, np.int64).reshape(len(stack), 2, 2, -1)


def lowpass_error(blocks):
    """Return the sum of absolute values of a blurred grid with a black border."""
    weights = [2, 8, 12, 8, 2]
    rows, columns, channels = blocks.shape
    total = 0
    for y, x, channel in np.ndindex(rows + 4, columns + 4, channels):
        value = 0
        for i, j in np.ndindex(5, 5):
            row, column = y - i, x - j
            if 0 <= row < rows and 0 <= column < columns:
                value += weights[i] * weights[j] * int(blocks[row, column, channel])
        total += abs(value)
    return total


def quarters(image):
    """Yield the pixels of each quarter; a single row or column is in both halves."""
    height, width = image.shape[:2]
    for rows in _halves(height):
        for columns in _halves(width):
            yield image[rows, columns].reshape(-1, *image.shape[2:] or [1])


def _halves(size):
    middle = -(-size // 2)
    return slice(0, middle), slice(min(middle, size - 1), size)


def structure_error(cell, tile):
    """Return 40 * (1 - structure of SSIM) for each pixel, rounded to 1 / 1024."""
    total = 0
    for a, b in zip(quarters(cell), quarters(tile), strict=True):
        for x, y in zip(a.T.astype(object), b.T.astype(object), strict=True):
            squared = len(x) ** 2
            c2 = math.floor(squared * Fraction(585_225, 10_000))
            denominator = squared * (_variance(x) + _variance(y)) + c2
            difference = squared * _variance(x - y)
            total += len(x) * math.floor(1024 * difference / denominator)
    return 40 * total // 1024


def _variance(values):
    mean = Fraction(sum(values), len(values))
    return sum((value - mean) ** 2 for value in values) / len(values)


def minimize_energy(frame, tiles, lowpass_weight, structure_weight):
    """Try each tile in each cell until no single change reduces the energy."""
    height, width = tiles.shape[1:3]
    placement = place(frame, tiles)
    cells = split_cells(frame, height, width)
    share = round(64 * structure_weight)
    local_costs = [
        [
            (64 - share) * int(sad(cell, tile))
            + share * int(structure_error(cell, tile))
            for tile in tiles
        ]
        for cell in cells
    ]
    placement.ravel()[:] = [costs.index(min(costs)) for costs in local_costs]
    weight = round(64 * lowpass_weight * height * width / 4)
    means, target = block_means(tiles), block_means(cells)
    rows, columns = placement.shape

    def lowpass_cost():
        differences = means[placement.ravel()] - target
        grid = differences.reshape(rows, columns, 2, 2, -1).swapaxes(1, 2)
        return lowpass_error(grid.reshape(2 * rows, 2 * columns, -1))

    changed = weight > 0
    while changed:
        changed = False
        for number, (row, column) in enumerate(np.ndindex(placement.shape)):
            old, costs = placement[row, column], {}
            for tile in np.argsort(local_costs[number], kind="stable"):
                placement[row, column] = tile
                costs[tile] = local_costs[number][tile] * 4096 + weight * lowpass_cost()
            placement[row, column] = min(costs, key=costs.get)
            changed |= placement[row, column] != old
    return placement


# ---- limits on repetition ----


def _nearby(placement, row, column, distance):
    """Return the part of a placement within a distance of a cell."""
    return placement[
        max(0, row - distance) : row + distance + 1,
        max(0, column - distance) : column + distance + 1,
    ]


def switch_tiles(
    placement, order, numbers, distances, thresholds, min_distance, max_uses
):
    """Switch each cell to its first candidate that is allowed and near enough."""
    placement = placement.copy()
    for cell in order:
        row, column = divmod(int(cell), placement.shape[1])
        nearby = _nearby(placement, row, column, min_distance)
        for tile, distance in zip(numbers[cell], distances[cell], strict=True):
            if distance >= thresholds[cell]:
                break
            if (placement == tile).sum() < max_uses and tile not in nearby:
                placement[row, column] = tile
                break
    return placement


def place_greedily(cells, tiles, shape, max_uses, min_distance, candidates=8):
    """Assign the nearest allowed tile to each cell, in the order of regret."""
    costs = cost_matrix(cells, tiles)
    _, nearest = nearest_lists(cells, tiles, min(candidates, len(tiles)))
    placement = np.full(shape, -1)
    uses = np.zeros(len(tiles), int)
    for cell in np.argsort(nearest[:, 0] - nearest[:, -1], kind="stable"):
        row, column = np.unravel_index(cell, shape)
        nearby = _nearby(placement, row, column, min_distance)
        allowed = (uses < max_uses) & ~np.isin(np.arange(len(tiles)), nearby)
        numbers = np.flatnonzero(allowed)
        placement[row, column] = numbers[costs[cell, numbers].argmin()]
        uses[placement[row, column]] += 1
    return placement


# ---- birthday ----


def leading_bits(messages, bits):
    """Return leading bits of MD5, with hashlib."""
    digests = [hashlib.md5(message.tobytes()).digest()[:8] for message in messages]
    return [int.from_bytes(digest, "big") >> (64 - bits) for digest in digests]


def split_at_repeats(values):
    """Return the lengths of the runs that end with their first repeat, and the rest."""
    times, run = [], []
    for value in values.tolist():
        run.append(value)
        if len(set(run)) < len(run):
            times.append(len(run))
            run = []
    return times, len(run)


def first_repeats(groups):
    """Return the number of the first draw in each group that repeats an earlier one."""
    return [
        next(
            (n for n in range(2, len(group) + 1) if len(set(group[:n])) < n),
            len(group) + 1,
        )
        for group in groups.tolist()
    ]


def count_repeats(draws):
    """Return the number of draws in each trial that repeat an earlier one."""
    return [len(trial) - len(set(trial)) for trial in draws.tolist()]


def distinct_pmf(draws, space):
    """Return the distribution of the number of distinct values, in rationals."""
    pmf = [Fraction(1)] + [Fraction(0)] * draws
    for _ in range(draws):
        pmf = [
            pmf[d] * Fraction(min(d, space), space)
            + (pmf[d - 1] * Fraction(max(space - d + 1, 0), space) if d else 0)
            for d in range(draws + 1)
        ]
    return pmf


def next_message(message, bits):
    """Return the message after another one in a walk."""
    mask = (1 << 96) - (1 << (96 - bits))
    digest = hashlib.md5(message).digest()
    value = int.from_bytes(digest[:12], "big") & mask
    return value.to_bytes(12, "big") + message[12:]


def first_collision(message, bits):
    """Return T of the walk from a message; all messages are stored."""
    visited = {message}
    while (message := next_message(message, bits)) not in visited:
        visited.add(message)
    return len(visited) + 1


def distinguished_point(message, bits, prefix_mask, max_length):
    """Return the first distinguished point of a walk and its length, or None."""
    for length in range(1, max_length + 1):
        message = next_message(message, bits)
        if int.from_bytes(message[:4], "little") & prefix_mask == 0:
            return message, length
    return None


# ---- layouts ----


def crop_box(image, box):
    """Return the part of an image inside a box of a layout."""
    row, column, height, width = box
    return image[row : row + height, column : column + width]


def coverage_counts(layout):
    """Return how many cells cover each pixel of the target."""
    counts = np.zeros((layout.size.height, layout.size.width), np.int64)
    for row, column, height, width in layout.boxes.tolist():
        for y in range(row, row + height):
            for x in range(column, column + width):
                if 0 <= x < layout.size.width:
                    counts[y, x] += 1
    return counts


# ---- fingerprints ----


def first_duplicates(fingerprints, max_distance):
    """Return the first kept image of which each is a near-duplicate, or its own."""
    first = []
    for number, fingerprint in enumerate(fingerprints):
        original = number
        for kept in range(number):
            other = fingerprints[kept]
            if fingerprint and other and first[kept] == kept:
                different_bits = int(fingerprint[:16], 16) ^ int(other[:16], 16)
                colors = bytes.fromhex(fingerprint[17:]), bytes.fromhex(other[17:])
                color_distance = max(abs(a - b) for a, b in zip(*colors, strict=True))
                if different_bits.bit_count() <= max_distance and color_distance <= 8:
                    original = kept
                    break
        first.append(original)
    return first


# ---- live ----


def steady(frame, tiles, previous, steadiness):
    """Return the nearest tile, or the previous one unless that is worse by a share."""
    placement = place(frame, tiles)
    cells = split_cells(frame, *tiles.shape[1:3])
    for cell, (row, column) in zip(cells, np.ndindex(placement.shape), strict=True):
        new_distance = sad(cell, tiles[placement[row, column]])
        old_distance = sad(cell, tiles[previous[row, column]])
        if steadiness and not new_distance < (1 - steadiness) * old_distance:
            placement[row, column] = previous[row, column]
    return placement


def decode(content):
    """Return the pixels of an image file, given as bytes or as a data: URL."""
    if isinstance(content, str):
        content = base64.b64decode(content.partition(",")[2])
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"))


def downscale_tile(tile, height, width):
    """Return a tile reduced by averaging whole blocks, rounded as OpenCV does."""
    import cv2

    if tile.shape[:2] == (height, width):
        return tile
    return cv2.resize(tile, (width, height), interpolation=cv2.INTER_AREA)


def visible_part(tile, layout, number):
    """Return the part of a tile that is visible in a cell."""
    _, column, height, width = layout.boxes[number]
    _, first, _, visible = layout.clipped_boxes[number]
    small = downscale_tile(tile, height, width)
    return small[:, first - column : first - column + visible]


def place_boxes(frame, tiles, layout):
    """Return tile numbers and distances by brute force, box by box."""
    costs = np.array(
        [
            [
                sad(crop_box(frame, box), visible_part(tile, layout, number))
                for tile in tiles
            ]
            for number, box in enumerate(layout.clipped_boxes)
        ]
    )
    return costs.argmin(axis=1), costs.min(axis=1)


def render_boxes(tiles, layout, placement):
    """Return the image of placed tiles, box by box."""
    shape = (layout.size.height, layout.size.width, *tiles.shape[3:])
    image = np.full(shape, 255, np.uint8)
    for number, box in enumerate(layout.clipped_boxes):
        crop_box(image, box)[:] = visible_part(tiles[placement[number]], layout, number)
    return image


def all_trees(costs, row, column, level=0):
    """Return the cost and the number of leaves of each quadtree of one cell."""
    trees = [(int(costs[level][row, column]), 1)]
    if level + 1 < len(costs):
        children = [
            all_trees(costs, y, x, level + 1)
            for y in (2 * row, 2 * row + 1)
            for x in (2 * column, 2 * column + 1)
        ]
        trees += [
            (sum(cost for cost, _ in four), sum(cells for _, cells in four))
            for four in itertools.product(*children)
        ]
    return trees


def tree_cost(costs, splits, price):
    """Return the cost of a quadtree, with a price for each cell."""

    def cost(level, row, column):
        if level < len(splits) and splits[level][row, column]:
            return sum(
                cost(level + 1, y, x)
                for y in (2 * row, 2 * row + 1)
                for x in (2 * column, 2 * column + 1)
            )
        return int(costs[level][row, column]) + price

    return sum(cost(0, *cell) for cell in np.ndindex(costs[0].shape))


# ---- large images ----


def draw_cells(strip, top, edges, tiles, offsets, widths, mirrored, shifts):
    """Draw complete cells on a larger canvas, and crop the strip."""
    low = int(min(edges.min(initial=0), top, 0))
    high = int(max(edges.max(initial=0), top + len(strip), strip.shape[1]))
    canvas = np.zeros((high - low, high - low, 3), np.uint8)
    window = (
        slice(top - low, top - low + len(strip)),
        slice(-low, strip.shape[1] - low),
    )
    canvas[window] = strip
    for cell, (first, left, last, right) in enumerate(edges):
        height, width, stride = last - first, right - left, widths[cell]
        pixels = tiles[offsets[cell] : offsets[cell] + 3 * stride * height]
        tile = pixels.reshape(height, stride, 3)[:, :width]
        tile = tile[:, ::-1] if mirrored[cell] else tile
        shifted = np.clip(tile.astype(np.int64) + shifts[cell], 0, 255)
        canvas[first - low : last - low, left - low : right - low] = shifted
    strip[...] = canvas[window]
