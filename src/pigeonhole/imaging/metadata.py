"""Read the metadata of image files. Odd values never raise: they are ignored.

Writers of metadata make all kinds of mistakes, which don't concern the pixels.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import PIL.Image
from PIL import TiffImagePlugin
from PIL.ExifTags import IFD, Base, Interop

from pigeonhole.imaging.color_profiles import (
    ADOBE_GAMMA,
    ADOBE_PRIMARIES,
    P3_PRIMARIES,
    REC2020_PRIMARIES,
    SRGB_CURVE,
    SRGB_PRIMARIES,
    make_profile,
)

MOSAIC_SOFTWARE = "Pigeonhole photo mosaic"
"""What the metadata of mosaics names as their software, so that they aren't photos."""

_ADOBE_RGB, _UNCALIBRATED = 2, 0xFFFF
_CICP_PRIMARIES = {1: SRGB_PRIMARIES, 9: REC2020_PRIMARIES, 12: P3_PRIMARIES}
_CICP_CURVES: dict[int, tuple[float, ...]] = {4: (2.2,), 8: (1.0,)}
_CICP_CURVES |= dict.fromkeys((1, 6, 13, 14, 15), SRGB_CURVE)
"""Primaries and curves of ITU-T H.273, without those of images with a high dynamic
range. Viewers show video curves as sRGB."""
_JP2_ICC_METHODS = b"\x02", b"\x03"
"""Methods of the box colr that embed a profile (ISO/IEC 15444-1, I.5.3.3)."""
_PNG_START = 8
_PNG_PIXEL_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}


def orientation(image: PIL.Image.Image) -> int:
    """Return how a loaded image must be turned, an EXIF orientation of 1 to 8."""
    # Pillow and libheif turn them while they are decoded.
    if image.format in ("TIFF", "HEIF"):
        return 1
    value = _exif(image).get(Base.Orientation)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def upright_size(image: PIL.Image.Image) -> tuple[int, int]:
    """Return width and height of an image, not loaded, after it is turned."""
    turn = orientation(image)
    if image.format == "TIFF" and Base.Orientation not in getattr(image, "tag_v2", ()):
        # The size is that after a turn by the tag, but not by XMP.
        turn = _exif(image).get(Base.Orientation, 1)
    return image.size[::-1] if turn in (5, 6, 7, 8) else image.size


def color_profile(image: PIL.Image.Image, content: bytes) -> bytes | None:
    """Return the ICC profile of an image, embedded or described, or None for sRGB."""
    info = image.info
    if code_points := _code_points(image, content):
        primaries = _CICP_PRIMARIES.get(code_points[0])
        curve = _CICP_CURVES.get(code_points[1])
        if primaries and curve:
            return make_profile(primaries, curve)
    if (profile := info.get("icc_profile")) and isinstance(profile, bytes):
        return profile
    if image.format == "JPEG2000":
        return _jp2_profile(content)
    if "srgb" in info:
        return None
    if image.format == "PNG" and ("gamma" in info or "chromaticity" in info):
        return _png_profile(info)
    if _is_adobe_rgb(image):
        return make_profile(ADOBE_PRIMARIES, (ADOBE_GAMMA,))
    return None


def is_mosaic(image: PIL.Image.Image) -> bool:
    """Return whether the metadata marks an image as a mosaic of this program."""
    info = image.info
    names = [info.get("Software"), info.get("comment")]
    # Without the condition, Pillow would decode a PNG to search for EXIF after it.
    if "exif" in info:
        names.append(_exif(image).get(Base.Software))
    if MOSAIC_SOFTWARE in map(_as_text, names):
        return True
    # Other programs write the name into XMP as an element or as an attribute.
    mark = re.compile(rf"CreatorTool\s*(>|=\s*[\"'])\s*{MOSAIC_SOFTWARE}\s*[<\"']")
    packets = info.get("xmp"), info.get("XML:com.adobe.xmp")
    return any(mark.search(_as_text(packet)) for packet in packets)


def _as_text(value: object) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return text.strip("\0 ")


def is_misread(image: PIL.Image.Image) -> bool:
    """
    Return whether Pillow decodes an image, not loaded, wrongly and without an error.

    These are 16-bit TIFF images with a plane for each channel, or with inverted gray.
    """
    tags = getattr(image, "tag_v2", {})
    separate = tags.get(TiffImagePlugin.PLANAR_CONFIGURATION) == 2
    inverted = tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0
    bits = tags.get(TiffImagePlugin.BITSPERSAMPLE, ())
    return max(bits, default=1) > 8 and (inverted or (separate and len(bits) > 1))


def without_png_metadata(content: bytes) -> bytes:
    """Return a PNG file with the chunks that its pixels need, and no others."""
    kept = (body for name, body in _png_chunks(content) if name in _PNG_PIXEL_CHUNKS)
    return content[:_PNG_START] + b"".join(kept)


def _exif(image: PIL.Image.Image) -> Mapping[int, Any]:
    try:
        return dict(image.getexif())
    # Pillow's parser raises all kinds of exceptions.
    except Exception:  # noqa: BLE001
        return {}


def _is_adobe_rgb(image: PIL.Image.Image) -> bool:
    """Return whether EXIF names Adobe RGB, as cameras do that embed no profile."""
    try:
        exif = image.getexif()
        space = exif.get_ifd(IFD.Exif).get(Base.ColorSpace)
        if space == _UNCALIBRATED:
            index = exif.get_ifd(IFD.Interop).get(Interop.InteropIndex)
            return str(index).startswith("R03")
    except Exception:  # noqa: BLE001
        return False
    return bool(space == _ADOBE_RGB)


def _png_profile(info: Mapping[Any, Any]) -> bytes | None:
    """Return the profile that the chunks gAMA and cHRM of a PNG file describe."""
    gamma = 1 / (info.get("gamma") or 1 / 2.2)
    values = info.get("chromaticity") or ()
    pairs = tuple(zip(values[::2], values[1::2], strict=False)) or SRGB_PRIMARIES
    # Gamma 2.2 is how programs write sRGB.
    curve = SRGB_CURVE if abs(gamma - 2.2) < 0.1 else (gamma,)
    if not 0.5 <= gamma <= 4:
        return None
    try:
        return make_profile(pairs, curve)
    # Primaries on a line, or a white without brightness.
    except (ArithmeticError, ValueError, struct.error):
        return None


def _code_points(image: PIL.Image.Image, content: bytes) -> tuple[int, int] | None:
    """Return primaries and curve as numbers of ITU-T H.273, if a file names them."""
    if image.format == "PNG":
        for name, chunk in _png_chunks(content):
            if name == b"cICP":
                return (chunk[8], chunk[9]) if len(chunk) >= 14 else None
            if name == b"IDAT":
                return None
    if image.format in ("AVIF", "HEIF") and "icc_profile" not in image.info:
        start = content.find(b"colrnclx", 0, 1 << 16) + 8
        if start >= 8 and len(content) >= start + 4:
            primaries, curve = struct.unpack_from(">HH", content, start)
            return primaries, curve
    return None


def _jp2_profile(content: bytes) -> bytes | None:
    """Return the ICC profile in the header of a JPEG 2000 file, if it has one."""
    for name, header in _boxes(content):
        for kind, body in _boxes(header) if name == b"jp2h" else ():
            if kind == b"colr" and body[:1] in _JP2_ICC_METHODS:
                return body[3:]
    return None


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the type and the content of each box of a JPEG 2000 file."""
    start = 0
    while start + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, start)
        # Other lengths mean a large box or the last one: that of the pixels.
        if length <= 8:
            return
        yield name, content[start + 8 : start + length]
        start += length


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name of each chunk of a PNG file, and the chunk as a whole."""
    start = _PNG_START
    while start + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, start)
        end = start + 12 + length
        yield name, content[start:end]
        start = end
