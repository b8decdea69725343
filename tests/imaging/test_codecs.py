"""Images of all formats become RGB, and bad files are reported."""

import os
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import pyvips
from hostile_files import damaged_exif
from image_samples import (
    BAD_IMAGES,
    JPEG,
    PROFILES,
    encode,
    exif_bytes,
    png_chunk,
    png_with,
)
from PIL import Image

from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import UnreadableImage
from pigeonhole.imaging.codecs import (
    decode_rgb,
    encode_jpeg,
    image_size,
    read_content,
    read_reduced,
    read_rgb,
    write_jpeg,
    write_png,
)

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
SAMPLE = np.array([[RED, GREEN, BLUE], [WHITE, (9, 9, 9), (90, 60, 30)]], np.uint8)


def decode(image, file_format="PNG", **options):
    """Encode a Pillow image and decode it, checking the type of the result."""
    rgb = decode_rgb(encode(image, file_format, **options), "x")
    assert rgb.dtype == np.uint8
    assert rgb.ndim == 3
    assert rgb.shape[2] == 3
    assert rgb.flags.c_contiguous
    assert rgb.flags.writeable
    return rgb


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF", "GIF", "WEBP"])
def test_lossless_formats(file_format):
    options = {"lossless": True} if file_format == "WEBP" else {}
    np.testing.assert_array_equal(
        decode(Image.fromarray(SAMPLE), file_format, **options), SAMPLE
    )


# The stored pixels as a function of the upright ones, for EXIF's 8 orientations.
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
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "TIFF"])
def test_exif_orientation_is_applied(orientation, file_format):
    upright = np.zeros((16, 32, 3), np.uint8)
    upright[:8, :8] = 200
    upright[8:, 24:] = (200, 0, 0)
    stored = np.ascontiguousarray(STORED[orientation](upright))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = decode(Image.fromarray(stored), file_format, exif=exif)
    assert image.shape == upright.shape
    assert np.abs(image.astype(int) - upright).mean() < 12


SHORT, ASCII, LONG, RATIONAL, SIGNED, FLOAT = 3, 2, 4, 5, 9, 11


@pytest.mark.filterwarnings("ignore:::PIL")
@pytest.mark.parametrize(
    "entry",
    [(SHORT, struct.pack("<HH", value, 0)) for value in (0, 9, 42, 65535)]
    + [(ASCII, b"6\0\0\0"), (7, b"6\0\0\0"), (FLOAT, struct.pack("<f", 6.5))]
    + [
        (SIGNED, struct.pack("<i", -6)),
        (RATIONAL, b"\xff\xff\xff\xff"),
        (99, b"6\0\0\0"),
    ],
    ids=str,
)
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_odd_orientations_do_not_turn(entry, file_format, tmp_path):
    exif = exif_bytes({0x0112: entry})
    path = tmp_path / "x"
    path.write_bytes(encode(Image.new("RGB", (30, 20)), file_format, exif=exif))
    assert read_rgb(path).shape == (20, 30, 3)
    assert image_size(path) == (30, 20)


@pytest.mark.filterwarnings("ignore:::PIL")
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("exif", [b"garbage!", b"II*\0\xff\xff\xff\xff", b"MM", b""])
def test_garbage_exif_is_ignored(exif, file_format, tmp_path):
    path = tmp_path / "x"
    exif = b"Exif\0\0" + exif
    path.write_bytes(encode(Image.new("RGB", (30, 20)), file_format, exif=exif))
    assert read_rgb(path).shape == (20, 30, 3)
    assert image_size(path) == (30, 20)


@pytest.mark.filterwarnings("ignore:::PIL")
@pytest.mark.parametrize(
    "tags",
    [
        {0x011A: (ASCII, b"72\0\0"), 0x011B: (SIGNED, b"\xff" * 4)},
        {0x0100: (SIGNED, b"\xff" * 4), 0x8769: (LONG, b"\xff" * 4)},
        {0x8769: (ASCII, b"text"), 0xA005: (SHORT, bytes(4))},
        {0x0131: (RATIONAL, bytes(4)), 0x8825: (LONG, bytes(4))},
    ],
)
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_odd_values_of_other_tags_do_not_matter(tags, file_format, tmp_path):
    """Writing such metadata again, as `ImageOps.exif_transpose` does, fails."""
    exif = exif_bytes({0x0112: (SHORT, struct.pack("<HH", 6, 0)), **tags})
    path = tmp_path / "x"
    path.write_bytes(encode(Image.new("RGB", (30, 20)), file_format, exif=exif))
    assert read_rgb(path).shape == (30, 20, 3)
    assert image_size(path) == (20, 30)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "TIFF", "WEBP", "AVIF"])
def test_the_size_is_that_of_the_upright_image(orientation, file_format, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.new("RGB", (40, 30), RED)
    for options in ({"exif": exif}, {"xmp": xmp_orientation(orientation)}):
        path = tmp_path / "x"
        path.write_bytes(encode(image, file_format, **options))
        assert image_size(path) == read_rgb(path).shape[1::-1]


def xmp_orientation(value):
    return f'<x:xmpmeta><rdf:Description tiff:Orientation="{value}"/>'.encode()


def test_png_texts_of_any_size(tmp_path):
    """A file of a few kilobytes can contain texts of megabytes."""
    rgb = decode_rgb(encode(Image.fromarray(SAMPLE)), "x")
    for size in (2 * 2**20, 40 * 2**20):
        text = b"key\0\0" + zlib.compress(bytes(size))
        international = b"key\0\1\0\0\0" + zlib.compress(bytes(size))
        profile = b"icc\0\0" + zlib.compress(PROFILES["sRGB"] + bytes(size))
        chunks = ((b"zTXt", text), (b"iTXt", international), (b"iCCP", profile))
        for chunk in chunks:
            content = png_with(encode(Image.fromarray(SAMPLE)), chunk)
            np.testing.assert_array_equal(decode_rgb(content, "x"), rgb)


def test_damaged_chunks_of_metadata_do_not_matter():
    content = encode(Image.fromarray(SAMPLE))
    for chunk in ((b"gAMA", b"1"), (b"cHRM", b"123"), (b"iCCP", b"x"), (b"pHYs", b"")):
        image = decode_rgb(png_with(content, chunk), "x")
        np.testing.assert_array_equal(image, SAMPLE)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_a_jpeg_without_its_last_bytes(options):
    rng = np.random.default_rng(3)
    small = Image.fromarray(rng.integers(0, 256, (20, 30, 3), np.uint8))
    content = encode(small.resize((300, 200)), "JPEG", quality=90, **options)
    whole = decode_rgb(content, "x").astype(int)
    for missing in (1, 2, 3, 10):
        image = decode_rgb(content[:-missing], "x")
        different = np.abs(image - whole).max(axis=2) > 16
        assert different.mean() < 0.02
    for kept in (0.3, 0.6) if not options else (0.05,):
        with pytest.raises(UnreadableImage, match="damaged"):
            decode_rgb(content[: int(kept * len(content))], "x")


@pytest.mark.parametrize("file_format", ["float", "lab", "cmyk 16"])
def test_rare_kinds_of_tiff(file_format):
    rgb = pyvips.Image.new_from_array(np.full((10, 12, 3), (200, 60, 30), np.uint8))
    rgb = rgb.copy(interpretation="srgb")
    if file_format == "float":
        image = (rgb.cast("float") / 255).copy(interpretation="rgb")
    elif file_format == "lab":
        image = rgb.colourspace("lab")
    else:
        image = rgb.colourspace("rgb16")
    decoded = decode_rgb(image.tiffsave_buffer(), "x")
    assert decoded.shape == (10, 12, 3)
    assert np.abs(decoded.astype(int) - (200, 60, 30)).max() <= 2


@pytest.mark.parametrize("white", [1, 255, 65535, 2**32 - 1])
def test_numbers_of_32_bits_in_a_tiff(white):
    gray = np.linspace(0, 1, 600).reshape(20, 30, 1).repeat(3, axis=2)
    kind = np.uint32 if white > 65535 else np.float32
    image = pyvips.Image.new_from_array((gray * white).astype(kind))
    decoded = decode_rgb(image.copy(interpretation="rgb").tiffsave_buffer(), "x")
    assert np.abs(decoded - 255 * gray).max() <= 1


def test_16_bit_tiff_with_inverted_gray():
    gray = np.arange(0, 60000, 100, dtype=np.uint16).reshape(20, 30)
    content = bytearray(encode(Image.fromarray(gray), "TIFF"))
    entry = content.index(struct.pack("<HHI", 262, 3, 1))
    assert content[entry + 8] == 1
    content[entry + 8] = 0
    decoded = decode_rgb(bytes(content), "x")
    assert np.abs(decoded[..., 0] - (255 - gray / 257)).max() <= 1


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_tiff_with_a_plane_for_each_channel(kind):
    """Scanners and scientific programs write it."""
    pixels = np.random.default_rng(6).integers(0, 256, (16, 16, 3), np.uint8)
    planes = np.moveaxis(pixels, 2, 0).astype(kind) * (np.iinfo(kind).max // 255)
    size, bits = planes[0].nbytes, 8 * planes.itemsize
    tables = struct.pack("<3H2x", bits, bits, bits)
    tables += struct.pack("<6I", *(200 + size * np.arange(3)), *[size] * 3)
    start = 10 + 12 * 10 + 4
    tags = [(256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 3, start), (259, 3, 1, 1)]
    tags += [(262, 3, 1, 2), (273, 4, 3, start + 8), (277, 3, 1, 3), (278, 4, 1, 16)]
    tags += [(279, 4, 3, start + 20), (284, 3, 1, 2)]
    content = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    content += b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    content = (content + tables).ljust(200, b"\0") + planes.tobytes()
    np.testing.assert_array_equal(decode_rgb(content, "x"), pixels)


@pytest.mark.parametrize(
    ("compression", "mode"),
    [
        ("tiff_lzw", "RGB"),
        ("tiff_adobe_deflate", "RGB"),
        ("tiff_adobe_deflate", "1"),
        ("group4", "1"),
    ],
)
def test_damage_in_the_middle_of_a_tiff(compression, mode, capfd, caplog):
    """libtiff would print errors, and libvips would leave a part of the image black."""
    pixels = np.random.default_rng(4).integers(0, 256, (80, 90, 3), np.uint8)
    image = Image.fromarray(pixels).convert(mode)
    content = bytearray(encode(image, "TIFF", compression=compression))
    middle = 200 if mode == "1" else len(content) // 2
    content[middle : middle + 40] = b"\xf7" * 40
    if compression == "group4":
        # The code of fax machines has no checksum.
        assert decode_rgb(bytes(content), "x").shape == (80, 90, 3)
    else:
        with pytest.raises(UnreadableImage, match="the image is damaged"):
            decode_rgb(bytes(content), "x")
    assert capfd.readouterr().err == ""
    assert not caplog.records


def test_odd_numbers_of_channels_are_not_logged(capfd, caplog):
    content = bytearray(encode(Image.new("RGB", (16, 16)), "TIFF"))
    entry = content.index(struct.pack("<HHI", 277, 3, 1))
    content[entry + 8 : entry + 10] = struct.pack("<H", 60_001)
    with pytest.raises(UnreadableImage, match="damaged"):
        decode_rgb(bytes(content), "x")
    assert capfd.readouterr().err == ""
    assert not caplog.records


def test_lab_tiff_of_8_bits():
    image = Image.new("LAB", (4, 4), (138, 209, 198))
    assert np.abs(decode(image, "TIFF")[0, 0].astype(int) - RED).max() <= 3


def test_gray():
    image = decode(Image.fromarray(np.array([[0, 128, 255]], np.uint8)))
    assert image.tolist() == [[[0] * 3, [128] * 3, [255] * 3]]


def test_black_and_white():
    image = decode(Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1"))
    assert image.tolist() == [[[0] * 3, [255] * 3]]


def test_palette():
    image = Image.fromarray(SAMPLE).quantize(6)
    assert image.mode == "P"
    np.testing.assert_array_equal(decode(image), SAMPLE)


def test_a_transparent_palette_color_becomes_white():
    image = Image.fromarray(np.array([[0, 1]], np.uint8)).convert("P")
    image.putpalette([200, 0, 0, 0, 200, 0])
    rgb = decode(image, transparency=0)
    assert rgb.tolist() == [[[255, 255, 255], [0, 200, 0]]]


@pytest.mark.parametrize(("alpha", "value"), [(255, 0), (0, 255), (128, 127)])
def test_alpha_is_composited_over_white(alpha, value):
    image = Image.new("RGBA", (1, 1), (0, 0, 0, alpha))
    assert decode(image).tolist() == [[[value] * 3]]
    assert decode(image.convert("LA")).tolist() == [[[value] * 3]]


def test_cmyk():
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    assert decode(image, "TIFF")[0, 0].tolist() == [255, 0, 0]
    assert np.abs(decode(image, "JPEG").astype(int)[0, 0] - RED).max() < 8


def test_16_bit_gray():
    values = np.array([[0, 257 * 100, 65535]], np.uint16)
    for file_format in ("PNG", "TIFF"):
        image = decode(Image.fromarray(values), file_format)
        assert image[..., 0].tolist() == [[0, 100, 255]]


def test_16_bit_gray_of_a_dark_image():
    """The scale depends on the file's bit depth, not on its brightest pixel."""
    image = decode(Image.fromarray(np.array([[0, 200]], np.uint16)))
    assert image[..., 0].tolist() == [[0, 1]]


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
        + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
        + png_chunk(b"IDAT", zlib.compress(lines))
        + png_chunk(b"IEND", b"")
    )


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
    image = decode(Image.fromarray(values), "TIFF")
    assert image[..., 0].tolist() == [[0, 128, 255]]
    bytes_as_floats = np.array([[0.0, 100.0, 255.0]], np.float32)
    image = decode(Image.fromarray(bytes_as_floats), "TIFF")
    assert image[..., 0].tolist() == [[0, 100, 255]]


def test_float_tiff_with_missing_values():
    values = np.array([[np.nan, 0.5, 1.0, np.inf]], np.float32)
    image = decode(Image.fromarray(values), "TIFF")
    assert image[0, :3, 0].tolist() == [0, 128, 255]


def test_the_first_frame_of_an_animation_is_read():
    frames = [Image.new("RGB", (4, 4), color) for color in (RED, GREEN, BLUE)]
    image = decode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert image[0, 0].tolist() == list(RED)


# Pillow warns about some of them; programs ignore such warnings.
@pytest.mark.filterwarnings("ignore:::PIL")
@pytest.mark.parametrize("name", BAD_IMAGES)
def test_a_bad_file_is_reported_with_its_reason(tmp_path, name):
    content, reason = BAD_IMAGES[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableImage) as caught:
        read_rgb(path)
    assert reason in caught.value.reason
    assert str(caught.value).startswith(f"{path} can't be used: ")
    assert str(caught.value).count("\n") == 0
    assert str(caught.value).endswith(".")


def test_a_folder_named_like_an_image(tmp_path):
    (tmp_path / "x.jpg").mkdir()
    with pytest.raises(UnreadableImage, match="is a directory"):
        read_rgb(tmp_path / "x.jpg")


def test_a_missing_file(tmp_path):
    with pytest.raises(UnreadableImage, match="no such file"):
        read_rgb(tmp_path / "x.jpg")


def test_a_file_without_read_permission(tmp_path):
    path = tmp_path / "x.jpg"
    path.write_bytes(JPEG)
    path.chmod(0)
    if os.access(path, os.R_OK):
        # An administrator may read every file.
        assert read_rgb(path).shape == (64, 64, 3)
    else:
        with pytest.raises(UnreadableImage, match="permission denied"):
            read_rgb(path)


def test_a_file_that_is_far_too_large_is_not_read(tmp_path):
    path = tmp_path / "x.tif"
    with path.open("wb") as file:
        file.truncate(5_000_000)
    with pytest.raises(UnreadableImage, match="5,000,000 bytes are too many") as caught:
        read_content(path, max_pixels=1000)
    assert caught.value.too_large


def test_images_over_the_pixel_limit_are_refused(tmp_path):
    write_png(tmp_path / "x.png", SAMPLE)
    assert read_rgb(tmp_path / "x.png", max_pixels=6).shape == (2, 3, 3)
    with pytest.raises(UnreadableImage, match="3x2 is more than 5 pixels") as caught:
        read_rgb(tmp_path / "x.png", max_pixels=5)
    assert caught.value.too_large


def test_png_round_trip(tmp_path):
    write_png(tmp_path / "x.png", SAMPLE)
    np.testing.assert_array_equal(read_rgb(tmp_path / "x.png"), SAMPLE)


def test_jpeg_is_the_same_each_time(tmp_path):
    write_jpeg(tmp_path / "x.jpg", SAMPLE)
    content = (tmp_path / "x.jpg").read_bytes()
    assert content == encode_jpeg(SAMPLE)
    assert sha256_of(content) == sha256_of(encode_jpeg(SAMPLE))
    assert np.abs(decode_rgb(content, "x").astype(int) - SAMPLE).mean() < 60


def test_pillow_has_its_own_limit_again_after_decoding(monkeypatch):
    """Several threads decode at the same time; the limit is a global of Pillow."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 3)
    content = encode(Image.fromarray(SAMPLE))
    with ThreadPoolExecutor(8) as pool:
        images = list(pool.map(lambda _: decode_rgb(content, "x"), range(200)))
    assert all(np.array_equal(image, SAMPLE) for image in images)
    with pytest.raises(UnreadableImage):
        decode_rgb(b"damaged", "x")
    assert Image.MAX_IMAGE_PIXELS == 3


def test_warnings_of_pillow_never_appear():
    """The test suite turns warnings into errors."""
    image = Image.new("RGB", (16, 16), "red")
    contents = [encode(image, "JPEG", exif=b"Exif\0\0" + b) for b in damaged_exif()]
    before = list(warnings.filters)
    with ThreadPoolExecutor(4) as pool:
        shapes = {i.shape for i in pool.map(decode_rgb, contents * 5, "x" * 99)}
    assert shapes == {(16, 16, 3)}
    assert list(warnings.filters) == before


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("size", [(400, 300), (401, 299), (1203, 20)])
def test_large_images_are_read_at_a_fraction_of_their_size(tmp_path, mode, size):
    path = tmp_path / "mosaic.png"
    small = np.random.default_rng(1).integers(0, 256, (7, 9, len(mode)), np.uint8)
    image = Image.fromarray(small.squeeze(), mode).resize(size)
    image.save(path)
    whole = read_rgb(path)
    np.testing.assert_array_equal(read_reduced(path, max(size)), whole)
    factor = -(-max(size) // 150)
    reduced = read_reduced(path, 150)
    assert max(reduced.shape) <= 150
    rows, columns = (n // factor for n in whole.shape[:2])
    blocks = whole[: rows * factor, : columns * factor].reshape(
        rows, factor, columns, factor, 3
    )
    difference = reduced[:rows, :columns] - blocks.mean(axis=(1, 3))
    assert abs(difference).max() <= 1


def test_a_damaged_large_image_is_an_error(tmp_path):
    path = tmp_path / "mosaic.png"
    path.write_bytes(encode(Image.effect_noise((900, 90), 50))[:-9000])
    with pytest.raises(UnreadableImage, match=r"mosaic\.png .* damaged"):
        read_reduced(path, 100)
