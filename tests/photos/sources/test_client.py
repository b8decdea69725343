"""Tests for the HTTP client."""

import time
from email.utils import formatdate

import pytest

from pigeonhole.photos.sources import client


def test_retry_after_accepts_seconds_and_dates():
    date = formatdate(time.time() + 60, usegmt=True)
    response = client.Response(429, {"Retry-After": date}, b"")
    assert 50 < client.retry_after(response) <= 60
    response = client.Response(429, {"Retry-After": "7"}, b"")
    assert client.retry_after(response) == 7
    response = client.Response(429, {"Retry-After": "soon"}, b"")
    assert client.retry_after(response) is None


def test_a_slow_response_times_out(pexels_server):
    pexels_server.byte_delay = 0.05
    http = client.Client(lambda seconds: None, total_timeout=0.3)
    started = time.monotonic()
    with pytest.raises(client.requests.Timeout):
        http.get(f"{pexels_server.url}image/1")
    assert time.monotonic() - started < 10
