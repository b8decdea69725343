"""Tests for the Openverse source, against a local server."""

import pytest
from photo_services import UUID, jpeg

from pigeonhole.photos.cache import PhotoCache
from pigeonhole.photos.collect import collect_photos
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
    cache = PhotoCache(folder / "cache")
    request = CollectRequest(folder, options, known or {}, cache=cache)
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
        ((429, b""), ServiceFailed, "limit is reached"),
        ((500, b""), ServiceFailed, "HTTP 500"),
        ((401, b""), ServiceFailed, "HTTP 401"),
        ((200, b"<html>"), ServiceFailed, "isn't a list of photos"),
        ((200, b"[]"), ServiceFailed, "isn't a list of photos"),
        (
            (200, b'{"results": [{}], "page_count": 1}'),
            ServiceFailed,
            "no valid id",
        ),
        (
            (200, b'{"results": [{"id": "../up"}], "page_count": 1}'),
            ServiceFailed,
            "no valid id",
        ),
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


def test_photos_of_another_source_are_deleted(service, tmp_path):
    (tmp_path / "pexels-1.jpg").write_bytes(jpeg(1))
    settings = Settings(photos={"source": "openverse", "count": 2})
    collect_photos(tmp_path, "openverse", source_options(settings, "openverse"))
    assert {path.name[:10] for path in tmp_path.glob("*.jpg")} == {"openverse-"}
