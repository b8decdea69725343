"""Place tiles by minimizing an energy: the local error plus the low-pass error.

The local error compares each tile with its cell. Its structure weight is the share that
compares the structure of quarters as SSIM does (Wang et al. 2004), so edges and
textures count more than brightness. The low-pass error compares mosaic and target after
a blur of one cell, as if seen from a distance; `lowpass_weight` is its weight.

In the blur, the errors of neighboring cells compensate for each other, as in error
diffusion, so the best tile of a cell depends on its neighbors. Repeated sweeps over the
grid give each cell the tile that minimizes the energy of the whole placement
(coordinate descent).
"""

import logging
from typing import NamedTuple, Self

import numpy as np

from pigeonhole.core.arrays import Image, Int32Array, Int64Array
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.blur import low_pass
from pigeonhole.matching.grid import Placement, render, split_cells
from pigeonhole.matching.perceptual.structure import WEIGHT_SCALE, Quarters, rerank
from pigeonhole.matching.perceptual.sweeps import (
    BLUR_RADIUS,
    BLUR_WEIGHTS,
    LEVEL_SCALE,
    blur_tiles,
    sweep,
)
from pigeonhole.matching.search.blocks import build_blocks
from pigeonhole.matching.search.descriptors import (
    ImageShape,
    compute_descriptors,
    stack_vertically,
)
from pigeonhole.matching.search.top_k import top_k_tiles

CANDIDATES_PER_CELL = 64
"""Number of nearest tiles among which a cell chooses; more gained nothing."""
MAX_SWEEPS = 50
"""Maximum number of sweeps; every sweep lowers the energy, and about 12 converge."""
WEIGHT_STEPS = 50
"""Number of steps in which an automatic `lowpass_weight` rises from 0 to 1."""
LOWPASS_TOLERANCE = 1.045
"""Ratio up to which two low-pass errors count as equal."""

log = logging.getLogger(__name__)


def minimize_energy(
    frame: Image, tiles: Image, lowpass_weight: float, structure_weight: float
) -> Placement:
    """
    Place tiles so that no change of a single cell lowers the energy.

    Coordinate descent in integers, row by row, from the placement with the least local
    error; each cell chooses among its nearest tiles. The result depends on the input
    only. The blur works on 2x2 blocks of each cell; its standard deviation is one
    block, half a cell, as in `low_pass`.

    Parameters
    ----------
    frame : uint8 array, shape (rows * height, columns * width[, 3])
    tiles : uint8 array, shape (n, height, width[, 3])
        Tiles of at most 1.4 million pixels.
    lowpass_weight : float
        Weight of the error after a blur, relative to the local error.
    structure_weight : float
        Share of the local error that compares structure instead of pixels, 0 to 1.
    """
    energy = Energy.of(frame, tiles, structure_weight)
    placement = energy.nearest()
    energy.minimize(placement, lowpass_weight)
    return placement


def match_lowpass_error(
    frame: Image, tiles: Image, reference: Placement, structure_weight: float
) -> Placement:
    """
    Use the smallest `lowpass_weight` whose low-pass error is that of a reference.

    The weight rises in `WEIGHT_STEPS` steps, each of which starts with the placement of
    the one before, until the low-pass error is at most `LOWPASS_TOLERANCE` times that
    of the reference, a placement with a low one. If no weight is enough, the placement
    of the last step is used. See `minimize_energy` for the other parameters.
    """
    energy = Energy.of(frame, tiles, structure_weight)
    size = Size(tiles.shape[2], tiles.shape[1])
    target = low_pass(frame, size)

    def lowpass_error(placement: Placement) -> float:
        mosaic = low_pass(render(tiles, placement), size)
        return float(np.abs(mosaic - target).mean(dtype=np.float64))

    accepted = LOWPASS_TOLERANCE * lowpass_error(reference)
    placement = energy.nearest()
    step = 0
    while step < WEIGHT_STEPS and lowpass_error(placement) > accepted:
        step += 1
        energy.minimize(placement, step / WEIGHT_STEPS)
    log.info("lowpass_weight: auto chose %g.", step / WEIGHT_STEPS)
    return placement


class Energy(NamedTuple):
    """Local costs and low-pass values of a target and tiles."""

    # Numbers of the nearest tiles of each cell and their local costs times
    # `WEIGHT_SCALE`, sorted, shape (rows * columns, size).
    candidates: tuple[Int64Array, Int64Array]
    tile_blocks: Int32Array  # block means, (n, 2, 2, channels)
    blurred_tiles: Int32Array  # the same, blurred, (n, WINDOW * WINDOW * channels)
    target_blocks: Int32Array  # block means, (rows, columns, 2, 2, channels)
    block_size: float  # average number of pixels of a block

    @classmethod
    def of(cls, frame: Image, tiles: Image, structure_weight: float) -> Self:
        """Compute the local costs and low-pass values of a frame and tiles."""
        shape = ImageShape.of(tiles)
        grid = split_cells(frame, shape.height, shape.width)
        cell_quarters, tile_quarters = (
            Quarters.of(images.reshape(-1, *shape)) for images in (grid, tiles)
        )
        tile_blocks, cell_blocks = map(block_means, (tile_quarters, cell_quarters))
        size = min(CANDIDATES_PER_CELL, len(tiles))
        candidates = nearest_candidates(frame, tiles, size)
        weight = round(WEIGHT_SCALE * structure_weight)
        return cls(
            rerank(cell_quarters, tile_quarters, candidates, weight),
            tile_blocks,
            blur_tiles(tile_blocks),
            cell_blocks.reshape(*grid.shape[:2], *cell_blocks.shape[1:]),
            shape.height * shape.width / 4,
        )

    def nearest(self) -> Placement:
        """Return the placement with the least local error."""
        shape = self.target_blocks.shape[:2]
        return self.candidates[0][:, 0].reshape(shape).copy()

    def minimize(self, placement: Placement, lowpass_weight: float) -> None:
        """Sweep over a placement, in place, until nothing changes."""
        weight = round(WEIGHT_SCALE * lowpass_weight * self.block_size)
        if not weight:
            return
        errors = blur_blocks(self.tile_blocks[placement] - self.target_blocks)
        stale = np.ones(placement.shape, np.bool_)
        for _ in range(MAX_SWEEPS):
            if not sweep(
                self.candidates, self.blurred_tiles, placement, errors, weight, stale
            ):
                return


def nearest_candidates(
    frame: Image, tiles: Image, size: int
) -> tuple[Int64Array, Int64Array]:
    """Return the numbers and distances of each cell's nearest tiles."""
    shape = ImageShape.of(tiles)
    blocks = build_blocks(compute_descriptors(stack_vertically(tiles), shape))
    cells = compute_descriptors(frame, shape)
    return top_k_tiles(cells, shape.pyramid, blocks, len(tiles), size)


def block_means(images: Quarters) -> Int32Array:
    """Return the means of quarters times `LEVEL_SCALE`, shape (m, 2, 2, channels)."""
    means = LEVEL_SCALE * images.sums // np.diff(images.starts)
    count, channels, _ = means.shape
    blocks = means.swapaxes(1, 2).reshape(count, 2, 2, channels)
    return np.ascontiguousarray(blocks, np.int32)


def blur_blocks(differences: Int32Array) -> Int32Array:
    """
    Blur the differences of all blocks as one image with a black border.

    The differences have shape (rows, columns, 2, 2, channels). The result has shape
    (2 * rows + border, (2 * columns + border) * channels).
    """
    rows, columns, _, _, channels = differences.shape
    border = 2 * BLUR_RADIUS
    padded_shape = 2 * rows + 2 * border, 2 * columns + 2 * border, channels
    image = np.zeros(padded_shape, np.int32)
    inside = slice(border, -border)
    blocks = differences.swapaxes(1, 2)
    image[inside, inside] = blocks.reshape(2 * rows, 2 * columns, channels)
    for axis in (0, 1):
        length = image.shape[axis] - border
        image = sum(
            weight * image.take(range(k, k + length), axis)
            for k, weight in enumerate(BLUR_WEIGHTS)
        )
    return np.ascontiguousarray(image.reshape(image.shape[0], -1), np.int32)
