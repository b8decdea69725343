"""Collision searches: their result is valid and never depends on threads or kills."""

import hashlib
import signal
import subprocess
import sys
import time

import pytest
from clone import clean_environment

from pigeonhole.birthday.collisions import search
from pigeonhole.birthday.collisions.search import CollisionSearch, expected_hashes_left
from pigeonhole.birthday.hashing import md5

COMPILED = type(md5.leading_64).__name__ != "function"


@pytest.mark.parametrize("algorithm", ["md5", "sha256", "sha1"])
def test_a_search_finds_a_collision(algorithm, tmp_path, monkeypatch):
    monkeypatch.setattr(search, "SEARCH_LANES", 8)
    bits = 16 if algorithm == "md5" else 20
    pair = CollisionSearch(tmp_path, 2, bits, algorithm).run()
    assert pair.is_valid()
    row = pair.row()
    digests = [
        hashlib.new(algorithm, bytes.fromhex(row[name])).hexdigest()
        for name in ("first", "second")
    ]
    assert digests[0][: row["bits"] // 4] == row["common"]
    assert digests[1].startswith(row["common"])


def test_a_killed_search_resumes_and_finds_the_same_pair(tmp_path):
    # Without compiled kernels, hashlib is faster.
    bits, algorithm = (34, "md5") if COMPILED else (26, "sha1")
    pair = CollisionSearch(tmp_path / "complete", 1, bits, algorithm).run()
    folder = tmp_path / "killed"
    code = f"""
from pathlib import Path
from pigeonhole.birthday.collisions.search import CollisionSearch
CollisionSearch(Path({str(folder)!r}), 1, {bits}, {algorithm!r}).run(2)
"""

    def chunks():
        # Names of temporary files begin with a dot.
        return list(folder.glob("chunk-*.npy"))

    for finished in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", code], env=clean_environment(NUMBA_DISABLE_JIT="0")
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if len(chunks()) > finished:
                break
            time.sleep(0.005)
        contents = {path: path.read_bytes() for path in chunks()}
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert contents
        assert all(path.read_bytes() == content for path, content in contents.items())
    assert CollisionSearch(folder, 1, bits, algorithm).run() == pair


@pytest.mark.parametrize("threads", [2, 5])
def test_the_pair_does_not_depend_on_the_number_of_threads(threads, tmp_path):
    pair = CollisionSearch(tmp_path / "one", 3, 22, "sha1").run()
    assert CollisionSearch(tmp_path / "many", 3, 22, "sha1").run(threads) == pair


def test_damaged_chunks_are_computed_again(tmp_path):
    pair = CollisionSearch(tmp_path, 1, 20, "sha1").run()
    (first, *_) = sorted(tmp_path.glob("chunk-*.npy"))
    content = first.read_bytes()
    first.write_bytes(content[:100])
    assert CollisionSearch(tmp_path, 1, 20, "sha1").run() == pair
    assert first.read_bytes() == content


def test_a_search_without_a_writable_cache_finds_the_same_pair(tmp_path, caplog):
    pair = CollisionSearch(tmp_path / "cache", 1, 20, "sha1").run()
    (tmp_path / "file").touch()
    assert CollisionSearch(tmp_path / "file", 1, 20, "sha1").run() == pair
    assert "cache can't be written" in caplog.text


def test_finished_chunks_are_removed(tmp_path):
    finished = CollisionSearch(tmp_path / "chunks", 1, 20, "sha1")
    finished.run()
    assert any(finished.folder.iterdir())
    notes = finished.folder / "notes.txt"
    notes.touch()
    finished.remove_chunks()
    assert list(finished.folder.iterdir()) == [notes]
    notes.unlink()
    finished.remove_chunks()
    assert not finished.folder.exists()


def test_expected_hashes_left_fall_as_the_distribution_of_t_requires():
    assert expected_hashes_left(0, 64) == pytest.approx(5_382_943_232.05)
    assert expected_hashes_left(1, 64) == pytest.approx(5.383e9, rel=1e-3)
    assert expected_hashes_left(2**32, 64) == pytest.approx(0.6557 * 2**32, rel=1e-3)


def test_progress_is_logged(tmp_path, monkeypatch, caplog):
    clock = iter(range(0, 10_000, 6))
    monkeypatch.setattr(search.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(search, "SEARCH_LANES", 1)
    with caplog.at_level("INFO", "pigeonhole"):
        CollisionSearch(tmp_path, 1, 20, "sha1").run()
    assert "20 bits: " in caplog.text
    assert "million per second, about" in caplog.text


def test_files_of_other_processes_do_not_hold_up_a_search(tmp_path):
    """Claims of dead processes, and chunks that can't be read or replaced."""
    pair = CollisionSearch(tmp_path / "clean", 1, 20, "sha1").run()
    folder = tmp_path / "left"
    folder.mkdir()
    for name in ("chunk-000000.claim", "chunk-000001.lock", ".chunk-000000.npy.1.tmp"):
        (folder / name).write_text("1")
    (folder / "chunk-000000.npy").mkdir()
    assert CollisionSearch(folder, 1, 20, "sha1").run(2) == pair
    chunks = [path for path in folder.glob("chunk-*.npy") if path.is_file()]
    expected = len(list((tmp_path / "clean").glob("chunk-*.npy")))
    # No more than the two threads had begun.
    assert expected - 1 <= len(chunks) <= expected + 3
