"""The exact index: for every cell the truly nearest tile."""

import hashlib
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.core.errors import DAMAGE, TileError
from pigeonhole.core.jit import get_num_threads
from pigeonhole.matching.grid import Placement, check_grid
from pigeonhole.matching.search.blocks import in_blocks
from pigeonhole.matching.search.features import (
    Shape,
    described,
    flat_rows,
    signs_of,
    stacked,
)
from pigeonhole.matching.search.index_file import open_arrays, write_arrays
from pigeonhole.matching.search.kernels import Pool, nearest_tiles
from pigeonhole.matching.search.simd import EIGHT, LANES, LINE

Numbers = npt.NDArray[np.int64]

# Distances and their bounds are summed in 32 bits.
MOST_BYTES = 2**30 // 255
FORM = 3
"""Version of a saved index; another one is refused."""


class UnreadableIndex(TileError):
    """A saved index is missing, damaged or of another version."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} can't be used as a tile index: {reason}. "
            "Run `snakemake --cores 4` to make it again."
        )


class TileIndex:
    """
    Finds the nearest tile by the sum of absolute differences over all bytes.

    Parameters
    ----------
    tiles : uint8 array, shape (n, height, width) or (n, height, width, 3)
        At least one tile, none larger than 4,210,752 bytes.

    Raises
    ------
    TypeError, ValueError
        The tiles are of another type or shape.
    """

    def __init__(self, tiles: Picture) -> None:
        if tiles.dtype != np.uint8:
            raise TypeError(f"tiles are uint8, not {tiles.dtype}")
        if (
            tiles.ndim not in (3, 4)
            or not tiles.size
            or tiles.shape[3:] not in ((), (3,))
        ):
            raise ValueError(f"tiles of shape {tiles.shape} can't be indexed")
        if tiles[0].size > MOST_BYTES:
            raise ValueError(f"a tile of {tiles[0].size} bytes is too large")
        self._shape = Shape.of(tiles)
        self._count = len(tiles)
        self._digest = _digest(tiles)
        self._pool = in_blocks(described(stacked(tiles), self._shape))

    def __len__(self) -> int:
        return self._count

    def nearest(self, cells: Picture) -> tuple[Numbers, Numbers]:
        """
        Find the nearest tile of each cell; of equal tiles the lowest number wins.

        Parameters
        ----------
        cells : uint8 array, shape (m, height, width[, 3])

        Returns
        -------
        numbers, distances : int64 arrays, shape (m,)

        Raises
        ------
        TypeError, ValueError
            The cells aren't like the tiles.
        """
        if cells.dtype != np.uint8:
            raise TypeError(f"cells are uint8, not {cells.dtype}")
        if cells.shape[1:] != self._picture_shape:
            raise ValueError(
                f"cells of {cells.shape[1:]} don't fit tiles of {self._picture_shape}"
            )
        return self._search(stacked(cells))

    def place(self, frame: Picture) -> Placement:
        """
        Choose the nearest tile for every cell of a frame.

        Parameters
        ----------
        frame : uint8 array, shape (rows * height, columns * width[, 3])

        Returns
        -------
        int64 array, shape (rows, columns)

        Raises
        ------
        TypeError, ValueError
            The frame isn't a whole number of cells, or not like the tiles.
        """
        height, width = self._shape.height, self._shape.width
        if frame.dtype != np.uint8:
            raise TypeError(f"a frame is uint8, not {frame.dtype}")
        if frame.shape[2:] != self._picture_shape[2:]:
            raise ValueError(
                f"a frame of {frame.shape} doesn't fit tiles of {self._picture_shape}"
            )
        check_grid(frame, height, width)
        numbers, _ = self._search(frame)
        return numbers.reshape(frame.shape[0] // height, frame.shape[1] // width)

    @property
    def pool(self) -> Pool:
        """Return the tiles as kernels search them."""
        return self._pool

    @property
    def shape(self) -> Shape:
        """Return the shape of a tile."""
        return self._shape

    @property
    def _picture_shape(self) -> tuple[int, ...]:
        return self._shape[: 2 if self._shape.channels == 1 else 3]

    def _search(self, frame: Picture) -> tuple[Numbers, Numbers]:
        shape = self._shape
        columns = frame.shape[1] // shape.width
        return nearest_tiles(
            flat_rows(frame),
            columns,
            shape.plan,
            signs_of(shape.channels),
            self._pool,
            get_num_threads(),
        )

    def save(self, path: Path) -> None:
        """Write the index to a file, whole or not at all."""
        facts = {
            "form": FORM,
            "shape": self._shape,
            "tiles": self._count,
            "digest": self._digest,
        }
        write_arrays(path, facts, self._pool)

    @classmethod
    def load(cls, path: Path, tiles: Picture | None = None) -> Self:
        """
        Open a saved index; its arrays are read from the disk as they are needed.

        Parameters
        ----------
        path : Path
        tiles : uint8 array, optional
            The tiles that the index must have been made of.

        Raises
        ------
        UnreadableIndex
            The file is missing, damaged, of another version or of other tiles.
        """
        index = cls.__new__(cls)
        try:
            facts, arrays = open_arrays(path)
            if facts["form"] != FORM:
                raise UnreadableIndex(path, f"it is of version {facts['form']}")
            index._shape = Shape(*map(int, facts["shape"]))
            index._count = int(facts["tiles"])
            index._digest = str(facts["digest"])
            index._pool = Pool(*arrays)
        except FileNotFoundError:
            raise UnreadableIndex(path, "there is no such file") from None
        except DAMAGE:
            raise UnreadableIndex(path, "the file is damaged") from None
        if _forms(index._pool) != _expected(index._shape, index._count):
            raise UnreadableIndex(path, "its parts don't belong together")
        if tiles is not None and _digest(tiles) != index._digest:
            raise UnreadableIndex(path, "it was made of other tiles")
        return index


def _digest(tiles: Picture) -> str:
    """Return what tells tile sets apart: a hash of the shape and all bytes."""
    found = hashlib.sha256(repr(tiles.shape).encode())
    found.update(np.ascontiguousarray(tiles).data)
    return found.hexdigest()


def _forms(pool: Pool) -> list[object]:
    return [(array.dtype.str, array.shape) for array in pool]


def _expected(shape: Shape, tiles: int) -> list[object]:
    """Return the types and shapes that an index's parts must have."""
    blocks = -(-tiles // LANES)
    boxes = (-(-blocks // LANES), len(signs_of(shape.channels)), LANES)
    fine, coarse = shape.means
    return [
        ("|u1", (blocks * LANES, shape.lines * LINE)),
        ("|u1", (blocks * LANES, fine)),
        ("|u1", (blocks, EIGHT, coarse // EIGHT, EIGHT, EIGHT)),
        ("<i4", boxes),
        ("<i4", boxes),
        ("<i8", (blocks * LANES,)),
    ]
