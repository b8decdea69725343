"""Run the live page for minutes with all kinds of viewers and look for leaks.

    MINUTES=15 python -m benchmarks soak

Viewers come and go, join as guests and send invalid messages. The benchmark counts
frames and samples memory, file descriptors, threads and Python objects every five
seconds. Memory is measured as it is and again after the allocator has returned free
memory to the system, because fragmentation looks like a leak. A line is fitted to the
second measure over the last two thirds of the run. Its slope and standard error are the
leak in MB per minute.
"""

import asyncio
import ctypes
import gc
import json
import multiprocessing
import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import numpy as np
from scipy.stats import linregress

from benchmarks import samples
from benchmarks.page import TILES, make_tile_set, memory_mb, serve_page
from pigeonhole.live.page.protocol import (
    FRAME,
    GUEST,
    IMAGE_HEADER,
    PLACEMENT_HEADER,
)

MINUTES = float(os.environ.get("MINUTES", "15"))
PERMANENT_VIEWERS, SHORT_VIEWERS, INVALID_VIEWERS = 8, 6, 4
"""Numbers of viewers that stay, that come and go, and that send invalid messages."""
MEAN_STAY = 3.0
"""Mean seconds for which viewers stay that come and go."""
GUEST_CAPACITY = 3
SAMPLE_INTERVAL = 5.0
"""Seconds between measurements of the server's resources."""


def run():
    seconds = 60 * MINUTES
    with serve_page(
        make_tile_set(16, 12, color=False), guests=GUEST_CAPACITY, source="browser"
    ) as page:
        context = multiprocessing.get_context("spawn")
        messages = context.SimpleQueue()
        process = context.Process(
            target=_run_visitors, args=(page.urls[0], seconds, messages)
        )
        process.start()
        rows, start = [], time.perf_counter()
        while process.is_alive() and time.perf_counter() - start < seconds + 60:
            elapsed = time.perf_counter() - start
            rows.append([elapsed, memory_mb(), *_retained(), *_handles()])
            process.join(SAMPLE_INTERVAL)
        counts = messages.get()
        manager = page._server._manager
        remaining = len(manager.viewers), len(manager._guests.present())
    return [_row(np.array(rows), counts, remaining, _handles())]


def _row(rows, counts, remaining, handles_after):
    settled = rows[len(rows) // 3 :]
    minutes = settled[:, 0] / 60
    line = linregress(minutes, settled[:, 2])
    return {
        "benchmark": "soak",
        "minutes": round(rows[-1, 0] / 60, 1),
        "samples": len(rows),
        **counts,
        "memory_mb": round(settled[0, 1], 1),
        "memory_mb_at_end": round(settled[-1, 1], 1),
        "retained_mb": round(settled[0, 2], 1),
        "retained_mb_at_end": round(settled[-1, 2], 1),
        "mb_per_minute": round(line.slope, 4),
        "mb_per_minute_error": round(line.stderr, 4),
        "objects": _range(settled[:, 3]),
        "descriptors": _range(settled[:, 4]),
        "threads": _range(settled[:, 5]),
        "viewers_at_end": remaining[0],
        "guests_at_end": remaining[1],
        "descriptors_after": handles_after[0],
        "threads_after": handles_after[1],
    }


def _range(values):
    return f"{values.min():.0f}..{values.max():.0f}"


def _retained():
    """Return the memory in MB without free memory, and the number of objects."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return memory_mb(), len(gc.get_objects())


def _handles():
    """Return the numbers of open file descriptors and threads."""
    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()


# ---- visitors, in a separate process ----


def _run_visitors(url, seconds, messages):
    messages.put(asyncio.run(Visitors(url, seconds).run()))


class Visitors:
    def __init__(self, url, seconds):
        parts = urlsplit(url)
        self.host, self.port = parts.hostname, parts.port
        self.origin = f"http://{parts.netloc}"
        self.socket_url = f"{self.origin}/live?token={parts.fragment}"
        self.token = parts.fragment
        self.end = time.monotonic() + seconds
        gray, color = samples.frame(color=False), samples.frame(color=True)
        self.frame = IMAGE_HEADER.pack(FRAME, 0, 0, 1) + gray.tobytes()
        self.portrait = IMAGE_HEADER.pack(GUEST, 0, 0, 1) + color.tobytes()
        self.counts = dict.fromkeys(
            ("frames", "visits", "joins", "refused", "invalid", "lost"), 0
        )
        self.frame_times = []

    @property
    def running(self):
        return time.monotonic() < self.end

    async def run(self):
        connector = aiohttp.TCPConnector(limit=0)
        headers = {"Origin": self.origin}
        async with aiohttp.ClientSession(connector=connector, headers=headers) as http:
            await asyncio.gather(
                *(self.stay(http) for _ in range(PERMANENT_VIEWERS)),
                *(self.come_and_go(http, seed) for seed in range(SHORT_VIEWERS)),
                *(self.send_invalid(http, seed) for seed in range(INVALID_VIEWERS)),
                self.join_and_leave(http),
                self.send_invalid_http(),
            )
        milliseconds = 1000 * np.array(self.frame_times)
        return {
            **self.counts,
            "frame_median_ms": round(float(np.median(milliseconds)), 1),
            "frame_p99_ms": round(float(np.percentile(milliseconds, 99)), 1),
            "frame_longest_ms": round(float(milliseconds.max()), 1),
        }

    async def stay(self, http):
        """Stay for the whole run and send a frame from time to time."""
        async with http.ws_connect(self.socket_url) as socket:
            while self.running:
                await self.place_frame(socket)
                await asyncio.sleep(0.5)

    async def come_and_go(self, http, seed):
        """Connect for some seconds, leave with or without a handshake, repeat."""
        random = np.random.default_rng(seed)
        while self.running:
            socket = await http.ws_connect(self.socket_url)
            self.counts["visits"] += 1
            end = time.monotonic() + random.exponential(MEAN_STAY)
            while self.running and time.monotonic() < end:
                await self.place_frame(socket)
                await asyncio.sleep(0.2)
            if random.random() < 0.5:
                socket._response.connection.transport.abort()
            await socket.close()

    async def place_frame(self, socket):
        sent_at = time.perf_counter()
        await socket.send_bytes(self.frame)
        while (message := await socket.receive()).type == aiohttp.WSMsgType.TEXT:
            pass
        if message.type != aiohttp.WSMsgType.BINARY:
            self.counts["lost"] += 1
            raise ConnectionError(f"the server closed a valid connection: {message}")
        numbers = np.frombuffer(message.data, "<u2", offset=PLACEMENT_HEADER.size)
        assert numbers.max() < TILES + GUEST_CAPACITY
        self.counts["frames"] += 1
        self.frame_times.append(time.perf_counter() - sent_at)

    async def join_and_leave(self, http):
        """Join as a guest, send frames and leave, repeatedly."""
        while self.running:
            async with http.ws_connect(self.socket_url) as socket:
                await socket.send_bytes(self.portrait)
                key = None
                async for message in socket:
                    content = json.loads(message.data)
                    if "refused" in content:
                        self.counts["refused"] += 1
                        break
                    if content.get("guest"):
                        key = content["guest"]["key"]
                        break
                if key:
                    self.counts["joins"] += 1
                    await self.place_frame(socket)
                    await socket.send_str(json.dumps({"do": "leave", "key": key}))
                    await self.place_frame(socket)
            await asyncio.sleep(1.0)

    async def send_invalid(self, http, seed):
        """Send random messages over WebSockets."""
        random = np.random.default_rng(100 + seed)
        while self.running:
            with suppress(aiohttp.ClientError, OSError):
                async with http.ws_connect(self.socket_url) as socket:
                    noise = random.bytes(int(random.integers(1, 4e5)))
                    if random.random() < 0.5:
                        await socket.send_bytes(noise)
                    else:
                        length = int(random.integers(1, 3000))
                        await socket.send_str(noise.hex()[:length])
                    async for _ in socket:
                        pass
                    self.counts["invalid"] += 1
            await asyncio.sleep(0.3)

    async def send_invalid_http(self):
        """Send bytes that aren't HTTP, and incomplete requests."""
        random = np.random.default_rng(7)
        incomplete = (
            f"GET /live?token={self.token} HTTP/1.1\r\nHost: {self.host}".encode()
        )
        while self.running:
            with suppress(OSError), socket.socket() as connection:
                connection.setblocking(False)
                loop = asyncio.get_running_loop()
                await loop.sock_connect(connection, (self.host, self.port))
                noise = random.bytes(500) if random.random() < 0.5 else incomplete
                await loop.sock_sendall(connection, noise)
                await asyncio.sleep(0.3)
                self.counts["invalid"] += 1
            await asyncio.sleep(0.3)
