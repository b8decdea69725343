"""The web server of the live page, which runs in its own thread."""

import asyncio
import logging
import ssl
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePath

from aiohttp import web

from pigeonhole.core.errors import LiveError, reason_of
from pigeonhole.live.page.atlas import AtlasPages
from pigeonhole.live.page.sessions import SessionManager
from pigeonhole.live.page.viewer import HEARTBEAT, WRITE_BUFFER_SIZE, Viewer
from pigeonhole.web.guard import Handler, RequestGuard, log_only_server_errors

MAX_VIEWERS = 1000
CLOSE_TIMEOUT = 0.3
"""Seconds that closing handshakes may take."""
PAGE_POLICY = (
    "script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self' {sockets}"
)
"""What the page may load, see `RequestGuard`."""
CONTENT_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}

log = logging.getLogger(__name__)


class CannotListen(LiveError):
    """The server can't listen on the given address."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"the page can't be served on {host}, port {port} ({reason}): "
            "choose an address of this machine as the host, and a free port or 0."
        )


class Server:
    """Serves the page, the atlases and the credits, and connects viewers."""

    def __init__(
        self,
        manager: SessionManager,
        atlases: Sequence[AtlasPages],
        guard: RequestGuard,
    ) -> None:
        self._manager = manager
        self._atlases = atlases
        self._guard = guard
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event
        log_only_server_errors(log)

    def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Start the server's thread and return the port, or raise CannotListen."""
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
            self._manager.close()
            raise CannotListen(host, port, reason_of(error)) from None

    @property
    def running(self) -> bool:
        """True while the server's thread is alive."""
        return self._thread is not None and self._thread.is_alive()

    def send_placement(self, placement: bytes) -> None:
        """Send a placement to all viewers. Any thread may call this."""
        # Raised if the loop has just ended.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._broadcast, placement)

    def stop(self) -> None:
        """Close all connections and end the threads within a second."""
        if self._thread and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(3 * CLOSE_TIMEOUT)
        self._manager.close()

    async def _serve(
        self, host: str, port: int, tls: ssl.SSLContext | None, listening: Future[int]
    ) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(
            self.application(),
            access_log=None,
            logger=log,
            shutdown_timeout=CLOSE_TIMEOUT,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port, ssl_context=tls).start()
            listening.set_result(int(runner.addresses[0][1]))
            await self._stopping.wait()
        except OSError as error:
            listening.set_exception(error)
        finally:
            await self._close_connections()
            await runner.cleanup()
            # Connections close in a later iteration of the loop; with TLS, after the
            # other side has answered.
            await asyncio.sleep(0.1 if tls else 0.01)

    async def _close_connections(self) -> None:
        """Close all connections, with a handshake where the page answers in time."""
        viewers = self._manager.viewers
        if viewers:
            closing = [asyncio.create_task(viewer.close()) for viewer in viewers]
            await asyncio.wait(closing, timeout=CLOSE_TIMEOUT)
        for viewer in viewers:
            viewer.abort()

    def application(self) -> web.Application:
        """Return the application with all routes."""
        app = self._guard.application()
        static = files("pigeonhole.web") / "static"
        app.router.add_get("/", _static(static / "live" / "index.html"))
        for folder in ("live", "shared"):
            for file in (static / folder).iterdir():
                app.router.add_get(f"/{folder}/{file.name}", _static(file))
        require_token = self._guard.require_token
        app.router.add_get("/live", require_token(self._connect))
        app.router.add_get(
            r"/atlas/{set:\d{1,3}}/{page:\d{1,5}}", require_token(self._atlas_page)
        )
        app.router.add_get(
            r"/credit/{set:\d{1,3}}/{tile:\d{1,9}}", require_token(self._credit)
        )
        return app

    def _broadcast(self, placement: bytes) -> None:
        for viewer in self._manager.viewers:
            viewer.send_placement(placement)

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        if len(self._manager.viewers) >= MAX_VIEWERS:
            raise web.HTTPServiceUnavailable(text="Too many viewers: try again later.")
        socket = web.WebSocketResponse(
            compress=False,
            heartbeat=HEARTBEAT,
            # aiohttp rejects messages of exactly this size, too.
            max_msg_size=self._manager.shapes.max_message_bytes + 1,
            timeout=CLOSE_TIMEOUT,
            writer_limit=WRITE_BUFFER_SIZE,
        )
        await socket.prepare(request)
        viewer = Viewer(socket, request.transport, self._manager)
        self._manager.connect(viewer)
        try:
            await viewer.run()
        finally:
            self._manager.disconnect(viewer)
        return socket

    async def _atlas_page(self, request: web.Request) -> web.Response:
        atlas = self._atlas(request)
        try:
            page = await asyncio.to_thread(atlas.page, int(request.match_info["page"]))
        except IndexError:
            raise web.HTTPNotFound from None
        return web.Response(body=page, content_type="image/webp")

    async def _credit(self, request: web.Request) -> web.Response:
        try:
            credit = self._atlas(request).credit(int(request.match_info["tile"]))
        except IndexError:
            raise web.HTTPNotFound from None
        return web.json_response(credit)

    def _atlas(self, request: web.Request) -> AtlasPages:
        try:
            return self._atlases[int(request.match_info["set"])]
        except IndexError:
            raise web.HTTPNotFound from None


def _static(file: Traversable) -> Handler:
    content = file.read_bytes()
    content_type = CONTENT_TYPES[PurePath(file.name).suffix]

    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=content, content_type=content_type, charset="utf-8")

    return serve
