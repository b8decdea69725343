"""Run the commands of the page on a session."""

import asyncio
import shlex
from functools import singledispatchmethod

from pigeonhole.settings import Frozen
from pigeonhole.studio.exports.description import describe_export
from pigeonhole.studio.exports.export import export_arguments
from pigeonhole.studio.exports.options import ExportOptions
from pigeonhole.studio.photos.folder_list import whole_path
from pigeonhole.studio.preview.presets import PRESETS
from pigeonhole.studio.projects.project import Project
from pigeonhole.studio.server import messages
from pigeonhole.studio.server.failures import sentence_of
from pigeonhole.studio.server.links import LiveLink, ReviewLink
from pigeonhole.studio.server.messages import (
    StudioError,
    answer,
    parse_command,
    parse_message,
)
from pigeonhole.studio.server.session import NoTilesYet, StudioSession
from pigeonhole.web.guard import RateLimiter

EXPENSIVE = (
    *(messages.AddFolder, messages.Search, messages.Erase, messages.ChooseTarget),
    *(messages.Export, messages.SaveAs, messages.OpenProject, messages.NewProject),
    *(messages.OpenLive, messages.OpenReview),
)
"""Commands that start much work."""
OF_FOLDERS = (messages.AddFolder, messages.SaveAs, messages.OpenProject)
"""Commands that use any folder of the machine, which other devices may not."""
EXPENSIVE_PER_SECOND, EXPENSIVE_BURST = 2.0, 20


class UnknownPreset(StudioError):
    """There is no preset of this name."""

    def __init__(self, name: str) -> None:
        names = ", ".join(preset.name for preset in PRESETS)
        super().__init__(f"There is no preset {name[:40]!r}; choose one of {names}.")


class FoldersClosed(StudioError):
    """A device other than the studio's machine asks for its folders."""

    def __init__(self) -> None:
        super().__init__("Folders can only be chosen on the machine of the studio.")


class Commands:
    """Runs the commands of all tabs."""

    def __init__(self, session: StudioSession, *, is_local: bool = True) -> None:
        self._session = session
        self._is_local = is_local
        self._limiter = RateLimiter(EXPENSIVE_PER_SECOND, EXPENSIVE_BURST)
        self._live = LiveLink()
        self._review = ReviewLink(session.faces_marked)
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        """End what commands have started."""
        await asyncio.gather(self._live.close(), self._review.close())

    async def answer(self, message: str) -> str:
        """Run the command of a message, and return the message that answers it."""
        number, name, fields = parse_message(message)
        try:
            command = parse_command(name, fields)
            if isinstance(command, OF_FOLDERS) and not self._is_local:
                raise FoldersClosed
            if isinstance(command, EXPENSIVE):
                await self._limiter.wait()
            return answer(number, await self.run(command))
        except Exception as error:  # noqa: BLE001 - answers every error
            return answer(number, error=sentence_of(error))

    @singledispatchmethod
    async def run(self, command: Frozen) -> object:
        """Run a command and return its result, or raise PigeonholeError."""
        raise NotImplementedError(command)

    # ---- document ----

    @run.register
    async def _(self, command: messages.Change) -> object:
        self._session.change(command.patch, command.label, command.gesture)
        return None

    @run.register
    async def _(self, command: messages.ApplyPreset) -> object:
        for preset in PRESETS:
            if preset.name == command.name:
                self._session.change(preset.patch, preset.title)
                return None
        raise UnknownPreset(command.name)

    @run.register
    async def _(self, _: messages.Undo) -> object:
        self._session.undo()
        return None

    @run.register
    async def _(self, _: messages.Redo) -> object:
        self._session.redo()
        return None

    # ---- photos ----

    @run.register
    async def _(self, command: messages.AddFolder) -> object:
        await asyncio.to_thread(self._session.photos.add_folder, command.path)
        await self._session.photos_changed()
        return None

    @run.register
    async def _(self, command: messages.RemoveFolder) -> object:
        await asyncio.to_thread(self._session.photos.remove_folder, command.name)
        await self._session.photos_changed()
        return None

    @run.register
    async def _(self, command: messages.Search) -> object:
        options = command.model_dump(mode="json")
        return await asyncio.to_thread(self._session.jobs.add, "download", options)

    @run.register
    async def _(self, command: messages.RemovePhotos) -> object:
        await asyncio.to_thread(self._session.photos.remove, command.names)
        await self._session.photos_changed()
        return None

    @run.register
    async def _(self, command: messages.ClearSkipped) -> object:
        await asyncio.to_thread(self._session.photos.clear_refused, command.name)
        await self._session.photos_changed()
        return None

    @run.register
    async def _(self, command: messages.Erase) -> object:
        choice = command.photo, command.face, self._session.tiles
        result = await asyncio.to_thread(self._session.photos.erase, *choice)
        await asyncio.to_thread(self._session.target.forget_removed)
        await self._session.target_changed()
        await self._session.photos_changed()
        return result

    # ---- target ----

    @run.register
    async def _(self, command: messages.ChooseTarget) -> object:
        target = self._session.target
        if command.photo:
            await asyncio.to_thread(target.choose_photo, command.photo)
        elif command.sample:
            await asyncio.to_thread(target.choose_sample, command.sample)
        await self._session.target_changed()
        return None

    @run.register
    async def _(self, command: messages.SetTarget) -> object:
        choice = command.crop, command.rotation, command.straighten
        await asyncio.to_thread(self._session.target.set_crop, *choice)
        await self._session.target_changed()
        return None

    # ---- exports and jobs ----

    @run.register
    async def _(self, command: messages.Export) -> object:
        session, options = self._session, ExportOptions.read(command.options)
        project = session.project
        await session.save()
        arguments = await asyncio.to_thread(export_arguments, project, options)
        add = session.jobs.add
        return await asyncio.to_thread(add, "export", arguments, options.title)

    @run.register
    async def _(self, command: messages.DescribeExport) -> object:
        options = ExportOptions.read(command.options)
        project, tiles = self._session.project, self._session.tiles
        tile_set = tiles and tiles.tile_set
        description = await asyncio.to_thread(
            describe_export, project, options, tile_set
        )
        return description._asdict()

    @run.register
    async def _(self, command: messages.CancelJob) -> object:
        await asyncio.to_thread(self._session.jobs.cancel, command.job)
        return None

    @run.register
    async def _(self, command: messages.RemoveJob) -> object:
        await asyncio.to_thread(self._session.jobs.remove, command.job)
        return None

    # ---- projects ----

    @run.register
    async def _(self, command: messages.SaveAs) -> object:
        project = self._session.project
        copy = await asyncio.to_thread(project.save_as, whole_path(command.folder))
        await self._session.switch(copy)
        return {"folder": str(copy.folder)}

    @run.register
    async def _(self, command: messages.OpenProject) -> object:
        folder = whole_path(command.folder)
        await self._session.switch(await asyncio.to_thread(Project.open, folder))
        return None

    @run.register
    async def _(self, _: messages.NewProject) -> object:
        await self._session.switch(await asyncio.to_thread(Project.create))
        return None

    @run.register
    async def _(self, _: messages.RecentProjects) -> object:
        recent = await asyncio.to_thread(Project.recent)
        return [
            {"name": name, "folder": str(folder), "changed": changed}
            for name, folder, changed in recent
        ]

    @run.register
    async def _(self, _: messages.ShowCommand) -> object:
        folder = shlex.quote(str(self._session.project.folder))
        text = self._session.project.command_text()
        return {"text": f"cd {folder} && {text}"}

    # ---- other pages ----

    @run.register
    async def _(self, _: messages.OpenLive) -> object:
        if not self._session.tiles:
            raise NoTilesYet
        async with self._opening:
            path = self._session.project.folder / "studio" / "live.npz"
            address = await self._live.open(self._session.tiles.tile_set, path)
        return {"address": address}

    @run.register
    async def _(self, _: messages.OpenReview) -> object:
        async with self._opening:
            return {"address": await self._review.open(self._session.project)}
