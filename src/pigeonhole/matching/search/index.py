"""An exact index that finds the nearest tile of each cell."""

import hashlib
from pathlib import Path
from typing import Self

import numpy as np

from pigeonhole.core.arrays import Image, Int64Array
from pigeonhole.core.errors import DAMAGED_FILE_ERRORS, TileError
from pigeonhole.core.jit import get_num_threads
from pigeonhole.matching.grid import Placement, check_grid
from pigeonhole.matching.search.blocks import build_blocks
from pigeonhole.matching.search.descriptors import (
    ImageShape,
    compute_descriptors,
    flatten_rows,
    projection_signs,
    stack_vertically,
)
from pigeonhole.matching.search.index_file import open_arrays, write_arrays
from pigeonhole.matching.search.kernels import TileBlocks, nearest_tiles
from pigeonhole.matching.search.simd import MASK_LANES, OCTET

MAX_TILE_BYTES = 2**30 // 255
"""Largest tile whose distances and bounds fit into 32 bits."""
INDEX_VERSION = 3
"""Version of the file format; files of other versions are rejected."""


class UnreadableIndex(TileError):
    """A saved index is missing, damaged, out of date or of another version."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} can't be used as a tile index: {reason}. "
            "Delete it and run `snakemake --cores 4` to rebuild it."
        )


class TileIndex:
    """
    An exact index of tiles; the distance is the sum of absolute differences.

    `faiss.IndexFlat` with METRIC_L1, a brute-force search, gives the same distances.

    Parameters
    ----------
    tiles : uint8 array, shape (n, height, width) or (n, height, width, 3)
        At least one tile, of at most 4,210,752 bytes each. TypeError or ValueError is
        raised for another data type or shape.
    """

    def __init__(self, tiles: Image) -> None:
        if tiles.dtype != np.uint8:
            raise TypeError(f"tiles must be uint8, not {tiles.dtype}")
        is_stack = tiles.ndim >= 3 and tiles.shape[3:] in ((), (3,))
        if not is_stack or not tiles.size:
            raise ValueError(
                f"tiles have shape {tiles.shape}, but it must be (n, height, width) or "
                "(n, height, width, 3)"
            )
        if tiles[0].size > MAX_TILE_BYTES:
            raise ValueError(
                f"a tile has {tiles[0].size:,} bytes, which is too large: the maximum "
                f"is {MAX_TILE_BYTES:,}"
            )
        self.shape = ImageShape.of(tiles)
        self._count = len(tiles)
        self._digest = _digest(tiles)
        descriptors = compute_descriptors(stack_vertically(tiles), self.shape)
        self.blocks = build_blocks(descriptors)

    def __len__(self) -> int:
        return self._count

    def check_tiles(self, tiles: Image) -> None:
        """Raise ValueError if tiles have another number or shape than those indexed."""
        if (len(tiles), *tiles.shape[1:]) != (self._count, *self._image_shape):
            raise ValueError(
                f"the index is of {self._count:,} tiles of shape {self._image_shape}, "
                f"not of {len(tiles):,} of shape {tiles.shape[1:]}"
            )

    def nearest(self, cells: Image) -> tuple[Int64Array, Int64Array]:
        """
        Find the nearest tile of each cell; ties go to the lowest number.

        Parameters
        ----------
        cells : uint8 array, shape (m, height, width[, 3])
            TypeError or ValueError is raised for another data type or shape.

        Returns
        -------
        numbers, distances : int64 arrays, shape (m,)
        """
        if cells.dtype != np.uint8:
            raise TypeError(f"cells must be uint8, not {cells.dtype}")
        if cells.shape[1:] != self._image_shape:
            raise ValueError(
                f"cells of shape {cells.shape[1:]} don't match tiles of shape "
                f"{self._image_shape}"
            )
        return self._search(stack_vertically(cells))

    def place(self, frame: Image) -> Placement:
        """
        Return the nearest tile of every cell of a frame.

        Parameters
        ----------
        frame : uint8 array, shape (rows * height, columns * width[, 3])
            TypeError or ValueError is raised for another data type or shape.

        Returns
        -------
        int64 array, shape (rows, columns)
        """
        height, width = self.shape.height, self.shape.width
        if frame.dtype != np.uint8:
            raise TypeError(f"the frame must be uint8, not {frame.dtype}")
        if frame.shape[2:] != self._image_shape[2:]:
            raise ValueError(
                f"a frame of shape {frame.shape} doesn't match tiles of shape "
                f"{self._image_shape}"
            )
        check_grid(frame, height, width)
        numbers, _ = self._search(frame)
        return numbers.reshape(frame.shape[0] // height, frame.shape[1] // width)

    @property
    def _image_shape(self) -> tuple[int, ...]:
        return self.shape[: 2 if self.shape.channels == 1 else 3]

    def _search(self, frame: Image) -> tuple[Int64Array, Int64Array]:
        rows, columns = flatten_rows(frame), frame.shape[1] // self.shape.width
        pyramid, signs = self.shape.pyramid, projection_signs(self.shape.channels)
        threads = get_num_threads()
        return nearest_tiles(rows, columns, pyramid, signs, self.blocks, threads)

    def save(self, path: Path) -> None:
        """Write the index to a file, atomically."""
        header = {
            "version": INDEX_VERSION,
            "shape": self.shape,
            "tiles": self._count,
            "digest": self._digest,
        }
        write_arrays(path, header, self.blocks)

    @classmethod
    def load(cls, path: Path, tiles: Image | None = None) -> Self:
        """
        Open a saved index; its arrays are read from disk on demand.

        UnreadableIndex is raised if the file is missing, damaged, of another version or
        of other tiles than those passed.
        """
        index = cls.__new__(cls)
        try:
            header, arrays = open_arrays(path)
            if (version := header["version"]) != INDEX_VERSION:
                raise UnreadableIndex(path, f"its format version is {version}")
            index.shape = ImageShape(*map(int, header["shape"]))
            index._count = int(header["tiles"])
            index._digest = str(header["digest"])
            index.blocks = TileBlocks(*arrays)
        except FileNotFoundError:
            raise UnreadableIndex(path, "there is no such file") from None
        except DAMAGED_FILE_ERRORS:
            raise UnreadableIndex(path, "the file is damaged") from None
        layout = [(array.dtype.str, array.shape) for array in index.blocks]
        if layout != _expected_layout(index.shape, index._count):
            raise UnreadableIndex(path, "its arrays don't fit together")
        order = index.blocks.order
        if order.min() < 0 or order.max() >= index._count:
            raise UnreadableIndex(path, "it names tiles that don't exist")
        if tiles is not None and _digest(tiles) != index._digest:
            raise UnreadableIndex(path, "it was built from other tiles")
        return index


def _digest(tiles: Image) -> str:
    """Return a hash of the shape and the bytes of tiles."""
    digest = hashlib.sha256(repr(tiles.shape).encode())
    digest.update(np.ascontiguousarray(tiles).data)
    return digest.hexdigest()


def _expected_layout(shape: ImageShape, tiles: int) -> list[object]:
    """Return the data type and shape that each array must have."""
    blocks = -(-tiles // MASK_LANES)
    groups = -(-blocks // MASK_LANES)
    boxes = (groups, len(projection_signs(shape.channels)), MASK_LANES)
    fine, coarse = shape.mean_sizes
    return [
        ("|u1", (blocks * MASK_LANES, shape.padded_size)),
        ("|u1", (blocks * MASK_LANES, fine)),
        ("|u1", (blocks, OCTET, coarse // OCTET, OCTET, OCTET)),
        ("<i4", boxes),
        ("<i4", boxes),
        ("<i8", (blocks * MASK_LANES,)),
    ]
