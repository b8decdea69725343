"""Serve the studio until the user ends it."""

import logging
import socket
import sys
import webbrowser
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from pigeonhole.core.errors import reason_of
from pigeonhole.live.page.certificate import self_signed_certificate
from pigeonhole.live.page.server import CannotListen
from pigeonhole.live.page.sink import LOOPBACK, has_desktop, host_names
from pigeonhole.studio.projects.project import Project, is_project
from pigeonhole.studio.server.address import Address, ProjectInUse, ProjectLock
from pigeonhole.studio.server.server import CLOSE_TIMEOUT, STUDIO_POLICY, StudioServer
from pigeonhole.studio.server.session import StudioSession
from pigeonhole.web.guard import RequestGuard, log_only_server_errors


def serve_studio(
    folder: Path | None, host: str, port: int = 0, *, show: bool | None = None
) -> None:
    """
    Serve the studio until the user presses Ctrl-C.

    If another studio has the project open, its page is opened instead.

    Parameters
    ----------
    folder : Path or None
        Folder of the project, which is made if it doesn't exist. None opens the
        project that was changed last, or a new one.
    host : str
        Address to listen on. Devices other than this machine need TLS.
    port : int
        Port to listen on; 0 chooses the one of the last time, or a free one.
    show : bool, optional
        Open the page in the browser; by default, if there is a desktop.

    Raises
    ------
    ProjectError, CannotListen
    """
    show = has_desktop() if show is None else show
    project = _open_project(folder)
    try:
        ProjectLock(project.folder).release()
    except ProjectInUse as error:
        if not error.url:
            raise
        _print(f"{project.folder} is open in another studio: {error.url}")
        if show:
            webbrowser.open(error.url)
        return
    last = Address.read(project.folder)
    listener = _listen(host, port, last.port if last else 0)
    port = listener.getsockname()[1]
    is_local = host in LOOPBACK
    guard = RequestGuard(
        host,
        STUDIO_POLICY,
        port=port if is_local else None,
        token=last.token if last else None,
    )
    tls, fingerprint = (None, "") if is_local else self_signed_certificate(host)
    scheme = "https" if tls else "http"
    urls = [
        f"{scheme}://{name}:{port}/?token={guard.token}" for name in host_names(host)
    ]
    log_only_server_errors(logging.getLogger("aiohttp.server"))

    async def start() -> web.Application:
        session = StudioSession(project, Address(urls[0], port, guard.token))
        _print(f"The studio is at {urls[0]}")
        for url in urls[1:]:
            _print(f"For other devices on the network: {url}")
        if fingerprint:
            _print(f"The SHA-256 fingerprint of its certificate is {fingerprint}")
        _print(f"Everything is saved in {project.folder}. Ctrl-C ends the studio.")
        if show:
            webbrowser.open(urls[0])
        return StudioServer(session, guard, browse=is_local).application()

    with listener:
        web.run_app(
            start(),
            sock=listener,
            ssl_context=tls,
            print=None,
            access_log=None,
            shutdown_timeout=CLOSE_TIMEOUT,
        )


def _open_project(folder: Path | None) -> Project:
    if folder is None:
        recent = Project.recent()
        return Project.open(recent[0].folder) if recent else Project.create()
    if is_project(folder) or (folder.exists() and any(folder.iterdir())):
        return Project.open(folder)
    return Project.create(folder)


def _listen(host: str, port: int, last_port: int) -> socket.socket:
    """Return a socket that listens, on the port of the last time if it is free."""
    if not port and last_port:
        with suppress(OSError):
            return _bind(host, last_port)
        _print(
            f"Port {last_port} of the last time is in use, so the address has changed: "
            "close the old tab."
        )
    if not 0 <= port < 2**16:
        raise CannotListen(host, port, "ports are numbers up to 65535")
    try:
        return _bind(host, port)
    except OSError as error:
        raise CannotListen(host, port, reason_of(error)) from None


def _bind(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    return socket.create_server((host, port), family=family)


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
