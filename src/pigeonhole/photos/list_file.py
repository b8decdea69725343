"""Read and write the removal list and the list of excluded faces.

Each line is an entry: a JSON object, which can hold any file name, or, written by hand
or by an earlier version, ``photo x y width height`` or ``photo sha256 fingerprint``.
Lines that start with ``#`` are comments. Lines are only added and deleted, never
rewritten.
"""

import codecs
import json
import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from pigeonhole.core.atomic import write_bytes
from pigeonhole.core.errors import SettingsError, reason_of
from pigeonhole.core.geometry import Box
from pigeonhole.photos.identity import VIEWS, Identity, RelativeBox
from pigeonhole.photos.ledger import FINGERPRINT, PhotoRow
from pigeonhole.settings import FaceSettings, PhotoSettings

DEFAULT_PATHS = {
    "photos.removal_list": PhotoSettings().removal_list,
    "faces.exclude": FaceSettings().exclude,
}
"""Default paths of the lists, by their settings."""
PHOTO_LINE = re.compile(f"(.+) ([0-9a-f]{{64}})(?: ({FINGERPRINT}))?", re.DOTALL)
FACE_LINE = re.compile("(.+?)" + 4 * "[ \t]+([0-9]{1,9})" + "[ \t]*", re.DOTALL)
FORMER_NAMES = {"removed.txt": "forgotten.txt"}
"""Former default names, by the present ones."""
FIRST_LINES = {
    "photos.removal_list": "# Photos and faces removed with `pigeonhole remove`. "
    "To undo a removal, delete its line.",
    "faces.exclude": "# False detections, marked on the review page. "
    "By hand: photo x y width height.",
}
"""First lines of new lists."""
KEYS = {"photo", "box", "face", "sha256", "fingerprints"}


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A photo, or a face in a photo.

    Attributes
    ----------
    identity : Identity
        What the photo is recognized by.
    box : RelativeBox or None
        The face; None is the whole photo.
    pixels : Box or None
        The face in pixels, in entries without `box`.
    face : str
        Fingerprint of the face, or empty.
    """

    identity: Identity
    box: RelativeBox | None = None
    pixels: Box | None = None
    face: str = ""

    @property
    def is_face(self) -> bool:
        """True for a face, False for a photo."""
        return self.box is not None or self.pixels is not None

    @classmethod
    def of_face(cls, identity: Identity, box: Box, row: PhotoRow, face: str) -> Self:
        """Return the entry of a face, given in pixels, in a photo."""
        relative = RelativeBox.from_pixels(box, row.width, row.height)
        return cls(identity, relative, face=face)

    def completed(self, identity: Identity, row: PhotoRow) -> Self | None:
        """Return the entry with another identity, or None if the box isn't inside."""
        if not self.pixels:
            return replace(self, identity=identity)
        x, y, width, height = self.pixels
        is_inside = 0 < width <= row.width - x and 0 < height <= row.height - y
        return self.of_face(identity, self.pixels, row, "") if is_inside else None

    def to_line(self) -> str:
        """Return the entry as a line of JSON, without the line break."""
        identity = self.identity
        record: dict[str, object] = {"photo": identity.photo}
        if self.box:
            record["box"] = list(self.box)
        if self.face:
            record["face"] = self.face
        record["sha256"] = identity.sha256
        record["fingerprints"] = list(identity.fingerprints)
        # A name that isn't valid UTF-8 can only be written with escapes.
        text = json.dumps(record, ensure_ascii=False)
        try:
            text.encode()
        except UnicodeEncodeError:
            return json.dumps(record)
        return text


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list as it is in the file, and its entry or why it has none."""

    content: bytes
    entry: Entry | None = None
    error: SettingsError | None = None


@dataclass(frozen=True, slots=True)
class EntryList:
    """
    A list of photos or faces in a file.

    Attributes
    ----------
    key : str
        The setting that holds the path, a key of `DEFAULT_PATHS`.
    path : Path
    lines : sequence of Line
    """

    key: str
    path: Path
    lines: Sequence[Line]

    @classmethod
    def open(cls, key: str, path: Path, *, create: bool = False) -> Self:
        """
        Read a list. A missing file at the default path is an empty list.

        Damaged lines are kept and have an `error`.

        Parameters
        ----------
        key : str
            The setting that holds the path.
        path : Path
        create : bool
            A missing file is an empty list at any path, because it will be written.

        Raises
        ------
        SettingsError
            The path is a folder, can't be read, or is missing and not the default one.
        """
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            former = path.with_name(FORMER_NAMES.get(path.name, path.name))
            if former.exists():
                hint = (
                    f"there is no such file; rename {former}, its former name, to it."
                )
                raise SettingsError(key, str(path), hint) from None
            if not create and str(path) != DEFAULT_PATHS[key]:
                hint = (
                    "there is no such file; correct the path or create an empty file."
                )
                raise SettingsError(key, str(path), hint) from None
            content = b""
        except IsADirectoryError:
            hint = "it is a folder; write the path of the list, a file."
            raise SettingsError(key, str(path), hint) from None
        except OSError as error:
            hint = f"it can't be read: {reason_of(error)}."
            raise SettingsError(key, str(path), hint) from None
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            content = content.decode("utf-16", "replace").encode()
        *complete, rest = content.split(b"\n")
        contents = [line + b"\n" for line in complete] + [rest] * bool(rest)
        lines = [
            _parse(line, f"{path} line {number}")
            for number, line in enumerate(contents, start=1)
        ]
        return cls(key, path, lines)

    @property
    def entries(self) -> list[Entry]:
        """The entries of all lines that aren't damaged."""
        return [line.entry for line in self.lines if line.entry]

    @property
    def errors(self) -> list[SettingsError]:
        """The errors of the damaged lines."""
        return [line.error for line in self.lines if line.error]

    @property
    def content(self) -> bytes:
        """The content of the file."""
        return b"".join(line.content for line in self.lines)

    def checked(self) -> list[Entry]:
        """Return the entries; raise SettingsError if a line is damaged."""
        for error in self.errors:
            raise error
        return self.entries

    def edit(self, add: Iterable[Entry], remove: Collection[Entry] = ()) -> Self:
        """Return the list without some entries and with others, each of them once."""
        kept = [line for line in self.lines if line.entry not in remove]
        listed = {line.entry for line in kept}
        new = [entry for entry in dict.fromkeys(add) if entry not in listed]
        if kept and new and not kept[-1].content.endswith(b"\n"):
            kept[-1] = replace(kept[-1], content=kept[-1].content + b"\n")
        if not kept:
            kept = [Line(f"{FIRST_LINES[self.key]}\n".encode())]
        added = [Line(f"{entry.to_line()}\n".encode(), entry) for entry in new]
        return replace(self, lines=[*kept, *added])

    def save(self) -> None:
        """Write the file; raise SettingsError if it can't be written."""
        try:
            # A link stays one.
            path = self.path.resolve()
            write_bytes(path, self.content)
        except OSError as error:
            hint = f"it can't be written: {reason_of(error)}."
            raise SettingsError(self.key, str(self.path), hint) from None


def list_path(setting: str, results: Path) -> Path:
    """Return the path of a list, whose setting is relative to the folder of results."""
    path = results.absolute().parent / setting
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def parse_face(text: str) -> tuple[str, Box] | None:
    """Parse ``photo x y width height``; return None for anything else."""
    match = FACE_LINE.fullmatch(text)
    return (match[1], Box(*map(int, match.groups()[1:]))) if match else None


def _parse(content: bytes, place: str) -> Line:
    """Parse a line of a list."""
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError:
        hint = "it isn't UTF-8; correct the line or delete it."
        return Line(content, error=SettingsError(place, content, hint))
    text = text.removesuffix("\n").removesuffix("\r")
    if not text.strip() or text.startswith("# "):
        return Line(content)
    try:
        entry = _parse_json(text) if text.startswith("{") else _parse_short(text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        entry = None
    if text.startswith("#"):
        if not entry:
            return Line(content)
        # Earlier versions wrote names with a # as they are, and then ignored them.
        hint = (
            "write a space after # if it is a comment, or else remove the photo again "
            "with `pigeonhole remove` and delete this line."
        )
    elif entry:
        return Line(content, entry)
    else:
        hint = (
            "it must be a line that `pigeonhole remove` or the review page wrote, or "
            "photo x y width height; correct the line or delete it."
        )
    return Line(content, error=SettingsError(place, text, hint))


def _parse_short(text: str) -> Entry | None:
    """Parse a line that was written by hand or by an earlier version."""
    # Such a name may be several lines of a file whose lines end in "\r".
    if "\r" in text:
        return None
    if match := PHOTO_LINE.fullmatch(text):
        prints = (match[3],) if match[3] else ()
        return Entry(Identity(match[1], match[2], prints))
    if face := parse_face(text):
        photo, box = face
        return Entry(Identity(photo), pixels=box)
    return None


def _parse_json(text: str) -> Entry:
    """Parse a line of JSON; raise an exception if it isn't an entry."""
    # `parse_json` would replace the surrogates of names that aren't UTF-8.
    record = json.loads(text)
    prints, box = record.get("fingerprints", []), record.get("box")
    texts = [record["photo"], record.get("sha256", ""), record.get("face", "")]
    if record.keys() - KEYS or not all(type(text) is str for text in [*texts, *prints]):
        raise ValueError("unknown keys or types")
    photo, sha256, face = texts
    is_valid = (
        photo
        and re.fullmatch("([0-9a-f]{64})?", sha256)
        and re.fullmatch(f"({FINGERPRINT})?", face)
        and all(re.fullmatch(FINGERPRINT, text) for text in prints)
        and len(prints) in (0, 1, len(VIEWS))
    )
    if not is_valid:
        raise ValueError("invalid name, digest or fingerprint")
    identity = Identity(photo, sha256, tuple(prints))
    if box is None:
        return Entry(identity)
    relative = RelativeBox(*map(float, box))
    if not (
        all(map(math.isfinite, relative))
        and min(relative) >= 0
        and min(relative.width, relative.height) > 0
        and max(relative.x + relative.width, relative.y + relative.height) <= 1.001
    ):
        raise ValueError("the box isn't in the photo")
    return Entry(identity, relative, face=face)
