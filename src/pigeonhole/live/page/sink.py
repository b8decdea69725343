"""The page as a sink."""

import os
import sys
import threading
import webbrowser

from pigeonhole.core.errors import LiveError
from pigeonhole.live.frames import Placed
from pigeonhole.live.page.atlas import SetPages
from pigeonhole.live.page.certificate import addresses, own_certificate
from pigeonhole.live.page.protocol import pack_placement
from pigeonhole.live.page.server import Server
from pigeonhole.live.page.sessions import Studio
from pigeonhole.live.session import Stage
from pigeonhole.web.guard import Gate

LOCAL = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - told by name only


class ServerDied(LiveError):
    """The server's thread ended before its time."""

    def __init__(self) -> None:
        super().__init__("the page's server ended: start again.")


class Page:
    """
    Serves the live page, and shows on it what the loop places.

    With `source: browser` each page sends its own camera instead, and gets its own
    mosaic back.

    Parameters
    ----------
    stage : Stage

    Raises
    ------
    NoCryptography, NoListening
    """

    live = True

    def __init__(self, stage: Stage) -> None:
        settings = stage.settings
        self._own_cameras = settings.browser
        names = stage.palette.names
        self._numbers = {name: number for number, name in enumerate(names)}
        sets = [_pages(stage, name) for name in names]
        # Beside the rest: the first to look would wait for them otherwise.
        threading.Thread(target=sets[0].prepare, daemon=True).start()
        tls, fingerprint = None, ""
        if settings.host not in LOCAL:
            tls, fingerprint = own_certificate(settings.host)
        gate = Gate(settings.host)
        studio = Studio(stage, sets, own_cameras=self._own_cameras)
        self._server = Server(studio, sets, gate)
        port = self._server.start(settings.host, settings.port, tls)
        scheme = "https" if tls else "http"
        self.addresses = [
            f"{scheme}://{name}:{port}/#{gate.token}" for name in _names(settings.host)
        ]
        _announce(self.addresses, fingerprint)
        if settings.open and _has_desktop():
            webbrowser.open(self.addresses[0])

    def take(self, placed: Placed) -> None:
        """Send a placement to all who look."""
        if self._own_cameras:
            return
        self._server.show(
            pack_placement(
                placed.placement,
                tiles=placed.tiles.numbers,
                tile_set=self._numbers[placed.tiles.name],
                seq=placed.frame.number,
                latency=placed.latency,
                changed=placed.changed,
            )
        )

    def goes_on(self) -> bool:
        """Look whether the server still lives."""
        if not self._server.running:
            raise ServerDied
        return True

    def close(self) -> None:
        """End all connections."""
        self._server.stop()


def _pages(stage: Stage, name: str) -> SetPages:
    tiles = stage.palette.tiles(name)
    return SetPages(name, tiles.tile_set, stage.settings.frame, tiles.cell)


def _names(host: str) -> list[str]:
    if host in EVERYWHERE:
        return ["localhost", *addresses()]
    return [f"[{host}]" if ":" in host else host]


def _announce(addresses: list[str], fingerprint: str) -> None:
    lines = [f"The mosaic is at {addresses[0]}"]
    lines += [f"On the same network it is at {address}" for address in addresses[1:]]
    if fingerprint:
        lines.append(
            "The certificate is this program's own, so browsers ask before they trust "
            f"it. Its SHA-256 fingerprint: {fingerprint}"
        )
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()


def _has_desktop() -> bool:
    """Tell whether a browser would open beside the terminal, not in it."""
    graphical = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.platform in ("win32", "darwin") or bool(graphical)
