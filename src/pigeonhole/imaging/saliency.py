"""Saliency: where the subject of an image probably is."""

import cv2
import numpy as np

from pigeonhole.core.arrays import Float64Array, Image
from pigeonhole.imaging.resize import resize, to_gray

MAP_SIDE = 64
"""Longer side of a saliency map; at this scale, subjects differ from texture."""
BLUR_SIGMA = 2.5
"""Standard deviation in pixels of the blur of a map."""
OBJECT_THRESHOLD = 3.0
"""Pixels of objects are more salient than the mean of the map by this factor."""


def object_map(image: Image) -> Float64Array:
    """
    Return the saliency of the objects in an image, 0 elsewhere, by spectral residual.

    The residual is what remains of the logarithmic amplitude spectrum after a local
    mean is subtracted; natural images have similar spectra, so it belongs to what is
    unusual in this one. Hou and Zhang, "Saliency Detection: A Spectral Residual
    Approach", CVPR 2007.

    Parameters
    ----------
    image : uint8 array, shape (rows, columns[, 3])

    Returns
    -------
    float64 array, shape (height, width)
        The image reduced to a longer side of at most `MAP_SIDE`. All values are 0 if
        nothing is salient.
    """
    rows, columns = image.shape[:2]
    scale = min(1.0, MAP_SIDE / max(rows, columns))
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    gray = to_gray(resize(image, *size)).astype(np.float64)
    spectrum = np.fft.fft2(gray)
    # The exponential of the residual, with the phase of the spectrum.
    residual = spectrum * np.exp(-_periodic_mean(np.log1p(np.abs(spectrum))))
    saliency = np.abs(np.fft.ifft2(residual)) ** 2
    saliency = cv2.GaussianBlur(saliency, (0, 0), BLUR_SIGMA)
    return np.where(saliency > OBJECT_THRESHOLD * saliency.mean(), saliency, 0.0)


def _periodic_mean(values: Float64Array) -> Float64Array:
    """Return the mean of each value and its eight neighbors; edges wrap around."""
    steps = (-1, 0, 1)
    shifted = [np.roll(values, (y, x), (0, 1)) for y in steps for x in steps]
    return np.asarray(np.mean(shifted, axis=0))
