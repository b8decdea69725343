"""Resize images and convert their channels."""

import cv2
import numpy as np

from pigeonhole.core.arrays import Image


def resize(image: Image, width: int, height: int) -> Image:
    """Resize an image, with area averaging to shrink it and bicubic to enlarge it."""
    rows, columns = image.shape[:2]
    shrinks = width <= columns and height <= rows
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    resized = cv2.resize(image, (width, height), interpolation=interpolation)
    return np.asarray(resized, np.uint8)


def to_gray(image: Image) -> Image:
    """Convert an RGB image to luma (ITU-R BT.601); return a gray image unchanged."""
    if image.ndim == 2:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def to_rgb(image: Image) -> Image:
    """Convert a gray, RGB or RGBA image to RGB; alpha is dropped."""
    if image.ndim == 2:
        return np.stack([image] * 3, axis=-1)
    return np.ascontiguousarray(image[..., :3])
