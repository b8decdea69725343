"""Find the image files in a folder, and those that can't be used.

Every file is used, or listed with a reason, or of a kind that is never a photo: hidden
files, what systems and servers put next to photos, and files that aren't images.

The Snakefile imports this module, so it imports no heavy library.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from mimetypes import MimeTypes
from pathlib import Path

from pigeonhole.core.errors import reason_of
from pigeonhole.imaging.signatures import HEAD_BYTES, image_format
from pigeonhole.photos.ledger import PHOTO_COLUMNS, Rejection, SkippedRow

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jif", ".jfif", ".jfi", ".pjpeg", ".pjp", ".mpo"}
    | {".png", ".apng", ".webp", ".avif", ".avifs", ".bmp", ".gif"}
    | {".heic", ".heif", ".hif", ".heics", ".heifs", ".tif", ".tiff"}
    | {".jp2", ".j2k", ".jpf", ".jpx", ".ppm", ".pgm", ".pbm", ".pnm"}
)
"""Suffixes of the formats that can be decoded, in lower case."""
RAW_SUFFIXES = frozenset(
    {".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".srw"}
    | {".orf", ".raf", ".rw2", ".rwl", ".pef", ".ptx", ".x3f", ".3fr", ".fff"}
    | {".iiq", ".mef", ".mos", ".mrw", ".erf", ".kdc", ".dcr", ".raw", ".gpr"}
)
"""Suffixes of raw camera files, whose content looks like TIFF."""
UNSUPPORTED_SUFFIXES = frozenset(
    {".jxl", ".psd", ".psb", ".xcf", ".kra", ".svg", ".svgz", ".eps", ".ai", ".tga"}
    | {".pcx", ".exr", ".hdr", ".dds", ".ico", ".icns", ".wmf", ".emf", ".qoi"}
    | {".djvu", ".jxr", ".wdp", ".bpg", ".fits"}
)
"""Suffixes of other image formats that can't be decoded."""
SYSTEM_FOLDERS = frozenset(
    {"@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "__macosx"}
    | {"$recycle.bin", "system volume information", "lost+found"}
)
"""Folders of thumbnails and deleted files, which servers and systems make, in lower
case."""
CHECKOUT_FOLDERS = frozenset(("benchmarks", "docs", "results", "src", "tests"))
"""Folders of a checkout of this program that contain images."""
_VIEWER = {"index.html", "mosaic.webp", "target.webp"}
_SMALLEST_TILES = "0/0_0.jpg", "0/0_0.png"
# Without the files of the system, which differ.
_MEDIA_TYPES = MimeTypes(())


@dataclass
class FolderScan:
    """
    The files of a folder.

    Attributes
    ----------
    images : list of Path
        Files that can be opened and are images by their names or contents, sorted.
    skipped : list of SkippedRow
        The other images and folders, with the reason, sorted by name.
    """

    images: list[Path] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)


def usable_images(folder: Path) -> list[Path]:
    """Return the images of `scan_folder`."""
    return scan_folder(folder).images


def scan_folder(folder: Path) -> FolderScan:
    """
    Find the images in a folder and in all folders below.

    Links to folders are followed, unless the folder is found without them; each folder
    is read once. Results of this program are skipped as a whole.
    """
    scanner = _Scanner(folder)
    scanner.scan()
    scan = scanner.result
    scan.images.sort()
    scan.skipped.sort(key=lambda row: row.photo)
    return scan


def is_utf8(name: str) -> bool:
    """Return whether a file name can be encoded as UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Scanner:
    def __init__(self, folder: Path) -> None:
        self.result = FolderScan()
        self._folder = folder
        self._seen: set[tuple[int, int]] = set()
        # Links wait until all real folders have been read.
        self._links: list[Path] = []

    def scan(self) -> None:
        # A link to a folder above would bring in everything around this one.
        self._seen = {_identity(parent) for parent in self._folder.resolve().parents}
        self._read_tree(self._folder)
        while self._links:
            links, self._links = sorted(self._links), []
            for link in links:
                self._read_tree(link)

    def _read_tree(self, top: Path) -> None:
        folders = [top]
        while folders:
            folder = folders.pop()
            try:
                identity = _identity(folder)
                if identity in self._seen:
                    continue
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError as error:
                detail = f"the folder can't be read: {reason_of(error)}"
                self._skip(folder, Rejection.UNREADABLE, detail)
                continue
            self._seen.add(identity)
            folders += self._sort_entries(folder, entries)

    def _sort_entries(
        self, folder: Path, entries: list[os.DirEntry[str]]
    ) -> Iterator[Path]:
        """Add the files of a folder to the result, and yield the folders to read."""
        names = {entry.name for entry in entries}
        for entry in entries:
            path = folder / entry.name
            if entry.name.startswith("."):
                continue
            if not _is_folder(entry):
                try:
                    self._add_file(path)
                except OSError as error:
                    self._skip(path, Rejection.UNREADABLE, reason_of(error))
            elif entry.name.lower() in SYSTEM_FOLDERS:
                continue
            elif made := _made_here(path, names):
                self._skip(path, Rejection.OWN_RESULT, made)
            elif entry.is_symlink():
                self._links.append(path)
            else:
                yield path

    def _add_file(self, path: Path) -> None:
        suffix = path.suffix.lower()
        if suffix in RAW_SUFFIXES:
            detail = f"raw camera files ({path.suffix}) aren't supported; export it "
            self._skip(path, Rejection.UNSUPPORTED_FORMAT, f"{detail}as JPEG")
        elif suffix in SUFFIXES:
            self._add_image(path)
        elif _may_be_image(path) and path.is_file():
            with path.open("rb") as file:
                found = image_format(file.read(HEAD_BYTES))
            if found:
                self._add_image(path)
            elif suffix in UNSUPPORTED_SUFFIXES:
                detail = f"{path.suffix} isn't supported; export it as JPEG"
                self._skip(path, Rejection.UNSUPPORTED_FORMAT, detail)

    def _add_image(self, path: Path) -> None:
        if not is_utf8(str(path)):
            detail = "its name isn't valid UTF-8; rename it"
            self._skip(path, Rejection.UNUSABLE_NAME, detail)
        elif not path.exists():
            self._skip(path, Rejection.BAD_LINK, "it is a broken link")
        elif not path.is_file():
            self._skip(path, Rejection.NOT_A_FILE, "it isn't a regular file")
        else:
            self.result.images.append(path)

    def _skip(self, path: Path, reason: Rejection, detail: str) -> None:
        name = path.relative_to(self._folder).as_posix()
        row = SkippedRow(name if is_utf8(name) else ascii(name), reason, detail)
        self.result.skipped.append(row)


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _may_be_image(path: Path) -> bool:
    """Return whether only the content reveals if a file is an image."""
    media_type, _ = _MEDIA_TYPES.guess_type(f"x{path.suffix.lower()}")
    return media_type is None or media_type.startswith("image/")


def _made_here(folder: Path, siblings: set[str]) -> str | None:
    """Return why a folder has no photos but results of this program, or None."""
    stem = folder.name.removesuffix("_files")
    if stem != folder.name and f"{stem}.dzi" in siblings:
        return f"it has the tiles of {stem}.dzi"
    if _has_any(folder, _SMALLEST_TILES):
        return "it has the tiles of a Deep Zoom image"
    is_checkout = "Snakefile" in siblings and "pyproject.toml" in siblings
    if is_checkout and folder.name in CHECKOUT_FOLDERS and _has_package(folder.parent):
        return "it is a part of Pigeonhole"
    if _has_ledger(folder):
        return "it has results of Pigeonhole"
    if all(_has_any(folder, [name]) for name in _VIEWER):
        return "it has a viewer made by Pigeonhole"
    return None


def _has_any(folder: Path, names: Iterable[str]) -> bool:
    # Unlike that of `Path`, this function accepts folders that can't be read.
    return any(os.path.isfile(folder / name) for name in names)  # noqa: PTH113


def _has_package(folder: Path) -> bool:
    return (folder / "src" / "pigeonhole").is_dir()


def _has_ledger(folder: Path) -> bool:
    columns = ",".join(PHOTO_COLUMNS).encode()
    try:
        with (folder / "photos" / "photos.csv").open("rb") as file:
            return file.read(len(columns)) == columns
    except OSError:
        return False
