"""Decode and encode image files."""

import ctypes
import io
import logging
import stat
import threading
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import PIL.Image
from PIL import PngImagePlugin, UnidentifiedImageError, _imaging
from PIL.ExifTags import Base
from PIL.Image import Transpose
from PIL.PngImagePlugin import PngInfo

from pigeonhole.core.arrays import Image
from pigeonhole.core.atomic import write_bytes
from pigeonhole.core.errors import UnreadableImage, reason_of
from pigeonhole.imaging import metadata
from pigeonhole.imaging.color_profiles import (
    Conversion,
    conversion,
    lab_to_rgb,
    to_srgb,
    to_srgb_16,
)
from pigeonhole.imaging.signatures import HEAD_BYTES, describe_other, image_format

COMMON_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "JPEG2000", "TIFF", "BMP", "GIF")
FORMAT_NAMES = "JPEG, PNG, WebP, HEIC, AVIF, JPEG 2000, TIFF, BMP or GIF"
"""The common formats as text for messages."""

DECODED_FORMATS = (*COMMON_FORMATS, "PPM")
"""Formats that Pillow decodes, whatever the file's suffix. It supports more, but its
decoder of EPS starts another program, and the others are rare."""

DEFAULT_MAX_PIXELS = 250_000_000
"""Images with more pixels are refused by default; phones take photos of 200 million."""
ANY_SIZE = 10**11
"""Limit for images that this program wrote itself."""
LARGE_PIXELS = 50_000_000
"""Images with more pixels are decoded one at a time, which bounds the memory."""
MAX_LOST = 0.02
"""Maximum share of the pixels of a truncated JPEG file that may be missing."""


class Pixels(NamedTuple):
    """
    An image before its transparent parts are composited over white.

    Attributes
    ----------
    color : uint8 array, shape (rows, columns, 3)
        sRGB, also where the image is transparent.
    alpha : uint8 array, shape (rows, columns), or None
        None if the image has no alpha channel.
    """

    color: Image
    alpha: Image | None

    def over_white(self) -> Image:
        """Return the image composited over white, shape (rows, columns, 3)."""
        if self.alpha is None:
            return self.color
        image = PIL.Image.fromarray(np.dstack([self.color, self.alpha]))
        white = PIL.Image.new("RGBA", image.size, "white")
        image = PIL.Image.alpha_composite(white, image)
        return np.asarray(image.convert("RGB"), dtype=np.uint8).copy()


def read_rgb(path: Path, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image:
    """
    Read an image as sRGB.

    Colors are converted by the file's profile, and the EXIF orientation is applied.
    Gray, palette, CMYK, Lab and 16-bit images are converted, transparent ones are
    composited over white, and of several images in a file only the first, or the
    primary one of HEIC, is read.

    Raises
    ------
    UnreadableImage
        The file is missing, empty, damaged or not an image, or it has more than
        `max_pixels`, which is checked before it is decoded.
    """
    return decode_rgb(read_content(path, max_pixels), path, max_pixels)


def read_reduced(path: Path, max_side: int) -> Image:
    """
    Read an image of this program as RGB, at a fraction of its size if it is large.

    If its longest side has more than `max_side` pixels, the size is divided by a whole
    number while strips are read, so that memory is bounded. Transparent parts are
    composited over white. Raises UnreadableImage.
    """
    # Imported here: libvips is slow to import, and few files need it.
    import pyvips

    try:
        options = {"access": "sequential", "fail_on": "truncated"}
        # Only the header is read here.
        image = pyvips.Image.new_from_file(str(path), **options)
        longest = max(image.width, image.height)
        if longest <= max_side:
            return read_rgb(path, ANY_SIZE)
        factor = -(-longest // max_side)
        # libvips would truncate blended and mean whole numbers.
        image = image.colourspace("srgb").cast("float")
        if image.hasalpha():
            image = image.flatten(background=255, max_alpha=255)
        pixels = image.shrink(factor, factor).numpy()
    except pyvips.Error:
        raise UnreadableImage(path, "the image is damaged") from None
    return np.asarray(np.rint(pixels), np.uint8)


def read_pixels(path: Path, max_pixels: int = DEFAULT_MAX_PIXELS) -> Pixels:
    """Read the colors and the alpha channel of an image; see `read_rgb`."""
    return decode_pixels(read_content(path, max_pixels), path, max_pixels)


def read_content(path: Path, max_pixels: int = DEFAULT_MAX_PIXELS) -> bytes:
    """Read the bytes of an image file unless it is far too large; see `read_rgb`."""
    try:
        status = path.stat()
        # Reading a device or a pipe might never end.
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise UnreadableImage(path, "it isn't a file")
        size = status.st_size
        # No supported format needs more than four 32-bit floats for a pixel.
        if size > 16 * max_pixels + 1_000_000:
            reason = f"{size:,} bytes are too many for an image of {max_pixels:,} "
            reason += "pixels, the maximum; raise max_pixels"
            raise UnreadableImage(path, reason, too_large=True)
        return path.read_bytes()
    except OSError as error:
        raise UnreadableImage(path, reason_of(error)) from None


def image_size(path: Path, max_pixels: int = DEFAULT_MAX_PIXELS) -> tuple[int, int]:
    """Return width and height of what `read_rgb` returns, without decoding."""
    return content_size(read_content(path, max_pixels), path, max_pixels)


def content_size(
    content: bytes, name: Path | str, max_pixels: int = DEFAULT_MAX_PIXELS
) -> tuple[int, int]:
    """Return width and height of what `decode_rgb` returns, without decoding."""
    try:
        with _opened(content, name, max_pixels) as image:
            return metadata.upright_size(image)
    except UnreadableImage:
        # Some files need more than Pillow.
        height, width = decode_pixels(content, name, max_pixels).color.shape[:2]
        return width, height


def is_mosaic(content: bytes) -> bool:
    """Return whether an image file is marked as a mosaic of this program."""
    try:
        with _opened(content, "", DEFAULT_MAX_PIXELS) as image:
            return metadata.is_mosaic(image)
    except UnreadableImage:
        return False


def jpeg_damage(content: bytes) -> str | None:
    """
    Return how the data of a JPEG file are damaged, or None if they are intact.

    Damage in the middle of a file leaves gray or shifted parts, without an error.
    """
    if image_format(content[:HEAD_BYTES]) != "JPEG":
        return None
    # Imported here: libvips is slow to import. Pillow hides the decoder's warnings.
    import pyvips

    options = {"access": "sequential", "fail_on": "warning"}
    try:
        image = pyvips.Image.jpegload_buffer(content, **options)
        # The last row is decoded after all others.
        image.crop(0, image.height - 1, image.width, 1).max()
    except pyvips.Error:
        # Its messages are shared by all threads, so they may be of another file.
        scan = content[content.rfind(b"\xff\xda") :]
        return "corrupt data" if b"\xff\xd9" in scan else "premature end of the file"
    return None


def decode_rgb(
    content: bytes, name: Path | str, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Image:
    """Decode the bytes of an image file; see `read_rgb`."""
    return decode_pixels(content, name, max_pixels).over_white()


def decode_pixels(
    content: bytes, name: Path | str, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Pixels:
    """Decode the colors and the alpha channel of an image file; see `read_rgb`."""
    try:
        return _decode(content, name, max_pixels)
    except UnreadableImage as error:
        if error.too_large:
            raise
        found = image_format(content[:HEAD_BYTES])
        if found == "PNG":
            # Texts and profiles of any size and kind are no reason to refuse an image.
            return _decode(metadata.without_png_metadata(content), name, max_pixels)
        if found == "JPEG":
            return _decode(_completed(content, error, max_pixels), name, max_pixels)
        if found == "TIFF":
            return _decode_tiff(content, error, max_pixels)
        raise


def decode_small(
    content: bytes, name: Path | str, side: int, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Image:
    """
    Decode an image for a thumbnail, at least `side` pixels long; see `read_rgb`.

    JPEG files are decoded at a fraction of their size, which is faster.
    """
    if image_format(content[:HEAD_BYTES]) == "JPEG":
        with suppress(UnreadableImage), _opened(content, name, max_pixels) as image:
            width, height = image.size
            scale = min(1, side / max(width, height))
            size = max(1, int(scale * width)), max(1, int(scale * height))
            image.draft(None, size)
            return _as_pixels(image, content).over_white()
    return decode_rgb(content, name, max_pixels)


def _decode(content: bytes, name: Path | str, max_pixels: int) -> Pixels:
    with _opened(content, name, max_pixels) as image:
        if metadata.is_misread(image):
            raise UnreadableImage(name, "it is of a rare kind of TIFF")
        large = image.width * image.height > LARGE_PIXELS
        with _large_image if large else nullcontext():
            return _as_pixels(image, content)


@contextmanager
def _opened(
    content: bytes, name: Path | str, max_pixels: int
) -> Iterator[PIL.Image.Image]:
    """Open an image of at most `max_pixels`; raise `UnreadableImage` for any error."""
    if not content:
        raise UnreadableImage(name, "the file is empty")
    head = content[:HEAD_BYTES]
    try:
        with _quiet_pillow, _open(content, name) as image:
            width, height = image.size
            if width * height > max_pixels:
                limit = f"{max_pixels:,} pixels, the maximum"
                reason = f"{width}x{height} is more than {limit}; raise max_pixels"
                raise UnreadableImage(name, reason, too_large=True)
            yield image
    except UnreadableImage:
        raise
    except UnidentifiedImageError:
        kind = describe_other(head)
        reason = f"it is {kind}" if kind else f"it isn't an image ({FORMAT_NAMES})"
        if found := image_format(head):
            reason = f"the image is damaged, or it is of a rare kind of {found}"
        raise UnreadableImage(name, reason) from None
    # Decoders raise all kinds of exceptions for damaged files.
    except Exception as error:  # noqa: BLE001
        kind = "HEIC image" if image_format(head) == "HEIF" else "image"
        raise UnreadableImage(name, f"the {kind} is damaged ({error})") from None


def _open(content: bytes, name: Path | str) -> PIL.Image.Image:
    file = io.BytesIO(content)
    if image_format(content[:HEAD_BYTES]) != "HEIF":
        return PIL.Image.open(file, formats=DECODED_FORMATS)
    try:
        heif: Any = import_module("pi_heif")
    except ImportError:
        reason = "it is a HEIC image, which needs pi-heif: run `pip install pi-heif`"
        raise UnreadableImage(name, reason) from None
    # Registering the format with Pillow would change it for the whole process.
    image: PIL.Image.Image = heif.HeifImageFile(file)
    return image


class _QuietPillow:
    """
    Lifts Pillow's limits and ignores its warnings while images are decoded.

    The error for too many pixels doesn't name the setting. Profiles and texts of PNG
    files may be larger than a megabyte. Photos with odd metadata are usable. Limits and
    filters of warnings are global variables: of several threads that decode at the same
    time, the first one changes them and the last one restores them. So is libtiff's
    function that prints errors; they are raised as exceptions as well, and so are those
    that Pillow logs.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._users:
                self._pixels = PIL.Image.MAX_IMAGE_PIXELS
                self._text = PngImagePlugin.MAX_TEXT_CHUNK
                PIL.Image.MAX_IMAGE_PIXELS = None
                PngImagePlugin.MAX_TEXT_CHUNK = max(MAX_PNG_TEXT, self._text)
                warnings.filterwarnings("ignore", module=r"PIL\.")
                self._filter = warnings.filters[0]
                self._print_error = _tiff_error_handler(None)
                self._log_level = _pillow_log.level
                _pillow_log.setLevel(logging.CRITICAL)
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                PIL.Image.MAX_IMAGE_PIXELS = self._pixels
                PngImagePlugin.MAX_TEXT_CHUNK = self._text
                _tiff_error_handler(self._print_error)
                _pillow_log.setLevel(self._log_level)
                # The program may have restored other filters meanwhile.
                with suppress(ValueError):
                    cast("list[object]", warnings.filters).remove(self._filter)


def _tiff_error_handler(handler: int | None) -> int | None:
    """Set the function to which Pillow's libtiff passes errors; return the last one."""
    function = _tiff_function()
    return None if function is None else function(handler)


@lru_cache(maxsize=1)
def _tiff_function() -> Any:
    # Not all systems find the functions of libraries to which another one is linked.
    with suppress(AttributeError, OSError):
        function = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
        function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_void_p
        return function
    return None


MAX_PNG_TEXT = 16 * 2**20
"""Maximum size of a text or profile of a PNG file; larger ones are left out."""
_pillow_log = logging.getLogger("PIL")
_quiet_pillow = _QuietPillow()
_large_image = threading.Lock()


def _as_pixels(image: PIL.Image.Image, content: bytes) -> Pixels:
    """Load an opened image and return its pixels, upright and as sRGB."""
    raw_modes = str([tile[3] for tile in getattr(image, "tile", ())])
    image.load()
    profile = metadata.color_profile(image, content)
    found = conversion(profile) if profile else None
    transposition = _TRANSPOSITIONS.get(metadata.orientation(image))
    color = None
    if "LA;16" in raw_modes:
        # Pillow decodes it as RGBA.
        image = image.convert("LA")
    if found and ";16" in raw_modes:
        color = _convert_16_bits(image, content, found)
    if image.mode.startswith("I") or image.mode == "F":
        image = _as_gray(image)
    image, alpha = _split_alpha(image)
    if found and not color:
        color = to_srgb(image, found)
    if not color:
        color = lab_to_rgb(image) if image.mode == "LAB" else image.convert("RGB")
    if transposition is not None:
        color = color.transpose(transposition)
        alpha = alpha and alpha.transpose(transposition)
    return Pixels(
        np.asarray(color, np.uint8).copy(),
        None if alpha is None else np.asarray(alpha, np.uint8).copy(),
    )


def _split_alpha(
    image: PIL.Image.Image,
) -> tuple[PIL.Image.Image, PIL.Image.Image | None]:
    """Return an image without its alpha channel, and that channel."""
    if not image.has_transparency_data:
        return image, None
    rgba = image.convert("RGBA")
    mode = "L" if image.mode in ("L", "LA", "La") else "RGB"
    return rgba.convert("RGB").convert(mode), rgba.getchannel("A")


_TRANSPOSITIONS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""What makes an image of each EXIF orientation upright."""


def _convert_16_bits(
    image: PIL.Image.Image, content: bytes, found: Conversion
) -> PIL.Image.Image | None:
    """Convert 16-bit pixels to sRGB, if libvips decodes the same image as Pillow."""
    if image.mode.startswith("I;16"):
        pixels = np.asarray(image).astype(np.uint16)
    else:
        # Imported here: libvips is slow to import, and few files need it.
        import pyvips

        try:
            pixels = pyvips.Image.new_from_buffer(content, "").numpy()
        except pyvips.Error:
            return None
        rounded = np.asarray(_split_alpha(image)[0])
        # Without the alpha channel.
        if pixels.ndim == 3:
            pixels = pixels[..., 0 if rounded.ndim == 2 else slice(rounded.shape[2])]
        # Files of rare kinds are turned or scaled in another way.
        if (
            pixels.dtype != np.uint16
            or rounded.shape != pixels.shape
            or np.abs(rounded - (pixels / 257)).max() > 1
        ):
            return None
    converted = to_srgb_16(pixels, found)
    return None if converted is None else PIL.Image.fromarray(converted)


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


def _completed(content: bytes, error: UnreadableImage, max_pixels: int) -> bytes:
    """
    Return a truncated JPEG file with an end, if hardly any pixel is missing.

    Pixels are missing if they depend on what follows the data: they differ if noise
    follows. Otherwise the error is raised.
    """
    start, end = content.rstrip(b"\xff"), b"\xff\xd9"
    try:
        with _opened(start + end, "", max_pixels) as image:
            count = image.width * image.height
            first = np.asarray(image.convert("RGB"), np.int16)
        # Without the byte that starts markers.
        noise = np.random.default_rng(0).integers(0, 255, count // 4 + 64, np.uint8)
        with _opened(start + noise.tobytes() + end, "", max_pixels) as image:
            second = np.asarray(image.convert("RGB"), np.int16)
    except UnreadableImage:
        raise error from None
    lost = float((np.abs(first - second).max(axis=2) > 16).mean())
    if lost > MAX_LOST:
        raise error
    return start + end


def _decode_tiff(content: bytes, error: UnreadableImage, max_pixels: int) -> Pixels:
    """Decode a kind of TIFF that only libvips supports; otherwise raise the error."""
    # Imported here: libvips is slow to import, and few files need it.
    import pyvips

    try:
        image = pyvips.Image.tiffload_buffer(content, fail_on="warning")
        if image.width * image.height > max_pixels:
            raise error
        if image.get_typeof("icc-profile-data"):
            options = {"embedded": True, "intent": "perceptual", "depth": 8}
            image = image.icc_transform("srgb", **options)
        elif image.format in ("float", "double") and image.interpretation != "lab":
            white = next((w for w in (1, 255) if image.max() <= w), 65535)
            image = (image * (255 / white)).rint()
        elif image.format == "uint":
            image = image / 0x01010101
        else:
            image = image.colourspace("srgb")
        pixels = image.autorot().cast("uchar").numpy()
    except pyvips.Error:
        raise error from None
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.shape[2] < 3:
        pixels = np.concatenate([pixels[..., :1]] * 3 + [pixels[..., 1:]], axis=2)
    alpha = np.ascontiguousarray(pixels[..., 3]) if pixels.shape[2] > 3 else None
    return Pixels(np.ascontiguousarray(pixels[..., :3]), alpha)


def write_png(
    path: Path,
    image: Image,
    xmp: str = "",
    *,
    fast: bool = False,
    mosaic: bool = False,
) -> None:
    """
    Write an image as PNG with an optional XMP packet, atomically.

    With `mosaic`, the metadata mark it as a mosaic; see `is_mosaic`.
    With `fast`, no repeated patterns are searched for, which takes a third of the time.
    Photos have none, and their files become as small.
    """
    texts = PngInfo()
    if mosaic:
        texts.add_text("Software", metadata.MOSAIC_SOFTWARE)
    if xmp:
        texts.add_itxt("XML:com.adobe.xmp", xmp)
    strategy = {"compress_type": zlib.Z_RLE} if fast else {}
    write_bytes(path, _encode(image, "PNG", pnginfo=texts, **strategy))


def write_jpeg(
    path: Path, image: Image, quality: int = 92, *, mosaic: bool = False
) -> None:
    """Write an image as JPEG, atomically; for `mosaic`, see `write_png`."""
    comment = metadata.MOSAIC_SOFTWARE if mosaic else ""
    write_bytes(path, encode_jpeg(image, quality, comment))


def encode_jpeg(image: Image, quality: int = 92, comment: str = "") -> bytes:
    """Return the bytes of a JPEG file."""
    return _encode(image, "JPEG", quality=quality, optimize=True, comment=comment)


def write_webp(
    path: Path, image: Image, quality: int = 80, *, mosaic: bool = False
) -> None:
    """Write an image as WebP, atomically; for `mosaic`, see `write_png`."""
    exif = PIL.Image.Exif()
    if mosaic:
        exif[Base.Software] = metadata.MOSAIC_SOFTWARE
    write_bytes(path, encode_webp(image, quality, exif.tobytes() if mosaic else b""))


def encode_webp(image: Image, quality: int = 75, exif: bytes = b"") -> bytes:
    """Return the bytes of a WebP file; small images take half the space of JPEG."""
    return _encode(image, "WEBP", quality=quality, method=2, exif=exif)


def encode_lossless_webp(image: Image) -> bytes:
    """Return the bytes of a lossless WebP file; encoding PNG takes twice the time."""
    return _encode(image, "WEBP", lossless=True, quality=0, method=0)


def write_gif(path: Path, images: Iterable[Image], fps: int) -> None:
    """
    Write an endless animation of a mosaic in 128 colors, atomically.

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
    options: dict[str, Any] = {"append_images": others, "loop": 0}
    options |= {"duration": round(1000 / fps), "comment": metadata.MOSAIC_SOFTWARE}
    write_bytes(path, _encode(first, "GIF", save_all=True, **options))


def _encode(image: Image | PIL.Image.Image, file_format: str, **options: Any) -> bytes:
    if isinstance(image, np.ndarray):
        image = PIL.Image.fromarray(image)
    content = io.BytesIO()
    image.save(content, file_format, **options)
    return content.getvalue()
