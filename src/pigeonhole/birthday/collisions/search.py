"""Search for two messages whose hashes have the same leading bits.

Walks go from message to message until they reach a distinguished point, a value with a
given prefix of zeros; only that point is stored. Two walks to the same point have met
on the way, and the messages before they met collide (van Oorschot and Wiener, J.
Cryptology 12, 1999). The method works for any hash and uses no weakness of MD5, whose
full collisions take seconds with its known weakness.

The work is a sequence of chunks of walks. Each chunk depends only on the seed and its
number. Threads compute chunks, and their points are compared in the order of the
chunks, so that the pair is the same for any number of threads. Finished chunks are kept
in a folder, from which a search that was killed resumes.
"""

import logging
import math
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np

from pigeonhole.birthday.collisions import walks
from pigeonhole.birthday.collisions.pairs import Pair
from pigeonhole.birthday.experiments.random_streams import Stream, random_stream
from pigeonhole.birthday.hashing.algorithms import ALGORITHMS
from pigeonhole.birthday.theory import expected_first_collision
from pigeonhole.core.arrays import Int64Array
from pigeonhole.core.atomic import write_with
from pigeonhole.core.cache import log_cache_errors
from pigeonhole.core.checks import check_integer, check_number
from pigeonhole.core.errors import DAMAGED_FILE_ERRORS

log = logging.getLogger(__name__)

SEARCH_LANES = 256
"""Number of walks that a thread advances at the same time."""
WALKS_PER_LANE = 16
"""Mean number of walks of each lane in a chunk."""
MAX_LENGTH = 20
"""Mean walk lengths after which a walk is abandoned as a cycle."""
MAX_BITS = 96
"""Maximum number of bits that must agree: three words of a message."""
MAX_THREADS = 4096
SEARCHABLE = tuple(
    name for name, digest in ALGORITHMS.items() if 8 * len(digest(b"")) >= MAX_BITS
)
"""Names of the hashes that are long enough to walk through."""
LOG_INTERVAL = 5.0
"""Seconds between two progress messages."""


class CollisionSearch:
    """
    A search for one collision.

    Parameters
    ----------
    folder : Path
        Folder of the finished chunks. Searches with other arguments need other folders.
    seed : int
        0 or more.
    bits : int
        Number of leading bits that must agree, from 16 to 96.
    algorithm : str
        "md5", or any other name in `SEARCHABLE`; those are much slower.

    Raises
    ------
    ValueError
        A number is out of range, or the algorithm isn't searchable.
    """

    def __init__(
        self, folder: Path, seed: int, bits: int, algorithm: str = "md5"
    ) -> None:
        bits = check_integer("bits", bits, 16, MAX_BITS)
        if algorithm not in SEARCHABLE:
            names = ", ".join(SEARCHABLE)
            raise ValueError(f"algorithm must be one of {names}, not {algorithm!r}")
        self.folder, self.bits, self.algorithm = Path(folder), bits, algorithm
        self.masks = walks.digest_masks(bits)
        rng = random_stream(seed, Stream.COLLISION_SEARCH, bits)
        self.start, salt = rng.integers(2**31, size=2).tolist()
        self.salt = np.uint32(salt)
        # Zeros of distinguished points: some ten thousand walks for each search, but
        # walks of at least a few steps.
        zeros = min(max(bits // 2 - 17, 2), 24)
        self.prefix_mask = 2**zeros - 1
        self.max_length = MAX_LENGTH << zeros
        self.steps = WALKS_PER_LANE << zeros
        self._mask = int.from_bytes(self.masks.tobytes(), "big")
        self._walk_of_point: dict[tuple[int, ...], tuple[int, int]] = {}
        self._chunks = 0

    def run(self, threads: int = 1) -> Pair:
        """Search until a collision is found."""
        threads = check_integer("threads", threads, 1, MAX_THREADS)
        with log_cache_errors():
            self.folder.mkdir(parents=True, exist_ok=True)
        start = logged = time.monotonic()
        computed, numbers = 0, count()
        pending: deque[Future[tuple[Int64Array, bool]]] = deque()
        with ThreadPoolExecutor(threads) as pool:
            try:
                while True:
                    # Keep all threads busy while the oldest chunk is compared.
                    while len(pending) < 2 * threads - 1:
                        pending.append(pool.submit(self._get_chunk, next(numbers)))
                    points, is_new = pending.popleft().result()
                    if pair := self._compare(points):
                        return pair
                    computed += is_new
                    if time.monotonic() - logged > LOG_INTERVAL and computed:
                        logged = time.monotonic()
                        self._log_progress(computed / (logged - start))
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def remove_chunks(self) -> None:
        """Delete the finished chunks, and the folder if it has no other files."""
        with suppress(OSError):
            # Killed processes leave temporary files, which are hidden.
            for pattern in ("chunk-*.npy", ".chunk-*.npy"):
                for path in self.folder.glob(pattern):
                    path.unlink()
            self.folder.rmdir()

    def _log_progress(self, chunks_per_second: float) -> None:
        done = self._chunks * self.steps * SEARCH_LANES
        speed = chunks_per_second * self.steps * SEARCH_LANES
        log.info(
            "%d bits: %.3g hashes done, %.3g million per second, about %.0f s left",
            self.bits,
            done,
            speed / 1e6,
            expected_hashes_left(done, self.bits) / speed,
        )

    def _path(self, chunk: int) -> Path:
        return self.folder / f"chunk-{chunk:06d}.npy"

    def _get_chunk(self, chunk: int) -> tuple[Int64Array, bool]:
        """Read a finished chunk or compute it; return its points and whether it is new.

        A point is the number of a walk, the three words of its distinguished point, and
        the length of the walk.
        """
        if (points := self._load(chunk)) is not None:
            return points, False
        find = self._find_md5_points if self.algorithm == "md5" else self._find_points
        points = find(self.first_walk(chunk))
        with log_cache_errors():
            write_with(self._path(chunk), partial(np.save, arr=points))
        return points, True

    def _load(self, chunk: int) -> Int64Array | None:
        """Return the points of a finished chunk, None if it is missing or damaged."""
        try:
            with self._path(chunk).open("rb") as file:
                points = np.load(file, allow_pickle=False)
        except DAMAGED_FILE_ERRORS:
            return None
        if points.dtype != np.int64 or points.shape[1:] != (5,):
            return None
        number, *words, length = points.T
        # Comparing impossible walks could take forever.
        valid = self.first_walk(chunk) <= number
        valid &= (number < self.first_walk(chunk + 1)) & (length > 0)
        valid &= length <= self.max_length
        for word in words:
            valid &= (word >= 0) & (word < 2**32)
        return points if valid.all() else None

    def first_walk(self, chunk: int) -> int:
        """Return the number of a chunk's first walk; chunks never share walks."""
        chunk = check_integer("chunk", chunk, 0, 2**18 - 1)
        return int((self.start << 32) + (chunk << 14))

    def _find_md5_points(self, first_walk: int) -> Int64Array:
        points = np.empty((2 * WALKS_PER_LANE * SEARCH_LANES, 5), np.int64)
        with np.errstate(over="ignore"):
            size = walks.find_distinguished_points(
                np.uint64(first_walk),
                np.full(SEARCH_LANES, self.salt),
                self.masks,
                np.uint32(self.prefix_mask),
                self.steps,
                self.max_length,
                points,
            )
        return points[:size]

    def _find_points(self, first_walk: int) -> Int64Array:
        """Find distinguished points with the library's hash, one walk at a time."""
        points, total = [], 0
        for walk in count(first_walk):
            if total >= self.steps * SEARCH_LANES:
                break
            message, length = self.start_message(walk), 0
            while length < self.max_length:
                message, length = self.next_message(message), length + 1
                if int.from_bytes(message[:4], "little") & self.prefix_mask == 0:
                    words = np.frombuffer(message[:12], "<u4").tolist()
                    points.append([walk, *words, length])
                    break
            total += length
        return np.array(points, np.int64).reshape(-1, 5)

    def _compare(self, points: Int64Array) -> Pair | None:
        """Return the first collision between these points and all earlier ones."""
        for walk, *point, length in points.tolist():
            other = self._walk_of_point.setdefault(tuple(point), (walk, length))
            if other[0] == walk:
                continue
            pair = self._locate_collision(other, (walk, length))
            if pair and pair.is_valid():
                return pair
        self._chunks += 1
        return None

    def _locate_collision(
        self, one: tuple[int, int], two: tuple[int, int]
    ) -> Pair | None:
        """Repeat two walks to the same point and return the messages before they meet.

        Return None if one walk starts on the other.
        """
        (x, x_length), (y, y_length) = sorted(
            ((self.start_message(walk), length) for walk, length in (one, two)),
            key=lambda walk: -walk[1],
        )
        if self.algorithm == "md5":
            x_state, y_state = (tuple(np.frombuffer(m, np.uint32)) for m in (x, y))
            with np.errstate(over="ignore"):
                _, before_x, before_y = walks.locate_collision(
                    x_state, x_length, y_state, y_length, self.masks
                )
            x, y = (np.array(w, np.uint32).tobytes() for w in (before_x, before_y))
            return Pair(self.algorithm, self.bits, x, y) if x != y else None
        for _ in range(x_length - y_length):
            x = self.next_message(x)
        for _ in range(y_length):
            if x == y:
                return None
            x_next, y_next = self.next_message(x), self.next_message(y)
            if x_next == y_next:
                return Pair(self.algorithm, self.bits, x, y)
            x, y = x_next, y_next
        return None

    def start_message(self, walk: int) -> bytes:
        """Return the message at the start of a walk."""
        walk = check_integer("walk", walk, 0, 2**63 - 1)
        with np.errstate(over="ignore"):
            words = walks.start_message(np.uint64(walk), self.masks, self.salt)
        return words.tobytes()

    def next_message(self, message: bytes) -> bytes:
        """Return the message of 16 bytes after another one, by the library's hash."""
        if len(message) != 16:
            raise ValueError(f"message must have 16 bytes, not {len(message)}")
        digest = ALGORITHMS[self.algorithm](message)[:12]
        value = int.from_bytes(digest, "big") & self._mask
        return value.to_bytes(12, "big") + message[12:]


def expected_hashes_left(done: float, bits: int) -> float:
    """
    Return the mean number of hashes left after some without a collision.

    The mean of T - n, given that T > n. T over the root of the space has a Rayleigh
    distribution, so that this number falls only slowly at first.
    """
    from scipy.special import erfcx

    done = check_number("done", done, 0)
    bits = check_integer("bits", bits, 1, MAX_BITS)
    if not done:
        return expected_first_collision(2**bits)
    root = 2 ** (bits / 2)
    scale = math.sqrt(math.pi / 2) * root
    return float(scale) * float(erfcx(done / math.sqrt(2) / root))
