"""Color transfer: move a tile's mean color and contrast toward its cell's.

A tile is shown as ``gain * pixel + offset``, with one gain for each cell and one offset
for each of its channels. With the mean colors *t* of the tile and *c* of the cell,
their standard deviations *s_t* and *s_c*, and their distance dE76(*t*, *c*) in CIELAB::

    share  = min(strength, max_delta_e / dE76(t, c))
    gain   = 1 - CONTRAST_SHARE * strength * max(0, 1 - s_c / s_t)
    offset = (1 - gain) * t + share * (c - t)

So the mean becomes ``t + share * (c - t)``. The contrast is only ever lowered, and
less than it differs, so that photos in calm cells stay legible.
"""

from typing import NamedTuple

import numpy as np

from pigeonhole.core.arrays import Float64Array, Image, Int64Array
from pigeonhole.core.checks import check_images, check_number, check_same_length
from pigeonhole.core.jit import kernel
from pigeonhole.imaging.color_spaces import means_to_lab

CONTRAST_SHARE = 0.47
"""How far contrast is lowered compared with how far colors are moved."""
STACK_IMAGES = 4096
"""Maximum number of images measured at a time, to limit the memory."""
STACK_BYTES = 4_000_000
"""Maximum number of bytes measured at a time."""


class PixelStatistics(NamedTuple):
    """
    Mean color and contrast of each image of a stack.

    `means` has the shape (n, channels). `stds`, shape (n,), are the square roots of the
    mean squared deviation of all pixels and channels from the mean of their channel.
    """

    means: Float64Array
    stds: Float64Array


def pixel_statistics(images: Image) -> PixelStatistics:
    """Return mean and contrast of images, uint8 (n, height, width[, 3]), exactly."""
    check_images("images", images)
    channels = 1 if images.ndim == 3 else images.shape[3]
    pixels = images.shape[1] * images.shape[2]
    means = np.empty((len(images), channels))
    stds = np.empty(len(images))
    step = max(1, min(STACK_IMAGES, STACK_BYTES // (pixels * channels)))
    for first in range(0, len(images), step):
        part = slice(first, first + step)
        values = np.ascontiguousarray(images[part]).reshape(-1, pixels, channels)
        sums = np.zeros((len(values), channels), np.int64)
        squares = np.zeros_like(sums)
        _add_up(values, sums, squares)
        means[part] = sums / pixels
        variances = (pixels * squares - sums**2).mean(axis=1)
        stds[part] = np.sqrt(variances) / pixels
    return PixelStatistics(means, stds)


@kernel
def _add_up(values: Image, sums: Int64Array, squares: Int64Array) -> None:
    """
    Add up the values of each image and channel, and their squares.

    They are integers, so that images of a single color have no contrast at all.
    """
    for n in range(values.shape[0]):
        for channel in range(values.shape[2]):
            row = values[n, :, channel].astype(np.int64)
            sums[n, channel] = row.sum()
            squares[n, channel] = (row * row).sum()


def transfer(
    tile_means: Float64Array,
    tile_stds: Float64Array,
    cell_means: Float64Array,
    cell_stds: Float64Array,
    strength: float,
    max_delta_e: float,
) -> tuple[Float64Array, Float64Array]:
    """
    Return the gain and the offsets of tiles in their cells; see the module.

    Parameters
    ----------
    tile_means, cell_means : float64 arrays, shape (n, channels)
        Mean colors in sRGB, 0 to 255, of three channels or one.
    tile_stds, cell_stds : float64 arrays, shape (n,)
        See `PixelStatistics`.
    strength : float
        0 leaves the tiles unchanged; 1 gives them the means of their cells, as far as
        `max_delta_e` permits.
    max_delta_e : float
        Upper bound of ``share * dE76(t, c)``. Because CIELAB isn't linear in sRGB, the
        distance that a mean moves may differ from this product. For gray it hardly
        does; between saturated colors on opposite sides it is up to twice as large.

    Returns
    -------
    gains : float64 array, shape (n,)
    offsets : float64 array, shape (n, channels)
    """
    strength = check_number("strength", strength, 0, 1)
    if not max_delta_e >= 0:
        raise ValueError(f"max_delta_e must be 0 or more, not {max_delta_e:g}")
    if tile_means.shape != cell_means.shape or tile_stds.shape != cell_stds.shape:
        raise ValueError(
            "the statistics of tiles and cells must have the same shapes, not "
            f"{tile_means.shape}, {cell_means.shape}, {tile_stds.shape} and "
            f"{cell_stds.shape}"
        )
    check_same_length(means=tile_means, stds=tile_stds)
    labs = means_to_lab(cell_means) - means_to_lab(tile_means)
    distances = np.sqrt((labs**2).sum(axis=1))
    far = distances * strength > max_delta_e
    shares = np.full(len(distances), float(strength))
    shares[far] = max_delta_e / distances[far]
    high = tile_stds > cell_stds
    gains = np.ones(len(distances))
    excess = 1 - cell_stds[high] / tile_stds[high]
    gains[high] = 1 - CONTRAST_SHARE * strength * excess
    moves = shares[:, None] * (cell_means - tile_means)
    return gains, (1 - gains)[:, None] * tile_means + moves
