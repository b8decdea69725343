"""Photos are searched once; the cache survives a kill and ignores damage."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from skimage import data

from pigeonhole.faces import find_faces
from pigeonhole.imaging.codecs import write_jpeg
from pigeonhole.photos.ledger import PhotoRow, write_ledger
from pigeonhole.settings import FaceSettings


def ledger_row(photo, sha256=None):
    return PhotoRow(photo, "demo", "", "", "", "", "", 50, 50, sha256 or photo)


def test_a_photo_that_vanished_is_skipped(tmp_path):
    write_jpeg(tmp_path / "a.jpg", data.astronaut())
    photos = [ledger_row("gone.jpg"), ledger_row("a.jpg")]
    rows = find_faces(photos, tmp_path, FaceSettings(), 10**7)
    assert {row.photo for row in rows} == {"a.jpg"}


def test_a_cached_photo_is_not_opened(tmp_path):
    write_jpeg(tmp_path / "a.jpg", data.astronaut())
    photos = [ledger_row("a.jpg", "f" * 64)]
    cache = tmp_path / "cache" / "0.json"
    first = find_faces(photos, tmp_path, FaceSettings(), 10**7, cache)
    content = cache.read_bytes()
    (tmp_path / "a.jpg").unlink()
    second = find_faces(photos, tmp_path, FaceSettings(), 10**7, cache)
    assert first == second != []
    assert cache.read_bytes() == content
    # Another shard finds the same photo under another name.
    renamed = find_faces(
        [ledger_row("b.jpg", "f" * 64)],
        tmp_path,
        FaceSettings(),
        10**7,
        cache.with_name("1.json"),
    )
    assert [row.x for row in renamed] == [row.x for row in first]
    # Other settings need another search.
    assert find_faces(photos, tmp_path, FaceSettings(min_side=50), 10**7, cache) == []


@pytest.mark.parametrize("content", ["", "[]", '{"key": 1}', "{"])
def test_a_damaged_cache_is_ignored(tmp_path, content):
    write_jpeg(tmp_path / "a.jpg", data.astronaut())
    cache = tmp_path / "cache" / "0.json"
    cache.parent.mkdir()
    cache.write_text(content)
    photos = [ledger_row("a.jpg")]
    assert find_faces(photos, tmp_path, FaceSettings(), 10**7, cache)


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path, caplog):
    write_jpeg(tmp_path / "a.jpg", data.astronaut())
    (tmp_path / "file").touch()
    cache = tmp_path / "file" / "0.json"
    photos = [ledger_row("a.jpg")]
    assert find_faces(photos, tmp_path, FaceSettings(), 10**7, cache)
    assert "The cache can't be written" in caplog.text


SEARCH = """
import sys
from pathlib import Path
from pigeonhole.faces import write_faces
from pigeonhole.photos.ledger import read_ledger
from pigeonhole.settings import FaceSettings
import pigeonhole.faces.find
find = sys.modules["pigeonhole.faces.find"]
find.SAVE_INTERVAL = 0
folder, out = map(Path, sys.argv[1:])
rows = read_ledger(folder / "photos.csv")
cache = out / "cache" / "0.json"
write_faces(
    out / "faces.csv",
    find.find_faces(rows, folder, FaceSettings(), 10**7, cache),
)
"""


def test_a_killed_search_resumes(tmp_path):
    rows = []
    for number in range(10):
        photo = f"{number}.jpg"
        write_jpeg(tmp_path / photo, np.roll(data.astronaut(), 9 * number, axis=1))
        rows.append(ledger_row(photo))
    write_ledger(tmp_path / "photos.csv", rows)

    def start(name):
        out = tmp_path / name
        command = [sys.executable, "-c", SEARCH, tmp_path, out]
        return subprocess.Popen(command), out / "cache" / "0.json"

    for count in (2, 5):
        process, cache = start("killed")
        while process.poll() is None and len(cached_photos(cache)) < count:
            time.sleep(0.005)
        process.kill()
        process.wait()
        assert count <= len(cached_photos(cache)) < 10
    # Cached photos aren't opened again.
    for sha256 in cached_photos(cache):
        (tmp_path / sha256).rename(tmp_path / f"{sha256}.away")
    process, cache = start("killed")
    assert process.wait() == 0
    for path in tmp_path.glob("*.away"):
        path.rename(path.with_suffix(""))
    assert start("uninterrupted")[0].wait() == 0
    for path in (tmp_path / "uninterrupted").rglob("*.*"):
        other = tmp_path / "killed" / path.relative_to(tmp_path / "uninterrupted")
        assert path.read_bytes() == other.read_bytes()


def cached_photos(cache):
    try:
        return json.loads(cache.read_text())["boxes"]
    except FileNotFoundError:
        return {}
