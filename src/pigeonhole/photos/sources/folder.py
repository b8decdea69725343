"""A folder of one's own photos, read in place.

Nobody can know from a file alone whose photo it is: the columns for photographer, page
and licence stay empty, and what becomes of the mosaic is up to the person who chose the
folder.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import UnreadablePhoto
from pigeonhole.core.progress import progress
from pigeonhole.imaging.codecs import decode_rgb, read_content
from pigeonhole.imaging.fingerprint import looks_of
from pigeonhole.photos.files import find_pictures, is_utf8, refusal
from pigeonhole.photos.ledger import PhotoRow, SkippedRow
from pigeonhole.photos.sources.result import Found


def collect_folder(
    folder: Path, max_pixels: int, known: Mapping[str, PhotoRow], threads: int = 1
) -> Found:
    """
    Look at every picture below a folder.

    Parameters
    ----------
    folder : Path
    max_pixels : int
        A larger photo is skipped.
    known : mapping
        An earlier ledger's rows by photo; a file with the same bytes isn't decoded
        again.
    threads : int
        How many files are looked at at a time.
    """
    found = Found()
    paths = find_pictures(folder)
    look = partial(_look, folder=folder, max_pixels=max_pixels, known=known)
    with ThreadPoolExecutor(threads) as pool:
        rows = pool.map(look, paths)
        for row in progress(rows, "Reading photos", "photo", len(paths)):
            found.add(row)
    return found


def _look(
    path: Path, folder: Path, max_pixels: int, known: Mapping[str, PhotoRow]
) -> PhotoRow | SkippedRow:
    photo = path.relative_to(folder).as_posix()
    if reason := refusal(path, folder):
        readable = photo if is_utf8(photo) else ascii(photo)
        return SkippedRow(readable, reason)
    try:
        return _row(photo, path, max_pixels, known.get(photo))
    except UnreadablePhoto as error:
        return SkippedRow(photo, error.reason)


def _row(photo: str, path: Path, max_pixels: int, old: PhotoRow | None) -> PhotoRow:
    content = read_content(path, max_pixels)
    sha256 = sha256_of(content)
    if old and old.sha256 == sha256 and old.width * old.height <= max_pixels:
        return replace(old, image_url=path.as_posix())
    picture = decode_rgb(content, path, max_pixels)
    height, width = picture.shape[:2]
    return PhotoRow(
        photo=photo,
        source="folder",
        photographer="",
        photographer_url="",
        page_url="",
        image_url=path.as_posix(),
        licence="",
        width=width,
        height=height,
        sha256=sha256,
        looks=looks_of(picture),
    )
