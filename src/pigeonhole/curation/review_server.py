"""Serve the review page, and write the list that the user edits on it.

The server listens on this machine only. Its address contains a secret token, and it
accepts lists only from its own page, so that no other page in the same browser can
write them.
"""

import logging
import socket
import sys
import webbrowser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from pigeonhole.core.errors import PigeonholeError
from pigeonhole.core.text import NotText, parse_json, read_text
from pigeonhole.curation.review_page import read_data, replace_data
from pigeonhole.faces.exclude import edit_excluded, parse_line
from pigeonhole.web.guard import RequestGuard, log_only_server_errors

REVIEW_HOST = "127.0.0.1"
MAX_LIST_BYTES = 16 * 2**20
"""Largest list to accept: about half a million lines."""
REVIEW_POLICY = (
    "img-src 'self' data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'"
)


class InvalidReviewPage(PigeonholeError):
    """A file isn't a review page of this version."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} isn't a review page: run `snakemake --cores 4` to create it."
        )


class PortUnavailable(PigeonholeError):
    """The server can't listen on a port."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port {port} isn't available: use another --port, or none for a free one."
        )


def serve_review(path: Path, port: int = 0, *, show: bool = False) -> None:
    """
    Serve a review page until the user presses Ctrl-C.

    Parameters
    ----------
    path : Path
        The page that the workflow wrote.
    port : int
        Port to listen on; 0 chooses a free one.
    show : bool
        Open the page in the browser.

    Raises
    ------
    InvalidReviewPage, PortUnavailable
    """
    review = ReviewServer(path)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((REVIEW_HOST, port))
            # Clients may connect as soon as the address is printed.
            listener.listen()
        except (OSError, OverflowError):
            raise PortUnavailable(port) from None
        port = listener.getsockname()[1]
        guard = review_guard(port)
        address = f"http://{REVIEW_HOST}:{port}/?token={guard.token}"
        sys.stdout.write(f"Review at {address} (Ctrl-C stops the server)\n")
        sys.stdout.flush()
        if show:
            webbrowser.open(address)
        log_only_server_errors(logging.getLogger("aiohttp.server"))
        app = review.application(guard)
        web.run_app(app, sock=listener, print=None, access_log=None)


def review_guard(port: int) -> RequestGuard:
    """Return the guard for a server on a port of this machine."""
    return RequestGuard(REVIEW_HOST, REVIEW_POLICY, port=port, max_bytes=MAX_LIST_BYTES)


class ReviewServer:
    """A review page with its photos and its list; InvalidReviewPage if it isn't one."""

    def __init__(self, path: Path) -> None:
        try:
            self._page = path.read_text("utf-8")
            self._data = read_data(self._page)
            self._list = Path(self._data["list_path"])
            photos = self._data["photos"]
            names = [photo["name"] for photo in photos]
            self._photos = [path.parent / unquote(photo["href"]) for photo in photos]
            self._lines = {
                " ".join([names[photo], *map(str, box)])
                for photo, *box in (face[:5] for face in self._data["faces"])
            }
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            raise InvalidReviewPage(path) from None

    def application(self, guard: RequestGuard) -> web.Application:
        """Return the application; all of its requests require the guard's token."""
        app, checked = guard.application(), guard.require_token
        app.router.add_get("/", checked(self._get_page))
        app.router.add_get(r"/photo/{number:\d{1,9}}", checked(self._get_photo))
        app.router.add_post("/exclusions", checked(self._save))
        return app

    async def _get_page(self, _: web.Request) -> web.Response:
        """Return the page with the current list."""
        try:
            data = {**self._data, "list_text": read_text(self._list)}
        except NotText as error:
            raise web.HTTPConflict(text=str(error)) from None
        page = replace_data(self._page, data)
        return web.Response(text=page, content_type="text/html")

    async def _get_photo(self, request: web.Request) -> web.FileResponse:
        number = int(request.match_info["number"])
        if number >= len(self._photos):
            raise web.HTTPNotFound(text="There is no such photo.")
        path = self._photos[number]
        if not path.is_file():
            raise web.HTTPNotFound(text="This photo has been deleted.")
        return web.FileResponse(path)

    async def _save(self, request: web.Request) -> web.Response:
        try:
            body = await request.read()
        # aiohttp has a different error for each moment at which a body may break off.
        except (ConnectionError, RuntimeError):
            reason = "The list is incomplete: save it again."
            raise web.HTTPBadRequest(text=reason) from None
        add, remove = self._parse_changes(body)
        try:
            count = edit_excluded(self._list, add, remove)
        except PigeonholeError as error:
            raise web.HTTPConflict(text=str(error)) from None
        except OSError as error:
            reason = f"{self._list} can't be written: {error.strerror}."
            raise web.HTTPInternalServerError(text=reason) from None
        return web.Response(
            text=f"Saved {self._list} with {count} boxes. Run snakemake --cores 4 to "
            "rebuild the tiles and mosaics without them."
        )

    def _parse_changes(self, body: bytes) -> tuple[list[str], list[str]]:
        """Return the lines to add and to remove; all must be boxes of the page."""
        try:
            changes: Any = parse_json(body)
            add, remove = list(changes["add"]), list(changes["remove"])
            is_valid = set(add) | set(remove) <= self._lines
        except (ValueError, KeyError, TypeError):
            is_valid = False
        if not is_valid or any(parse_line(line) is None for line in add):
            raise web.HTTPBadRequest(text="This isn't a list of boxes on this page.")
        return add, remove
