"""Compare the colors of target and photos to find out which photos are missing."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from pigeonhole.core.arrays import Float64Array, Image, Int64Array
from pigeonhole.imaging.color_spaces import means_to_lab
from pigeonhole.matching.color_transfer import pixel_statistics
from pigeonhole.matching.grid import split_cells

CELLS_PER_PHOTO = 10
"""Number of cells that one photo can fill before its repetition becomes visible."""
MIN_SHARE = 0.01
"""Colors that lack photos for a smaller share of the cells aren't reported."""
MAX_NAMED = 4
"""Number of colors that the sentence names at most."""
GRAY_CHROMA, VIVID_CHROMA = 10, 45
"""CIELAB chroma below which a color is called gray, and from which on vivid."""
GRAY_LIGHTNESS, LIGHTNESS = (15, 35, 60, 82), (32, 76)
"""CIELAB L at which gray and the other colors get a brighter name."""
HUES = (42, 80, 112, 180, 308, 345)
"""CIELAB hue angles in degrees at which a color gets the next name, from red on."""
GRAYS = ("black", "dark gray", "medium gray", "light gray", "white")
COLORS = (
    ("dark red", "red", "pink", "vivid red"),
    ("dark brown", "brown", "beige", "vivid orange"),
    ("dark olive", "olive", "light yellow", "vivid yellow"),
    ("dark green", "green", "light green", "vivid green"),
    ("dark blue", "blue", "light blue", "vivid blue"),
    ("dark purple", "purple", "light purple", "vivid purple"),
)
"""Names of each hue: dark, medium, bright, and vivid if not dark."""
COLOR_NAMES = GRAYS + sum(COLORS, ())


@dataclass(frozen=True, slots=True)
class Advice:
    """
    Numbers of cells and of photos by the name of their mean color.

    Attributes
    ----------
    cells : int64 array, shape (len(COLOR_NAMES),)
    photos : float64 array, shape (len(COLOR_NAMES),)
        A photo with several tiles counts in equal parts for their colors. It is
        expected to fill `CELLS_PER_PHOTO` cells.
    """

    cells: Int64Array
    photos: Float64Array

    @classmethod
    def compare(
        cls,
        frame: Image,
        tiles: Image,
        sources: Int64Array | None = None,
        colors: Int64Array | None = None,
    ) -> Self:
        """
        Count the cells of a frame and the photos of a tile set by color.

        Parameters
        ----------
        frame : uint8 array, shape (rows * height, columns * width[, 3])
        tiles : uint8 array, shape (n, height, width[, 3])
        sources : int64 array, shape (n,), optional
            Number of the photo of each tile; by default, all are different.
        colors : int64 array, shape (n,), optional
            Colors of the tiles, if they are known; see `classify_colors`.
        """
        grid = split_cells(frame, *tiles.shape[1:3])
        cells = grid.reshape(-1, *grid.shape[2:])
        sources = np.arange(len(tiles)) if sources is None else sources
        needed = np.bincount(classify_colors(cells), minlength=len(COLOR_NAMES))
        shares = 1 / np.bincount(sources)[sources]
        colors = classify_colors(tiles) if colors is None else colors
        photos = np.bincount(colors, shares, minlength=len(COLOR_NAMES))
        return cls(needed, photos.astype(np.float64))

    @property
    def needed(self) -> Int64Array:
        """Number of photos that each color needs."""
        return -(-self.cells // CELLS_PER_PHOTO)

    @property
    def missing(self) -> Int64Array:
        """Number of photos that each color lacks; 0 if the shortage is negligible."""
        missing = np.ceil(np.maximum(self.needed - self.photos, 0) - 1e-9)
        negligible = missing * CELLS_PER_PHOTO < MIN_SHARE * self.cells.sum()
        return np.where(negligible, 0, missing).astype(np.int64)

    def sentence(self) -> str:
        """Return a sentence on which photos to add, if any, and what helps instead."""
        missing = self.missing
        if not missing.any():
            return "There are enough photos of every color."
        colors = np.argsort(-missing, kind="stable")[: np.count_nonzero(missing)]
        parts = [f"{_round(missing[color])} {COLOR_NAMES[color]}" for color in colors]
        if len(colors) > MAX_NAMED + 1:
            others = missing[colors[MAX_NAMED:]].sum()
            parts[MAX_NAMED:] = [f"{_round(others)} in other colors"]
        total, photos = missing.sum(), round(float(self.photos.sum()))
        added = f"{_round(total)} {_noun(total)} ({', '.join(parts)})"
        if len(colors) == 1:
            added = f"{parts[0]} {_noun(total)}"
        return (
            f"Some colors have too few photos: {self.cells.sum():,} cells share "
            f"{photos:,} {_noun(photos)}. For fewer repetitions, add "
            f"about {added}, use fewer cells (mosaic.width), or allow more color "
            "transfer (mosaic.max_color_transfer) or some of the target itself "
            "(mosaic.overlay)."
        )


@dataclass(frozen=True, slots=True)
class PoolBound:
    """
    The error of a mosaic and its parts: ``colors + photos + rules == actual``.

    All are root mean square errors in levels of 255.

    Attributes
    ----------
    actual : float
        The error of the mosaic.
    rules : float
        What the rules on repetition add to it, and the search.
    photos : float
        What the lack of photos with a fitting structure adds to it.
    colors : float
        What remains even if every cell gets the best color that the photos have.
    lowpass : float
        The low-pass error of the mosaic.
    lowpass_bound : float
        Lower bound of the low-pass error of all mosaics of these photos, whatever the
        rules on repetition.
    """

    actual: float
    rules: float
    photos: float
    colors: float
    lowpass: float
    lowpass_bound: float

    def sentence(self) -> str:
        """Return a sentence on the parts and on the remedy of the largest one."""
        # The differences of rounded sums add up to the rounded error.
        sums = np.cumsum([0, self.colors, self.photos, self.rules])
        colors, photos, rules = np.diff(np.rint(sums).astype(np.int64)).tolist()
        remedies = {
            "Photos in the missing colors or more color transfer": colors,
            "More photos, or more crops of them,": photos,
            "Fewer rules on repetition, or more photos,": rules,
        }
        remedy = max(remedies, key=lambda name: remedies[name])
        return (
            f"Of the error of {colors + photos + rules} levels, {colors} come from "
            f"missing colors, {photos} from missing photos and {rules} from the rules "
            f"on repetition. {remedy} would help most."
        )

    def lowpass_sentence(self) -> str:
        """Return a sentence on the low-pass error and its bound."""
        error, bound = f"{self.lowpass:.1f}", f"{self.lowpass_bound:.1f}"
        limit = f"; no mosaic of these photos can be below {bound}"
        return (
            f"From a distance, the error is {error} levels{limit * (bound != '0.0')}."
        )

    def facts(self) -> dict[str, Any]:
        """Return the fields, rounded, and the sentences, for quality.json."""
        parts = {name: round(value, 3) for name, value in asdict(self).items()}
        sentences = {
            "sentence": self.sentence(),
            "lowpass_sentence": self.lowpass_sentence(),
        }
        return {**parts, **sentences}


def classify_colors(stack: Image) -> Int64Array:
    """
    Return the number in `COLOR_NAMES` of the mean color of each image.

    Parameters
    ----------
    stack : uint8 array, shape (n, height, width[, 3])
    """
    lab = means_to_lab(pixel_statistics(stack).means)
    lightness = lab[:, 0]
    grays = np.searchsorted(GRAY_LIGHTNESS, lightness, "right")
    if lab.shape[1] == 1:
        return grays
    a, b = lab[:, 1:].T
    hues = np.searchsorted(HUES, np.degrees(np.arctan2(b, a)) % 360, "right")
    tones = np.searchsorted(LIGHTNESS, lightness, "right")
    chroma = np.hypot(a, b)
    tones[(chroma >= VIVID_CHROMA) & (tones > 0)] = len(COLORS[0]) - 1
    colors = len(GRAYS) + hues % len(HUES) * len(COLORS[0]) + tones
    return np.where(chroma < GRAY_CHROMA, grays, colors)


def _noun(count: int) -> str:
    return "photo" if count == 1 else "photos"


def _round(count: int) -> str:
    """Return a count with two significant digits; the estimate isn't more precise."""
    unit = 10 ** max(0, len(str(count)) - 2)
    return f"{round(count / unit) * unit:,}"
