"""Histogram matching: fit a target's tones to those of the tiles, and undo it."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from pigeonhole.core.arrays import ByteArray, Float64Array, Image, Int16Array
from pigeonhole.imaging.resize import to_gray

BYTE_LEVELS = np.arange(256.0)


@dataclass(frozen=True, slots=True)
class ToneCurve:
    """A monotonic tone curve: the output level of each of the 256 byte values."""

    levels: Float64Array

    @classmethod
    def fit(cls, cells: Image, tiles: Image, strength: float) -> Self:
        """
        Fit the brightness distribution of the cells to that of the tiles.

        Parameters
        ----------
        cells, tiles : uint8 arrays, shapes (m, height, width[, 3]) and (n, ...)
        strength : float
            0 leaves the target unchanged, 1 gives it the distribution of the tiles.
        """
        if not strength:
            return cls(BYTE_LEVELS)
        return cls.fit_brightness(brightness(cells), brightness(tiles), strength)

    @classmethod
    def fit_brightness(
        cls, cells: Float64Array, tiles: Float64Array, strength: float
    ) -> Self:
        """Fit the brightness values of cells to those of tiles; see `fit`."""
        cells, tiles = np.sort(cells), np.sort(tiles)
        # Equal values get their mid-rank, so a flat target maps to the median tile.
        darker = np.searchsorted(cells, BYTE_LEVELS, "left")
        not_lighter = np.searchsorted(cells, BYTE_LEVELS, "right")
        ranks = (darker + not_lighter) / (2 * len(cells))
        tile_ranks = (np.arange(len(tiles)) + 0.5) / len(tiles)
        matched = np.interp(ranks, tile_ranks, tiles)
        return cls((1 - strength) * BYTE_LEVELS + strength * matched)

    def apply(self, image: Image) -> Image:
        """
        Apply the curve to the luma of an image.

        Each channel of an RGB image changes by as much as the luma does, so that colors
        keep their hue; levels beyond 0 to 255 are clipped.
        """
        return _change_luma(image, self.levels)

    def undo(self, image: Image) -> Image:
        """
        Apply the inverse of the curve to the luma of an image.

        A flat part of the curve maps to its middle. A flat part at either end covers
        levels that no cell has, so it maps to its inner edge.
        """
        low = np.searchsorted(self.levels, BYTE_LEVELS - 1e-9, "left")
        high = np.searchsorted(self.levels, BYTE_LEVELS + 1e-9, "right") - 1
        low, high = (
            np.where((low == 0) & (high < 255), high, low),
            np.where((high == 255) & (low > 0), low, high),
        )
        interpolated = np.interp(BYTE_LEVELS, self.levels, BYTE_LEVELS)
        inverse = np.where(low <= high, (low + high) / 2, interpolated)
        return _change_luma(image, inverse)


def _change_luma(image: Image, levels: Float64Array) -> Image:
    """
    Map the luma of an image to new levels, keeping the hue of its colors.

    All channels change by as much as the luma. Where that leaves the range of bytes,
    the color is moved toward the gray of its luma as far as needed: clipping a single
    channel would change the hue.
    """
    new = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    if image.ndim == 2:
        return new[image]
    luma = to_gray(image)
    changed = image + (new - np.arange(256, dtype=np.int16))[luma][..., None]
    # Values that aren't bytes have other bits than the lowest eight.
    red, green, blue = np.moveaxis(changed, 2, 0)
    outside = (red | green | blue) & ~0xFF != 0
    changed[outside] = _desaturate(changed[outside], new[luma[outside]])
    return changed.astype(np.uint8)


def _desaturate(colors: Int16Array, luma: ByteArray) -> Int16Array:
    """Move colors toward the gray of their luma until all channels are bytes."""
    gray = luma.astype(np.float64)
    below, above = gray - colors.min(axis=1), colors.max(axis=1) - gray
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.minimum(gray / below, (255 - gray) / above)
    share = np.clip(np.nan_to_num(share, nan=1), 0, 1)[:, None]
    moved = gray[:, None] + share * (colors - gray[:, None])
    return np.asarray(np.clip(np.rint(moved), 0, 255), np.int16)


def brightness(stack: Image) -> Float64Array:
    """Return the mean luma of each image."""
    column = stack.reshape(-1, *stack.shape[2:])
    luma = to_gray(column) if stack.ndim == 4 else column
    return np.asarray(luma.reshape(len(stack), -1).mean(axis=1), np.float64)
