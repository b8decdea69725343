"""Tests for the download cache, alone and with runs that change their settings."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from photo_services import KEY, jpeg

import pigeonhole
from pigeonhole.core.digest import sha256_of
from pigeonhole.photos import downloads as module
from pigeonhole.photos.collect import NoPhotos, collect_photos
from pigeonhole.photos.downloads import (
    REMOVED_KEY,
    DownloadCache,
    delete_downloads,
    download_cache,
)
from pigeonhole.photos.identity import Identity
from pigeonhole.photos.ledger import PhotoRow, read_ledger
from pigeonhole.photos.list_file import Entry
from pigeonhole.photos.options import resolve_source, source_options, source_warning
from pigeonhole.photos.removal_list import RemovalList
from pigeonhole.photos.sources import pexels
from pigeonhole.photos.sources.protocol import CollectRequest
from pigeonhole.settings import Settings


def row_of(number, content, size="large"):
    url = f"https://x/{number}?{size}"
    row = PhotoRow(f"pexels-{number}.jpg", "pexels", "Ü", image_url=url)
    return replace(row, sha256=sha256_of(content))


ROW, CONTENT = row_of(1, b"one"), b"one"
URL = "https://api.x/search?page=1"
OPTIONS = {"query": "a", "wanted": 5, "size": "large", "filters": {}}


@pytest.fixture
def cache(tmp_path):
    return DownloadCache(tmp_path / "downloads")


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_download_is_read_back_by_photo_and_url(cache):
    assert cache.read(ROW) is None
    assert cache.store(ROW, CONTENT)
    assert cache.read(replace(ROW, sha256="", photographer="")) == CONTENT
    assert cache.read(row_of(1, CONTENT, "small")) is None
    assert cache.read(row_of(2, CONTENT)) is None
    assert cache.rows() == [ROW]


def test_the_same_content_is_stored_once(cache, tmp_path):
    for number in (1, 2):
        cache.store(row_of(number, CONTENT), CONTENT)
    assert len(files(tmp_path / "downloads" / "photos")) == 1
    assert len(cache.rows()) == 2


@pytest.mark.parametrize("damage", [b"", b"on", b"two", b"one\n"])
def test_a_damaged_file_is_never_returned(cache, tmp_path, damage):
    cache.store(ROW, CONTENT)
    (path,) = files(tmp_path / "downloads" / "photos")
    path.write_bytes(damage)
    assert cache.read(ROW) is None
    assert cache.store(ROW, CONTENT)
    assert cache.read(ROW) == CONTENT


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"\xff", b'{"sha256": "../../x"}', b"{}", b"null"]
)
def test_a_damaged_row_is_ignored(cache, tmp_path, damage):
    cache.store(ROW, CONTENT)
    (path,) = files(tmp_path / "downloads" / "index")
    path.write_bytes(damage)
    assert cache.read(ROW) is None
    assert cache.rows() == []
    # It could be the row of a removed photo.
    cache.delete_files({"0" * 64})
    assert not path.exists()


def test_a_row_of_another_photo_is_ignored(cache, tmp_path):
    for number in (1, 2):
        cache.store(row_of(number, str(number).encode()), str(number).encode())
    first, second = files(tmp_path / "downloads" / "index")
    shutil.copy(second, first)
    contents = {cache.read(row_of(number, b"")) for number in (1, 2)}
    assert None in contents
    assert contents < {None, b"1", b"2"}


def test_threads_may_share_the_cache(cache):
    contents = [str(number % 10).encode() for number in range(100)]
    rows = [row_of(number % 20, content) for number, content in enumerate(contents)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(cache.store, rows, contents))
    for row, content in zip(rows, contents, strict=True):
        assert cache.read(row) == content


def test_a_full_disk_costs_only_time(cache, monkeypatch, caplog):
    def full(path, content):
        raise module.DiskFull(path, "No space left on device")

    cache.store(ROW, CONTENT)
    monkeypatch.setattr(module, "write_bytes", full)
    for number in (2, 3):
        assert not cache.store(row_of(number, b"x"), b"x")
    assert caplog.text.count("The cache can't be written") == 1
    assert cache.read(ROW) == CONTENT


def test_the_cache_leaves_space_for_the_results(cache, monkeypatch, caplog):
    monkeypatch.setattr(module, "MIN_FREE_BYTES", 10**18)
    assert not cache.store(ROW, CONTENT)
    assert "its disk is nearly full" in caplog.text
    assert cache.read(ROW) is None


def test_without_a_folder_nothing_is_cached():
    cache = DownloadCache(None)
    assert not cache.store(ROW, CONTENT)
    assert cache.read(ROW) is None
    cache.store_search("pexels", URL, {"photos": []})
    assert cache.read_search(URL, ()) is None
    cache.mark_complete("pexels", OPTIONS)
    assert not cache.is_complete("pexels", OPTIONS)
    cache.delete({ROW.sha256})
    cache.remove_temporaries()


def test_all_sizes_of_a_deleted_photo_are_deleted(tmp_path, monkeypatch):
    monkeypatch.setenv("PIGEONHOLE_CACHE", str(tmp_path))
    cache = download_cache()
    for number, size in ((1, "large"), (1, "small"), (2, "large"), (3, "large")):
        content = f"{number} {size}".encode()
        cache.store(row_of(number, content, size), content)
    entries = [{"id": n, "photographer": f"Name {n}"} for n in (1, 2, 3)]
    cache.store_search("pexels", URL, {"photos": [*entries, None], "page": 1})
    delete_downloads([sha256_of(b"1 large")], ["pexels-3.jpg"])
    assert [row.photo for row in cache.rows()] == ["pexels-2.jpg"]
    assert len(files(tmp_path / "downloads" / "photos")) == 1
    text = "".join(path.read_text() for path in files(tmp_path / "downloads"))
    assert "Name 2" in text
    assert "Name 1" not in text
    assert "Name 3" not in text
    # The search isn't sent again while both are on the removal list.
    both = {"pexels-1.jpg", "pexels-3.jpg"}
    page = cache.read_search(URL, both)
    assert page["photos"][0] == {"id": 1, REMOVED_KEY: "pexels-1.jpg"}
    assert page["photos"][1:] == [
        entries[1],
        {"id": 3, REMOVED_KEY: "pexels-3.jpg"},
        None,
    ]
    assert cache.read_search(URL, {"pexels-1.jpg"}) is None


def test_remains_of_killed_processes_are_deleted(cache, tmp_path):
    cache.store(ROW, CONTENT)
    (path,) = files(tmp_path / "downloads" / "photos")
    for name, age in ((".new-abcdefgh.jpg", 0), (".old-abcdefgh.jpg", 10**6)):
        temporary = path.with_name(name)
        temporary.write_bytes(b"")
        time = temporary.stat().st_mtime - age
        os.utime(temporary, (time, time))
    cache.remove_temporaries()
    names = {path.name for path in path.parent.iterdir()}
    assert names == {path.name, ".new-abcdefgh.jpg"}


def test_a_search_satisfies_smaller_counts(cache):
    cache.mark_complete("pexels", OPTIONS, 5)
    cache.mark_complete("pexels", OPTIONS, 3)
    assert cache.is_complete("pexels", OPTIONS)
    assert not cache.is_complete("pexels", OPTIONS | {"wanted": 6})
    assert not cache.is_complete("pexels", OPTIONS | {"query": "b"})
    assert not cache.is_complete("openverse", OPTIONS)
    cache.mark_complete("pexels", OPTIONS)
    assert cache.is_complete("pexels", OPTIONS | {"wanted": 20_000})


class Project:
    """A folder of results, collected with changing settings."""

    def __init__(self, folder):
        self.folder = folder

    def collect(self, source="pexels", **photos):
        settings = settings_of(source=source, **photos)
        collect_photos(
            self.folder / "photos",
            source,
            source_options(settings, source),
            cache=self.folder / "cache",
            downloads=download_cache(),
        )
        return self.photos()

    def photos(self):
        folder = self.folder / "photos"
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def settings_of(**photos):
    photos = {"count": 5, "demo_count": 2, "max_hash_distance": None, **photos}
    return Settings(photos=photos)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("PIGEONHOLE_CACHE", str(tmp_path / "user-cache"))
    monkeypatch.setenv("PEXELS_API_KEY", KEY)
    return Project(tmp_path / "project")


CHANGES = [
    {"query": "cat"},
    {"count": 3},
    {"count": 90},
    {"size": "medium"},
    {"size": "original"},
    {"orientation": "square"},
    {"locale": "de-DE"},
    {"source": "demo"},
    {"source": "openverse"},
    {"max_pixels": 100},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_setting_that_is_changed_back_downloads_nothing(
    project, pexels_server, openverse_server, change
):
    first = project.collect()
    # No photo is that small.
    fails = change == {"max_pixels": 100}
    with pytest.raises(NoPhotos) if fails else nullcontext():
        project.collect(**change)
    changed = project.photos()
    pexels_server.searches.clear()
    pexels_server.downloads.clear()
    openverse_server.requests.clear()
    # On another day, the services would return other photos.
    pexels_server.total = openverse_server.total = 0
    assert project.collect() == first
    assert fails or project.collect(**change) == changed
    assert pexels_server.searches == pexels_server.downloads == []
    assert openverse_server.requests == []


def test_another_project_downloads_nothing(project, tmp_path, pexels_server):
    first = project.collect()
    pexels_server.downloads.clear()
    assert Project(tmp_path / "other").collect() == first
    # Files are copies: an edit of one changes no other.
    (tmp_path / "other" / "photos" / "pexels-1.jpg").write_bytes(b"edited")
    assert project.photos() == first
    assert project.collect() == first
    assert pexels_server.downloads == []


def test_files_that_no_run_wrote_stay(project, pexels_server, openverse_server):
    project.collect()
    folder = project.folder / "photos"
    mine = {"pexels-mine.jpg", "demo-x.jpg", "pexels-999.jpg", "openverse-1.jpg"}
    # A photo of an earlier run that was edited is the user's, too.
    mine.add("pexels-3.jpg")
    for name in mine:
        (folder / name).write_bytes(name.encode())
    for source in ("openverse", "demo", "openverse"):
        photos = project.collect(source=source)
        assert mine <= photos.keys()
        assert all(photos[name] == name.encode() for name in mine)
        assert "pexels-1.jpg" not in photos


@pytest.mark.parametrize("source", ["pexels", "demo"])
def test_edited_photos_are_kept(project, pexels_server, caplog, source):
    first = project.collect(source)
    edited = project.folder / "photos" / sorted(first)[1]
    for content in (b"edited", b"again"):
        edited.write_bytes(content)
        project.collect(source)
    name = edited.stem
    kept = {f"{name}.kept.jpg": b"edited", f"{name}.kept-2.jpg": b"again"}
    assert project.photos() == first | kept
    assert "isn't the photo that was written" in caplog.text


def test_a_photo_of_another_size_is_replaced(project, pexels_server, caplog):
    project.collect()
    pexels_server.images = {number: (200, {}, jpeg(77)) for number in range(5)}
    photos = project.collect(size="medium")
    assert photos["pexels-1.jpg"] == jpeg(77)
    assert not any("kept" in name for name in photos)


def test_photos_that_cannot_be_cached_stay(project, pexels_server, tmp_path):
    (tmp_path / "user-cache").mkdir()
    (tmp_path / "user-cache" / "downloads").write_text("a file in place of the folder")
    first = project.collect()
    assert first.keys() < project.collect(source="demo").keys()


def test_without_a_key_earlier_downloads_are_used(
    project, pexels_server, monkeypatch, tmp_path
):
    automatic = settings_of(source="auto")
    ledger = project.folder / "photos" / "photos.csv"
    assert resolve_source(automatic, {}) == "demo"
    assert source_warning("demo", ledger) is None
    first = project.collect()
    monkeypatch.delenv("PEXELS_API_KEY")
    pexels_server.total = 0
    assert resolve_source(automatic, os.environ) == "pexels"
    assert project.collect() == first
    fewer = settings_of(source="auto", count=4)
    assert resolve_source(fewer, os.environ) == "pexels"
    assert len(project.collect(count=4)) == len(first) - 1
    # Other settings need the key.
    for change in ({"count": 6}, {"query": "cat"}, {"size": "medium"}):
        other = settings_of(source="auto", **change)
        assert resolve_source(other, os.environ) == "demo"
    warning = source_warning("demo", ledger)
    assert "PEXELS_API_KEY is empty" in warning
    assert "replace those of pexels" in warning
    assert source_warning("pexels", ledger) is None
    with pytest.raises(pexels.MissingKey):
        project.collect(query="cat")
    # Without the search results, the key is needed again.
    searches = tmp_path / "user-cache" / "downloads" / "searches"
    searches.rename(tmp_path / "searches")
    assert resolve_source(automatic, os.environ) == "demo"
    (tmp_path / "searches").rename(searches)
    project.collect(source="demo")
    assert source_warning("demo", ledger) is None
    assert project.collect() == first


def test_without_a_key_the_listed_photos_are_used(
    project, pexels_server, monkeypatch, caplog
):
    project.collect()
    monkeypatch.delenv("PEXELS_API_KEY")
    project.collect(count=150)
    assert len(read_ledger(project.folder / "photos" / "photos.csv")) == 80
    assert "Only 80 of 150 photos are used: A search at Pexels needs" in caplog.text


def test_a_removal_costs_no_request_and_changes_no_other_photo(
    project, pexels_server, monkeypatch
):
    project.collect()
    rows = read_ledger(project.folder / "photos" / "photos.csv")
    (removed,) = (row for row in rows if row.photo == "pexels-3.jpg")
    delete_downloads([removed.sha256])
    assert removed.sha256 not in {row.sha256 for row in download_cache().rows()}
    pexels_server.downloads.clear()
    pexels_server.searches.clear()
    options = source_options(settings_of(), "pexels")
    folder = project.folder / "again"
    request = CollectRequest(
        folder,
        options,
        removal_list=RemovalList([Entry(Identity(removed.photo))]),
        downloads=download_cache(),
    )
    result = pexels.collect(request)
    assert sorted(result.rows, key=lambda row: row.photo) == [
        row for row in rows if row != removed
    ]
    assert not pexels_server.downloads + pexels_server.searches
    # An undone removal sends the search again, and downloads the photo.
    result = pexels.collect(replace(request, removal_list=RemovalList()))
    assert sorted(result.rows, key=lambda row: row.photo) == rows
    assert [number for number, _ in pexels_server.downloads] == [3]


PROGRAM = """
import json, sys
from pathlib import Path
from pigeonhole.photos.collect import NoPhotos, collect_photos
from pigeonhole.photos.downloads import download_cache
folder, options = Path(sys.argv[1]), json.loads(sys.argv[2])
folders = {"cache": folder / "cache", "downloads": download_cache()}
collect_photos(folder / "photos", "pexels", options, **folders)
"""


def test_runs_at_the_same_time_share_the_cache(project, tmp_path, pexels_server):
    pexels_server.images = {number: (200, {}, jpeg(number)) for number in range(60)}
    options = json.dumps(source_options(settings_of(count=60), "pexels"))
    package = str(Path(pigeonhole.__file__).parents[1])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, tmp_path / str(number), options],
            env={**os.environ, "PYTHONPATH": package},
            stderr=subprocess.PIPE,
        )
        for number in range(3)
    ]
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    first = Project(tmp_path / "0").photos()
    assert len(first) == 63
    assert Project(tmp_path / "1").photos() == Project(tmp_path / "2").photos() == first
    assert len(download_cache().rows()) == 60
