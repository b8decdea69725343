"""Color spaces in which tiles are compared, as bytes."""

from typing import Literal

import cv2
import numpy as np

from pigeonhole.core.arrays import Float64Array, Image
from pigeonhole.imaging.resize import to_gray, to_rgb

Space = Literal["gray", "rgb", "lab"]


def to_color_space(images: Image, space: Space) -> Image:
    """
    Convert a stack of images, uint8 (n, height, width[, 3]), to a color space.

    Gray images are returned unchanged in every space. lab is CIELAB in bytes:
    L * 2.55, a + 128, b + 128.
    """
    if images.ndim == 3 or space == "rgb":
        return images
    # OpenCV converts single images only, so the stack becomes one tall image.
    tall = images.reshape(-1, *images.shape[2:])
    converted = to_gray(tall) if space == "gray" else to_lab(tall)
    return converted.reshape(*images.shape[:3], *converted.shape[2:])


def to_lab(image: Image) -> Image:
    """Convert an RGB image to CIELAB in bytes."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), np.uint8)


def mean_lightness(images: Image) -> Float64Array:
    """Return the mean CIELAB L, 0 to 100, of images, uint8 (n, height, width[, 3])."""
    tall = images.reshape(-1, *images.shape[2:])
    lightness = to_lab(tall if images.ndim == 4 else to_rgb(tall))[..., 0]
    means = lightness.reshape(len(images), -1).mean(axis=1) / 2.55
    return np.asarray(means, np.float64)
