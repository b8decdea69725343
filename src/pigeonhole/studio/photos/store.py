"""The photos of a project: uploads, downloads and linked folders."""

import asyncio
import hashlib
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Set
from contextlib import suppress
from pathlib import Path, PurePosixPath
from threading import RLock
from typing import Any
from uuid import uuid4

from pigeonhole.core.atomic import sync_file, translate_disk_full
from pigeonhole.core.errors import PigeonholeError, UnreadableImage
from pigeonhole.core.geometry import Box
from pigeonhole.imaging.codecs import (
    FORMAT_NAMES,
    content_size,
    decode_rgb,
    is_mosaic,
    read_content,
)
from pigeonhole.imaging.fingerprint import fingerprint
from pigeonhole.imaging.signatures import HEAD_BYTES, describe_other, image_format
from pigeonhole.photos.files import RAW_SUFFIXES, scan_folder
from pigeonhole.photos.folder_credits import (
    FOLDER_CREDITS,
    UnreadableCredits,
    read_folder_credits,
    write_folder_credits,
)
from pigeonhole.photos.ledger import PhotoRow, Rejection, SkippedRow
from pigeonhole.photos.removal_list import RemovalList
from pigeonhole.photos.sources.folder import MIN_SIDE
from pigeonhole.studio.photos.cutting import ProjectTiles
from pigeonhole.studio.photos.erasure import (
    ErasedPhotos,
    exports_with,
    list_as_removed,
)
from pigeonhole.studio.photos.folder_list import list_folders
from pigeonhole.studio.photos.index import FileIndex, KnownFile
from pigeonhole.studio.photos.linked_folders import LinkedFolders
from pigeonhole.studio.photos.names import first_free, folded, is_hidden, safe_path
from pigeonhole.studio.photos.thumbnails import Thumbnails
from pigeonhole.studio.projects.project import Project

MAX_UPLOAD_BYTES = 300_000_000
"""Maximum size of an uploaded file; larger photos can be in a linked folder."""
INDEX = "photos.sqlite"
"""File of the index, in the private folder of the project."""
UPLOAD_PREFIX = ".upload-"
"""Start of the names of files that are being uploaded, which are hidden."""
_STALE_SECONDS = 3600
"""Age of an unfinished upload after which its process must have been killed."""
_WRITE_BYTES = 2**20


class UploadRefused(PigeonholeError):
    """A file isn't added to the photos."""

    def __init__(self, name: str, reason: Rejection, detail: str) -> None:
        super().__init__(f"{name} isn't added: {detail}.")
        self.row = SkippedRow(name, reason, detail)


class UnknownName(PigeonholeError):
    """There is no photo with a name in the project."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no photo {name!r} in the project; reload the page.")


class PhotoStore:
    """
    The photo folder of a project. Threads may use it at the same time.

    Attributes
    ----------
    folder : Path
    index : FileIndex
    linked : LinkedFolders
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self.folder = project.photos_folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        self.index = FileIndex(project.private_folder / INDEX)
        self.linked = LinkedFolders(self.folder, self.index)
        self._thumbnails = Thumbnails(project.folder)
        # The names of the photos, and the files that can't be used; None is unknown.
        self._names: set[str] | None = None
        self._unusable: list[SkippedRow] = []
        self._credits: tuple[object, Mapping[str, PhotoRow]] = (None, {})
        self._delete_stale_uploads()

    # ---- adding ----

    async def add_upload(
        self, name: str, folder: str, chunks: AsyncIterator[bytes]
    ) -> KnownFile:
        """
        Store an uploaded photo, and return what is known about it.

        A photo that the project has already, under any name, isn't stored again.

        Parameters
        ----------
        name : str
            The user's name of the file.
        folder : str
            Relative path of its folder, or empty.
        chunks : asynchronous iterator of bytes
            The content.

        Raises
        ------
        UploadRefused
            It isn't a usable image. It is listed in `refused`, unless it is a hidden
            file.
        DiskFull
        """
        shown = _printable("/".join(filter(None, [folder.strip("/"), name])))
        if is_hidden(name, folder):
            raise UploadRefused(shown, Rejection.NOT_A_FILE, "it is a hidden file")
        temporary = self.folder / f"{UPLOAD_PREFIX}{uuid4().hex}"
        try:
            sha256, kind = await self._receive(shown, chunks, temporary)
            received = shown, safe_path(name, folder, kind), temporary, sha256
            return await asyncio.to_thread(self._store, *received)
        except UploadRefused as refused:
            await asyncio.to_thread(self.index.refuse, refused.row)
            raise
        finally:
            temporary.unlink(missing_ok=True)

    async def _receive(
        self, shown: str, chunks: AsyncIterator[bytes], temporary: Path
    ) -> tuple[str, str]:
        """Write the content to a temporary file; return its digest and format."""
        digest, size, head, waiting = hashlib.sha256(), 0, b"", bytearray()

        def write() -> None:
            digest.update(waiting)
            file.write(waiting)

        with translate_disk_full(Path(shown)), temporary.open("xb") as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > MAX_UPLOAD_BYTES:
                    limit = f"{MAX_UPLOAD_BYTES // 10**6} MB"
                    detail = f"it has more than {limit}; link its folder instead"
                    raise UploadRefused(shown, Rejection.TOO_LARGE, detail)
                if len(head) < HEAD_BYTES:
                    head = (head + chunk)[:HEAD_BYTES]
                    if len(head) == HEAD_BYTES:
                        _check_format(shown, head)
                waiting += chunk
                if len(waiting) >= _WRITE_BYTES:
                    await asyncio.to_thread(write)
                    waiting.clear()
            write()
        if not size:
            raise UploadRefused(shown, Rejection.UNREADABLE, "the file is empty")
        return digest.hexdigest(), _check_format(shown, head)

    def _store(
        self, shown: str, wanted: PurePosixPath, temporary: Path, sha256: str
    ) -> KnownFile:
        """Check an uploaded file and give it its name."""
        with translate_disk_full(Path(shown)):
            sync_file(temporary)
        with self._lock:
            listed = read_removal_list(self._project)
            if sha256 in listed.sha256:
                raise UploadRefused(shown, Rejection.REMOVED, _REMOVED)
            if known := self._known_copy(sha256):
                return known
            width, height = self._checked(shown, temporary, listed)
            with translate_disk_full(Path(shown)):
                path = self._free_path(wanted)
                name = path.relative_to(self.folder).as_posix()
                file = KnownFile(name, sha256, width, height)
                # Written first: without its photo, the row is ignored.
                self.index.add(file)
                temporary.rename(path)
            self.index.clear_refused(shown)
            self._scanned().add(name)
            return file

    def _known_copy(self, sha256: str) -> KnownFile | None:
        """Return the file with this content, or None."""
        while known := self.index.with_content(sha256):
            if (self.folder / known.name).is_file():
                return known
            self.index.forget([known.name])
        return None

    def _checked(self, shown: str, path: Path, listed: RemovalList) -> tuple[int, int]:
        """Return width and height of a usable image."""
        suffix = PurePosixPath(shown).suffix
        if suffix.lower() in RAW_SUFFIXES:
            detail = f"raw camera files ({suffix}) aren't supported; export it as JPEG"
            raise UploadRefused(shown, Rejection.UNSUPPORTED_FORMAT, detail)
        try:
            content = read_content(path, self._max_pixels)
            width, height = content_size(content, shown, self._max_pixels)
            # Decoding is slow; damage is found when the tiles are cut.
            if listed.photos:
                image = decode_rgb(content, shown, self._max_pixels)
                row = PhotoRow("", "", fingerprint=fingerprint(image))
                if any(listed.matches([row])):
                    raise UploadRefused(shown, Rejection.REMOVED, _REMOVED)
        except UnreadableImage as error:
            skipped = SkippedRow.unreadable(shown, error)
            raise UploadRefused(shown, skipped.reason, skipped.detail) from None
        if is_mosaic(content):
            detail = "it is a mosaic made by Pigeonhole"
            raise UploadRefused(shown, Rejection.OWN_RESULT, detail)
        if min(width, height) < MIN_SIDE:
            detail = f"{width}x{height} pixels are too few; the minimum is "
            detail += f"{MIN_SIDE}x{MIN_SIDE}"
            raise UploadRefused(shown, Rejection.TOO_SMALL, detail)
        return width, height

    def _free_path(self, wanted: PurePosixPath) -> Path:
        """Return an unused path for an upload, and make its folder."""
        taken = {folded(name) for name in self._scanned()}
        parent, folders = PurePosixPath(), wanted.parent.parts
        # Nothing is written to folders of the user.
        closed = {folded(link.name) for link in self.linked} if folders else set()
        for part in folders:
            parent = first_free(
                parent / part,
                lambda path: (
                    folded(str(path)) in closed
                    or (self.folder / path).is_symlink()
                    or (self.folder / path).is_file()
                ),
            )
        (self.folder / parent).mkdir(parents=True, exist_ok=True)
        path = first_free(
            parent / wanted.name,
            lambda path: (
                folded(str(path)) in taken or os.path.lexists(self.folder / path)
            ),
        )
        return self.folder / path

    def add_folder(self, path: str | Path) -> str:
        """Link a folder of the user; see `LinkedFolders.add`."""
        with self._lock:
            name = self.linked.add(str(path))
            self._names = None
            return name

    # ---- removing ----

    def remove(self, names: Iterable[str]) -> list[str]:
        """
        Remove photos, or whole folders, and return the names of the removed photos.

        Copies of the project are deleted. A linked folder, or a part of it, is left out
        of the project and stays as it is.
        """
        with self._lock:
            links, known = {link.name for link in self.linked}, self._all_names()
            found = {name: _photos_of(name, known) for name in names}
            for name, photos in found.items():
                if not photos and name not in links:
                    raise UnknownName(name)
            linked = self.linked.those_in(found)
            for name, photos in found.items():
                if name in links:
                    self.linked.remove(name)
                elif name in linked:
                    self.linked.leave_out(name)
                else:
                    for photo in photos:
                        self._delete(photo)
            removed = set().union(*found.values())
            self._thumbnails.delete(self.folder / name for name in removed)
            self._forget(removed)
            return sorted(removed)

    def remove_folder(self, name: str) -> None:
        """Remove the link to a folder; the folder itself stays as it is."""
        self.remove([name])

    def erase(
        self,
        photo: str,
        face: tuple[int, int, int, int] | None = None,
        tiles: ProjectTiles | None = None,
    ) -> dict[str, Any]:
        """
        Remove a photo, or a face in it, for good.

        It is put on the removal list, with all copies of it, so that it stays away.
        Copies of the project are deleted; files in folders of the user stay.

        Parameters
        ----------
        photo : str
        face : tuple of int, optional
            Box x, y, width, height in the photo that contains the center of the face.
        tiles : ProjectTiles, optional
            The newest tiles, by which copies are found.

        Returns
        -------
        dict
            The fields of `ErasedPhotos`.

        Raises
        ------
        UnknownName, NoFaceThere, UnreadableImage, SettingsError, StillThere
        """
        self.path(photo)
        known = [row for row in tiles.photos if row.fingerprint] if tiles else []
        box, named = (Box(*face), [photo]) if face else (None, None)
        removed = list_as_removed(self._project, photo, box, known)
        exports = exports_with(self._project, named or removed)
        with self._lock:
            self._thumbnails.delete(self.folder / name for name in removed)
            # The list keeps files of linked folders away.
            own = {*removed} - self.linked.those_in(removed)
            for name in own:
                self._delete(name)
            self._forget(own)
        what = f"The face in {photo} is" if face else f"{photo} is"
        if len(removed) > 1:
            what = f"{photo} and {len(removed) - 1} copies of it are"
        text = f"{what} removed for good"
        if kept := sorted(set(removed) - own):
            text += f"; the file in your folder stays ({kept[0]})"
        if exports:
            names = ", ".join(exports[:3]) + ", ..." * (len(exports) > 3)
            count = f"{len(exports)} export{'s' * (len(exports) != 1)}"
            verb = "show" if len(exports) > 1 else "shows"
            text += f"; {count} still {verb} it, which you can delete: {names}"
        return ErasedPhotos(f"{text}.", removed, exports)._asdict()

    def _delete(self, name: str) -> None:
        """Delete a file of the project, and folders that are empty then."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        for parent in path.relative_to(self.folder).parents[:-1]:
            with suppress(OSError):
                (self.folder / parent).rmdir()

    def _forget(self, names: set[str]) -> None:
        self.index.forget(names)
        self._scanned().difference_update(names)
        credited = self._read_credits()
        if not names.isdisjoint(credited):
            kept = [row for name, row in credited.items() if name not in names]
            write_folder_credits(self.folder, kept)

    # ---- reading ----

    def names(self) -> set[str]:
        """Return the names of all photos."""
        with self._lock:
            return set(self._all_names())

    def photos(
        self,
        tiles: ProjectTiles | None = None,
        uses: Mapping[str, int] | None = None,
    ) -> list[dict[str, Any]]:
        """
        Return what the page shows of each photo, sorted by name.

        Parameters
        ----------
        tiles : ProjectTiles, optional
            The newest tiles.
        uses : mapping of str to int, optional
            How often the mosaic shows each photo.
        """
        with self._lock:
            files = self.index.files()
            names = self._all_names(files.keys())
            facts = _PhotoFacts(tiles, self._unusable)
        credited, uses = self._read_credits(), uses or {}
        return [
            facts.row(name, files.get(name), credited.get(name))
            | {"uses": uses.get(name, 0)}
            for name in sorted(names - facts.removed)
        ]

    def skipped(self, tiles: ProjectTiles | None = None) -> list[dict[str, str]]:
        """Return what isn't used, with the reason: uploads, and files of folders."""
        with self._lock:
            self._scanned()
            rows = {row.photo: row for row in self._unusable}
        rows |= {row.photo: row for row in tiles.skipped} if tiles else {}
        return [
            {"name": row.photo, "reason": row.reason.value, "text": row.detail}
            for row in [*self.index.refused(), *rows.values()]
        ]

    def clear_refused(self, name: str | None = None) -> None:
        """Clear the list of refused uploads, or delete one of them from it."""
        self.index.clear_refused(name)

    def folders(self) -> list[dict[str, Any]]:
        """Return the linked folders: name, path, number of photos, and if it exists."""
        with self._lock:
            names = self._all_names() if [*self.linked] else ()
            counts = Counter(name.partition("/")[0] for name in names)
            return [
                {
                    "name": link.name,
                    "path": link.path,
                    "photos": counts[link.name],
                    "found": (self.folder / link.name).is_dir(),
                }
                for link in self.linked
            ]

    def rescan(self) -> None:
        """Read the photo folder again soon, because other programs may change it."""
        with self._lock:
            self._names = None

    def path(self, name: str) -> Path:
        """Return the file of a photo, or raise `UnknownName`."""
        with self._lock:
            if name not in self._scanned() and name not in self._all_names():
                raise UnknownName(name)
        return self.folder / name

    def content(self, name: str) -> bytes:
        """Return the content of a photo's file."""
        return read_content(self.path(name), self._max_pixels)

    def thumbnail(self, name: str, side: int) -> bytes:
        """Return a photo as WebP, upright, with at most `side` pixels in a row."""
        return self._thumbnails.get(self.path(name), side, self._max_pixels)

    def image(self, name: str, side: int) -> bytes:
        """Return a large image of a photo; see `thumbnail`."""
        return self.thumbnail(name, side)

    def list_folders(self, path: str = "") -> dict[str, Any]:
        """Return the folders in a folder of this machine; see `list_folders`."""
        return list_folders(path)

    @property
    def _max_pixels(self) -> int:
        return self._project.document.photos.max_pixels

    def _scanned(self) -> set[str]:
        """Return the names of the photos, and scan the folder if it isn't known."""
        if self._names is None:
            self.linked.update()
            scan = scan_folder(self.folder)
            self._names = {
                path.relative_to(self.folder).as_posix() for path in scan.images
            }
            self._unusable = scan.skipped
        return self._names

    def _all_names(self, indexed: Set[str] | None = None) -> set[str]:
        """Return the names of the photos, also of downloads by another process."""
        names = self._scanned()
        indexed = self.index.names() if indexed is None else indexed
        for name in indexed - names:
            if (self.folder / name).is_file():
                names.add(name)
        return names

    def _read_credits(self) -> Mapping[str, PhotoRow]:
        try:
            status = (self.folder / FOLDER_CREDITS).stat()
            state = status.st_mtime_ns, status.st_size, status.st_ino
        except OSError:
            return {}
        if self._credits[0] != state:
            credited: Mapping[str, PhotoRow] = {}
            # The tiles can't be cut then, which shows the user what is wrong.
            with suppress(UnreadableCredits):
                credited = read_folder_credits(self.folder)
            self._credits = state, credited
        return self._credits[1]

    def _delete_stale_uploads(self) -> None:
        for path in self.folder.glob(f"{UPLOAD_PREFIX}*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                    path.unlink()


class _PhotoFacts:
    """Looks up what the tiles reveal about photos."""

    def __init__(self, tiles: ProjectTiles | None, unusable: list[SkippedRow]) -> None:
        self._skipped = {row.photo: row for row in unusable}
        self._rows: dict[str, PhotoRow] = {}
        self._counts: Counter[str] = Counter()
        self._faces: Mapping[str, int] = {}
        if tiles:
            self._skipped |= {row.photo: row for row in tiles.skipped}
            self._rows = {row.photo: row for row in tiles.photos}
            self._counts = Counter(row.photo for row in tiles.tile_set.rows)
            self._faces = tiles.face_counts
        skipped = self._skipped.items()
        self.removed = {n for n, row in skipped if row.reason is Rejection.REMOVED}

    def row(
        self, name: str, file: KnownFile | None, credit: PhotoRow | None
    ) -> dict[str, Any]:
        """Return what the page shows of a photo."""
        row = self._rows.get(name) or credit or PhotoRow(name, "folder")
        width, height = row.width, row.height
        if file and not width:
            width, height = file.width, file.height
        tiles, skipped = self._counts[name], self._skipped.get(name)
        state = "ready" if tiles else "skipped" if skipped else "waiting"
        return {
            "name": name,
            "width": width,
            "height": height,
            "source": row.source,
            "photographer": row.photographer,
            "page": row.page_url,
            "license": row.license,
            "faces": self._faces.get(name),
            "tiles": tiles,
            "state": state,
            "reason": skipped.detail if skipped and not tiles else None,
        }


def read_removal_list(project: Project) -> RemovalList:
    """Return the removal list of a project; a missing one is empty."""
    path = project.folder / project.document.photos.removal_list
    return RemovalList.read(path) if path.exists() else RemovalList()


_REMOVED = "it was removed from this project for good (removed.txt lists it)"


def _check_format(shown: str, head: bytes) -> str:
    """Return the format of an image with these first bytes; refuse other files."""
    kind = image_format(head)
    if kind is None:
        other = describe_other(head)
        detail = f"it is {other}" if other else f"it isn't an image ({FORMAT_NAMES})"
        raise UploadRefused(shown, Rejection.UNSUPPORTED_FORMAT, detail)
    return kind


def _printable(text: str) -> str:
    """Return a text in one line, for messages."""
    return "".join(char if char.isprintable() else " " for char in text) or "The file"


def _photos_of(name: str, known: set[str]) -> set[str]:
    """Return the photos with a name, or in a folder with this name."""
    return {name} if name in known else {n for n in known if n.startswith(f"{name}/")}
