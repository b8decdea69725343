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

from pigeonhole.imaging.codecs import encode_jpeg
from pigeonhole.photos import collect
from pigeonhole.photos.collect import collect_photos
from pigeonhole.photos.ledger import read_ledger
from pigeonhole.photos.removal_list import Forgotten
from pigeonhole.photos.sources import client, pexels, searches

KEY = "s3cr3t-KEY-0123456789"
NOTHING = Forgotten()


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
        self.once = {}
        self.slow = 0
        self.drip = 0

    def photo(self, number):
        return {
            "id": number,
            "url": f"https://www.pexels.com/photo/{number}/",
            "photographer": f"Person {number}",
            "photographer_url": f"https://www.pexels.com/@p{number}",
            "src": {
                "large": f"{self.address}image/{number}?auto=compress&h=650",
                "medium": f"{self.address}image/{number}?auto=compress&h=350",
                "original": f"{self.address}image/{number}",
            },
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
            good = service.images.get(number, (200, {}, jpeg(number)))
            status, headers, body = service.once.pop(number, good)
            time.sleep(service.slow)
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
        try:
            if service.drip:
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(service.drip)
            else:
                self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            pass

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


def options(wanted=5, query="person", max_pixels=10**6, size="large", **filters):
    return {
        "query": query,
        "wanted": wanted,
        "size": size,
        "filters": {"locale": "en-US", **filters},
        "max_pixels": max_pixels,
    }


def run(folder, naps, *, known=None, key=KEY, forgotten=NOTHING, **changes):
    return pexels.collect_pexels(
        folder, options(**changes), known or {}, forgotten, key, sleep=naps
    )


def files(folder):
    return [path for path in folder.iterdir() if path.is_file()]


def waits(naps):
    """Waiting times without their jitter of a quarter each way."""
    return [min((1, 2, 4, 8), key=lambda wait: abs(wait - nap)) for nap in naps.taken]


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
    assert len(files(tmp_path)) == 3


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
    (nap,) = naps.taken
    assert 7 <= nap <= 8


def test_failures_of_the_service_are_waited_for_longer_each_time(
    service, naps, tmp_path
):
    service.answers = [(500, {}), (503, {}), (502, {})]
    assert len(run(tmp_path, naps).rows) == 5
    assert waits(naps) == [1, 2, 4]
    assert all(
        0.7 < nap / wait < 1.3 for nap, wait in zip(naps.taken, [1, 2, 4], strict=True)
    )


def test_retry_after_may_be_a_date():
    date = formatdate(time.time() + 60, usegmt=True)
    answer = client.Answer(429, {"Retry-After": date}, b"")
    assert 50 < client.retry_after(answer) <= 60
    answer = client.Answer(429, {"Retry-After": "soon"}, b"")
    assert client.retry_after(answer) is None


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
    assert not files(tmp_path)


def test_no_server_at_all(naps, tmp_path, monkeypatch):
    monkeypatch.setenv("PEXELS_API_URL", "http://127.0.0.1:9/v1/")
    with pytest.raises(pexels.ServiceFailed, match="there is no connection"):
        run(tmp_path, naps)
    assert waits(naps) == [1, 2, 4, 8]


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
    assert {path.name for path in files(tmp_path)} == set(rows_of(found))
    assert len(found.rows) == 6


def test_a_download_that_breaks_off_leaves_nothing(service, naps, tmp_path):
    service.images = {1: (200, {"Content-Length": 10**6}, jpeg(1))}
    found = run(tmp_path, naps, wanted=3)
    assert [row.photo for row in found.skipped] == ["pexels-1.jpg"]
    assert not (tmp_path / "pexels-1.jpg").exists()
    assert len(files(tmp_path)) == 3
    assert waits(naps) == [1, 2, 4, 8]


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
    collect_photos(tmp_path, "pexels", options(wanted=3))
    told = caplog.text + "".join(capfd.readouterr())
    told += "".join(path.read_text() for path in tmp_path.rglob("*.[cj]s*"))
    assert "trying again" in told
    assert (tmp_path / "known.csv").exists()
    assert KEY not in told


def _without_waiting(*arguments, **named):
    return pexels.collect_pexels(*arguments, **named, sleep=Naps())


PROGRAM = """
import json, sys
from pathlib import Path
from pigeonhole.photos.collect import collect_photos
collect_photos(Path(sys.argv[1]), "pexels", json.loads(sys.argv[2]))
"""


def start(folder, **changes):
    environment = {
        **os.environ,
        "PEXELS_API_KEY": KEY,
        "PYTHONPATH": str(Path(pexels.__file__).parents[2]),
    }
    command = [sys.executable, "-c", PROGRAM, folder, json.dumps(options(**changes))]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)


def test_killed_runs_leave_no_half_photo_and_fetch_nothing_twice(service, tmp_path):
    """Killed at random moments and started again: as if nothing had happened."""
    count = 120
    large = noisy_jpeg()
    service.images = {number: (200, {}, large) for number in range(200)}
    service.slow = 0.02
    random = np.random.default_rng(7)
    kills = 0
    for _ in range(4):
        # So many more photos have arrived when it is killed.
        enough = len(list(tmp_path.glob("pexels-*.jpg"))) + random.integers(1, 25)
        with start(tmp_path, wanted=count) as child:
            while len(list(tmp_path.glob("pexels-*.jpg"))) < enough:
                if child.poll() is not None:
                    break
                time.sleep(0.005)
            kills += child.poll() is None
            child.kill()
            child.communicate()
        assert all(path.read_bytes() == large for path in tmp_path.glob("pexels-*.jpg"))
    assert kills == 4
    stored = len(list(tmp_path.glob("pexels-*.jpg")))
    assert 0 < stored < count
    assert not (tmp_path / "photos.csv").exists()
    service.slow = 0
    # What was in the air when it was killed comes again; what lies there doesn't.
    service.downloads.clear()
    with start(tmp_path, wanted=count) as child:
        child.communicate()
    assert child.returncode == 0
    assert len(service.downloads) == count - stored
    again = tmp_path / "again"
    with start(again, wanted=count) as child:
        child.communicate()
    for path in again.iterdir():
        if path.is_file():
            assert path.read_bytes() == (tmp_path / path.name).read_bytes()
    # No draft of a killed process is left.
    names = {path.name for path in tmp_path.iterdir()} - {"again"}
    assert names == {path.name for path in again.iterdir()}


def test_the_search_is_cut_to_what_config_says(service, naps, tmp_path):
    run(tmp_path, naps, orientation="portrait", color="#ff8800", size="medium")
    query = parse_qs(urlsplit(service.asked[0][0]).query)
    assert query["orientation"] == ["portrait"]
    assert query["color"] == ["#ff8800"]
    assert query["locale"] == ["en-US"]
    assert query["query"] == ["person"]


@pytest.mark.parametrize("size", ["medium", "large", "original"])
def test_the_size_is_the_one_asked_for(service, naps, tmp_path, size):
    row = run(tmp_path, naps, wanted=1, size=size).rows[0]
    assert row.image_url == service.photo(0)["src"][size]


def test_another_size_is_downloaded_anew(service, naps, tmp_path):
    known = rows_of(run(tmp_path, naps, wanted=2))
    service.downloads.clear()
    run(tmp_path, naps, wanted=2, size="medium", known=known)
    assert len(service.downloads) == 2


def test_a_search_is_asked_once_a_day(service, naps, tmp_path, monkeypatch):
    run(tmp_path, naps, wanted=100)
    assert len(service.asked) == 2
    run(tmp_path, naps, wanted=150)
    assert len(service.asked) == 2
    monkeypatch.setattr(searches, "DAY", 0)
    run(tmp_path, naps, wanted=150)
    assert len(service.asked) == 4


def test_a_damaged_answer_on_disk_is_asked_for_again(service, naps, tmp_path):
    run(tmp_path, naps)
    (kept,) = (tmp_path / "searches").iterdir()
    for damage in ("", "[]", '{"url": 1}', kept.read_text()[:-20]):
        service.asked.clear()
        kept.write_text(damage)
        assert len(run(tmp_path, naps).rows) == 5
        assert len(service.asked) == 1


def test_the_allowance_of_the_month_is_told(service, naps, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    told = {"Limit": 20000, "Remaining": 19684, "Reset": 1590529646}
    headers = {f"X-Ratelimit-{name}": value for name, value in told.items()}
    service.answers = [(200, headers)]
    run(tmp_path, naps)
    assert "19684 of 20000 requests are left until 2020-05-26" in caplog.text


def test_a_larger_count_adds(service, naps, tmp_path):
    known = rows_of(run(tmp_path, naps, wanted=4))
    service.downloads.clear()
    more = rows_of(run(tmp_path, naps, wanted=9, known=known))
    assert sorted(number for number, _ in service.downloads) == [4, 5, 6, 7, 8]
    assert {photo: more[photo] for photo in known} == known


def test_the_next_photo_comes_for_one_that_vanished(service, naps, tmp_path):
    service.images = {n: (404, {}, b"") for n in (0, 3, 80)}
    found = run(tmp_path, naps, wanted=100)
    assert len(found.rows) == 100
    assert {row.reason for row in found.skipped} == {"HTTP 404"}


def test_when_all_fail_not_everything_is_tried(service, naps, tmp_path):
    service.images = {n: (404, {}, b"") for n in range(200)}
    assert run(tmp_path, naps, wanted=5).rows == []
    assert len(service.downloads) == 5


def test_who_was_forgotten_is_not_brought_back(service, naps, tmp_path):
    known = rows_of(run(tmp_path, naps, wanted=5))
    digest = known["pexels-3.jpg"].sha256
    forgotten = Forgotten(frozenset({"pexels-1.jpg"}), frozenset({digest}))
    service.downloads.clear()
    for path in tmp_path.glob("*.jpg"):
        path.unlink()
    found = run(tmp_path, naps, wanted=5, forgotten=forgotten)
    assert {row.photo for row in found.skipped} == {"pexels-1.jpg", "pexels-3.jpg"}
    assert 1 not in [number for number, _ in service.downloads]
    assert len(list(tmp_path.glob("*.jpg"))) == len(found.rows) == 3


def test_a_redirect_to_another_host_is_not_followed(service, naps, tmp_path):
    away = {"Location": "http://localhost:9/x.jpg"}
    service.images = {1: (302, away, b"")}
    found = run(tmp_path, naps, wanted=3)
    (skipped,) = found.skipped
    assert skipped.reason == "it sends us to another host (localhost)"
    service.answers = [(302, {"Location": "http://localhost:9/v1/search"})]
    with pytest.raises(pexels.ServiceFailed, match="another host"):
        run(tmp_path, naps, query="other")


def test_a_redirect_on_the_same_host_is_followed(service, naps, tmp_path):
    service.images = {
        1: (302, {"Location": "/v1/image/7"}, b""),
        2: (302, {"Location": "/v1/image/2"}, b""),
    }
    found = run(tmp_path, naps, wanted=3)
    assert (tmp_path / "pexels-1.jpg").read_bytes() == jpeg(7)
    assert found.skipped[0].reason == "it sends us from address to address"


def test_a_server_that_drips_does_not_hold_us(service, tmp_path, monkeypatch):
    service.drip = 0.05
    ask = client.Client(Naps(), whole=0.3)
    started = time.monotonic()
    with pytest.raises(client.requests.Timeout):
        ask.get(f"{service.address}image/1")
    assert time.monotonic() - started < 10


def test_a_bomb_is_not_opened(service, naps, tmp_path):
    """A PNG that says 20,000 x 20,000: refused before it's decoded."""
    import struct
    import zlib

    head = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    bomb += struct.pack(">I", zlib.crc32(chunk)) + b"\0\0\0\0IDAT\x35\xaf\x06\x1e"
    service.images = {0: (200, {}, bomb)}
    found = run(tmp_path, naps, wanted=2, max_pixels=10**8)
    assert "20000x20000 is more than" in found.skipped[0].reason
    assert [number for number, _ in service.downloads].count(0) == 1


def test_an_endless_answer_is_cut(service, naps, tmp_path, monkeypatch):
    monkeypatch.setattr(client, "MOST_BYTES", 4000)
    service.total = 3
    service.images = {0: (200, {}, noisy_jpeg())}
    found = run(tmp_path, naps, wanted=2)
    assert found.skipped[0].reason == "the answer is longer than 4000 bytes"


def test_faults_mixed_in_cost_no_good_photo(service, naps, tmp_path, caplog):
    """Each fault comes once, then the good photo: all arrive, none is damaged."""
    service.total = 300
    faults = [
        (429, {}, b""),
        (429, {"Retry-After": "1"}, b""),
        (500, {}, b"oops"),
        (200, {"Content-Length": 10**5}, jpeg(0)),
        (200, {"Content-Length": 100}, jpeg(0)),
        (200, {"Content-Type": "text/html"}, b"<html>wait</html>"),
    ]
    service.once = {n: faults[n % 6] for n in range(0, 300, 3)}
    found = run(tmp_path, naps, wanted=300)
    assert len(found.rows) == 300
    assert found.skipped == []
    for number in range(300):
        assert (tmp_path / f"pexels-{number}.jpg").read_bytes() == jpeg(number)
    again = "trying again", "fetching it again"
    assert sum(any(w in line for w in again) for line in caplog.messages) == 100
    assert KEY not in caplog.text


def test_the_ledger_of_a_run_is_read_back(service, tmp_path, monkeypatch):
    monkeypatch.setenv("PEXELS_API_KEY", KEY)
    collect_photos(tmp_path, "pexels", options(wanted=3))
    assert [row.photo for row in read_ledger(tmp_path / "photos.csv")] == [
        f"pexels-{number}.jpg" for number in range(3)
    ]
