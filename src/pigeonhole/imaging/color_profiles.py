"""Convert the colors of image files to sRGB, by their profiles, with littleCMS."""

import io
import struct
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import PIL.Image
from PIL import ImageCms

from pigeonhole.core.arrays import Float32Array, Float64Array, Image

Chromaticities = tuple[tuple[float, float], ...]
"""CIE x and y of white, red, green and blue."""

D65 = (0.3127, 0.3290)
SRGB_PRIMARIES = (D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
ADOBE_PRIMARIES = (D65, (0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
P3_PRIMARIES = (D65, (0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
REC2020_PRIMARIES = (D65, (0.708, 0.292), (0.17, 0.797), (0.131, 0.046))
ADOBE_GAMMA = 563 / 256
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""Parameters g, a, b, c, d of the ICC curve (ax + b)^g for x >= d, else cx."""

INTENT = ImageCms.Intent.PERCEPTUAL
"""littleCMS's default. Profiles that consist of primaries and curves, as those of all
common RGB spaces do, have no table for it and are converted colorimetrically."""

_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
"""Pillow's modes of images in the color spaces of profiles."""


class Conversion(NamedTuple):
    """A conversion to sRGB from images of one of Pillow's modes."""

    mode: str
    transform: ImageCms.ImageCmsTransform
    profile: bytes
    has_matrix: bool
    """True for RGB profiles of primaries and curves, without a table."""


@lru_cache(maxsize=64)
def conversion(profile: bytes) -> Conversion | None:
    """
    Return the conversion from an ICC profile to sRGB.

    It is None if no pixel would change by more than a level, as with the sRGB profiles
    of most photos, or if the profile is damaged or of another kind.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _SPACES[source.profile.xcolor_space.strip()]
        has_matrix = mode == "RGB" and source.profile.is_matrix_shaper
        has_matrix = has_matrix and not (source.profile.clut or {})[INTENT][0]
        # Only conversions by a matrix are accurate in littleCMS's fast version; with
        # linear gray it is wrong by 10 levels, with CMYK by up to 20.
        flags = ImageCms.Flags.NONE if has_matrix else ImageCms.Flags.NOOPTIMIZE
        transform = _transform(source, mode, flags=flags)
    except (ImageCms.PyCMSError, OSError, KeyError, ValueError, TypeError):
        return None
    if mode in ("RGB", "L"):
        levels = np.arange(0, 256, 15, dtype=np.uint8)
        grid = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(-1, 1, 3)
        probe = PIL.Image.fromarray(grid if mode == "RGB" else grid[..., 0])
        before = np.asarray(probe.convert("RGB"), np.int16)
        after = np.asarray(ImageCms.applyTransform(probe, transform), np.int16)
        if np.abs(after - before).max() <= 1:
            return None
    return Conversion(mode, transform, profile, has_matrix)


def _transform(
    source: ImageCms.ImageCmsProfile,
    mode: str,
    target: ImageCms.ImageCmsProfile | None = None,
    target_mode: str = "RGB",
    flags: ImageCms.Flags = ImageCms.Flags.NOOPTIMIZE,
) -> ImageCms.ImageCmsTransform:
    """Return a conversion between profiles, by default to sRGB."""
    spaces = source, target or ImageCms.createProfile("sRGB"), mode, target_mode
    return ImageCms.buildTransform(*spaces, INTENT, flags)


def to_srgb(image: PIL.Image.Image, found: Conversion) -> PIL.Image.Image | None:
    """
    Return an image as sRGB, mode RGB, without its alpha channel.

    It is None if the profile is for images of another kind, such as gray ones.
    """
    # Palettes have colors. A gray image with the profile of a color space is neutral.
    if found.mode == "RGB" and image.mode not in ("CMYK", "LAB"):
        image = image.convert("RGB")
    elif found.mode == "L" and image.mode == "1":
        image = image.convert("L")
    if image.mode != found.mode:
        return None
    return ImageCms.applyTransform(image, found.transform)


def to_srgb_16(pixels: npt.NDArray[np.uint16], found: Conversion) -> Image | None:
    """
    Return 16-bit pixels, shape (rows, columns[, 3 or 4]), as sRGB of 8 bits.

    Pillow would round them to 8 bits before the conversion, which loses shadows. The
    result is None if the profile is for images of another kind.
    """
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if {1: "L", 3: "RGB", 4: "CMYK"}.get(channels) != found.mode:
        return None
    result = np.empty((*pixels.shape[:2], 3), np.uint8)
    rows = max(1, _STRIP_PIXELS // pixels.shape[1])
    for first in range(0, len(pixels), rows):
        strip = slice(first, first + rows)
        if found.mode == "L":
            result[strip] = _gray_table(found.profile)[pixels[strip]]
        elif found.has_matrix:
            result[strip] = _convert_by_matrix(pixels[strip], found.profile)
        else:
            result[strip] = _interpolate(pixels[strip], found)
    return result


_STRIP_PIXELS = 2**20
"""Pixels of 16 bits that are converted at a time, which bounds the memory."""
_LEVELS = np.arange(2**16, dtype=np.uint16).reshape(256, 256)


@lru_cache(maxsize=1)
def _gray_table(profile: bytes) -> Image:
    """Return the colors of all 16-bit gray values, shape (65536, 3)."""
    transform = _transform(ImageCms.ImageCmsProfile(io.BytesIO(profile)), "I;16")
    colors = ImageCms.applyTransform(PIL.Image.fromarray(_LEVELS), transform)
    return np.asarray(colors, np.uint8).reshape(-1, 3)


def _convert_by_matrix(pixels: npt.NDArray[np.uint16], profile: bytes) -> Image:
    """Convert RGB pixels by the curves and primaries of their profile."""
    curves, matrix = _curves_and_matrix(profile)
    light = np.stack([curves[i][pixels[..., i]] for i in range(3)], axis=-1) @ matrix
    light = np.clip(light, 0, 1)
    colors: Float32Array = np.where(
        light <= 0.0031308, 12.92 * light, 1.055 * light ** np.float32(1 / 2.4) - 0.055
    )
    return np.asarray(np.rint(255 * colors), np.uint8)


@lru_cache(maxsize=4)
def _curves_and_matrix(profile: bytes) -> tuple[Float32Array, Float32Array]:
    """Return the light of all levels, shape (3, 65536), and the matrix to sRGB."""
    # Of images of 16 bits, Pillow passes only gray ones to littleCMS. It converts all
    # levels by the curve of each channel, as the curve of a gray profile.
    linear = ImageCms.ImageCmsProfile(io.BytesIO(make_profile(None, (1.0,))))
    tags, curves = _tags_of(profile), []
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        content = _pack_profile(b"GRAY", [(b"wtpt", _xyz(_D50)), (b"kTRC", tags[name])])
        gray = ImageCms.ImageCmsProfile(io.BytesIO(content))
        transform = _transform(gray, "I;16", linear, "I;16")
        light = ImageCms.applyTransform(PIL.Image.fromarray(_LEVELS), transform)
        curves.append(np.asarray(light, np.float32).ravel() / 65535)
    source = _primaries(ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile)
    matrix = source @ np.linalg.inv(_primaries(ImageCms.createProfile("sRGB")))
    return np.stack(curves), matrix.astype(np.float32)


def _primaries(profile: Any) -> Float64Array:
    """Return XYZ of red, green and blue, as rows, under D50."""
    colors = profile.red_colorant, profile.green_colorant, profile.blue_colorant
    return np.array([xyz for xyz, _ in colors], np.float64)


def _tags_of(profile: bytes) -> dict[bytes, bytes]:
    """Return the tags of an ICC profile by name."""
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = struct.iter_unpack(">4sII", profile[132 : 132 + 12 * count])
    return {name: profile[start : start + size] for name, start, size in entries}


def _interpolate(pixels: npt.NDArray[np.uint16], found: Conversion) -> Image:
    """
    Interpolate between the conversions of 8-bit colors, in simplices.

    Profiles with a table are interpolated by littleCMS as well.
    """
    colors = pixels.reshape(*pixels.shape[:2], -1)
    corner, rest = (part.astype(np.float32) for part in np.divmod(colors, 257))
    order = np.argsort(-rest, axis=2)
    # From the darkest corner, the path to each color adds one channel after the other.
    weights = np.take_along_axis(rest, order, axis=2) / 257
    steps = np.concatenate([np.ones_like(weights[..., :1]), weights], axis=2)
    shares = steps - np.concatenate([weights, np.zeros_like(steps[..., :1])], axis=2)
    result = np.zeros((*pixels.shape[:2], 3), np.float32)
    for number in range(steps.shape[2]):
        if number:
            channel = order[..., number - 1 : number]
            added = np.take_along_axis(corner, channel, axis=2) + 1
            np.put_along_axis(corner, channel, np.minimum(added, 255), axis=2)
        levels = corner.astype(np.uint8).tobytes()
        image = PIL.Image.frombytes(found.mode, pixels.shape[1::-1], levels)
        converted = ImageCms.applyTransform(image, found.transform)
        result += shares[..., number : number + 1] * np.asarray(converted)
    return np.rint(result).astype(np.uint8)


def lab_to_rgb(image: PIL.Image.Image) -> PIL.Image.Image:
    """Convert a Lab image, whose white is that of ICC profiles, to sRGB."""
    converted = ImageCms.applyTransform(image, _lab_transform())
    assert converted is not None
    return converted


@lru_cache(maxsize=1)
def _lab_transform() -> ImageCms.ImageCmsTransform:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    return _transform(lab, "LAB")


@lru_cache(maxsize=64)
def make_profile(primaries: Chromaticities | None, curve: tuple[float, ...]) -> bytes:
    """
    Return an ICC profile, version 4, of an RGB space, or of gray without primaries.

    `curve` consists of the parameters of a parametric curve (ICC.1:2022, 10.18): a
    gamma, or five as in `SRGB_CURVE`. Colors are adapted to the white of profiles, D50,
    with the Bradford transform.
    """
    kinds = {1: 0, 5: 3}
    shape = struct.pack(">4sIHH", b"para", 0, kinds[len(curve)], 0)
    shape += b"".join(map(_fixed, curve))
    text = "Pigeonhole".encode("utf-16-be")
    description = struct.pack(
        ">4sIIIHHII", b"mluc", 0, 1, 12, 0x656E, 0x5553, len(text), 28
    )
    tags = [(b"desc", description + text), (b"cprt", description + text)]
    tags += [(b"wtpt", _xyz(_D50))]
    if primaries is None:
        tags += [(b"kTRC", shape)]
    else:
        for name, column in zip((b"r", b"g", b"b"), _adapted(primaries).T, strict=True):
            tags += [(name + b"XYZ", _xyz(column)), (name + b"TRC", shape)]
    return _pack_profile(b"GRAY" if primaries is None else b"RGB ", tags)


def _pack_profile(space: bytes, tags: list[tuple[bytes, bytes]]) -> bytes:
    """Return an ICC profile of a display with these tags."""
    start = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags:
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(
        ">I4sI4s4s4s", start + len(body), b"", 0x04200000, b"mntr", space, b"XYZ "
    )
    header += struct.pack(">6H4s", 2000, 1, 1, 0, 0, 0, b"acsp")
    header = header.ljust(68, b"\0") + b"".join(map(_fixed, _D50))
    return header.ljust(128, b"\0") + table + body


_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def _adapted(primaries: Chromaticities) -> Float64Array:
    """Return XYZ of red, green and blue, as columns, under D50."""
    white, *colors = (np.array([x / y, 1, (1 - x - y) / y]) for x, y in primaries)
    columns = np.column_stack(colors)
    columns = columns * np.linalg.solve(columns, white)
    gains = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    adaptation = np.linalg.inv(_BRADFORD) @ np.diag(gains) @ _BRADFORD
    return np.asarray(adaptation @ columns, np.float64)


def _xyz(values: Any) -> bytes:
    return struct.pack(">4sI", b"XYZ ", 0) + b"".join(map(_fixed, values))


def _fixed(value: float) -> bytes:
    """Encode a number as s15Fixed16."""
    return struct.pack(">i", round(value * 65536))
