"""Projects of the studio: folders from which Snakemake makes the same mosaic.

``config.yaml``, ``edits.json`` and ``Snakefile`` are for other programs and can be
edited by hand; ``studio/state.json`` also has what only the studio needs. What was
changed by hand since the studio wrote it has precedence over the state.
"""

import hashlib
import json
import os
import shlex
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import chain, count
from pathlib import Path
from typing import Any, NamedTuple, Self

import yaml
from platformdirs import user_data_path

from pigeonhole.core.atomic import (
    OutputError,
    atomic_directory,
    translate_disk_full,
    write_text,
)
from pigeonhole.core.errors import PigeonholeError, SettingsError, reason_of
from pigeonhole.core.geometry import Size
from pigeonhole.core.outputs import CannotWrite
from pigeonhole.core.untrusted_json import parse_json
from pigeonhole.mosaic.edits import merge_edits
from pigeonhole.photos.folder_credits import FOLDER_CREDITS
from pigeonhole.settings import (
    FOLDER_MOSAIC,
    FOLDER_TILES,
    Cut,
    EditSettings,
    FaceSettings,
    Frozen,
    LiveSettings,
    MosaicSettings,
    PhotoSettings,
    TileSetSettings,
    load,
    read_settings_file,
)
from pigeonhole.settings.files import UnreadableSettings
from pigeonhole.settings.validation import validate
from pigeonhole.studio.projects.document import (
    Document,
    TargetChoice,
    differences,
    nested,
)
from pigeonhole.studio.projects.history import History

VERSION = 1
"""Version of the format of the state; programs refuse projects of a newer one."""
CONFIG, EDITS, SNAKEFILE = "config.yaml", "edits.json", "Snakefile"
CROPS = "crops.json"
"""Copy of the crops in config.yaml for commands."""
PHOTO_FOLDER, TARGET_FOLDER = "photos", "target"
PRIVATE = "studio"
"""Folder of the studio's own files in a project."""
STATE = f"{PRIVATE}/state.json"
NOT_COPIED = (
    *("results", ".snakemake"),
    *(f"{PRIVATE}/jobs.*", f"{PRIVATE}/exports"),
)
"""What belongs to a running studio, or is made from the project again."""
MAX_REMEMBERED = 30
"""Number of projects whose folders are remembered."""
HEAD = """\
# A project of Pigeonhole's studio: `snakemake --cores 4` makes its mosaic again.
# Settings that aren't here have their default values. You can edit this file.
"""
WORKFLOW = """\
# Makes the mosaic of this project again, with the workflow of the installed Pigeonhole.
from pigeonhole.pipeline.checkout import workflow_file


include: workflow_file()


rule project:
    default_target: True
    input:
        rules.mosaics.input,
        LARGE_IMAGES,
        PRINTS,
    message:
        "Finished: results/mosaics has the folder of each mosaic, with mosaic.png "
        "and viewer/index.html"
"""
PROFILE_FOLDER = "profiles"
PROFILE_FILE = f"{PROFILE_FOLDER}/default/profile.v9+.yaml"
PROFILE = """\
# Options of Snakemake for every run in this folder.
show-failed-logs: true
rerun-incomplete: true
# Snakemake's locks outlive a killed run; the workflow has its own.
nolock: true
"""
EDIT_FIELDS = tuple(EditSettings.model_fields)
PROJECT_SETTINGS = {
    "photos": ("source", "folder"),
    "mosaic": ("targets", "tiles", "edits"),
}
"""Settings of config.yaml that a project decides, and not its document."""
PERCEPTUAL = ("lowpass_weight", "repetition_weight")
"""Settings without an effect in the other match modes."""
COMMAND_OPTIONS = {"print.size": "paper"}
"""Options of `pigeonhole mosaic` whose names differ from those of the settings."""
RECENT = "recent.json"
"""List of the folders that were opened last, in the folder of projects."""
DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, SettingsError)
"""Errors of reading a state that is damaged."""
PHOTO_OPTIONS = ("max_pixels", "max_hash_distance", "removal_list")
"""Settings of photos that change a mosaic of a folder."""


class ProjectError(PigeonholeError):
    """A folder can't be opened or saved as a project."""


class NotAProject(ProjectError):
    """A folder isn't a project."""

    def __init__(self, folder: Path) -> None:
        problem = f"there is no file {STATE} or {CONFIG} of a project in it"
        if not folder.is_dir():
            problem = "it isn't a folder" if folder.exists() else "it doesn't exist"
        super().__init__(
            f"{folder} can't be opened as a project: {problem}; choose the folder of a "
            "project."
        )


class NewerProject(ProjectError):
    """A project was saved by a newer version of this program."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} was saved by a newer version of Pigeonhole; update Pigeonhole "
            "to open it."
        )


class LinkInProject(ProjectError):
    """A file or folder of a project is a link, so that files elsewhere would change."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is a link, and the studio changes files only in its project: "
            "replace it by the file or folder to which it leads."
        )


class FolderNotEmpty(ProjectError):
    """A new project would be mixed with other files."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} can't become a project: there are files in it; choose a new or "
            "empty folder."
        )


class DamagedProject(ProjectError):
    """A file of a project has a mistake."""

    def __init__(self, path: Path, error: object) -> None:
        problem = str(error).rstrip(".")
        super().__init__(
            f"{path} can't be used: {problem}. Correct the file, or delete it to get "
            "the last state of the studio."
        )


class RecentProject(NamedTuple):
    """A project: its name, its folder, and when it was changed, in seconds."""

    name: str
    folder: Path
    changed: float


class Project:
    """
    An open project.

    Attributes
    ----------
    folder : Path
    history : History
        The document and its changes; `save` writes them.
    notice : str or None
        A sentence for the user on what was lost when the project was opened.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.history = History()
        self.notice: str | None = None
        self._cut: Cut = "photos"
        self._saved = Document()
        # Settings in config.yaml that aren't part of a document.
        self._other: dict[str, Any] = {}
        # Digests of the files that were written, to notice edits by hand.
        self._written: dict[str, str] = {}

    @classmethod
    def create(cls, folder: Path | None = None) -> Self:
        """
        Make a new project in a folder that doesn't exist or is empty.

        Without a folder, it is one of the user's data, named after the day.

        Raises
        ------
        FolderNotEmpty, OutputError
        """
        folder = _unused_folder() if folder is None else _absolute(folder)
        _check_empty(folder)
        project = cls(folder)
        with _translate_errors(folder):
            for name in (PHOTO_FOLDER, TARGET_FOLDER, PRIVATE):
                (folder / name).mkdir(parents=True, exist_ok=True)
            (folder / PRIVATE).chmod(0o700)
            if folder.parent == projects_folder():
                # The user hasn't chosen who may see the photos.
                folder.chmod(0o700)
        project.save()
        _remember(folder)
        return project

    @classmethod
    def open(cls, folder: Path) -> Self:
        """
        Open a project; nothing in it is changed.

        Raises
        ------
        ProjectError
            The folder isn't a project, or is one of a newer version, or a file that was
            edited by hand has a mistake.
        """
        folder = _absolute(folder)
        if not is_project(folder):
            raise NotAProject(folder)
        _check_links(folder)
        project = cls(folder)
        try:
            project._restore(parse_json((folder / STATE).read_bytes()))
        except FileNotFoundError:
            # The private folder may not have been copied.
            pass
        except DAMAGED:
            project = cls(folder)
            project.notice = (
                f"{folder / STATE} is damaged: the project was read "
                f"from {CONFIG}, without its undo history."
            )
        project._read_edited_files()
        _remember(folder)
        return project

    @property
    def document(self) -> Document:
        """The current document."""
        return self.history.document

    @property
    def preview_document(self) -> Document:
        """The document with the full path of its mask, and without a print."""
        mosaic: dict[str, Any] = {"print": {"size": None}}
        if mask := self.document.mosaic.mask:
            mosaic["mask"] = str(self.folder / mask)
        return self.document.changed({"mosaic": mosaic})

    @property
    def name(self) -> str:
        """Name of the folder; of the target if the user hasn't chosen a folder yet."""
        target = self.document.target
        is_unnamed = self.folder.parent == projects_folder()
        return target.name if target and is_unnamed else self.folder.name

    @property
    def cut(self) -> Cut:
        """Source of the tiles; set it to what `auto` means for the photos."""
        choice = self.document.cut
        return self._cut if choice == "auto" else choice

    @cut.setter
    def cut(self, cut: Cut) -> None:
        self._cut = cut

    @property
    def tile_settings(self) -> TileSetSettings:
        """Settings of the tiles, including what they are cut from."""
        return self.document.tile_settings(self.cut)

    @property
    def photos_folder(self) -> Path:
        """Folder of photos, and of links to folders of the user."""
        return self.folder / PHOTO_FOLDER

    @property
    def private_folder(self) -> Path:
        """Folder of the studio's own files."""
        return self.folder / PRIVATE

    @property
    def target_path(self) -> Path | None:
        """File of the target after crop and rotation, or None without a target."""
        target = self.document.target
        return self.folder / _target_file(target) if target else None

    @property
    def result_path(self) -> Path | None:
        """File of the mosaic that Snakemake makes, or None without a target."""
        target = self.document.target
        path = self.folder / "results" / "mosaics"
        return path / target.name / "mosaic.png" if target else None

    def save(self) -> None:
        """
        Write all files, as far as they have changed or are missing.

        If someone edited a file by hand meanwhile, this becomes a step of the history.

        Raises
        ------
        DamagedProject, OutputError
            Nothing is written over an edited file that has a mistake.
        """
        if not self.private_folder.is_dir():
            raise OutputError(self.folder, "the folder was moved or deleted")
        self._read_edited_files()
        with _translate_errors(self.folder):
            self._write(CONFIG, self._config_text())
            self._write(EDITS, _edits_text(self.document))
            if crops := self.document.tiles.model_dump(mode="json")["crops"]:
                self._write(CROPS, _json(crops))
            self._write(STATE, json.dumps(self._state()) + "\n")
            for name, text in ((SNAKEFILE, WORKFLOW), (PROFILE_FILE, PROFILE)):
                if not (self.folder / name).exists():
                    write_text(self.folder / name, text)
        self._saved = self.document

    def save_as(self, folder: Path) -> "Project":
        """
        Copy the project to a new folder, and open the copy.

        Links to folders of the user stay links. Results aren't copied.

        Raises
        ------
        FolderNotEmpty, OutputError
            Nothing is copied.
        """
        self.save()
        folder = _absolute(folder)
        if self.folder in folder.parents:
            reason = "it is inside the project; choose a folder elsewhere"
            raise OutputError(folder, reason)
        _check_empty(folder)
        with _translate_errors(folder), atomic_directory(folder, ()) as draft:
            shutil.copytree(
                self.folder,
                draft,
                symlinks=True,
                ignore=self._left_out,
                copy_function=_copy_file,
                dirs_exist_ok=True,
            )
        return type(self).open(folder)

    def command(self, *, paper: bool = False) -> list[str]:
        """
        Return the command that makes the mosaic, to be run in the project's folder.

        Parameters
        ----------
        paper : bool
            Make the print instead of the mosaic.

        Raises
        ------
        SettingsError
            There is no target, or no paper size.
        """
        document = self.document
        if document.target is None:
            raise SettingsError("target", None, "choose a target first.")
        name, sheet = document.target.name, document.mosaic.print
        if paper and sheet.size is None:
            raise SettingsError("mosaic.print.size", None, "choose a paper size first.")
        output = f"{name}-print.{sheet.format}" if paper else f"{name}.png"
        values = {
            **_tile_options(self.tile_settings),
            **_photo_options(document.photos),
            **(_face_options(document.faces) if self.cut == "faces" else {}),
            **_mosaic_options(document.mosaic, paper=paper),
        }
        target = _target_file(document.target)
        command = ["pigeonhole", "mosaic", target, "--tiles", PHOTO_FOLDER]
        return [*command, "-o", output, *map(_option, values, values.values())]

    def command_text(self, *, paper: bool = False) -> str:
        """Return `command`, quoted for a shell."""
        return shlex.join(self.command(paper=paper))

    @staticmethod
    def recent() -> list[RecentProject]:
        """Return the projects of this user that exist, the last opened one first."""
        others = sorted(_subfolders(projects_folder()), reverse=True)
        projects = []
        for folder in dict.fromkeys((*_remembered(), *others)):
            with suppress(OSError):
                changed = (folder / STATE).stat().st_mtime
                projects.append(RecentProject(_name_of(folder), folder, changed))
        return projects

    def _state(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "name": self.name,
            "cut": self._cut,
            "other": self._other,
            "written": {name: self._written[name] for name in (CONFIG, EDITS)},
            **self.history.state(),
        }

    def _restore(self, state: Mapping[str, Any]) -> None:
        """Restore the state of a file, or raise one of `DAMAGED`."""
        if state["version"] > VERSION:
            raise NewerProject(self.folder)
        self.history = History.restore(state)
        self._cut = "faces" if state["cut"] == "faces" else "photos"
        self._other, self._written = dict(state["other"]), dict(state["written"])
        self._saved = self.document

    def _write(self, name: str, text: str) -> None:
        digest, path = _digest(text.encode()), self.folder / name
        if digest != self._written.get(name) or not path.exists():
            write_text(path, text)
            self._written[name] = digest

    def _config_text(self) -> str:
        """Return config.yaml: what differs from the defaults, in their order."""
        document, cut = self.document, self.cut
        other, tile_size = self._other, document.tiles.size
        targets = [_target_file(document.target)] if document.target else []
        targets += other.get("targets", [])
        photos = _changes("photos", PhotoSettings(), document.photos)
        tiles = nested(differences(TileSetSettings(), self.tile_settings))
        mosaic = _changes("mosaic", MosaicSettings(), document.mosaic)
        config = {
            "seed": other.get("seed"),
            "photos": {"source": "folder", "folder": PHOTO_FOLDER, **nested(photos)},
            "faces": nested(differences(FaceSettings(), document.faces)),
            "tiles": {**other.get("tiles", {}), cut: tiles},
            "mosaic": {
                **({"targets": targets} if targets else {}),
                "tiles": cut,
                **nested(_without(mosaic, EDIT_FIELDS)),
                "edits": EDITS,
            },
            "birthday": other.get("birthday"),
            "live": {"tiles": [cut], **_live(tile_size), **other.get("live", {})},
        }
        used = {name: section for name, section in config.items() if section}
        text = yaml.safe_dump(used, sort_keys=False, allow_unicode=True, width=88)
        return f"{HEAD}\n{text}"

    def _read_edited_files(self) -> None:
        """Apply what was changed by hand in the files to the document."""
        edited = {name for name in (CONFIG, EDITS) if self._is_edited(name)}
        if not edited:
            return
        path = self.folder / CONFIG
        try:
            if CONFIG in edited:
                read = self._read_config()
            else:
                edits = self._read_edits().model_dump(mode="json")
                read = self._saved.changed({"mosaic": edits})
            if self._written:
                patch = nested(differences(self._saved, read))
                self.history.change(patch, "Edit by hand")
            else:
                self.history = History(read)
        except SettingsError as error:
            raise DamagedProject(path, error) from None
        except UnreadableSettings as error:
            raise DamagedProject(path, error.detail) from None
        for name in edited:
            self._written[name] = _digest((self.folder / name).read_bytes())
        self._saved = self.document

    def _is_edited(self, name: str) -> bool:
        """Return whether a file isn't as it was written; a deleted one is restored."""
        path = self.folder / name
        try:
            return _digest(path.read_bytes()) != self._written.get(name)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise DamagedProject(path, reason_of(error)) from None

    def _read_edits(self, name: str = EDITS) -> EditSettings:
        path = self.folder / name
        if path.exists() and not path.is_file():
            # Reading a device might never end.
            raise DamagedProject(path, "it isn't a file")
        try:
            return validate(EditSettings, read_settings_file(path), "mosaic")
        except SettingsError as error:
            raise DamagedProject(path, error) from None
        except UnreadableSettings as error:
            raise DamagedProject(path, error.detail) from None

    def _read_config(self) -> Document:
        """Return the document that was saved, changed as config.yaml is now."""
        raw = read_settings_file(self.folder / CONFIG)
        settings = load(raw, check_files=False)
        photos, mosaic = settings.photos, settings.mosaic
        if (photos.source, photos.folder) != ("folder", PHOTO_FOLDER):
            hint = f"the photos of a project are in its folder {PHOTO_FOLDER}."
            raise SettingsError("photos.folder", photos.folder, hint)
        tiles = settings.tiles[mosaic.tiles]
        is_same = tiles.cut == self._saved.tile_settings(self._cut).cut
        # Without a target, the setting has a default.
        targets = mosaic.targets if "targets" in raw.get("mosaic", {}) else ()
        listed = [
            path
            for path in targets
            if path.startswith(f"{TARGET_FOLDER}/") and (self.folder / path).is_file()
        ]
        self._other = _other_settings(raw, mosaic.tiles)
        if others := [path for path in targets if path not in listed[:1]]:
            self._other["targets"] = others
        patch: dict[str, Any] = {
            "cut": self._saved.cut if self._written and is_same else tiles.cut,
            "tiles": {**tiles.model_dump(mode="json"), "cut": FOLDER_TILES.cut},
            "faces": settings.faces.model_dump(mode="json"),
            "photos": nested(_changes("photos", self._saved.photos, photos)),
            "mosaic": {
                **nested(_changes("mosaic", self._saved.mosaic, mosaic)),
                **self._edits_of(mosaic),
            },
            "target": self._target_of(listed),
        }
        return self._saved.changed(patch)

    def _edits_of(self, mosaic: MosaicSettings) -> dict[str, Any]:
        """Return the edits in config.yaml and in the file that it names."""
        name, edits = mosaic.edits, EditSettings()
        # A file that was deleted has no edits.
        if name and (name != EDITS or (self.folder / name).exists()):
            edits = self._read_edits(name)
        values = merge_edits(mosaic, edits).model_dump(mode="json")
        return {key: values[key] for key in EDIT_FIELDS}

    def _target_of(self, listed: Sequence[str]) -> dict[str, Any] | None:
        """Return the target that config.yaml lists, which may be a file put there."""
        saved = self._saved.target
        if not listed or (saved and _target_file(saved) in listed):
            return saved.model_dump(mode="json") if saved else None
        file = self.folder / listed[0]
        original = self.private_folder / file.name
        if not original.exists():
            original.parent.mkdir(exist_ok=True)
            shutil.copyfile(file, original)
        return {"name": file.stem, "file": original.name}

    def _left_out(self, folder: str, names: list[str]) -> set[str]:
        """Return the names in a folder that `save_as` doesn't copy."""
        paths = {name: Path(folder, name).relative_to(self.folder) for name in names}
        return {
            name
            for name, path in paths.items()
            if any(fnmatchcase(path.as_posix(), pattern) for pattern in NOT_COPIED)
        }


def projects_folder() -> Path:
    """Return the folder of the projects for which the user hasn't chosen a folder."""
    # Tests set another folder.
    root = os.environ.get("PIGEONHOLE_STUDIO")
    return _absolute(Path(root or user_data_path("pigeonhole") / "studio"))


def is_project(folder: Path) -> bool:
    """Return whether a folder is a project, maybe without its private files."""
    if (folder / STATE).is_file():
        return True
    try:
        text = (folder / SNAKEFILE).read_text("utf-8")
    except (OSError, UnicodeError):
        return False
    return text == WORKFLOW and (folder / CONFIG).is_file()


def _absolute(folder: Path) -> Path:
    return Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100


def _target_file(target: TargetChoice) -> str:
    """Return the path of a target in its project."""
    return f"{TARGET_FOLDER}/{target.name}.png"


def _unused_folder() -> Path:
    root, day = projects_folder(), datetime.now().astimezone().date().isoformat()
    names = chain([day], (f"{day}-{number}" for number in count(2)))
    return next(root / name for name in names if not (root / name).exists())


def _check_links(folder: Path) -> None:
    """Raise `LinkInProject` if a file that may be changed isn't in the project."""
    own = [*folder.glob("*"), *folder.glob(f"{PHOTO_FOLDER}/{FOLDER_CREDITS}")]
    for name in (PRIVATE, TARGET_FOLDER, PROFILE_FOLDER):
        own += folder.glob(f"{name}/*")
    for path in own:
        if path.is_symlink():
            raise LinkInProject(path)


def _check_empty(folder: Path) -> None:
    try:
        if any(folder.iterdir()):
            raise FolderNotEmpty(folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise CannotWrite(folder, reason_of(error)) from None


@contextmanager
def _translate_errors(folder: Path) -> Iterator[None]:
    try:
        with translate_disk_full(folder):
            yield
    except (OSError, shutil.Error) as error:
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        raise CannotWrite(folder, reason) from None


def _copy_file(source: str, copy: str) -> None:
    """Copy a file with its time, which caches compare, but not its permissions."""
    shutil.copyfile(source, copy)
    status = Path(source).stat()
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _edits_text(document: Document) -> str:
    """Return edits.json in the form of the viewer."""
    values = document.mosaic.model_dump(mode="json", include=set(EDIT_FIELDS))
    return _json(values)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _changes(section: str, defaults: Frozen, settings: Frozen) -> dict[str, Any]:
    """Return the settings of config.yaml that differ from the defaults."""
    own = PROJECT_SETTINGS.get(section, ())
    changed = differences(defaults, settings)
    return {key: value for key, value in changed.items() if key not in own}


def _other_settings(raw: Mapping[str, Any], tile_set: str) -> dict[str, Any]:
    """Return the sections of config.yaml that a document doesn't have."""
    own_live = ("tiles", "frame_size")
    other = {
        "seed": raw.get("seed"),
        "birthday": raw.get("birthday"),
        "live": _without(raw.get("live", {}), own_live),
        "tiles": _without(raw.get("tiles", {}), [tile_set]),
    }
    return {name: value for name, value in other.items() if value}


def _without(section: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if key not in names}


def _live(tile: Size) -> dict[str, Any]:
    """Return settings of live mosaics whose frame consists of whole tiles."""
    frame = LiveSettings().frame_size
    if frame.width % tile.width == 0 and frame.height % tile.height == 0:
        return {}
    columns = max(1, round(frame.width / tile.width))
    rows = max(1, round(frame.height / tile.height))
    return {"frame_size": str(Size(columns * tile.width, rows * tile.height))}


def _tile_options(tiles: TileSetSettings) -> dict[str, Any]:
    changed = differences(FOLDER_TILES, tiles)
    if "crops" in changed:
        changed["crops"] = CROPS
    return changed


def _face_options(faces: FaceSettings) -> dict[str, Any]:
    changed = differences(FaceSettings(), faces)
    return {f"face_{key}": value for key, value in changed.items()}


def _mosaic_options(mosaic: MosaicSettings, *, paper: bool) -> dict[str, Any]:
    """Return the settings that have an effect on a mosaic, or on its print."""
    is_perceptual = mosaic.match == "perceptual"
    is_quadtree = mosaic.layout == "quadtree"
    without = {
        *("viewer_pixels", "film", "large", "print.format", *EDIT_FIELDS),
        *(() if is_quadtree else ("levels", "cells")),
        *(() if is_perceptual else PERCEPTUAL),
        *(() if is_perceptual or is_quadtree else ("structure_weight",)),
        *(("tile_width",) if paper else ("print",)),
    }
    options = {
        key: value
        for key, value in _changes("mosaic", FOLDER_MOSAIC, mosaic).items()
        if key not in without and key.partition(".")[0] not in without
    }
    has_edits = any(getattr(mosaic, key) for key in EDIT_FIELDS)
    return {**options, "edits": EDITS} if has_edits else options


def _photo_options(photos: PhotoSettings) -> dict[str, Any]:
    """Return the settings of photos that have an effect on a mosaic of a folder."""
    changed = differences(PhotoSettings(), photos)
    return {key: value for key, value in changed.items() if key in PHOTO_OPTIONS}


def _option(key: str, value: object) -> str:
    """Return the option of `pigeonhole mosaic` for a setting."""
    name = COMMAND_OPTIONS.get(key, key.rpartition(".")[2].replace("_", "-"))
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    return f"--{name}={'none' if value is None else value}"


def _name_of(folder: Path) -> str:
    """Return the name of a project that isn't open; see `Project.name`."""
    if folder.parent != projects_folder():
        return folder.name
    try:
        return str(parse_json((folder / STATE).read_bytes())["name"])
    except DAMAGED:
        return folder.name


def _subfolders(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir()]
    except OSError:
        return []


def _remembered() -> list[Path]:
    """Return the folders of projects that were opened last."""
    try:
        content = parse_json((projects_folder() / RECENT).read_bytes())
        return [Path(path) for path in content if isinstance(path, str)]
    except (OSError, ValueError, TypeError):
        return []


def _remember(folder: Path) -> None:
    others = [path for path in _remembered() if path != folder]
    paths = [str(path) for path in (folder, *others)][:MAX_REMEMBERED]
    # The list is a convenience; a read-only disk doesn't keep a project from opening.
    with suppress(OSError, OutputError):
        write_text(projects_folder() / RECENT, json.dumps(paths))
