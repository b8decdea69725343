"""Features of images, from which the cost of any tile in any cell follows.

The features of an image are its pixels without the mean of each channel, halved and
rounded. They are whole numbers of at most 128, so that the products of two images with
at most `MAX_VALUES` values are sums below 2**24: float32 matrix products are exact,
whatever the order in which a BLAS adds them up.
"""

import math
from typing import Any, NamedTuple

import cv2
import numpy as np

from pigeonhole.core.arrays import Float32Array, Float64Array, Image, Int64Array
from pigeonhole.imaging.color_spaces import Space, means_to_lab, to_color_space
from pigeonhole.matching.color_transfer import STACK_IMAGES, pixel_statistics

MAX_VALUES = 1024
"""Maximum number of values of an image; larger images are reduced first."""
FEATURE_STEP = 2
"""Levels of one unit of a feature."""


class Features(NamedTuple):
    """
    Features of n images.

    Attributes
    ----------
    values : float32 array, shape (n, size)
        Centered pixels in units of `FEATURE_STEP` levels, all whole numbers.
    variances : float64 array, shape (n,)
        Mean squares of the features, in levels squared.
    means : float64 array, shape (n, channels)
        Mean colors in the color space in which images are compared.
    stds : float64 array, shape (n,)
        Contrast of the original pixels; see `PixelStatistics`.
    labs : float64 array, shape (n, 3) or (n, 1)
        Mean colors of the original pixels in CIELAB.
    """

    values: Float32Array
    variances: Float64Array
    means: Float64Array
    stds: Float64Array
    labs: Float64Array

    @classmethod
    def of(cls, images: Image, space: Space = "rgb") -> "Features":
        """Return the features of images, uint8 (n, height, width[, 3])."""
        starts = range(0, len(images), STACK_IMAGES)
        parts = (_features(images[i : i + STACK_IMAGES], space) for i in starts)
        if len(images) <= STACK_IMAGES:
            return next(parts)
        # Only one part is in memory at a time, besides the result.
        joined: Any = []
        for first, part in zip(starts, parts, strict=True):
            if not joined:
                joined = [np.empty((len(images), *a.shape[1:]), a.dtype) for a in part]
            for array, values in zip(joined, part, strict=True):
                array[first : first + len(part.means)] = values
        return cls(*joined)

    def take(self, numbers: Int64Array | slice) -> "Features":
        """Return the features of some of the images."""
        part: Any = (array[numbers] for array in self)
        return Features(*part)


def mirrored(values: Float32Array, width: int, channels: int) -> Float32Array:
    """Return the features of the mirror images."""
    rows = values.reshape(len(values), -1, width, channels)[:, :, ::-1]
    return np.ascontiguousarray(rows).reshape(values.shape)


def compared_size(height: int, width: int, channels: int) -> tuple[int, int]:
    """Return the height and width at which images of a size are compared."""
    scale = min(1.0, math.sqrt(MAX_VALUES / (height * width * channels)))
    rows, columns = max(1, int(height * scale)), max(1, int(width * scale))
    # Very long images: the longer side is shortened until the values fit.
    rows = min(rows, max(1, MAX_VALUES // (columns * channels)))
    return rows, min(columns, max(1, MAX_VALUES // (rows * channels)))


def _features(images: Image, space: Space) -> Features:
    means, stds = pixel_statistics(images)
    converted = to_color_space(images, space)
    color_means = means if converted is images else pixel_statistics(converted).means
    channels = color_means.shape[1]
    pixels = _shrink(
        converted, *compared_size(images.shape[1], images.shape[2], channels)
    )
    pixels = pixels.reshape(len(images), -1, channels).astype(np.float32)
    centers = pixels.mean(axis=1, dtype=np.float64, keepdims=True).astype(np.float32)
    values = np.rint((pixels - centers) / FEATURE_STEP).reshape(len(images), -1)
    squares = np.einsum("ij,ij->i", values, values, dtype=np.float64)
    variances = FEATURE_STEP**2 * squares / values.shape[1]
    return Features(values, variances, color_means, stds, means_to_lab(means))


def _shrink(images: Image, height: int, width: int) -> Image:
    if images.shape[1:3] == (height, width):
        return images
    size = (width, height)
    small = [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images]
    return np.asarray(np.stack(small), np.uint8)
