"""The review page: every box, kept or not, to mark those that show no face."""

import base64
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from pigeonhole.core.arrays import Picture
from pigeonhole.core.progress import progress
from pigeonhole.core.text import parse_json, read_text
from pigeonhole.curation.duplicates import matches_by_chance
from pigeonhole.faces.exclude import EXCLUDED, HEADER
from pigeonhole.faces.filter import LIKE
from pigeonhole.faces.table import FaceRow
from pigeonhole.imaging.codecs import encode_webp, read_rgb
from pigeonhole.imaging.resize import resize
from pigeonhole.photos.ledger import AlikeRow, PhotoRow, photo_path

SIDES = (112, 64)
"""Width of a crop in pixels, and where there are many."""
MANY = 4000
WEB = files("pigeonhole") / "web"
OPENING, CLOSING = '<script type="application/json" id="data">', "</script>"


class Sheet(NamedTuple):
    """
    What there is to review.

    Attributes
    ----------
    faces : sequence of FaceRow
        Judged boxes.
    photos : sequence of PhotoRow
        The photos of the boxes.
    alike : sequence of AlikeRow
        Photos that were left out because they look like another.
    folder : Path
        Where downloaded and made photos lie.
    exclude : Path
        The list of boxes that a person rejects.
    face_bits, photo_bits : int, optional
        Within how many bits of their hashes faces and photos look alike.
    """

    faces: Sequence[FaceRow]
    photos: Sequence[PhotoRow]
    alike: Sequence[AlikeRow]
    folder: Path
    exclude: Path
    face_bits: int | None
    photo_bits: int | None


def review_page(sheet: Sheet, place: Path) -> str:
    """
    Return the page, which needs no other file but shows the photos where it finds them.

    Parameters
    ----------
    sheet : Sheet
    place : Path
        The folder that the page goes to.
    """
    parts = {
        "STYLE": (WEB / "review.css").read_text("utf-8"),
        "SCRIPT": (WEB / "review.js").read_text("utf-8"),
        "DATA": _as_json(_data(sheet, place)),
    }
    page = (WEB / "review.html").read_text("utf-8")
    for name, text in parts.items():
        page = page.replace(f"/*{name}*/", text, 1)
    return page


def _as_json(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # Nothing in a name may end the element that holds it.
    return text.replace("<", "\\u003c")


def _data(sheet: Sheet, place: Path) -> dict[str, Any]:
    out = [row.photo for row in sheet.alike]
    numbers = {row.photo: n for n, row in enumerate([*sheet.photos, *out])}
    side = SIDES[len(sheet.faces) + len(out) > MANY]
    crops = dict(_crops(sheet, side))
    lines = {face.line: number for number, face in enumerate(sheet.faces)}
    return {
        "exclude": str(sheet.exclude),
        "excluded": EXCLUDED,
        "head": HEADER,
        "list": read_text(sheet.exclude),
        "told": _told(sheet),
        "chance": _chances(sheet),
        "photos": [_photo(row, sheet, place) for row in [*sheet.photos, *out]],
        "faces": [_face(face, numbers, lines) for face in sheet.faces],
        "crops": [crops[face.line] for face in sheet.faces],
        "alike": [
            {
                "photo": numbers[row.photo.photo],
                "like": row.like,
                "crop": crops[row.photo.photo],
                "twin": crops[row.like],
            }
            for row in sheet.alike
        ],
    }


def _photo(row: PhotoRow, sheet: Sheet, place: Path) -> dict[str, object]:
    href = Path(os.path.relpath(photo_path(row, sheet.folder), place)).as_posix()
    return {
        "name": row.photo,
        "href": quote(href),
        "width": row.width,
        "height": row.height,
        "by": row.photographer,
        "page": row.page_url,
    }


def _face(
    face: FaceRow, photos: Mapping[str, int], lines: Mapping[str, int]
) -> list[object]:
    box = (face.x, face.y, face.width, face.height)
    looks = (face.score, face.contrast, face.sharpness, face.reason)
    like = face.reason.removeprefix(LIKE) if face.reason.startswith(LIKE) else ""
    return [photos[face.photo], *box, *looks, lines.get(like, -1)]


def _told(sheet: Sheet) -> str:
    kept = sum(face.kept for face in sheet.faces)
    return (
        f"{kept} of {len(sheet.faces)} boxes were kept, in {len(sheet.photos)} photos. "
        "The doubtful come first: mark what shows no face."
    )


def _chances(sheet: Sheet) -> str:
    sure = [f.looks for f in sheet.faces if f.kept or f.reason.startswith(LIKE)]
    pictures = [row.looks for row in [*sheet.photos, *(a.photo for a in sheet.alike)]]
    return (
        "Of a pair the larger is kept. "
        f"{_chance('faces', sure, sheet.face_bits)} "
        f"{_chance('photos', pictures, sheet.photo_bits)}"
    )


def _chance(what: str, looks: Sequence[str], bits: int | None) -> str:
    if bits is None:
        return f"All {what} are kept ({what}.alike is null)."
    chance = matches_by_chance(looks, bits)
    return (
        f"Among {len(looks)} different {what}, {chance.measured:.1g} pairs of hashes "
        f"would agree within {bits} bits by chance: the 64 bits are worth "
        f"{chance.worth:.0f} fair ones (64 would give {chance.uniform:.0e})."
    )


def _crops(sheet: Sheet, side: int) -> Iterator[tuple[str, str]]:
    """Yield a small picture of each box by its line, and of each twin by its name."""
    rows = {row.photo: row for row in sheet.photos}
    ordered = sorted(sheet.faces, key=lambda face: face.photo)
    groups = {name: list(group) for name, group in groupby(ordered, _name)}
    whole = {name for row in sheet.alike for name in (row.photo.photo, row.like)}
    rows |= {row.photo.photo: row.photo for row in sheet.alike}
    names = sorted({*groups, *whole})
    for name in progress(names, "Review page", "photo"):
        photo = _read(rows[name], sheet.folder)
        for face in groups.get(name, ()):
            part = photo[face.y : face.y + face.height, face.x : face.x + face.width]
            yield face.line, _encoded(part, side)
        if name in whole:
            yield name, _encoded(_middle(photo), side)


def _name(face: FaceRow) -> str:
    return face.photo


def _read(row: PhotoRow, folder: Path) -> Picture:
    return read_rgb(photo_path(row, folder), max_pixels=row.width * row.height)


def _middle(photo: Picture) -> Picture:
    rows, columns = photo.shape[:2]
    side = min(rows, columns)
    top, left = (rows - side) // 2, (columns - side) // 2
    return photo[top : top + side, left : left + side]


def _encoded(part: Picture, side: int) -> str:
    return base64.b64encode(encode_webp(resize(part, side, side))).decode()


def read_data(page: str) -> dict[str, Any]:
    """
    Read back what a review page holds.

    Raises
    ------
    ValueError
        It isn't one.
    """
    _, _, rest = page.partition(OPENING)
    data = parse_json(rest.partition(CLOSING)[0])
    if not isinstance(data, dict):
        raise ValueError("no data")
    return data


def served_photo(photo: Mapping[str, Any], place: Path) -> Path:
    """Return where a photo of a page's data lies."""
    return place / unquote(str(photo["href"]))


def with_data(page: str, data: Mapping[str, Any]) -> str:
    """Return a page that holds other data."""
    before, mark, rest = page.partition(OPENING)
    return before + mark + _as_json(data) + rest[rest.index(CLOSING) :]
