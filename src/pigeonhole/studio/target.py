"""The target of a project: its original, and the part of it that becomes the mosaic."""

import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from threading import RLock
from typing import Any

import cv2
import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.atomic import write_bytes, write_text
from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import PigeonholeError, UnreadableImage
from pigeonhole.core.untrusted_json import parse_json
from pigeonhole.imaging.codecs import (
    FORMAT_NAMES,
    Pixels,
    content_size,
    decode_pixels,
    decode_small,
    encode_webp,
    read_content,
    read_pixels,
)
from pigeonhole.imaging.fingerprint import fingerprint
from pigeonhole.imaging.resize import resize, to_rgb
from pigeonhole.imaging.signatures import HEAD_BYTES, describe_other, image_format
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.removal_list import RemovalList
from pigeonhole.settings import SAMPLES
from pigeonhole.studio.photos.names import SUFFIX_OF_FORMAT
from pigeonhole.studio.photos.store import read_removal_list
from pigeonhole.studio.projects.document import TargetChoice, target_name
from pigeonhole.studio.projects.project import Project

MAX_ORIGINAL_PIXELS = 24_000_000
"""Larger targets are reduced to this number of pixels, which no mosaic can show."""
MAX_DECODED_PIXELS = 64_000_000
"""Largest target in formats that can't be reduced while they are decoded."""
MAX_ORIGINALS = 20
"""Number of originals that are kept, so that choosing another one can be undone."""
MAX_PREVIEW_SIDE = 2560
ORIGINAL_PREFIX = "target-"
"""Start of the names of originals in the private folder of a project."""
RECORD = "target.json"
"""File in the private folder that records how the target was made."""


class TargetRefused(PigeonholeError):
    """An image can't be the target."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} can't be the target: {reason}.")


class NoTarget(PigeonholeError):
    """The project has no target."""

    def __init__(self) -> None:
        super().__init__("There is no mosaic yet: choose a target first.")


@dataclass(frozen=True, slots=True)
class _Original:
    """The pixels of an original, and the name of its file."""

    file: str
    pixels: Pixels


class TargetStore:
    """
    The target of a project. Threads may use it at the same time.

    The original is kept as it is in the private folder of the project, or as a PNG file
    of `MAX_ORIGINAL_PIXELS` if it is larger. What commands read is the PNG file
    ``target/NAME.png``. Without a crop and rotation, its pixels are those of the
    original, as `prepare_target` reads it.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lock = RLock()
        self._original: _Original | None = None
        # The last target, at the size of previews.
        self._cropped: tuple[TargetChoice, Pixels] | None = None

    def set_target(self, content: bytes, name: str) -> TargetChoice:
        """
        Make an image the target.

        Parameters
        ----------
        content : bytes
            The image file.
        name : str
            The user's name of it.

        Raises
        ------
        TargetRefused
            It isn't a readable image, or was removed.
        """
        with self._lock:
            file = self._store(content, name)
            choice = TargetChoice(name=target_name(name or "target"), file=file)
            self._choose(choice, "Choose the target")
            self._delete_old_originals(choice)
            return choice

    def choose_photo(self, name: str) -> TargetChoice:
        """Make one of the photos the target."""
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise TargetRefused(name, "there is no such photo")
        limit = self._project.document.photos.max_pixels
        try:
            content = read_content(self._project.photos_folder / path, limit)
        except UnreadableImage as error:
            raise TargetRefused(name, error.reason) from None
        return self.set_target(content, path.name)

    def choose_sample(self, name: str) -> TargetChoice:
        """Make a sample photo of scikit-image the target."""
        image = _sample(name)
        return self.set_target(_encode_png(Pixels(image, None)), f"{name}.png")

    def set_crop(
        self,
        crop: tuple[int, int, int, int] | None,
        rotation: int = 0,
        straighten: float = 0,
    ) -> TargetChoice:
        """
        Crop and rotate the target.

        Parameters
        ----------
        crop : tuple of int or None
            Box x, y, width, height in the rotated original; None is all of it.
        rotation : int
            Clockwise, in degrees: 0, 90, 180 or 270.
        straighten : float
            Clockwise rotation by a small angle in degrees, after the other one. The
            image is enlarged just enough to leave no corner empty; its size stays.

        Raises
        ------
        NoTarget, SettingsError, TargetRefused
        """
        with self._lock:
            choice = self._choice()
            patch = {"crop": crop, "rotation": rotation, "straighten": straighten}
            values = {**choice.model_dump(mode="json"), **patch}
            new = self._project.document.changed({"target": values}).target
            assert new is not None
            self._choose(new, "Crop the target")
            return new

    def facts(self) -> dict[str, Any] | None:
        """
        Return what the page shows of the target, or None if there is none.

        The target is written again if undo or redo has changed it.

        Returns
        -------
        dict
            name; size (of the upright original) and cropped_size, as width and height.
        """
        with self._lock:
            choice = self._project.document.target
            if choice is None:
                return None
            try:
                if not self._is_current(choice):
                    self._write(choice)
                height, width = self._pixels(choice.file).color.shape[:2]
                cropped = _size_of(choice, width, height)
            except TargetRefused:
                # Its original was removed for good, or deleted by hand.
                return None
            return {
                "name": choice.name,
                "size": [width, height],
                "cropped_size": cropped,
            }

    def forget_removed(self) -> None:
        """Delete targets that are photos on the removal list, with their originals."""
        with self._lock:
            listed = read_removal_list(self._project)
            if not listed.photos:
                return
            choice, folder = self._project.document.target, self._project.private_folder
            for path in folder.glob(f"{ORIGINAL_PREFIX}*"):
                if _is_listed(listed, path):
                    path.unlink()
                    if choice and choice.file == path.name:
                        target = self._project.target_path
                        assert target
                        target.unlink(missing_ok=True)
                        self._original = self._cropped = None
                        self._project.history.change(
                            {"target": None}, "Remove the target"
                        )

    def preview_image(self, side: int) -> bytes:
        """Return the upright original as WebP with at most `side` pixels in a row."""
        with self._lock:
            return _encode_preview(self._pixels(self._choice().file), side)

    def cropped_image(self, side: int) -> bytes:
        """Return the target after crop and rotation; see `preview_image`."""
        with self._lock:
            choice = self._choice()
            if self._cropped is None or self._cropped[0] != choice:
                target = make_target(self._pixels(choice.file), choice)
                self._cropped = choice, _limited(target, MAX_PREVIEW_SIDE)
            return _encode_preview(self._cropped[1], side)

    def _choice(self) -> TargetChoice:
        choice = self._project.document.target
        if choice is None:
            raise NoTarget
        return choice

    def _store(self, content: bytes, name: str) -> str:
        """Keep an original and return the name of its file."""
        kind = image_format(content[:HEAD_BYTES])
        if kind is None:
            other = describe_other(content[:HEAD_BYTES])
            reason = (
                f"it is {other}" if other else f"it isn't an image ({FORMAT_NAMES})"
            )
            reason = reason if content else "the file is empty"
            raise TargetRefused(name, reason)
        limit = self._project.document.photos.max_pixels
        try:
            pixels, is_reduced = _decode_reduced(content, name, limit)
        except UnreadableImage as error:
            raise TargetRefused(name, error.reason) from None
        if pixels.alpha is not None and pixels.alpha.max() < 128:
            raise TargetRefused(name, "the image is transparent everywhere")
        digest = sha256_of(content)
        row = PhotoRow("", "", sha256=digest, fingerprint=_look(pixels))
        if any(read_removal_list(self._project).matches([row])):
            raise TargetRefused(name, "it was removed from this project for good")
        folder = self._project.private_folder
        # A reduced original is lossless, whatever the format of the file was.
        if is_reduced:
            file = f"{ORIGINAL_PREFIX}{digest[:16]}.png"
            write_bytes(folder / file, _encode_png(pixels))
        else:
            file = f"{ORIGINAL_PREFIX}{digest[:16]}{SUFFIX_OF_FORMAT[kind]}"
            write_bytes(folder / file, content)
        self._original = _Original(file, pixels)
        return file

    def _pixels(self, file: str) -> Pixels:
        """Return the pixels of an original."""
        if self._original is None or self._original.file != file:
            path = self._project.private_folder / file
            try:
                limit = self._project.document.photos.max_pixels
                pixels = _reduced(read_pixels(path, limit))
            except UnreadableImage as error:
                reason = f"{error.reason}; choose another target"
                raise TargetRefused(file, reason) from None
            self._original = _Original(file, pixels)
        return self._original.pixels

    def _choose(self, choice: TargetChoice, label: str) -> None:
        """Write a target and make it that of the document."""
        self._write(choice)
        self._project.history.change({"target": choice.model_dump(mode="json")}, label)

    def _write(self, choice: TargetChoice) -> None:
        """Write the PNG file of a target, and delete the last one with another name."""
        folder = self._project.folder
        target = make_target(self._pixels(choice.file), choice)
        path, content = folder / "target" / f"{choice.name}.png", _encode_png(target)
        write_bytes(path, content)
        self._cropped = choice, _limited(target, MAX_PREVIEW_SIDE)
        last = self._record()
        record = {"file": path.relative_to(folder).as_posix(), "choice": _json(choice)}
        record["sha256"] = sha256_of(content)
        write_text(self._record_path, json.dumps(record) + "\n")
        old = folder / str(last.get("file", ""))
        # A file that was changed since is the user's.
        if old != path and old.parent == path.parent:
            with suppress(OSError):
                if sha256_of(old.read_bytes()) == last.get("sha256"):
                    old.unlink()

    def _is_current(self, choice: TargetChoice) -> bool:
        path = self._project.folder / "target" / f"{choice.name}.png"
        return self._record().get("choice") == _json(choice) and path.is_file()

    def _record(self) -> Mapping[str, Any]:
        try:
            record = parse_json(self._record_path.read_bytes())
        except (OSError, ValueError):
            return {}
        return record if isinstance(record, dict) else {}

    @property
    def _record_path(self) -> Path:
        return self._project.private_folder / RECORD

    def _delete_old_originals(self, choice: TargetChoice) -> None:
        found = self._project.private_folder.glob(f"{ORIGINAL_PREFIX}*")
        others = [path for path in found if path.name != choice.file]
        others.sort(key=lambda path: -path.stat().st_mtime_ns)
        for path in others[MAX_ORIGINALS - 1 :]:
            path.unlink(missing_ok=True)


def sample_image(name: str, side: int) -> bytes:
    """Return a sample photo of scikit-image as WebP; see `preview_image`."""
    return _encode_preview(Pixels(_sample(name), None), side)


def _sample(name: str) -> Image:
    if name not in SAMPLES:
        raise TargetRefused(name, f"the samples are {', '.join(SAMPLES)}")
    # Imported here: it is slow to import, and rarely needed.
    from skimage import data

    return to_rgb(getattr(data, name)())


def make_target(pixels: Pixels, choice: TargetChoice) -> Pixels:
    """
    Rotate, straighten and crop an original.

    Raises
    ------
    TargetRefused
        The crop is outside of the image.
    """
    layers = [pixels.color] if pixels.alpha is None else [pixels.color, pixels.alpha]
    turned = [np.rot90(layer, -(choice.rotation // 90)) for layer in layers]
    if choice.straighten:
        turned = [_straighten(layer, choice.straighten) for layer in turned]
    x, y, width, height = _crop_of(choice, *turned[0].shape[1::-1])
    color, *alpha = (
        np.ascontiguousarray(layer[y : y + height, x : x + width]) for layer in turned
    )
    return Pixels(color, alpha[0] if alpha else None)


def _decode_reduced(content: bytes, name: str, max_pixels: int) -> tuple[Pixels, bool]:
    """Return the pixels of an image, and whether it was larger than originals are."""
    width, height = content_size(content, name, max_pixels)
    scale = math.sqrt(MAX_ORIGINAL_PIXELS / (width * height))
    is_jpeg = image_format(content[:HEAD_BYTES]) == "JPEG"
    if not is_jpeg and width * height > MAX_DECODED_PIXELS:
        reason = f"it has {width * height:,} pixels, and a target that isn't a JPEG "
        reason += f"file can have {MAX_DECODED_PIXELS:,}; reduce it or save it as JPEG"
        raise TargetRefused(name, reason)
    if scale < 1 and is_jpeg:
        # This takes a fraction of the memory.
        side = math.ceil(scale * max(width, height))
        pixels = Pixels(decode_small(content, name, side, max_pixels), None)
    else:
        pixels = decode_pixels(content, name, max_pixels)
    return _reduced(pixels), scale < 1


def _is_listed(listed: RemovalList, path: Path) -> bool:
    """Return whether an original is a photo on the removal list."""
    try:
        content = path.read_bytes()
        look = _look(decode_pixels(content, path))
    except (OSError, UnreadableImage):
        return False
    row = PhotoRow("", "", sha256=sha256_of(content), fingerprint=look)
    return any(listed.matches([row]))


def _look(pixels: Pixels) -> str:
    return fingerprint(pixels.over_white())


def _straighten(layer: Image, angle: float) -> Image:
    """Rotate an image clockwise, enlarged so that no corner is empty."""
    height, width = layer.shape[:2]
    turn = math.radians(abs(angle))
    scale = math.cos(turn) + math.sin(turn) * max(width / height, height / width)
    center = (width - 1) / 2, (height - 1) / 2
    matrix = cv2.getRotationMatrix2D(center, -angle, scale)
    turned = cv2.warpAffine(
        np.ascontiguousarray(layer),
        matrix,
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(turned, np.uint8)


def _crop_of(choice: TargetChoice, width: int, height: int) -> tuple[int, ...]:
    """Return the box of a crop inside of a rotated original of this size."""
    if choice.crop is None:
        return 0, 0, width, height
    x, y, right, bottom = choice.crop
    right, bottom = min(x + right, width), min(y + bottom, height)
    if x >= right or y >= bottom:
        reason = f"the crop {choice.crop} is outside of its {width}x{height} pixels"
        raise TargetRefused(choice.name, reason)
    return x, y, right - x, bottom - y


def _size_of(choice: TargetChoice, width: int, height: int) -> list[int]:
    size = (height, width) if choice.rotation % 180 else (width, height)
    return list(_crop_of(choice, *size)[2:])


def _reduced(pixels: Pixels) -> Pixels:
    """Return pixels at a size of at most `MAX_ORIGINAL_PIXELS`."""
    height, width = pixels.color.shape[:2]
    scale = math.sqrt(MAX_ORIGINAL_PIXELS / (width * height))
    return _scaled(pixels, scale, math.floor)


def _limited(pixels: Pixels, side: int) -> Pixels:
    """Return pixels at a size of at most `side` in each direction."""
    return _scaled(pixels, side / max(pixels.color.shape), round)


def _scaled(pixels: Pixels, scale: float, to_int: Callable[[float], int]) -> Pixels:
    """Return pixels at a part of their size, or as they are if they would grow."""
    if scale >= 1:
        return pixels
    height, width = pixels.color.shape[:2]
    size = max(1, to_int(width * scale)), max(1, to_int(height * scale))
    alpha = None if pixels.alpha is None else resize(pixels.alpha, *size)
    return Pixels(resize(pixels.color, *size), alpha)


def _encode_preview(pixels: Pixels, side: int) -> bytes:
    side = max(16, min(side, MAX_PREVIEW_SIDE))
    return encode_webp(_stacked(_limited(pixels, side)), quality=85)


def _encode_png(pixels: Pixels) -> bytes:
    """Return a PNG file, with OpenCV, which takes a third of Pillow's time."""
    has_alpha = pixels.alpha is not None
    order = cv2.COLOR_RGBA2BGRA if has_alpha else cv2.COLOR_RGB2BGR
    is_written, content = cv2.imencode(".png", cv2.cvtColor(_stacked(pixels), order))
    assert is_written
    return content.tobytes()


def _stacked(pixels: Pixels) -> Image:
    """Return an RGB or RGBA image."""
    if pixels.alpha is None:
        return pixels.color
    return np.dstack([pixels.color, pixels.alpha])


def _json(choice: TargetChoice) -> dict[str, Any]:
    return choice.model_dump(mode="json")
