"""Tests for the Pexels source and its client, against a local server."""

import json
import logging
import os
import re
import shutil
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from photo_services import KEY, jpeg

from pigeonhole.imaging.codecs import encode_jpeg
from pigeonhole.photos.cache import PhotoCache
from pigeonhole.photos.collect import collect_photos
from pigeonhole.photos.downloads import DownloadCache
from pigeonhole.photos.identity import Identity
from pigeonhole.photos.ledger import Rejection, read_ledger
from pigeonhole.photos.list_file import Entry
from pigeonhole.photos.removal_list import RemovalList
from pigeonhole.photos.sources import client, pexels, search
from pigeonhole.photos.sources.download import MAX_FAILURES, QUEUED_PER_THREAD
from pigeonhole.photos.sources.protocol import CollectRequest


@pytest.fixture
def service(pexels_server):
    return pexels_server


def noisy_jpeg():
    noise = np.random.default_rng(1).integers(0, 256, (60, 80, 3), np.uint8)
    return encode_jpeg(noise)


class FakeSleep:
    """A sleep that takes no time, and records the waits."""

    def __init__(self):
        self.waits = []

    def __call__(self, seconds):
        self.waits.append(seconds)


@pytest.fixture
def sleep():
    return FakeSleep()


def options(wanted=5, query="person", max_pixels=10**6, size="large", **filters):
    return {
        "query": query,
        "wanted": wanted,
        "size": size,
        "filters": {"locale": "en-US", **filters},
        "max_pixels": max_pixels,
    }


def run(folder, sleep, *, key=KEY, removal_list=None, **changes):
    """Collect photos with a cache, as runs of the workflow do."""
    cache = PhotoCache(folder / "cache")
    removal_list = removal_list or RemovalList()
    downloads = DownloadCache(folder / "downloads")
    request = CollectRequest(
        folder, options(**changes), cache.read(), removal_list, cache, downloads
    )
    return pexels.collect(request, key, sleep)


def files(folder):
    return [path for path in folder.iterdir() if path.is_file()]


def without_jitter(waits):
    """Return waits without their jitter of a quarter in both directions."""
    return [min((1, 2, 4, 8), key=lambda step: abs(step - wait)) for wait in waits]


def rows_of(result):
    return {row.photo: row for row in result.rows}


def test_photos_are_credited(service, sleep, tmp_path):
    result = run(tmp_path, sleep, wanted=3)
    row = rows_of(result)["pexels-2.jpg"]
    assert (tmp_path / "pexels-2.jpg").read_bytes() == jpeg(2)
    assert row.photographer == "Author 2"
    assert row.photographer_url == "https://www.pexels.com/@p2"
    assert row.page_url == "https://www.pexels.com/photo/2/"
    assert row.image_url.endswith("/v1/image/2?auto=compress&h=650")
    assert (row.source, row.license) == ("pexels", "Pexels license")
    assert (row.width, row.height) == (32, 24)
    assert len(files(tmp_path)) == 3


def test_pages_of_80_are_requested_until_there_are_enough(service, sleep, tmp_path):
    assert len(run(tmp_path, sleep, wanted=150).rows) == 150
    queries = [parse_qs(urlsplit(path).query) for path, _ in service.searches]
    assert [query["page"] for query in queries] == [["1"], ["2"]]
    assert {query["per_page"][0] for query in queries} == {"80"}


def test_all_photos_are_returned_if_there_are_fewer_than_wanted(
    service, sleep, tmp_path
):
    service.total = 90
    assert len(run(tmp_path, sleep, wanted=500).rows) == 90


def test_the_query_is_encoded(service, sleep, tmp_path):
    run(tmp_path, sleep, query="black & white #1 ü")
    query = parse_qs(urlsplit(service.searches[0][0]).query)
    assert query["query"] == ["black & white #1 ü"]
    assert query["per_page"] == ["80"]


def test_all_requests_name_the_program_and_only_searches_send_the_key(
    service, sleep, tmp_path
):
    run(tmp_path, sleep)
    assert all(headers["Authorization"] == KEY for _, headers in service.searches)
    for _, headers in service.searches + service.downloads:
        assert headers["User-Agent"].startswith("pigeonhole/")
    for _, headers in service.downloads:
        assert "Authorization" not in headers


def test_retry_after_is_respected(service, sleep, tmp_path):
    service.answers = [(429, {"Retry-After": "7"})]
    assert len(run(tmp_path, sleep).rows) == 5
    (wait,) = sleep.waits
    assert 7 <= wait <= 8


def test_server_errors_are_retried_with_growing_waits(service, sleep, tmp_path):
    service.answers = [(500, {}), (503, {}), (502, {})]
    assert len(run(tmp_path, sleep).rows) == 5
    assert without_jitter(sleep.waits) == [1, 2, 4]
    assert all(
        0.7 < wait / step < 1.3
        for wait, step in zip(sleep.waits, [1, 2, 4], strict=True)
    )


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((401, {}), pexels.RefusedKey, "PEXELS_API_KEY (HTTP 401)"),
        ((403, {}), pexels.RefusedKey, "photos.source: demo"),
        ((429, {"Retry-After": "3600"}), pexels.LimitReached, "in 60 minutes"),
        ((429, {}), pexels.LimitReached, "200 requests an hour"),
        ((500, {}), search.ServiceFailed, "HTTP 500"),
        ((404, {}), search.ServiceFailed, "HTTP 404"),
        ((200, {}, b"<html>"), search.ServiceFailed, "isn't a list of photos"),
        ((200, {}, b"[]"), search.ServiceFailed, "isn't a list of photos"),
        ((200, {}, b'{"photos": null}'), search.ServiceFailed, "a list of photos"),
        ((403, {}, b"<html>Attention"), search.ServiceFailed, "with a web page"),
        ((401, {"Content-Type": "text/html"}), search.ServiceFailed, "HTTP 401"),
        ((403, {}, b'{"error": "no"}'), pexels.RefusedKey, "PEXELS_API_KEY (HTTP 403)"),
        ((200, {}, b'{"photos": []}'), pexels.NothingFound, "'person'"),
    ],
)
def test_each_failure_has_its_own_message(
    service, sleep, tmp_path, capfd, caplog, answer, error, words
):
    service.answers = [answer] * 5
    with pytest.raises(error, match=re.escape(words)) as caught:
        run(tmp_path, sleep)
    output = "".join([str(caught.value), repr(caught.value), *capfd.readouterr()])
    assert KEY not in output + caplog.text
    assert not files(tmp_path)


def test_an_unreachable_server_is_an_error(sleep, tmp_path, monkeypatch):
    monkeypatch.setenv("PEXELS_API_URL", "http://127.0.0.1:9/v1/")
    with pytest.raises(search.ServiceFailed, match="the connection failed"):
        run(tmp_path, sleep)
    assert without_jitter(sleep.waits) == [1, 2, 4, 8]


@pytest.mark.parametrize("key", ["", "  \n"])
def test_a_missing_key_is_an_error(sleep, tmp_path, key):
    with pytest.raises(pexels.MissingKey, match=r"https://www.pexels.com/api/new/"):
        run(tmp_path, sleep, key=key)


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_an_invalid_key_is_an_error_that_does_not_show_it(sleep, tmp_path, key):
    with pytest.raises(pexels.RefusedKey) as caught:
        run(tmp_path, sleep, key=key)
    assert key not in str(caught.value)


def test_the_key_is_sent_to_no_other_host(service, sleep, tmp_path, caplog):
    service.next_host = "http://localhost:9/v1/"
    assert len(run(tmp_path, sleep, wanted=100).rows) == 80
    assert "its next page is on another host" in caplog.text
    assert len(service.searches) == 1


def test_bad_photos_are_skipped_with_a_reason_and_replaced(service, sleep, tmp_path):
    service.images = {
        0: (200, {}, b"<html>sorry</html>"),
        1: (404, {}, b""),
        2: (200, {}, noisy_jpeg()[:-2000]),
        3: (200, {}, b""),
    }
    result = run(tmp_path, sleep, wanted=6)
    assert {row.photo: row.reason for row in result.skipped} == {
        "pexels-0.jpg": Rejection.UNREADABLE,
        "pexels-1.jpg": Rejection.DOWNLOAD_FAILED,
        "pexels-2.jpg": Rejection.UNREADABLE,
        "pexels-3.jpg": Rejection.UNREADABLE,
    }
    assert all(row.detail for row in result.skipped)
    assert {path.name for path in files(tmp_path)} == set(rows_of(result))
    assert len(result.rows) == 6


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "//x", "http://[::1", "http://a b/", f"http://{'a' * 300}/"],
)
def test_an_invalid_url_is_reported(service, sleep, tmp_path, url):
    photos = [service.photo(0) | {"src": {"large": url}}, service.photo(1)]
    service.answers = [(200, {}, json.dumps({"photos": photos}).encode())]
    (skipped,) = run(tmp_path, sleep, wanted=2).skipped
    assert (skipped.photo, skipped.detail) == ("pexels-0.jpg", "its URL is invalid")


def test_an_incomplete_download_leaves_no_file(service, sleep, tmp_path):
    service.images = {1: (200, {"Content-Length": 10**6}, jpeg(1))}
    result = run(tmp_path, sleep, wanted=3)
    assert [row.photo for row in result.skipped] == ["pexels-1.jpg"]
    assert not (tmp_path / "pexels-1.jpg").exists()
    assert len(files(tmp_path)) == 3
    assert without_jitter(sleep.waits) == [1, 2, 4, 8]


def test_a_photo_that_is_too_large_is_skipped_after_one_download(
    service, sleep, tmp_path
):
    service.images = {1: (200, {}, encode_jpeg(np.zeros((50, 50, 3), np.uint8)))}
    result = run(tmp_path, sleep, wanted=3, max_pixels=1000)
    (skipped,) = result.skipped
    assert (skipped.photo, skipped.reason) == ("pexels-1.jpg", Rejection.TOO_LARGE)
    assert "max_pixels" in skipped.detail
    assert [number for number, _ in service.downloads].count(1) == 1


def test_a_second_run_downloads_nothing(service, sleep, tmp_path):
    first = rows_of(run(tmp_path, sleep, wanted=6))
    before = {path: path.read_bytes() for path in files(tmp_path)}
    service.downloads.clear()
    assert rows_of(run(tmp_path, sleep, wanted=6)) == first
    (tmp_path / "pexels-1.jpg").unlink()
    (tmp_path / "pexels-4.jpg").write_bytes(jpeg(77))
    assert rows_of(run(tmp_path, sleep, wanted=6)) == first
    assert (tmp_path / "pexels-4.kept.jpg").read_bytes() == jpeg(77)
    (tmp_path / "pexels-4.kept.jpg").unlink()
    assert {path: path.read_bytes() for path in files(tmp_path)} == before
    assert service.downloads == []


def test_without_caches_photos_on_disk_are_downloaded_again(service, sleep, tmp_path):
    """A photo of unknown origin could be of another size: it isn't used."""
    first = rows_of(run(tmp_path, sleep, wanted=3))
    (tmp_path / "cache" / "rows.jsonl").unlink()
    shutil.rmtree(tmp_path / "downloads")
    (tmp_path / "pexels-1.jpg").write_bytes(jpeg(77))
    service.downloads.clear()
    assert rows_of(run(tmp_path, sleep, wanted=3)) == first
    assert sorted(number for number, _ in service.downloads) == [0, 1, 2]
    assert (tmp_path / "pexels-1.jpg").read_bytes() == jpeg(1)


def test_photos_of_earlier_runs_are_added_to_the_cache(service, sleep, tmp_path):
    first = rows_of(run(tmp_path, sleep, wanted=3))
    shutil.rmtree(tmp_path / "downloads")
    service.downloads.clear()
    assert rows_of(run(tmp_path, sleep, wanted=3)) == first
    for path in tmp_path.glob("*.jpg"):
        path.unlink()
    assert rows_of(run(tmp_path, sleep, wanted=3)) == first
    assert service.downloads == []


@pytest.mark.parametrize("name", ["cache", "downloads"])
def test_a_cache_that_cannot_be_written_changes_no_result(
    service, sleep, tmp_path, caplog, name
):
    (tmp_path / name).write_text("a file in place of the folder")
    assert len(run(tmp_path, sleep, wanted=30).rows) == 30
    assert "The cache can't be written" in caplog.text
    if name == "downloads":
        assert caplog.text.count("The cache can't be written") == 1


def test_a_damaged_photo_on_disk_is_downloaded_again(service, sleep, tmp_path):
    (tmp_path / "pexels-0.jpg").write_bytes(b"damaged")
    assert len(run(tmp_path, sleep, wanted=1).rows) == 1
    assert (tmp_path / "pexels-0.jpg").read_bytes() == jpeg(0)


def test_the_key_is_in_no_output(service, tmp_path, monkeypatch, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("PEXELS_API_KEY", KEY)
    service.answers = [(500, {})]
    service.images = {0: (404, {}, b"")}
    monkeypatch.setattr(client.time, "sleep", FakeSleep())
    cache = tmp_path / "cache"
    downloads = DownloadCache(tmp_path / "downloads")
    collect_photos(
        tmp_path, "pexels", options(wanted=3), cache=cache, downloads=downloads
    )
    output = caplog.text + "".join(capfd.readouterr())
    paths = [path for path in tmp_path.rglob("*") if path.is_file()]
    output += "".join(path.read_bytes().decode("latin-1") for path in paths)
    assert "trying again" in output
    assert (cache / "rows.jsonl").exists()
    assert len(list(tmp_path.glob("downloads/searches/*.json"))) == 1
    assert KEY not in output


PROGRAM = """
import json, sys
from pathlib import Path
from pigeonhole.photos.collect import collect_photos
from pigeonhole.photos.downloads import DownloadCache
folder, cache = map(Path, sys.argv[1:3])
options, downloads = json.loads(sys.argv[3]), DownloadCache(cache / "downloads")
collect_photos(folder, "pexels", options, cache=cache, downloads=downloads)
"""


def start(folder, **changes):
    """Start a run in a process of its own."""
    environment = {
        **os.environ,
        "PEXELS_API_KEY": KEY,
        "PYTHONPATH": str(Path(pexels.__file__).parents[3]),
    }
    cache = folder.with_name(f"{folder.name}-cache")
    command = [sys.executable, "-c", PROGRAM, folder, cache]
    return subprocess.Popen(
        [*command, json.dumps(options(**changes))],
        env=environment,
        stderr=subprocess.PIPE,
    )


def test_killed_runs_leave_no_partial_photo_and_download_nothing_twice(
    service, tmp_path
):
    """Runs killed at random moments end like an uninterrupted one."""
    count, folder = 120, tmp_path / "killed"
    content = noisy_jpeg()
    service.images = {number: (200, {}, content) for number in range(200)}
    service.delay = 0.02
    rng = np.random.default_rng(7)
    kills = 0

    def photos():
        return list(folder.glob("pexels-*.jpg"))

    for _ in range(4):
        # Kill the run after this many photos.
        enough = len(photos()) + rng.integers(1, 25)
        with start(folder, wanted=count) as child:
            while len(photos()) < enough:
                if child.poll() is not None:
                    break
                time.sleep(0.005)
            kills += child.poll() is None
            child.kill()
            child.communicate()
        assert all(path.read_bytes() == content for path in photos())
    assert kills == 4
    stored = len(photos())
    assert 0 < stored < count
    assert not (folder / "photos.csv").exists()
    service.delay = 0
    # Interrupted downloads are repeated, complete ones aren't. One may be in the cache
    # without being in the folder.
    service.downloads.clear()
    with start(folder, wanted=count) as child:
        child.communicate()
    assert child.returncode == 0
    assert count - stored - 4 <= len(service.downloads) <= count - stored
    undisturbed = tmp_path / "undisturbed"
    with start(undisturbed, wanted=count) as child:
        child.communicate()
    for path in undisturbed.iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes()
    # No temporary file of a killed process is left.
    names = {path.name for path in folder.iterdir()}
    assert names == {path.name for path in undisturbed.iterdir()}


def test_filters_are_sent_with_the_search(service, sleep, tmp_path):
    run(tmp_path, sleep, orientation="portrait", color="#ff8800", size="medium")
    query = parse_qs(urlsplit(service.searches[0][0]).query)
    assert query["orientation"] == ["portrait"]
    assert query["color"] == ["#ff8800"]
    assert query["locale"] == ["en-US"]
    assert query["query"] == ["person"]


@pytest.mark.parametrize("size", ["medium", "large", "original"])
def test_the_requested_size_is_downloaded(service, sleep, tmp_path, size):
    row = run(tmp_path, sleep, wanted=1, size=size).rows[0]
    assert row.image_url == service.photo(0)["src"][size]


def test_another_size_is_downloaded_again(service, sleep, tmp_path):
    run(tmp_path, sleep, wanted=2)
    service.downloads.clear()
    run(tmp_path, sleep, wanted=2, size="medium")
    assert len(service.downloads) == 2


def test_a_search_is_sent_once(service, sleep, tmp_path):
    run(tmp_path, sleep, wanted=100)
    assert len(service.searches) == 2
    run(tmp_path, sleep, wanted=150)
    assert len(service.searches) == 2
    run(tmp_path, sleep, wanted=170)
    assert len(service.searches) == 3


def test_a_damaged_cached_search_is_sent_again(service, sleep, tmp_path):
    run(tmp_path, sleep)
    (cached,) = tmp_path.glob("downloads/searches/*.json")
    for damage in ("", "[]", '{"url": 1}', cached.read_text()[:-20]):
        service.searches.clear()
        cached.write_text(damage)
        assert len(run(tmp_path, sleep).rows) == 5
        assert len(service.searches) == 1


def test_the_remaining_requests_of_the_month_are_logged(
    service, sleep, tmp_path, caplog
):
    caplog.set_level(logging.INFO)
    quota = {"Limit": 20000, "Remaining": 19684, "Reset": 1590529646}
    headers = {f"X-Ratelimit-{name}": value for name, value in quota.items()}
    service.answers = [(200, headers)]
    run(tmp_path, sleep)
    assert "19,684 of 20,000 requests remain until 2020-05-26" in caplog.text


def test_a_larger_count_adds_photos(service, sleep, tmp_path):
    first = rows_of(run(tmp_path, sleep, wanted=4))
    service.downloads.clear()
    more = rows_of(run(tmp_path, sleep, wanted=9))
    assert sorted(number for number, _ in service.downloads) == [4, 5, 6, 7, 8]
    assert {photo: more[photo] for photo in first} == first


def test_a_missing_photo_is_replaced_by_the_next(service, sleep, tmp_path):
    service.images = {n: (404, {}, b"") for n in (0, 3, 80)}
    result = run(tmp_path, sleep, wanted=100)
    assert len(result.rows) == 100
    assert {row.detail for row in result.skipped} == {"HTTP 404"}


def test_a_run_stops_if_every_download_fails(service, sleep, tmp_path, caplog):
    service.images = {n: (404, {}, b"") for n in range(200)}
    assert run(tmp_path, sleep, wanted=5).rows == []
    assert MAX_FAILURES <= len(service.downloads) < MAX_FAILURES + 5
    assert "Only 0 of 5 photos are used: 10" in caplog.text


@pytest.mark.parametrize("wanted", [1, 2, 6])
def test_dead_links_are_replaced_while_there_is_more_on_offer(
    service, sleep, tmp_path, wanted
):
    service.images = {n: (404, {}, b"") for n in range(90)}
    result = run(tmp_path, sleep, wanted=wanted)
    assert sorted(row.photo for row in result.rows) == [
        f"pexels-{n}.jpg" for n in range(90, 90 + wanted)
    ]
    assert len(result.skipped) == 90


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((401, {}), "Pexels refuses the key"),
        ((404, {}), "HTTP 404"),
        ((429, {"Retry-After": "5000"}), "in 84 minutes"),
        ((500, {}), "HTTP 500"),
        ((200, {}, b"<html>"), "isn't a list of photos"),
    ],
)
def test_photos_listed_before_a_failure_are_used(
    service, sleep, tmp_path, caplog, answer, words
):
    service.answers = [(200, {}), *[answer] * 5]
    assert len(run(tmp_path, sleep, wanted=150).rows) == 80
    assert "Only 80 of 150 photos are used: The" in caplog.text or answer[0] == 401
    assert words in caplog.text
    assert "snakemake --cores 2 --forcerun collect_photos" in caplog.text
    # The same command completes the photos later.
    service.answers.clear()
    service.downloads.clear()
    assert len(run(tmp_path, sleep, wanted=150).rows) == 150
    assert len(service.downloads) == 70


def test_photos_of_a_page_are_downloaded_before_the_next_page_is_requested(
    service, sleep, tmp_path
):
    seen = []
    photo = service.photo

    def recorded(number):
        seen.append((number, len(service.downloads)))
        return photo(number)

    service.photo = recorded
    run(tmp_path, sleep, wanted=150)
    assert dict(seen)[80] >= 80 - 4 * QUEUED_PER_THREAD


@pytest.mark.parametrize(
    "entry",
    [None, 5, [], {}, {"id": None}, {"id": "../1"}, {"id": True}, {"id": 1.5}],
)
def test_an_invalid_entry_is_skipped_and_the_others_are_used(
    service, sleep, tmp_path, entry
):
    page = {"photos": [service.photo(0), entry, service.photo(2)]}
    page["total_results"] = None
    service.answers = [(200, {}, json.dumps(page).encode())]
    result = run(tmp_path, sleep, wanted=5)
    assert sorted(rows_of(result)) == ["pexels-0.jpg", "pexels-2.jpg"]
    (skipped,) = result.skipped
    assert skipped.photo == "pexels-page-1-entry-2"
    assert skipped.reason is Rejection.UNUSABLE_NAME


def test_an_unknown_number_of_results_is_not_logged(service, sleep, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    page = {"photos": [service.photo(0)], "total_results": None}
    service.answers = [(200, {}, json.dumps(page).encode())]
    run(tmp_path, sleep, wanted=1)
    assert "None" not in caplog.text


@pytest.mark.parametrize(
    ("filters", "size", "words"),
    [
        ({"orientation": "portrait"}, (4000, 3000), "4,000 x 3,000 pixels"),
        ({"orientation": "landscape"}, (3000, 4000), "orientation is landscape"),
        ({"orientation": "landscape"}, (3000, 3000), "orientation is landscape"),
        ({"orientation": "square"}, (4000, 3000), "orientation is square"),
        ({"size": "medium"}, (3000, 2000), "asks for 12,000,000 pixels"),
        ({"orientation": "portrait"}, (3000, 4000), None),
        ({"orientation": "square"}, (3000, 3200), None),
        ({"size": "large"}, (6000, 3999), None),
        ({"orientation": "portrait"}, (None, 4000), None),
        ({"orientation": "portrait"}, (True, "wide"), None),
        ({}, (1, 1), None),
    ],
)
def test_photos_that_contradict_a_filter_are_not_used(filters, size, words):
    entry = {"id": 7, "width": size[0], "height": size[1], "src": {"large": "http://x"}}
    offer = pexels._read_entry("large", filters, entry)
    assert offer.photo == "pexels-7.jpg"
    if words is None:
        assert offer.image_url == "http://x"
    else:
        assert offer.reason is Rejection.NOT_REQUESTED
        assert words in offer.detail


@pytest.mark.parametrize(
    ("wait", "shown"),
    [
        ("45", "in 45 seconds"),
        ("121", "in 3 minutes"),
        ("90000", "in 25 hours"),
        ("864000", "in 10 days"),
        ("9" * 400, "in an hour"),
        ("Thu, 01 Jan 2099 00:00:00 GMT", "in an hour"),
        ("Thu, 99 Foo 2099", "in an hour"),
        ("-5", "in an hour"),
    ],
)
def test_a_wait_is_shown_in_sensible_units(wait, shown):
    response = client.Response(429, {"Retry-After": wait}, b"")
    assert client.describe_wait(client.retry_after(response)) == shown


def test_removed_photos_are_not_downloaded_again(service, sleep, tmp_path):
    known = rows_of(run(tmp_path, sleep, wanted=5))
    digest = known["pexels-3.jpg"].sha256
    removed = RemovalList([Entry(Identity("pexels-1.jpg", digest))])
    service.downloads.clear()
    for path in tmp_path.glob("*.jpg"):
        path.unlink()
    result = run(tmp_path, sleep, wanted=5, removal_list=removed)
    assert {(row.photo, row.reason) for row in result.skipped} == {
        ("pexels-1.jpg", Rejection.REMOVED),
        ("pexels-3.jpg", Rejection.REMOVED),
    }
    assert 1 not in [number for number, _ in service.downloads]
    # A removed photo isn't replaced.
    assert len(list(tmp_path.glob("*.jpg"))) == len(result.rows) == 3


def test_a_redirect_to_another_host_is_not_followed(service, sleep, tmp_path):
    away = {"Location": "http://localhost:9/x.jpg"}
    service.images = {1: (302, away, b"")}
    result = run(tmp_path, sleep, wanted=3)
    (skipped,) = result.skipped
    assert skipped.reason is Rejection.DOWNLOAD_FAILED
    assert skipped.detail == "it redirects to another host (localhost)"
    service.answers = [(302, {"Location": "http://localhost:9/v1/search"})]
    with pytest.raises(search.ServiceFailed, match="another host"):
        run(tmp_path, sleep, query="other")


def test_a_redirect_on_the_same_host_is_followed(service, sleep, tmp_path):
    service.images = {
        1: (302, {"Location": "/v1/image/7"}, b""),
        2: (302, {"Location": "/v1/image/2"}, b""),
    }
    result = run(tmp_path, sleep, wanted=3)
    assert (tmp_path / "pexels-1.jpg").read_bytes() == jpeg(7)
    assert result.skipped[0].detail == "it redirects too many times"


def test_a_decompression_bomb_is_not_decoded(service, sleep, tmp_path):
    """A PNG whose header claims 20,000 x 20,000 is rejected before it is decoded."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header
    bomb += struct.pack(">I", zlib.crc32(header)) + b"\0\0\0\0IDAT\x35\xaf\x06\x1e"
    service.images = {0: (200, {}, bomb)}
    result = run(tmp_path, sleep, wanted=2, max_pixels=10**8)
    assert result.skipped[0].reason is Rejection.TOO_LARGE
    assert "20000x20000" in result.skipped[0].detail
    assert [number for number, _ in service.downloads].count(0) == 1


def test_a_response_that_is_too_long_is_cut_off(service, sleep, tmp_path, monkeypatch):
    monkeypatch.setattr(client, "MAX_RESPONSE_BYTES", 4000)
    service.total = 3
    service.images = {0: (200, {}, noisy_jpeg())}
    result = run(tmp_path, sleep, wanted=2)
    assert result.skipped[0].detail == "the response is longer than 4,000 bytes"


def test_temporary_faults_lose_no_photo(service, sleep, tmp_path, caplog):
    """Each fault comes once, then the photo: all arrive, and none is damaged."""
    service.total = 300
    faults = [
        (429, {}, b""),
        (429, {"Retry-After": "1"}, b""),
        (500, {}, b"oops"),
        (200, {"Content-Length": 10**5}, jpeg(0)),
        (200, {"Content-Length": 100}, jpeg(0)),
        (200, {"Content-Type": "text/html"}, b"<html>wait</html>"),
    ]
    service.first_images = {n: faults[n % 6] for n in range(0, 300, 3)}
    result = run(tmp_path, sleep, wanted=300)
    assert len(result.rows) == 300
    assert result.skipped == []
    for number in range(300):
        assert (tmp_path / f"pexels-{number}.jpg").read_bytes() == jpeg(number)
    assert sum("trying again" in line for line in caplog.messages) == 100
    assert KEY not in caplog.text


def test_the_ledger_lists_the_photos(service, tmp_path, monkeypatch):
    monkeypatch.setenv("PEXELS_API_KEY", KEY)
    collect_photos(tmp_path, "pexels", options(wanted=3))
    assert [row.photo for row in read_ledger(tmp_path / "photos.csv")] == [
        f"pexels-{number}.jpg" for number in range(3)
    ]
