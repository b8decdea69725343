"""The session of the studio: a project, its parts, and the tabs that show it.

All methods run in the event loop. What takes long runs in threads, in jobs and in the
thread of the preview, and nothing is only in memory: a session that is opened again, or
in another process, continues where the last one ended.
"""

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from importlib.util import find_spec
from os import environ
from typing import Any

import numpy as np

from pigeonhole.core.errors import PigeonholeError
from pigeonhole.core.geometry import Size
from pigeonhole.settings.mosaic import Pin
from pigeonhole.studio.jobs.queue import JobQueue
from pigeonhole.studio.jobs.store import Job
from pigeonhole.studio.photos.cutting import ProjectTiles, cut_project, is_cut
from pigeonhole.studio.photos.store import MAX_UPLOAD_BYTES, PhotoStore
from pigeonhole.studio.preview.engine import PreviewEngine
from pigeonhole.studio.preview.presets import PRESETS
from pigeonhole.studio.preview.stages import Preview, PreviewRequest
from pigeonhole.studio.preview.tile_pages import TilePages
from pigeonhole.studio.projects.carried_edits import (
    edited_tiles,
    matching_ids,
    missing_names,
)
from pigeonhole.studio.projects.document import Document
from pigeonhole.studio.projects.pinned_cells import cells_of
from pigeonhole.studio.projects.project import Project
from pigeonhole.studio.server.address import Address, ProjectLock
from pigeonhole.studio.server.failures import sentence_of
from pigeonhole.studio.server.messages import StudioError, pack_preview, to_json
from pigeonhole.studio.server.tab import Tab
from pigeonhole.studio.target import TargetStore
from pigeonhole.tiles import TileSet

THREADS = 32
STATE_SECONDS = 0.05
"""Shortest time between two states."""
SAVE_SECONDS = 0.3
"""Shortest time between two saves of the project."""
READ_SECONDS = 0.2
"""Shortest time between two counts of the photos."""
SETTLE_SECONDS = 0.5
"""How long no photo must be added before tiles are cut."""
MAX_SETTLE_SECONDS = 3.0
"""How long photos may be added before those that are there are cut."""

NOT_SAVED = "The project can't be saved:"
"""Beginning of the error that is shown until saving works again."""

log = logging.getLogger(__name__)


class NoTilesYet(StudioError):
    """The tiles of the project haven't been cut."""

    def __init__(self) -> None:
        super().__init__("There are no tiles yet: add photos and wait a moment.")


class StudioSession:
    """
    A project that is open in the studio.

    Parameters
    ----------
    project : Project
    address : Address, optional
        Where the session is served, which is recorded in the project.

    Raises
    ------
    ProjectInUse

    Attributes
    ----------
    project : Project
    photos : PhotoStore
    target : TargetStore
    jobs : JobQueue
    tabs : set of Tab
        Connections that receive states and previews.
    tiles : ProjectTiles or None
        The newest tiles.
    """

    def __init__(self, project: Project, address: Address | None = None) -> None:
        self._address = address
        self.tabs: set[Tab] = set()
        self._loop = asyncio.get_running_loop()
        # By default, few slow requests would keep others waiting.
        self._loop.set_default_executor(ThreadPoolExecutor(THREADS, "studio"))
        self._tasks: set[asyncio.Task[None]] = set()
        self._saving = asyncio.Lock()
        self._state_due = asyncio.Event()
        self._save_due = asyncio.Event()
        self._notices = 0
        self._open(project, ProjectLock(project.folder))
        for work in (self._send_states, self._save_changes):
            self.run_in_background(work())

    def _open(self, project: Project, lock: ProjectLock) -> None:
        self.project = project
        self._lock = lock
        if self._address:
            self._address.save(project.folder)
        self.photos = PhotoStore(project)
        self.target = TargetStore(project)
        self.tiles: ProjectTiles | None = None
        self.pages: TilePages | None = None
        self.error: str | None = project.notice
        self._revision = 0
        self._photos_revision = 1
        self._names: set[str] = set()
        self._reading_photos = False
        self._target_facts: dict[str, Any] | None = None
        self._target_is_due = False
        self._pinned_cells: tuple[object, Sequence[Pin]] | None = None
        self._notice: dict[str, Any] | None = None
        # Versions are in addresses that browsers remember: those of other projects, and
        # of this one before a restart, are lower.
        self._target_version = self._tiles_version = time.time_ns() // 10**6
        self._first_revision = 0
        self._last_preview: bytes | None = None
        self._newest: Preview | None = None
        self._overlays: dict[int, float] = {}
        self._uses: Mapping[str, int] = {}
        self._packing = False
        self._inputs = 0
        self._tiles_due = asyncio.Event()
        self._photos_changed_at = 0.0
        self._cut_for: object = None
        self._job_list: dict[int, Job] = {}
        self._job_ends: dict[int, asyncio.Future[Job]] = {}
        self.jobs = JobQueue(
            project.folder, lambda job: self._call(self._job_changed, project, job)
        )
        self.engine = PreviewEngine(
            lambda preview: self._call(self._preview_made, project, preview)
        )
        self._cutter = self.run_in_background(self._keep_tiles_current())
        self.run_in_background(self._restore())

    # ---- life ----

    async def _restore(self) -> None:
        """Read what the project's folder contains, and continue with its tiles."""
        for job in await asyncio.to_thread(self.jobs.jobs):
            self._job_list.setdefault(job.id, job)
        await self.photos_changed()
        await self.target_changed()

    async def switch(self, project: Project) -> None:
        """
        Close the project and open another one; tabs stay connected.

        Raises
        ------
        ProjectInUse
            Nothing is changed.
        """
        if project.folder == self.project.folder:
            return
        lock, before = ProjectLock(project.folder), self.project
        await self._close_parts()
        try:
            self._open(project, lock)
        except PigeonholeError:
            lock.release()
            self._open(before, ProjectLock(before.folder))
            raise
        finally:
            self.touch()

    async def close(self) -> None:
        """Save the project and end everything that the session started."""
        await self._close_parts()
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _close_parts(self) -> None:
        self._cutter.cancel()
        closing = [self.project.save, self.engine.close, self.jobs.close]
        results = await asyncio.gather(
            *(asyncio.to_thread(close) for close in closing), return_exceptions=True
        )
        for error in results:
            if isinstance(error, BaseException):
                log.error("%s", error)
        self._lock.release()

    def run_in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine until it or the session ends; log its errors."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._background_ended)
        return task

    def _background_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("The studio failed in the background", exc_info=error)

    def _call(
        self, function: Callable[[Project, Any], None], project: Project, value: Any
    ) -> None:
        """Call a function in the event loop, from any thread, unless it has ended."""

        def call() -> None:
            # Another project may have been opened.
            if project is self.project:
                function(project, value)

        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call)

    # ---- changes ----

    @property
    def document(self) -> Document:
        """The current document."""
        return self.project.history.document

    def change(
        self, patch: Mapping[str, Any], label: str, gesture: int | None = None
    ) -> None:
        """Change the document, or raise SettingsError."""
        self._pinned_cells = self._pinned_cells or self._find_pinned_cells()
        if self.project.history.change(patch, label, gesture):
            self._remove_moved_pins()
            self.document_changed()

    def undo(self) -> None:
        """Undo the newest change."""
        if self.project.history.undo():
            self._document_restored()

    def redo(self) -> None:
        """Redo the change that was undone last."""
        if self.project.history.redo():
            self._document_restored()

    def _document_restored(self) -> None:
        # Its pins belong to its cells.
        self._pinned_cells = None
        if self.tiles and not self._tiles_are_outdated:
            self._carry_edits_over(self.tiles.tile_set, self.tiles.tile_set)
        self.document_changed(target=True)

    def document_changed(self, *, target: bool = False) -> None:
        """Save the document, and cut tiles and preview the mosaic again."""
        self._save_due.set()
        if target:
            self._target_is_due = True
            self.run_in_background(self.target_changed())
        self._update()

    async def photos_changed(self) -> None:
        """Count the photos again; tiles are cut when no more arrive."""
        self._photos_revision += 1
        self._inputs += 1
        self._photos_changed_at = self._loop.time()
        # Uploads arrive faster than thousands of names are read.
        if self._reading_photos:
            return
        self._reading_photos = True
        try:
            counted = 0
            while counted != self._inputs:
                counted = self._inputs
                self._names = await asyncio.to_thread(self.photos.names)
                self._update()
                await asyncio.sleep(READ_SECONDS)
        finally:
            self._reading_photos = False

    def has_photo(self, name: str) -> bool:
        """Return whether a photo was there when the names were last read."""
        return name in self._names

    def photo_refused(self) -> None:
        """Show the tabs that the list of files that aren't used has changed."""
        self._photos_revision += 1
        self.touch()

    async def _look_for_photos(self) -> None:
        """Notice what other programs have changed in linked folders."""
        await asyncio.to_thread(self.photos.rescan)
        if await asyncio.to_thread(self.photos.names) != self._names:
            await self.photos_changed()

    async def target_changed(self) -> None:
        """Read the target again and preview the mosaic."""
        self._target_version += 1
        try:
            self._target_facts = await asyncio.to_thread(self.target.facts)
        except PigeonholeError as error:
            self._target_facts, self.error = None, sentence_of(error)
        self._target_is_due = False
        self._remove_moved_pins()
        self._update()

    def _find_pinned_cells(self) -> tuple[object, Sequence[Pin]] | None:
        """Return the pins and what decides the places of their cells."""
        if not self._target_facts:
            return None
        target = Size(*self._target_facts["cropped_size"])
        return cells_of(self.document, target), self.document.mosaic.pin

    def _remove_moved_pins(self) -> None:
        """Remove pins if their cells are elsewhere now, such as in another grid."""
        before, now = self._pinned_cells, self._find_pinned_cells()
        self._pinned_cells = now
        # Pins that were set together with the grid are meant for it.
        if before and now and before[0] != now[0] and before[1] == now[1]:
            self._remove_pins(now[1])

    def _remove_pins(self, pins: Sequence[Pin]) -> None:
        if not pins:
            return
        kept = [pin for pin in self.document.mosaic.pin if pin not in pins]
        self.project.history.extend({"mosaic": {"pin": kept}})
        self._pinned_cells = self._find_pinned_cells()
        was = "1 pin was" if len(pins) == 1 else f"{len(pins)} pins were"
        self._notify(
            f"{was} removed, because the cells have moved. Undo restores it all."
        )

    def _notify(self, text: str) -> None:
        """Show a notice in all tabs."""
        self._notices += 1
        self._notice = {"number": self._notices, "text": text}
        self.touch()

    def faces_marked(self) -> None:
        """Cut tiles again, because the list of excluded faces has changed."""
        self._inputs += 1
        self._update()

    async def save(self) -> None:
        """Save the project now, and read what was edited by hand."""
        async with self._saving:
            before = self.document
            await asyncio.to_thread(self.project.save)
        if self.document != before:
            self._update()

    def _update(self) -> None:
        if self._tiles_are_outdated:
            self._tiles_due.set()
        self._request_preview()
        self.touch()

    # ---- tiles ----

    def _wanted_tiles(self) -> tuple[object, ...]:
        """Return all that decides the tiles."""
        document = self.document
        return (
            (document.cut, document.tiles, document.photos, document.faces),
            self._inputs,
        )

    @property
    def _tiles_are_outdated(self) -> bool:
        return self._wanted_tiles() != self._cut_for

    async def _keep_tiles_current(self) -> None:
        while True:
            await self._tiles_due.wait()
            await self._wait_for_photos()
            self._tiles_due.clear()
            if (wanted := self._wanted_tiles()) == self._cut_for:
                continue
            try:
                done = await self._cut(wanted)
                self.error = None
            except Exception as error:  # noqa: BLE001 - other settings may work
                self.error, done = sentence_of(error), True
            if done:
                self._cut_for = wanted
            self._update()

    async def _wait_for_photos(self) -> None:
        """Wait until no more photos arrive, but not for long."""
        start = self._loop.time()
        while (now := self._loop.time()) < start + MAX_SETTLE_SECONDS:
            left = self._photos_changed_at + SETTLE_SECONDS - now
            if left <= 0:
                return
            await asyncio.sleep(left)

    async def _cut(self, wanted: tuple[object, ...]) -> bool:
        """Cut the tiles and return True, or return False if others are wanted now."""
        if not self._names:
            self._set_tiles(None)
            return True
        document, project = self.document, self.project
        await self.save()
        folder = project.photos_folder
        if not await asyncio.to_thread(is_cut, folder, document, project.cut):
            number = await asyncio.to_thread(self.jobs.add, "cut", {})
            job = await self._end_of(number, wanted)
            if job is None or job.state == "canceled":
                return False
            if job.error:
                raise StudioError(job.error)
        # Everything is in the cache now, apart from photos that arrived in the
        # meantime, which the next job cuts.
        arrived = self._wanted_tiles() != wanted
        cut = partial(cut_project, folder, document, only_read=arrived)
        self._set_tiles(await asyncio.to_thread(cut))
        return True

    async def _end_of(self, number: int, wanted: tuple[object, ...]) -> Job | None:
        """Wait until a job has ended, or cancel it if its settings are outdated."""
        end = self._job_ends.setdefault(number, self._loop.create_future())
        if (job := self._job_list.get(number)) and job.is_finished:
            end.set_result(job)
        try:
            while not end.done():
                due = asyncio.create_task(self._tiles_due.wait())
                either: list[asyncio.Future[Any]] = [end, due]
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                due.cancel()
                self._tiles_due.clear()
                # More photos don't make it useless: the next cut reads only those.
                if not end.done() and self._wanted_tiles()[0] != wanted[0]:
                    await asyncio.to_thread(self.jobs.cancel, number)
                    return None
            return end.result()
        finally:
            self._job_ends.pop(number, None)

    def _set_tiles(self, tiles: ProjectTiles | None) -> None:
        if self.tiles and tiles:
            self._carry_edits_over(self.tiles.tile_set, tiles.tile_set)
        self.tiles = tiles
        self._tiles_version += 1
        # The list of photos shows what their tiles are.
        self._photos_revision += 1
        self.pages = None
        self._last_preview = None
        if tiles:
            self.project.cut = tiles.cut
            self._save_due.set()
            folder = self.project.photos_folder
            self.engine.set_tiles(tiles.tile_set, folder)
            limit = self.document.photos.max_pixels
            self.pages = TilePages(self._tiles_version, tiles, folder, limit)
        self._first_revision = self._revision + 1

    def _carry_edits_over(self, old: TileSet, new: TileSet) -> None:
        """Rename the tiles in the edits, so that they name the same photos."""
        names = [*edited_tiles(self.document.mosaic)]
        ids = matching_ids(names, old.rows, new.rows)
        gone = missing_names([ids.get(name, name) for name in names], new.rows)
        if ids or gone:
            self.project.history.rename_tiles(ids, gone)
        if gone:
            edits = "An edit is" if len(gone) == 1 else f"{len(gone)} edits are"
            self._notify(f"{edits} gone, because there is no such photo any more.")

    # ---- preview ----

    def _request_preview(self) -> None:
        self._revision += 1
        # A target that isn't written yet isn't that of the document.
        if self.tiles and self._target_facts and not self._target_is_due:
            # Previews of a few older requests may still be on their way.
            self._overlays = dict([*self._overlays.items()][-9:])
            self._overlays[self._revision] = self.document.mosaic.overlay
            path, is_outdated = self.project.target_path, self._tiles_are_outdated
            document = self.project.preview_document
            self.engine.request(
                PreviewRequest(self._revision, document, path, is_outdated)
            )

    def _preview_made(self, _: Project, preview: Preview) -> None:
        # Older ones may show tiles that the page doesn't have.
        if preview.revision < self._first_revision:
            return
        if preview.lost_pins and preview.revision == self._revision:
            self._remove_pins(preview.lost_pins)
            self.document_changed()
            return
        self._newest = preview
        if not self._packing:
            self._packing = True
            self.run_in_background(self._send_previews())

    async def _send_previews(self) -> None:
        """Pack and send the newest preview, until there is no newer one."""
        try:
            while self._newest:
                preview, self._newest = self._newest, None
                await self._send_preview(preview)
        finally:
            self._packing = False

    async def _send_preview(self, preview: Preview) -> None:
        assert self.tiles
        version, tile_set = self._tiles_version, self.tiles.tile_set
        overlay = self._overlays.get(preview.revision, 0)
        message = await asyncio.to_thread(
            pack_preview, preview, tile_set.size, overlay, version
        )
        if version != self._tiles_version:
            return
        if preview.stage != "draft":
            self._uses = _count_uses(preview, tile_set)
        if self._last_preview is None:
            self.touch()
        self._last_preview = message
        for tab in self.tabs:
            tab.send_preview(message)

    async def png(self) -> tuple[str, bytes]:
        """Return the name of the mosaic and the file that the command would write."""
        if not (self.tiles and self.document.target):
            raise NoTilesYet
        while True:
            name, revision = self.document.target.name, self._revision
            try:
                return name, await asyncio.to_thread(self.engine.png, revision)
            except PigeonholeError:
                # Without pins that have lost their cells, there may be a mosaic.
                if revision == self._revision or not self.document.target:
                    raise

    # ---- jobs ----

    def results(self, job: int) -> list[str]:
        """Return the paths of what a job wrote, relative to the project."""
        results = self._job_list[job].result if job in self._job_list else []
        # The jobs of a project from elsewhere could name any file.
        return [path for path in results if re.fullmatch(r"exports/[^./][^/]*", path)]

    def _job_changed(self, _: Project, job: Job) -> None:
        self._job_list[job.id] = job
        if job.is_finished:
            if (end := self._job_ends.get(job.id)) and not end.done():
                end.set_result(job)
            if job.kind == "download":
                self.run_in_background(self.photos_changed())
            self.run_in_background(self._read_jobs())
        self.touch()

    async def _read_jobs(self) -> None:
        jobs = await asyncio.to_thread(self.jobs.jobs)
        self._job_list = {job.id: job for job in jobs}
        self.touch()

    # ---- tabs ----

    def connect(self, tab: Tab) -> None:
        """Send a tab the state and the newest preview, and all that follow."""
        self.tabs.add(tab)
        tab.send_state(to_json(self.state()))
        if self._last_preview:
            tab.send_preview(self._last_preview)
        self.run_in_background(self._look_for_photos())

    def disconnect(self, tab: Tab) -> None:
        """Send a tab nothing any more."""
        self.tabs.discard(tab)

    def touch(self) -> None:
        """Send the state to all tabs soon."""
        self._state_due.set()

    async def _send_states(self) -> None:
        while True:
            await self._state_due.wait()
            self._state_due.clear()
            if self.tabs:
                state = to_json(self.state())
                for tab in self.tabs:
                    tab.send_state(state)
            await asyncio.sleep(STATE_SECONDS)

    async def _save_changes(self) -> None:
        while True:
            await self._save_due.wait()
            self._save_due.clear()
            try:
                await self.save()
                if self.error and self.error.startswith(NOT_SAVED):
                    self.error = None
                    self.touch()
            except Exception as error:  # noqa: BLE001 - the next save may work
                self.error = f"{NOT_SAVED} {sentence_of(error)}"
                self.touch()
            await asyncio.sleep(SAVE_SECONDS)

    def list_photos(self) -> dict[str, Any]:
        """Return all photos, the files that aren't used, and the linked folders."""
        revision = self._photos_revision
        return {
            "revision": revision,
            "photos": self.photos.photos(self.tiles, self._uses),
            "skipped": self.photos.skipped(self.tiles),
            "folders": self.photos.folders(),
        }

    def state(self) -> dict[str, Any]:
        """Return the message that describes the session."""
        history = self.project.history
        jobs = [job for job in self._job_list.values() if job.kind != "cut"]
        return {
            "type": "state",
            "revision": self._revision,
            "project": {"name": self.project.name, "folder": str(self.project.folder)},
            "document": self.document.model_dump(mode="json"),
            "defaults": Document().model_dump(mode="json"),
            "history": {"undo": history.undo_label, "redo": history.redo_label},
            "photos": self._photo_facts(),
            "target": self._target_facts
            and {**self._target_facts, "version": self._target_version},
            "work": self._work(),
            "jobs": [asdict(job) for job in jobs],
            "presets": [preset._asdict() for preset in PRESETS],
            "limits": {
                "max_file_bytes": MAX_UPLOAD_BYTES,
                "pexels": bool(environ.get("PEXELS_API_KEY")),
                "heic": find_spec("pi_heif") is not None,
                "video": find_spec("av") is not None,
            },
            "notice": self._notice,
            "error": self.error,
        }

    def _photo_facts(self) -> dict[str, Any]:
        tiles = self.tiles
        return {
            "revision": self._photos_revision,
            "count": len(self._names),
            "usable": len(tiles.photos) if tiles else 0,
            "skipped": len(tiles.skipped) if tiles else 0,
            "with_faces": sum(map(bool, tiles.face_counts.values())) if tiles else 0,
            "cut": tiles.cut if tiles else None,
            "tiles": len(tiles.tile_set.rows) if tiles else 0,
            "tiles_version": self._tiles_version,
        }

    def _work(self) -> dict[str, Any] | None:
        """Return the progress of the tiles or of the first preview."""
        for job in self._job_list.values():
            if job.kind == "cut" and not job.is_finished:
                names = ("text", "done", "total", "unit", "rate", "seconds_left")
                facts = {name: getattr(job, name) for name in names}
                return {**facts, "text": job.text or job.title}
        text = ""
        if self._names and self._tiles_are_outdated:
            text = "Preparing the tiles"
        elif self.tiles and self.document.target and self._last_preview is None:
            # The first one after an update compiles the kernels.
            text = "Preparing the preview"
        if not text:
            return None
        nothing = dict.fromkeys(("done", "total", "rate", "seconds_left"))
        return {**nothing, "text": text, "unit": ""}


def _count_uses(preview: Preview, tile_set: TileSet) -> dict[str, int]:
    """Return how many cells show each photo."""
    if not preview.tile_count:
        return {}
    counts = np.bincount(preview.placement.ravel() % preview.tile_count)
    uses: Counter[str] = Counter()
    for number in np.flatnonzero(counts).tolist():
        uses[tile_set.rows[number].photo] += int(counts[number])
    return uses
