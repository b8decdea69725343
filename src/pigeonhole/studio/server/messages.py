"""Messages between the studio's page and its server: commands, answers and previews.

Commands are JSON objects with an `id` and a `type`. A preview is binary, because the
arrays of a mosaic would be large and slow to parse as JSON; see `pack_preview`.
"""

import json
import struct
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import Field

from pigeonhole.core.errors import PigeonholeError, did_you_mean
from pigeonhole.core.geometry import Size
from pigeonhole.core.untrusted_json import parse_json
from pigeonhole.imaging.codecs import encode_jpeg
from pigeonhole.settings.fields import Frozen, Text, WithoutNul
from pigeonhole.settings.validation import validate
from pigeonhole.studio.preview.stages import Preview

MAX_COMMAND_BYTES = 4 * 2**20
"""Largest message from a page; pins of 100,000 cells fit."""
IMAGE_QUALITY = 88
"""Quality of a preview's JPEG."""
PART_ALIGNMENT = 8
"""Parts of a preview begin at multiples of this, so that pages read them in place."""
HEADER_LENGTH = struct.Struct("<I")

Names = tuple[Annotated[str, WithoutNul], ...]
JobNumber = Annotated[int, Field(ge=1, le=999_999_999)]


class StudioError(PigeonholeError):
    """The studio can't do what the page asks for."""


class InvalidMessage(StudioError):
    """A message isn't a command that the studio knows."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"The message can't be read: {problem}. Reload the page.")


class Change(Frozen):
    """Change the document; changes of one gesture are undone together."""

    patch: dict[str, Any]
    label: str = Field("Change", max_length=200)
    gesture: int | None = None


class ApplyPreset(Frozen):
    """Apply the settings of a preset."""

    name: Text


class Undo(Frozen):
    """Undo the newest change."""


class Redo(Frozen):
    """Redo the change that was undone last."""


class AddFolder(Frozen):
    """Link a folder of this machine."""

    path: Text


class RemoveFolder(Frozen):
    """Remove the link to a folder."""

    name: Text


class Search(Frozen):
    """Download photos from a service."""

    source: Literal["openverse", "pexels", "demo"]
    query: Annotated[str, Field(max_length=200), WithoutNul] = ""
    count: Annotated[int, Field(ge=1, le=20_000)] = 100
    licenses: Names = ()


class RemovePhotos(Frozen):
    """Remove photos from the project."""

    names: Names


class ClearSkipped(Frozen):
    """Clear the list of uploads that were refused, or remove one of them."""

    name: Text | None = None


class Erase(Frozen):
    """Remove a photo, or a face in it, for good."""

    photo: Text
    face: tuple[int, int, int, int] | None = None


class ChooseTarget(Frozen):
    """Use a photo of the project or a sample photo as the target."""

    photo: Text | None = None
    sample: Text | None = None


class SetTarget(Frozen):
    """Crop and rotate the target."""

    crop: tuple[int, int, int, int] | None = None
    rotation: Literal[0, 90, 180, 270] = 0
    straighten: Annotated[float, Field(ge=-15, le=15)] = 0


class Export(Frozen):
    """Export the mosaic in a job."""

    options: dict[str, Any]


class DescribeExport(Frozen):
    """Describe the files that an export would write."""

    options: dict[str, Any]


class CancelJob(Frozen):
    """Cancel a job."""

    job: JobNumber


class RemoveJob(Frozen):
    """Remove a job from the list."""

    job: JobNumber


class SaveAs(Frozen):
    """Copy the project into a new folder."""

    folder: Text


class OpenProject(Frozen):
    """Open another project."""

    folder: Text


class NewProject(Frozen):
    """Start an empty project."""


class RecentProjects(Frozen):
    """List the projects that were open before."""


class OpenLive(Frozen):
    """Start the live mosaic with the tiles of the project."""


class OpenReview(Frozen):
    """Start the review of the faces in the photos."""


class ShowCommand(Frozen):
    """Return the command line that makes the same mosaic."""


COMMAND_TYPES: Mapping[str, type[Frozen]] = {
    "change": Change,
    "preset": ApplyPreset,
    "undo": Undo,
    "redo": Redo,
    "add_folder": AddFolder,
    "remove_folder": RemoveFolder,
    "search": Search,
    "remove_photos": RemovePhotos,
    "clear_skipped": ClearSkipped,
    "erase": Erase,
    "choose_target": ChooseTarget,
    "set_target": SetTarget,
    "export": Export,
    "describe_export": DescribeExport,
    "cancel_job": CancelJob,
    "remove_job": RemoveJob,
    "save_as": SaveAs,
    "open_project": OpenProject,
    "new_project": NewProject,
    "recent_projects": RecentProjects,
    "open_live": OpenLive,
    "open_review": OpenReview,
    "command": ShowCommand,
}
"""Commands by the type of their messages."""


def parse_message(text: str) -> tuple[int, str, dict[str, Any]]:
    """Return id, type and fields of a message, or raise InvalidMessage."""
    try:
        message = parse_json(text)
    except ValueError:
        raise InvalidMessage("it isn't JSON") from None
    if not isinstance(message, dict):
        raise InvalidMessage("it isn't an object")
    number, name = message.pop("id", None), message.pop("type", None)
    if type(number) is not int or not isinstance(name, str):
        raise InvalidMessage("it has no id or no type")
    return number, name, message


def parse_command(name: str, fields: Mapping[str, Any]) -> Frozen:
    """
    Return the command of a message.

    Raises
    ------
    InvalidMessage
        There is no such command.
    SettingsError
        One of its fields is missing or invalid.
    """
    if name not in COMMAND_TYPES:
        near = did_you_mean(name, [*COMMAND_TYPES])
        hint = f"; did you mean {near}" if near else ""
        raise InvalidMessage(f"there is no command {name[:40]!r}{hint}")
    return validate(COMMAND_TYPES[name], dict(fields), name)


def answer(number: int, result: object = None, error: str | None = None) -> str:
    """Return the answer to a command."""
    return to_json({"type": "answer", "id": number, "error": error, "result": result})


def to_json(content: object) -> str:
    """Return JSON; names of files that aren't text have replacement characters."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace").decode()


class Part(NamedTuple):
    """A named part of a preview."""

    name: str
    content: bytes


def pack_preview(
    preview: Preview, cell: Size, overlay: float, tiles_version: int
) -> bytes:
    """
    Return a preview as a message.

    It consists of the length of the header (uint32, little-endian), the header (JSON)
    and the parts that the header lists, each padded to a multiple of 8 bytes.

    Parameters
    ----------
    preview : Preview
    cell : Size
        Size of a tile.
    overlay : float
        Opacity of the target over the mosaic, which `preview.image` already shows.
    tiles_version : int
        Version of the tile set to which the placement refers.
    """
    parts = [*_parts(preview)]
    layout, summary = preview.layout, preview.summary
    grid = layout.grid and dict(zip(("rows", "columns"), layout.grid, strict=True))
    header = {
        "revision": preview.revision,
        "stage": preview.stage,
        "size": [*layout.size],
        "cell": [*cell],
        "grid": grid,
        "cells": len(layout),
        "tile_count": preview.tile_count,
        "tiles_version": tiles_version,
        "overlay": overlay,
        "image_type": "image/jpeg",
        "parts": [{"name": part.name, "length": len(part.content)} for part in parts],
        "summary": summary and summary._asdict(),
        "error": preview.error,
    }
    text = to_json(header).encode()
    start = HEADER_LENGTH.pack(len(text)) + text
    return b"".join(map(_padded, (start, *(part.content for part in parts))))


def _parts(preview: Preview) -> Iterable[Part]:
    layout = preview.layout
    if not layout.grid:
        # The page expects x, y, width, height.
        yield Part("boxes", layout.boxes[:, [1, 0, 3, 2]].astype("<i4").tobytes())
        yield Part("positions", layout.labels.astype("<i4").tobytes())
    yield Part("placement", preview.placement.astype("<i4").tobytes())
    gains, offsets = preview.changes
    gains = np.rint(255 * gains).clip(0, 255)
    yield Part("gains", gains.astype(np.uint8).tobytes())
    # Gray tiles have one offset, which all channels share.
    shared = np.broadcast_to(np.rint(offsets), (len(layout), 3))
    yield Part("offsets", shared.astype("<i2").tobytes())
    if preview.errors is not None:
        errors = np.rint(preview.errors).clip(0, 255)
        yield Part("errors", errors.astype(np.uint8).tobytes())
    yield Part("image", encode_jpeg(preview.image, IMAGE_QUALITY))


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % PART_ALIGNMENT)
