"""The sink that serves the live page."""

import os
import sys
import threading
import webbrowser

from pigeonhole.core.errors import LiveError
from pigeonhole.live.frames import MatchedFrame
from pigeonhole.live.page.atlas import AtlasPages
from pigeonhole.live.page.certificate import local_addresses, self_signed_certificate
from pigeonhole.live.page.protocol import pack_placement
from pigeonhole.live.page.server import PAGE_POLICY, Server
from pigeonhole.live.page.sessions import SessionManager
from pigeonhole.live.session import Session
from pigeonhole.live.sinks import Sink
from pigeonhole.web.guard import RequestGuard

LOOPBACK = ("127.0.0.1", "localhost", "::1")
WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - only compared with


class ServerStopped(LiveError):
    """The server's thread ended unexpectedly."""

    def __init__(self) -> None:
        super().__init__("the page's server stopped unexpectedly: start again.")


class PageSink(Sink):
    """
    Serves the live page and sends it the placements of the main loop.

    With `source: browser`, each page sends frames of its own camera and receives its
    own placements instead.

    Attributes
    ----------
    urls : list of str
        Addresses of the page, including the token.
    """

    def __init__(self, session: Session) -> None:
        settings = session.settings
        self._own_cameras = settings.uses_browser_cameras
        self._names = session.tile_sets.names
        atlases = [
            AtlasPages(tile_set.name, tile_set.original, tile_set.cell_size)
            for tile_set in map(session.tile_sets.get, self._names)
        ]
        # Encode the atlas in the background so that the first viewer doesn't wait.
        threading.Thread(target=atlases[0].prepare, daemon=True).start()
        tls, fingerprint = None, ""
        if settings.host not in LOOPBACK:
            tls, fingerprint = self_signed_certificate(settings.host)
        guard = RequestGuard(settings.host, PAGE_POLICY)
        manager = SessionManager(session, atlases, own_cameras=self._own_cameras)
        self._server = Server(manager, atlases, guard)
        port = self._server.start(settings.host, settings.port, tls)
        scheme = "https" if tls else "http"
        self.urls = [
            f"{scheme}://{name}:{port}/#{guard.token}"
            for name in host_names(settings.host)
        ]
        _print_urls(self.urls, fingerprint)
        if settings.open_browser and has_desktop():
            webbrowser.open(self.urls[0])

    def write(self, matched: MatchedFrame) -> None:
        """Send a placement to all viewers."""
        if self._own_cameras:
            return
        tile_set = self._names.index(matched.tile_set.name)
        self._server.send_placement(pack_placement(matched, tile_set))

    def is_open(self) -> bool:
        """Return True, because viewers can't end a run, or raise ServerStopped."""
        if not self._server.running:
            raise ServerStopped
        return True

    def close(self) -> None:
        """Close all connections and stop the server."""
        self._server.stop()


def host_names(host: str) -> list[str]:
    """Return the names for URLs of a server that listens on a host."""
    if host in WILDCARDS:
        return ["localhost", *local_addresses()]
    return [f"[{host}]" if ":" in host else host]


def _print_urls(urls: list[str], fingerprint: str) -> None:
    lines = [f"The mosaic is at {urls[0]}"]
    lines += [f"For other devices on the network: {url}" for url in urls[1:]]
    if fingerprint:
        lines.append(
            "Browsers will warn about the self-signed certificate. Check that they "
            f"show this SHA-256 fingerprint: {fingerprint}"
        )
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()


def has_desktop() -> bool:
    """Return whether a browser would open in a window, not in the terminal."""
    graphical = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.platform in ("win32", "darwin") or bool(graphical)
