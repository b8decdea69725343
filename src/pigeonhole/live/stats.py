"""How fast a run was."""

from array import array
from dataclasses import asdict, dataclass

import numpy as np

from pigeonhole.live.frames import Placed


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles of the time from capture to placement, in milliseconds."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Stats:
    """
    The numbers of a run.

    Attributes
    ----------
    frames : int
        Placed.
    dropped : int
        Given by the source, but stale when their turn came.
    seconds : float
        From the first capture to the last placement.
    frames_per_second : float
    latency_ms : Latency
    changed : float
        Share of the tiles that change from one frame to the next, on average.
    changed_per_second : float
        The same for a second, above 1 where a cell changes more than once.
    cells, tiles : int
        Of the last frame.
    """

    frames: int
    dropped: int
    seconds: float
    frames_per_second: float
    latency_ms: Latency
    changed: float
    changed_per_second: float
    cells: int
    tiles: int

    def as_dict(self) -> dict[str, object]:
        """Return the numbers by name, for JSON."""
        return asdict(self)


class Tally:
    """Counts and times what was placed."""

    def __init__(self) -> None:
        self._latencies = array("d")
        self._changes = array("d")
        self._first: Placed | None = None
        self._last: Placed | None = None

    def add(self, placed: Placed) -> None:
        """Count one frame."""
        self._latencies.append(placed.latency)
        if placed.changed is not None:
            self._changes.append(placed.changed)
        self._first = self._first or placed
        self._last = placed

    def stats(self) -> Stats | None:
        """Return the numbers so far, or None where there was no frame."""
        if not self._first or not self._last:
            return None
        frames = len(self._latencies)
        seconds = self._last.placed - self._first.frame.captured
        percentiles = np.percentile(np.frombuffer(self._latencies), (50, 95, 99))
        given = self._last.frame.number - self._first.frame.number + 1
        return Stats(
            frames=frames,
            dropped=given - frames,
            seconds=round(seconds, 4),
            frames_per_second=round(frames / seconds, 2),
            latency_ms=Latency(*(round(1000 * float(p), 3) for p in percentiles)),
            changed=round(sum(self._changes) / max(1, len(self._changes)), 5),
            changed_per_second=round(sum(self._changes) / seconds, 4),
            cells=self._last.placement.size,
            tiles=len(self._last.tiles),
        )
