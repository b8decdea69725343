"""Photos of phones: HEIC files, read with pi-heif."""

import io
import sys

import numpy as np
import pillow_heif
import pytest
from image_samples import HEIC, PROFILES, encode_heic
from PIL import Image

from pigeonhole.core.errors import UnreadableImage
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import decode_pixels, decode_rgb, image_size, write_png
from pigeonhole.imaging.signatures import describe_other, image_format
from pigeonhole.mosaic import prepare_target

UPRIGHT = np.zeros((48, 64, 3), np.uint8)
UPRIGHT[:24, :32] = (200, 40, 40)
UPRIGHT[24:] = (30, 60, 190)


def difference(image, expected):
    return np.abs(image.astype(int) - expected).mean()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_is_applied_once(orientation, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encode_heic(Image.fromarray(UPRIGHT), exif=exif.tobytes())
    stored = io.BytesIO()
    Image.fromarray(UPRIGHT).save(stored, "PNG", exif=exif)
    expected = decode_rgb(stored.getvalue(), "x")
    image = decode_rgb(content, "x")
    assert image.shape == expected.shape
    assert difference(image, expected) < 4
    (tmp_path / "x.heic").write_bytes(content)
    assert image_size(tmp_path / "x.heic") == image.shape[1::-1]


def test_the_primary_image_is_read():
    file = pillow_heif.HeifFile()
    for color in ((255, 0, 0), (0, 200, 0), (0, 0, 255)):
        file.add_from_pillow(Image.new("RGB", (40, 40), color))
    content = io.BytesIO()
    file.save(content, primary_index=1, quality=95)
    assert difference(decode_rgb(content.getvalue(), "x"), (0, 200, 0)) < 4


def test_10_bits_and_alpha():
    levels = np.full((32, 32, 3), (40_000, 20_000, 10_000), np.uint16)
    file = pillow_heif.from_bytes("RGB;16", (32, 32), levels.tobytes())
    content = io.BytesIO()
    file.save(content, quality=95)
    assert difference(decode_rgb(content.getvalue(), "x"), (156, 78, 39)) < 3
    alpha = np.dstack([UPRIGHT, np.full(UPRIGHT.shape[:2], 255, np.uint8)])
    alpha[:, :16, 3] = 0
    pixels = decode_pixels(encode_heic(Image.fromarray(alpha)), "x")
    assert pixels.alpha[:, :12].max() < 10
    assert pixels.alpha[:, 20:].min() > 245
    assert difference(pixels.over_white()[:, :12], 255) < 3


def test_targets_and_masks(tmp_path):
    target, mask = tmp_path / "target.HEIC", tmp_path / "mask.jpg"
    profile = PROFILES["Display P3"]
    target.write_bytes(encode_heic(Image.fromarray(UPRIGHT), icc_profile=profile))
    half = np.zeros((48, 64), np.uint8)
    half[:24] = 255
    # The content decides, not the name.
    mask.write_bytes(encode_heic(Image.fromarray(half)))
    prepared = prepare_target(str(target), Size(8, 8), 64, 10**6, str(mask))
    np.testing.assert_array_equal(prepared.mask, half > 0)
    # Red of Display P3 is outside sRGB.
    assert prepared.image[4, 4, 0] > 205
    write_png(mask, half)
    assert prepare_target(str(target), Size(8, 8), 64, 10**6, str(mask)).mask.any()


def test_without_the_package_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(
        UnreadableImage, match="needs pi-heif: run `pip install pi-heif"
    ):
        decode_rgb(HEIC, "IMG_1.jpg")


def test_larger_images_are_refused_before_they_are_decoded():
    with pytest.raises(
        UnreadableImage, match="64x48 is more than 100 pixels"
    ) as caught:
        decode_rgb(HEIC, "x", 100)
    assert caught.value.too_large


@pytest.mark.parametrize(
    ("brands", "found"),
    [
        (b"heic\0\0\0\0mif1heic", "HEIF"),
        (b"mif1\0\0\0\0mif1heic", "HEIF"),
        (b"hevc\0\0\0\0msf1hevc", "HEIF"),
        (b"mif1\0\0\0\0mif1avif", "AVIF"),
        (b"avif\0\0\0\0mif1miaf", "AVIF"),
        (b"isom\0\0\2\0isomiso2", None),
        (b"qt  \0\0\0\0qt  \0\0\0\0", None),
        (b"crx \0\0\0\1crx isom", None),
    ],
)
def test_brands_reveal_the_format(brands, found):
    head = (8 + len(brands)).to_bytes(4) + b"ftyp" + brands
    assert image_format(head) == found
    if not found:
        kind = "a raw camera file" if b"crx" in brands else "a video"
        assert describe_other(head).startswith(kind)
