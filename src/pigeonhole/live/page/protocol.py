"""
What goes over the socket.

All numbers are little-endian. Up, from the page, in binary::

    kind u8 (1 frame, 2 guest) · set u8 · spare u16 · seq u32 · pixels, row by row

A frame is grey or RGB as its tile set is, at the size that the set tells; a guest's
picture is always RGB. Down, a placement::

    bytes u8 (2 or 4 a cell) · set u8 · rows u16 · columns u16 · spare u16 · seq u32 ·
    latency f32 (ms) · changed f32 (share of the cells, -1 unknown) · tile numbers

`seq` answers a frame with its own number; a machine's camera counts its frames. A
number beyond the tiles is a guest's seat. Everything else is JSON in text.
"""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.text import parse_json
from pigeonhole.matching.grid import Placement

UP = struct.Struct("<BBHI")
DOWN = struct.Struct("<BBHHHIff")
FRAME, GUEST = 1, 2
MOST_TEXT = 1024
"""Bytes of a message in text."""
NARROW = 2**16
"""So many tiles can be told apart by two bytes."""


class BrokenMessage(Exception):
    """A page sent what no page of ours sends; it ends that connection alone."""


@dataclass(frozen=True, slots=True)
class Sent:
    """
    A picture from a page.

    Attributes
    ----------
    kind : int
        FRAME or GUEST.
    tile_set : int
    seq : int
    picture : uint8 array, shape (rows, columns[, 3])
    """

    kind: int
    tile_set: int
    seq: int
    picture: Picture


@dataclass(frozen=True, slots=True)
class Expected:
    """The shapes of the pictures that a page may send."""

    frames: tuple[tuple[int, ...], ...]
    """Of frames, for each tile set."""
    guest: tuple[int, int, int]

    @property
    def most(self) -> int:
        """Return the bytes of the largest message."""
        return UP.size + max(
            int(np.prod(shape)) for shape in (*self.frames, self.guest)
        )


def read_picture(message: bytes, expected: Expected) -> Sent:
    """
    Read a picture from a page.

    Raises
    ------
    BrokenMessage
        Its header, its tile set or its size is wrong.
    """
    if len(message) < UP.size:
        raise BrokenMessage("a message without a header")
    kind, tile_set, _, seq = UP.unpack_from(message)
    if kind not in (FRAME, GUEST) or tile_set >= len(expected.frames):
        raise BrokenMessage("a message of no known kind")
    shape = expected.frames[tile_set] if kind == FRAME else expected.guest
    if len(message) != UP.size + int(np.prod(shape)):
        raise BrokenMessage("a picture of another size")
    pixels = np.frombuffer(message, np.uint8, offset=UP.size)
    # Copied: arrays that can't be written are another type to Numba.
    return Sent(kind, tile_set, seq, pixels.reshape(shape).copy())


def read_wish(message: str) -> dict[str, Any]:
    """
    Read a message in text.

    Raises
    ------
    BrokenMessage
        It is too long, or no JSON object that says what to ``do``.
    """
    if len(message) > MOST_TEXT:
        raise BrokenMessage("a text that is too long")
    try:
        wish = parse_json(message)
    except ValueError:
        raise BrokenMessage("a text that isn't JSON") from None
    if not isinstance(wish, dict) or not isinstance(wish.get("do"), str):
        raise BrokenMessage("a text that says nothing to do")
    return wish


def pack_placement(
    placement: Placement,
    *,
    tiles: int,
    tile_set: int,
    seq: int,
    latency: float,
    changed: float | None,
) -> bytes:
    """
    Write a placement.

    Parameters
    ----------
    placement : int64 array, shape (rows, columns)
    tiles : int
        How many numbers there are, seats included: up to 65,536 two bytes a cell do.
    tile_set : int
    seq : int
    latency : float
        Seconds from the frame's coming to its placement.
    changed : float or None
        Share of the cells whose tile is another than in the frame before, if known.
    """
    kind = np.dtype("<u2") if tiles <= NARROW else np.dtype("<u4")
    rows, columns = placement.shape
    head = DOWN.pack(
        kind.itemsize,
        tile_set,
        rows,
        columns,
        0,
        seq % 2**32,
        1000 * latency,
        -1.0 if changed is None else changed,
    )
    return head + placement.astype(kind).tobytes()
