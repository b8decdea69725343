"""Measure the live page: frame rate and latency in a browser, many viewers, guests.

It needs Chromium and Playwright and uses only the loopback interface.
"""

import asyncio
import json
import multiprocessing
import os
import re
import resource
import socket
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import cv2
import numpy as np
from playwright.sync_api import expect, sync_playwright
from skimage import data

from benchmarks import samples
from pigeonhole.imaging.resize import resize
from pigeonhole.live.frames import Frame
from pigeonhole.live.matcher import FrameMatcher
from pigeonhole.live.page import PageSink
from pigeonhole.live.page.protocol import (
    FRAME,
    GUEST,
    IMAGE_HEADER,
    PLACEMENT_HEADER,
)
from pigeonhole.live.session import Controls, Session
from pigeonhole.live.tile_sets import TileSets
from pigeonhole.settings import LiveSettings
from pigeonhole.tiles import TileRow, TileSet

TILES = 1885
WINDOWS = {"640x480": (900, 640), "1920x1080": (1920, 1080)}
BROWSER_SECONDS = 7.0
"""Seconds for which each browser is measured."""
VIEWERS, STALLED_VIEWERS, INVALID_VIEWERS = 180, 10, 10
"""Numbers of viewers that read, that don't read, and that send invalid messages."""
CROWD_SECONDS = float(os.environ.get("CROWD_SECONDS", "60"))
"""Seconds for which all viewers are connected."""
CROWD_FPS = 30


def run():
    rows = [
        measure_browser(color, size, window)
        for color in (False, True)
        for size in ((16, 12), (64, 48))
        for window in WINDOWS
    ]
    return [*rows, measure_crowd(), measure_guest()]


# ---- one browser ----


def measure_browser(color, size, window):
    """Measure one page whose camera has 30 frames per second."""
    with (
        serve_page(
            make_tile_set(*size, color), cell_size="16x12", source="browser"
        ) as page,
        open_browser(*WINDOWS[window]) as view,
    ):
        view.goto(page.urls[0])
        view.click("#start")
        expect(view.locator("#fps")).to_have_text(re.compile(r"\d"))
        view.wait_for_timeout(2500)
        view.evaluate(RECORD_FRAMES)
        view.wait_for_timeout(1000 * BROWSER_SECONDS)
        frames = view.evaluate("window.frames_shown")
    latencies = np.array([frame["latency"] for frame in frames])
    times = [frame["at"] for frame in frames]
    seconds = (times[-1] - times[0]) / 1000
    return {
        "benchmark": "page",
        "color": color,
        "tile": "x".join(map(str, size)),
        "window": window,
        "frames_per_second": round((len(frames) - 1) / seconds, 1),
        "camera_to_canvas_ms": round(float(np.median(latencies)), 1),
        "p95_ms": round(float(np.percentile(latencies, 95)), 1),
    }


RECORD_FRAMES = """async () => {
    const { FrameStats } = await import("./live/frame_stats.js");
    const add = FrameStats.prototype.add;
    window.frames_shown = [];
    FrameStats.prototype.add = function (latency, changed) {
        window.frames_shown.push({ at: performance.now(), latency });
        add.call(this, latency, changed);
    };
}"""


@contextmanager
def open_browser(width, height):
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
    ]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        clip = Path(folder, "camera.y4m")
        save_clip(clip)
        arguments.append(f"--use-file-for-fake-video-capture={clip}")
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=arguments
        )
        yield chromium.new_page(viewport={"width": width, "height": height})
        chromium.close()


def save_clip(path, frames=60, size=(640, 480)):
    """Save a clip of a portrait that sways slightly."""
    portrait = np.ascontiguousarray(resize(data.astronaut()[:384], *size))
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W%d H%d F30:1 Ip A1:1 C420jpeg\n" % size)
        for number in range(frames):
            shift = np.sin(2 * np.pi * number / frames)
            matrix = np.float32([[1, 0, 12 * shift], [0, 1, 5 * shift]])
            moved = cv2.warpAffine(
                portrait, matrix, size, borderMode=cv2.BORDER_REPLICATE
            )
            planes = cv2.cvtColor(moved, cv2.COLOR_RGB2YUV_I420)
            file.write(b"FRAME\n" + planes.tobytes())


# ---- many viewers ----


def measure_crowd():
    """Send placements to 200 viewers: some don't read, some send invalid messages."""
    with serve_page(make_tile_set(16, 12, color=False), source="synthetic") as page:
        session = page._server._manager._session
        matcher = FrameMatcher(session.tile_sets, session.controls)
        image = samples.frame(color=True)
        matcher.warm_up(session.settings.frame_size)
        context = multiprocessing.get_context("spawn")
        messages = context.SimpleQueue()
        process = context.Process(target=_run_crowd, args=(page.urls[0], messages))
        process.start()
        messages.get()
        memory, start, number = [], time.perf_counter(), 0
        while (now := time.perf_counter()) - start < CROWD_SECONDS:
            page.write(matcher(Frame(number, np.roll(image, number, 1), now)))
            number += 1
            if number % CROWD_FPS == 0:
                memory.append(memory_mb())
            time.sleep(max(0.0, start + number / CROWD_FPS - time.perf_counter()))
        seconds = time.perf_counter() - start
        connected = len(page._server._manager.viewers)
        page.close()
        counts, p95_gap, closed = messages.get()
        process.join()
    # By now, buffers and caches have their final size.
    warmed_up = len(memory) // 4
    return {
        "benchmark": "crowd",
        "viewers": VIEWERS + STALLED_VIEWERS + INVALID_VIEWERS,
        "seconds": round(seconds, 1),
        "frames_per_second": round(number / seconds, 1),
        "min_share_received": round(min(counts) / number, 3),
        "median_share_received": round(float(np.median(counts)) / number, 3),
        "p95_gap_ms": round(1000 * p95_gap, 1),
        "invalid_closed": closed,
        "connected_at_end": connected,
        "memory_mb": round(memory[-1], 1),
        "memory_growth_mb": round(memory[-1] - memory[warmed_up], 1),
    }


def memory_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _run_crowd(url, messages):
    messages.put(asyncio.run(Crowd(url).run(lambda: messages.put("ready"))))


class Crowd:
    """Viewers that read, that stall, and that send invalid messages."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.host, self.port, self.token = parts.hostname, parts.port, parts.fragment
        self.origin = f"http://{parts.netloc}"
        self.socket_url = f"{self.origin}/live?token={self.token}"
        self.counts = [0] * VIEWERS
        self.times = []
        self.connected = self.closed = 0

    async def run(self, on_connected):
        """
        Return the results of all viewers.

        These are the number of placements for each viewer that reads, the 95th
        percentile of the seconds between two placements, and the number of invalid
        connections that the server closed.
        """
        stalled = [
            _stalled_connection(self.host, self.port, self.token, self.origin)
            for _ in range(STALLED_VIEWERS)
        ]
        connector = aiohttp.TCPConnector(limit=0)
        headers = {"Origin": self.origin}
        async with aiohttp.ClientSession(connector=connector, headers=headers) as http:
            reading = [
                asyncio.create_task(self.read_placements(http, number))
                for number in range(VIEWERS)
            ]
            while self.connected < VIEWERS:
                await asyncio.sleep(0.05)
            invalid = [
                asyncio.create_task(self.send_invalid_messages(http, seed))
                for seed in range(INVALID_VIEWERS)
            ]
            on_connected()
            await asyncio.wait_for(asyncio.gather(*reading), CROWD_SECONDS + 30)
            for task in invalid:
                task.cancel()
        for connection in stalled:
            connection.close()
        gaps = np.diff(self.times)
        return self.counts, float(np.percentile(gaps, 95)), self.closed

    async def read_placements(self, http, number):
        async with http.ws_connect(self.socket_url) as socket:
            self.connected += 1
            async for message in socket:
                if message.type == aiohttp.WSMsgType.BINARY:
                    self.counts[number] += 1
                    if number == 0:
                        self.times.append(time.monotonic())

    async def send_invalid_messages(self, http, seed):
        """Connect again and again, and send random bytes each time."""
        random = np.random.default_rng(seed)
        while True:
            try:
                async with http.ws_connect(self.socket_url) as socket:
                    await socket.send_bytes(random.bytes(int(random.integers(1, 4e5))))
                    async for _ in socket:
                        pass
                    self.closed += 1
            except (aiohttp.ClientError, OSError):
                return
            await asyncio.sleep(0.2)


def _stalled_connection(host, port, token, origin):
    """Return a WebSocket that never reads."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((host, port))
    connection.sendall(
        f"GET /live?token={token} HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Origin: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    return connection


# ---- a guest ----


def measure_guest():
    """Measure how soon another viewer sees a guest that joins, and one that leaves."""
    frame = samples.frame(color=False)
    tile_set = make_tile_set(16, 12, color=False)
    with serve_page(tile_set, guests=5, source="browser") as page:
        shown_after, gone_after, longest_frame = asyncio.run(
            _join_and_leave(page.urls[0], frame)
        )
    return {
        "benchmark": "guest",
        "shown_after_ms": round(1000 * shown_after, 1),
        "gone_after_ms": round(1000 * gone_after, 1),
        "longest_frame_ms": round(1000 * longest_frame, 1),
    }


async def _join_and_leave(url, frame):
    parts = urlsplit(url)
    origin = f"http://{parts.netloc}"
    socket_url = f"{origin}/live?token={parts.fragment}"
    async with (
        aiohttp.ClientSession(headers={"Origin": origin}) as http,
        http.ws_connect(socket_url) as guest,
        http.ws_connect(socket_url) as viewer,
    ):
        frame_times = []
        await _place_until(viewer, frame, frame_times, guest_shown=False)
        frame_times.clear()
        portrait = samples.frame(color=True)
        await guest.send_bytes(IMAGE_HEADER.pack(GUEST, 0, 0, 1) + portrait.tobytes())
        shown_after = await _place_until(viewer, frame, frame_times, guest_shown=True)
        while "key" not in (message := (await guest.receive()).data):
            pass
        key = json.loads(message)["guest"]["key"]
        await guest.send_str(json.dumps({"do": "leave", "key": key}))
        gone_after = await _place_until(viewer, frame, frame_times, guest_shown=False)
        return shown_after, gone_after, max(frame_times)


async def _place_until(viewer, frame, frame_times, *, guest_shown):
    """Send frames until a guest is shown, or no longer shown; return the seconds."""
    start = time.perf_counter()
    while True:
        sent_at = time.perf_counter()
        await viewer.send_bytes(IMAGE_HEADER.pack(FRAME, 0, 0, 1) + frame.tobytes())
        while (message := await viewer.receive()).type != aiohttp.WSMsgType.BINARY:
            pass
        frame_times.append(time.perf_counter() - sent_at)
        numbers = np.frombuffer(message.data, "<u2", offset=PLACEMENT_HEADER.size)
        if (numbers.max() >= TILES) == guest_shown:
            return time.perf_counter() - start


# ---- the server ----


@contextmanager
def serve_page(tile_set, **changes):
    defaults = {
        "sink": "page",
        "frame_size": "640x480",
        "open_browser": False,
        "mirror": False,
    }
    settings = LiveSettings.model_validate(defaults | changes)
    tile_sets = TileSets({"faces": tile_set}, settings)
    session = Session(settings, tile_sets, Controls.of(settings, tile_sets))
    with closing(PageSink(session)) as page:
        yield page


def make_tile_set(width, height, color):
    tiles = samples.patches(TILES, width, height, color)
    rows = [
        TileRow(
            n,
            *2 * [f"{n:x}"],
            "p.jpg",
            0,
            0,
            width,
            height,
            0,
            "demo",
            "",
            "",
            "",
            "CC0",
        )
        for n in range(TILES)
    ]
    return TileSet(tiles, rows)
