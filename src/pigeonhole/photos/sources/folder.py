"""A folder of the user's own photos, read in place.

A file doesn't reveal whose photo it is: unless credits.csv in the folder names the
photographer, page and license, these columns stay empty, and the user is responsible
for the use of the mosaic.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import UnreadableImage
from pigeonhole.core.progress import progress
from pigeonhole.imaging import codecs
from pigeonhole.imaging.codecs import is_mosaic, jpeg_damage, read_content
from pigeonhole.photos.cache import measured
from pigeonhole.photos.files import scan_folder
from pigeonhole.photos.folder_credits import read_folder_credits, with_credits
from pigeonhole.photos.ledger import PhotoRow, Rejection, SkippedRow
from pigeonhole.photos.sources.protocol import CollectRequest, SourceResult

log = logging.getLogger(__name__)

MIN_SIDE = 16
"""Photos with a shorter side are skipped: they are icons and spacers."""


def collect(request: CollectRequest) -> SourceResult:
    """Read every photo below the folder; known files aren't decoded again."""
    folder = Path(request.options["folder"])
    # Read first: a mistake in it is reported at once.
    credited = read_folder_credits(folder)
    scan = request.scan or scan_folder(folder)
    result, damaged = SourceResult(skipped=[*scan.skipped]), dict[str, str]()
    with ThreadPoolExecutor(request.threads) as pool:
        rows = pool.map(partial(_read, request, damaged), scan.images)
        for row in progress(rows, "Reading photos", "photo", len(scan.images)):
            result.add(row)
    result.rows = with_credits(result.rows, credited)
    for photo in sorted(damaged):
        log.warning("%s is used, but a part is damaged (%s).", photo, damaged[photo])
    return result


def _read(
    request: CollectRequest, damaged: dict[str, str], path: Path
) -> PhotoRow | SkippedRow:
    """Measure a photo, and note it if a part of it is damaged."""
    folder, max_pixels = Path(request.options["folder"]), request.options["max_pixels"]
    photo = path.relative_to(folder).as_posix()
    row = PhotoRow(photo, "folder", image_url=path.as_posix())
    cache = request.measurements
    key = cache.key(path, max_pixels) if cache else None
    if cache and (found := cache.get(key, row)):
        row, damage = found
    else:
        try:
            content = read_content(path, max_pixels)
            known = request.known.get(photo)
            if (
                known
                and known.sha256 == sha256_of(content)
                and known.width * known.height <= max_pixels
            ):
                return replace(known, image_url=row.image_url)
            if is_mosaic(content):
                detail = "it is a mosaic made by Pigeonhole"
                return SkippedRow(photo, Rejection.OWN_RESULT, detail)
            image = codecs.decode_rgb(content, path, max_pixels)
        except UnreadableImage as error:
            return SkippedRow.unreadable(photo, error)
        row = measured(row, content, image)
        if min(row.width, row.height) < MIN_SIDE:
            detail = f"{row.width}x{row.height} pixels are too few; the minimum is "
            detail += f"{MIN_SIDE}x{MIN_SIDE}"
            return SkippedRow(photo, Rejection.TOO_SMALL, detail)
        damage = jpeg_damage(content)
        if request.examine:
            request.examine(row, image)
        if cache:
            cache.put(key, row, damage)
    if damage:
        damaged[photo] = damage
    return row
