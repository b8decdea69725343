"""Serve the review page, and write the list that the user edits on it.

The server listens on this machine only. Its address contains a secret token, and it
accepts lists only from its own page, so that no other page in the same browser can
write them.
"""

import logging
import os
import socket
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from aiohttp import web

from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import PigeonholeError, UnreadableImage
from pigeonhole.core.geometry import Box
from pigeonhole.core.untrusted_json import parse_json
from pigeonhole.curation.review_page import list_lines, read_data, replace_data
from pigeonhole.faces.exclude import EXCLUDE_SETTING, ExclusionList
from pigeonhole.faces.table import FaceRow
from pigeonhole.imaging.codecs import decode_rgb
from pigeonhole.photos.identity import Identity
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.list_file import Entry, EntryList, list_path
from pigeonhole.web.guard import RequestGuard, log_only_server_errors

REVIEW_HOST = "127.0.0.1"
MAX_LIST_BYTES = 16 * 2**20
"""Largest list to accept: about half a million lines."""
NEXT_STEP = "Run snakemake --cores 4 to rebuild the tiles and mosaics without them."
REVIEW_POLICY = (
    "img-src 'self' data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'"
)


class InvalidReviewPage(PigeonholeError):
    """A file is missing or isn't a review page of this version."""

    def __init__(self, path: Path) -> None:
        reason = "isn't a review page" if path.exists() else "doesn't exist"
        super().__init__(f"{path} {reason}: run `snakemake --cores 4` to create it.")


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


def _photo_row(photo: dict[str, Any]) -> PhotoRow:
    """Return the row of a photo of the page."""
    names = ("width", "height", "sha256", "fingerprint")
    return PhotoRow(photo["name"], "", **{name: photo[name] for name in names})


def _unquote(href: str) -> str:
    return os.fsdecode(unquote_to_bytes(href))


class ReviewServer:
    """
    A review page with its photos and its list; InvalidReviewPage if it isn't one.

    Parameters
    ----------
    path : Path
    next_step : str
        Sentence about what follows when the list has been saved.
    saved : callable, optional
        Called when the list has been saved.
    """

    def __init__(
        self,
        path: Path,
        next_step: str = NEXT_STEP,
        saved: Callable[[], object] | None = None,
    ) -> None:
        self._next_step, self._saved = next_step, saved
        try:
            self._path, self._page = path, path.read_text("utf-8")
            self._data = read_data(self._page)
            self._list = list_path(self._data["list_path"], path.parents[1])
            photos = self._data["photos"]
            self._rows = [_photo_row(photo) for photo in photos]
            self._photos = [path.parent / _unquote(photo["href"]) for photo in photos]
            self._faces = [
                FaceRow(self._rows[photo].photo, *Box(*box), 0.0)
                for photo, *box in (face[:5] for face in self._data["faces"])
            ]
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
        # It may show a face that was removed since.
        if not self._is_current():
            reason = "The results have changed. Start the review again."
            raise web.HTTPConflict(text=reason)
        try:
            listed = EntryList.open(EXCLUDE_SETTING, self._list, create=True)
        except PigeonholeError as error:
            raise web.HTTPConflict(text=str(error)) from None
        lines = list_lines(listed, self._rows, self._faces)
        data = {**self._data, "list_lines": lines}
        page = replace_data(self._page, data)
        return web.Response(text=page, content_type="text/html")

    def _is_current(self) -> bool:
        """Return whether the page is still the one that the workflow wrote."""
        try:
            return self._path.read_text("utf-8") == self._page
        except (OSError, ValueError):
            return False

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
            listed = self._edit(add, remove)
            listed.save()
        except PigeonholeError as error:
            raise web.HTTPConflict(text=str(error)) from None
        # The next run stops at a damaged line.
        next_step = next(map(str, listed.errors), self._next_step)
        if self._saved:
            self._saved()
        count = len(listed.entries)
        return web.Response(
            text=f"Saved {self._list} with {count:,} boxes. {next_step}"
        )

    def _edit(self, add: set[int], remove: set[int]) -> EntryList:
        """Return the list with some faces of the page, and without others."""
        listed = EntryList.open(EXCLUDE_SETTING, self._list, create=True)
        found = ExclusionList(listed.entries).find(self._rows, self._faces)
        entries = [found.get((face.photo, face.box), []) for face in self._faces]
        marked = {number for number, of_face in enumerate(entries) if of_face}
        marked = marked - remove | add
        dropped = {entry for number in remove for entry in entries[number]}
        # Lines by hand are in pixels, those of a page from the disk have one view.
        dropped |= {
            entry
            for number in marked
            for entry in entries[number]
            if entry.pixels or len(entry.identity.fingerprints) == 1
        }
        new = [n for n in sorted(marked) if not set(entries[n]) - dropped]
        return listed.edit(map(self._entry, new), dropped)

    def _entry(self, number: int) -> Entry:
        """Return the entry of a face of the page."""
        face = self._faces[number]
        photo = next(n for n, row in enumerate(self._rows) if row.photo == face.photo)
        row, image = self._rows[photo], None
        try:
            content = self._photos[photo].read_bytes()
            if sha256_of(content) == row.sha256:
                image = decode_rgb(content, row.photo, max(1, row.width * row.height))
        except (OSError, UnreadableImage):
            # The photo was deleted. Its row has a fingerprint of the whole.
            pass
        return Entry.of_face(Identity.of(row, image), face.box, row, "")

    def _parse_changes(self, body: bytes) -> tuple[set[int], set[int]]:
        """Return the numbers of the faces to add and to remove."""
        try:
            changes: Any = parse_json(body)
            add, remove = set(changes["add"]), set(changes["remove"])
            is_valid = all(
                type(number) is int and 0 <= number < len(self._faces)
                for number in add | remove
            )
        except (ValueError, KeyError, TypeError):
            is_valid = False
        if not is_valid:
            raise web.HTTPBadRequest(text="This isn't a list of boxes on this page.")
        return add, remove
