"""Pictures of all kinds become RGB, and bad ones get a sentence."""

import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import UnreadablePhoto
from pigeonhole.imaging.codecs import (
    decode_rgb,
    encode_jpeg,
    read_content,
    read_rgb,
    write_jpeg,
    write_png,
)
from pigeonhole.imaging.resize import resize, rgb_of, to_grey

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
DRAWN = np.array([[RED, GREEN, BLUE], [WHITE, (9, 9, 9), (90, 60, 30)]], np.uint8)


def encoded(image, form="PNG", **options):
    content = io.BytesIO()
    image.save(content, form, **options)
    return content.getvalue()


def decoded(image, form="PNG", **options):
    picture = decode_rgb(encoded(image, form, **options), "x")
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.shape[2] == 3
    assert picture.flags.c_contiguous
    assert picture.flags.writeable
    return picture


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "GIF", "WEBP"])
def test_lossless_forms(form):
    options = {"lossless": True} if form == "WEBP" else {}
    np.testing.assert_array_equal(
        decoded(Image.fromarray(DRAWN), form, **options), DRAWN
    )


# How the stored pixels come from the upright ones, for EXIF's eight orientations.
STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: np.rot90,
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF"])
def test_exif_rotation_is_honoured(orientation, form):
    upright = np.zeros((16, 32, 3), np.uint8)
    upright[:8, :8] = 200
    upright[8:, 24:] = (200, 0, 0)
    stored = np.ascontiguousarray(STORED[orientation](upright))
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decoded(Image.fromarray(stored), form, exif=exif)
    assert picture.shape == upright.shape
    assert np.abs(picture.astype(int) - upright).mean() < 12


def test_grey():
    picture = decoded(Image.fromarray(np.array([[0, 128, 255]], np.uint8)))
    assert picture.tolist() == [[[0] * 3, [128] * 3, [255] * 3]]


def test_black_and_white():
    picture = decoded(Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1"))
    assert picture.tolist() == [[[0] * 3, [255] * 3]]


def test_palette():
    image = Image.fromarray(DRAWN).quantize(6)
    assert image.mode == "P"
    np.testing.assert_array_equal(decoded(image), DRAWN)


def test_palette_with_a_clear_colour_lies_on_white():
    image = Image.fromarray(np.array([[0, 1]], np.uint8))
    image = image.convert("P")
    image.putpalette([200, 0, 0, 0, 200, 0])
    picture = decoded(image, transparency=0)
    assert picture.tolist() == [[[255, 255, 255], [0, 200, 0]]]


@pytest.mark.parametrize(("alpha", "seen"), [(255, 0), (0, 255), (128, 127)])
def test_alpha_lies_on_white(alpha, seen):
    image = Image.new("RGBA", (1, 1), (0, 0, 0, alpha))
    assert decoded(image).tolist() == [[[seen] * 3]]
    assert decoded(image.convert("LA")).tolist() == [[[seen] * 3]]


def test_cmyk():
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    picture = decoded(image, "TIFF")
    assert picture[0, 0].tolist() == [255, 0, 0]
    assert np.abs(decoded(image, "JPEG").astype(int)[0, 0] - RED).max() < 8


def test_16_bit_grey():
    values = np.array([[0, 257 * 100, 65535]], np.uint16)
    for form in ("PNG", "TIFF"):
        picture = decoded(Image.fromarray(values), form)
        assert picture[..., 0].tolist() == [[0, 100, 255]]


def test_16_bit_grey_of_a_dark_picture():
    """The bits of the file decide, not its brightest pixel."""
    picture = decoded(Image.fromarray(np.array([[0, 200]], np.uint16)))
    assert picture[..., 0].tolist() == [[0, 1]]


def test_16_bit_rgb_png():
    assert decode_rgb(png16([[(0, 257 * 100, 65535)]]), "x").tolist() == [
        [[0, 100, 255]]
    ]


def png16(rows):
    """Encode 16-bit RGB, which Pillow can read but not write."""
    height, width = len(rows), len(rows[0])
    lines = b"".join(
        b"\0" + b"".join(struct.pack(">HHH", *pixel) for pixel in row) for row in rows
    )
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


def chunk(kind, body):
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)


def test_16_bit_rgb_tiff():
    content = tiff16([(0, 257 * 100, 65535), (65535, 0, 0)])
    assert decode_rgb(content, "x").tolist() == [[[0, 100, 255], [255, 0, 0]]]


def tiff16(pixels):
    """Encode one row of 16-bit RGB as a plain little-endian TIFF."""
    body = b"".join(struct.pack("<HHH", *pixel) for pixel in pixels)
    entries = [
        (256, 3, 1, len(pixels)),
        (257, 3, 1, 1),
        (258, 3, 3, 8 + len(body)),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 8),
        (277, 3, 1, 3),
        (278, 3, 1, 1),
        (279, 4, 1, len(body)),
    ]
    start = 8 + len(body) + 6
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in entries)
    head = b"II*\0" + struct.pack("<I", start)
    return head + body + struct.pack("<HHH", 16, 16, 16) + directory + b"\0" * 4


def test_float_tiff():
    values = np.array([[0.0, 0.5, 1.0]], np.float32)
    picture = decoded(Image.fromarray(values), "TIFF")
    assert picture[..., 0].tolist() == [[0, 128, 255]]
    bytes_as_floats = np.array([[0.0, 100.0, 255.0]], np.float32)
    picture = decoded(Image.fromarray(bytes_as_floats), "TIFF")
    assert picture[..., 0].tolist() == [[0, 100, 255]]


def test_float_tiff_with_holes():
    values = np.array([[np.nan, 0.5, 1.0, np.inf]], np.float32)
    picture = decoded(Image.fromarray(values), "TIFF")
    assert picture[0, :3, 0].tolist() == [0, 128, 255]


def test_the_first_frame_of_an_animation():
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, GREEN, BLUE)]
    picture = decoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert picture[0, 0].tolist() == list(RED)


PNG = encoded(Image.frombytes("RGB", (40, 25), np.random.default_rng(1).bytes(3000)))
JPEG = encode_jpeg(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8))
GIF = encoded(
    Image.frombytes("L", (60, 50), np.random.default_rng(1).bytes(3000)), "GIF"
)
BOMB = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 2**30, 2**30, 8, 2, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\0" * 100))
    + chunk(b"IEND", b"")
)
BAD = {
    "zero.jpg": (b"", "the file is empty"),
    "text.jpg": (b"Dear diary,\n", "it isn't a picture"),
    "random.jpg": (np.random.default_rng(2).bytes(5000), "it isn't a picture"),
    "drawing.png": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it isn't a picture"),
    "bomb.png": (BOMB, "1073741824x1073741824 is more than the 100000000 pixels"),
    "half.jpg": (JPEG[: len(JPEG) // 2], "the picture is broken"),
    "half.png": (PNG[: len(PNG) // 2], "the picture is broken"),
    "half.gif": (GIF[: len(GIF) // 2], "the picture is broken"),
    "head.jpg": (JPEG[:20], "it isn't a picture"),
    "head.png": (PNG[:20], "picture"),
    "broken.tif": (b"II*\0\xff\xff\xff\x7f" + b"\0" * 50, "picture"),
    "flipped.png": (PNG[:60] + bytes([PNG[60] ^ 255]) + PNG[61:], "is broken"),
}


# Pillow warns of some of them, which images.py silences outside of tests.
@pytest.mark.filterwarnings("ignore:::PIL")
@pytest.mark.parametrize("name", BAD)
def test_bad_photos(tmp_path, name):
    content, reason = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadablePhoto) as caught:
        read_rgb(path)
    assert reason in caught.value.reason
    assert str(caught.value).startswith(f"{path} can't be used: ")
    assert str(caught.value).count("\n") == 0
    assert str(caught.value).endswith(".")


def test_a_folder_named_like_a_photo(tmp_path):
    (tmp_path / "x.jpg").mkdir()
    with pytest.raises(UnreadablePhoto, match="is a directory"):
        read_rgb(tmp_path / "x.jpg")


def test_a_photo_that_is_gone(tmp_path):
    with pytest.raises(UnreadablePhoto, match="no such file"):
        read_rgb(tmp_path / "x.jpg")


def test_a_photo_that_we_may_not_read(tmp_path):
    path = tmp_path / "x.jpg"
    path.write_bytes(JPEG)
    path.chmod(0)
    if os.access(path, os.R_OK):
        # An administrator may read all: then there is nothing to refuse.
        assert read_rgb(path).shape == (64, 64, 3)
    else:
        with pytest.raises(UnreadablePhoto, match="permission denied"):
            read_rgb(path)


def test_a_file_too_large_for_its_pixels_is_not_even_read(tmp_path):
    path = tmp_path / "x.tif"
    with path.open("wb") as file:
        file.truncate(5_000_000)
    with pytest.raises(UnreadablePhoto, match="5000000 bytes are too many"):
        read_content(path, max_pixels=1000)


def test_the_limit_is_on_pixels(tmp_path):
    write_png(tmp_path / "x.png", DRAWN)
    assert read_rgb(tmp_path / "x.png", max_pixels=6).shape == (2, 3, 3)
    with pytest.raises(UnreadablePhoto, match="3x2 is more than the 5 pixels"):
        read_rgb(tmp_path / "x.png", max_pixels=5)


def test_png_round_trip(tmp_path):
    write_png(tmp_path / "x.png", DRAWN)
    np.testing.assert_array_equal(read_rgb(tmp_path / "x.png"), DRAWN)


def test_jpeg_is_the_same_each_time(tmp_path):
    write_jpeg(tmp_path / "x.jpg", DRAWN)
    content = (tmp_path / "x.jpg").read_bytes()
    assert content == encode_jpeg(DRAWN)
    assert sha256_of(content) == sha256_of(encode_jpeg(DRAWN))
    assert np.abs(decode_rgb(content, "x").astype(int) - DRAWN).mean() < 60


def test_resize_averages_on_the_way_down():
    picture = np.array([[0, 100], [100, 200]], np.uint8)
    assert resize(picture, 1, 1).tolist() == [[100]]
    assert resize(DRAWN, 6, 4).shape == (4, 6, 3)
    assert resize(picture, 3, 5).shape == (5, 3)


def test_grey_and_rgb():
    assert to_grey(np.full((2, 2, 3), 77, np.uint8)).tolist() == [[77, 77], [77, 77]]
    assert to_grey(DRAWN)[0].tolist() == [76, 150, 29]
    grey = np.array([[5]], np.uint8)
    assert to_grey(grey) is grey
    assert rgb_of(grey).tolist() == [[[5, 5, 5]]]
    np.testing.assert_array_equal(rgb_of(DRAWN), DRAWN)
