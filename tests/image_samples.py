"""Valid and invalid image files for tests."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
from PIL import Image, ImageCms

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


def encode_heic(image, **options):
    """Return the bytes of a HEIC file of a Pillow image."""
    content = io.BytesIO()
    pillow_heif.from_pillow(image).save(content, quality=95, **options)
    return content.getvalue()


HEIC = encode_heic(Image.new("RGB", (64, 48), (200, 60, 30)))


def png_with(content, *chunks):
    """Return a PNG file with more chunks, as pairs of name and body, at its start."""
    added = b"".join(png_chunk(name, body) for name, body in chunks)
    return content[:33] + added + content[33:]


def jp2_with_profile(content, profile):
    """Return a JPEG 2000 file whose box of colors embeds a profile."""
    start = content.index(b"colr") - 4
    old = int.from_bytes(content[start : start + 4])
    box = struct.pack(">I4sBBB", 11 + len(profile), b"colr", 2, 0, 0) + profile
    header = content.index(b"jp2h") - 4
    size = int.from_bytes(content[header : header + 4]) - old + len(box)
    content = content[:start] + box + content[start + old :]
    return content[:header] + struct.pack(">I", size) + content[header + 4 :]


def exif_bytes(tags):
    """
    Return an EXIF block with tags as given, valid or not.

    `tags` maps numbers to pairs of a type of TIFF and the four bytes of the value.
    """
    entries = b"".join(
        struct.pack("<HHI", tag, kind, 4 if kind in (1, 2, 7) else 1) + value
        for tag, (kind, value) in sorted(tags.items())
    )
    header = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(tags))
    return header + entries + bytes(4)


def icc_profile(space, primaries=None, *, gamma=1.0, white=(0.3127, 0.3290)):
    """
    Return an ICC profile, version 2, of a space with primaries and a gamma.

    It is written independently of the package: colors are adapted by littleCMS's own
    values, those of a profile with the same white.
    """
    d50 = np.array([0.9642, 1.0, 0.8249])
    curve = struct.pack(">4sIIH", b"curv", 0, 1, round(gamma * 256))

    def xyz(values):
        fixed = (round(float(value) * 65536) for value in values)
        return struct.pack(">4sI3i", b"XYZ ", 0, *fixed)

    text = b"text\0\0\0\0test\0"
    name = b"desc" + struct.pack(">II", 0, 5) + b"test\0" + bytes(78)
    tags = {b"desc": name, b"cprt": text, b"wtpt": xyz(d50)}
    if primaries is None:
        tags[b"kTRC"] = curve
    else:
        bradford = np.array(
            [
                [0.8951, 0.2664, -0.1614],
                [-0.7502, 1.7135, 0.0367],
                [0.0389, -0.0685, 1.0296],
            ]
        )
        to_xyz = [np.array([x, y, 1 - x - y]) / y for x, y in (white, *primaries)]
        columns = np.stack(to_xyz[1:], axis=1)
        columns = columns * np.linalg.solve(columns, to_xyz[0])
        scale = np.diag((bradford @ d50) / (bradford @ to_xyz[0]))
        columns = np.linalg.inv(bradford) @ scale @ bradford @ columns
        for letter, column in zip((b"r", b"g", b"b"), columns.T, strict=True):
            tags |= {letter + b"XYZ": xyz(column), letter + b"TRC": curve}
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for tag, data in tags.items():
        table += struct.pack(">4sII", tag, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(
        ">I4sI4s4s4s", start + len(body), b"", 0x02400000, b"mntr", space, b"XYZ "
    )
    head += struct.pack(">6H4s", 2000, 1, 1, 0, 0, 0, b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">3i", *(round(v * 65536) for v in d50))
    return head.ljust(128, b"\0") + table + body


PROFILES = {
    "Display P3": icc_profile(
        b"RGB ", ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), gamma=2.2
    ),
    "Adobe RGB": icc_profile(
        b"RGB ", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), gamma=563 / 256
    ),
    "ProPhoto": icc_profile(
        b"RGB ",
        ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)),
        gamma=1.8,
        white=(0.3457, 0.3585),
    ),
    "linear sRGB": icc_profile(b"RGB ", ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))),
    "linear gray": icc_profile(b"GRAY"),
    "gray 1.8": icc_profile(b"GRAY", gamma=1.8),
    "gray 2.2": icc_profile(b"GRAY", gamma=2.2),
    "sRGB": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
}
"""ICC profiles by name."""


BAD_IMAGES = {
    "\x1b[31mzero\x9b.jpg": (b"", "the file is empty"),
    "text.jpg": (b"Dear diary,\n", "it isn't an image"),
    "random.jpg": (np.random.default_rng(2).bytes(5000), "it isn't an image"),
    "drawing.png": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it is a drawing"),
    "bomb.png": (BOMB, "1073741824x1073741824 is more than 250,000,000 pixels"),
    "half.jpg": (JPEG[: len(JPEG) // 2], "the image is damaged"),
    "half.png": (PNG[: len(PNG) // 2], "the image is damaged"),
    "half.gif": (GIF[: len(GIF) // 2], "the image is damaged"),
    "head.jpg": (JPEG[:20], "the image is damaged"),
    "head.png": (PNG[:20], "image"),
    "broken.tif": (b"II*\0\xff\xff\xff\x7f" + b"\0" * 50, "image"),
    "video.jpg": (b"\0\0\0\x18ftypisom" + bytes(50), "it is a video"),
    "document.jpg": (b"%PDF-1.7\n", "it is a PDF document"),
    "page.png": (b"<!DOCTYPE html><html>", "it is a web page"),
    "drawing2.jpg": (b"<?xml version='1.0'?>\n<svg/>", "it is a drawing"),
    "jxl.jpg": (b"\xff\x0a" + bytes(50), "it is a JPEG XL image"),
    "half.heic": (HEIC[: len(HEIC) // 2], "the HEIC image is damaged"),
    "flipped.png": (PNG[:60] + bytes([PNG[60] ^ 255]) + PNG[61:], "is damaged"),
}
"""Files that can't be decoded, by name, with a part of the reason."""
