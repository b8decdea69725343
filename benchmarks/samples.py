"""Tiles and frames that look like real ones, made from scikit-image's photos."""

import numpy as np
from skimage import data

from pigeonhole.imaging.resize import resize, rgb_of, to_grey

PHOTOS = (
    "astronaut",
    "coffee",
    "chelsea",
    "rocket",
    "camera",
    "brick",
    "grass",
    "gravel",
)


def frame(colour, width=640, height=480):
    """The upper part of the astronaut, uint8 (height, width[, 3])."""
    picture = resize(data.astronaut()[:384], width, height)
    return picture if colour else to_grey(picture)


def patches(count, width, height, colour, seed=0):
    """Random crops of photos at random scales, uint8 (count, height, width[, 3])."""
    random = np.random.default_rng(seed)
    photos = [rgb_of(getattr(data, name)()) for name in PHOTOS]
    tiles = np.empty((count, height, width, 3), np.uint8)
    for tile in tiles:
        photo = photos[random.integers(len(photos))]
        rows, columns = photo.shape[:2]
        scale = min(columns / width, rows / height) * np.exp(-2 * random.random())
        wide, tall = int(width * scale), int(height * scale)
        x = random.integers(columns - wide + 1)
        y = random.integers(rows - tall + 1)
        tile[...] = resize(photo[y : y + tall, x : x + wide], width, height)
    return tiles if colour else np.stack([to_grey(tile) for tile in tiles])


def faces(count, width, height, colour, seed=0):
    """The demo's faces, toned anew, uint8 (count, height, width[, 3])."""
    from pigeonhole.photos.sources.demo import _toned_face

    random = np.random.default_rng(seed)
    tiles = np.empty((count, height, width, 3), np.uint8)
    for number, tile in enumerate(tiles):
        face = _toned_face(number % 100, random)
        tile[...] = resize((face * 255).astype(np.uint8), width, height)
    return tiles if colour else np.stack([to_grey(tile) for tile in tiles])


def toned(tiles, times, seed=0):
    """Each tile so many times, each time in another tone, uint8 (times * n, ...)."""
    random = np.random.default_rng(seed)
    made = np.empty((times, *tiles.shape), np.uint8)
    for copy in made:
        gain = random.uniform(0.6, 1.4, (len(tiles), *[1] * (tiles.ndim - 1)))
        shift = random.uniform(-40, 40, gain.shape)
        for start in range(0, len(tiles), 10_000):
            part = slice(start, start + 10_000)
            copy[part] = np.clip(tiles[part] * gain[part] + shift[part], 0, 255)
    return made.reshape(-1, *tiles.shape[1:])
