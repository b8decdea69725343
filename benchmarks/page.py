"""The live page: frames a second and camera to canvas, a crowd of viewers, guests.

Needs Debian's Chromium and playwright. All stays on loopback and ends by itself.
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
from pigeonhole.live.matcher import Placer
from pigeonhole.live.page import Page
from pigeonhole.live.page.protocol import DOWN, UP
from pigeonhole.live.session import Controls, Stage
from pigeonhole.live.tile_sets import Palette
from pigeonhole.settings import live_settings
from pigeonhole.tiles import TileRow, TileSet

TILES = 1885
WINDOWS = {"640x480": (900, 640), "1920x1080": (1920, 1080)}
LOOKED = 7.0
"""Seconds for which each browser is watched."""
CROWD, STALLED, GARBAGE = 180, 10, 10
CROWDED = float(os.environ.get("CROWDED", "60"))
"""Seconds for which the crowd looks."""
CROWDED_RATE = 30


def run():
    rows = [
        shown(colour, size, window)
        for colour in (False, True)
        for size in ((16, 12), (64, 48))
        for window in WINDOWS
    ]
    return [*rows, crowd(), guest()]


# ---- one browser ----


def shown(colour, size, window):
    """Watch one page before a camera of 30 frames a second."""
    with (
        serving(tile_set(*size, colour), cell="16x12", source="browser") as page,
        browser(*WINDOWS[window]) as view,
    ):
        view.goto(page.addresses[0])
        view.click("#start")
        expect(view.locator("#fps")).to_have_text(re.compile(r"\d"))
        view.wait_for_timeout(2500)
        view.evaluate(WATCH)
        view.wait_for_timeout(1000 * LOOKED)
        seen = view.evaluate("window.seen")
    times = np.array([row["latency"] for row in seen])
    ends = [row["at"] for row in seen]
    return {
        "benchmark": "page",
        "colour": colour,
        "tile": "x".join(map(str, size)),
        "window": window,
        "frames_per_second": round(1000 * (len(seen) - 1) / (ends[-1] - ends[0]), 1),
        "camera_to_canvas_ms": round(float(np.median(times)), 1),
        "p95_ms": round(float(np.percentile(times, 95)), 1),
    }


WATCH = """async () => {
    const { Meter } = await import("./meter.js");
    const add = Meter.prototype.add;
    window.seen = [];
    Meter.prototype.add = function (latency, changed) {
        window.seen.push({ at: performance.now(), latency });
        add.call(this, latency, changed);
    };
}"""


@contextmanager
def browser(width, height):
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
    """A person who sways a little before the camera."""
    person = np.ascontiguousarray(resize(data.astronaut()[:384], *size))
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W%d H%d F30:1 Ip A1:1 C420jpeg\n" % size)
        for number in range(frames):
            sway = np.sin(2 * np.pi * number / frames)
            way = np.float32([[1, 0, 12 * sway], [0, 1, 5 * sway]])
            moved = cv2.warpAffine(person, way, size, borderMode=cv2.BORDER_REPLICATE)
            file.write(
                b"FRAME\n" + cv2.cvtColor(moved, cv2.COLOR_RGB2YUV_I420).tobytes()
            )


# ---- a crowd ----


def crowd():
    """Two hundred look at once, ten take nothing, ten send garbage."""
    with serving(tile_set(16, 12, colour=False), source="synthetic") as page:
        address = page.addresses[0]
        stage = page._server._studio._stage
        placer = Placer(stage.palette, stage.controls)
        picture = samples.frame(colour=True)
        placer.warm_up(stage.settings.frame)
        context = multiprocessing.get_context("spawn")
        told = context.SimpleQueue()
        crowd = context.Process(target=_crowd, args=(address, told))
        crowd.start()
        told.get()
        memory, start, number = [], time.perf_counter(), 0
        while (now := time.perf_counter()) - start < CROWDED:
            page.take(placer(Frame(number, np.roll(picture, number, 1), now)))
            number += 1
            if number % CROWDED_RATE == 0:
                memory.append(memory_mb())
            time.sleep(max(0.0, start + number / CROWDED_RATE - time.perf_counter()))
        seconds = time.perf_counter() - start
        there = len(page._server._studio.viewers)
        page.close()
        counts, gap, closed = told.get()
        crowd.join()
    settled = len(memory) // 4
    return {
        "benchmark": "crowd",
        "viewers": CROWD + STALLED + GARBAGE,
        "seconds": round(seconds, 1),
        "frames_per_second": round(number / seconds, 1),
        "least_seen": round(min(counts) / number, 3),
        "median_seen": round(float(np.median(counts)) / number, 3),
        "p95_gap_ms": round(1000 * gap, 1),
        "garbage_closed": closed,
        "still_there": there,
        "memory_mb": round(memory[-1], 1),
        "growth_mb": round(memory[-1] - memory[settled], 1),
    }


def memory_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _crowd(address, told):
    told.put(asyncio.run(Crowd(address).look(lambda: told.put("ready"))))


class Crowd:
    """Viewers of all kinds, in a process of their own."""

    def __init__(self, address):
        parts = urlsplit(address)
        self.host, self.port, self.token = parts.hostname, parts.port, parts.fragment
        self.origin = f"http://{parts.netloc}"
        self.url = f"{self.origin}/live?token={self.token}"
        self.counts = [0] * CROWD
        self.times = []
        self.ready = self.closed = 0

    async def look(self, all_there):
        plugs = [
            _stalled(self.host, self.port, self.token, self.origin)
            for _ in range(STALLED)
        ]
        connector = aiohttp.TCPConnector(limit=0)
        headers = {"Origin": self.origin}
        async with aiohttp.ClientSession(connector=connector, headers=headers) as s:
            looks = [asyncio.create_task(self.good(s, at)) for at in range(CROWD)]
            while self.ready < CROWD:
                await asyncio.sleep(0.05)
            bads = [asyncio.create_task(self.bad(s, seed)) for seed in range(GARBAGE)]
            all_there()
            await asyncio.wait_for(asyncio.gather(*looks), CROWDED + 30)
            for task in bads:
                task.cancel()
        for plug in plugs:
            plug.close()
        gaps = np.diff(self.times)
        return self.counts, float(np.percentile(gaps, 95)), self.closed

    async def good(self, session, at):
        async with session.ws_connect(self.url) as socket:
            self.ready += 1
            async for message in socket:
                if message.type == aiohttp.WSMsgType.BINARY:
                    self.counts[at] += 1
                    if at == 0:
                        self.times.append(time.monotonic())

    async def bad(self, session, seed):
        """Come back again and again, each time with other garbage."""
        random = np.random.default_rng(seed)
        while True:
            try:
                async with session.ws_connect(self.url) as socket:
                    await socket.send_bytes(random.bytes(int(random.integers(1, 4e5))))
                    async for _ in socket:
                        pass
                    self.closed += 1
            except (aiohttp.ClientError, OSError):
                return
            await asyncio.sleep(0.2)


def _stalled(host, port, token, origin):
    """Return a socket that never reads."""
    plug = socket.socket()
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plug.connect((host, port))
    plug.sendall(
        f"GET /live?token={token} HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Origin: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    return plug


# ---- a guest ----


def guest():
    """Time from a guest's picture to its placement on another's page, and back."""
    frame = samples.frame(colour=False)
    with serving(tile_set(16, 12, colour=False), guests=5, source="browser") as page:
        joined, gone, stall = asyncio.run(_visit(page.addresses[0], frame))
    return {
        "benchmark": "guest",
        "placed_after_ms": round(1000 * joined, 1),
        "gone_after_ms": round(1000 * gone, 1),
        "longest_wait_for_a_frame_ms": round(1000 * stall, 1),
    }


async def _visit(address, frame):
    parts = urlsplit(address)
    origin = f"http://{parts.netloc}"
    url = f"{origin}/live?token={parts.fragment}"
    async with (
        aiohttp.ClientSession(headers={"Origin": origin}) as session,
        session.ws_connect(url) as own,
        session.ws_connect(url) as other,
    ):
        waits = []
        await _until(other, frame, waits, guest=False)
        waits.clear()
        await own.send_bytes(UP.pack(2, 0, 0, 1) + samples.frame(colour=True).tobytes())
        joined = await _until(other, frame, waits, guest=True)
        while "key" not in (told := (await own.receive()).data):
            pass
        key = json.loads(told)["guest"]["key"]
        await own.send_str(json.dumps({"do": "leave", "key": key}))
        return joined, await _until(other, frame, waits, guest=False), max(waits)


async def _until(viewer, frame, waits, *, guest):
    """Send frames until a guest is placed, or no more; return the seconds."""
    start = time.perf_counter()
    while True:
        sent = time.perf_counter()
        await viewer.send_bytes(UP.pack(1, 0, 0, 1) + frame.tobytes())
        while (got := await viewer.receive()).type != aiohttp.WSMsgType.BINARY:
            pass
        waits.append(time.perf_counter() - sent)
        numbers = np.frombuffer(got.data, "<u2", offset=DOWN.size)
        if (numbers.max() >= TILES) == guest:
            return time.perf_counter() - start


# ---- what is served ----


@contextmanager
def serving(tiles, **changes):
    usual = {"sink": "page", "frame": "640x480", "open": False, "mirror": False}
    settings = live_settings(usual | changes)
    palette = Palette({"faces": tiles}, settings)
    stage = Stage(settings, palette, Controls.of(settings, palette))
    with closing(Page(stage)) as page:
        yield page


def tile_set(width, height, colour):
    tiles = samples.patches(TILES, width, height, colour)
    rows = [
        TileRow(n, f"{n:x}", "p.jpg", 0, 0, width, height, "demo", "", "", "", "CC0")
        for n in range(TILES)
    ]
    return TileSet(tiles, rows)
