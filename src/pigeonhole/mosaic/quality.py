"""How good a mosaic is, in numbers: from near, from far, and how varied."""

import json
import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from skimage.metrics import structural_similarity

from pigeonhole.files import write_text
from pigeonhole.images import Picture
from pigeonhole.matching.blur import Floats, blurred
from pigeonhole.mosaic.layout import Mask
from pigeonhole.mosaic.make import Mosaic
from pigeonhole.settings import Size

WINDOW = 7
"""Side of the window of SSIM, in pixels; less in a smaller picture."""


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
    Judge a mosaic from near, and from far: after a blur of one cell.

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
    pair = [target.astype(np.float32), mosaic.astype(np.float32)]
    far = [blurred(picture, size) for picture in pair]
    return {"near_look": _errors(pair, where), "far_look": _errors(far, where)}


def _errors(pair: list[Floats], where: Mask | None) -> dict[str, float | None]:
    target, mosaic = pair
    errors = np.abs(target - mosaic)
    judged = errors if where is None else errors[where]
    return {
        "mean_absolute_error": round(float(judged.mean(dtype=np.float64)), 4),
        "ssim": _ssim(target, mosaic, where),
    }


def _ssim(target: Floats, mosaic: Floats, where: Mask | None) -> float | None:
    """Return the mean SSIM of the channels; None where no window of 3x3 fits."""
    side = min(WINDOW, *target.shape[:2])
    window = side - (side + 1) % 2
    if window < 3:
        return None
    # The window isn't whole nearer to the edge.
    inside = slice(window // 2, -(window // 2))
    channels = np.atleast_3d(target), np.atleast_3d(mosaic)
    values = []
    # One channel at a time needs a third of the memory.
    for channel in range(channels[0].shape[2]):
        _, map_ = structural_similarity(  # type: ignore[no-untyped-call]
            channels[0][..., channel],
            channels[1][..., channel],
            win_size=window,
            data_range=255,
            full=True,
        )
        seen = map_[inside, inside]
        if where is not None:
            seen = seen[where[inside, inside]]
        values.append(float(seen.mean(dtype=np.float64)) if seen.size else 1.0)
    return round(math.fsum(values) / len(values), 4)


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
