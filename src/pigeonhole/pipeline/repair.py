"""Find incomplete results, so that the next run rebuilds them.

Snakemake knows only the files that rules declare as outputs, which excludes photos and
the images of viewers. It rebuilds outputs that are older than the script of their rule.
"""

import json
import logging
import os
import re
from pathlib import Path

from pigeonhole.core.errors import PigeonholeError
from pigeonhole.photos.ledger import photo_path, read_ledger

PAGE_DATA = re.compile(
    r'<script type="application/json" id="data">(.*?)</script>', re.S
)
"""The data of a viewer's page."""

log = logging.getLogger(__name__)


def expire_ledger(ledger: Path) -> None:
    """Date a ledger 1970 if it is damaged, or if one of its photos is missing."""
    if not ledger.exists():
        return
    try:
        photos = [photo_path(row, ledger.parent) for row in read_ledger(ledger)]
    except PigeonholeError as error:
        _expire(ledger, str(error))
    else:
        _expire_if_missing(ledger, photos)


def expire_viewer(page: Path) -> None:
    """Date the page of a viewer 1970 if it is damaged, or if an image is missing."""
    if not page.exists():
        return
    try:
        names = _viewer_images(page.read_text("utf-8"))
    except (KeyError, TypeError, ValueError):
        _expire(page, "it is damaged")
    else:
        _expire_if_missing(page, [page.parent / name for name in names])


def _viewer_images(page: str) -> list[str]:
    """Return the names of the images of a viewer; see `pigeonhole.mosaic.viewer`."""
    match = PAGE_DATA.search(page)
    if not match:
        raise ValueError("the page has no data")
    data = json.loads(match[1])
    names = [data["overview"], data["target"]]
    names += [name for atlas in data["atlases"] for name in atlas["pages"] if name]
    overlay = (data["correction"] or {}).get("overlay")
    return names + ([overlay["image"]] if overlay else [])


def _expire_if_missing(output: Path, needed: list[Path]) -> None:
    for path in needed:
        if not path.exists():
            _expire(output, f"{path} is missing")
            return


def _expire(output: Path, reason: str) -> None:
    log.warning("%s is rebuilt: %s", output, reason)
    os.utime(output, (0, 0))
