"""Kernels that describe pictures: what the search compares before it compares bytes.

A picture's sums form a pyramid: fine rectangles, at most 8x8, then coarse ones of 2x2
of them, then quarters, of each channel. What lies beyond the picture's edges is 0.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pigeonhole.core.jit import inlined, parallel_kernel, prange
from pigeonhole.matching.search.simd import copy_bytes

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint32]

POINT = 24
"""Bits behind the point of what sums are multiplied by to make means."""

i32 = np.int32
u8 = np.uint8
u32 = np.uint32
u64 = np.uint64


class Plan(NamedTuple):
    """
    How a picture's sums are made, and what they prove.

    Attributes
    ----------
    height, width, channels : int
        Of the picture.
    side_y, side_x : int
        Of a fine rectangle, in pixels; beyond the picture's edges pixels are 0. A
        coarse rectangle is 2x2 of them, a quarter about 2x2 of those.
    tall, wide : int
        Fine rectangles from top to bottom, and from left to right.
    fine_times, coarse_times : int
        A mean is a sum times this, without the last `POINT` bits.
    fine_unit, coarse_unit : int
        What a difference of 1 in a mean stands for in the distance, at least.
    fine_slack, coarse_slack : int
        By how much rounding may raise the means' distance in these units.
    """

    height: int
    width: int
    channels: int
    side_y: int
    side_x: int
    tall: int
    wide: int
    fine_times: int
    coarse_times: int
    fine_unit: int
    coarse_unit: int
    fine_slack: int
    coarse_slack: int


class Cells(NamedTuple):
    """Cells or tiles as they are described, shapes (m, ...): see `describe`."""

    lines: Bytes
    fine: Bytes
    coarse: Bytes
    projections: Ints


class Room(NamedTuple):
    """Where a row of cells is added up."""

    line: Words
    across: Words
    pair: Words
    means: Bytes
    quarters: Ints


@inlined
def room_for(columns: int, plan: Plan) -> Room:
    """Make room; a cell takes whole coarse rectangles in it."""
    breadth = (plan.wide + 1) // 2 * 2 * plan.side_x * plan.channels
    return Room(
        np.zeros(columns * breadth, np.uint32),
        np.zeros(columns * breadth, np.uint32),
        np.zeros(columns * breadth, np.uint32),
        np.zeros(columns * breadth, np.uint8),
        np.zeros((columns, 4 * plan.channels), np.int32),
    )


@inlined
def add_down(
    frame: Bytes, top: int, bottom: int, columns: int, plan: Plan, line: Words
) -> None:
    """Add up the pixels of some rows of a frame."""
    breadth, span = plan.width * plan.channels, line.size // columns
    # Where cells are whole coarse rectangles the row is one loop, else each cell is.
    runs = 1 if span == breadth else columns
    run = u64(columns // runs * breadth)
    for x in range(line.size):
        line[x] = u32(0)
    for y in range(top, bottom):
        for c in range(runs):
            to, start = u64(c * span), u64(c) * run
            for x in range(run):
                line[to + x] = u32(line[to + x] + frame[y, start + x])


@inlined
def add_across(y: int, plan: Plan, room: Room) -> None:
    """Sum up fine rectangles, and the pairs of them one above the other."""
    line, across, pair = room.line, room.across, room.pair
    for x in range(line.size):
        across[x] = line[x]
    for d in range(1, plan.side_x):
        ahead = u64(d * plan.channels)
        for x in range(u64(line.size) - ahead):
            across[x] = u32(across[x] + line[x + ahead])
    times = u32(plan.fine_times)
    for x in range(line.size):
        room.means[x] = u8(u32(across[x] * times) >> u32(POINT))
    if y % 2 == 0:
        for x in range(line.size):
            pair[x] = u32(0)
    for x in range(line.size):
        pair[x] = u32(pair[x] + across[x])


@inlined
def pick_fine(y: int, start: int, plan: Plan, room: Room, fine: Bytes, i: int) -> None:
    """Take a cell's fine means of a row of rectangles from where they were made."""
    channels, step = u64(plan.channels), u64(plan.side_x * plan.channels)
    for k in range(channels):
        at, place = u64(y * plan.wide) * channels + k, u64(start) + k
        for _ in range(plan.wide):
            fine[i, at] = room.means[place]
            at += channels
            place += step


@inlined
def pick_coarse(
    y: int, start: int, plan: Plan, room: Room, coarse: Bytes, i: int, c: int
) -> None:
    """Take a cell's coarse means likewise, and add them to its quarters."""
    channels, step = u64(plan.channels), u64(plan.side_x * plan.channels)
    tall, wide = (plan.tall + 1) // 2, (plan.wide + 1) // 2
    lower, right = u64(2 * (y >= (tall + 1) // 2)), (wide + 1) // 2
    times = u32(plan.coarse_times)
    for k in range(channels):
        at, place = u64(y * wide) * channels + k, u64(start) + k
        for x in range(wide):
            both = u32(room.pair[place] + room.pair[place + step])
            coarse[i, at] = u8(u32(both * times) >> u32(POINT))
            quarter = (lower + u64(x >= right)) * channels + k
            room.quarters[c, quarter] += i32(both)
            at += channels
            place += u64(2) * step


@inlined
def describe_row(
    frame: Bytes,
    row: int,
    columns: int,
    plan: Plan,
    signs: Ints,
    room: Room,
    cells: Cells,
    first: int,
) -> None:
    """Describe a row of cells; the first goes to the place `first`."""
    breadth = plan.width * plan.channels
    top = row * plan.height
    quarters, span = room.quarters, room.line.size // columns
    quarters[:] = i32(0)
    for y in range(plan.tall):
        upper = y * plan.side_y
        lower = min(plan.height, upper + plan.side_y)
        add_down(frame, top + upper, top + lower, columns, plan, room.line)
        add_across(y, plan, room)
        for c in range(columns):
            pick_fine(y, c * span, plan, room, cells.fine, first + c)
        if y % 2 == 1 or y == plan.tall - 1:
            for c in range(columns):
                pick_coarse(y >> 1, c * span, plan, room, cells.coarse, first + c, c)
    for y in range(plan.height):
        for c in range(columns):
            to = (first + c) * cells.lines.shape[1] + y * breadth
            start = ((top + y) * columns + c) * breadth
            copy_bytes(cells.lines, to, frame, start, breadth)
    for c in range(columns):
        for p in range(signs.shape[0]):
            total = i32(0)
            for f in range(signs.shape[1]):
                total = i32(total + i32(signs[p, f] * quarters[c, f]))
            cells.projections[first + c, p] = total


@parallel_kernel
def describe(frame: Bytes, columns: int, plan: Plan, signs: Ints, cells: Cells) -> None:
    """
    Write the bytes, means and projections of the cells of a frame.

    Parameters
    ----------
    frame : uint8 array, shape (rows * height, columns * width * channels)
    columns : int
    plan : Plan
    signs : int32 array, shape (p, 4 * channels)
        Of the quarters, in each projection.
    cells : Cells
        Zeros; filled. lines and fine: uint8 arrays, shapes (m, whole lines of LINE
        bytes); coarse: uint8 array, shape (m, whole groups of EIGHT bytes);
        projections: int32 array, shape (m, p).
    """
    for row in prange(frame.shape[0] // plan.height):
        room = room_for(columns, plan)
        describe_row(frame, row, columns, plan, signs, room, cells, row * columns)
