"""The exact index: for every cell the truly nearest tile."""

import json
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from pigeonhole.errors import TileError
from pigeonhole.files import beside_folder, write_text
from pigeonhole.images import Picture
from pigeonhole.jit import get_num_threads
from pigeonhole.matching.blocks import block_boxes, block_order, block_quarters
from pigeonhole.matching.features import Shape, features_of
from pigeonhole.matching.grid import Placement, check_grid
from pigeonhole.matching.kernels import CHUNK, LANES, nearest_tiles

Numbers = npt.NDArray[np.int64]

# Distances and their bounds are summed in 32 bits.
MOST_BYTES = 2**30 // 255
FORM = 1
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

    PARTS = ("lines", "means", "quarters", "low", "high", "order")

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
        self._shape = Shape(tiles.shape[1], tiles.shape[2], 3 if tiles.ndim == 4 else 1)
        found = features_of(_stacked(tiles), self._shape)
        self._order = block_order(found.projections)
        self._lines = found.lines[self._order]
        self._means = found.means[self._order]
        self._quarters = block_quarters(found.quarters[self._order])
        self._low, self._high = block_boxes(found.projections[self._order])

    def __len__(self) -> int:
        return len(self._order)

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
        return self._search(_stacked(cells))

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
    def _picture_shape(self) -> tuple[int, ...]:
        return self._shape[: 2 if self._shape.channels == 1 else 3]

    def _search(self, frame: Picture) -> tuple[Numbers, Numbers]:
        cells = features_of(frame, self._shape)
        return nearest_tiles(
            *cells,
            self._lines,
            self._means,
            self._quarters,
            self._low,
            self._high,
            self._order,
            np.int32(self._shape.slack),
            np.int32(self._shape.area),
            np.int32(self._shape.mean_slack),
            _turns(len(cells.lines), get_num_threads()),
        )

    def save(self, folder: Path) -> None:
        """Write the index to a folder, whole or not at all."""
        with beside_folder(folder) as draft:
            for part in self.PARTS:
                np.save(draft / f"{part}.npy", getattr(self, f"_{part}"))
            facts = {"form": FORM, "shape": self._shape, "tiles": len(self)}
            write_text(draft / "index.json", json.dumps(facts) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """
        Open a saved index; the tiles are read from the disk as they are needed.

        Raises
        ------
        UnreadableIndex
            The folder is missing, damaged or of another version.
        """
        index = cls.__new__(cls)
        try:
            facts = json.loads((folder / "index.json").read_text("utf-8"))
            if facts["form"] != FORM:
                raise UnreadableIndex(folder, f"it is of version {facts['form']}")
            index._shape = Shape(*map(int, facts["shape"]))
            for part in cls.PARTS:
                # A private map: arrays that can't be written are another type to Numba.
                array = np.load(
                    folder / f"{part}.npy", mmap_mode="c", allow_pickle=False
                )
                setattr(index, f"_{part}", array.view(np.ndarray))
        except FileNotFoundError as error:
            raise UnreadableIndex(folder, f"there is no {error.filename}") from None
        except (OSError, ValueError, KeyError, TypeError, EOFError):
            raise UnreadableIndex(folder, "a file is damaged") from None
        if index._form() != (facts["tiles"], *_expected(index._shape, facts["tiles"])):
            raise UnreadableIndex(folder, "its parts don't belong together")
        return index

    def _form(self) -> tuple[object, ...]:
        return (len(self), *(getattr(self, f"_{part}").shape for part in self.PARTS))


def _expected(shape: Shape, tiles: int) -> tuple[object, ...]:
    """Return the shapes that an index's parts must have."""
    tiny = np.zeros((shape.height, shape.width, shape.channels), np.uint8)
    one = features_of(tiny, shape)
    blocks = -(-tiles // LANES)
    groups = -(-blocks // LANES)
    boxes = (groups, one.projections.shape[1], LANES)
    return (
        (tiles, *one.lines.shape[1:]),
        (tiles, *one.means.shape[1:]),
        (blocks, one.quarters.shape[1], LANES),
        boxes,
        boxes,
        (tiles,),
    )


def _stacked(pictures: Picture) -> Picture:
    """Return a frame of one column with a picture in each row."""
    count, height, width, *channels = pictures.shape
    return pictures.reshape(count * height, width, *channels)


def _turns(cells: int, threads: int) -> Numbers:
    """
    Deal chunks of cells out, so that each thread's share is spread over the frame.

    Threads take equal parts of the list; chunks beyond the cells are empty.
    """
    rounds = -(-cells // (CHUNK * threads))
    return np.arange(rounds * threads).reshape(rounds, threads).T.ravel()
