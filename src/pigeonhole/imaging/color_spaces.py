"""Color spaces in which tiles are compared, as bytes."""

from typing import Literal

import cv2
import numpy as np

from pigeonhole.core.arrays import Float64Array, Image
from pigeonhole.imaging.resize import to_gray

Space = Literal["gray", "rgb", "lab"]

SRGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
"""Linear sRGB to CIE XYZ, for the white point D65 (IEC 61966-2-1)."""


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


def means_to_lab(colors: Float64Array) -> Float64Array:
    """
    Convert mean colors in sRGB to CIELAB with the white point D65.

    Parameters
    ----------
    colors : float64 array, shape (n, 3) or (n, 1)
        Levels of red, green and blue, or of gray, 0 to 255.

    Returns
    -------
    float64 array, shape (n, 3) or (n, 1)
        L, 0 to 100, a and b; of gray, only L.
    """
    levels = np.clip(colors / 255, 0, 1)
    linear = np.where(
        levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4
    )
    if colors.shape[1] == 1:
        return 116 * _lab_root(linear) - 16
    white = SRGB_TO_XYZ.sum(axis=1)
    # Not a matrix product, whose rounding may depend on the number of threads.
    xyz = np.einsum("xc,nc->xn", SRGB_TO_XYZ, linear)
    x, y, z = _lab_root(xyz / white[:, None])
    return np.column_stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def _lab_root(values: Float64Array) -> Float64Array:
    """Return the cube root, linear near 0 (CIE 15:2004)."""
    low = values * (841 / 108) + 4 / 29
    return np.where(values > (6 / 29) ** 3, np.cbrt(values), low)


def delta_e_2000(labs: Float64Array, others: Float64Array) -> Float64Array:
    """
    Return the CIEDE2000 color difference of each pair of colors, shape (n,).

    Parameters
    ----------
    labs, others : float64 arrays, shape (n, 3) or (n, 1)
        CIELAB colors, or only L; see `means_to_lab`.

    Notes
    -----
    G. Sharma, W. Wu and E. N. Dalal, "The CIEDE2000 color-difference formula", Color
    Research & Application 30 (2005).
    """
    # Imported here: it loads SciPy, and matching doesn't need it.
    from skimage.color import deltaE_ciede2000

    pair = (np.pad(lab, ((0, 0), (0, 3 - lab.shape[1]))) for lab in (labs, others))
    return np.asarray(deltaE_ciede2000(*pair), np.float64)  # type: ignore[no-untyped-call]
