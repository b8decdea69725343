"""Measure a photo mosaic from its image, whatever program made it."""

from functools import cache
from itertools import product

import numpy as np
import pandas as pd
from skimage.color import deltaE_ciede2000, rgb2lab

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.imaging.resize import resize, to_gray
from pigeonhole.mosaic.quality import compare

SIDE = 16
"""Side at which shown cells are compared with crops of photos, in pixels."""
CROP_SHARES = (0.9, 0.8)
"""Sides of the crops in which a photo is searched, as shares of the photo's."""
DISTANCES = (1, 3, 6)
"""Distances in cells (Chebyshev) within which a photo counts as repeated."""


def measure_mosaic(case, shown, placement=None, ledger=None):
    """
    Return the errors, the repetition and the color transfer of a mosaic.

    Parameters
    ----------
    case : benchmarks.peers.Case
    shown : uint8 array, shape (height, width, 3)
    placement, ledger : Path, optional
        CSV files with the tile of each cell, and with the crop of each tile. Without
        them, each cell's photo is searched among all photos and their mirror images.
    """
    size = case.columns * case.cell, case.rows * case.cell
    target, shown = resize(read_rgb(case.target), *size), resize(shown, *size)
    errors = compare(target, shown, Size(case.cell, case.cell))
    shown_cells, target_cells = _cells(shown, case), _cells(target, case)
    candidates, sources = _candidates(case.pool)
    if placement:
        found = _search(shown_cells, target_cells, candidates)
        crops, photos = _placed_crops(case.pool, placement, ledger)
        recognized = float((sources[found] == photos).mean())
    else:
        whole = 2 * len(_photos(case.pool))
        found = _search(shown_cells, target_cells, candidates[:whole])
        crops, photos, recognized = candidates[found], sources[found], None
    return {
        **{
            f"{look}_{short}": errors[f"{look}_error"][name]
            for look in ("local", "lowpass")
            for short, name in (("ssim", "ssim"), ("mae", "mean_absolute_error"))
        },
        **_transfer(shown_cells, crops),
        **_repetition(photos.reshape(case.rows, case.columns)),
        "recognized": recognized,
    }


def _cells(image, case):
    """Cut an image into its cells, uint8 (cells, SIDE, SIDE, 3)."""
    image = resize(image, case.columns * SIDE, case.rows * SIDE)
    cells = image.reshape(case.rows, SIDE, case.columns, SIDE, 3)
    return cells.swapaxes(1, 2).reshape(-1, SIDE, SIDE, 3)


@cache
def _photos(pool):
    """Return the photos of a pool by name."""
    return {path.name: read_rgb(path) for path in sorted(pool.glob("*.jpg"))}


@cache
def _candidates(pool):
    """Return crops, first the whole photos, and the number of the photo of each."""
    photos = list(_photos(pool).values())
    windows = [(1.0, 0.0, 0.0)]
    windows += product(CROP_SHARES, (0.0, 0.5, 1.0), (0.0, 0.5, 1.0))
    crops = []
    for share, x, y in windows:
        cut = np.stack([_window(photo, share, x, y) for photo in photos])
        crops += [cut, cut[:, :, ::-1]]
    return np.concatenate(crops), np.tile(np.arange(len(photos)), len(crops))


def _window(photo, share, x, y):
    """Return a crop; x and y are 0 to 1, from left to right and from top to bottom."""
    height, width = photo.shape[:2]
    side = round(share * min(height, width))
    left, top = round(x * (width - side)), round(y * (height - side))
    return resize(photo[top : top + side, left : left + side], SIDE, SIDE)


def _search(shown, targets, candidates):
    """
    Return the number of the candidate that explains each shown cell best.

    A program may change the brightness and the contrast of a photo and blend the target
    over it, so a cell is taken for ``a * photo + b * target + c``. The best photo has
    the largest partial correlation with the cell, given the target.
    """
    shown, targets, candidates = map(_unit_vectors, (shown, targets, candidates))
    shown_target = (shown * targets).sum(1, keepdims=True)
    found = []
    for rows in np.array_split(np.arange(len(shown)), 1 + len(shown) // 500):
        photo_target = targets[rows] @ candidates.T
        partial = shown[rows] @ candidates.T - shown_target[rows] * photo_target
        partial /= np.sqrt(np.maximum(1 - photo_target**2, 1e-3))
        found.append(partial.argmax(1))
    return np.concatenate(found)


def _unit_vectors(cells):
    """Return the luma of cells with mean 0 and norm 1, float32 (n, pixels)."""
    flat = to_gray(cells.reshape(-1, SIDE, 3)).reshape(len(cells), -1)
    centered = flat - flat.mean(1, keepdims=True, dtype=np.float32)
    return centered / np.maximum(np.linalg.norm(centered, axis=1, keepdims=True), 1e-6)


def _placed_crops(pool, placement, ledger):
    """Return the crop of each cell, uint8 (cells, SIDE, SIDE, 3), and its photo."""
    photos = _photos(pool)
    cells, tiles = pd.read_csv(placement), pd.read_csv(ledger).set_index("tile")
    crops = np.empty((len(cells), SIDE, SIDE, 3), np.uint8)
    for crop, number, mirrored in zip(crops, cells.tile, cells.mirrored, strict=True):
        tile = tiles.loc[number]
        photo = photos[tile.photo]
        photo = photo[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]
        crop[...] = resize(photo[:, ::-1] if mirrored else photo, SIDE, SIDE)
    numbers = {name: number for number, name in enumerate(photos)}
    return crops, cells.photo.map(numbers).to_numpy()


def _transfer(shown, crops):
    """Return how far cells are from their crops (CIEDE2000), and the contrast kept."""
    means = [rgb2lab(cells.mean((1, 2)) / 255) for cells in (shown, crops)]
    pixels = [rgb2lab(cells) for cells in (shown, crops)]
    contrast, original = (cells.std((1, 2)).mean(1) for cells in (shown, crops))
    of_means = deltaE_ciede2000(*means)
    return {
        "transfer": float(of_means.mean()),
        "transfer_p95": float(np.percentile(of_means, 95)),
        "pixel_transfer": float(deltaE_ciede2000(*pixels).mean()),
        "contrast_kept": float(np.median(contrast / np.maximum(original, 1))),
    }


def _repetition(photos):
    """Return how often photos repeat in a grid of photo numbers."""
    counts = np.bincount(photos.ravel())
    shares = counts[counts > 0] / photos.size
    return {
        "photos_used": len(shares),
        "most_used": float(shares.max()),
        "effective_photos": float(np.exp(-(shares * np.log(shares)).sum())),
        **{f"repeated_{d}": _repeated_within(photos, d) for d in DISTANCES},
    }


def _repeated_within(photos, distance):
    """Return the share of cells whose photo is also in another cell nearby."""
    rows, columns = photos.shape
    padded = np.pad(photos, distance, constant_values=-1)
    repeated = np.zeros(photos.shape, np.bool_)
    for y, x in product(range(2 * distance + 1), repeat=2):
        if (y, x) != (distance, distance):
            repeated |= padded[y : y + rows, x : x + columns] == photos
    return float(repeated.mean())
