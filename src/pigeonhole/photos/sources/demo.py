"""Generated demo photos: contact sheets of portraits, drawn around real faces.

The faces are read from the installed scikit-image; none is copied into the project.
Photo n depends only on the seed and n, so photos can be generated in any order.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.geometry import Box
from pigeonhole.core.progress import progress
from pigeonhole.imaging.codecs import encode_jpeg
from pigeonhole.imaging.fingerprint import fingerprint
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.sources.portraits import SIZE, clear_faces, draw_portrait
from pigeonhole.photos.sources.protocol import CollectRequest, SourceResult

ROWS, COLUMNS = 3, 5
"""Portraits on a sheet."""
PHOTO_WIDTH, PHOTO_HEIGHT = COLUMNS * SIZE.width, ROWS * SIZE.height
GRAIN = 0.01
"""Standard deviation of the film grain, as a share of white."""
PAGE_URL = (
    "https://scikit-image.org/docs/stable/api/skimage.data.html#skimage.data.lfw_subset"
)


@dataclass(frozen=True)
class DemoPhoto:
    """A generated photo with the true boxes of its faces."""

    image: Image
    faces: tuple[Box, ...]


def collect(request: CollectRequest) -> SourceResult:
    """Write the demo photos. Files with the right content stay untouched."""
    seed, count = request.options["seed"], request.options["demo_count"]
    write = partial(_write_photo, request, seed)
    with ThreadPoolExecutor(request.threads) as pool:
        rows = pool.map(write, range(count))
        return SourceResult(list(progress(rows, "Generating photos", "photo", count)))


def make_photo(seed: int, number: int) -> DemoPhoto:
    """Generate one photo, which depends only on the seed and the number."""
    rng = np.random.default_rng(np.random.SeedSequence((seed, number)))
    sheet = np.empty((PHOTO_HEIGHT, PHOTO_WIDTH, 3))
    boxes = []
    for place, face in enumerate(rng.permutation(clear_faces())[: ROWS * COLUMNS]):
        row, column = divmod(place, COLUMNS)
        x, y = column * SIZE.width, row * SIZE.height
        portrait, box = draw_portrait(int(face), rng)
        sheet[y : y + SIZE.height, x : x + SIZE.width] = portrait
        boxes.append(Box(x + box.x, y + box.y, box.width, box.height))
    sheet += rng.normal(0, GRAIN, (PHOTO_HEIGHT, PHOTO_WIDTH, 1))
    image = np.clip(np.rint(sheet * 255), 0, 255).astype(np.uint8)
    return DemoPhoto(image, tuple(boxes))


def demo_file(seed: int, number: int) -> tuple[PhotoRow, bytes]:
    """Return the ledger row and the JPEG file of a demo photo."""
    image = make_photo(seed, number).image
    content = encode_jpeg(image, quality=90)
    row = PhotoRow(
        photo=f"demo-{number:03d}.jpg",
        source="demo",
        photographer="Labeled Faces in the Wild",
        page_url=PAGE_URL,
        image_url="scikit-image: lfw_subset.npy",
        license="no license stated",
        width=PHOTO_WIDTH,
        height=PHOTO_HEIGHT,
        sha256=sha256_of(content),
        fingerprint=fingerprint(image),
    )
    return row, content


def _write_photo(request: CollectRequest, seed: int, number: int) -> PhotoRow:
    row, content = demo_file(seed, number)
    request.save(row, content)
    return row
