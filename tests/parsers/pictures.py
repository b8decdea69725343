"""Picture files: photos, targets, masks."""

import io

import numpy as np
from PIL import Image

from parsers import file_of, parser
from pigeonhole.imaging.codecs import decode_rgb, read_alpha, seen_size

MOST = 250_000


def _encoded(form, **options):
    def encode():
        content = io.BytesIO()
        picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
        Image.fromarray(picture).save(content, form, **options)
        return content.getvalue()

    return encode


def _turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    return _encoded("JPEG", exif=exif)()


FORMS = (
    _encoded("PNG"),
    _encoded("WEBP"),
    _encoded("TIFF"),
    _encoded("GIF"),
    _encoded("BMP"),
    _turned,
)


@parser(*FORMS)
def picture(content):
    rows, columns = decode_rgb(content, "x.jpg", MOST).shape[:2]
    assert rows * columns <= MOST


@parser(*FORMS)
def picture_header(content):
    """What is looked at before or without decoding the whole."""
    path = file_of("x.jpg", content)
    width, height = seen_size(path, MOST)
    assert width * height <= MOST
    read_alpha(path, MOST)
