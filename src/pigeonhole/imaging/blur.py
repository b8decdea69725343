"""The far look: what is left of a picture when one cell is as small as a point."""

import cv2
import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.core.geometry import Size

Floats = npt.NDArray[np.float32]


def blurred(picture: Picture | Floats, size: Size) -> Floats:
    """Blur as the eye does from afar: a Gaussian, sigma half a cell each way."""
    values = np.asarray(picture, np.float32)
    far = cv2.GaussianBlur(
        values, (0, 0), sigmaX=size.width / 2, sigmaY=size.height / 2
    )
    return np.asarray(far, np.float32)
