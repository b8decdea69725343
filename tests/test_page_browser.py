"""The live page in Debian's Chromium, before a camera that shows a clip."""

import re
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import av
import cv2
import numpy as np
import pytest
import reference
from live_samples import tiles_of
from page_samples import serving, split
from playwright.sync_api import expect, sync_playwright
from skimage import data

from pigeonhole.imaging.resize import resize, to_grey
from pigeonhole.live.frames import Frame
from pigeonhole.live.matcher import Placer
from pigeonhole.matching import render

GREY, COLOUR = tiles_of(9, (6, 8)), tiles_of(9, (6, 8, 3), seed=3)
SMALL = {"frame": "32x24"}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    clip = tmp_path_factory.mktemp("camera") / "astronaut.y4m"
    person = resize(data.astronaut()[:384], 640, 480)
    with clip.open("wb") as file:
        file.write(b"YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg\n")
        for step in range(10):
            moved = np.roll(person, 4 * step, axis=1)
            planes = cv2.cvtColor(moved, cv2.COLOR_RGB2YUV_I420)
            file.write(b"FRAME\n" + planes.tobytes())
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={clip}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=arguments
        )
        yield browser
        browser.close()


@contextmanager
def opened(browser, page, *, start=True, number=0, **how):
    """Open the live page; whatever it complains of fails the test."""
    context = browser.new_context(viewport={"width": 1000, "height": 800}, **how)
    view = context.new_page()
    complaints = []
    view.on("console", lambda said: complaints.append(said.text))
    view.on("pageerror", lambda error: complaints.append(str(error)))
    view.goto(page.addresses[number])
    if start:
        view.click("#start")
        expect(view.locator("#fps")).to_have_text(re.compile(r"\d"))
    yield view
    context.close()
    assert complaints == []


@pytest.fixture
def seen(monkeypatch):
    """Keep each viewer's placements."""
    kept = {}
    place = Placer.__call__

    def keep(placer, frame):
        placed = place(placer, frame)
        kept.setdefault(placer, []).append(placed)
        return placed

    monkeypatch.setattr(Placer, "__call__", keep)
    return kept


def canvas_of(view, name="mosaic"):
    url = view.evaluate(f"document.getElementById('{name}').toDataURL()")
    return reference.decode(url)


def pictures_of(placed, tiles):
    """Render placements as the canvas should show them."""
    for each in placed:
        picture = render(tiles, each.placement)
        yield picture if tiles.ndim == 4 else np.stack([picture] * 3, axis=-1)


def shows_one_of(view, seen, tiles, wanted=lambda placed: True):
    """Wait until the canvas is a placement of that kind, pixel by pixel."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        shown = canvas_of(view)
        placed = [
            each
            for kept in seen.values()
            for each in kept
            if each.tiles.colour == (tiles.ndim == 4) and wanted(each)
        ]
        if any(np.array_equal(shown, p) for p in pictures_of(placed, tiles)):
            return placed
        view.wait_for_timeout(50)
    raise AssertionError("the canvas never was a placement of that kind")


def test_the_canvas_is_the_rendered_placement_pixel_by_pixel(browser, seen):
    with serving(GREY, COLOUR, **SMALL) as (page, _), opened(browser, page) as view:
        for each in shows_one_of(view, seen, GREY)[:2]:
            frame = each.frame.picture
            assert frame.shape == (24, 32)
            assert frame.std() > 20
            np.testing.assert_array_equal(each.placement, reference.place(frame, GREY))
        view.select_option("#set", label="1")
        for each in shows_one_of(view, seen, COLOUR)[:2]:
            frame = each.frame.picture
            assert frame.shape == (24, 32, 3)
            np.testing.assert_array_equal(
                each.placement, reference.place(frame, COLOUR)
            )


def test_grey_in_the_browser_is_grey_here(browser):
    colours = np.random.default_rng(1).integers(0, 256, (50, 40, 4), np.uint8)
    with serving(**SMALL) as (page, _), opened(browser, page, start=False) as view:
        grey = view.evaluate(
            """async (bytes) => {
                const { toGrey } = await import("./camera.js");
                const grey = new Uint8Array(bytes.length / 4);
                toGrey(new Uint32Array(new Uint8Array(bytes).buffer), grey);
                return Array.from(grey);
            }""",
            colours.ravel().tolist(),
        )
    wanted = to_grey(np.ascontiguousarray(colours[..., :3]))
    np.testing.assert_array_equal(np.reshape(grey, (50, 40)), wanted)


def test_a_mirror_shows_the_other_side(browser, seen):
    with serving(GREY, **SMALL) as (page, _), opened(browser, page) as view:
        [kept] = seen.values()
        mirrored = kept[-1].frame.picture
        view.keyboard.press("m")
        expect(view.locator("#mirror")).to_have_attribute("aria-pressed", "false")
        count = len(kept)
        while len(kept) < count + 3:
            view.wait_for_timeout(20)
        plain = kept[-1].frame.picture

    def gap(other):
        return np.abs(mirrored.astype(int) - other).mean()

    # The clip moves a little, but not that much.
    assert gap(plain[:, ::-1]) < gap(plain)


def test_a_tiles_card_names_its_photographer_by_mouse_and_by_keys(browser):
    with serving(GREY, **SMALL) as (page, _), opened(browser, page) as view:
        canvas = view.locator("#mosaic")
        canvas.hover(position={"x": 100, "y": 100})
        expect(view.locator("#who")).to_have_text("Ada")
        view.mouse.move(2, 2)
        expect(view.locator("#card")).to_be_hidden()
        canvas.focus()
        view.keyboard.press("ArrowRight")
        expect(view.locator("#cursor")).to_be_visible()
        view.keyboard.press("Enter")
        link = view.locator("#card a").first
        expect(link).to_have_attribute("href", "https://example.org/ada")
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        view.keyboard.press("Escape")
        expect(view.locator("#card")).to_be_hidden()


def test_a_tile_of_which_nobody_is_known_goes_by_its_photo(browser):
    with serving(GREY, **SMALL) as (page, stage):
        for row in stage.palette.tiles("0").tile_set.rows:
            for name in ("photographer", "photographer_url", "page_url", "licence"):
                object.__setattr__(row, name, "")
        with opened(browser, page) as view:
            view.hover("#mosaic")
            expect(view.locator("#who")).to_have_text("p.jpg")
            words = "Photographer unknown · Licence unknown"
            expect(view.locator("#from")).to_have_text(words)
            assert view.locator("#card a").count() == 0


def test_a_snapshot_and_a_recording_are_saved(browser, tmp_path):
    with serving(GREY, **SMALL) as (page, _), opened(browser, page) as view:
        with view.expect_download() as download:
            view.keyboard.press("s")
        assert download.value.suggested_filename.endswith(".png")
        picture = reference.decode(download.value.path().read_bytes())
        assert picture.shape == (24, 32, 3)
        assert picture.std() > 20
        view.keyboard.press("r")
        view.wait_for_timeout(1500)
        with view.expect_download() as download:
            view.keyboard.press("r")
        with av.open(str(download.value.path())) as video:
            sizes = [(frame.width, frame.height) for frame in video.decode(video=0)]
    assert len(sizes) > 1
    assert set(sizes) == {(32, 24)}


LIGHT = """() => {
    const light = document.getElementById("light");
    const { width, height } = light;
    const { data } = light.getContext("2d").getImageData(0, 0, width, height);
    const clear = data.filter((value, at) => at % 4 === 3 && value === 0);
    return clear.length / (width * height);
}"""
"""How much is cut out of the dark around a guest."""


def test_a_guest_joins_by_consent_is_seen_found_and_taken_out(browser, seen):
    with (
        serving(GREY, guests=2, **SMALL) as (page, stage),
        opened(browser, page) as view,
        opened(browser, page) as other,
    ):
        guests = stage.palette.guests
        view.click("#join")
        expect(view.locator("#consent")).to_be_disabled()
        view.check("#agree")
        view.click("#consent")
        expect(view.locator("#find")).to_be_visible()
        [guest] = guests.present()
        # It is on other people's pages, in its own pixels.
        everyone = np.stack([*GREY, guest.tiles["0"]])
        shows_one_of(other, seen, everyone, lambda placed: placed.placement.max() == 9)
        view.click("#find")
        expect(view.locator("#light")).to_have_class("lit")
        view.wait_for_timeout(500)
        share = view.evaluate(LIGHT)
        shares = {
            (each.placement == 9).mean() for kept in seen.values() for each in kept
        }
        assert share in shares - {0}
        # A page that was loaded again knows its guest.
        view.reload()
        expect(view.locator("#leave")).to_be_visible()
        view.click("#leave")
        expect(view.locator("#join")).to_be_visible()
        assert guests.present() == []
        gone = {placer: len(kept) for placer, kept in seen.items()}
        view.wait_for_timeout(500)
        for placer, kept in seen.items():
            assert all(each.placement.max() < 9 for each in kept[gone[placer] :])
        shows_one_of(other, seen, GREY, lambda placed: placed.placement.max() < 9)


def test_on_a_wall_the_mosaic_fills_the_screen(browser):
    with serving(GREY, **SMALL) as (page, _), opened(browser, page) as view:
        view.keyboard.press("f")
        expect(view.locator("body")).to_have_class(re.compile("wall"))
        box = view.locator("#mosaic").bounding_box()
        wide, tall = view.evaluate("[innerWidth, innerHeight]")
        assert max(box["width"] / wide, box["height"] / tall) > 0.99
        view.keyboard.press("f")
        expect(view.locator("body")).not_to_have_class(re.compile("wall"))


def test_a_lost_connection_comes_back(browser):
    with serving(GREY, **SMALL) as (page, _), opened(browser, page) as view:
        [viewer] = page._server._studio.viewers
        page._server._loop.call_soon_threadsafe(viewer.abort)
        expect(view.locator("#notice")).to_contain_text("connection is lost")
        expect(view.locator("#notice")).to_be_hidden()
        expect(view.locator("#fps")).to_have_text(re.compile(r"[1-9]"))


def test_a_page_waits_for_a_source_of_any_kind(browser):
    with (
        serving(GREY, source="synthetic", **SMALL) as (page, stage),
        opened(browser, page, start=False) as view,
    ):
        welcome = view.locator("#welcome")
        expect(welcome).to_contain_text("Waiting for the first picture…")
        assert "camera" not in welcome.inner_text().lower()
        frame = Frame(1, data.astronaut()[:24, :32], time.perf_counter())
        placed = Placer(stage.palette, stage.controls)(frame)
        page.take(placed)
        # The tiles may still be on their way.
        view.wait_for_timeout(200)
        page.take(placed)
        expect(welcome).to_be_hidden()


def test_at_the_end_a_page_saves_its_recording_and_leaves_camera_and_server(browser):
    with (
        serving(GREY, COLOUR, guests=2, **SMALL) as (page, _),
        opened(browser, page, start=False) as view,
    ):
        view.evaluate(
            """() => {
                const { mediaDevices } = navigator;
                const open = mediaDevices.getUserMedia.bind(mediaDevices);
                mediaDevices.getUserMedia = async (wish) =>
                    window.seen = await open(wish);
            }"""
        )
        view.click("#start")
        expect(view.locator("#fps")).to_have_text(re.compile(r"\d"))
        view.keyboard.press("r")
        with view.expect_download():
            page.close()
        expect(view.locator("#notice")).to_contain_text("The mosaic has ended.")
        assert not view.evaluate("window.seen.active")
        for name in ("#guest-bar", "#set-choice", "#welcome"):
            expect(view.locator(name)).to_be_hidden()
        # A page that tried again would complain that nobody is there.
        view.wait_for_timeout(700)
        expect(view.locator("#notice")).to_be_visible()


STRANGER = b"""<!doctype html><title>elsewhere</title>"""


class Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(STRANGER)

    def log_message(self, *_):
        pass


def test_a_page_from_another_origin_gets_nothing_even_with_the_token(browser):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context()
    view = context.new_page()
    view.goto(f"http://127.0.0.1:{server.server_port}/")
    with serving(GREY, **SMALL) as (page, _):
        origin, token = split(page)
        got = view.evaluate(
            """async ([origin, token]) => {
                const tell = (promise) => promise.then(() => "got it", () => "nothing");
                const there = origin + "/atlas/0/0?token=" + token;
                const socket = new WebSocket(
                    origin.replace("http", "ws") + "/live?token=" + token);
                return Promise.all([
                    tell(fetch(there)), tell(fetch(there, { mode: "no-cors" })),
                    tell(Object.assign(new Image(), { src: there }).decode()),
                    tell(new Promise((done, failed) => {
                        socket.onopen = done; socket.onerror = failed; })),
                ]);
            }""",
            [origin, token],
        )
    context.close()
    server.shutdown()
    server.server_close()
    assert got == ["nothing"] * 4


def test_a_phone_sees_the_mosaic_by_tls(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    phone = {"ignore_https_errors": True, "has_touch": True}
    with (
        serving(GREY, host="0.0.0.0", **SMALL) as (page, _),
        opened(browser, page, **phone) as view,
    ):
        view.set_viewport_size({"width": 390, "height": 800})
        assert view.evaluate("isSecureContext")
        view.locator("#mosaic").tap(position={"x": 50, "y": 50})
        expect(view.locator("#who")).to_have_text("Ada")
        wide = view.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390
