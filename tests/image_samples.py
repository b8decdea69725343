"""Valid and invalid image files for tests."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from pigeonhole.imaging.codecs import encode_jpeg


def encode(image, file_format="PNG", **options):
    """Return the bytes of a Pillow image in a format."""
    content = io.BytesIO()
    image.save(content, file_format, **options)
    return content.getvalue()


def png_chunk(kind, body):
    """Return a chunk of a PNG file with its length and checksum."""
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


PNG = encode(Image.frombytes("RGB", (40, 25), np.random.default_rng(1).bytes(3000)))
JPEG = encode_jpeg(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8))
GIF = encode(
    Image.frombytes("L", (60, 50), np.random.default_rng(1).bytes(3000)), "GIF"
)
BOMB = (
    b"\x89PNG\r\n\x1a\n"
    + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 2**30, 2**30, 8, 2, 0, 0, 0))
    + png_chunk(b"IDAT", zlib.compress(b"\0" * 100))
    + png_chunk(b"IEND", b"")
)
BAD_IMAGES = {
    "zero.jpg": (b"", "the file is empty"),
    "text.jpg": (b"Dear diary,\n", "it isn't an image"),
    "random.jpg": (np.random.default_rng(2).bytes(5000), "it isn't an image"),
    "drawing.png": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it isn't an image"),
    "bomb.png": (BOMB, "1073741824x1073741824 is more than 100000000 pixels"),
    "half.jpg": (JPEG[: len(JPEG) // 2], "the image is damaged"),
    "half.png": (PNG[: len(PNG) // 2], "the image is damaged"),
    "half.gif": (GIF[: len(GIF) // 2], "the image is damaged"),
    "head.jpg": (JPEG[:20], "it isn't an image"),
    "head.png": (PNG[:20], "image"),
    "broken.tif": (b"II*\0\xff\xff\xff\x7f" + b"\0" * 50, "image"),
    "flipped.png": (PNG[:60] + bytes([PNG[60] ^ 255]) + PNG[61:], "is damaged"),
}
"""Files that can't be decoded, by name, with a part of the reason."""
