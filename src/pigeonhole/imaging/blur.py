"""Low-pass filter for comparing images as seen from a distance."""

import cv2
import numpy as np

from pigeonhole.core.arrays import Float32Array, Image
from pigeonhole.core.geometry import Size


def low_pass(image: Image | Float32Array, cell: Size) -> Float32Array:
    """
    Blur an image as if seen from a distance at which a cell looks like a point.

    It is a Gaussian blur with half a cell as sigma in each direction.
    """
    values = np.asarray(image, np.float32)
    blurred = cv2.GaussianBlur(values, (0, 0), cell.width / 2, None, cell.height / 2)
    return np.asarray(blurred, np.float32)
