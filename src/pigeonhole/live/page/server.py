"""The server of the live page, in a thread of its own."""

import asyncio
import logging
import ssl
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from importlib.resources import files

from aiohttp import web

from pigeonhole.core.errors import LiveError
from pigeonhole.live.page.atlas import SetPages
from pigeonhole.live.page.sessions import Studio
from pigeonhole.live.page.viewer import BEAT, WRITTEN, Viewer
from pigeonhole.web.guard import Gate, Handler
from pigeonhole.web.requests import tell_only_faults

MOST_VIEWERS = 1000
PARTING = 0.3
"""Seconds that connections get to end politely."""
SCRIPTS = (
    "drawing",
    "credit",
    "page",
    "link",
    "camera",
    "mosaic",
    "card",
    "guest",
    "keep",
    "meter",
)
PARTS = {
    "": ("page.html", "text/html"),
    "page.css": ("page.css", "text/css"),
    "page.svg": ("page.svg", "image/svg+xml"),
    **{f"{name}.js": (f"{name}.js", "text/javascript") for name in SCRIPTS},
}


LOG = logging.getLogger("pigeonhole.page")
tell_only_faults(LOG)


class NoListening(LiveError):
    """The server can't listen where it was told to."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"the page can't be served on {host} port {port} ({reason}): give an "
            "address of this machine as --host, and 0 or a free port as --port."
        )


class Server:
    """
    Serves the page, the atlases, the credits, and the sockets of all viewers.

    Parameters
    ----------
    studio : Studio
    sets : sequence of SetPages
    gate : Gate
    """

    def __init__(self, studio: Studio, sets: Sequence[SetPages], gate: Gate) -> None:
        self._studio = studio
        self._sets = sets
        self._gate = gate
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop
        self._over: asyncio.Event

    def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """
        Listen, and return the port.

        Raises
        ------
        NoListening
        """
        listening: Future[int] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(host, port, tls, listening)),
            name="page",
            daemon=True,
        )
        self._thread.start()
        try:
            return listening.result()
        except OSError as error:
            self._studio.close()
            raise NoListening(host, port, error.strerror or str(error)) from None

    @property
    def running(self) -> bool:
        """Whether the thread still serves."""
        return self._thread is not None and self._thread.is_alive()

    def show(self, placement: bytes) -> None:
        """Send a placement to all viewers; any thread may call this."""
        with suppress(RuntimeError):
            # The loop may just have ended.
            self._loop.call_soon_threadsafe(self._show, placement)

    def stop(self) -> None:
        """End all connections and the threads, within a second."""
        if self._thread and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join(3 * PARTING)
        self._studio.close()

    async def _serve(
        self, host: str, port: int, tls: ssl.SSLContext | None, listening: Future[int]
    ) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(
            self._app(), access_log=None, logger=LOG, shutdown_timeout=PARTING
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port, ssl_context=tls).start()
            listening.set_result(int(runner.addresses[0][1]))
            await self._over.wait()
        except OSError as error:
            listening.set_exception(error)
        finally:
            await self._part()
            await runner.cleanup()
            # Connections close a turn of the loop later, by TLS after an answer.
            await asyncio.sleep(0.1 if tls else 0.01)

    async def _part(self) -> None:
        """End the connections, with as many as like it politely."""
        viewers = self._studio.viewers
        if viewers:
            leaving = [asyncio.create_task(viewer.close()) for viewer in viewers]
            await asyncio.wait(leaving, timeout=PARTING)
        for viewer in viewers:
            viewer.abort()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._gate.middleware])
        for name, (file, kind) in PARTS.items():
            app.router.add_get(f"/{name}", _static(file, kind))
        guarded = self._gate.guarded
        app.router.add_get("/live", guarded(self._live))
        app.router.add_get(r"/atlas/{set:\d{1,3}}/{page:\d{1,5}}", guarded(self._atlas))
        app.router.add_get(
            r"/credit/{set:\d{1,3}}/{tile:\d{1,9}}", guarded(self._credit)
        )
        return app

    def _show(self, placement: bytes) -> None:
        for viewer in self._studio.viewers:
            viewer.show(placement)

    async def _live(self, request: web.Request) -> web.WebSocketResponse:
        if len(self._studio.viewers) >= MOST_VIEWERS:
            raise web.HTTPServiceUnavailable(text="Too many look at once.")
        socket = web.WebSocketResponse(
            compress=False,
            heartbeat=BEAT,
            # The limit itself is refused.
            max_msg_size=self._studio.expected.most + 1,
            timeout=PARTING,
            writer_limit=WRITTEN,
        )
        await socket.prepare(request)
        viewer = Viewer(socket, request.transport, self._studio)
        self._studio.welcome(viewer)
        try:
            await viewer.run()
        finally:
            self._studio.farewell(viewer)
        return socket

    async def _atlas(self, request: web.Request) -> web.Response:
        tiles = self._asked(request)
        try:
            page = await asyncio.to_thread(tiles.page, int(request.match_info["page"]))
        except IndexError:
            raise web.HTTPNotFound from None
        return web.Response(body=page, content_type="image/webp")

    async def _credit(self, request: web.Request) -> web.Response:
        try:
            credit = self._asked(request).credit(int(request.match_info["tile"]))
        except IndexError:
            raise web.HTTPNotFound from None
        return web.json_response(credit)

    def _asked(self, request: web.Request) -> SetPages:
        try:
            return self._sets[int(request.match_info["set"])]
        except IndexError:
            raise web.HTTPNotFound from None


def _static(file: str, kind: str) -> Handler:
    content = (files("pigeonhole.web") / file).read_bytes()

    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=content, content_type=kind, charset="utf-8")

    return serve
