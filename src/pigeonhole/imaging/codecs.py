"""Decode and encode image files."""

import io
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from PIL import ImageOps, UnidentifiedImageError
from PIL.ExifTags import Base
from PIL.PngImagePlugin import PngInfo

from pigeonhole.core.arrays import Image
from pigeonhole.core.atomic import write_bytes
from pigeonhole.core.errors import UnreadableImage

COMMON_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "JPEG2000", "TIFF", "BMP", "GIF")
FORMAT_NAMES = "JPEG, PNG, WebP, AVIF, JPEG 2000, TIFF, BMP or GIF"
"""The common formats as text for messages."""

DECODED_FORMATS = (*COMMON_FORMATS, "PPM")
"""Formats that are decoded, whatever the file's suffix. Pillow supports more, but its
decoder of EPS starts another program, and the others are rare."""

DEFAULT_MAX_PIXELS = 100_000_000
"""Images with more pixels are refused by default."""


def read_rgb(path: Path, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image:
    """
    Read an image as RGB.

    The EXIF orientation is applied. Gray, palette, CMYK and 16-bit images are
    converted, transparent ones are composited over white, and of an animation only the
    first frame is read.

    Raises
    ------
    UnreadableImage
        The file is missing, empty, damaged or not an image, or it has more than
        `max_pixels`, which is checked before it is decoded.
    """
    return decode_rgb(read_content(path, max_pixels), path, max_pixels)


def read_content(path: Path, max_pixels: int = DEFAULT_MAX_PIXELS) -> bytes:
    """Read the bytes of an image file unless it is far too large; see `read_rgb`."""
    try:
        size = path.stat().st_size
        # No supported format needs more than four 32-bit floats for a pixel.
        if size > 16 * max_pixels + 1_000_000:
            reason = f"{size} bytes are too many for an image of {max_pixels} pixels, "
            reason += "the maximum (photos.max_pixels)"
            raise UnreadableImage(path, reason, too_large=True)
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "no such file").lower()
        raise UnreadableImage(path, reason) from None


def read_alpha(path: Path, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image | None:
    """Read the alpha channel of an image, or None if it has none; see `read_rgb`."""
    with _opened(read_content(path, max_pixels), path, max_pixels) as image:
        if not image.has_transparency_data:
            return None
        alpha = ImageOps.exif_transpose(image).convert("RGBA").getchannel("A")
        return np.asarray(alpha, dtype=np.uint8).copy()


def image_size(path: Path, max_pixels: int = DEFAULT_MAX_PIXELS) -> tuple[int, int]:
    """Return width and height of what `read_rgb` returns, without decoding."""
    with _opened(read_content(path, max_pixels), path, max_pixels) as image:
        # Orientations 5 to 8 swap width and height.
        swapped = image.getexif().get(Base.Orientation, 1) >= 5
        return image.size[::-1] if swapped else image.size


def decode_rgb(
    content: bytes, name: Path | str, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Image:
    """Decode the bytes of an image file; see `read_rgb`."""
    with _opened(content, name, max_pixels) as image:
        return _as_rgb(ImageOps.exif_transpose(image))


@contextmanager
def _opened(
    content: bytes, name: Path | str, max_pixels: int
) -> Iterator[PIL.Image.Image]:
    """Open an image of at most `max_pixels`; raise `UnreadableImage` for any error."""
    if not content:
        raise UnreadableImage(name, "the file is empty")
    try:
        with (
            _no_pillow_limit,
            PIL.Image.open(io.BytesIO(content), formats=DECODED_FORMATS) as image,
        ):
            width, height = image.size
            if width * height > max_pixels:
                limit = f"{max_pixels} pixels, the maximum (photos.max_pixels)"
                reason = f"{width}x{height} is more than {limit}"
                raise UnreadableImage(name, reason, too_large=True)
            yield image
    except UnreadableImage:
        raise
    except UnidentifiedImageError:
        raise UnreadableImage(name, f"it isn't an image ({FORMAT_NAMES})") from None
    # Decoders raise all kinds of exceptions for damaged files.
    except Exception as error:  # noqa: BLE001
        raise UnreadableImage(name, f"the image is damaged ({error})") from None


class _NoPillowLimit:
    """
    Lifts Pillow's own limit of pixels, a global variable, while images are decoded.

    Its error doesn't name the setting. Of several threads that decode at the same time,
    the first one lifts the limit and the last one restores it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._users:
                self._limit = PIL.Image.MAX_IMAGE_PIXELS
                PIL.Image.MAX_IMAGE_PIXELS = None
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                PIL.Image.MAX_IMAGE_PIXELS = self._limit


_no_pillow_limit = _NoPillowLimit()


def _as_rgb(image: PIL.Image.Image) -> Image:
    if image.mode.startswith("I") or image.mode == "F":
        image = _as_gray(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = PIL.Image.new("RGBA", image.size, "white")
        image = PIL.Image.alpha_composite(white, image)
    return np.asarray(image.convert("RGB"), dtype=np.uint8).copy()


def _as_gray(image: PIL.Image.Image) -> PIL.Image.Image:
    """Scale 16-bit and float gray values to 8 bits; Pillow would clip them."""
    values = np.asarray(image).astype(np.float64)
    peak = values[np.isfinite(values)].max(initial=0.0)
    white = 65535.0 if image.mode.startswith("I;16") or peak > 255 else 255.0
    if image.mode == "F" and peak <= 1:
        white = 1.0
    values = np.nan_to_num(values * (255 / white), nan=0.0)
    gray = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return PIL.Image.fromarray(gray)


def write_png(path: Path, image: Image, xmp: str = "", *, fast: bool = False) -> None:
    """
    Write an image as PNG with an optional XMP packet, atomically.

    With `fast`, no repeated patterns are searched for, which takes a third of the time.
    Photos have none, and their files become as small.
    """
    metadata = PngInfo()
    if xmp:
        metadata.add_itxt("XML:com.adobe.xmp", xmp)
    strategy = {"compress_type": zlib.Z_RLE} if fast else {}
    write_bytes(path, _encode(image, "PNG", pnginfo=metadata, **strategy))


def write_jpeg(path: Path, image: Image, quality: int = 92) -> None:
    """Write an image as JPEG, atomically."""
    write_bytes(path, encode_jpeg(image, quality))


def encode_jpeg(image: Image, quality: int = 92) -> bytes:
    """Return the bytes of a JPEG file."""
    return _encode(image, "JPEG", quality=quality, optimize=True)


def write_webp(path: Path, image: Image, quality: int = 80) -> None:
    """Write an image as WebP, atomically."""
    write_bytes(path, encode_webp(image, quality))


def encode_webp(image: Image, quality: int = 75) -> bytes:
    """Return the bytes of a WebP file; small images take half the space of JPEG."""
    return _encode(image, "WEBP", quality=quality, method=2)


def encode_lossless_webp(image: Image) -> bytes:
    """Return the bytes of a lossless WebP file; encoding PNG takes twice the time."""
    return _encode(image, "WEBP", lossless=True, quality=0, method=0)


def write_gif(path: Path, images: Iterable[Image], fps: int) -> None:
    """
    Write an endless animation of 128 colors, atomically.

    All frames share a palette, computed from one frame after a third of the time and
    the last one, so that parts that don't move have the same bytes and compress well.
    """
    frames = list(images)
    samples = np.concatenate([frames[len(frames) // 3], frames[-1]])
    palette = PIL.Image.fromarray(samples).quantize(128, PIL.Image.Quantize.MEDIANCUT)
    dither = PIL.Image.Dither.NONE
    first, *others = [
        PIL.Image.fromarray(frame).quantize(palette=palette, dither=dither)
        for frame in frames
    ]
    options = {"append_images": others, "duration": round(1000 / fps), "loop": 0}
    write_bytes(path, _encode(first, "GIF", save_all=True, **options))


def _encode(image: Image | PIL.Image.Image, file_format: str, **options: Any) -> bytes:
    if isinstance(image, np.ndarray):
        image = PIL.Image.fromarray(image)
    content = io.BytesIO()
    image.save(content, file_format, **options)
    return content.getvalue()
