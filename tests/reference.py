"""Slow reference implementations of the kernels, in plain Python and NumPy."""

import base64
import hashlib
import io
import itertools
import math
from fractions import Fraction

import numpy as np
from PIL import Image

from pigeonhole.imaging.color_spaces import means_to_lab

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


def features(images):
    """Return the centered pixels of images, in steps of 2 levels, as lists."""
    rows = []
    channels = images.shape[3] if images.ndim == 4 else 1
    for image in images.reshape(len(images), -1, channels):
        centered = image - image.mean(axis=0)
        rows.append(np.rint(centered.astype(np.float32) / 2))
    return np.array(rows)


def choose_in_order(sources, costs, boxes, order, max_uses, distance):
    """Return the best allowed candidate of each cell in turn, -1 if there is none."""
    chosen = {}
    for c in order:
        near = [
            d for d in chosen if np.abs(boxes[c, :2] - boxes[d, :2]).max() <= distance
        ]
        used = [sources[d, k] for d, k in chosen.items()]
        taken = {sources[d, chosen[d]] for d in near}
        allowed = [
            k
            for k, source in enumerate(sources[c])
            if used.count(source) < max_uses and source not in taken
        ]
        if allowed:
            chosen[c] = min(allowed, key=lambda k: (costs[c, k], k))
    return np.array([chosen.get(c, -1) for c in range(len(order))])


def local_errors(cell, tile, weights, cell_pixels, tile_pixels):
    """
    Return the cost, the mean squared error and its color part for a tile in a cell.

    `cell` and `tile` are features, shape (pixels, channels), the others the images.
    """
    structure, strength, max_delta_e = weights
    channels = cell.shape[1]
    means = [
        image.reshape(-1, channels).mean(axis=0) for image in (cell_pixels, tile_pixels)
    ]
    stds = [
        np.sqrt(np.mean((image.reshape(-1, channels) - mean) ** 2))
        for image, mean in zip((cell_pixels, tile_pixels), means, strict=True)
    ]
    labs = means_to_lab(np.array(means))
    distance = np.sqrt(((labs[0] - labs[1]) ** 2).sum())
    share = min(strength, max_delta_e / distance) if distance else strength
    gain = 1 if stds[1] <= stds[0] else 1 - 0.47 * strength * (1 - stds[0] / stds[1])
    shown = gain * 2 * tile
    error = np.mean((2 * cell - shown) ** 2)
    color = np.mean(((1 - share) * (means[1] - means[0])) ** 2)
    c2 = (0.03 * 255) ** 2
    common = 2 * np.mean(2 * cell * shown)
    spread = np.mean((2 * cell) ** 2) + np.mean(shown**2)
    unlike = 1 - (common + c2) / (spread + c2)
    cost = (1 - structure) * (error + color) + structure * 1600 * unlike
    return cost, error + color, color, (1 - share) * (means[1] - means[0])


def gaussian_share(box, point, tile):
    """Return the share of a Gaussian around a point, by adding up small parts."""
    share = 1
    for axis in range(2):
        sigma = tile[axis] / 2
        if abs(box[axis] - point[axis]) > 99 * tile[axis]:
            return 0
        edges = np.linspace(box[axis], box[axis] + box[axis + 2], 2001)
        middles = (edges[:-1] + edges[1:]) / 2
        density = np.exp(-(((middles - point[axis]) / sigma) ** 2) / 2)
        step = edges[1] - edges[0]
        share *= density.sum() * step / (sigma * math.sqrt(2 * math.pi))
    return share


def cell_distance(a, b):
    """Return the distance of two cells: the number of cells in the gap, plus 1."""
    gaps = []
    for axis in range(2):
        ends = min(a[axis] + a[axis + 2], b[axis] + b[axis + 2])
        gap = max(a[axis], b[axis]) - ends
        gaps.append(Fraction(int(gap), int(max(a[axis + 2], b[axis + 2]))))
    return max(gaps) + 1


def repetition_cost(a, b, near_distance):
    """Return the cost of the same source in two cells, none larger than a tile."""
    squares = 0
    for axis in range(2):
        centers = [box[axis] + box[axis + 2] / 2 for box in (a, b)]
        squares += ((centers[0] - centers[1]) / max(a[axis + 2], b[axis + 2])) ** 2
    cost = max(0, 1 - math.sqrt(squares) / 7)
    return cost + (30 if cell_distance(a, b) <= near_distance else 0)


def objective(costs, residuals, sources, boxes, tile, weights, near_distance):
    """
    Return the objective of a placement of the perceptual mode.

    `costs`, `residuals` and `sources` are those of the tile in each cell.
    """
    lowpass_weight, repetition_weight = weights
    areas = boxes[:, 2] * boxes[:, 3] / (tile[0] * tile[1])
    total = float((areas * costs).sum())
    for c, box in enumerate(boxes):
        center = box[:2] + box[2:] / 2
        error = np.zeros(residuals.shape[1])
        for other, residual in zip(boxes, residuals, strict=True):
            # Cells further away than two tiles don't contribute.
            gaps = np.abs(other[:2] + other[2:] / 2 - center) - other[2:] / 2
            if (gaps <= 2 * np.array(tile)).all():
                error += gaussian_share(other, center, tile) * residual
        total += lowpass_weight * areas[c] * float((error**2).mean())
    for a, b in itertools.combinations(range(len(boxes)), 2):
        # Cells more than six cells apart don't interact.
        if sources[a] == sources[b] and cell_distance(boxes[a], boxes[b]) <= 6:
            smaller = min(areas[a], areas[b])
            cost = smaller * repetition_cost(boxes[a], boxes[b], near_distance)
            total += repetition_weight * cost
    return total


def source_costs(costs, sources):
    """Return the least cost of each source's tiles, and the first such tile."""
    count = sources.max() + 1
    least = np.empty((len(costs), count), np.int64)
    best = np.empty((len(costs), count), np.int64)
    for source in range(count):
        numbers = np.flatnonzero(sources == source)
        best[:, source] = numbers[costs[:, numbers].argmin(axis=1)]
        least[:, source] = costs[:, numbers].min(axis=1)
    return least, best


def find_cliques(near):
    """Partition cells into cliques; `near` has the set of neighbors of each cell."""
    cliques = {}
    for first in range(len(near)):
        if first in cliques:
            continue
        members = [first]
        for cell in sorted(near[first]):
            if cell not in cliques and all(cell in near[other] for other in members):
                members.append(cell)
        number = max(cliques.values(), default=-1) + 1
        cliques |= dict.fromkeys(members, number)
    return [cliques[cell] for cell in range(len(near))]


def color_in_order(near):
    """Give each cell the lowest color that no neighbor has."""
    colors = {}
    for cell in range(len(near)):
        taken = {colors.get(other) for other in near[cell]}
        colors[cell] = next(n for n in range(len(near)) if n not in taken)
    return [colors[cell] for cell in range(len(near))]


def color_by_saturation(near, expected):
    """Color the cell whose neighbors have the most colors first."""
    colors, extra = {}, expected

    def taken(cell):
        return {colors.get(other, expected) for other in near[cell]} & {
            *range(expected)
        }

    def priority(cell):
        return len(taken(cell)), len(near[cell]), -cell

    while left := {*range(len(near))} - {*colors}:
        cell = max(left, key=priority)
        free = [n for n in range(expected) if n not in taken(cell)]
        colors[cell] = free[0] if free else extra
        extra += not free
    return [colors[cell] for cell in range(len(near))]


def _nearby(placement, row, column, distance):
    """Return the part of a placement within a distance of a cell."""
    return placement[
        max(0, row - distance) : row + distance + 1,
        max(0, column - distance) : column + distance + 1,
    ]


def nearest_sources(cells, tiles, sources, size, placement, min_distance):
    """Return the nearest tile of each of the nearest sources, or -1, and distances."""
    costs = cost_matrix(cells, tiles)
    numbers = np.full((len(cells), size), -1)
    for cell, order in enumerate(np.argsort(costs, axis=1, kind="stable")):
        others = placement.copy()
        others.flat[cell] = -1
        nearby = _nearby(others, *divmod(cell, placement.shape[1]), min_distance)
        taken = set(sources[nearby[nearby >= 0]])
        for tile in order:
            if sources[tile] not in taken and -1 in numbers[cell]:
                numbers[cell, numbers[cell].tolist().index(-1)] = tile
                taken.add(sources[tile])
    return numbers, np.take_along_axis(costs, numbers, axis=1)


def _allowed_tiles(placement, cell, sources, max_uses, min_distance):
    """Return whether each tile may be put into a cell that is -1, for unassigned."""
    row, column = divmod(int(cell), placement.shape[1])
    nearby = _nearby(placement, row, column, min_distance)
    taken = sources[nearby[nearby >= 0]]
    uses = np.bincount(sources[placement[placement >= 0]], minlength=len(sources))
    return (uses[sources] < max_uses) & ~np.isin(sources, taken)


def switch_tiles(
    placement, order, numbers, distances, thresholds, sources, min_distance, max_uses
):
    """Switch each cell to its first candidate that is allowed and near enough."""
    placement = placement.copy()
    for cell in order:
        old, placement.flat[cell] = placement.flat[cell], -1
        allowed = _allowed_tiles(placement, cell, sources, max_uses, min_distance)
        placement.flat[cell] = next(
            (
                tile
                for tile, distance in zip(numbers[cell], distances[cell], strict=True)
                if distance < thresholds[cell] and allowed[tile]
            ),
            old,
        )
    return placement


def place_greedily(cells, tiles, sources, shape, max_uses, min_distance, candidates=4):
    """Assign the nearest allowed tile to each cell, in the order of regret."""
    costs = cost_matrix(cells, tiles)
    size = min(candidates, len(set(sources)))
    placement = np.full(shape, -1)
    _, nearest = nearest_sources(cells, tiles, sources, size, placement, 0)
    for cell in np.argsort(nearest[:, 0] - nearest[:, -1], kind="stable"):
        allowed = _allowed_tiles(placement, cell, sources, max_uses, min_distance)
        numbers = np.flatnonzero(allowed)
        placement.flat[cell] = numbers[costs[cell, numbers].argmin()]
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


def draw_cells(strip, top, edges, tiles, starts, widths, mirrored, gains, offsets):
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
        pixels = tiles[starts[cell] : starts[cell] + 3 * stride * height]
        tile = pixels.reshape(height, stride, 3)[:, :width]
        tile = tile[:, ::-1] if mirrored[cell] else tile
        changed = np.clip(np.rint(gains[cell] * tile + offsets[cell]), 0, 255)
        canvas[first - low : last - low, left - low : right - low] = changed
    strip[...] = canvas[window]
