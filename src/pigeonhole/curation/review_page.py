"""Write the page on which the user reviews the detected faces.

The page contains all crops, so that it works without the photos. Names of photos and
photographers are untrusted: they are in a JSON element and inserted as text.
"""

import base64
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from pigeonhole.core.arrays import Image
from pigeonhole.core.progress import progress
from pigeonhole.core.untrusted_json import parse_json
from pigeonhole.curation.duplicates import expected_chance_matches
from pigeonhole.faces import FaceRejection
from pigeonhole.faces.exclude import EXCLUDE_SETTING, ExclusionList
from pigeonhole.faces.table import FaceRow
from pigeonhole.imaging.codecs import encode_webp
from pigeonhole.imaging.resize import resize
from pigeonhole.photos.identity import Identity
from pigeonhole.photos.ledger import DuplicateRow, PhotoRow, photo_path
from pigeonhole.photos.list_file import FIRST_LINES, Entry, EntryList
from pigeonhole.tiles.crops import read_photo
from pigeonhole.web.templates import json_for_html, render_template

CROP_SIDE, SMALL_CROP_SIDE = 112, 64
"""Side of a crop in pixels, and of each if there are more than `MANY_CROPS`."""
MANY_CROPS = 4000
DATA_START, DATA_END = '<script type="application/json" id="data">', "</script>"
"""Tags around the data in the page; see `web/templates/review.html`."""


class ReviewData(NamedTuple):
    """
    The kept and rejected faces and the near-duplicates to review.

    Attributes
    ----------
    folder : Path
        Folder of downloaded and generated photos.
    exclude : Path
        The user's list of false detections.
    excluded : EntryList
        Its content.
    face_distance, photo_distance : int, optional
        Largest distance of the hashes of near-duplicates; None keeps duplicates.
    """

    faces: Sequence[FaceRow]
    photos: Sequence[PhotoRow]
    duplicates: Sequence[DuplicateRow]
    folder: Path
    exclude: Path
    excluded: EntryList
    face_distance: int | None
    photo_distance: int | None


def review_page(review: ReviewData, folder: Path) -> str:
    """Return the page as HTML; links to photos are relative to its folder."""
    faces, dropped = review.faces, [row.photo for row in review.duplicates]
    photos = [*review.photos, *dropped]
    photo_numbers = {row.photo: number for number, row in enumerate(photos)}
    is_large = len(faces) + len(dropped) > MANY_CROPS
    crops = dict(_iter_crops(review, SMALL_CROP_SIDE if is_large else CROP_SIDE))
    face_numbers = {face.line: number for number, face in enumerate(faces)}
    data = {
        "list_path": str(review.exclude),
        "list_header": FIRST_LINES[EXCLUDE_SETTING],
        "list_lines": list_lines(review.excluded, photos, faces),
        "entries": [
            _entry_line(face, photos[photo_numbers[face.photo]]) for face in faces
        ],
        "summary": _summary(review),
        "duplicates_summary": _duplicates_summary(review),
        "photos": [_photo_data(row, review, folder) for row in photos],
        "faces": [_face_data(face, photo_numbers, face_numbers) for face in faces],
        "crops": [crops[face.line] for face in faces],
        "duplicates": [
            {
                "photo": photo_numbers[row.photo.photo],
                "duplicate_of": row.duplicate_of,
                "crop": crops[row.photo.photo],
                "original_crop": crops[row.duplicate_of],
            }
            for row in review.duplicates
        ],
    }
    return render_template("review.html", data=data)


def list_lines(
    excluded: EntryList, photos: Sequence[PhotoRow], faces: Sequence[FaceRow]
) -> list[tuple[str, list[int]]]:
    """Return each line of the list, and the numbers of the faces that it excludes."""
    found = ExclusionList(excluded.entries).find(photos, faces)
    numbers: dict[Entry, list[int]] = {}
    for number, face in enumerate(faces):
        for entry in found.get((face.photo, face.box), ()):
            numbers.setdefault(entry, []).append(number)
    return [
        (
            line.content.decode(errors="replace").rstrip("\r\n"),
            numbers.get(line.entry, []) if line.entry else [],
        )
        for line in excluded.lines
    ]


def _entry_line(face: FaceRow, photo: PhotoRow) -> str:
    """Return the line of the list that excludes a face."""
    return Entry.of_face(Identity.of(photo), face.box, photo, "").to_line()


def read_data(page: str) -> dict[str, Any]:
    """Read the data of a review page; raise ValueError if it is another page."""
    _, _, rest = page.partition(DATA_START)
    data = parse_json(rest.partition(DATA_END)[0])
    if not isinstance(data, dict):
        raise ValueError("the page contains no data")
    return data


def replace_data(page: str, data: Mapping[str, Any]) -> str:
    """Return a review page with other data."""
    before, start, rest = page.partition(DATA_START)
    return before + start + json_for_html(data) + rest[rest.index(DATA_END) :]


def _photo_data(row: PhotoRow, review: ReviewData, folder: Path) -> dict[str, object]:
    href = Path(os.path.relpath(photo_path(row, review.folder), folder)).as_posix()
    return {
        "name": row.photo,
        "href": quote(os.fsencode(href)),
        "sha256": row.sha256,
        "fingerprint": row.fingerprint,
        "width": row.width,
        "height": row.height,
        "photographer": row.photographer,
        "page": row.page_url,
    }


def _face_data(
    face: FaceRow, photo_numbers: Mapping[str, int], face_numbers: Mapping[str, int]
) -> list[object]:
    values = (face.score, face.contrast, face.sharpness, face.rejection, face.reason)
    duplicate_of = face_numbers.get(face.duplicate_of, -1)
    return [photo_numbers[face.photo], *face.box, *values, duplicate_of]


def _summary(review: ReviewData) -> str:
    kept = sum(face.kept for face in review.faces)
    return (
        f"{kept} of {len(review.faces)} boxes were kept, in {len(review.photos)} "
        "photos. The least certain ones come first: mark those that don't show a face."
    )


def _duplicates_summary(review: ReviewData) -> str:
    faces = [
        face.fingerprint
        for face in review.faces
        if face.kept or face.rejection is FaceRejection.DUPLICATE
    ]
    photos = [row.fingerprint for row in review.photos]
    photos += [row.photo.fingerprint for row in review.duplicates]
    return (
        "The larger image of each pair is kept. "
        f"{_chance_summary('faces', faces, review.face_distance)} "
        f"{_chance_summary('photos', photos, review.photo_distance)}"
    )


def _chance_summary(
    noun: str, fingerprints: Sequence[str], max_distance: int | None
) -> str:
    if max_distance is None:
        return f"All {noun} are kept ({noun}.max_hash_distance is null)."
    matches = expected_chance_matches(fingerprints, max_distance)
    return (
        f"Among {len(fingerprints)} different {noun}, {matches.estimated:.1g} pairs of "
        f"hashes are expected to match within {max_distance} bits by chance: they have "
        f"{matches.effective_bits:.0f} effective bits ({matches.ideal:.0e} pairs would "
        "match with 64)."
    )


def _iter_crops(review: ReviewData, side: int) -> Iterator[tuple[str, str]]:
    """Yield a small image of each face by its line, and of each near-duplicate."""
    rows = {row.photo: row for row in review.photos}
    rows |= {row.photo.photo: row.photo for row in review.duplicates}
    photo_of = attrgetter("photo")
    ordered = sorted(review.faces, key=photo_of)
    faces = {name: list(group) for name, group in groupby(ordered, photo_of)}
    paired = {row.photo.photo for row in review.duplicates}
    paired |= {row.duplicate_of for row in review.duplicates}
    for name in progress(sorted(faces.keys() | paired), "Review page", "photo"):
        row = rows[name]
        photo = read_photo(row, review.folder)
        for face in faces.get(name, ()):
            yield face.line, _encode(face.box.crop(photo), side)
        if name in paired:
            yield name, _encode(_center_square(photo), side)


def _center_square(image: Image) -> Image:
    rows, columns = image.shape[:2]
    side = min(rows, columns)
    top, left = (rows - side) // 2, (columns - side) // 2
    return image[top : top + side, left : left + side]


def _encode(image: Image, side: int) -> str:
    return base64.b64encode(encode_webp(resize(image, side, side))).decode()
