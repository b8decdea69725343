"""The live page for minutes on end: viewers who come and go, guests, garbage.

    MINUTES=15 python -m benchmarks soak

Counts frames, and looks every five seconds at memory, descriptors, threads and Python
objects. Memory is read as it is and once more when the allocator has given back what is
free, since free pieces between others look like a leak. What grows after that is one:
a line is laid through what the last two thirds hold, and its slope is told with its
standard error.
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
from benchmarks.page import TILES, memory_mb, serving, tile_set
from pigeonhole.live.page.protocol import DOWN, UP

MINUTES = float(os.environ.get("MINUTES", "15"))
REGULARS, PASSERS, VANDALS = 8, 6, 4
"""Viewers who stay, who come and go, who send garbage."""
STAY = 3.0
"""Seconds for which those stay who go again, on average."""
GUEST_SEATS = 3
EVERY = 5.0
"""Seconds between looks at what the server holds."""


def run():
    seconds = 60 * MINUTES
    with serving(
        tile_set(16, 12, colour=False), guests=GUEST_SEATS, source="browser"
    ) as page:
        context = multiprocessing.get_context("spawn")
        told = context.SimpleQueue()
        crowd = context.Process(target=_crowd, args=(page.addresses[0], seconds, told))
        crowd.start()
        rows, start = [], time.perf_counter()
        while crowd.is_alive() and time.perf_counter() - start < seconds + 60:
            rows.append([time.perf_counter() - start, memory_mb(), *_kept(), *_held()])
            crowd.join(EVERY)
        counts = told.get()
        studio = page._server._studio
        left = len(studio.viewers), len(studio._guests.present())
    after = _held()
    return [_row(np.array(rows), counts, left, after)]


def _row(rows, counts, left, after):
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
        "kept_mb": round(settled[0, 2], 1),
        "kept_mb_at_end": round(settled[-1, 2], 1),
        "mb_per_minute": round(line.slope, 4),
        "mb_per_minute_error": round(line.stderr, 4),
        "objects": _range(settled[:, 3]),
        "descriptors": _range(settled[:, 4]),
        "threads": _range(settled[:, 5]),
        "viewers_left": left[0],
        "guests_left": left[1],
        "descriptors_after": after[0],
        "threads_after": after[1],
    }


def _range(values):
    return f"{values.min():.0f}..{values.max():.0f}"


def _kept():
    """Return megabytes without what is free, and how many objects there are."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return memory_mb(), len(gc.get_objects())


def _held():
    """Return open descriptors and threads."""
    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()


# ---- who looks, in a process of their own ----


def _crowd(address, seconds, told):
    told.put(asyncio.run(Visitors(address, seconds).come()))


class Visitors:
    def __init__(self, address, seconds):
        parts = urlsplit(address)
        self.host, self.port = parts.hostname, parts.port
        self.origin = f"http://{parts.netloc}"
        self.url = f"{self.origin}/live?token={parts.fragment}"
        self.token = parts.fragment
        self.end = time.monotonic() + seconds
        self.frame = UP.pack(1, 0, 0, 1) + samples.frame(colour=False).tobytes()
        self.face = UP.pack(2, 0, 0, 1) + samples.frame(colour=True).tobytes()
        self.counts = dict.fromkeys(
            ("frames", "visits", "joins", "refused", "garbage", "lost"), 0
        )
        self.waits = []

    @property
    def open(self):
        return time.monotonic() < self.end

    async def come(self):
        connector = aiohttp.TCPConnector(limit=0)
        headers = {"Origin": self.origin}
        async with aiohttp.ClientSession(connector=connector, headers=headers) as s:
            await asyncio.gather(
                *(self.regular(s) for _ in range(REGULARS)),
                *(self.passer(s, seed) for seed in range(PASSERS)),
                *(self.vandal(s, seed) for seed in range(VANDALS)),
                self.guest(s),
                self.stranger(),
            )
        waits = 1000 * np.array(self.waits)
        return {
            **self.counts,
            "frame_median_ms": round(float(np.median(waits)), 1),
            "frame_p99_ms": round(float(np.percentile(waits, 99)), 1),
            "frame_longest_ms": round(float(waits.max()), 1),
        }

    async def regular(self, session):
        """Look from beginning to end, a frame every now and then."""
        async with session.ws_connect(self.url) as own:
            while self.open:
                await self.look(own)
                await asyncio.sleep(0.5)

    async def passer(self, session, seed):
        """Look a little, go with or without a word, come again."""
        random = np.random.default_rng(seed)
        while self.open:
            own = await session.ws_connect(self.url)
            self.counts["visits"] += 1
            end = time.monotonic() + random.exponential(STAY)
            while self.open and time.monotonic() < end:
                await self.look(own)
                await asyncio.sleep(0.2)
            if random.random() < 0.5:
                own._response.connection.transport.abort()
            await own.close()

    async def look(self, own):
        sent = time.perf_counter()
        await own.send_bytes(self.frame)
        while (got := await own.receive()).type == aiohttp.WSMsgType.TEXT:
            pass
        if got.type != aiohttp.WSMsgType.BINARY:
            self.counts["lost"] += 1
            raise ConnectionError(f"a viewer was let go: {got}")
        numbers = np.frombuffer(got.data, "<u2", offset=DOWN.size)
        assert numbers.max() < TILES + GUEST_SEATS
        self.counts["frames"] += 1
        self.waits.append(time.perf_counter() - sent)

    async def guest(self, session):
        """Join, be seen, leave; come with others than one's face, too."""
        while self.open:
            async with session.ws_connect(self.url) as own:
                await own.send_bytes(self.face)
                key = None
                async for got in own:
                    told = json.loads(got.data)
                    if "refused" in told:
                        self.counts["refused"] += 1
                        break
                    if told.get("guest"):
                        key = told["guest"]["key"]
                        break
                if key:
                    self.counts["joins"] += 1
                    await self.look(own)
                    await own.send_str(json.dumps({"do": "leave", "key": key}))
                    await self.look(own)
            await asyncio.sleep(1.0)

    async def vandal(self, session, seed):
        """Send what no page of ours sends."""
        random = np.random.default_rng(100 + seed)
        while self.open:
            with suppress(aiohttp.ClientError, OSError):
                async with session.ws_connect(self.url) as own:
                    noise = random.bytes(int(random.integers(1, 4e5)))
                    if random.random() < 0.5:
                        await own.send_bytes(noise)
                    else:
                        await own.send_str(noise.hex()[: int(random.integers(1, 3000))])
                    async for _ in own:
                        pass
                    self.counts["garbage"] += 1
            await asyncio.sleep(0.3)

    async def stranger(self):
        """Send what isn't HTTP, or stop in the middle of it."""
        random = np.random.default_rng(7)
        half = f"GET /live?token={self.token} HTTP/1.1\r\nHost: {self.host}".encode()
        while self.open:
            with suppress(OSError), socket.socket() as plug:
                plug.setblocking(False)
                loop = asyncio.get_running_loop()
                await loop.sock_connect(plug, (self.host, self.port))
                noise = random.bytes(500) if random.random() < 0.5 else half
                await loop.sock_sendall(plug, noise)
                await asyncio.sleep(0.3)
                self.counts["garbage"] += 1
            await asyncio.sleep(0.3)
