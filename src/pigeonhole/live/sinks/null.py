"""A sink that measures performance and shows nothing."""

import json
import sys
from array import array

import numpy as np

from pigeonhole.live.frames import MatchedFrame
from pigeonhole.live.sinks import Sink
from pigeonhole.live.sources.source import Source


class NullSink(Sink):
    """Measures frame rate and latency and prints them as one line of JSON on close."""

    has_viewers = False

    def __init__(self, source: Source) -> None:
        self._source = source
        self._latencies = array("d")
        self._changes = array("d")
        self._first: MatchedFrame | None = None
        self._last: MatchedFrame | None = None

    def write(self, matched: MatchedFrame) -> None:
        """Record one frame."""
        self._latencies.append(matched.latency)
        if matched.changed is not None:
            self._changes.append(matched.changed)
        self._first = self._first or matched
        self._last = matched

    def stats(self) -> dict[str, object] | None:
        """Return the statistics so far, or None if there was no frame."""
        if not self._first or not self._last:
            return None
        frames, changes = len(self._latencies), sum(self._changes)
        # From the first capture to the last placement.
        seconds = self._last.matched_at - self._first.frame.captured_at
        percentiles = np.percentile(np.frombuffer(self._latencies), (50, 95, 99))
        latencies = [round(1000 * float(seconds), 3) for seconds in percentiles]
        captured = self._last.frame.number - self._first.frame.number + 1
        return {
            "frames": frames,
            # Captured by the source, but replaced by newer frames.
            "dropped": captured - frames,
            "seconds": round(seconds, 4),
            "frames_per_second": round(frames / seconds, 2),
            # Percentiles of the time from capture to placement.
            "latency_ms": dict(zip(("p50", "p95", "p99"), latencies, strict=True)),
            # Mean share of the tiles that change from one frame to the next.
            "changed": round(changes / max(1, len(self._changes)), 5),
            # Above 1, cells change more than once a second on average.
            "changed_per_second": round(changes / seconds, 4),
            "cells": self._last.placement.size,
            "tiles": len(self._last.tile_set),
            "source_size": str(self._source.original_size),
        }

    def close(self) -> None:
        """Print the statistics if there was a frame."""
        if stats := self.stats():
            sys.stdout.write(json.dumps(stats) + "\n")
            sys.stdout.flush()
