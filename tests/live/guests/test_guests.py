import asyncio
import base64
import gc
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import reference
from live_samples import make_session, random_tiles
from page_samples import connect, serve_page
from skimage import data

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import resize
from pigeonhole.live.frames import Frame
from pigeonhole.live.guests.guests import GuestsFull, NoFace
from pigeonhole.live.matcher import FrameMatcher

FRAME_SIZE = Size(64, 48)
TILES = random_tiles(30, (12, 16))
FIRST_GUEST = len(TILES)


@pytest.fixture(scope="module")
def selfie():
    """An image of someone in front of a camera."""
    return np.ascontiguousarray(resize(data.astronaut()[:384], 640, 480))


def session_with_guests(*tile_arrays, capacity=3, **changes):
    defaults = {"frame_size": FRAME_SIZE, "guests": capacity}
    return make_session(*(tile_arrays or [TILES]), **(defaults | changes))


def noise_image(shape=(48, 64, 3)):
    return np.random.default_rng(5).integers(0, 256, shape, np.uint8)


def test_a_face_is_detected_cut_like_a_tile_and_placed(selfie):
    session = session_with_guests(
        TILES, random_tiles(20, (24, 32, 3)), cell_size="16x12"
    )
    matcher = FrameMatcher(session.tile_sets, session.controls)
    frame = Frame(0, resize(selfie, 64, 48), time.perf_counter())
    before = matcher(frame).placement
    guest = session.tile_sets.guests.join(selfie)
    gray, color = guest.tiles["0"], guest.tiles["1"]
    assert (gray.shape, color.shape) == ((12, 16), (24, 32, 3))
    # The tile shows the face, not the background: skin is reddish.
    red, _, blue = color[8:16, 12:20].reshape(-1, 3).mean(axis=0)
    assert red > blue + 20
    matched = matcher(frame)
    assert before.max() < FIRST_GUEST
    cells = matched.placement == FIRST_GUEST
    assert cells.any()
    pixels = matched.mosaic[np.repeat(np.repeat(cells, 12, axis=0), 16, axis=1)]
    assert set(pixels) <= set(gray.ravel())


def test_a_guest_is_shown_in_every_tile_set_and_at_every_cell_size(selfie):
    session = session_with_guests(TILES, random_tiles(20, (12, 16, 3)))
    matcher = FrameMatcher(session.tile_sets, session.controls)
    session.tile_sets.guests.join(selfie)
    for name, cell_step, number in [
        ("0", 0, 30),
        ("1", 0, 20),
        ("0", 1, 30),
        ("0", -1, 30),
    ]:
        session.controls.tile_set, session.controls.cell_step = name, cell_step
        assert (matcher(Frame(0, noise_image(), 0.0)).placement == number).any()


def test_guests_without_a_face_or_a_free_slot_are_rejected(selfie):
    guests = session_with_guests(capacity=2).tile_sets.guests
    with pytest.raises(NoFace, match="look straight into the camera"):
        guests.join(np.full_like(selfie, 90))
    keys = {guests.join(selfie).key for _ in range(2)}
    assert len(keys) == 2
    with pytest.raises(GuestsFull, match="All 2 places"):
        guests.join(selfie)
    assert guests.leave(keys.pop())
    assert guests.join(selfie).slot in (0, 1)


def test_removing_a_guest_requires_its_key(selfie):
    guests = session_with_guests().tile_sets.guests
    guest = guests.join(selfie)
    assert not guests.leave("")
    assert not guests.leave(guest.key + "x")
    assert guests.present() == [guest]
    assert guests.find(guest.key) == guest
    assert guests.find(guest.key + "x") is None
    assert guests.leave(guest.key)
    assert guests.present() == []
    assert guest.key not in repr(guest)


def test_a_steady_cell_drops_a_guest_who_has_left(selfie):
    session = session_with_guests(steadiness=0.5)
    matcher = FrameMatcher(session.tile_sets, session.controls)
    frame = Frame(0, noise_image(), 0.0)
    guest = session.tile_sets.guests.join(selfie)
    assert (matcher(frame).placement == FIRST_GUEST).any()
    session.tile_sets.guests.leave(guest.key)
    assert matcher(frame).placement.max() < FIRST_GUEST


def copies_in_memory(inverted):
    """
    Count a pattern, given inverted, in all writable memory of this process.

    Memory is read into one buffer and inverted there, so that the search itself leaves
    no copy of the pattern.
    """
    buffer = np.zeros(2**22, np.uint8)
    start_of_buffer = buffer.__array_interface__["data"][0]
    count = 0
    with Path("/proc/self/mem").open("rb", buffering=0) as memory:
        spans = writable_spans(start_of_buffer, start_of_buffer + len(buffer))
        for start, end in spans:
            for position in range(start, end, len(buffer) - len(inverted)):
                memory.seek(position)
                with suppress(OSError):
                    size = memory.readinto(buffer[: end - position])
                    np.bitwise_not(buffer[:size], out=buffer[:size])
                    count += bytearray(buffer[:size]).count(inverted)
    return count


def writable_spans(skip_start, skip_end):
    """Yield the writable spans of this process's memory, except one."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, permissions, *_ = line.split()
        start, end = (int(part, 16) for part in span.split("-"))
        if permissions.startswith("rw"):
            yield start, min(end, max(start, skip_start))
            yield max(start, min(end, skip_end)), end


def test_a_guest_who_left_leaves_no_trace_in_memory_or_in_mosaics(selfie):
    session = session_with_guests(steadiness=0.1)
    matcher = FrameMatcher(session.tile_sets, session.controls)
    assert matcher(Frame(0, noise_image(), 0.0)).placement.max() < FIRST_GUEST
    guest = session.tile_sets.guests.join(selfie)
    tile = guest.tiles["0"]
    inverted = np.bitwise_not(tile[3:9]).tobytes()
    # The guest's own tile, those for matching and rendering, and the kernels' layout.
    assert copies_in_memory(inverted) >= 4
    assert (matcher(Frame(0, noise_image(), 0.0)).placement == FIRST_GUEST).any()
    session.tile_sets.guests.leave(guest.key)
    matched = matcher(Frame(1, noise_image(), 0.0))
    gc.collect()
    assert copies_in_memory(inverted) == 0
    assert not tile.any()
    assert matched.placement.max() < FIRST_GUEST
    assert not matched.tile_set.output_tiles[FIRST_GUEST:].any()


# ---- over the WebSocket ----


def test_a_guest_can_join_return_and_leave_over_the_socket(selfie):
    frame = noise_image((48, 64))

    async def visit(page):
        async with connect(page, viewers=2) as [guest, other]:
            assert (await guest.receive_json("hello"))["hello"]["guests"] == 3
            _, before = await other.place(frame)
            start = time.perf_counter()
            joined = (await guest.join(selfie))["guest"]
            assert (await other.receive_json("guests"))["guests"] == []
            [entry] = (await other.receive_json("guests"))["guests"]
            _, during = await other.place(frame)
            seconds = time.perf_counter() - start
            await guest.send_command(do="return", key=joined["key"])
            returned = (await guest.receive_json("guest"))["guest"]
            await other.send_command(do="leave", key="somebody else's")
            await other.receive_json("guest")
            _, after_wrong_key = await other.place(frame)
            await guest.send_command(do="leave", key=joined["key"])
            assert (await guest.receive_json("guest"))["guest"] is None
            assert (await other.receive_json("guests"))["guests"] == []
            _, after = await other.place(frame)
            placements = before, during, after_wrong_key, after
            return joined, entry, returned, seconds, placements

    with serve_page(TILES, guests=3, frame_size=FRAME_SIZE) as (page, _):
        joined, entry, returned, seconds, placements = asyncio.run(visit(page))
    assert joined["seat"] == entry["seat"] == returned["seat"] == 0
    assert reference.decode(base64.b64decode(entry["tiles"][0])).shape == (12, 16, 3)
    assert seconds < 5
    guest_is_shown = [(placement == FIRST_GUEST).any() for placement in placements]
    assert guest_is_shown == [False, True, True, False]
    assert all(placement.max() <= FIRST_GUEST for placement in placements)


def test_a_guest_without_a_face_is_refused_and_can_try_again(selfie):
    async def visit(page):
        async with connect(page) as [client]:
            refused = await client.join(np.zeros_like(selfie))
            return refused, await client.join(selfie)

    with serve_page(TILES, guests=3, frame_size=FRAME_SIZE) as (page, _):
        refused, joined = asyncio.run(visit(page))
    assert "look straight" in refused["refused"]
    assert joined["guest"]["seat"] == 0


def test_nobody_can_join_if_guests_are_turned_off(selfie):
    async def visit(page):
        async with connect(page) as [client]:
            with pytest.raises(ConnectionResetError, match="guests are turned off"):
                await client.join(selfie)

    with serve_page(TILES, frame_size=FRAME_SIZE) as (page, session):
        assert session.tile_sets.guests is None
        asyncio.run(visit(page))
