"""The request guard, on the live page and alone."""

import asyncio
import time

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, unused_port
from page_samples import get, origin_and_token, serve_page

from pigeonhole.web.guard import RateLimiter, RequestGuard


@pytest.mark.parametrize("path", ["/live", "/atlas/0/0", "/credit/0/0"])
@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=ö"])
def test_requests_without_the_token_are_rejected(path, query):
    with serve_page() as (page, _):
        origin, _ = origin_and_token(page)
        status, _, content = get(page, path + query, Origin=origin)
    assert status == 403
    assert b"token" in content


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {
            "Sec-Fetch-Site": "cross-site",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "iframe",
        },
        {"Host": "evil.example"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/live?token=TOKEN", "/atlas/0/0?token=TOKEN"])
def test_requests_from_other_origins_are_rejected(path, headers):
    with serve_page() as (page, _):
        assert get(page, path, **headers)[0] == 403


def test_a_link_on_another_site_opens_the_page():
    headers = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }
    with serve_page() as (page, _):
        assert get(page, "/", **headers)[0] == 200


def test_a_socket_without_an_origin_is_rejected():
    async def handshake_status(page):
        origin, token = origin_and_token(page)
        async with aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.WSServerHandshakeError) as error:
                await http.ws_connect(f"{origin}/live?token={token}")
        return error.value.status

    with serve_page() as (page, _):
        assert asyncio.run(handshake_status(page)) == 403


def test_the_page_allows_only_its_own_resources():
    with serve_page() as (page, _):
        origin, _ = origin_and_token(page)
        status, headers, content = get(page, "/")
    assert status == 200
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert origin.replace("http", "ws") in policy
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert b"<style" not in content
    assert b"style=" not in content


def send_to_guarded_server(method, *, headers=None, body=b"", port=None, **options):
    """Return the status and headers of a request to a server with one route."""

    async def echo(request):
        return web.Response(body=await request.read())

    async def send():
        guard = RequestGuard("127.0.0.1", "img-src 'self'", port=port, **options)
        app = guard.application()
        app.router.add_route("*", "/", guard.require_token(echo))
        async with TestClient(TestServer(app, port=port)) as client:
            filled = {
                name: value.replace("PORT", str(client.port))
                for name, value in (headers or {}).items()
            }
            response = await client.request(
                method, f"/?token={guard.token}", headers=filled, data=body
            )
            return response.status, response.headers

    return asyncio.run(send())


def test_a_request_that_changes_something_needs_the_own_origin():
    own = {"Origin": "http://127.0.0.1:PORT"}
    assert send_to_guarded_server("POST", headers=own)[0] == 200
    assert send_to_guarded_server("POST")[0] == 403
    assert send_to_guarded_server("GET")[0] == 200


def test_a_guard_with_a_port_accepts_no_other_host_header():
    assert send_to_guarded_server("GET", port=unused_port())[0] == 200
    for host in ("localhost:PORT", "127.0.0.1", "127.0.0.2:PORT", "evil.example"):
        headers = {"Host": host}
        status, _ = send_to_guarded_server("GET", headers=headers, port=unused_port())
        assert status == 403


def test_a_body_that_is_too_large_is_rejected():
    own = {"Origin": "http://127.0.0.1:PORT"}
    status, headers = send_to_guarded_server(
        "POST", headers=own, body=b"x" * 101, max_bytes=100
    )
    assert status == 413
    assert headers["Cache-Control"] == "no-store"


def test_a_rate_limiter_delays_what_exceeds_the_burst():
    async def seconds_for(count):
        limiter = RateLimiter(rate=50, burst=3)
        start = time.perf_counter()
        for _ in range(count):
            await limiter.wait()
        return time.perf_counter() - start

    assert asyncio.run(seconds_for(3)) < 0.02
    assert asyncio.run(seconds_for(8)) >= 0.09
