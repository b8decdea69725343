import asyncio
import base64
import gc
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from live_samples import stage_of, tiles_of
from page_samples import looking, serving
from skimage import data

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import resize
from pigeonhole.live.frames import Frame
from pigeonhole.live.guests.guests import NoFace, NoSeat
from pigeonhole.live.guests.slots import weave
from pigeonhole.live.matcher import Placer

FRAME = Size(64, 48)


@pytest.fixture(scope="module")
def selfie():
    """A person before a camera."""
    return np.ascontiguousarray(resize(data.astronaut()[:384], 640, 480))


def palette_of(most=3, *sets, **changes):
    usual = {"frame": FRAME, "guests": most}
    return stage_of(*(sets or [tiles_of(30, (12, 16))]), **(usual | changes))


def noise(seed=5, colour=True):
    shape = (48, 64, 3) if colour else (48, 64)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


# ---- where guests go ----


@st.composite
def crowds(draw):
    """Cells, tiles and guests of few grey values, so that ties abound."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    guests = draw(st.integers(1, min(4, rows * columns)))
    top = draw(st.sampled_from([2, 5, 256]))
    cells, tiles, faces = (
        rng.integers(0, top, (count, 6), np.uint8)
        for count in (rows * columns, 5, guests)
    )
    before = rng.integers(0, 5 + guests, (rows, columns))
    return cells, tiles, faces, before


def woven(cells, tiles, faces, before=None, steadiness=0.0, **how):
    shape = before.shape if before is not None else (1, len(cells))
    numbers, distances = reference.nearest_tiles(cells, tiles)
    costs = reference.all_costs(cells, faces)
    seats = len(tiles) + np.arange(len(faces))
    plain = numbers.reshape(shape)
    return weave(plain, distances, costs, seats, before, steadiness, **how).ravel()


@given(crowds())
def test_guests_are_placed_as_tiles_would_be_and_each_at_least_once(crowd):
    cells, tiles, faces, _ = crowd
    chosen = woven(cells, tiles, faces)
    exact, _ = reference.nearest_tiles(cells, np.concatenate([tiles, faces]))
    guests = range(len(tiles), len(tiles) + len(faces))
    assert set(guests) <= set(chosen)
    missing = [guest for guest in guests if guest not in exact]
    moved = np.flatnonzero(chosen != exact)
    # Only guests that no cell was nearest to are forced in, one cell each.
    assert sorted(chosen[moved]) == missing


@given(crowds())
def test_a_guest_nearest_to_no_cell_is_put_where_it_suits_best(crowd):
    cells, tiles, faces, _ = crowd
    tiles = np.concatenate([tiles, cells])
    chosen = woven(cells, tiles, faces[:1])
    costs = reference.all_costs(cells, faces[:1])[:, 0]
    [cell] = np.flatnonzero(chosen == len(tiles))
    assert costs[cell] == costs.min()


@given(crowds())
def test_with_limits_on_repetition_each_guest_takes_one_cell(crowd):
    cells, tiles, faces, before = crowd
    for steadiness in (0.0, 0.3):
        chosen = woven(cells, tiles, faces, before, steadiness, once=True)
        for guest in range(len(tiles), len(tiles) + len(faces)):
            assert (chosen == guest).sum() == 1


@given(crowds(), st.sampled_from([0.1, 0.5]))
def test_a_steady_guest_stays_unless_another_is_clearly_nearer(crowd, steadiness):
    cells, tiles, faces, before = crowd
    chosen = woven(cells, tiles, faces, before, steadiness)
    costs = reference.all_costs(cells, np.concatenate([tiles, faces]))
    for cell, (old, new) in enumerate(zip(before.ravel(), chosen, strict=True)):
        forced = (chosen == new).sum() == 1
        if old >= len(tiles) and new < len(tiles):
            assert costs[cell, new] <= (1 - steadiness) * costs[cell, old]
        if old < len(tiles) <= new and not forced:
            plain = costs[cell, : len(tiles)].min()
            assert costs[cell, new] < (1 - steadiness) * plain


# ---- who comes and goes ----


def test_a_face_is_found_cut_as_tiles_are_and_placed(selfie):
    stage = palette_of(
        3, tiles_of(30, (12, 16)), tiles_of(20, (24, 32, 3)), cell="16x12"
    )
    guests = stage.palette.guests
    placer = Placer(stage.palette, stage.controls)
    frame = Frame(0, resize(selfie, 64, 48), time.perf_counter())
    plain = placer(frame).placement
    guest = guests.join(selfie)
    grey, colour = guest.tiles["0"], guest.tiles["1"]
    assert (grey.shape, colour.shape) == ((12, 16), (24, 32, 3))
    # The face, not the background: skin is reddish.
    red, _, blue = colour[8:16, 12:20].reshape(-1, 3).mean(axis=0)
    assert red > blue + 20
    placed = placer(frame)
    assert plain.max() < 30
    assert (placed.placement == 30).any()
    drawn = placed.mosaic[np.repeat(np.repeat(placed.placement == 30, 12, 0), 16, 1)]
    assert set(drawn) <= set(grey.ravel())


def test_a_guest_is_shown_in_every_tile_set_and_cell_size(selfie):
    stage = palette_of(3, tiles_of(30, (12, 16)), tiles_of(20, (12, 16, 3)))
    placer = Placer(stage.palette, stage.controls)
    stage.palette.guests.join(selfie)
    for name, finer, number in [
        ("0", 0, 30),
        ("1", 0, 20),
        ("0", 1, 30),
        ("0", -1, 30),
    ]:
        stage.controls.tiles, stage.controls.finer = name, finer
        assert (placer(Frame(0, noise(), 0.0)).placement == number).any()


def test_guests_without_a_face_and_without_a_seat_are_told_so(selfie):
    guests = palette_of(2).palette.guests
    with pytest.raises(NoFace, match="look straight into the camera"):
        guests.join(np.full_like(selfie, 90))
    keys = {guests.join(selfie).key for _ in range(2)}
    assert len(keys) == 2
    with pytest.raises(NoSeat, match="All 2 places"):
        guests.join(selfie)
    assert guests.leave(keys.pop())
    assert guests.join(selfie).seat in (0, 1)


def test_only_who_has_the_key_can_take_a_guest_out(selfie):
    guests = palette_of().palette.guests
    guest = guests.join(selfie)
    assert not guests.leave("")
    assert not guests.leave(guest.key + "x")
    assert guests.present() == [guest]
    assert guests.leave(guest.key)
    assert guests.present() == []
    assert guest.key not in repr(guest)


def test_a_steady_cell_forgets_who_left(selfie):
    stage = palette_of(steadiness=0.5)
    placer = Placer(stage.palette, stage.controls)
    frame = Frame(0, noise(colour=True), 0.0)
    guest = stage.palette.guests.join(selfie)
    assert (placer(frame).placement == 30).any()
    stage.palette.guests.leave(guest.key)
    assert placer(frame).placement.max() < 30


def copies_in_memory(negative):
    """
    Count a pattern, given as its negative, in all that this process may write to.

    Memory is read into one place and turned to its negative there, so that the search
    leaves no copy of what it looks for.
    """
    room = np.zeros(2**22, np.uint8)
    own = room.__array_interface__["data"][0]
    found = 0
    with Path("/proc/self/mem").open("rb", buffering=0) as memory:
        for start, end in writable_spans(own, own + len(room)):
            for at in range(start, end, len(room) - len(negative)):
                memory.seek(at)
                with suppress(OSError):
                    size = memory.readinto(room[: end - at])
                    np.bitwise_not(room[:size], out=room[:size])
                    found += bytearray(room[:size]).count(negative)
    return found


def writable_spans(*hole):
    """Yield what of this process's memory can be written to, but for a hole."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, rights, *_ = line.split()
        start, end = (int(part, 16) for part in span.split("-"))
        if rights.startswith("rw"):
            yield start, min(end, max(start, hole[0]))
            yield max(start, min(end, hole[1])), end


def test_who_left_leaves_no_trace_in_memory_or_in_what_is_shown(selfie):
    stage = palette_of(steadiness=0.1)
    placer = Placer(stage.palette, stage.controls)
    assert placer(Frame(0, noise(), 0.0)).placement.max() < 30
    guest = stage.palette.guests.join(selfie)
    tile = guest.tiles["0"]
    negative = np.bitwise_not(tile[3:9]).tobytes()
    # The guest's own tile, and those to be matched, to be drawn, laid out for kernels.
    assert copies_in_memory(negative) >= 4
    assert (placer(Frame(0, noise(), 0.0)).placement == 30).any()
    stage.palette.guests.leave(guest.key)
    after = placer(Frame(1, noise(), 0.0))
    gc.collect()
    assert copies_in_memory(negative) == 0
    assert not tile.any()
    assert after.placement.max() < 30
    assert not after.tiles.drawn[30:].any()


# ---- over the socket ----


def test_a_guest_joins_is_placed_found_and_removed_over_the_socket(selfie):
    frame = noise(colour=False)

    async def look(page):
        async with looking(page, viewers=2) as [guest, other]:
            assert (await guest.text("hello"))["hello"]["guests"] == 3
            _, before = await other.place(frame)
            start = time.perf_counter()
            own = (await guest.join(selfie))["guest"]
            assert (await other.text("guests"))["guests"] == []
            [entry] = (await other.text("guests"))["guests"]
            _, during = await other.place(frame)
            seconds = time.perf_counter() - start
            await guest.ask(do="return", key=own["key"])
            back = (await guest.text("guest"))["guest"]
            await other.ask(do="leave", key="somebody else's")
            await other.text("guest")
            _, still = await other.place(frame)
            await guest.ask(do="leave", key=own["key"])
            assert (await guest.text("guest"))["guest"] is None
            gone = (await other.text("guests"))["guests"]
            _, after = await other.place(frame)
            return own, entry, back, seconds, before, during, still, gone, after

    with serving(tiles_of(30, (12, 16)), guests=3, frame=FRAME) as (page, _):
        own, entry, back, seconds, *placements = asyncio.run(look(page))
    before, during, still, gone, after = placements
    assert own["seat"] == entry["seat"] == back["seat"] == 0
    assert reference.decode(base64.b64decode(entry["tiles"][0])).shape == (12, 16, 3)
    assert seconds < 5
    assert (during == 30).any()
    assert (still == 30).any()
    assert gone == []
    assert before.max() < 30
    assert after.max() < 30


def test_a_guest_without_a_face_is_told_so_and_may_try_again(selfie):
    async def look(page):
        async with looking(page) as [client]:
            refused = await client.join(np.zeros_like(selfie))
            return refused, await client.join(selfie)

    with serving(tiles_of(30, (12, 16)), guests=3, frame=FRAME) as (page, _):
        refused, joined = asyncio.run(look(page))
    assert "look straight" in refused["refused"]
    assert joined["guest"]["seat"] == 0


def test_nobody_can_join_where_guests_are_off(selfie):
    async def look(page):
        async with looking(page) as [client]:
            with pytest.raises(ConnectionResetError, match="guest"):
                await client.join(selfie)

    with serving(tiles_of(30, (12, 16)), frame=FRAME) as (page, stage):
        assert stage.palette.guests is None
        asyncio.run(look(page))
