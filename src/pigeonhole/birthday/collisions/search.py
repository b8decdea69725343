"""Real collisions: two messages whose hashes begin with the same bits.

Walks go from a digest to the digest of it until one is marked (its first bits are 0);
only that end is kept. Two walks with one end met on the way, and the points before are
a collision (van Oorschot and Wiener, Journal of Cryptology 12, 1999). It works for any
hash and uses no weakness of MD5, of which full collisions take seconds.

The work is a row of chunks, each fixed by the seed and its number alone. A job takes
the lowest chunk that nobody works on, leaves it as a file when done, and reads the
chunks in order until two ends are equal: so more jobs only make it faster, a killed job
loses no more than the chunk it was at, and the pair is always the same.
"""

import math
import os
import re
import socket
import time
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pigeonhole.birthday.collisions import walks
from pigeonhole.birthday.collisions.pairs import Pair
from pigeonhole.birthday.experiments.first_collision import masks
from pigeonhole.birthday.experiments.trials import Experiment, stream
from pigeonhole.birthday.hashing.algorithms import ALGORITHMS
from pigeonhole.birthday.theory import expected_first_collision
from pigeonhole.core.atomic import write_made
from pigeonhole.core.errors import DAMAGE
from pigeonhole.pipeline.script import log

Trails = npt.NDArray[np.int64]

LANES = 256
CHUNK = 16
"""Average walks of each lane in a chunk."""
TOO_LONG = 20
"""Average walks after which a walk counts as one that goes round."""
STALE = 900.0
"""Seconds after which a job on another machine is taken for dead."""


class Search:
    """
    One search, as every job of it sees it.

    Parameters
    ----------
    folder : Path
        Where the chunks are kept; the jobs share it.
    seed : int
    bits : int
        From 16 to 64: how many leading bits agree.
    algorithm : str
        md5, or more slowly any other of `ALGORITHMS` with 12 bytes or more.
    """

    def __init__(
        self, folder: Path, seed: int, bits: int, algorithm: str = "md5"
    ) -> None:
        if not 16 <= bits <= 96:
            raise ValueError(f"search for 16 to 96 bits, not {bits}")
        self.folder, self.bits, self.algorithm = folder, bits, algorithm
        self.masks = masks(bits)
        rng = stream(seed, Experiment.SEARCH, bits)
        self.start, salt = rng.integers(2**31, size=2).tolist()
        self.salt = np.uint32(salt)
        # Some ten thousand walks to a search, and never fewer than a few.
        self.marked = min(max(bits // 2 - 17, 2), 24)
        self.steps = CHUNK << self.marked
        self._find = _md5_trails if algorithm == "md5" else _any_trails
        self._ends: dict[tuple[int, ...], tuple[int, int]] = {}
        self._read = 0

    @property
    def hashes(self) -> int:
        """How many hashes the chunks that were read have taken."""
        return self._read * self.steps * LANES

    def run(self) -> Pair:
        """Work until the pair is found; other jobs may work beside."""
        self.folder.mkdir(parents=True, exist_ok=True)
        pair = self._read_chunks()
        begun = told = time.monotonic()
        before, worked = self._read, 0
        while not pair:
            number = self._claim()
            trails = self._find(self, number)
            write_made(self._path(number), partial(np.save, arr=trails))
            self._claim_path(number).unlink(missing_ok=True)
            worked += 1
            pair = self._read_chunks()
            if time.monotonic() - told > 5:
                told = time.monotonic()
                # What is read is what all jobs have done.
                together = max(self._read - before, worked)
                self._tell(worked / (told - begun), together / (told - begun))
        return pair

    def _tell(self, here: float, together: float) -> None:
        """Log how far the search is; the speeds are chunks a second."""
        chunk = self.steps * LANES
        log.info(
            "%d bits: %.3g hashes done; %.3g million a second here, %.3g million by "
            "all jobs, which have about %.0f s left",
            self.bits,
            self.hashes,
            here * chunk / 1e6,
            together * chunk / 1e6,
            hashes_left(self.hashes, self.bits) / (together * chunk),
        )

    def _path(self, number: int) -> Path:
        return self.folder / f"chunk-{number:06d}.npy"

    def _claim_path(self, number: int) -> Path:
        return self.folder / f"chunk-{number:06d}.claim"

    def _claim(self) -> int:
        """Take the lowest chunk that isn't done and that no living job works on."""
        number = self._read
        while True:
            claim = self._claim_path(number)
            if not self._path(number).exists():
                try:
                    with claim.open("x") as file:
                        file.write(f"{socket.gethostname()} {os.getpid()}")
                    return number
                except FileExistsError:
                    if _abandoned(claim):
                        # Two may take it at once: they would write the same.
                        claim.write_text(f"{socket.gethostname()} {os.getpid()}")
                        return number
            number += 1

    def _read_chunks(self) -> Pair | None:
        while (path := self._path(self._read)).exists():
            if (trails := self._load_trails(path)) is None:
                # Damaged: it is a chunk that isn't done.
                path.unlink()
                return None
            for trail in trails.tolist():
                if pair := self._add(trail):
                    return pair
            self._read += 1
        return None

    def _load_trails(self, path: Path) -> Trails | None:
        try:
            with path.open("rb") as file:
                trails = np.load(file, allow_pickle=False)
        except DAMAGE:
            return None
        if trails.dtype != np.int64 or trails.shape[1:] != (5,):
            return None
        number, *ends, length = trails.T
        first, over = (first_number(self, self._read + more) for more in (0, 1))
        # Walks that nobody went would be walked for ever.
        walked = (first <= number) & (number < over) & (length > 0)
        walked &= length <= TOO_LONG << self.marked
        for end in ends:
            walked &= (end >= 0) & (end < 2**32)
        return trails if walked.all() else None

    def _add(self, trail: list[int]) -> Pair | None:
        number, *end, length = trail
        other = self._ends.setdefault(tuple(end), (number, length))
        if other[0] == number:
            return None
        pair = self._meet(other, (number, length))
        return pair if pair and pair.holds() else None

    def _meet(self, one: tuple[int, int], two: tuple[int, int]) -> Pair | None:
        """Walk both ways again, side by side, until the next digest is the same."""
        (x, x_left), (y, y_left) = sorted(
            ((self.origin(number), length) for number, length in (one, two)),
            key=lambda walk: -walk[1],
        )
        if self.algorithm == "md5":
            words = [np.frombuffer(m, np.uint32) for m in (x, y)]
            first, second = (tuple(w) for w in words)
            with np.errstate(over="ignore"):
                _, first, second = walks.steps_to_meet(
                    first, x_left, second, y_left, self.masks
                )
            x, y = (np.array(w, np.uint32).tobytes() for w in (first, second))
            return Pair(self.algorithm, self.bits, x, y) if x != y else None
        for _ in range(x_left - y_left):
            x = self.next(x)
        for _ in range(y_left):
            if x == y:
                return None
            x_next, y_next = self.next(x), self.next(y)
            if x_next == y_next:
                return Pair(self.algorithm, self.bits, x, y)
            x, y = x_next, y_next
        return None

    def origin(self, number: int) -> bytes:
        """Return the message at which a walk starts."""
        with np.errstate(over="ignore"):
            return walks.message_of(np.uint64(number), self.masks, self.salt).tobytes()

    def next(self, message: bytes) -> bytes:
        """Return the message that follows another one, by the library's hash."""
        digest = ALGORITHMS[self.algorithm](message)[:12]
        kept = int.from_bytes(digest, "big") & _mask_of(self.bits)
        return kept.to_bytes(12, "big") + message[12:]


def _mask_of(bits: int) -> int:
    return (1 << 96) - (1 << (96 - bits))


def _md5_trails(search: Search, number: int) -> Trails:
    trails = np.empty((2 * CHUNK * LANES, 5), np.int64)
    with np.errstate(over="ignore"):
        found = walks.find_trails(
            np.uint64(first_number(search, number)),
            np.full(LANES, search.salt),
            search.masks,
            np.uint32(2**search.marked - 1),
            search.steps,
            TOO_LONG << search.marked,
            trails,
        )
    return trails[:found]


def _any_trails(search: Search, number: int) -> Trails:
    """Do as `_md5_trails` does, a message at a time: one walk after the other."""
    trails, total, longest = [], 0, TOO_LONG << search.marked
    walk = first_number(search, number)
    mark = 2**search.marked - 1
    while total < search.steps * LANES:
        message, length = search.origin(walk), 0
        while length < longest:
            message, length = search.next(message), length + 1
            if int.from_bytes(message[:4], "little") & mark == 0:
                end = np.frombuffer(message[:12], "<u4").tolist()
                trails.append([walk, *end, length])
                break
        total, walk = total + length, walk + 1
    return np.array(trails, np.int64).reshape(-1, 5)


def first_number(search: Search, chunk: int) -> int:
    """Return the number of a chunk's first walk; no two chunks share one."""
    return int((search.start << 32) + (chunk << 14))


def _abandoned(claim: Path) -> bool:
    try:
        host, _, pid = claim.read_text(errors="replace").partition(" ")
        age = time.time() - claim.stat().st_mtime
        if not re.fullmatch("[0-9]{1,9}", pid):
            # Killed between making the file and writing into it.
            return age > 5
        if host != socket.gethostname():
            return age > STALE
        os.kill(int(pid), 0)
    except FileNotFoundError:
        return False
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return int(pid) == os.getpid()


def forget(folder: Path) -> None:
    """Remove the chunks of a search that is over."""
    # Killed jobs leave drafts, whose names begin with a dot.
    for chunk in (*folder.glob("chunk-*"), *folder.glob(".chunk-*")):
        chunk.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def hashes_left(done: float, bits: int) -> float:
    """Return how many hashes are left on average, after so many without a collision.

    The mean of T beyond n, given that T > n: T over the root of the space follows
    Rayleigh's law.
    """
    from scipy.special import erfcx

    space = 2**bits
    if not done:
        return expected_first_collision(space)
    scale = math.sqrt(math.pi / 2) * 2 ** (bits / 2)
    return float(scale) * float(erfcx(done / math.sqrt(2) / 2 ** (bits / 2)))
