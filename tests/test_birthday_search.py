"""Real collisions: found, checked, the same however the work is shared or killed."""

import hashlib
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import reference
from clone import clean_environment

from pigeonhole.birthday.collisions import search, walks
from pigeonhole.birthday.collisions.pairs import PAIRS
from pigeonhole.birthday.collisions.search import Search
from pigeonhole.birthday.hashing import md5

PLAIN = md5.first_64.__class__.__name__ == "function"


def test_pairs_that_we_found_collide():
    assert {pair.bits for pair in PAIRS} >= {48, 56, 64}
    assert {pair.algorithm for pair in PAIRS} >= {"md5", "sha1"}
    for pair in PAIRS:
        assert pair.first != pair.second
        one, two = (
            hashlib.new(pair.algorithm, m).hexdigest()
            for m in (pair.first, pair.second)
        )
        assert one[: pair.bits // 4] == two[: pair.bits // 4]
        assert pair.holds()
        assert not pair._replace(second=pair.first).holds()


def test_trails_equal_reference(tmp_path):
    some = Search(tmp_path, 1, 40)
    trails, lanes = np.empty((200, 5), np.int64), 4
    with np.errstate(over="ignore"):
        found = walks.find_trails(
            np.uint64(77),
            np.full(lanes, some.salt),
            some.masks,
            np.uint32(7),
            60,
            24,
            trails,
        )
    assert found > 5
    for number, *end, length in trails[:found].tolist():
        message, exact = reference.trail(some.origin(number), 40, 7, 24)
        assert (np.frombuffer(message[:12], "<u4").tolist(), exact) == (end, length)


@pytest.mark.parametrize("algorithm", ["md5", "sha256", "sha1"])
def test_a_search_ends_with_a_pair(algorithm, tmp_path, monkeypatch):
    monkeypatch.setattr(search, "LANES", 8)
    pair = Search(tmp_path, 2, 20 if algorithm != "md5" else 16, algorithm).run()
    assert pair.holds()
    row = pair.row()
    digests = [
        hashlib.new(algorithm, bytes.fromhex(row[name])).hexdigest()
        for name in ("first", "second")
    ]
    assert digests[0][: row["bits"] // 4] == row["common"]
    assert digests[1].startswith(row["common"])


def test_a_killed_job_leaves_its_chunks_and_another_gives_the_same(tmp_path):
    # Uncompiled, hashlib is faster than our own.
    bits, algorithm = (26, "sha1") if PLAIN else (34, "md5")
    whole = Search(tmp_path / "whole", 1, bits, algorithm).run()
    code = f"""
from pathlib import Path
from pigeonhole.birthday.search import Search
Search(Path({str(tmp_path / "cut")!r}), 1, {bits}, {algorithm!r}).run()
"""
    folder = tmp_path / "cut"

    def chunks():
        # Not the drafts beside them, whose names begin with a dot.
        return list(folder.glob("chunk-*.npy"))

    for after in range(3):
        job = subprocess.Popen(
            [sys.executable, "-c", code], env=clean_environment(NUMBA_DISABLE_JIT="0")
        )
        until = time.monotonic() + 60
        while time.monotonic() < until and job.poll() is None:
            if len(chunks()) > after:
                break
            time.sleep(0.005)
        done = {path: path.read_bytes() for path in chunks()}
        job.send_signal(signal.SIGKILL)
        job.wait()
        assert all(path.read_bytes() == content for path, content in done.items())
    assert Search(folder, 1, bits, algorithm).run() == whole


def test_more_jobs_only_make_it_faster(tmp_path, monkeypatch):
    """Two jobs take different chunks; together they find what one would have."""
    alone = Search(tmp_path / "alone", 3, 22, "sha1")
    pair = alone.run()
    one, two = (Search(tmp_path / "shared", 3, 22, "sha1") for _ in range(2))
    (tmp_path / "shared").mkdir()
    monkeypatch.setattr(search.os, "getpid", lambda: 1)
    monkeypatch.setattr(search.os, "kill", lambda *_: None)
    monkeypatch.setattr(search, "_abandoned", lambda _: False)
    assert [one._claim(), two._claim(), one._claim()] == [0, 1, 2]
    for path in (tmp_path / "shared").glob("*.claim"):
        path.unlink()
    assert two.run() == one.run() == pair


def test_a_dead_jobs_claim_is_taken_over(tmp_path):
    some = Search(tmp_path, 1, 20)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    claim = tmp_path / "chunk-000000.claim"
    claim.write_text(f"{search.socket.gethostname()} {dead.pid}")
    assert some._claim() == 0
    claim.write_text("elsewhere 1")
    assert some._claim() == 1
    os.utime(claim, (0, 0))
    assert some._claim() == 0
    claim.write_text("")
    assert not search._abandoned(claim)


def test_time_left_falls_as_the_law_says():
    assert search.hashes_left(0, 64) == pytest.approx(5_382_943_232.05)
    assert search.hashes_left(1, 64) == pytest.approx(5.383e9, rel=1e-3)
    half = search.hashes_left(2**32, 64)
    assert half == pytest.approx(0.6557 * 2**32, rel=1e-3)


def test_progress_is_told(tmp_path, monkeypatch, caplog):
    clock = iter(range(0, 10_000, 6))
    monkeypatch.setattr(search.time, "monotonic", lambda: next(clock))
    with caplog.at_level("INFO", "pigeonhole"):
        Search(tmp_path, 1, 20, "sha1").run()
    assert "20 bits: " in caplog.text
    assert "million by all jobs, which have about" in caplog.text
    (tmp_path / ".chunk-000001-draft.npy").touch()
    search.forget(tmp_path)
    assert not tmp_path.exists()


@pytest.mark.parametrize("bits", [15, 97])
def test_impossible_searches_are_refused(bits, tmp_path):
    with pytest.raises(ValueError, match="16 to 96"):
        Search(tmp_path, 1, bits)
