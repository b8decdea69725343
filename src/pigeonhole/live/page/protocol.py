"""
The messages that the live page and the server exchange over a WebSocket.

All numbers are little-endian. The page sends images as binary messages::

    kind u8 (1 frame, 2 guest) · set u8 · reserved u16 · seq u32 · pixels, row by row

`set` is the number of the tile set. A frame is gray or RGB like its tile set and has
the size that the server announced. A guest's image is always RGB. The server sends
placements as binary messages::

    bytes per cell u8 (2 or 4) · set u8 · rows u16 · columns u16 · reserved u16 ·
    seq u32 · latency f32 (ms) · changed f32 (share of the cells, -1 if unknown) ·
    tile numbers

`seq` repeats the number of the page's frame, or counts the frames of this machine's
camera. Tile numbers from the number of tiles on are guests. All other messages are JSON
in text messages.
"""

import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.untrusted_json import parse_json
from pigeonhole.live.frames import MatchedFrame

IMAGE_HEADER = struct.Struct("<BBHI")
PLACEMENT_HEADER = struct.Struct("<BBHHHIff")
FRAME, GUEST = 1, 2
MAX_TEXT_LENGTH = 1024
"""Maximum number of characters of a text message."""
MAX_TWO_BYTE_TILES = 2**16
"""Number of tiles up to which two bytes per cell suffice."""


class ProtocolError(Exception):
    """A page sent an invalid message. Only its own connection is closed."""


@dataclass(frozen=True, slots=True)
class ImageMessage:
    """An image from a page, gray or RGB."""

    kind: int
    """`FRAME` or `GUEST`."""
    tile_set: int
    seq: int
    image: Image


@dataclass(frozen=True, slots=True)
class ImageShapes:
    """The shapes that images from pages must have."""

    frames: tuple[tuple[int, ...], ...]
    """Shape of a frame for each tile set."""
    guest: tuple[int, int, int]
    """Shape of a guest's image."""

    @property
    def max_message_bytes(self) -> int:
        """Size of the largest valid message."""
        return IMAGE_HEADER.size + max(map(math.prod, (*self.frames, self.guest)))


def parse_image(message: bytes, shapes: ImageShapes) -> ImageMessage:
    """Parse a binary message from a page, or raise ProtocolError."""
    if len(message) < IMAGE_HEADER.size:
        raise ProtocolError("image message without a header")
    kind, tile_set, _, seq = IMAGE_HEADER.unpack_from(message)
    if kind not in (FRAME, GUEST):
        raise ProtocolError("unknown kind of image")
    if tile_set >= len(shapes.frames):
        raise ProtocolError("unknown tile set")
    shape = shapes.frames[tile_set] if kind == FRAME else shapes.guest
    if len(message) != IMAGE_HEADER.size + math.prod(shape):
        raise ProtocolError("wrong image size")
    pixels = np.frombuffer(message, np.uint8, offset=IMAGE_HEADER.size)
    # Copy: to Numba, a read-only array is another type and compiles all kernels again.
    return ImageMessage(kind, tile_set, seq, pixels.reshape(shape).copy())


def parse_command(message: str) -> dict[str, Any]:
    """
    Parse a text message from a page: a JSON object with a string ``do``.

    Anything else raises ProtocolError.
    """
    if len(message) > MAX_TEXT_LENGTH:
        raise ProtocolError("text message too long")
    try:
        command = parse_json(message)
    except ValueError:
        raise ProtocolError("text message isn't JSON") from None
    if not isinstance(command, dict) or not isinstance(command.get("do"), str):
        raise ProtocolError("text message has no command")
    return command


def pack_placement(matched: MatchedFrame, tile_set: int) -> bytes:
    """Return a placement as a binary message; `tile_set` is a number."""
    small = matched.tile_set.tile_count <= MAX_TWO_BYTE_TILES
    dtype = np.dtype("<u2" if small else "<u4")
    seq, latency = matched.frame.number % 2**32, 1000 * matched.latency
    changed = -1.0 if matched.changed is None else matched.changed
    header = PLACEMENT_HEADER.pack(
        dtype.itemsize, tile_set, *matched.placement.shape, 0, seq, latency, changed
    )
    return header + matched.placement.astype(dtype).tobytes()
