"""Generated demo photos: real faces blended into scikit-image's sample photos.

All images are read from the installed scikit-image; none is copied into the project.
Photo n depends only on the seed and n, so photos can be generated in any order.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from pigeonhole.core.arrays import Float32Array, Image
from pigeonhole.core.atomic import write_if_changed
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.geometry import Box
from pigeonhole.core.progress import progress
from pigeonhole.imaging.codecs import decode_rgb, encode_jpeg
from pigeonhole.imaging.fingerprint import fingerprint
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.sources.protocol import CollectRequest, SourceResult

PHOTO_WIDTH, PHOTO_HEIGHT = 1000, 750
SAMPLE_FACES = 100
"""Number of faces in scikit-image's `lfw_subset.npy`."""
FACE_SIDES = (60, 200)
"""Smallest and largest side of a face, in pixels."""
FACE_COUNTS = (11, 15)
"""Smallest and largest number of faces to place in a photo."""
FACE_MARGIN = 0.36
"""Margin in which a face fades into the background, as a share of its side."""
PLACEMENT_TRIES = 200
"""Number of random positions to try for a face before leaving it out."""


class Background(NamedTuple):
    """One of scikit-image's sample photos, with the credit from its documentation."""

    file: str
    title: str
    photographer: str
    license: str

    @property
    def page_url(self) -> str:
        """Page of scikit-image's documentation about the photo."""
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


@dataclass(frozen=True)
class DemoPhoto:
    """A generated photo with the true boxes of its faces."""

    image: Image
    faces: tuple[Box, ...]
    background: Background


def collect(request: CollectRequest) -> SourceResult:
    """Write the demo photos. Files with the right content stay untouched."""
    seed, count = request.options["seed"], request.options["demo_count"]
    write = partial(_write_photo, request.destination, seed)
    with ThreadPoolExecutor(request.threads) as pool:
        rows = pool.map(write, range(count))
        return SourceResult(list(progress(rows, "Generating photos", "photo", count)))


def make_photo(seed: int, number: int) -> DemoPhoto:
    """Generate one photo, which depends only on the seed and the number."""
    rng = np.random.default_rng(np.random.SeedSequence((seed, number)))
    # Consecutive photos get different backgrounds with every seed.
    background = BACKGROUNDS[number % len(BACKGROUNDS)]
    canvas = _canvas(background, rng)
    boxes = _place_faces(rng)
    faces = rng.choice(SAMPLE_FACES, len(boxes), replace=False)
    for box, face in zip(boxes, faces, strict=True):
        _blend(canvas, _color_face(int(face), rng), box)
    image = np.clip(np.rint(canvas * 255), 0, 255).astype(np.uint8)
    return DemoPhoto(image, boxes, background)


def demo_file(seed: int, number: int) -> tuple[PhotoRow, bytes]:
    """Return the ledger row and the JPEG file of a demo photo."""
    photo = make_photo(seed, number)
    background = photo.background
    content = encode_jpeg(photo.image, quality=90)
    row = PhotoRow(
        photo=f"demo-{number:03d}.jpg",
        source="demo",
        photographer=f"{background.photographer} ({background.title}); "
        "faces: Labeled Faces in the Wild",
        page_url=background.page_url,
        image_url=f"scikit-image: {background.file}, lfw_subset.npy",
        license=f"{background.license}; faces: none stated",
        width=PHOTO_WIDTH,
        height=PHOTO_HEIGHT,
        sha256=sha256_of(content),
        fingerprint=fingerprint(photo.image),
    )
    return row, content


def _write_photo(folder: Path, seed: int, number: int) -> PhotoRow:
    row, content = demo_file(seed, number)
    write_if_changed(folder / row.photo, content)
    return row


def _canvas(background: Background, rng: np.random.Generator) -> Float32Array:
    """Crop a random window of a sample photo, and change its exposure."""
    sample = _sample(background.file)
    rows, columns = sample.shape[:2]
    scale = rng.uniform(0.7, 1.0)
    width = int(scale * min(columns, rows * PHOTO_WIDTH / PHOTO_HEIGHT))
    height = width * PHOTO_HEIGHT // PHOTO_WIDTH
    y = rng.integers(rows - height + 1)
    x = rng.integers(columns - width + 1)
    window = sample[y : y + height, x : x + width]
    if rng.random() < 0.5:
        window = window[:, ::-1]
    size = (PHOTO_WIDTH, PHOTO_HEIGHT)
    canvas = cv2.resize(window, size, interpolation=cv2.INTER_CUBIC)
    exposure = rng.uniform(0.5, 1.2) * rng.uniform(0.92, 1.08, 3)
    return np.asarray(canvas, np.float32) * np.float32(exposure / 255)


def _place_faces(rng: np.random.Generator) -> tuple[Box, ...]:
    """Return random boxes, the largest first, whose margins don't overlap."""
    low, high = np.log(FACE_SIDES)
    count = rng.integers(FACE_COUNTS[0], FACE_COUNTS[1] + 1)
    sides = np.exp(rng.uniform(low, high, count)).round().astype(int)
    placed: list[Box] = []
    for side in sorted(map(int, sides), reverse=True):
        margin = _margin(side)
        for _ in range(PLACEMENT_TRIES):
            x = int(rng.integers(margin, PHOTO_WIDTH - side - margin + 1))
            y = int(rng.integers(margin, PHOTO_HEIGHT - side - margin + 1))
            box = Box(x, y, side, side)
            if not any(_padded(box).intersection(_padded(b)) for b in placed):
                placed.append(box)
                break
    return tuple(placed)


def _margin(side: int) -> int:
    return round(side * FACE_MARGIN)


def _padded(box: Box) -> Box:
    return box.pad(_margin(box.width))


def _color_face(face: int, rng: np.random.Generator) -> Float32Array:
    """Return a face at its original small size, colored and perhaps mirrored."""
    gray = _faces()[face]
    if rng.random() < 0.5:
        gray = gray[:, ::-1]
    shade = (gray ** rng.uniform(0.6, 1.3))[..., None]
    skin, light = _random_skin(rng), _random_light(rng)
    # Highlights take the color of the light instead of that of the skin.
    color = shade * (skin + (1 - skin) * shade**4) * light
    return np.asarray(color.clip(0, 1), np.float32)


def _random_skin(rng: np.random.Generator) -> Float32Array:
    """Return a random skin color, from light to dark and from color to gray."""
    light, dark = np.array([1.0, 0.80, 0.68]), np.array([0.66, 0.40, 0.26])
    skin = light + (dark - light) * rng.random()
    gray = np.full(3, skin.mean())
    return np.asarray(gray + (skin - gray) * rng.random(), np.float32)


def _random_light(rng: np.random.Generator) -> Float32Array:
    """Return the color of a light: mostly white, sometimes saturated."""
    hue, saturation = rng.random(), rng.choice([0.05, 0.1, 0.25, 0.5])
    wheel = 0.5 + 0.5 * np.cos(2 * np.pi * (hue - np.arange(3) / 3))
    exposure = rng.uniform(0.35, 2.4)
    return np.asarray(exposure * (1 - saturation * (1 - wheel)), np.float32)


def _blend(canvas: Float32Array, face: Float32Array, box: Box) -> None:
    """Blend a face into its box; its margin fades into the canvas."""
    margin = _margin(box.width)
    enlarged = cv2.resize(face, (box.width, box.height), interpolation=cv2.INTER_CUBIC)
    enlarged = np.pad(enlarged, [(margin,) * 2, (margin,) * 2, (0, 0)], "reflect")
    x, y, side, _ = _padded(box)
    mask = cv2.resize(_mask(), (side, side))[..., None]
    window = canvas[y : y + side, x : x + side]
    window += mask * (enlarged - window)


@cache
def _mask() -> Float32Array:
    """Return an oval that is 1 up to 0.82 of its radius and falls to 0 at the edge."""
    axis = np.linspace(-1, 1, 256, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    distance = np.hypot(x * 1.08, y)
    edge = np.clip((1 - distance) / (1 - 0.82), 0, 1)
    # Smoothstep.
    return np.asarray(edge * edge * (3 - 2 * edge), np.float32)


@cache
def _sample(file: str) -> Image:
    return decode_rgb((files("skimage.data") / file).read_bytes(), file)


@cache
def _faces() -> Float32Array:
    with (files("skimage.data") / "lfw_subset.npy").open("rb") as file:
        return np.asarray(np.load(file)[:SAMPLE_FACES], np.float32)
