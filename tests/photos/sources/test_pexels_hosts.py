"""Tests for Pexels with its real host names, behind a local proxy.

The proxy responds for api.pexels.com and images.pexels.com over TLS, with a certificate
created for the test. Neither the package pexels-api nor our URLs are changed.
"""

import json
import os
import socketserver
import ssl
import subprocess
import sys
import threading
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import trustme

from pigeonhole.imaging.codecs import encode_jpeg
from pigeonhole.photos.ledger import read_ledger

KEY = "s3cr3t-KEY-0123456789"
HOSTS = ("api.pexels.com", "images.pexels.com")


def photo(number):
    return {
        "id": number,
        "url": f"https://www.pexels.com/photo/someone-{number}/",
        "width": 32,
        "height": 24,
        "photographer": f"Author {number}",
        "photographer_url": f"https://www.pexels.com/@p{number}",
        "src": dict.fromkeys(
            (
                *("original", "large", "large2x", "medium", "small"),
                *("portrait", "landscape", "tiny"),
            ),
            f"https://images.pexels.com/photos/{number}/pexels-photo-{number}.jpeg",
        ),
    }


class Proxy(socketserver.StreamRequestHandler):
    def handle(self):
        method, target, _ = self.rfile.readline().decode().split()
        while self.rfile.readline().strip():
            pass
        host = target.split(":")[0]
        if method != "CONNECT" or host not in HOSTS:
            self.server.other_requests.append((method, target))
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        secure = self.server.context.wrap_socket(self.connection, server_side=True)
        with secure, secure.makefile("rb") as stream:
            while line := stream.readline():
                path = line.decode().split()[1]
                headers = {}
                while text := stream.readline().decode().strip():
                    name, _, value = text.partition(": ")
                    headers[name] = value
                self.server.requests.append((host, path, headers))
                status, body = self.server.answer(host, path, headers)
                head = f"HTTP/1.1 {status} OK\r\nContent-Length: {len(body)}\r\n\r\n"
                secure.sendall(head.encode() + body)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def answer(self, host, path, headers):
        if host == "images.pexels.com":
            number = int(urlsplit(path).path.split("/")[2])
            return 200, encode_jpeg(np.full((24, 32, 3), number, np.uint8))
        if headers.get("Authorization") != KEY:
            return 401, b"{}"
        query = parse_qs(urlsplit(path).query)
        size = int(query["per_page"][0])
        page = {
            "page": int(query["page"][0]),
            "per_page": size,
            "total_results": 8000,
            "photos": [photo(number) for number in range(1, 1 + size)],
        }
        return 200, json.dumps(page).encode()


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def proxy(authority, tmp_path, root):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with Server(("127.0.0.1", 0), Proxy) as server:
        server.context, server.requests, server.other_requests = context, [], []
        server.environment = {
            **os.environ,
            "HTTPS_PROXY": f"http://127.0.0.1:{server.server_address[1]}",
            "REQUESTS_CA_BUNDLE": str(bundle),
            "PEXELS_API_KEY": KEY,
            "PYTHONPATH": str(root / "src"),
        }
        for name in ("PEXELS_API_URL", "NO_PROXY", "no_proxy"):
            server.environment.pop(name, None)
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def call(proxy, program, *arguments):
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=proxy.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


LIBRARY = """
import os
from pexels_api import API
api = API(os.environ["PEXELS_API_KEY"])
api.search("portrait", page=1, results_per_page=5)
for photo in api.get_entries():
    print(photo.id, photo.photographer, photo.large, photo.url)
"""

PIGEONHOLE = """
import sys
from pathlib import Path
from pigeonhole.pipeline.script import script_context
from pigeonhole.photos.collect import collect_photos
from pigeonhole.photos.options import source_options
from pigeonhole.settings import Settings
class Job:
    log, output = [sys.argv[2]], []
    threads = 1
    rule = "photos"
    class resources:
        mem_mb = 2000
folder = Path(sys.argv[1])
settings = Settings(photos={"source": "pexels", "count": 5, "orientation": "landscape"})
with script_context(Job):
    collect_photos(folder, "pexels", source_options(settings, "pexels"))
"""


def test_the_unmodified_package_works_with_the_proxy(proxy):
    process = call(proxy, LIBRARY)
    lines = process.stdout.splitlines()
    assert (process.returncode, len(lines)) == (0, 5), process.stderr
    assert lines[0] == (
        "1 Author 1 https://images.pexels.com/photos/1/pexels-photo-1.jpeg "
        "https://www.pexels.com/photo/someone-1/"
    )
    # The real service refuses this User-Agent, so the package needs our client.
    assert proxy.requests[0][2]["User-Agent"].startswith("python-requests")


def test_requests_go_to_the_real_hosts(proxy, tmp_path):
    process = call(proxy, PIGEONHOLE, tmp_path / "photos", tmp_path / "log.txt")
    assert process.returncode == 0, process.stderr
    rows = read_ledger(tmp_path / "photos" / "photos.csv")
    assert [row.photo for row in rows] == [f"pexels-{n}.jpg" for n in range(1, 6)]
    assert {host for host, _, _ in proxy.requests} == set(HOSTS)
    assert proxy.other_requests == []
    host, path, headers = proxy.requests[0]
    assert (host, urlsplit(path).path) == ("api.pexels.com", "/v1/search")
    assert parse_qs(urlsplit(path).query)["orientation"] == ["landscape"]
    for host, _, headers in proxy.requests:
        assert headers["User-Agent"].startswith("pigeonhole/")
        assert ("Authorization" in headers) == (host == "api.pexels.com")
    output = process.stdout + process.stderr
    for path in tmp_path.rglob("*"):
        if path.is_file():
            output += path.read_bytes().decode("latin-1")
    assert KEY not in output


def test_a_refused_key_fails_with_one_message(proxy, tmp_path):
    proxy.environment["PEXELS_API_KEY"] = "wrong-key-987"
    process = call(proxy, PIGEONHOLE, tmp_path / "photos", tmp_path / "log.txt")
    assert process.returncode == 1
    assert "Pexels refuses the key in PEXELS_API_KEY (HTTP 401)" in process.stderr
    assert "Traceback" not in process.stderr
    assert "wrong-key-987" not in process.stdout + process.stderr
