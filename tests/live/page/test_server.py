import asyncio
import json
import socket
import threading
import time
from contextlib import suppress
from types import SimpleNamespace

import aiohttp
import numpy as np
import pytest
import reference
from live_samples import make_session, random_tiles, save_tiles, start_cli
from page_samples import (
    connect,
    get,
    image_message,
    origin_and_token,
    serve_page,
    stalled_connections,
)

from pigeonhole.live.frames import Frame, MatchedFrame
from pigeonhole.live.matcher import FrameMatcher
from pigeonhole.live.page.server import CannotListen


def random_image(seed, shape=(24, 32)):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


# ---- placements ----


@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 3)])
def test_each_frame_is_answered_with_its_exact_placement(shape):
    tiles = random_tiles(40, shape)
    frames = [random_image(seed, (24, 32, *shape[2:])) for seed in range(3)]

    async def visit(page):
        async with connect(page) as [client]:
            return [await client.place(frame, seq) for seq, frame in enumerate(frames)]

    with serve_page(tiles) as (page, _):
        answers = asyncio.run(visit(page))
    for seq, (frame, (header, placement)) in enumerate(
        zip(frames, answers, strict=True)
    ):
        assert header["seq"] == seq
        np.testing.assert_array_equal(placement, reference.place(frame, tiles))


def test_every_viewer_has_its_own_steadiness_and_tile_set():
    tile_arrays = random_tiles(40), random_tiles(30, seed=3)
    frames = [random_image(1) // 2, random_image(1) // 2 + 2]

    async def visit(page):
        async with connect(page, viewers=2) as [steady_client, exact_client]:
            await exact_client.send_command(do="steady", on=False)
            other_set = await exact_client.place(frames[0], tile_set=1)
            for frame in frames:
                steady = await steady_client.place(frame)
                exact = await exact_client.place(frame)
            return steady, exact, other_set

    with serve_page(*tile_arrays, steadiness=0.3) as (page, session):
        (_, steady), (_, exact), (header, other_set) = asyncio.run(visit(page))
        matcher = FrameMatcher(session.tile_sets, session.controls)
        expected = [matcher(Frame(0, frame, 0.0)).placement for frame in frames]
    np.testing.assert_array_equal(steady, expected[1])
    np.testing.assert_array_equal(exact, reference.place(frames[1], tile_arrays[0]))
    np.testing.assert_array_equal(other_set, reference.place(frames[0], tile_arrays[1]))
    assert header["set"] == 1


def test_all_viewers_see_the_mosaic_of_the_machines_camera():
    tiles = random_tiles()
    session = make_session(tiles)
    matched = FrameMatcher(session.tile_sets, session.controls)(
        Frame(77, random_image(1, (24, 32, 3)), time.perf_counter())
    )

    async def visit(page):
        async with connect(page, viewers=3) as clients:
            for client in clients:
                hello = (await client.receive_json("hello"))["hello"]
                assert hello["camera"] == "machine"
            page.write(matched)
            return [await client.receive_placement() for client in clients]

    with serve_page(tiles, source="synthetic") as (page, _):
        for header, placement in asyncio.run(visit(page)):
            assert header["seq"] == 77
            np.testing.assert_array_equal(placement, matched.placement)


def test_other_sinks_get_the_first_viewers_frames():
    image = random_image(1)

    async def visit(page):
        async with connect(page) as [client]:
            await client.place(image)

    with serve_page(sink="page,none") as (page, session):
        asyncio.run(visit(page))
        assert session.frame_queue.grab()
        np.testing.assert_array_equal(session.frame_queue.retrieve()[..., 0], image)


# ---- tiles and credits ----


def test_the_atlas_contains_the_tiles_without_loss():
    tiles = random_tiles(40, (6, 8, 3))
    with serve_page(tiles) as (page, _):
        status, headers, content = get(page, "/atlas/0/0?token=TOKEN")
    assert (status, headers["Content-Type"]) == (200, "image/webp")
    atlas = reference.decode(content)
    np.testing.assert_array_equal(
        atlas[:6, :320].reshape(6, 40, 8, 3), tiles.swapaxes(0, 1)
    )


def test_the_credit_of_a_tile_contains_only_web_links():
    with serve_page() as (page, session):
        _, _, content = get(page, "/credit/0/8?token=TOKEN")
        rows = session.tile_sets.get("0").original.rows
        assert json.loads(content)["photographer_url"] == rows[8].photographer_url
        object.__setattr__(rows[8], "page_url", "javascript:alert(1)")
        object.__setattr__(rows[8], "license", "CC BY 4.0 (https://example.org/by)")
        _, _, content = get(page, "/credit/0/8?token=TOKEN")
    credit = json.loads(content)
    assert credit["page_url"] == ""
    assert (credit["license"], credit["license_url"]) == (
        "CC BY 4.0",
        "https://example.org/by",
    )


@pytest.mark.parametrize(
    "path", ["/nothing", "/atlas/9/0?token=TOKEN", "/credit/0/9?token=TOKEN"]
)
def test_unknown_addresses_are_not_found(path):
    with serve_page() as (page, _):
        assert get(page, path)[0] == 404


# ---- misbehaving clients ----

INVALID_MESSAGES = [
    b"",
    b"\xff" * 100,
    b"\0" * 10_000,
    "{",
    "x" * 5000,
    '{"do": "fly"}',
]


def test_an_invalid_message_closes_only_its_own_connection():
    frame = random_image(1)

    async def visit(page):
        viewers = 1 + len(INVALID_MESSAGES)
        async with connect(page, viewers) as [valid_client, *clients]:
            for client, message in zip(clients, INVALID_MESSAGES, strict=True):
                await client.receive_json("hello")
                send = client.socket.send_str
                if isinstance(message, bytes):
                    send = client.socket.send_bytes
                await send(message)
                answer = await client.socket.receive()
                assert answer.type == aiohttp.WSMsgType.CLOSE
                assert client.socket.close_code in (1008, 1009)
            return await valid_client.place(frame)

    with serve_page() as (page, _):
        _, placement = asyncio.run(visit(page))
    np.testing.assert_array_equal(placement, reference.place(frame, random_tiles()))


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00" + b"\xaa" * 100 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: [::\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: " + b"a" * 20_000 + b"\r\n\r\n",
    ],
)
def test_invalid_http_is_answered_and_not_logged(request_bytes, capfd, caplog):
    with serve_page() as (page, _):
        origin, _ = origin_and_token(page)
        host, port = origin.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(request_bytes)
            assert connection.recv(100).startswith(b"HTTP/1.")
        assert get(page, "/")[0] == 200
    assert "Traceback" not in capfd.readouterr().err
    assert not caplog.records


def test_a_viewer_that_reads_nothing_does_not_delay_others():
    tiles = random_tiles(9, (2, 2))
    tile_set = make_session(tiles, frame_size="320x240").tile_sets.get("0")
    image = random_image(1, (240, 320, 3))
    placement = random_image(2, (120, 160)) % 9

    async def visit(page):
        async with connect(page) as [client]:
            await client.receive_json("hello")
            for number in range(100):
                # 38 kB each, together far more than network buffers hold.
                frame = Frame(number, image, time.perf_counter())
                page.write(MatchedFrame(frame, tile_set, placement, 0.0))
                header, _ = await client.receive_placement()
                assert header["seq"] == number

    with serve_page(tiles, source="synthetic", frame_size="320x240") as (page, _):
        with stalled_connections(page, 3):
            asyncio.run(visit(page))
            buffer_sizes = [
                viewer._transport.get_write_buffer_size()
                for viewer in page._server._manager.viewers
            ]
        assert 0 < max(buffer_sizes) < 300_000


def test_a_viewer_that_sends_too_many_messages_is_slowed_down():
    frame = random_image(1, (6, 8))

    async def visit(page):
        async with connect(page, viewers=2) as [fast_client, client]:
            start = time.perf_counter()
            for number in range(150):
                await fast_client.socket.send_bytes(image_message(frame, number))
            _, placement = await client.place(frame)
            answered = time.perf_counter() - start
            header = {"seq": 0}
            while header["seq"] < 149:
                header, _ = await fast_client.receive_placement()
            return placement, answered, time.perf_counter() - start

    with serve_page(frame_size="8x6") as (page, _):
        placement, answered, all_answered = asyncio.run(visit(page))
    np.testing.assert_array_equal(placement, reference.place(frame, random_tiles()))
    # A burst of 60, then 90 per second.
    assert all_answered > 0.9
    assert answered < all_answered


# ---- start and end ----


def test_a_port_in_use_is_reported():
    with serve_page() as (page, _):
        origin, _ = origin_and_token(page)
        port = int(origin.rsplit(":", 1)[1])
        message = rf"127\.0\.0\.1, port {port}"
        with pytest.raises(CannotListen, match=message), serve_page(port=port):
            pass


def test_closing_ends_all_connections_and_threads():
    async def visit(page):
        async with connect(page, viewers=20) as clients:
            await clients[0].place(random_image(1))
            start = time.perf_counter()
            await asyncio.to_thread(page.close)
            seconds = time.perf_counter() - start
            last = await clients[0].socket.receive()
            return seconds, last.data

    with serve_page() as (page, _), stalled_connections(page, 5):
        seconds, code = asyncio.run(visit(page))
        # Waiting for the stalled connections would take 20 s.
        assert seconds < 10
        for thread in threading.enumerate():
            if thread.name in ("page", "matching_0"):
                thread.join(10)
                assert not thread.is_alive(), thread.name
    assert code == 1001


def test_ctrl_c_ends_the_program_while_a_viewer_is_connected(tmp_path):
    tiles = save_tiles(tmp_path / "tiles.npz", random_tiles())
    process = start_cli(
        "live",
        "--tiles",
        tiles,
        "--frame-size=32x24",
        "--min-distance=0",
        "--sink=page",
        "--no-open-browser",
    )
    page = SimpleNamespace(urls=[process.stderr.readline().split()[-1]])

    async def visit():
        async with connect(page) as [client]:
            await client.place(random_image(1))
            start = time.perf_counter()
            process.send_signal(2)
            await asyncio.to_thread(process.wait, 10)
            return time.perf_counter() - start

    with suppress(ConnectionError):
        seconds = asyncio.run(visit())
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, "", "")
    # On an idle machine it takes half a second. More means waiting for a connection.
    assert seconds < 5
