"""How good a mosaic is, in numbers: from near, from far, and how varied."""

import json
import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from skimage.metrics import structural_similarity

from pigeonhole.core.arrays import Picture
from pigeonhole.core.atomic import write_text
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.blur import Floats, blurred
from pigeonhole.mosaic.compose import Mosaic
from pigeonhole.mosaic.layout import Mask

WINDOW = 7
"""Side of the window of SSIM, in pixels; less in a smaller picture."""
BAND_PIXELS = 4_000_000
"""As many are judged at a time, so that large pictures don't take all memory."""


def quality(mosaic: Mosaic, original: Picture) -> dict[str, Any]:
    """
    Return all that quality.json says.

    Parameters
    ----------
    mosaic : Mosaic
    original : uint8 array, shape (rows * height, columns * width, 3)
        The target before its tones were fitted. A mosaic of grey tiles is judged
        beside its grey.

    Notes
    -----
    near_look and far_look undo the tone curve first; as_shown doesn't.
    """
    seen = mosaic.seen(original)
    shown = mosaic.picture()
    undone = mosaic.curve.undo(shown) if mosaic.looks.tone else shown
    size = mosaic.tile_set.size
    judged = partial(compare, size=size, where=mosaic.covered)
    return {
        **mosaic.looks.model_dump(mode="json"),
        "advice": mosaic.advice.sentence(),
        "as_shown": judged(seen, shown),
        "cells": mosaic.placement.size,
        "judged_in": "grey" if seen.ndim == 2 else "rgb",
        # Without limits on reuse the nearest tile of each cell is the optimum.
        "optimality_gap": mosaic.gap,
        **judged(seen, undone),
        **_uses(mosaic),
    }


def compare(
    target: Picture, mosaic: Picture, size: Size, where: Mask | None = None
) -> dict[str, Any]:
    """
    Judge a mosaic from near, and from far: after a blur of one cell, band by band.

    Parameters
    ----------
    target, mosaic : uint8 arrays of one shape
    size : Size
        Of a cell.
    where : bool array, shape (height, width), optional
        The pixels that are judged; all by default.
    """
    if where is not None:
        # What isn't judged must not shine into what is.
        seen = where if target.ndim == 2 else where[..., None]
        mosaic = np.where(seen, mosaic, target)
    window = _window(target)
    near, far = _Sums(), _Sums()
    for rows, inner in _bands(target, size):
        pair = [picture[rows].astype(np.float32) for picture in (target, mosaic)]
        judged = _judged(target, rows, inner, where)
        near.add(pair, judged, window)
        far.add([blurred(picture, size) for picture in pair], judged, window)
    return {"near_look": near.found(), "far_look": far.found()}


def _window(picture: Picture) -> int:
    """Return the side of SSIM's window in a picture, odd; 0 where no 3x3 fits."""
    side = min(WINDOW, *picture.shape[:2])
    window = side - (side + 1) % 2
    return window if window >= 3 else 0


def _bands(picture: Picture, size: Size) -> Iterator[tuple[slice, slice]]:
    """Yield rows to look at, and which of them are judged: the others only shine in."""
    tall, wide = picture.shape[:2]
    step = max(1, BAND_PIXELS // wide)
    # OpenCV's Gaussian goes four sigmas far.
    reach = 2 * size.height + WINDOW
    for top in range(0, tall, step):
        bottom = min(top + step, tall)
        first = max(0, top - reach)
        yield (
            slice(first, min(bottom + reach, tall)),
            slice(top - first, bottom - first),
        )


def _judged(
    picture: Picture, rows: slice, inner: slice, where: Mask | None
) -> tuple[Mask, Mask]:
    """Return which pixels of some rows are judged, by error and by SSIM."""
    seen = np.zeros((rows.stop - rows.start, picture.shape[1]), np.bool_)
    seen[inner] = True if where is None else where[rows][inner]
    # The window isn't whole nearer to the picture's edge.
    margin = _window(picture) // 2
    whole = seen.copy()
    whole[: max(0, margin - rows.start)] = False
    whole[max(0, len(picture) - margin - rows.start) :] = False
    whole[:, :margin] = False
    whole[:, picture.shape[1] - margin :] = False
    return seen, whole


class _Sums:
    """Errors and similarities, added up band by band."""

    def __init__(self) -> None:
        self._errors: list[float] = []
        self._likeness: list[float] = []
        self._values = 0
        self._windows = 0

    def add(self, pair: list[Floats], judged: tuple[Mask, Mask], window: int) -> None:
        """Add what some pixels of a part of target and mosaic say."""
        target, mosaic = (np.atleast_3d(picture) for picture in pair)
        seen, whole = judged
        # One channel at a time needs a third of the memory.
        for channel in range(target.shape[2]):
            two = target[..., channel], mosaic[..., channel]
            errors = np.abs(two[0] - two[1])[seen]
            self._errors.append(float(errors.sum(dtype=np.float64)))
            self._values += errors.size
            if window and min(two[0].shape) >= window:
                _, likeness = structural_similarity(  # type: ignore[no-untyped-call]
                    *two, win_size=window, data_range=255, full=True
                )
                self._likeness.append(float(likeness[whole].sum(dtype=np.float64)))
                self._windows += int(whole.sum())

    def found(self) -> dict[str, float | None]:
        """Return the means; no SSIM where no window of 3x3 fits."""
        likeness = math.fsum(self._likeness) / max(1, self._windows)
        alike = 1.0 if self._likeness and not self._windows else likeness
        return {
            "mean_absolute_error": round(math.fsum(self._errors) / self._values, 4),
            "ssim": round(alike, 4) if self._likeness else None,
        }


def _uses(mosaic: Mosaic) -> dict[str, Any]:
    """Count the tiles; a tile and its mirror image are one."""
    counts = mosaic.uses()
    most = int(counts.argmax())
    row = mosaic.tile_set.rows[most]
    return {
        "most_used_tile": {
            "count": int(counts[most]),
            "photo": row.photo,
            "tile": most,
            "tile_id": row.id,
        },
        "tiles": len(counts),
        "tiles_used": int((counts > 0).sum()),
    }


def save_quality(path: Path, found: dict[str, Any]) -> None:
    """Write quality.json, its keys sorted."""
    write_text(path, json.dumps(found, indent=2, sort_keys=True) + "\n")
