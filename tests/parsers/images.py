"""Image files: photos, targets, masks."""

import io

import numpy as np
from image_samples import HEIC, PROFILES
from PIL import Image

from parsers import file_of, parser
from pigeonhole.imaging.codecs import decode_rgb, image_size, read_pixels

MAX_PIXELS = 250_000


def _encoded(image_format, **options):
    def encode():
        content = io.BytesIO()
        image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
        Image.fromarray(image).save(content, image_format, **options)
        return content.getvalue()

    return encode


def _rotated():
    exif = Image.Exif()
    exif[0x0112] = 6
    return _encoded("JPEG", exif=exif)()


def _with_profile():
    return _encoded("PNG", icc_profile=PROFILES["Display P3"])()


FORMATS = (
    _encoded("PNG"),
    _encoded("WEBP"),
    _encoded("TIFF"),
    _encoded("GIF"),
    _encoded("BMP"),
    _rotated,
    _with_profile,
    lambda: HEIC,
)


@parser(*FORMATS)
def image(content):
    """Decode an image."""
    rows, columns = decode_rgb(content, "x.jpg", MAX_PIXELS).shape[:2]
    assert rows * columns <= MAX_PIXELS


@parser(*FORMATS)
def image_header(content):
    """Read the size and the transparency of an image."""
    path = file_of("x.jpg", content)
    width, height = image_size(path, MAX_PIXELS)
    assert width * height <= MAX_PIXELS
    read_pixels(path, MAX_PIXELS)
