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
from live_samples import FRAME, save_tiles, stage_of, start_cli, tile_set, tiles_of
from page_samples import (
    looking,
    message,
    serving,
    split,
    stalled,
    unpack,
)

from pigeonhole.core.geometry import Size
from pigeonhole.live.frames import Frame, Placed
from pigeonhole.live.matcher import Placer
from pigeonhole.live.page.atlas import SetPages
from pigeonhole.live.page.protocol import (
    BrokenMessage,
    Expected,
    pack_placement,
    read_picture,
    read_wish,
)
from pigeonhole.live.page.server import NoListening

EXPECTED = Expected(((24, 32), (24, 32, 3)), (24, 32, 3))


def frame_of(seed, shape=(24, 32)):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def packed(placement, **changes):
    usual = {"tiles": 9, "tile_set": 0, "seq": 1, "latency": 0.01, "changed": 0.5}
    return pack_placement(placement, **(usual | changes))


# ---- what goes over the socket ----


@pytest.mark.parametrize(("tiles", "size"), [(9, 2), (65_536, 2), (65_537, 4)])
def test_a_placement_takes_two_bytes_a_cell_unless_there_are_more_tiles(tiles, size):
    placement = np.array([[0, tiles - 1, 5], [1, 2, 3]])
    facts, numbers = unpack(packed(placement, tiles=tiles, seq=7, tile_set=1))
    np.testing.assert_array_equal(numbers, placement)
    assert (facts["size"], facts["seq"], facts["set"]) == (size, 7, 1)
    assert facts["latency"] == pytest.approx(10)


def test_an_unknown_change_is_told_as_below_nought():
    facts, _ = unpack(packed(np.zeros((2, 2), np.int64), changed=None))
    assert facts["changed"] == -1


@pytest.mark.parametrize("tile_set", [0, 1])
def test_a_picture_comes_as_it_was_sent(tile_set):
    picture = frame_of(1, EXPECTED.frames[tile_set])
    sent = read_picture(message(picture, 5, 1, tile_set), EXPECTED)
    assert (sent.tile_set, sent.seq) == (tile_set, 5)
    np.testing.assert_array_equal(sent.picture, picture)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\1\0\0",
        message(frame_of(1), kind=3),
        message(frame_of(1), tile_set=2),
        message(frame_of(1, (24, 31))),
        message(frame_of(1), kind=2),
        message(frame_of(1)) + b"\0",
    ],
)
def test_a_broken_picture_is_refused(broken):
    with pytest.raises(BrokenMessage):
        read_picture(broken, EXPECTED)


@pytest.mark.parametrize(
    "broken",
    ["", "{", "[" * 1000, "7", "[]", "{}", '{"do": 1}', json.dumps({"do": "x" * 2000})],
)
def test_a_broken_wish_is_refused(broken):
    with pytest.raises(BrokenMessage):
        read_wish(broken)


# ---- what comes back ----


@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 3)])
def test_each_frame_comes_back_as_its_exact_placement(shape):
    tiles = tiles_of(40, shape)
    frames = [frame_of(seed, (24, 32, *shape[2:])) for seed in range(3)]

    async def look(page):
        async with looking(page) as [client]:
            return [await client.place(frame, seq) for seq, frame in enumerate(frames)]

    with serving(tiles) as (page, _):
        answers = asyncio.run(look(page))
    for seq, (frame, (facts, placement)) in enumerate(
        zip(frames, answers, strict=True)
    ):
        assert facts["seq"] == seq
        np.testing.assert_array_equal(placement, reference.place(frame, tiles))


def test_viewers_have_their_own_steadiness_and_tile_set():
    sets = tiles_of(40), tiles_of(30, seed=3)
    still = [frame_of(1) // 2, frame_of(1) // 2 + 2]

    async def look(page):
        async with looking(page, viewers=2) as [steady, exact]:
            await exact.ask(do="steady", on=False)
            other = await exact.place(still[0], tile_set=1)
            for frame in still:
                kept = await steady.place(frame)
                new = await exact.place(frame)
            return kept, new, other

    with serving(*sets, steadiness=0.3) as (page, stage):
        (_, kept), (_, new), (facts, other) = asyncio.run(look(page))
        placer = Placer(stage.palette, stage.controls)
        frames = [placer(Frame(0, frame, 0.0)).placement for frame in still]
    np.testing.assert_array_equal(kept, frames[1])
    np.testing.assert_array_equal(new, reference.place(still[1], sets[0]))
    np.testing.assert_array_equal(other, reference.place(still[0], sets[1]))
    assert facts["set"] == 1


def test_all_who_look_see_what_the_machine_places():
    tiles = tiles_of()
    stage = stage_of(tiles)
    placed = Placer(stage.palette, stage.controls)(
        Frame(77, frame_of(1, (24, 32, 3)), time.perf_counter())
    )

    async def look(page):
        async with looking(page, viewers=3) as clients:
            for client in clients:
                assert (await client.text("hello"))["hello"]["camera"] == "machine"
            page.take(placed)
            return [unpack(await client.binary()) for client in clients]

    with serving(tiles, source="synthetic") as (page, _):
        for facts, placement in asyncio.run(look(page)):
            assert facts["seq"] == 77
            np.testing.assert_array_equal(placement, placed.placement)


def test_other_sinks_get_the_first_viewers_camera():
    picture = frame_of(1)

    async def look(page):
        async with looking(page) as [client]:
            await client.place(picture)

    with serving(sink="page,none") as (page, stage):
        asyncio.run(look(page))
        assert stage.feed.grab()
        np.testing.assert_array_equal(stage.feed.retrieve()[..., 0], picture)


# ---- tiles and credits ----


def get(page, path, **headers):
    async def ask():
        origin, token = split(page)
        address = origin + path.replace("TOKEN", token)
        async with (
            aiohttp.ClientSession() as session,
            session.get(address, headers=headers) as answer,
        ):
            return answer.status, dict(answer.headers), await answer.read()

    return asyncio.run(ask())


def test_the_atlas_holds_the_tiles_without_loss():
    tiles = tiles_of(40, (6, 8, 3))
    with serving(tiles) as (page, _):
        status, headers, content = get(page, "/atlas/0/0?token=TOKEN")
    assert (status, headers["Content-Type"]) == (200, "image/webp")
    atlas = reference.decode(content)
    np.testing.assert_array_equal(
        atlas[:6, :320].reshape(6, 40, 8, 3), tiles.swapaxes(0, 1)
    )


def test_an_atlas_too_large_for_phones_is_made_smaller_but_no_smaller_than_cells():
    few = SetPages("few", tile_set(tiles_of(4, (60, 80))), FRAME, Size(8, 6))
    assert few.facts()["atlas"]["width"] == 80
    many = tile_set(np.zeros((700, 300, 400), np.uint8))
    assert SetPages("m", many, FRAME, Size(8, 6)).facts()["atlas"]["width"] == 200
    assert SetPages("m", many, FRAME, Size(400, 300)).facts()["atlas"]["width"] == 400


def test_the_credit_of_a_tile_links_to_the_web_alone():
    with serving() as (page, stage):
        _, _, content = get(page, "/credit/0/8?token=TOKEN")
        rows = stage.palette.tiles("0").tile_set.rows
        assert json.loads(content)["photographer_url"] == rows[8].photographer_url
        object.__setattr__(rows[8], "page_url", "javascript:alert(1)")
        object.__setattr__(rows[8], "licence", "CC BY 4.0 (https://example.org/by)")
        _, _, content = get(page, "/credit/0/8?token=TOKEN")
    credit = json.loads(content)
    assert credit["page_url"] == ""
    assert (credit["licence"], credit["licence_url"]) == (
        "CC BY 4.0",
        "https://example.org/by",
    )


# ---- who comes in ----


@pytest.mark.parametrize("path", ["/live", "/atlas/0/0", "/credit/0/0"])
@pytest.mark.parametrize("token", ["", "?token=", "?token=wrong", "?token=ö"])
def test_nobody_gets_anything_without_the_token(path, token):
    with serving() as (page, _):
        origin, _ = split(page)
        status, _, content = get(page, path + token, Origin=origin)
    assert status == 403
    assert b"token" in content


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/live?token=TOKEN", "/atlas/0/0?token=TOKEN"])
def test_another_origin_gets_nothing(path, headers):
    with serving() as (page, _):
        assert get(page, path, **headers)[0] == 403


def test_a_socket_without_an_origin_is_refused():
    async def look(page):
        origin, token = split(page)
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(f"{origin}/live?token={token}")
        return refused.value.status

    with serving() as (page, _):
        assert asyncio.run(look(page)) == 403


def test_the_page_may_do_no_more_than_it_needs():
    with serving() as (page, _):
        origin, _ = split(page)
        status, headers, content = get(page, "/")
    assert status == 200
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert origin.replace("http", "ws") in policy
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert b"<style" not in content
    assert b"style=" not in content


@pytest.mark.parametrize(
    "path", ["/nothing", "/atlas/9/0?token=TOKEN", "/credit/0/9?token=TOKEN"]
)
def test_what_is_not_there_is_told_so(path):
    with serving() as (page, _):
        assert get(page, path)[0] == 404


# ---- who behaves badly ----

GARBAGE = [b"", b"\xff" * 100, b"\0" * 10_000, "{", "x" * 5000, '{"do": "fly"}']


def test_garbage_closes_its_own_connection_alone():
    frame = frame_of(1)

    async def look(page):
        async with looking(page, viewers=1 + len(GARBAGE)) as [good, *bad]:
            for client, garbage in zip(bad, GARBAGE, strict=True):
                await client.text("hello")
                send = client.socket.send_str
                if isinstance(garbage, bytes):
                    send = client.socket.send_bytes
                await send(garbage)
                assert (await client.socket.receive()).type == aiohttp.WSMsgType.CLOSE
                assert client.socket.close_code in (1008, 1009)
            return await good.place(frame)

    with serving() as (page, _):
        _, placement = asyncio.run(look(page))
    np.testing.assert_array_equal(placement, reference.place(frame, tiles_of()))


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00" + b"\xaa" * 100 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: [::\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: " + b"a" * 20_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_http_is_answered_and_leaves_no_traceback(garbage, capfd, caplog):
    with serving() as (page, _):
        host, port = split(page)[0].removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as plug:
            plug.sendall(garbage)
            assert plug.recv(100).startswith(b"HTTP/1.")
        assert get(page, "/")[0] == 200
    assert "Traceback" not in capfd.readouterr().err
    assert not caplog.records


def test_a_viewer_who_takes_nothing_holds_nobody_up():
    stage = stage_of(tiles_of(9, (2, 2)), frame="320x240")
    picture = frame_of(1, (240, 320, 3))
    placement = frame_of(2, (120, 160)) % 9

    async def look(page):
        async with looking(page) as [client]:
            await client.text("hello")
            for number in range(100):
                # 38 kB each: far more than networks take in.
                frame = Frame(number, picture, time.perf_counter())
                page.take(Placed(frame, stage.palette.tiles("0"), placement, 0.0))
                facts, _ = unpack(await client.binary())
                assert facts["seq"] == number

    with serving(tiles_of(9, (2, 2)), source="synthetic", frame="320x240") as (page, _):
        with stalled(page, 3):
            asyncio.run(look(page))
            held = [
                viewer._transport.get_write_buffer_size()
                for viewer in page._server._studio.viewers
            ]
        assert 0 < max(held) < 300_000


def test_too_many_messages_wait_in_their_own_network():
    frame = frame_of(1, (6, 8))

    async def look(page):
        async with looking(page, viewers=2) as [greedy, good]:
            start = time.perf_counter()
            for number in range(150):
                await greedy.socket.send_bytes(message(frame, number))
            _, placement = await good.place(frame)
            answered = time.perf_counter() - start
            while unpack(await greedy.binary())[0]["seq"] < 149:
                pass
            return placement, answered, time.perf_counter() - start

    with serving(frame="8x6") as (page, _):
        placement, answered, all_done = asyncio.run(look(page))
    np.testing.assert_array_equal(placement, reference.place(frame, tiles_of()))
    # 60 at once, then 90 a second.
    assert all_done > 0.9
    assert answered < all_done


# ---- beginning and end ----


def test_a_port_in_use_gets_one_sentence():
    with serving() as (page, _):
        port = int(split(page)[0].rsplit(":", 1)[1])
        told = rf"127\.0\.0\.1 port {port}"
        with pytest.raises(NoListening, match=told), serving(port=port):
            pass


def test_closing_ends_all_connections_and_threads_at_once():
    async def look(page):
        async with looking(page, viewers=20) as clients:
            await clients[0].place(frame_of(1))
            start = time.perf_counter()
            await asyncio.to_thread(page.close)
            seconds = time.perf_counter() - start
            last = await clients[0].socket.receive()
            return seconds, last.data

    with serving() as (page, _), stalled(page, 5):
        seconds, code = asyncio.run(look(page))
        # Who waits for what is stalled waits for 20 s.
        assert seconds < 10
        for thread in threading.enumerate():
            if thread.name in ("page", "placing_0"):
                thread.join(10)
                assert not thread.is_alive(), thread.name
    assert code == 1001


def test_ctrl_c_ends_the_program_while_somebody_looks(tmp_path):
    tiles = save_tiles(tmp_path / "tiles.npz", tiles_of())
    process = start_cli(
        "live", "--tiles", tiles, "--frame=32x24", "--sink=page", "--no-open"
    )
    told = SimpleNamespace(addresses=[process.stderr.readline().split()[-1]])

    async def look():
        async with looking(told) as [client]:
            await client.place(frame_of(1))
            start = time.perf_counter()
            process.send_signal(2)
            await asyncio.to_thread(process.wait, 10)
            return time.perf_counter() - start

    with suppress(ConnectionError):
        seconds = asyncio.run(look())
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, "", "")
    # Half a second on an idle machine; more than that waits for somebody.
    assert seconds < 5
