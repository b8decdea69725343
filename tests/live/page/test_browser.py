"""The live page in Chromium, with a fake camera that shows a clip."""

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
from live_samples import random_tiles
from page_samples import origin_and_token, serve_page
from playwright.sync_api import expect, sync_playwright
from skimage import data

from pigeonhole.imaging.resize import resize, to_gray
from pigeonhole.live.frames import Frame
from pigeonhole.live.matcher import FrameMatcher
from pigeonhole.matching import render

GRAY, COLOR = random_tiles(9, (6, 8)), random_tiles(9, (6, 8, 3), seed=3)
SMALL = {"frame_size": "32x24"}


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
def open_page(browser, page, *, start=True, **options):
    """Open the live page. Messages on its console fail the test."""
    context = browser.new_context(viewport={"width": 1000, "height": 800}, **options)
    view = context.new_page()
    messages = []
    view.on("console", lambda message: messages.append(message.text))
    view.on("pageerror", lambda error: messages.append(str(error)))
    view.goto(page.urls[0])
    if start:
        view.click("#start")
        expect(view.locator("#fps")).to_have_text(re.compile(r"\d"))
    yield view
    context.close()
    assert messages == []


@pytest.fixture
def matched_frames(monkeypatch):
    """Collect the matched frames of each viewer, by matcher."""
    frames = {}
    match = FrameMatcher.__call__

    def collect(matcher, frame):
        matched = match(matcher, frame)
        frames.setdefault(matcher, []).append(matched)
        return matched

    monkeypatch.setattr(FrameMatcher, "__call__", collect)
    return frames


def canvas_image(view, name="mosaic"):
    url = view.evaluate(f"document.getElementById('{name}').toDataURL()")
    return reference.decode(url)


def render_rgb(placement, tiles):
    """Render a placement as the canvas should show it."""
    image = render(tiles, placement)
    return image if tiles.ndim == 4 else np.stack([image] * 3, axis=-1)


def wait_for_placement(view, matched_frames, tiles, condition=lambda matched: True):
    """Wait until the canvas shows a frame that fulfills the condition, exactly."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        shown = canvas_image(view)
        candidates = [
            matched
            for frames in matched_frames.values()
            for matched in frames
            if matched.tile_set.color == (tiles.ndim == 4) and condition(matched)
        ]
        if any(
            np.array_equal(shown, render_rgb(matched.placement, tiles))
            for matched in candidates
        ):
            return candidates
        view.wait_for_timeout(50)
    raise AssertionError("the canvas never showed such a placement")


def test_the_canvas_shows_exactly_the_rendered_placement(browser, matched_frames):
    with (
        serve_page(GRAY, COLOR, **SMALL) as (page, _),
        open_page(browser, page) as view,
    ):
        for matched in wait_for_placement(view, matched_frames, GRAY)[:2]:
            frame = matched.frame.image
            assert frame.shape == (24, 32)
            assert frame.std() > 20
            expected = reference.place(frame, GRAY)
            np.testing.assert_array_equal(matched.placement, expected)
        view.select_option("#set", label="1")
        for matched in wait_for_placement(view, matched_frames, COLOR)[:2]:
            frame = matched.frame.image
            assert frame.shape == (24, 32, 3)
            expected = reference.place(frame, COLOR)
            np.testing.assert_array_equal(matched.placement, expected)


def test_gray_values_in_the_browser_equal_those_of_opencv(browser):
    colors = np.random.default_rng(1).integers(0, 256, (50, 40, 4), np.uint8)
    with (
        serve_page(**SMALL) as (page, _),
        open_page(browser, page, start=False) as view,
    ):
        gray = view.evaluate(
            """async (bytes) => {
                const { writeGray } = await import("./live/camera.js");
                const gray = new Uint8Array(bytes.length / 4);
                writeGray(new Uint32Array(new Uint8Array(bytes).buffer), gray);
                return Array.from(gray);
            }""",
            colors.ravel().tolist(),
        )
    expected = to_gray(np.ascontiguousarray(colors[..., :3]))
    np.testing.assert_array_equal(np.reshape(gray, (50, 40)), expected)


def test_a_key_turns_the_mirror_off(browser, matched_frames):
    with serve_page(GRAY, **SMALL) as (page, _), open_page(browser, page) as view:
        [frames] = matched_frames.values()
        mirrored = frames[-1].frame.image
        view.keyboard.press("m")
        expect(view.locator("#mirror")).to_have_attribute("aria-pressed", "false")
        count = len(frames)
        while len(frames) < count + 3:
            view.wait_for_timeout(20)
        plain = frames[-1].frame.image

    def difference(other):
        return np.abs(mirrored.astype(int) - other).mean()

    # The clip moves, but only a little.
    assert difference(plain[:, ::-1]) < difference(plain)


def test_the_card_of_a_tile_opens_by_mouse_and_keyboard(browser):
    with serve_page(GRAY, **SMALL) as (page, _), open_page(browser, page) as view:
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


def test_the_card_of_a_tile_without_credits_shows_the_file_name(browser):
    with serve_page(GRAY, **SMALL) as (page, session):
        for row in session.tile_sets.get("0").original.rows:
            for name in ("photographer", "photographer_url", "page_url", "license"):
                object.__setattr__(row, name, "")
        with open_page(browser, page) as view:
            view.hover("#mosaic")
            expect(view.locator("#who")).to_have_text("p.jpg")
            words = "Photographer unknown · License unknown"
            expect(view.locator("#from")).to_have_text(words)
            assert view.locator("#card a").count() == 0


def test_a_snapshot_and_a_recording_are_saved(browser, tmp_path):
    with serve_page(GRAY, **SMALL) as (page, _), open_page(browser, page) as view:
        with view.expect_download() as download:
            view.keyboard.press("s")
        assert download.value.suggested_filename.endswith(".png")
        image = reference.decode(download.value.path().read_bytes())
        assert image.shape == (24, 32, 3)
        assert image.std() > 20
        view.keyboard.press("r")
        view.wait_for_timeout(1500)
        with view.expect_download() as download:
            view.keyboard.press("r")
        with av.open(str(download.value.path())) as video:
            sizes = [(frame.width, frame.height) for frame in video.decode(video=0)]
    assert len(sizes) > 1
    assert set(sizes) == {(32, 24)}


LIGHT = """() => {
    const light = document.getElementById("highlight");
    const { width, height } = light;
    const { data } = light.getContext("2d").getImageData(0, 0, width, height);
    const clear = data.filter((value, at) => at % 4 === 3 && value === 0);
    return clear.length / (width * height);
}"""
"""The share of the canvas that isn't darkened around a guest."""


def test_a_guest_joins_with_consent_is_found_and_leaves(browser, matched_frames):
    with (
        serve_page(GRAY, guests=2, **SMALL) as (page, session),
        open_page(browser, page) as view,
        open_page(browser, page) as other,
    ):
        guests = session.tile_sets.guests
        view.click("#join")
        expect(view.locator("#consent")).to_be_disabled()
        view.check("#agree")
        view.click("#consent")
        expect(view.locator("#find")).to_be_visible()
        [guest] = guests.present()
        # Other viewers' pages show the guest's own tile.
        tiles = np.stack([*GRAY, guest.tiles["0"]])
        wait_for_placement(
            other, matched_frames, tiles, lambda m: m.placement.max() == 9
        )
        view.click("#find")
        expect(view.locator("#highlight")).to_have_class("visible")
        view.wait_for_timeout(500)
        share = view.evaluate(LIGHT)
        shares = {
            (matched.placement == 9).mean()
            for frames in matched_frames.values()
            for matched in frames
        }
        assert share in shares - {0}
        # A reloaded page still knows its guest.
        view.reload()
        expect(view.locator("#leave")).to_be_visible()
        view.click("#leave")
        expect(view.locator("#join")).to_be_visible()
        assert guests.present() == []
        counts = {matcher: len(frames) for matcher, frames in matched_frames.items()}
        view.wait_for_timeout(500)
        for matcher, frames in matched_frames.items():
            after = frames[counts[matcher] :]
            assert all(matched.placement.max() < 9 for matched in after)
        wait_for_placement(other, matched_frames, GRAY, lambda m: m.placement.max() < 9)


def test_in_full_screen_the_mosaic_fills_the_window(browser):
    with serve_page(GRAY, **SMALL) as (page, _), open_page(browser, page) as view:
        view.keyboard.press("f")
        expect(view.locator("body")).to_have_class(re.compile("full-screen"))
        box = view.locator("#mosaic").bounding_box()
        width, height = view.evaluate("[innerWidth, innerHeight]")
        assert max(box["width"] / width, box["height"] / height) > 0.99
        view.keyboard.press("f")
        expect(view.locator("body")).not_to_have_class(re.compile("full-screen"))


def test_a_lost_connection_is_restored(browser):
    with serve_page(GRAY, **SMALL) as (page, _), open_page(browser, page) as view:
        [viewer] = page._server._manager.viewers
        page._server._loop.call_soon_threadsafe(viewer.abort)
        expect(view.locator("#notice")).to_contain_text("connection was lost")
        expect(view.locator("#notice")).to_be_hidden()
        expect(view.locator("#fps")).to_have_text(re.compile(r"[1-9]"))


def test_a_page_without_its_own_camera_waits_for_the_first_image(browser):
    with (
        serve_page(GRAY, source="synthetic", **SMALL) as (page, session),
        open_page(browser, page, start=False) as view,
    ):
        welcome = view.locator("#welcome")
        expect(welcome).to_contain_text("Waiting for the first image…")
        assert "camera" not in welcome.inner_text().lower()
        frame = Frame(1, data.astronaut()[:24, :32], time.perf_counter())
        matched = FrameMatcher(session.tile_sets, session.controls)(frame)
        page.write(matched)
        # The page may still be loading the atlas.
        view.wait_for_timeout(200)
        page.write(matched)
        expect(welcome).to_be_hidden()


def test_when_the_run_ends_the_page_saves_its_recording_and_stops_the_camera(browser):
    with (
        serve_page(GRAY, COLOR, guests=2, **SMALL) as (page, _),
        open_page(browser, page, start=False) as view,
    ):
        view.evaluate(
            """() => {
                const { mediaDevices } = navigator;
                const open = mediaDevices.getUserMedia.bind(mediaDevices);
                mediaDevices.getUserMedia = async (constraints) =>
                    window.stream = await open(constraints);
            }"""
        )
        view.click("#start")
        expect(view.locator("#fps")).to_have_text(re.compile(r"\d"))
        view.keyboard.press("r")
        with view.expect_download():
            page.close()
        expect(view.locator("#notice")).to_contain_text("The mosaic has ended.")
        assert not view.evaluate("window.stream.active")
        for name in ("#guest-bar", "#set-choice", "#welcome"):
            expect(view.locator(name)).to_be_hidden()
        # A page that tried to reconnect would log an error.
        view.wait_for_timeout(700)
        expect(view.locator("#notice")).to_be_visible()


OTHER_PAGE = b"<!doctype html><title>Another site</title>"


class OtherSite(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(OTHER_PAGE)

    def log_message(self, *_):
        pass


def test_another_site_can_load_nothing_even_with_the_token(browser):
    server = ThreadingHTTPServer(("127.0.0.1", 0), OtherSite)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context()
    view = context.new_page()
    view.goto(f"http://127.0.0.1:{server.server_port}/")
    with serve_page(GRAY, **SMALL) as (page, _):
        origin, token = origin_and_token(page)
        results = view.evaluate(
            """async ([origin, token]) => {
                const outcome = (promise) =>
                    promise.then(() => "loaded", () => "failed");
                const url = origin + "/atlas/0/0?token=" + token;
                const socket = new WebSocket(
                    origin.replace("http", "ws") + "/live?token=" + token);
                return Promise.all([
                    outcome(fetch(url)), outcome(fetch(url, { mode: "no-cors" })),
                    outcome(Object.assign(new Image(), { src: url }).decode()),
                    outcome(new Promise((resolve, reject) => {
                        socket.onopen = resolve; socket.onerror = reject; })),
                ]);
            }""",
            [origin, token],
        )
    context.close()
    server.shutdown()
    server.server_close()
    assert results == ["failed"] * 4


def test_a_phone_shows_the_mosaic_over_tls(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    phone = {"ignore_https_errors": True, "has_touch": True}
    with (
        serve_page(GRAY, host="0.0.0.0", **SMALL) as (page, _),
        open_page(browser, page, **phone) as view,
    ):
        view.set_viewport_size({"width": 390, "height": 800})
        assert view.evaluate("isSecureContext")
        view.locator("#mosaic").tap(position={"x": 50, "y": 50})
        expect(view.locator("#who")).to_have_text("Ada")
        assert view.evaluate("document.documentElement.scrollWidth") <= 390
