"""The live mosaic and the review of faces, which the studio opens in other tabs."""

import asyncio
import re
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from pigeonhole.core.atomic import write_text
from pigeonhole.curation.review_page import ReviewData, review_page
from pigeonhole.curation.review_server import REVIEW_HOST, ReviewServer, review_guard
from pigeonhole.faces.exclude import EXCLUDE_SETTING
from pigeonhole.photos.list_file import EntryList
from pigeonhole.studio.photos.cutting import project_faces
from pigeonhole.studio.projects.document import Document
from pigeonhole.studio.projects.project import Project
from pigeonhole.studio.server.messages import StudioError
from pigeonhole.tiles import TileSet

START_TIMEOUT = 60.0
"""Seconds in which the live page must start; compiling takes some of them."""
LIVE_CLOSE_TIMEOUT = 0.5
"""Seconds in which it must end."""
NEXT_STEP_IN_STUDIO = "The studio cuts the tiles again without them."
"""The message of the review after marking faces."""


class LiveFailed(StudioError):
    """The live mosaic didn't start."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The live mosaic didn't start: {reason.rstrip('.')}.")


class NoFacesToReview(StudioError):
    """No photo of the project shows a face."""

    def __init__(self) -> None:
        super().__init__(
            "There are no faces to review: add photos that show people, and choose "
            "faces as what tiles are cut from."
        )


class LiveLink:
    """The process of the live page, which ends with the studio."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._address = ""
        self._tile_set: TileSet | None = None

    async def open(self, tile_set: TileSet, path: Path) -> str:
        """
        Return the address of the live page with some tiles, starting it if necessary.

        The tiles are written to `path`.
        """
        if self._process and self._process.returncode is None:
            if tile_set is self._tile_set:
                return self._address
            await self.close()
        await asyncio.to_thread(tile_set.save, path)
        module = "pigeonhole.studio.server.live_process"
        # -P: modules in the current folder aren't imported.
        command = sys.executable, "-P", "-m", module, str(path)
        self._process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=DEVNULL, stderr=PIPE, start_new_session=True
        )
        self._tile_set = tile_set
        self._address = await self._read_address(self._process)
        return self._address

    async def _read_address(self, process: Process) -> str:
        assert process.stderr
        text = "it took too long"
        with suppress(TimeoutError):
            async with asyncio.timeout(START_TIMEOUT):
                async for line in process.stderr:
                    text = line.decode(errors="replace").strip() or text
                    if found := re.search(r"https?://\S+", text):
                        self._draining = asyncio.create_task(process.stderr.read())
                        return found[0]
        await self.close()
        raise LiveFailed(text)

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if not process or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), LIVE_CLOSE_TIMEOUT)
            except TimeoutError:
                process.kill()
                await process.wait()


class ReviewLink:
    """
    The server of the review page.

    Parameters
    ----------
    saved : callable
        Called when the user has marked faces.
    """

    def __init__(self, saved: Callable[[], object]) -> None:
        self._saved = saved
        self._runner: web.AppRunner | None = None

    async def open(self, project: Project) -> str:
        """Write the review page of a project and return its address."""
        document = project.history.document
        path = await asyncio.to_thread(write_review, project, document)
        await self.close()
        review = ReviewServer(path, NEXT_STEP_IN_STUDIO, self._saved)
        # The guard must know the port.
        listener = socket.create_server((REVIEW_HOST, 0))
        port = listener.getsockname()[1]
        guard = review_guard(port)
        self._runner = web.AppRunner(
            review.application(guard),
            access_log=None,
            shutdown_timeout=LIVE_CLOSE_TIMEOUT,
        )
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()
        return f"http://{REVIEW_HOST}:{port}/?token={guard.token}"

    async def close(self) -> None:
        """Stop the server."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None


def write_review(project: Project, document: Document) -> Path:
    """
    Write the review page of a project and return its path.

    Raises
    ------
    NoFacesToReview, SettingsError
    """
    faces, photos = project_faces(project.photos_folder, document)
    if not faces:
        raise NoFacesToReview
    # The list is relative to the folder above.
    path = project.folder / "studio" / "review" / "review.html"
    excluded = project.folder / document.faces.exclude
    review = ReviewData(
        faces,
        photos,
        [],
        project.photos_folder,
        Path(document.faces.exclude),
        EntryList.open(EXCLUDE_SETTING, excluded, create=True),
        document.faces.max_hash_distance,
        document.photos.max_hash_distance,
    )
    write_text(path, review_page(review, path.parent))
    return path
