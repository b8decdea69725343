"""Pexels, played by a real HTTP server on this machine."""

import json
import logging
import os
import re
import subprocess
import sys
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import requests

from pigeonhole.images import encode_jpeg
from pigeonhole.photos import collect, pexels
from pigeonhole.photos.collect import collect_photos

KEY = "s3cr3t-KEY-0123456789"


def jpeg(number):
    picture = np.full((24, 32, 3), number % 256, np.uint8)
    return encode_jpeg(picture)


def noisy_jpeg():
    noise = np.random.default_rng(1).integers(0, 256, (60, 80, 3), np.uint8)
    return encode_jpeg(noise)


class Service:
    """What the server holds, and what it was asked."""

    def __init__(self):
        self.total = 200
        self.asked = []
        self.downloads = []
        self.answers = []
        self.images = {}
        self.next_host = None

    def photo(self, number):
        return {
            "id": number,
            "url": f"https://www.pexels.com/photo/{number}/",
            "photographer": f"Person {number}",
            "photographer_url": f"https://www.pexels.com/@p{number}",
            "src": {"large": f"{self.address}image/{number}?auto=compress&h=650"},
        }

    def page(self, query):
        size, page = int(query["per_page"][0]), int(query["page"][0])
        first, last = (page - 1) * size, min(page * size, self.total)
        told = {
            "page": page,
            "per_page": size,
            "total_results": self.total,
            "photos": [self.photo(n) for n in range(first, last)],
        }
        if last < self.total:
            host = self.next_host or self.address
            told["next_page"] = f"{host}search?page={page + 1}&per_page={size}&query=x"
        return told


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        service = self.server.service
        url = urlsplit(self.path)
        if url.path.startswith("/v1/image/"):
            number = int(url.path.rsplit("/", 1)[1])
            service.downloads.append((number, dict(self.headers)))
            status, headers, body = service.images.get(number, (200, {}, jpeg(number)))
        else:
            service.asked.append((self.path, dict(self.headers)))
            body = json.dumps(service.page(parse_qs(url.query))).encode()
            status, headers = 200, {}
            if service.answers:
                status, headers, *other = service.answers.pop(0)
                body = other[0] if other else b"{}" if status != 200 else body
        self.send_response(status)
        headers = {"Content-Length": len(body), **headers}
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def service(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.service = Service()
    server.service.address = f"http://127.0.0.1:{server.server_port}/v1/"
    monkeypatch.setenv("PEXELS_API_URL", server.service.address)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}
    )
    thread.start()
    yield server.service
    server.shutdown()
    server.server_close()
    thread.join()


class Naps:
    """A sleep that takes no time."""

    def __init__(self):
        self.taken = []

    def __call__(self, seconds):
        self.taken.append(seconds)


@pytest.fixture
def naps():
    return Naps()


def run(folder, naps, wanted=5, query="person", known=None, key=KEY, max_pixels=10**6):
    return pexels.collect_pexels(
        folder, query, wanted, max_pixels, known or {}, key, sleep=naps
    )


def rows_of(found):
    return {row.photo: row for row in found.rows}


def test_photos_come_with_their_credit(service, naps, tmp_path):
    found = run(tmp_path, naps, wanted=3)
    row = rows_of(found)["pexels-2.jpg"]
    assert (tmp_path / "pexels-2.jpg").read_bytes() == jpeg(2)
    assert row.photographer == "Person 2"
    assert row.photographer_url == "https://www.pexels.com/@p2"
    assert row.page_url == "https://www.pexels.com/photo/2/"
    assert row.image_url.endswith("/v1/image/2?auto=compress&h=650")
    assert (row.source, row.licence) == ("pexels", "Pexels licence")
    assert (row.width, row.height) == (32, 24)
    assert len(list(tmp_path.iterdir())) == 3


def test_eighty_a_page_and_no_page_too_many(service, naps, tmp_path):
    assert len(run(tmp_path, naps, wanted=150).rows) == 150
    asked = [parse_qs(urlsplit(path).query) for path, _ in service.asked]
    assert [query["page"] for query in asked] == [["1"], ["2"]]
    assert {query["per_page"][0] for query in asked} == {"80"}


def test_all_there_is_if_that_is_less_than_wanted(service, naps, tmp_path):
    service.total = 90
    assert len(run(tmp_path, naps, wanted=500).rows) == 90


def test_the_query_is_encoded(service, naps, tmp_path):
    run(tmp_path, naps, query="black & white #1 ü")
    query = parse_qs(urlsplit(service.asked[0][0]).query)
    assert query["query"] == ["black & white #1 ü"]
    assert query["per_page"] == ["80"]


def test_we_say_who_we_are_and_keep_the_key_from_the_image_host(
    service, naps, tmp_path
):
    run(tmp_path, naps)
    assert all(headers["Authorization"] == KEY for _, headers in service.asked)
    for _, headers in service.asked + service.downloads:
        assert headers["User-Agent"].startswith("pigeonhole/")
    for _, headers in service.downloads:
        assert "Authorization" not in headers


def test_a_limit_that_passes_is_waited_for(service, naps, tmp_path):
    service.answers = [(429, {"Retry-After": "7"})]
    assert len(run(tmp_path, naps).rows) == 5
    assert naps.taken == [7.0]


def test_failures_of_the_service_are_waited_for_longer_each_time(
    service, naps, tmp_path
):
    service.answers = [(500, {}), (503, {}), (502, {})]
    assert len(run(tmp_path, naps).rows) == 5
    assert naps.taken == [1.0, 2.0, 4.0]


def test_retry_after_may_be_a_date():
    answer = requests.Response()
    answer.headers["Retry-After"] = formatdate(time.time() + 60, usegmt=True)
    assert 50 < pexels.retry_after(answer) <= 60
    answer.headers["Retry-After"] = "soon"
    assert pexels.retry_after(answer) is None


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((401, {}), pexels.RefusedKey, "PEXELS_API_KEY (HTTP 401)"),
        ((403, {}), pexels.RefusedKey, "photos.source: demo"),
        ((429, {"Retry-After": "3600"}), pexels.LimitReached, "3600 seconds"),
        ((429, {}), pexels.LimitReached, "200 requests an hour"),
        ((500, {}), pexels.ServiceFailed, "HTTP 500"),
        ((404, {}), pexels.ServiceFailed, "HTTP 404"),
        ((200, {}, b"<html>"), pexels.ServiceFailed, "isn't a list of photos"),
        ((200, {}, b"[]"), pexels.ServiceFailed, "isn't a list of photos"),
        ((200, {}, b'{"photos": [{}]}'), pexels.ServiceFailed, "no number"),
        ((200, {}, b'{"photos": []}'), pexels.NothingFound, "'person'"),
    ],
)
def test_each_failure_has_its_sentence(
    service, naps, tmp_path, capfd, caplog, answer, error, words
):
    service.answers = [answer] * 5
    with pytest.raises(error, match=re.escape(words)) as caught:
        run(tmp_path, naps)
    told = "".join([str(caught.value), repr(caught.value), *capfd.readouterr()])
    assert KEY not in told + caplog.text
    assert not list(tmp_path.iterdir())


def test_no_server_at_all(naps, tmp_path, monkeypatch):
    monkeypatch.setenv("PEXELS_API_URL", "http://127.0.0.1:9/v1/")
    with pytest.raises(pexels.ServiceFailed, match="there is no connection"):
        run(tmp_path, naps)
    assert naps.taken == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize("key", ["", "  \n"])
def test_a_missing_key(naps, tmp_path, key):
    with pytest.raises(pexels.MissingKey, match=r"https://www.pexels.com/api/new/"):
        run(tmp_path, naps, key=key)


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_a_key_that_cannot_be_one(naps, tmp_path, key):
    with pytest.raises(pexels.RefusedKey) as caught:
        run(tmp_path, naps, key=key)
    assert key not in str(caught.value)


def test_the_key_goes_to_no_other_host(service, naps, tmp_path):
    service.next_host = "http://localhost:9/v1/"
    with pytest.raises(pexels.ServiceFailed, match="another host"):
        run(tmp_path, naps, wanted=100)
    assert len(service.asked) == 1


def test_a_bad_photo_is_recorded_and_the_rest_goes_on(service, naps, tmp_path):
    service.images = {
        0: (200, {}, b"<html>sorry</html>"),
        1: (404, {}, b""),
        2: (200, {}, noisy_jpeg()[:-2000]),
        3: (200, {}, b""),
    }
    found = run(tmp_path, naps, wanted=6)
    assert {row.photo: row.reason.split(" (")[0] for row in found.skipped} == {
        "pexels-0.jpg": "it isn't a picture",
        "pexels-1.jpg": "HTTP 404",
        "pexels-2.jpg": "the picture is broken",
        "pexels-3.jpg": "the file is empty",
    }
    assert {path.name for path in tmp_path.iterdir()} == set(rows_of(found))
    assert len(found.rows) == 2


def test_a_download_that_breaks_off_leaves_nothing(service, naps, tmp_path):
    service.images = {1: (200, {"Content-Length": 10**6}, jpeg(1))}
    found = run(tmp_path, naps, wanted=3)
    assert [row.photo for row in found.skipped] == ["pexels-1.jpg"]
    assert not (tmp_path / "pexels-1.jpg").exists()
    assert len(list(tmp_path.iterdir())) == 2
    assert naps.taken == [1.0, 2.0, 4.0, 8.0]


def test_a_photo_that_is_too_large_is_skipped(service, naps, tmp_path):
    service.images = {1: (200, {}, encode_jpeg(np.zeros((50, 50, 3), np.uint8)))}
    found = run(tmp_path, naps, wanted=3, max_pixels=1000)
    assert [row.photo for row in found.skipped] == ["pexels-1.jpg"]
    assert "photos.max_pixels" in found.skipped[0].reason


def test_a_second_run_downloads_only_what_is_missing_or_changed(
    service, naps, tmp_path
):
    known = rows_of(run(tmp_path, naps, wanted=6))
    service.downloads.clear()
    assert rows_of(run(tmp_path, naps, wanted=6, known=known)) == known
    assert service.downloads == []
    (tmp_path / "pexels-1.jpg").unlink()
    (tmp_path / "pexels-4.jpg").write_bytes(jpeg(77))
    assert rows_of(run(tmp_path, naps, wanted=6, known=known)) == known
    assert sorted(number for number, _ in service.downloads) == [1, 4]


def test_photos_of_a_stopped_run_are_used(service, naps, tmp_path):
    run(tmp_path, naps, wanted=3)
    service.downloads.clear()
    run(tmp_path, naps, wanted=5)
    assert sorted(number for number, _ in service.downloads) == [3, 4]


def test_a_broken_leftover_is_downloaded_again(service, naps, tmp_path):
    (tmp_path / "pexels-0.jpg").write_bytes(b"damaged")
    assert len(run(tmp_path, naps, wanted=1).rows) == 1
    assert (tmp_path / "pexels-0.jpg").read_bytes() == jpeg(0)


def test_the_key_is_nowhere(service, tmp_path, monkeypatch, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("PEXELS_API_KEY", KEY)
    service.answers = [(500, {})]
    service.images = {0: (404, {}, b"")}
    monkeypatch.setattr(collect, "collect_pexels", _without_waiting)
    options = {"query": "person", "wanted": 3, "max_pixels": 10**6}
    ledger = tmp_path / "photos.csv"
    collect_photos(ledger, tmp_path / "skipped.csv", "pexels", options)
    told = caplog.text + "".join(capfd.readouterr())
    told += "".join(path.read_text() for path in tmp_path.glob("*.csv"))
    assert "trying again" in told
    assert (tmp_path / "known.csv").exists()
    assert KEY not in told


def _without_waiting(*arguments, **named):
    return pexels.collect_pexels(*arguments, **named, sleep=Naps())


def test_a_killed_run_leaves_no_half_photo(service, tmp_path):
    """A process killed among its downloads leaves whole photos; the next goes on."""
    large = noisy_jpeg()
    service.images = {number: (200, {}, large) for number in range(200)}
    environment = {
        **os.environ,
        "PEXELS_API_KEY": KEY,
        "PYTHONPATH": str(Path(pexels.__file__).parents[2]),
    }
    program = (
        "import sys; from pathlib import Path\n"
        "from pigeonhole.photos.collect import collect_photos\n"
        "folder = Path(sys.argv[1])\n"
        "collect_photos(folder / 'photos.csv', folder / 'skipped.csv', 'pexels',"
        " {'query': 'x', 'wanted': 200, 'max_pixels': 10**7})\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as child:
        for _ in range(2000):
            if len(service.downloads) > 6:
                break
            time.sleep(0.005)
        child.kill()
        child.communicate()
    whole = list(tmp_path.glob("pexels-*.jpg"))
    assert 0 < len(whole) < 200
    assert all(path.read_bytes() == large for path in whole)
    assert not (tmp_path / "photos.csv").exists()
