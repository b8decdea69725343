"""Measure the quality of a mosaic: local error, low-pass error, variety of tiles."""

import json
import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from skimage.metrics import structural_similarity

from pigeonhole.core.arrays import BoolArray, Float32Array, Image
from pigeonhole.core.atomic import write_text
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.blur import low_pass
from pigeonhole.mosaic.compose import Mosaic

SSIM_WINDOW = 7
"""Side of the SSIM window in pixels; smaller images have a smaller window."""
STRIP_PIXELS = 4_000_000
"""Number of pixels measured at a time, to limit the memory for large images."""


def quality(mosaic: Mosaic, original: Image) -> dict[str, Any]:
    """
    Return the content of quality.json.

    `original` is the fitted target in RGB, before histogram matching. local_error and
    lowpass_error are measured after undoing the histogram matching; as_shown is
    measured without undoing it.
    """
    target = mosaic.in_tile_channels(original)
    shown = mosaic.image()
    matched = mosaic.options.histogram_matching > 0
    undone = mosaic.curve.undo(shown) if matched else shown
    measure = partial(compare, size=mosaic.tile_set.size, coverage=mosaic.coverage)
    return {
        **mosaic.options.model_dump(mode="json"),
        "advice": mosaic.advice.sentence(),
        "as_shown": measure(target, shown),
        "cells": mosaic.placement.size,
        "channels": "gray" if target.ndim == 2 else "rgb",
        "optimality_gap": mosaic.optimality_gap,
        **measure(target, undone),
        **_tile_usage(mosaic),
    }


def compare(
    target: Image, mosaic: Image, size: Size, coverage: BoolArray | None = None
) -> dict[str, Any]:
    """
    Return the error of a mosaic, locally and after a blur of one cell.

    Parameters
    ----------
    target, mosaic : uint8 arrays of the same shape
    size : Size
        That of a cell.
    coverage : bool array, shape (height, width), optional
        Pixels to measure; all by default.
    """
    if coverage is not None:
        # The blur must not mix pixels that aren't measured into those that are.
        pixels = coverage if target.ndim == 2 else coverage[..., None]
        mosaic = np.where(pixels, mosaic, target)
    window = _ssim_window(target)
    local, lowpass = _Measurement(), _Measurement()
    for rows, inner in _strips(target, size):
        pair = [image[rows].astype(np.float32) for image in (target, mosaic)]
        measured = _measured_pixels(target, rows, inner, coverage)
        local.add(pair, *measured, window)
        lowpass.add([low_pass(image, size) for image in pair], *measured, window)
    return {"local_error": local.means(), "lowpass_error": lowpass.means()}


def _ssim_window(image: Image) -> int:
    """Return the odd side of the SSIM window, or 0 if the image is below 3x3 pixels."""
    side = min(SSIM_WINDOW, *image.shape[:2])
    window = side - (side + 1) % 2
    return window if window >= 3 else 0


def _strips(image: Image, size: Size) -> Iterator[tuple[slice, slice]]:
    """Yield the rows of each strip with a margin, and the strip's rows among them."""
    height, width = image.shape[:2]
    step = max(1, STRIP_PIXELS // width)
    # OpenCV's Gaussian kernel extends to four standard deviations.
    margin = 2 * size.height + SSIM_WINDOW
    for top in range(0, height, step):
        bottom = min(top + step, height)
        first = max(0, top - margin)
        rows = slice(first, min(bottom + margin, height))
        yield rows, slice(top - first, bottom - first)


def _measured_pixels(
    image: Image, rows: slice, inner: slice, coverage: BoolArray | None
) -> tuple[BoolArray, BoolArray]:
    """Return the pixels of a strip that count for the error and for SSIM."""
    pixels = np.zeros((rows.stop - rows.start, image.shape[1]), np.bool_)
    pixels[inner] = True if coverage is None else coverage[rows][inner]
    # SSIM is only defined where the entire window is inside the image.
    margin = _ssim_window(image) // 2
    windows = pixels.copy()
    windows[: max(0, margin - rows.start)] = False
    windows[max(0, len(image) - margin - rows.start) :] = False
    windows[:, :margin] = False
    windows[:, image.shape[1] - margin :] = False
    return pixels, windows


class _Measurement:
    """Absolute errors and SSIM values, summed strip by strip."""

    def __init__(self) -> None:
        self._errors: list[float] = []
        self._similarities: list[float] = []
        self._values = 0
        self._windows = 0

    def add(
        self, pair: list[Float32Array], pixels: BoolArray, windows: BoolArray, side: int
    ) -> None:
        """Add a strip of target and mosaic; `side` is that of the SSIM window."""
        target, mosaic = (np.atleast_3d(image) for image in pair)
        # One channel at a time takes a third of the memory.
        for channel in range(target.shape[2]):
            planes = target[..., channel], mosaic[..., channel]
            errors = np.abs(planes[0] - planes[1])[pixels]
            self._errors.append(float(errors.sum(dtype=np.float64)))
            self._values += errors.size
            if side and min(planes[0].shape) >= side:
                _, similarity = structural_similarity(  # type: ignore[no-untyped-call]
                    *planes, win_size=side, data_range=255, full=True
                )
                total = similarity[windows].sum(dtype=np.float64)
                self._similarities.append(float(total))
                self._windows += int(windows.sum())

    def means(self) -> dict[str, float | None]:
        """Return the mean absolute error and SSIM, None if there is no SSIM window."""
        ssim = math.fsum(self._similarities) / max(1, self._windows)
        ssim = 1.0 if self._similarities and not self._windows else ssim
        return {
            "mean_absolute_error": round(math.fsum(self._errors) / self._values, 4),
            "ssim": round(ssim, 4) if self._similarities else None,
        }


def _tile_usage(mosaic: Mosaic) -> dict[str, Any]:
    """Return how often tiles are used; a mirror image counts as its tile."""
    counts = mosaic.use_counts()
    most = int(counts.argmax())
    row = mosaic.tile_set.rows[most]
    tile = {"photo": row.photo, "tile": most, "tile_id": row.id}
    return {
        "most_used_tile": {"count": int(counts[most]), **tile},
        "tiles": len(counts),
        "tiles_used": int((counts > 0).sum()),
    }


def save_quality(path: Path, mosaic: Mosaic, original: Image) -> dict[str, Any]:
    """Write quality.json with sorted keys and return its content; see `quality`."""
    numbers = quality(mosaic, original)
    write_text(path, json.dumps(numbers, indent=2, sort_keys=True) + "\n")
    return numbers
