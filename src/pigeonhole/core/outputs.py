"""Outputs at paths that the user chose: never replace a file that isn't ours.

A small record in the user's cache folder keeps size and modification time of every file
and folder that was written. What doesn't agree with its record belongs to the user.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from pigeonhole.core.atomic import (
    TEMPORARY_SUFFIX,
    OutputError,
    short_name,
    sync_directory,
    translate_disk_full,
    write_text,
)
from pigeonhole.core.cache import cache_dir, log_cache_errors
from pigeonhole.core.errors import reason_of

NOT_OURS = "it exists, and this program didn't write it or it was changed since"


class OutputRefused(OutputError):
    """An output would replace something that it must not replace."""


class CannotWrite(OutputError):
    """The system doesn't allow this output."""

    template = "{path} can't be written: {reason}; choose another folder or name."


@dataclass(frozen=True)
class Outputs:
    """
    The files and folders that a command writes at paths that the user chose.

    Parameters
    ----------
    files : sequence of Path
    folders : sequence of Path, optional
        Folders that are written as a whole, such as the tiles of a Deep Zoom image.
        They replace only a folder that this program wrote and that is unchanged.
    inputs : mapping of str to Path, optional
        Files and folders that the command reads, by what they are ("the target"). Not
        even `force` replaces one, or a file in one.
    force : bool
        Replace files that this program didn't write.
    """

    files: Sequence[Path]
    folders: Sequence[Path] = ()
    inputs: Mapping[str, Path] = field(default_factory=dict)
    force: bool = False

    def check(self) -> None:
        """
        Check that all outputs can be written; call this before the work starts.

        Raises
        ------
        OutputRefused
            An output is an input, or would replace a file of the user.
        CannotWrite
            The folder can't be written to, or the name is too long.
        """
        self._refuse()
        with self._reserve():
            pass

    @contextmanager
    def write(self) -> Iterator[Callable[[Path], Path]]:
        """
        Yield a function that returns the temporary path of an output.

        If the block succeeds, all outputs that it wrote appear at their paths; if it
        fails, what was there stays. See `check` for errors.
        """
        self._refuse()
        with self._reserve() as staged:
            yield lambda path: staged[path]
            # Someone else may have written a file meanwhile.
            self._refuse()
            for path in (*self.folders, *self.files):
                if os.path.lexists(staged[path]):
                    _publish(staged[path], path)

    def _refuse(self) -> None:
        for path in self.folders:
            self._refuse_folder(path)
        for path in self.files:
            self._refuse_file(path)

    def _refuse_file(self, path: Path) -> None:
        if any(_is_inside(path.parent, folder) for folder in self.folders):
            raise OutputRefused(path, "its folder is another output of this command")
        status = _status(path)
        if status is None:
            return
        own = _is_own(path)
        for name, source in self.inputs.items():
            if _is_same(path, source):
                raise OutputRefused(path, f"it is {name}; choose another name")
            if source.is_dir() and not own and _is_in_tree(path, status, source):
                reason = f"it is a file in {name}, {source}; choose another name"
                raise OutputRefused(path, reason)
        if own:
            return
        if stat.S_ISDIR(status.st_mode):
            raise OutputRefused(path, "it is a folder; choose another name")
        if not self.force:
            advice = "choose another name, or replace it with --force"
            raise OutputRefused(path, f"{NOT_OURS}; {advice}")
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISLNK(status.st_mode):
            raise OutputRefused(path, "it isn't a file; choose another name")

    def _refuse_folder(self, path: Path) -> None:
        if _status(path) is None:
            return
        for name, source in self.inputs.items():
            if _is_inside(source, path):
                raise OutputRefused(path, f"it contains {name}; choose another name")
        if not _is_own(path):
            rule = "and folders are never replaced; choose another name"
            raise OutputRefused(path, f"{NOT_OURS}, {rule}")

    @contextmanager
    def _reserve(self) -> Iterator[dict[Path, Path]]:
        """Create temporary folders and yield the temporary path of each output."""
        staged: dict[Path, Path] = {}
        with ExitStack() as stack:
            folders: dict[str, Path] = {}
            for path in (*self.files, *self.folders):
                with _translate_creation(path):
                    parent = os.path.realpath(path.parent)
                    if parent not in folders:
                        folders[parent] = stack.enter_context(_temporary(Path(parent)))
                    staged[path] = folders[parent] / path.name
                    # Names can differ and still be equal for the file system.
                    if os.path.lexists(staged[path]):
                        reason = "two outputs have this name; choose another one"
                        raise OutputRefused(path, reason)
                    staged[path].touch()
            for temporary in staged.values():
                temporary.unlink()
            with _translate_errors(staged):
                yield staged


def move_to_unused(temporary: Path, path: Path) -> Path:
    """
    Rename a finished file to `path`, or to a path with a number that is unused.

    Returns the path. Other programs may write to the same folder meanwhile.
    """
    unused, number = path, 1
    while True:
        try:
            # Unlike a rename, a link fails if the path exists.
            os.link(temporary, unused)
        except FileExistsError:
            number += 1
            unused = path.with_stem(f"{path.stem}-{number}")
            continue
        except OSError:
            # The file system has no links.
            if os.path.lexists(unused):
                raise
            temporary.replace(unused)
        else:
            temporary.unlink()
        return unused


@contextmanager
def _temporary(parent: Path) -> Iterator[Path]:
    """Yield a temporary folder; remove it, and the parents that were made in vain."""
    made = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    folder = None
    try:
        if made:
            parent.mkdir(parents=True, exist_ok=True)
        folder = Path(mkdtemp(TEMPORARY_SUFFIX, ".pigeonhole-", parent))
        yield folder
    finally:
        if folder:
            rmtree(folder, ignore_errors=True)
        for empty in made:
            try:
                empty.rmdir()
            except OSError:
                break


@contextmanager
def _translate_creation(path: Path) -> Iterator[None]:
    """Raise `CannotWrite` if the folder of an output or its name isn't possible."""
    try:
        with translate_disk_full(path):
            yield
    except OSError as error:
        raise CannotWrite(path, reason_of(error)) from None


@contextmanager
def _translate_errors(staged: Mapping[Path, Path]) -> Iterator[None]:
    """Name outputs instead of their temporary files in errors."""
    try:
        with translate_disk_full(next(iter(staged))):
            yield
    except OutputError as error:
        if path := _output_of(staged, error.path):
            raise error.at(path) from None
        raise
    except OSError as error:
        if path := _output_of(staged, error.filename):
            raise CannotWrite(path, reason_of(error)) from None
        raise


def _output_of(staged: Mapping[Path, Path], name: object) -> Path | None:
    """Return the output that a file in a temporary folder belongs to, if it is one."""
    if not isinstance(name, str | bytes | Path):
        return None
    file = Path(os.fsdecode(name))
    for part in (file, *file.parents):
        for path, temporary in staged.items():
            if part in (temporary, temporary.parent):
                return path
    return None


def _publish(temporary: Path, path: Path) -> None:
    """Record a finished file or folder and move it to its path."""
    # What is there stays recorded, because the process may be killed in between.
    stamps = [*_recorded(path)[-1:], _stamp(temporary) or ""]
    with log_cache_errors():
        write_text(_record(path), "\n".join(stamps))
    if temporary.is_dir() and path.is_dir():
        # The old folder is deleted with the other temporary files.
        old = temporary.with_name(f"{short_name(temporary.name, 4)}.old")
        path.rename(old)
        try:
            temporary.rename(path)
        except OSError:
            old.rename(path)
            raise
    else:
        temporary.replace(path)
    sync_directory(path.parent)


def _is_own(path: Path) -> bool:
    """Return whether this program wrote a file or folder that is unchanged since."""
    recorded = _recorded(path)
    return bool(recorded) and _stamp(path) in recorded


def _recorded(path: Path) -> list[str]:
    """Return the stamps of the last two files or folders written to a path."""
    try:
        return _record(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeError):
        return []


def _record(path: Path) -> Path:
    key = os.fsencode(_absolute(path))
    return cache_dir("outputs") / hashlib.sha256(key).hexdigest()[:32]


def _stamp(path: Path) -> str | None:
    """Return what changes whenever the content of a file or folder changes."""
    status = path.lstat()
    if stat.S_ISREG(status.st_mode):
        return f"{status.st_size} {status.st_mtime_ns}"
    if not stat.S_ISDIR(status.st_mode):
        return None
    facts = hashlib.sha256()
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in (*folders, *sorted(names)):
            file = Path(folder, name)
            status = file.lstat()
            facts.update(os.fsencode(file.relative_to(path)))
            if not stat.S_ISDIR(status.st_mode):
                facts.update(f"/{status.st_size} {status.st_mtime_ns}".encode())
            facts.update(b"\0")
    return facts.hexdigest()


def _absolute(path: Path) -> Path:
    """Return the path of a name itself, not of the file that it may link to."""
    return Path(os.path.realpath(path.parent), path.name)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CannotWrite(path, reason_of(error)) from None


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False


def _is_inside(path: Path, folder: Path) -> bool:
    """Return whether a path is a folder or in it, also through links."""
    real = Path(os.path.realpath(path))
    return any(_is_same(part, folder) for part in (real, *real.parents))


def _is_in_tree(path: Path, status: os.stat_result, folder: Path) -> bool:
    """Return whether a file is in a folder, also by a link of any kind."""
    if _is_inside(path.parent, folder) or _is_inside(path, folder):
        return True
    # Another name of the same file exists somewhere.
    return status.st_nlink > 1 and any(
        _is_same(path, Path(parent, name))
        for parent, _, names in os.walk(folder)
        for name in names
    )
