"""A folder of the user's own photos, read in place.

A file doesn't reveal whose photo it is: the columns for photographer, page and license
stay empty, and the user is responsible for the use of the mosaic.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import UnreadableImage
from pigeonhole.core.progress import progress
from pigeonhole.imaging.codecs import read_content
from pigeonhole.photos.cache import measure
from pigeonhole.photos.files import check_file, find_images, is_utf8
from pigeonhole.photos.ledger import PhotoRow, SkippedRow
from pigeonhole.photos.sources.protocol import CollectRequest, SourceResult


def collect(request: CollectRequest) -> SourceResult:
    """Read every photo below the folder; known files aren't decoded again."""
    result = SourceResult()
    paths = find_images(Path(request.options["folder"]))
    with ThreadPoolExecutor(request.threads) as pool:
        rows = pool.map(partial(_read, request), paths)
        for row in progress(rows, "Reading photos", "photo", len(paths)):
            result.add(row)
    return result


def _read(request: CollectRequest, path: Path) -> PhotoRow | SkippedRow:
    folder, max_pixels = Path(request.options["folder"]), request.options["max_pixels"]
    photo = path.relative_to(folder).as_posix()
    if rejection := check_file(path, folder):
        return SkippedRow(photo if is_utf8(photo) else ascii(photo), *rejection)
    try:
        content = read_content(path, max_pixels)
        row = request.known.get(photo)
        if (
            row
            and row.sha256 == sha256_of(content)
            and row.width * row.height <= max_pixels
        ):
            return replace(row, image_url=path.as_posix())
        row = PhotoRow(photo, "folder", image_url=path.as_posix())
        return measure(row, content, path, max_pixels)
    except UnreadableImage as error:
        return SkippedRow.unreadable(photo, error)
