"""Tests for the photo cache."""

import json

from pigeonhole.core.cache import cache_dir
from pigeonhole.photos.cache import PhotoCache, photo_cache_dir
from pigeonhole.photos.ledger import PhotoRow

ROWS = [
    PhotoRow(f"{name}.jpg", "pexels", *[""] * 3, f"https://x/ü{name}", "", 4, 3, "ab")
    for name in "abc"
]


def names(cache):
    return sorted(cache.read())


def test_appended_rows_are_read_back(tmp_path):
    cache = PhotoCache(tmp_path / "cache")
    assert cache.read() == {}
    for row in ROWS:
        cache.append(row)
    assert cache.read() == {row.photo: row for row in ROWS}
    cache.replace(ROWS[:1])
    assert names(cache) == ["a.jpg"]


def test_damaged_lines_are_left_out(tmp_path):
    cache = PhotoCache(tmp_path)
    cache.append(ROWS[0])
    path = tmp_path / "rows.jsonl"
    # Half a line of a killed writer, text, JSON of another type, and no UTF-8.
    line = path.read_text().strip()
    damage = [line[: len(line) // 2], "text", "[]", json.dumps({"code": 1})]
    path.write_bytes("\n".join([line, *damage]).encode() + b"\n\xff\xfe")
    cache.append(ROWS[1])
    assert names(cache) == ["a.jpg", "b.jpg"]


def test_rows_of_other_code_are_left_out(tmp_path):
    cache = PhotoCache(tmp_path)
    cache.replace(ROWS)
    path = tmp_path / "rows.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    records[0]["code"] = "other"
    path.write_text("\n".join(map(json.dumps, records)))
    assert names(cache) == ["b.jpg", "c.jpg"]
    # Their photos may still be on disk.
    assert cache.history() == ROWS


def test_removed_photos_leave_no_trace(tmp_path):
    cache = PhotoCache(tmp_path)
    cache.replace(ROWS)
    cache.remove({"a.jpg": ROWS[0]})
    assert names(cache) == ["b.jpg", "c.jpg"]
    assert ROWS[0].image_url not in (tmp_path / "rows.jsonl").read_text()


def test_without_a_folder_nothing_is_cached():
    cache = PhotoCache(None)
    cache.append(ROWS[0])
    cache.replace(ROWS)
    cache.remove({"a.jpg": ROWS[0]})
    assert cache.read() == {}


def test_each_folder_of_results_has_its_own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PIGEONHOLE_CACHE", str(tmp_path / "cache"))
    first, second = (photo_cache_dir(tmp_path / name) for name in ("first", "second"))
    assert first != second
    assert first.is_relative_to(tmp_path / "cache")
    assert photo_cache_dir(tmp_path / "x" / ".." / "first") == first
    assert cache_dir("tiles") == tmp_path / "cache" / "tiles"
