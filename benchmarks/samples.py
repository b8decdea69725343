"""Realistic tiles and frames from scikit-image's photos."""

import numpy as np
from skimage import data

from pigeonhole.imaging.resize import resize, to_gray, to_rgb

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


def frame(color, width=640, height=480):
    """Return the upper part of the astronaut, uint8 (height, width[, 3])."""
    image = resize(data.astronaut()[:384], width, height)
    return image if color else to_gray(image)


def patches(count, width, height, color, seed=0):
    """Return random crops at random scales, uint8 (count, height, width[, 3])."""
    rng = np.random.default_rng(seed)
    photos = [to_rgb(getattr(data, name)()) for name in PHOTOS]
    tiles = np.empty((count, height, width, 3), np.uint8)
    for tile in tiles:
        photo = photos[rng.integers(len(photos))]
        photo_height, photo_width = photo.shape[:2]
        largest = min(photo_width / width, photo_height / height)
        scale = largest * np.exp(-2 * rng.random())
        crop_width, crop_height = int(width * scale), int(height * scale)
        x = rng.integers(photo_width - crop_width + 1)
        y = rng.integers(photo_height - crop_height + 1)
        crop = photo[y : y + crop_height, x : x + crop_width]
        tile[...] = resize(crop, width, height)
    return tiles if color else np.stack([to_gray(tile) for tile in tiles])


def faces(count, width, height, color, seed=0):
    """Return the demo's faces in varied tones, uint8 (count, height, width[, 3])."""
    from pigeonhole.photos.sources.portraits import clear_faces, draw_portrait

    rng = np.random.default_rng(seed)
    numbers = clear_faces()
    portraits = min(count, 10 * len(numbers))
    tiles = np.empty((portraits, height, width, 3), np.uint8)
    for number, tile in enumerate(tiles):
        portrait, box = draw_portrait(numbers[number % len(numbers)], rng)
        tile[...] = resize((box.crop(portrait) * 255).astype(np.uint8), width, height)
    if count > portraits:
        tiles = vary_tones(tiles, -(-count // portraits), seed)[:count]
    return tiles if color else np.stack([to_gray(tile) for tile in tiles])


def vary_tones(tiles, copies, seed=0):
    """Return copies of each tile with other tones, uint8 (copies * n, ...)."""
    rng = np.random.default_rng(seed)
    varied = np.empty((copies, *tiles.shape), np.uint8)
    for copy in varied:
        gain = rng.uniform(0.6, 1.4, (len(tiles), *[1] * (tiles.ndim - 1)))
        shift = rng.uniform(-40, 40, gain.shape)
        for start in range(0, len(tiles), 10_000):
            batch = slice(start, start + 10_000)
            copy[batch] = np.clip(tiles[batch] * gain[batch] + shift[batch], 0, 255)
    return varied.reshape(-1, *tiles.shape[1:])
