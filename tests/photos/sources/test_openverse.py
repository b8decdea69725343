"""Tests for the Openverse source, against a local server."""

import json

import pytest
from photo_services import UUID, jpeg

from pigeonhole.photos.downloads import DownloadCache
from pigeonhole.photos.ledger import Rejection
from pigeonhole.photos.options import source_options
from pigeonhole.photos.sources import openverse
from pigeonhole.photos.sources.protocol import CollectRequest
from pigeonhole.photos.sources.search import ServiceFailed
from pigeonhole.settings import Settings


@pytest.fixture
def service(openverse_server):
    return openverse_server


def run(folder, known=None, **photos):
    settings = Settings(photos={"source": "openverse", "count": 5, **photos})
    options = source_options(settings, "openverse")
    downloads = DownloadCache(folder / "downloads")
    request = CollectRequest(folder, options, known or {}, downloads=downloads)
    return openverse.collect(request, sleep=lambda seconds: None)


def test_photos_are_credited_with_license_version_and_url(service, tmp_path):
    result = run(tmp_path)
    rows = {row.photo: row for row in result.rows}
    name = f"openverse-{UUID.format(1)}.jpg"
    row = rows[name]
    assert (tmp_path / name).read_bytes() == jpeg(1)
    assert (row.source, row.photographer) == ("openverse", "Author 1")
    assert row.photographer_url == "https://www.flickr.com/photos/p1"
    assert row.page_url == "https://www.flickr.com/photos/p/1"
    assert row.license == "CC BY 2.0 (https://creativecommons.org/licenses/by/2.0/)"
    assert rows[f"openverse-{UUID.format(0)}.jpg"].license.startswith("CC0 1.0 (https")
    assert row.image_url.endswith("/thumb/")


def test_searches_use_the_settings_and_send_no_key(service, tmp_path):
    run(tmp_path, count=30, query="a & b", orientation="portrait", min_size="large")
    searches = [query for path, query, _ in service.requests if path == "/v1/images/"]
    assert [query["page"] for query in searches] == ["1", "2"]
    assert searches[0] == {
        "q": "a & b",
        "license": "cc0,by",
        "category": "photograph",
        "aspect_ratio": "tall",
        "size": "large",
        "page_size": "20",
        "page": "1",
    }
    for _, _, headers in service.requests:
        assert headers["User-Agent"].startswith("pigeonhole/")
        assert "Authorization" not in headers


def test_a_search_ends_at_its_last_page(service, tmp_path):
    assert len(run(tmp_path, count=100).rows) == 50


def test_originals_are_downloaded_only_on_request(service, tmp_path):
    assert run(tmp_path, size="original").rows[0].image_url.endswith("/original.jpg")


def test_a_second_run_sends_no_request(service, tmp_path):
    known = {row.photo: row for row in run(tmp_path).rows}
    service.requests.clear()
    assert {row.photo: row for row in run(tmp_path, known).rows} == known
    assert service.requests == []


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((429, b""), ServiceFailed, "limit is reached .*lifted in an hour"),
        ((403, b"<html>"), ServiceFailed, "HTTP 403 with a web page"),
        ((500, b""), ServiceFailed, "HTTP 500"),
        ((401, b""), ServiceFailed, "HTTP 401"),
        ((200, b"<html>"), ServiceFailed, "isn't a list of photos"),
        ((200, b"[]"), ServiceFailed, "isn't a list of photos"),
        (
            (200, b'{"results": [], "page_count": 0}'),
            openverse.NoOpenPhotos,
            "licenses cc0,by",
        ),
    ],
)
def test_each_failure_has_its_own_message(service, tmp_path, answer, error, words):
    service.answers = [answer] * 5
    with pytest.raises(error, match=words) as caught:
        run(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("entry", [None, 5, {}, {"id": "../up"}, {"id": 7}])
def test_an_invalid_entry_is_skipped_and_the_others_are_used(service, tmp_path, entry):
    page = {"results": [service.photo(0), entry, service.photo(2)], "page_count": 1}
    service.answers = [(200, json.dumps(page | {"result_count": None}).encode())]
    result = run(tmp_path)
    assert len(result.rows) == 2
    (skipped,) = result.skipped
    assert skipped.photo == "openverse-page-1-entry-2"


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_photos_listed_before_a_failure_are_used(service, tmp_path, caplog, status):
    page = json.dumps(service.page(1)).encode()
    service.answers = [(200, page), *[(status, b"{}")] * 5]
    assert len(run(tmp_path, count=50).rows) == 20
    assert "Only 20 of 50 photos are used" in caplog.text
    service.answers.clear()
    assert len(run(tmp_path, count=50).rows) == 50


CC = "https://creativecommons.org"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"license": "by-nc-nd"}, "license is CC BY-NC-ND 2.0, but photos.licenses"),
        ({"license": "by-sa"}, "are cc0, by"),
        ({"license": None}, "license is missing"),
        ({"license": ["by"]}, "license is missing"),
        ({"license_url": f"{CC}/licenses/by-nc/2.0/"}, "CC BY 2.0 and CC BY-NC 2.0"),
        ({"license_url": f"{CC}/licenses/by/4.0/"}, "CC BY 2.0 and CC BY 4.0"),
        ({"license_version": None, "license_url": None}, "version of its license"),
        ({"license_version": True, "license_url": None}, "version of its license"),
        ({"license_version": "two", "license_url": "x"}, "version of its license"),
        ({"category": "illustration"}, "its category is illustration"),
        ({"mature": True}, "marked as mature"),
        ({"width": 900, "height": 600}, "photos.orientation is portrait"),
        ({"width": 30, "height": 40}, "asks for 307,200 pixels"),
        ({"license": "BY "}, None),
        ({"license": "cc0", "license_version": "1.0", "license_url": None}, None),
        ({"license_version": None}, None),
        ({"category": None, "mature": False}, None),
        ({"width": 600, "height": 900}, None),
    ],
)
def test_photos_that_contradict_the_search_are_not_used(
    service, tmp_path, changes, words
):
    photos = [service.photo(1) | changes, service.photo(3)]
    page = {"results": photos, "page_count": 1}
    service.answers = [(200, json.dumps(page).encode())]
    result = run(tmp_path, orientation="portrait", min_size="medium")
    if words is None:
        assert len(result.rows) == 2
    else:
        (skipped,) = result.skipped
        assert skipped.reason is Rejection.NOT_REQUESTED
        assert words in skipped.detail
        assert [row.photo[-6:] for row in result.rows] == ["03.jpg"]


def test_at_least_a_size_includes_larger_sizes(service, tmp_path):
    run(tmp_path, min_size="medium")
    assert service.requests[0][1]["size"] == "medium,large"
