"""Made photos: real faces, toned and blended into scikit-image's sample photos.

Everything is read in place from the installed scikit-image: nothing of it is copied.
Photo n depends only on the seed and n, so that photos can be made in any order.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.core.atomic import update_bytes
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.progress import progress
from pigeonhole.imaging.codecs import decode_rgb, encode_jpeg
from pigeonhole.imaging.fingerprint import looks_of
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.sources.result import Found

Floats = npt.NDArray[np.float32]
"""Values from 0 to 1."""

WIDTH, HEIGHT = 1000, 750
FACES = 100
SIDES = (60, 200)
"""Smallest and largest side of a face."""
COUNTS = (11, 15)
"""Fewest and most faces that we try to place in a photo."""
MARGIN = 0.36
"""Room around a face in which it fades into the background, as a share of its side."""
TRIES = 200
"""How often we look for a free place for a face before we leave it out."""


class Background(NamedTuple):
    """One of scikit-image's sample photos, with its credit as its docstring has it."""

    file: str
    title: str
    photographer: str
    licence: str

    @property
    def page_url(self) -> str:
        """Return where scikit-image tells of it."""
        name = Path(self.file).stem
        return f"https://scikit-image.org/docs/stable/api/skimage.data.html#skimage.data.{name}"


BACKGROUNDS = (
    Background("camera.png", "Cameraman", "Lav Varshney", "CC0"),
    Background("chelsea.png", "Chelsea the cat", "Stefan van der Walt", "CC0"),
    Background("coffee.png", "Coffee cup", "Rachel Michetti", "CC0"),
    Background("grass.png", "Grass", "linolafett", "CC0"),
    Background("gravel.png", "Gravel", "CC0Textures", "CC0"),
    Background(
        "hubble_deep_field.jpg", "Hubble eXtreme Deep Field", "NASA", "public domain"
    ),
    Background("retina.jpg", "Human retina", "Mikael Häggström", "CC0"),
    Background("rocket.jpg", "Launch of DSCOVR", "SpaceX", "public domain"),
)


class Box(NamedTuple):
    """Where a face was put, in pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class DemoPhoto:
    """A made photo and the truth about it."""

    picture: Picture
    faces: tuple[Box, ...]
    background: Background


def photo_name(number: int) -> str:
    """Return the file name of a demo photo."""
    return f"demo-{number:03d}.jpg"


def make_photo(seed: int, number: int) -> DemoPhoto:
    """
    Make one photo.

    Parameters
    ----------
    seed, number : int
        The photo depends on nothing else.
    """
    rng = np.random.default_rng(np.random.SeedSequence((seed, number)))
    # Neighbouring numbers get different backgrounds, whatever the seed.
    background = BACKGROUNDS[number % len(BACKGROUNDS)]
    canvas = _backdrop(background, rng)
    boxes = _places(rng)
    chosen = rng.choice(FACES, len(boxes), replace=False)
    for box, face in zip(boxes, chosen, strict=True):
        _blend(canvas, _toned_face(int(face), rng), box)
    return DemoPhoto(_as_bytes(canvas), boxes, background)


def demo_file(seed: int, number: int) -> tuple[PhotoRow, bytes]:
    """Return a demo photo's ledger row and the bytes of its JPEG file."""
    made = make_photo(seed, number)
    content = encode_jpeg(made.picture, quality=90)
    row = PhotoRow(
        photo=photo_name(number),
        source="demo",
        photographer=f"{made.background.photographer} ({made.background.title}); "
        "faces: Labeled Faces in the Wild",
        photographer_url="",
        page_url=made.background.page_url,
        image_url=f"scikit-image: {made.background.file}, lfw_subset.npy",
        licence=f"{made.background.licence}; faces: none stated",
        width=WIDTH,
        height=HEIGHT,
        sha256=sha256_of(content),
        looks=looks_of(made.picture),
    )
    return row, content


def collect_demo(folder: Path, seed: int, demo_count: int, threads: int = 1) -> Found:
    """
    Write the demo's photos to a folder; a file that is right already is left alone.

    Parameters
    ----------
    folder : Path
    seed : int
    demo_count : int
        How many photos.
    threads : int
        How many are made at a time; the photos are the same.
    """
    with ThreadPoolExecutor(threads) as pool:
        rows = pool.map(partial(_put, folder, seed), range(demo_count))
        return Found(list(progress(rows, "Making photos", "photo", demo_count)))


def _put(folder: Path, seed: int, number: int) -> PhotoRow:
    row, content = demo_file(seed, number)
    update_bytes(folder / row.photo, content)
    return row


def _backdrop(background: Background, rng: np.random.Generator) -> Floats:
    """Cut a random window out of a sample photo, and light it anew."""
    whole = _sample(background.file)
    rows, columns = whole.shape[:2]
    share = rng.uniform(0.7, 1.0)
    width = int(share * min(columns, rows * WIDTH / HEIGHT))
    height = width * HEIGHT // WIDTH
    y = rng.integers(rows - height + 1)
    x = rng.integers(columns - width + 1)
    window = whole[y : y + height, x : x + width]
    if rng.random() < 0.5:
        window = window[:, ::-1]
    canvas = cv2.resize(window, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    light = rng.uniform(0.5, 1.2) * rng.uniform(0.92, 1.08, 3)
    return np.asarray(canvas, np.float32) * np.float32(light / 255)


def _places(rng: np.random.Generator) -> tuple[Box, ...]:
    """Find places for faces, the largest first, none in another's margin."""
    low, high = np.log(SIDES)
    wished = rng.integers(COUNTS[0], COUNTS[1] + 1)
    sides = np.exp(rng.uniform(low, high, wished)).round().astype(int)
    placed: list[Box] = []
    for side in sorted(map(int, sides), reverse=True):
        pad = _pad(side)
        for _ in range(TRIES):
            x = int(rng.integers(pad, WIDTH - side - pad + 1))
            y = int(rng.integers(pad, HEIGHT - side - pad + 1))
            box = Box(x, y, side, side)
            if not any(_meet(box, other) for other in placed):
                placed.append(box)
                break
    return tuple(placed)


def _pad(side: int) -> int:
    return round(side * MARGIN)


def _meet(one: Box, other: Box) -> bool:
    gap = _pad(one.width) + _pad(other.width)
    return (
        one.x < other.x + other.width + gap
        and other.x < one.x + one.width + gap
        and one.y < other.y + other.height + gap
        and other.y < one.y + one.height + gap
    )


def _toned_face(face: int, rng: np.random.Generator) -> Floats:
    """Return a face in colour, perhaps mirrored, at its own small size."""
    grey = _faces()[face]
    if rng.random() < 0.5:
        grey = grey[:, ::-1]
    grey = grey ** rng.uniform(0.6, 1.3)
    skin, light = _skin(rng), _light(rng)
    shade = grey[..., None]
    # Only the highest lights lose the hue of the skin for that of the lamp.
    colour = shade * (skin + (1 - skin) * shade**4) * light
    return np.asarray(colour.clip(0, 1), np.float32)


def _skin(rng: np.random.Generator) -> Floats:
    """Return the tint of a skin from pale to deep, as film or an old print has it."""
    pale, deep = np.array([1.0, 0.80, 0.68]), np.array([0.66, 0.40, 0.26])
    skin = pale + (deep - pale) * rng.random()
    paper = np.full(3, skin.mean())
    return np.asarray(paper + (skin - paper) * rng.random(), np.float32)


def _light(rng: np.random.Generator) -> Floats:
    """Return the colour of a lamp: often white, sometimes that of a stage."""
    hue, strength = rng.random(), rng.choice([0.05, 0.1, 0.25, 0.5])
    wheel = 0.5 + 0.5 * np.cos(2 * np.pi * (hue - np.arange(3) / 3))
    exposure = rng.uniform(0.35, 2.4)
    return np.asarray(exposure * (1 - strength * (1 - wheel)), np.float32)


def _blend(canvas: Floats, face: Floats, box: Box) -> None:
    """Put a face into its box; beyond the box it fades into the canvas."""
    pad = _pad(box.width)
    side = box.width + 2 * pad
    large = cv2.resize(face, (box.width, box.height), interpolation=cv2.INTER_CUBIC)
    large = cv2.copyMakeBorder(large, pad, pad, pad, pad, cv2.BORDER_REFLECT_101)
    mask = cv2.resize(_mask(), (side, side))[..., None]
    rows = slice(box.y - pad, box.y - pad + side)
    columns = slice(box.x - pad, box.x - pad + side)
    canvas[rows, columns] += mask * (large - canvas[rows, columns])


@cache
def _mask() -> Floats:
    """Return an oval that is 1 over the face and falls to 0 at the edge."""
    edge = np.linspace(-1, 1, 256, dtype=np.float32)
    across, down = np.meshgrid(edge, edge)
    distance = np.hypot(across * 1.08, down)
    full = 0.82
    fall = np.clip((1 - distance) / (1 - full), 0, 1)
    return np.asarray(fall * fall * (3 - 2 * fall), np.float32)


def _as_bytes(canvas: Floats) -> Picture:
    return np.clip(np.rint(canvas * 255), 0, 255).astype(np.uint8)


@cache
def _sample(file: str) -> Picture:
    return decode_rgb((files("skimage.data") / file).read_bytes(), file)


@cache
def _faces() -> Floats:
    with (files("skimage.data") / "lfw_subset.npy").open("rb") as file:
        return np.asarray(np.load(file)[:FACES], np.float32)
