"""Colour spaces as bytes: what a match compares."""

from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.imaging.resize import rgb_of, to_grey

Space = Literal["grey", "rgb", "lab"]
Lightness = npt.NDArray[np.float64]
"""CIELAB L, from 0 for black to 100 for white."""


def in_space(stack: Picture, space: Space) -> Picture:
    """
    Bring pictures to a space; a pixel's bytes depend on that pixel only.

    Parameters
    ----------
    stack : uint8 array, shape (n, height, width[, 3])
        Grey pictures stay as they are, whatever the space.
    space : {"grey", "rgb", "lab"}
        lab is CIELAB as bytes: L * 2.55, a + 128, b + 128.
    """
    if stack.ndim == 3 or space == "rgb":
        return stack
    # OpenCV knows no stacks: the pictures are laid below each other.
    tall = stack.reshape(-1, *stack.shape[2:])
    seen = to_grey(tall) if space == "grey" else to_lab(tall)
    return seen.reshape(*stack.shape[:3], *seen.shape[2:])


def to_lab(picture: Picture) -> Picture:
    """Return an RGB picture in CIELAB, as bytes."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB), np.uint8)


def mean_lightness(stack: Picture) -> Lightness:
    """
    Return the mean CIELAB L of each picture, from 0 to 100.

    Parameters
    ----------
    stack : uint8 array, shape (n, height, width[, 3])
    """
    tall = stack.reshape(-1, *stack.shape[2:])
    light = to_lab(tall if stack.ndim == 4 else rgb_of(tall))[..., 0]
    means = light.reshape(len(stack), -1).mean(axis=1) / 2.55
    return np.asarray(means, np.float64)
