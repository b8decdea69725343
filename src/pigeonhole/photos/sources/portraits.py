"""Studio portraits drawn around the small gray faces that scikit-image contains.

Lengths are in units of the side of a face: a face covers the square from (0, 0) to
(1, 1), and its portrait continues beyond. Colors and gray values are between 0 and 1.
Arithmetic is in float64, so that the rounded bytes are the same on all machines.
"""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import cv2
import numpy as np

from pigeonhole.core.arrays import Float64Array
from pigeonhole.core.geometry import Box, Size

SIZE = Size(200, 250)
"""Size of a portrait in pixels."""
FACE_SIDES = (70, 82)
"""Smallest and largest side of a face: wide and rotated crops fit into the portrait."""
SAMPLE_FACES = 100
"""Number of faces in scikit-image's `lfw_subset.npy`; the rest of it shows none."""
UNCLEAR = frozenset({4, 9, 12, 13, 16, 28, 29, 30, 34, 48, 51, 59, 82, 96})
"""Faces that are half hidden, in profile or in a hard shadow."""
HEAD_SIDE = 132
"""Side of an enlarged head in pixels."""
PIXELS = 25
"""Side of the faces in `lfw_subset.npy`."""
MARGINS = (6, 2, 4, 4)
"""Pixels above, below, left and right of a face that its head covers."""
HEAD_PIXELS = PIXELS + MARGINS[2] + MARGINS[3]
NECK_TOP = 0.6
"""Height at which the neck disappears behind the head."""
BROWN = np.array([1.03, 0.93, 0.83])
"""Color of hair."""
LUMA = np.array([0.299, 0.587, 0.114])


def _colors(text: str) -> Float64Array:
    """Return the colors ``rrggbb ...``, shape (n, 3)."""
    return np.array([list(bytes.fromhex(color)) for color in text.split()]) / 255


SKINS = _colors("6c4028 965c36 ba7b50 d29468 e2a880 ecb994 f4c8ac")
"""Skin in full light, from dark to light."""
# Backdrops and clothes: ordinary colors of paper, cloth and walls.
NEUTRALS = _colors(
    "fefdfb f4f2ee e6e3df d3cfcb bdb8b4 a19c98"
    " 7d7976 565150 2c2928 100e0e 0a0808 060505"
)
EARTHS = _colors(
    "e2bcac d8c6ac c9a27e b99d7b 7c5f44 4a3426"
    " 2a1a10 6b6440 45493a 3a3010 4a3c08 d98a3a"
)
WARMS = _colors(
    "e0602a d8743a d05028 c8481c c04418 b8501e"
    " b03c14 b05a48 9c2a1c 8a2018 6e1018 2c100a"
)
BLUES = _colors("2c3c58 5c7086 8ea2b0 1b2036 566468 181440 20104a")
PALETTES = (NEUTRALS, EARTHS, WARMS, BLUES)
PALETTE_SHARES = (0.40, 0.18, 0.30, 0.12)
"""Share of each palette among the backdrops."""


class Head(NamedTuple):
    """
    An enlarged head without its background, arrays of shape (HEAD_SIDE, HEAD_SIDE).

    Attributes
    ----------
    shade : float64 array
        Gray values.
    opacity : float64 array
        1 inside the head, 0 outside.
    hair : float64 array
        1 in the hair, 0 in the face.
    middle : float
        Median gray value of the face.
    skin : float
        Position in `SKINS`.
    """

    shade: Float64Array
    opacity: Float64Array
    hair: Float64Array
    middle: float
    skin: float


class Look(NamedTuple):
    """
    Colors, light and clothes of a portrait.

    Attributes
    ----------
    backdrop, clothes, skin, light : float64 array, shape (3,)
    lift : float
        Exposure above 1, which brightens shades without clipping highlights.
    lamp : int
        Side of the lamp: -1 for left, 1 for right.
    outfit : str
        roll neck, crew neck or jacket.
    """

    backdrop: Float64Array
    clothes: Float64Array
    skin: Float64Array
    light: Float64Array
    lift: float
    lamp: int
    outfit: str


def clear_faces() -> list[int]:
    """Return the numbers of the faces that are good enough for a portrait."""
    return [number for number in range(SAMPLE_FACES) if number not in UNCLEAR]


def draw_portrait(face: int, rng: np.random.Generator) -> tuple[Float64Array, Box]:
    """
    Return a portrait, shape (rows, columns, 3), and the box of its face in pixels.

    The portrait depends only on the number of the face and the state of the generator.
    """
    head = _head(face)
    if rng.random() < 0.5:
        head = _mirror(head)
    look = _random_look(head, rng)
    side = int(rng.integers(FACE_SIDES[0], FACE_SIDES[1] + 1))
    left = round(SIZE.width / 2 - side / 2 + rng.uniform(-3, 3))
    top = round(SIZE.height * 0.47 - side / 2 + rng.uniform(-3, 3))
    x = (np.arange(SIZE.width) + 0.5 - left)[None] / side
    y = (np.arange(SIZE.height) + 0.5 - top)[:, None] / side
    scene = _backdrop(look, x, y, rng)
    lower = int(np.searchsorted(y[:, 0], NECK_TOP))
    _add_neck(scene[lower:], look, x, y[lower:])
    _add_clothes(scene[lower:], look, x, y[lower:], rng)
    _add_head(scene, head, look, x, y, rng.normal(0, 2.5))
    if rng.random() < 0.2:
        scene = _gray_print(scene, rng)
    return scene.clip(0, 1), Box(left, top, side, side)


def _random_look(head: Head, rng: np.random.Generator) -> Look:
    palette = PALETTES[rng.choice(len(PALETTES), p=PALETTE_SHARES)]
    backdrop = palette[rng.integers(len(palette))] * rng.uniform(0.85, 1.08)
    backdrop = (backdrop + rng.normal(0, 0.006, 3)).clip(0.01, 0.98)
    # Clothes often have the color of the backdrop, as in fashion photos.
    if rng.random() < 0.7:
        clothes = (backdrop * rng.uniform(0.75, 1.15)).clip(0, 0.97)
    else:
        other = PALETTES[rng.integers(len(PALETTES))]
        clothes = other[rng.integers(len(other))]
    tone = np.clip(head.skin + rng.normal(0, 0.07), 0, 1) * (len(SKINS) - 1)
    skin = _interpolate(tone, np.arange(len(SKINS), dtype=float), SKINS)
    # The exposure follows the backdrop, from low-key to high-key.
    luma = float(_luma(backdrop))
    exposure = np.interp(luma, [0, 0.2, 0.5, 0.8, 1], [0.34, 0.7, 0.95, 1.2, 2.2])
    exposure *= rng.uniform(0.93, 1.07)
    # Some of the light comes from the backdrop: much of warm light, as in the evening.
    warm = np.clip(2 * (backdrop[0] - backdrop[2]), 0, 1)
    reflected = (0.1 + 0.4 * warm) * rng.uniform(0.3, 1)
    light = 1 - reflected + reflected * backdrop / max(luma, 0.05)
    light = min(exposure, 1) * light / max(1, float(_luma(light)))
    lamp = int(rng.choice([-1, 1]))
    outfit = str(rng.choice(["roll neck", "crew neck", "jacket"], p=[0.3, 0.35, 0.35]))
    return Look(backdrop, clothes, skin, light, max(exposure, 1), lamp, outfit)


def _backdrop(
    look: Look, x: Float64Array, y: Float64Array, rng: np.random.Generator
) -> Float64Array:
    """Return a painted canvas with a spot of light."""
    distance = np.hypot(x - 0.5 + rng.uniform(-0.3, 0.3), y - 0.4)
    brightness = 1.1 - 0.3 * _step(0.2, 1.3, distance)
    brightness += _clouds(rng, (7, 6), SIZE, 0.03)
    return np.asarray((look.backdrop * brightness[..., None]).clip(0, 1))


def _add_neck(
    scene: Float64Array, look: Look, x: Float64Array, y: Float64Array
) -> None:
    distance = abs(x - 0.5)
    width = 0.26 + 0.6 * (y - 1.08).clip(0, 1) ** 1.4
    inside = 1 - _step(width - 0.04, width + 0.01, distance)
    # The shadow of the chin.
    shade = 0.64 + 0.36 * _step(0.98, 1.2, y + 0.35 * distance)
    shade = shade * (0.86 - 0.19 * _step(0.1, 0.28, distance)) * _lit(look, x)
    skin = look.skin ** (1 / look.lift) * look.light * shade[..., None]
    _paint(scene, inside * _step(NECK_TOP, 0.7, y), skin)


def _add_clothes(
    scene: Float64Array,
    look: Look,
    x: Float64Array,
    y: Float64Array,
    rng: np.random.Generator,
) -> None:
    distance = abs(x - 0.5)
    edge = _clothes_edge(look.outfit, distance)
    shade = _lit(look, x) * (1 - 0.22 * _step(0.3, 1, distance))
    shade = shade + _clouds(rng, (3, 14), Size(SIZE.width, len(y)), 0.04)
    shade = shade * (0.7 + 0.3 * _step(0, 0.1, y - edge))
    cloth = np.broadcast_to(look.clothes, scene.shape).copy()
    if look.outfit == "roll neck":
        fold = np.exp(-(((y - 1.13 - 0.1 * distance) / 0.02) ** 2))
        shade = shade * (1 - 0.25 * fold * (distance < 0.26))
        shade = shade * (0.7 + 0.3 * _step(0.98, 1.12, y))
    elif look.outfit == "jacket":
        lapel = 0.24 - 0.38 * (y - 1.1)
        shirt = NEUTRALS[rng.integers(5)]
        _paint(cloth, 1 - _step(-0.012, 0.012, distance - lapel), shirt)
        shade = shade * (1 - 0.35 * np.exp(-(((distance - lapel) / 0.018) ** 2)))
    # Clothes reflect less of the color of the light than skin does.
    light = 0.12 + 0.88 * (0.5 * look.light + 0.5 * (_luma(look.light)))
    _paint(scene, _step(-0.018, 0.018, y - edge), cloth * shade[..., None] * light)


def _clothes_edge(outfit: str, distance: Float64Array) -> Float64Array:
    """Return the upper edge of clothes by the distance from the middle."""
    beyond = (distance - 0.24).clip(0)
    shoulder = 1.1 + 0.13 * (1 - np.exp(-beyond / 0.1)) + 0.2 * beyond
    shoulder += 6 * (distance - 0.9).clip(0) ** 2
    if outfit == "roll neck":
        return np.where(distance < 0.25, 1.05, shoulder)
    if outfit == "crew neck":
        arc = np.sqrt((1 - (distance / 0.3) ** 2).clip(0))
        return np.where(distance < 0.3, 1.13 + 0.13 * arc, shoulder)
    return np.where(distance < 0.27, 1.17 - 0.37 * distance, shoulder)


def _add_head(
    scene: Float64Array,
    head: Head,
    look: Look,
    x: Float64Array,
    y: Float64Array,
    angle: float,
) -> None:
    """Add the head, rotated by an angle in degrees."""
    color, opacity = _color_head(head, look.skin, look.lift), head.opacity
    # From pixels of the head to pixels of the portrait, rotated around the chin.
    head_x, head_y = _head_axes()
    head_pixel, pixel = head_x[0, 1] - head_x[0, 0], x[0, 1] - x[0, 0]
    chin = np.array([0.5, 0.85])
    head_chin = (chin - [head_x[0, 0], head_y[0, 0]]) / head_pixel
    matrix = cv2.getRotationMatrix2D((0, 0), angle, head_pixel / pixel)
    matrix[:, 2] = (chin - [x[0, 0], y[0, 0]]) / pixel - matrix[:, :2] @ head_chin
    layers = np.dstack([color, opacity])
    warped = cv2.warpAffine(layers, matrix, tuple(SIZE), flags=cv2.INTER_LINEAR)
    layers = np.asarray(warped, np.float64)
    lit = layers[..., :3] * look.light * _lit(look, x)[..., None]
    # Highlights keep their details, as on film.
    lit = np.where(lit > 0.8, 0.8 + 0.2 * np.tanh((lit - 0.8) / 0.2), lit)
    _paint(scene, layers[..., 3], lit)


def _color_head(head: Head, skin: Float64Array, lift: float) -> Float64Array:
    """Return the head in color: black, skin and white by gray value; brown hair."""
    luma = float(_luma(skin))
    gamma = np.clip(np.log(0.95 * luma) / np.log(head.middle), 0.6, 1.35)
    shade = head.shade ** (gamma / lift)
    skin, luma = skin ** (1 / lift), luma ** (1 / lift)
    shadow = 0.35 * luma + 0.3 * (skin - luma)
    ramp = np.stack([np.zeros(3), shadow, skin, np.ones(3)])
    color = _interpolate(shade, np.array([0, 0.35 * luma, luma, 1]), ramp)
    x, y = _head_axes()
    lips = np.exp(-(((x - 0.5) / 0.16) ** 2 + ((y - 0.79) / 0.07) ** 2))
    cheeks = np.exp(-(((abs(x - 0.5) - 0.22) / 0.1) ** 2 + ((y - 0.62) / 0.1) ** 2))
    color *= 1 + (lips + 0.5 * cheeks)[..., None] * np.array([0.03, -0.06, -0.05])
    _paint(color, 0.85 * head.hair, shade[..., None] * BROWN)
    return color


def _gray_print(scene: Float64Array, rng: np.random.Generator) -> Float64Array:
    """Return the scene in black and white, or slightly toned."""
    gray = _luma(scene.clip(0, 1))[..., None]
    warmth = rng.choice([0, 0.06, 0.12])
    return np.asarray(gray ** (1 + warmth * np.array([-1, 0, 1.2])))


@cache
def _head(face: int) -> Head:
    """Enlarge a face, give it hair, and cut it out."""
    gray = _enlarge(_faces()[face])
    inside = _face_distance() < 0.65
    low, high = np.percentile(gray[inside], [0.5, 99.7])
    middle = float(np.median(gray[inside]))
    strands, locks = _hair_noise(face)
    hair = _grow_hair(gray, middle, strands, locks)
    opacity = _cut_out(gray, middle, 0.018 * locks + 0.006 * strands)
    shade = 0.95 * ((gray - low) / (high - low)).clip(0, 1) + 0.03
    skin = float(np.interp(middle, [0.2, 0.6], [0.1, 0.95]))
    return Head(shade, opacity, hair, float(np.median(shade[inside])), skin)


def _grow_hair(
    gray: Float64Array, middle: float, strands: Float64Array, locks: Float64Array
) -> Float64Array:
    """Add hair, as dark as the darkest of it in the image; return where it is."""
    x, y = _head_axes()
    forehead = (y > 0) & (y < 0.16) & (abs(x - 0.5) < 0.4)
    dark = np.clip(0.9 * np.percentile(gray[forehead], 15), 0.12 * middle, 0.5 * middle)
    crown = np.hypot((x - 0.5) / 0.5, (y - 0.35) / 0.58)
    sheen = np.exp(-(((crown - 0.8) / 0.1) ** 2)) * (1 + 0.5 * locks)
    tone = dark * (1 + 0.1 * strands + 0.1 * locks)
    tone *= 0.92 + 0.35 * sheen - 0.25 * _step(0.85, 1.02, crown)
    hairline = _face_distance() + 0.035 * locks + 0.012 * strands
    hair = _step(0.86, 1.06, hairline) * (1 - _step(0.16, 0.52, y + 0.03 * strands))
    gray += hair * (0.35 * np.minimum(gray, 1.1 * tone) + 0.65 * tone - gray)
    return hair


def _cut_out(gray: Float64Array, middle: float, outline: Float64Array) -> Float64Array:
    """Replace background next to the cheeks by skin; return the head's opacity."""
    x, y = _head_axes()
    rim = _step(0.74, 0.92, _face_distance()) * _step(0.2, 0.5, y)
    soft = cv2.GaussianBlur(gray, (0, 0), 2)
    gray += rim * (soft.clip(0.7 * middle, 1.05 * middle) - gray)
    jaw = 0.445 - 0.135 * ((y - 0.42) / 0.58).clip(0, 1) ** 1.8
    distance = np.hypot((x - 0.5) / jaw, (y - 0.42) / np.where(y < 0.42, 0.625, 0.62))
    distance += outline * (1 - _step(0.2, 0.5, y))
    return 1 - _step(0.94, 1.01, distance)


def _hair_noise(face: int) -> tuple[Float64Array, Float64Array]:
    """Return fine and coarse noise that runs outward, as hair does."""
    x, y = _head_axes()
    rng = np.random.default_rng(face)
    radius = np.hypot(x - 0.5, 0.6 - y)
    angle = np.arctan2(x - 0.5, 0.6 - y) / np.pi
    strands = _polar_noise(rng, angle + 0.25 * (radius - 0.6), radius, 70)
    return strands, _polar_noise(rng, angle + 0.2 * (radius - 0.6), radius, 22)


def _mirror(head: Head) -> Head:
    return head._replace(
        shade=head.shade[:, ::-1],
        opacity=head.opacity[:, ::-1],
        hair=head.hair[:, ::-1],
    )


def _enlarge(face: Float64Array) -> Float64Array:
    """Return a face with margins of repeated pixels, enlarged and sharpened."""
    padded = cv2.copyMakeBorder(face, *MARGINS, cv2.BORDER_REPLICATE)
    size = (HEAD_SIDE, HEAD_SIDE)
    large = cv2.resize(padded, size, interpolation=cv2.INTER_LANCZOS4)
    # The samples are aliased; without this blur, sharpening shows their steps.
    large = cv2.GaussianBlur(large, (0, 0), 1.5)
    return np.asarray(large + 1.3 * (large - cv2.GaussianBlur(large, (0, 0), 3)))


@cache
def _head_axes() -> tuple[Float64Array, Float64Array]:
    """Return x and y of the pixels of an enlarged head."""
    axis = (np.arange(HEAD_SIDE) + 0.5) * (HEAD_PIXELS / HEAD_SIDE / PIXELS)
    x, y = np.meshgrid(axis - MARGINS[2] / PIXELS, axis - MARGINS[0] / PIXELS)
    return x, y


@cache
def _face_distance() -> Float64Array:
    """Return the distance from the middle of the face: 1 at its outline."""
    x, y = _head_axes()
    return np.hypot((x - 0.5) / 0.43, (y - 0.52) / np.where(y < 0.52, 0.53, 0.54))


def _polar_noise(
    rng: np.random.Generator, angle: Float64Array, radius: Float64Array, count: int
) -> Float64Array:
    """Return noise in long strands, `count` in a circle."""
    noise = rng.standard_normal((4, count))
    columns = ((angle + 0.5) * count).astype(np.float32)
    rows = (4 * radius).astype(np.float32)
    reflect = cv2.BORDER_REFLECT
    strands = cv2.remap(noise, columns, rows, cv2.INTER_CUBIC, borderMode=reflect)
    return np.asarray(strands, np.float64)


def _clouds(
    rng: np.random.Generator, shape: tuple[int, int], size: Size, contrast: float
) -> Float64Array:
    """Return soft noise: random values of a small shape, enlarged."""
    noise = rng.normal(0, contrast, shape)
    return np.asarray(cv2.resize(noise, tuple(size), interpolation=cv2.INTER_CUBIC))


def _lit(look: Look, x: Float64Array) -> Float64Array:
    """Return the brightness of a lamp on one side."""
    return np.asarray(0.78 + 0.34 * (0.5 + 0.9 * look.lamp * (x - 0.5)).clip(0, 1))


def _paint(scene: Float64Array, opacity: Float64Array, color: Float64Array) -> None:
    """Blend a color, or an image, over the scene."""
    scene += opacity[..., None] * (np.clip(color, 0, 1) - scene)


def _luma(color: Float64Array) -> Float64Array:
    """Return the luma of colors, shape (...)."""
    # Not a matrix product, whose rounding may depend on the number of threads.
    return np.asarray((color * LUMA).sum(axis=-1))


def _step(
    start: float | Float64Array, end: float | Float64Array, x: Float64Array
) -> Float64Array:
    """Return 0 up to the start, 1 from the end on, and a smooth step between."""
    t = ((x - start) / (np.asarray(end) - start)).clip(0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _interpolate(
    x: Float64Array, points: Float64Array, colors: Float64Array
) -> Float64Array:
    """Return the colors at x between those at the points, shape (*x.shape, 3)."""
    return np.stack([np.interp(x, points, c) for c in colors.T], axis=-1)


@cache
def _faces() -> Float64Array:
    with (files("skimage.data") / "lfw_subset.npy").open("rb") as file:
        return np.asarray(np.load(file)[:SAMPLE_FACES], np.float64)
