"""The list of false detections, which the user edits on the review page or by hand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pigeonhole.core.geometry import Box
from pigeonhole.faces.table import FaceRow
from pigeonhole.photos.identity import PhotoIndex
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.list_file import Entry, EntryList
from pigeonhole.photos.removal_list import boxes_in

EXCLUDE_SETTING = "faces.exclude"
SAME_BOX_IOU = 0.5
"""An entry excludes the most similar box of a photo if their intersection over union is
at least this."""

FaceKey = tuple[str, Box]
"""A photo's name and a box in it."""


@dataclass(frozen=True, slots=True)
class ExclusionList:
    """The false detections."""

    entries: Sequence[Entry] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """
        Read the list. A missing file at the default path is an empty list.

        Raises
        ------
        SettingsError
            A line is damaged, the path is a folder, or another file is missing.
        """
        return cls(EntryList.open(EXCLUDE_SETTING, path).checked())

    def find(
        self, photos: Sequence[PhotoRow], faces: Iterable[FaceRow]
    ) -> dict[FaceKey, list[Entry]]:
        """
        Return the boxes that the list excludes, each with its entries.

        An entry excludes one box of each photo that shows it, the most similar one.
        """
        boxes: dict[str, set[Box]] = {}
        for face in faces:
            boxes.setdefault(face.photo, set()).add(face.box)
        index = PhotoIndex(photos)
        found: dict[FaceKey, list[Entry]] = {}
        for entry in self.entries:
            for photo, listed in boxes_in(entry, index):
                similar = [(box.iou(listed), box) for box in boxes.get(photo, ())]
                overlap, box = max(similar, default=(0.0, listed))
                if overlap >= SAME_BOX_IOU:
                    found.setdefault((photo, box), []).append(entry)
        return found
