"""Measure the quality of a mosaic: its errors, colors and contrast, and its variety."""

import json
import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from skimage.metrics import structural_similarity

from pigeonhole.core.arrays import (
    BoolArray,
    Float32Array,
    Float64Array,
    Image,
    Int64Array,
)
from pigeonhole.core.atomic import write_text
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.blur import low_pass
from pigeonhole.imaging.color_spaces import delta_e_2000, means_to_lab
from pigeonhole.mosaic.advice import PoolBound
from pigeonhole.mosaic.cell_stats import (
    cell_colors,
    cell_errors,
    near_own_source,
    worst_cells,
)
from pigeonhole.mosaic.cells import render_cells
from pigeonhole.mosaic.compose import Mosaic

SSIM_WINDOW = 7
"""Side of the SSIM window in pixels; smaller images have a smaller window."""
STRIP_PIXELS = 4_000_000
"""Number of pixels measured at a time, to limit the memory for large images."""


NEAR_DISTANCES = (1, 3, 6)
"""Distances, in cells, within which a repetition is counted as near."""


def quality(
    mosaic: Mosaic, original: Image, bound: PoolBound | None = None
) -> dict[str, Any]:
    """
    Return the content of quality.json.

    Parameters
    ----------
    mosaic : Mosaic
    original : uint8 array, shape (rows * height, columns * width, 3)
        The fitted target in RGB, before histogram matching.
    bound : PoolBound, optional
        How good a mosaic of these photos can be.

    Returns
    -------
    mapping
        The options of the mosaic, and these keys. A source is a photo or a face; its
        crops and their mirror images count as one. Shares are between 0 and 1.

        local_error
            mean_absolute_error in levels of 255, and ssim, of the pixels.
        lowpass_error
            The same after a blur of one cell, and the color difference delta_e_2000:
            mean and percentile_95 over the image.
        as_shown
            Both errors without undoing the histogram matching.
        color_change
            What color transfer and overlay do to the tiles. delta_e_2000: mean and
            percentile_95 over the cells, each between the mean colors of its tile
            before and after. cells_at_bound: share of the cells at
            `max_color_transfer`. contrast_kept: standard deviation of a tile as shown
            over that of its crop, mean over the cells.
        near_own_source
            Shares of the cells that have their own source again within_1, within_3
            and within_6 cells, diagonals included.
        sources, sources_used, effective_sources
            Number of sources in the tile set, in the mosaic, and the number of
            equally used ones that would be as varied: the exponential of the entropy.
        most_used_source
            Its photo, the count of its cells, and their share of all cells.
        crop_share
            Area of the crop in a cell over that of the largest crop of its source:
            mean and minimum over the cells.
        tiles, tiles_used, most_used_tile
            The same of single tiles; a mirror image counts as its tile.
        worst_cells
            The ten cells with the largest root mean square error, in levels of 255, of
            the pixels as shown; row and column are those of placement.csv.
        pool_bound
            The fields of `PoolBound` and its two sentences, or null.
        advice
            A sentence on the photos that are missing.
        cells, channels, optimality_gap
            See `Mosaic`.
    """
    target = mosaic.in_tile_channels(original)
    shown = mosaic.image()
    measure = partial(compare, size=mosaic.tile_set.size, coverage=mosaic.coverage)
    as_shown = measure(target, shown)
    matched = mosaic.options.histogram_matching > 0
    errors = measure(target, mosaic.curve.undo(shown)) if matched else as_shown
    return {
        **mosaic.options.model_dump(mode="json"),
        "advice": mosaic.advice.sentence(),
        "as_shown": as_shown,
        "cells": mosaic.placement.size,
        "channels": "gray" if target.ndim == 2 else "rgb",
        "color_change": _color_change(mosaic, shown),
        "optimality_gap": mosaic.optimality_gap,
        "pool_bound": bound.facts() if bound else None,
        "worst_cells": _describe_worst_cells(mosaic, target, shown),
        **errors,
        **_tile_usage(mosaic),
        **_source_usage(mosaic),
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
    differences: list[Float64Array] = []
    for rows, inner in _strips(target, size):
        pair = [image[rows].astype(np.float32) for image in (target, mosaic)]
        measured = _measured_pixels(target, rows, inner, coverage)
        local.add(pair, *measured, window)
        pair = [low_pass(image, size) for image in pair]
        lowpass.add(pair, *measured, window)
        differences.append(_color_differences(pair, measured[0], rows.start, size))
    delta_e = _mean_and_percentile(np.concatenate(differences))
    return {
        "local_error": local.means(),
        "lowpass_error": {**lowpass.means(), "delta_e_2000": delta_e},
    }


def _color_differences(
    pair: list[Float32Array], pixels: BoolArray, first_row: int, size: Size
) -> Float64Array:
    """Return CIEDE2000 at some pixels of a strip, four in a cell in each direction."""
    # The blur leaves no detail between them.
    step = Size(max(1, size.width // 4), max(1, size.height // 4))
    sample = (
        slice(-first_row % step.height, None, step.height),
        slice(None, None, step.width),
    )
    kept = pixels[sample]
    labs = (
        means_to_lab(np.atleast_3d(image)[sample][kept].astype(np.float64))
        for image in pair
    )
    return delta_e_2000(*labs)


def _mean_and_percentile(values: Float64Array) -> dict[str, float | None]:
    """Return mean and 95th percentile, None if there are no values."""
    if not values.size:
        return {"mean": None, "percentile_95": None}
    return {
        "mean": round(float(values.mean()), 3),
        "percentile_95": round(float(np.percentile(values, 95)), 3),
    }


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


def _color_change(mosaic: Mosaic, shown: Image) -> dict[str, Any]:
    """Return how far the shown tiles are from their crops; see `quality`."""
    layout, options = mosaic.layout, mosaic.options
    tiles = render_cells(mosaic.tile_set.tiles, layout, mosaic.placement.ravel())
    before, after = cell_colors(tiles, layout), cell_colors(shown, layout)
    lab = means_to_lab(before.means)
    wanted = means_to_lab(cell_colors(mosaic.frame, layout).means)
    distances = options.color_transfer * np.linalg.norm(lab - wanted, axis=1)
    textured = before.stds > 0
    kept = after.stds[textured] / before.stds[textured]
    at_bound = float((distances > options.max_color_transfer).mean())
    return {
        "cells_at_bound": round(at_bound, 4),
        "contrast_kept": round(float(kept.mean()), 4) if kept.size else 1.0,
        "delta_e_2000": _mean_and_percentile(
            delta_e_2000(lab, means_to_lab(after.means))
        ),
    }


def _source_usage(mosaic: Mosaic) -> dict[str, Any]:
    """Return how often, how close together and how completely sources are shown."""
    tile_set = mosaic.tile_set
    tiles = mosaic.placement.ravel() % mosaic.tile_count
    sources = tile_set.sources[: mosaic.tile_count]
    placed = sources[tiles]
    counts = np.bincount(placed, minlength=sources.max() + 1)
    shares = counts[counts > 0] / counts.sum()
    most = int(counts.argmax())
    return {
        "crop_share": _crop_shares(mosaic, sources, tiles),
        "effective_sources": round(math.exp(-math.fsum(shares * np.log(shares))), 2),
        "most_used_source": {
            "count": int(counts[most]),
            "photo": tile_set.rows[int((sources == most).argmax())].photo,
            "share": round(float(shares.max()), 4),
        },
        "near_own_source": {
            f"within_{distance}": round(
                float(near_own_source(mosaic.layout, placed, distance).mean()), 4
            )
            for distance in NEAR_DISTANCES
        },
        "sources": len(counts),
        "sources_used": len(shares),
    }


def _crop_shares(
    mosaic: Mosaic, sources: Int64Array, tiles: Int64Array
) -> dict[str, float]:
    rows = mosaic.tile_set.rows[: mosaic.tile_count]
    areas = np.array([row.width * row.height for row in rows], np.float64)
    largest = np.zeros(sources.max() + 1)
    np.maximum.at(largest, sources, areas)
    shares = (areas / largest[sources])[tiles]
    return {
        "mean": round(float(shares.mean()), 4),
        "minimum": round(float(shares.min()), 4),
    }


def _describe_worst_cells(
    mosaic: Mosaic, target: Image, shown: Image
) -> list[dict[str, Any]]:
    errors = cell_errors(target, shown, mosaic.layout)
    cells = []
    for cell in worst_cells(errors).tolist():
        row, column = mosaic.layout.labels[cell].tolist()
        tile = mosaic.tile_set.rows[int(mosaic.placement.ravel()[cell])]
        error = round(float(errors[cell]), 2)
        names = {"photo": tile.photo, "tile_id": tile.id}
        cells.append({"row": row, "column": column, "error": error, **names})
    return cells


def save_quality(
    path: Path, mosaic: Mosaic, original: Image, bound: PoolBound | None = None
) -> dict[str, Any]:
    """Write quality.json with sorted keys and return its content; see `quality`."""
    numbers = quality(mosaic, original, bound)
    write_text(path, json.dumps(numbers, indent=2, sort_keys=True) + "\n")
    return numbers
