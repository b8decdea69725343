"""The server behind the review page: it writes the list that the page edits.

It listens on this machine alone. The address holds a token that only who started it
knows, and a list is taken from its own page alone: no other page that happens to be
open in the same browser can write it.
"""

import logging
import secrets
import socket
import sys
import webbrowser
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from pigeonhole.core.errors import FaceError, PigeonholeError
from pigeonhole.core.text import NotText, parse_json, read_text
from pigeonhole.curation.review_page import read_data, served_photo, with_data
from pigeonhole.faces.exclude import box_of, edit_excluded
from pigeonhole.web.requests import check_text, host_of, tell_only_faults

HOST = "127.0.0.1"
MOST_BYTES = 16 * 2**20
"""A longer list isn't taken: half a million lines fit."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class NoReview(FaceError):
    """There is no page to serve, or no place to serve it at."""

    def __init__(self, what: object, reason: str, way_out: str) -> None:
        super().__init__(f"{what} {reason}: {way_out}.")


def serve_review(path: Path, port: int = 0, *, show: bool = False) -> None:
    """
    Serve a review page until Ctrl-C.

    Parameters
    ----------
    path : Path
        The page that the pipeline made.
    port : int
        0 for any free one.
    show : bool
        Open it in the browser.

    Raises
    ------
    NoReview
    """
    review = Review(path)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            # Who reads the address may come at once.
            listener.listen()
        except (OSError, OverflowError):
            raise NoReview(
                f"Port {port}", "can't be listened on", "leave --port out"
            ) from None
        place = f"http://{HOST}:{listener.getsockname()[1]}"
        address = f"{place}/?token={review.token}"
        sys.stdout.write(f"Review at {address} (Ctrl-C ends it)\n")
        sys.stdout.flush()
        if show:
            webbrowser.open(address)
        tell_only_faults(logging.getLogger("aiohttp.server"))
        web.run_app(review.app(place), sock=listener, print=None, access_log=None)


class Review:
    """
    One page, its photos and its list.

    Parameters
    ----------
    path : Path

    Raises
    ------
    NoReview
        There is no such page, or it's of another version.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._page = path.read_text("utf-8")
            self._data = read_data(self._page)
            self._list = Path(self._data["exclude"])
            photos = self._data["photos"]
            names = [photo["name"] for photo in photos]
            self._photos = [served_photo(photo, path.parent) for photo in photos]
            self._lines = {
                " ".join([names[photo], *map(str, box)])
                for photo, *box in (face[:5] for face in self._data["faces"])
            }
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            raise NoReview(
                path, "is no review page", "run `snakemake --cores 4` first"
            ) from None
        self.token = secrets.token_urlsafe(24)

    def app(self, place: str) -> web.Application:
        """Return the application that answers at ``http://host:port``."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._check(request, place)
            answer = await handler(request)
            answer.headers.update(HEADERS)
            return answer

        app = web.Application(middlewares=[guard], client_max_size=MOST_BYTES)
        app.router.add_get("/", self._show)
        app.router.add_get(r"/photo/{number:\d{1,9}}", self._photo)
        app.router.add_post("/exclusions", self._save)
        return app

    def _check(self, request: web.Request, place: str) -> None:
        check_text(request)
        # A name that somebody else's DNS points at us isn't ours.
        if host_of(request) != place.removeprefix("http://"):
            raise web.HTTPForbidden(text="This address isn't ours.")
        given = request.query.get("token", "").encode()
        if not secrets.compare_digest(given, self.token.encode()):
            raise web.HTTPForbidden(
                text="This address lacks its token: open the one that was printed."
            )
        origin = request.headers.get("Origin")
        if origin != place and (origin or request.method == "POST"):
            raise web.HTTPForbidden(text="Only our own page may ask for this.")

    async def _show(self, _: web.Request) -> web.Response:
        """Return the page with the list as it is now."""
        try:
            page = with_data(self._page, {**self._data, "list": read_text(self._list)})
        except NotText as error:
            raise web.HTTPConflict(text=str(error)) from None
        return web.Response(text=page, content_type="text/html")

    async def _photo(self, request: web.Request) -> web.FileResponse:
        number = int(request.match_info["number"])
        if number >= len(self._photos):
            raise web.HTTPNotFound(text="There is no such photo.")
        path = self._photos[number]
        if not path.is_file():
            raise web.HTTPNotFound(text="This photo is gone.")
        return web.FileResponse(path)

    async def _save(self, request: web.Request) -> web.Response:
        try:
            body = await request.read()
        # The server has an error for each moment at which a body may break off.
        except (ConnectionError, RuntimeError):
            raise web.HTTPBadRequest(text="The list broke off: save again.") from None
        add, remove = self._asked(body)
        try:
            number = edit_excluded(self._list, add, remove)
        except PigeonholeError as error:
            raise web.HTTPConflict(text=str(error)) from None
        except OSError as error:
            raise web.HTTPInternalServerError(
                text=f"{self._list} can't be written: {error.strerror}."
            ) from None
        return web.Response(
            text=f"Saved: {self._list} holds {number} boxes. Run snakemake --cores 4 "
            "to make the tiles and mosaics without them."
        )

    def _asked(self, body: bytes) -> tuple[list[str], list[str]]:
        """Check what the page sends: lines of boxes that it shows."""
        try:
            told: Any = parse_json(body)
            add, remove = list(told["add"]), list(told["remove"])
            known = set(add) | set(remove) <= self._lines
        except (ValueError, KeyError, TypeError):
            known = False
        if not known or any(box_of(line) is None for line in add):
            raise web.HTTPBadRequest(text="That isn't a list of boxes of this page.")
        return add, remove
