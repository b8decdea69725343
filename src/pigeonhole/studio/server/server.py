"""The server of the studio: its page, uploads and downloads, and the tabs' connections.

Every request must come from the studio's own page and, apart from its static files,
have its token; see `web.guard`.
"""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable
from importlib.resources import files
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from aiohttp import web

from pigeonhole.core.errors import PigeonholeError
from pigeonhole.studio.photos.folder_list import list_folders
from pigeonhole.studio.photos.store import MAX_UPLOAD_BYTES, UnknownName, UploadRefused
from pigeonhole.studio.preview.tile_pages import NoSuchTile, TilePages
from pigeonhole.studio.server.archive import iter_zip
from pigeonhole.studio.server.commands import Commands, FoldersClosed
from pigeonhole.studio.server.failures import sentence_of
from pigeonhole.studio.server.messages import MAX_COMMAND_BYTES, StudioError, to_json
from pigeonhole.studio.server.session import NoTilesYet, StudioSession
from pigeonhole.studio.server.tab import Tab
from pigeonhole.studio.target import NoTarget, sample_image
from pigeonhole.web.guard import Handler, RequestGuard

MAX_TABS = 64
MAX_UPLOADS = 8
"""Uploads that are written at the same time; others wait."""
MAX_TARGETS = 2
"""Targets that are uploaded at the same time, which are in memory."""
MAX_IMAGES_AT_ONCE = 3
"""Thumbnails and tiles that are made at the same time."""
RESERVED_BYTES = 300 * 2**20
"""Space on the disk that uploads leave free."""
UPLOAD_TIMEOUT = 60.0
"""Seconds without progress after which an upload ends."""
CLOSE_TIMEOUT = 0.3
"""Seconds that closing connections may take."""
HEARTBEAT = 20.0
"""Seconds between pings that check whether a tab still exists."""
WRITE_BUFFER_BYTES = 2**20
"""Bytes that may wait in the write buffer of a tab."""
STUDIO_POLICY = (
    "script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self' {sockets}"
)
"""What the page may load, see `RequestGuard`."""
STATIC_FOLDERS = ("studio", "shared", "viewer")
CONTENT_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


class UploadTooLarge(StudioError):
    """A file is larger than the studio accepts."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is too large: a file may have {MAX_UPLOAD_BYTES // 10**6} MB; "
            "reduce it, or choose its folder instead of uploading it."
        )


class NoSpaceForUpload(StudioError):
    """An upload would fill the disk."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(
            f"{name} doesn't fit on the disk of {folder}: free some space, then add it "
            "again."
        )


class InvalidRequest(StudioError):
    """A parameter of an address is missing or isn't possible."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"The parameter {name} of the address {problem}.")


class NoSuchExport(StudioError):
    """A file of an export doesn't exist."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} isn't a file of this export, or was deleted.")


STATUS = {
    FoldersClosed: 403,
    UploadTooLarge: 413,
    NoSpaceForUpload: 507,
    NoSuchTile: 404,
    NoSuchExport: 404,
    NoTilesYet: 404,
    UnknownName: 404,
    NoTarget: 404,
}
"""Status of errors that aren't 400."""


class StudioServer:
    """
    The server of a session.

    Parameters
    ----------
    session : StudioSession
    guard : RequestGuard
    browse : bool
        Let the page list the folders of this machine.
    """

    def __init__(
        self, session: StudioSession, guard: RequestGuard, *, browse: bool = True
    ) -> None:
        self._session = session
        self._guard = guard
        self._browse = browse
        self._commands = Commands(session, is_local=browse)
        self._uploads = asyncio.Semaphore(MAX_UPLOADS)
        self._targets = asyncio.Semaphore(MAX_TARGETS)
        self._previews = asyncio.Lock()
        self._images = asyncio.Semaphore(MAX_IMAGES_AT_ONCE)

    def application(self) -> web.Application:
        """Return the application with all routes; it closes the session at its end."""
        app = self._guard.application()
        app.middlewares.append(_describe_errors)
        app.on_shutdown.append(self._close_tabs)
        app.on_cleanup.append(self._close)
        for folder in STATIC_FOLDERS:
            app.router.add_get(f"/{folder}/{{name}}", _serve_static(folder))
        routes: dict[str, Handler] = {
            "/": self._get_page,
            "/socket": self._connect,
            "/photos": self._get_photos,
            "/photos/thumbnail": self._get_thumbnail,
            "/photos/image": self._get_photo,
            "/folders": self._get_folders,
            "/target": self._get_target,
            "/target/cropped": self._get_cropped_target,
            "/target/sample": self._get_sample,
            "/tiles": self._get_tiles,
            "/tiles/atlas": self._get_atlas,
            "/tiles/crop": self._get_crop,
            "/tiles/facts": self._get_tile,
            "/preview.png": self._get_preview,
            r"/exports/{job:\d{1,9}}/{file}": self._get_export,
        }
        for path, handler in routes.items():
            app.router.add_get(path, self._guard.require_token(handler))
        for path, handler in {
            "/photos": self._add_photo,
            "/target": self._set_target,
        }.items():
            app.router.add_post(path, self._guard.require_token(handler))
        return app

    async def _close_tabs(self, _: web.Application) -> None:
        """Close the tabs' connections, with a handshake where the page answers."""
        tabs = [*self._session.tabs]
        if tabs:
            closing = [asyncio.create_task(tab.close()) for tab in tabs]
            await asyncio.wait(closing, timeout=CLOSE_TIMEOUT)
        for tab in tabs:
            tab.abort()

    async def _close(self, _: web.Application) -> None:
        await asyncio.gather(self._commands.close(), self._session.close())

    # ---- page and tabs ----

    async def _get_page(self, _: web.Request) -> web.Response:
        return _static_response("studio", "index.html")

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        session = self._session
        if len(session.tabs) >= MAX_TABS:
            text = f"The studio is open in {MAX_TABS} tabs: close some of them."
            raise web.HTTPServiceUnavailable(text=text)
        socket = web.WebSocketResponse(
            compress=False,
            heartbeat=HEARTBEAT,
            # aiohttp rejects messages of exactly this size, too.
            max_msg_size=MAX_COMMAND_BYTES + 1,
            timeout=CLOSE_TIMEOUT,
            writer_limit=WRITE_BUFFER_BYTES,
        )
        await socket.prepare(request)
        tab = Tab(socket, request.transport)
        session.connect(tab)
        try:
            await tab.run(self._commands.answer)
        finally:
            session.disconnect(tab)
        return socket

    # ---- photos ----

    async def _get_photos(self, _: web.Request) -> web.Response:
        return await _json_of(self._session.list_photos)

    async def _add_photo(self, request: web.Request) -> web.Response:
        name, folder = _text(request, "name"), request.query.get("folder", "")
        self._check_upload(request, name)
        async with self._uploads:
            chunks = self._chunks(request, name)
            try:
                photo = await self._session.photos.add_upload(name, folder, chunks)
            except UploadRefused:
                self._session.photo_refused()
                raise
        is_new = not self._session.has_photo(photo.name)
        self._session.run_in_background(self._session.photos_changed())
        return _json({"name": photo.name, "is_new": is_new})

    async def _get_thumbnail(self, request: web.Request) -> web.Response:
        name, side = _text(request, "name"), _number(request, "side", 256)
        return await self._image(self._session.photos.thumbnail, name, side)

    async def _get_photo(self, request: web.Request) -> web.Response:
        name, side = _text(request, "name"), _number(request, "side", 2560)
        return await self._image(self._session.photos.thumbnail, name, side)

    async def _get_folders(self, request: web.Request) -> web.Response:
        if not self._browse:
            raise FoldersClosed
        path = request.query.get("path", "")
        return await _json_of(list_folders, path)

    def _check_upload(self, request: web.Request, name: str) -> None:
        """Refuse an upload that is too large before it is read."""
        size = request.content_length or 0
        if size > MAX_UPLOAD_BYTES:
            raise UploadTooLarge(name)
        self._check_space(name, size)

    def _check_space(self, name: str, size: int = 0) -> None:
        folder = self._session.project.folder
        if shutil.disk_usage(folder).free < size + RESERVED_BYTES:
            raise NoSpaceForUpload(name, folder)

    async def _chunks(self, request: web.Request, name: str) -> AsyncIterator[bytes]:
        """Yield the body of an upload, up to the limit."""
        size = 0
        while True:
            try:
                async with asyncio.timeout(UPLOAD_TIMEOUT):
                    chunk = await request.content.readany()
            except TimeoutError:
                raise InvalidRequest("name", "belongs to a stalled upload") from None
            if not chunk:
                return
            # The header may be missing or wrong.
            if (size := size + len(chunk)) > MAX_UPLOAD_BYTES:
                raise UploadTooLarge(name)
            if size % 2**24 < len(chunk):
                self._check_space(name)
            yield chunk

    # ---- target ----

    async def _set_target(self, request: web.Request) -> web.Response:
        name = _text(request, "name")
        self._check_upload(request, name)
        async with self._targets:
            content = b"".join([c async for c in self._chunks(request, name)])
            await asyncio.to_thread(self._session.target.set_target, content, name)
        await self._session.target_changed()
        return _json({"name": name})

    async def _get_target(self, request: web.Request) -> web.Response:
        side = _number(request, "side", 1600)
        return await self._image(self._session.target.preview_image, side)

    async def _get_cropped_target(self, request: web.Request) -> web.Response:
        side = _number(request, "side", 1600)
        return await self._image(self._session.target.cropped_image, side)

    async def _get_sample(self, request: web.Request) -> web.Response:
        side = _number(request, "side", 192)
        return await self._image(sample_image, _text(request, "name"), side)

    # ---- tiles and preview ----

    async def _get_tiles(self, request: web.Request) -> web.Response:
        pages = self._pages(request)
        return await _json_of(pages.data, self._guard.token)

    async def _get_atlas(self, request: web.Request) -> web.Response:
        pages, page = self._pages(request), _number(request, "page")
        return await self._image(pages.atlas, page)

    async def _get_crop(self, request: web.Request) -> web.Response:
        pages, tile = self._pages(request), _number(request, "tile")
        return await self._image(pages.crop, tile, _number(request, "width", 512))

    async def _get_tile(self, request: web.Request) -> web.Response:
        return _json(self._pages(request).facts(_number(request, "tile")))

    def _pages(self, request: web.Request) -> TilePages:
        """Return the tiles of the version that the page has, if it is the current."""
        pages = self._session.pages
        if not pages or _number(request, "version", pages.version) != pages.version:
            raise NoTilesYet
        return pages

    async def _get_preview(self, _: web.Request) -> web.Response:
        async with self._previews:
            name, content = await self._session.png()
        headers = _attachment(f"{name}.png")
        return web.Response(body=content, content_type="image/png", headers=headers)

    async def _image(
        self, function: Callable[..., bytes], *arguments: object
    ) -> web.Response:
        """Respond with the WebP image that a function returns in a thread."""
        async with self._images:
            content = await asyncio.to_thread(function, *arguments)
        return web.Response(body=content, content_type="image/webp")

    # ---- exports ----

    async def _get_export(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["file"]
        folder = self._session.project.folder
        results = self._session.results(int(request.match_info["job"]))
        for path in (folder / result for result in results):
            if path.name == name and path.is_file():
                return web.FileResponse(path, headers=_attachment(name))
            if f"{path.name}.zip" == name and path.is_dir():
                return await _send_zip(request, path)
        raise NoSuchExport(name)


async def _send_zip(request: web.Request, folder: Path) -> web.StreamResponse:
    """Send a folder as an archive, which is never on the disk or in memory."""
    response = web.StreamResponse(headers=_attachment(f"{folder.name}.zip"))
    response.content_type = "application/zip"
    await response.prepare(request)
    chunks = iter_zip(folder)
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        await response.write(chunk)
    await response.write_eof()
    return response


@web.middleware
async def _describe_errors(
    request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Answer errors with one sentence and their status."""
    try:
        return await handler(request)
    except PigeonholeError as error:
        text, status = sentence_of(error), STATUS.get(type(error), 400)
    except (ConnectionError, asyncio.CancelledError, web.HTTPException):
        raise
    except Exception as error:  # noqa: BLE001 - answers every error
        text, status = sentence_of(error), 500
    # What is left of a large body isn't read.
    return web.Response(text=text, status=status)


def _serve_static(folder: str) -> Handler:
    async def serve(request: web.Request) -> web.Response:
        return _static_response(folder, request.match_info["name"])

    return serve


def _static_response(folder: str, name: str) -> web.Response:
    content_type = CONTENT_TYPES.get(PurePath(name).suffix)
    if not re.fullmatch(r"[a-z_]+\.[a-z]+", name) or not content_type:
        raise web.HTTPNotFound(text="There is no such file.")
    file = files("pigeonhole.web") / "static" / folder / name
    try:
        content = file.read_bytes()
    except OSError:
        raise web.HTTPNotFound(text="There is no such file.") from None
    return web.Response(body=content, content_type=content_type, charset="utf-8")


def _json(content: Any) -> web.Response:
    return web.Response(text=to_json(content), content_type="application/json")


async def _json_of(function: Callable[..., Any], *arguments: object) -> web.Response:
    """Respond with what a function returns in a thread, as JSON."""

    def make() -> str:
        return to_json(function(*arguments))

    text = await asyncio.to_thread(make)
    return web.Response(text=text, content_type="application/json")


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}


def _text(request: web.Request, name: str) -> str:
    """Return a parameter of the address, or raise InvalidRequest."""
    if not (value := request.query.get(name, "")):
        raise InvalidRequest(name, "is missing")
    return value


def _number(request: web.Request, name: str, default: int | None = None) -> int:
    """Return a number among the parameters, or raise InvalidRequest."""
    value = request.query.get(name)
    if value is None and default is not None:
        return default
    if value is None or not re.fullmatch(r"[0-9]{1,15}", value):
        raise InvalidRequest(name, "must be a number")
    return int(value)
