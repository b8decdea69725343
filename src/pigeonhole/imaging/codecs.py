"""Read, write and resize pictures: the only user of image codecs."""

import io
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.ExifTags import Base
from PIL.PngImagePlugin import PngInfo

from pigeonhole.core.arrays import Picture
from pigeonhole.core.atomic import write_bytes
from pigeonhole.core.errors import UnreadablePhoto

USUAL = {
    "JPEG": "JPEG",
    "PNG": "PNG",
    "WEBP": "WebP",
    "AVIF": "AVIF",
    "JPEG2000": "JPEG 2000",
    "TIFF": "TIFF",
    "BMP": "BMP",
    "GIF": "GIF",
}
"""The usual formats, as Pillow and as people call them."""

FORMATS = (*USUAL, "PPM")
"""What is decoded, whatever a file's name says. Pillow knows more: one of them
(EPS) starts another program, others come from programs that hardly anyone has."""

KINDS = " or ".join(", ".join(USUAL.values()).rsplit(", ", 1))
"""The usual ones of them, for sentences."""

# Our own limit comes first and has its own sentence.
Image.MAX_IMAGE_PIXELS = None

# Odd metadata is no reason to refuse a picture, nor to talk about it.
warnings.filterwarnings("ignore", module=r"PIL\.")


def read_rgb(path: Path, max_pixels: int = 100_000_000) -> Picture:
    """
    Read a picture as a person would see it.

    The EXIF rotation is honoured; grey, palette, alpha (on white), CMYK and 16-bit
    pictures become RGB; of an animation the first frame is taken.

    Parameters
    ----------
    path : Path
    max_pixels : int
        A picture of more pixels is refused before it is decoded.

    Returns
    -------
    uint8 array, shape (rows, columns, 3)

    Raises
    ------
    UnreadablePhoto
        The file is missing, empty, broken, not a picture, or too large.
    """
    return decode_rgb(read_content(path, max_pixels), path, max_pixels)


def read_content(path: Path, max_pixels: int = 100_000_000) -> bytes:
    """Read the bytes of a picture file, unless it's absurdly large; see `read_rgb`."""
    try:
        size = path.stat().st_size
        # No picture in our formats takes more for a pixel than four 32-bit floats.
        if size > 16 * max_pixels + 1_000_000:
            raise UnreadablePhoto(
                path,
                f"{size} bytes are too many for {max_pixels} pixels "
                "(photos.max_pixels)",
            )
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "no such file").lower()
        raise UnreadablePhoto(path, reason) from None


def read_alpha(path: Path, max_pixels: int = 100_000_000) -> Picture | None:
    """
    Read how opaque a picture is; see `read_rgb`.

    Returns
    -------
    uint8 array, shape (rows, columns), or None for a picture that isn't transparent
    """
    content = read_content(path, max_pixels)
    with _opened(content, path, max_pixels) as image:
        if not image.has_transparency_data:
            return None
        seen = ImageOps.exif_transpose(image).convert("RGBA").getchannel("A")
        return np.asarray(seen, dtype=np.uint8).copy()


def seen_size(path: Path, max_pixels: int = 100_000_000) -> tuple[int, int]:
    """Return width and height of a picture as `read_rgb` would, without decoding it."""
    with _opened(read_content(path, max_pixels), path, max_pixels) as image:
        turned = image.getexif().get(Base.Orientation, 1) >= 5
        return image.size[::-1] if turned else image.size


def decode_rgb(
    content: bytes, name: Path | str, max_pixels: int = 100_000_000
) -> Picture:
    """Decode the bytes of a picture file; see `read_rgb`."""
    with _opened(content, name, max_pixels) as image:
        return _as_rgb(ImageOps.exif_transpose(image))


@contextmanager
def _opened(content: bytes, name: Path | str, max_pixels: int) -> Iterator[Image.Image]:
    """Open a picture of no more than `max_pixels`; tell what is wrong with it."""
    if not content:
        raise UnreadablePhoto(name, "the file is empty")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise UnreadablePhoto(
                    name,
                    f"{width}x{height} is more than the {max_pixels} pixels allowed "
                    "(photos.max_pixels)",
                )
            yield image
    except UnreadablePhoto:
        raise
    except UnidentifiedImageError:
        raise UnreadablePhoto(name, f"it isn't a picture ({KINDS})") from None
    # Decoders meet damaged bytes with all kinds of errors.
    except Exception as error:  # noqa: BLE001
        raise UnreadablePhoto(name, f"the picture is broken ({error})") from None


def _as_rgb(image: Image.Image) -> Picture:
    if image.mode.startswith("I") or image.mode == "F":
        image = _as_grey(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return np.asarray(image.convert("RGB"), dtype=np.uint8).copy()


def _as_grey(image: Image.Image) -> Image.Image:
    """Bring 16-bit and float greys to bytes, which Pillow would clip instead."""
    values = np.asarray(image).astype(np.float64)
    peak = values[np.isfinite(values)].max(initial=0.0)
    full = 65535.0 if image.mode.startswith("I;16") or peak > 255 else 255.0
    if image.mode == "F" and peak <= 1:
        full = 1.0
    values = np.nan_to_num(values * (255 / full), nan=0.0)
    grey = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return Image.fromarray(grey)


def write_png(path: Path, picture: Picture, xmp: str = "") -> None:
    """Write a picture without loss, whole or not at all, with an XMP packet in it."""
    facts = PngInfo()
    if xmp:
        facts.add_itxt("XML:com.adobe.xmp", xmp)
    write_bytes(path, _encode(picture, "PNG", pnginfo=facts))


def write_jpeg(path: Path, picture: Picture, quality: int = 92) -> None:
    """Write a picture as JPEG, whole or not at all."""
    write_bytes(path, encode_jpeg(picture, quality))


def encode_jpeg(picture: Picture, quality: int = 92) -> bytes:
    """Return the bytes of a JPEG file."""
    return _encode(picture, "JPEG", quality=quality, optimize=True)


def write_webp(path: Path, picture: Picture, quality: int = 80) -> None:
    """Write a picture as WebP, whole or not at all."""
    write_bytes(path, encode_webp(picture, quality))


def encode_webp(picture: Picture, quality: int = 75) -> bytes:
    """Return the bytes of a WebP file: half of a JPEG's where pictures are small."""
    return _encode(picture, "WEBP", quality=quality, method=2)


def encode_exact_webp(picture: Picture) -> bytes:
    """Return the bytes of a WebP file without loss: PNG takes twice the time."""
    return _encode(picture, "WEBP", lossless=True, quality=0, method=0)


def write_gif(path: Path, pictures: Iterable[Picture], rate: int) -> None:
    """Write moving pictures that go round, whole or not at all, in 128 colours.

    All take the colours of one in the middle and of the last: what stands still is the
    same in each and costs nothing.
    """
    frames = list(pictures)
    seen = np.concatenate([frames[len(frames) // 3], frames[-1]])
    palette = Image.fromarray(seen).quantize(128, Image.Quantize.MEDIANCUT)
    flat = [
        Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE)
        for frame in frames
    ]
    content = io.BytesIO()
    flat[0].save(
        content,
        "GIF",
        save_all=True,
        append_images=flat[1:],
        duration=round(1000 / rate),
        loop=0,
    )
    write_bytes(path, content.getvalue())


def _encode(picture: Picture, form: str, **options: object) -> bytes:
    content = io.BytesIO()
    Image.fromarray(picture).save(content, form, **options)
    return content.getvalue()
