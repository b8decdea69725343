"""Find incomplete results, so that the next run rebuilds them.

Snakemake knows only the files that rules declare as outputs, which excludes photos and
the images of viewers. It rebuilds outputs that are older than the script of their rule.
"""

import logging
import os
import re
from pathlib import Path

from pigeonhole.core.errors import PigeonholeError
from pigeonhole.photos.ledger import photo_path, read_ledger

IMAGE_NAME = re.compile(rb'"([\w./-]+\.(?:png|webp))"')
"""The name of an image in the data of a viewer's page."""

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
    """Date the page of a viewer 1970 if one of its images is missing."""
    if page.exists():
        names = IMAGE_NAME.findall(page.read_bytes())
        _expire_if_missing(page, [page.parent / name.decode() for name in names])


def _expire_if_missing(output: Path, needed: list[Path]) -> None:
    for path in needed:
        if not path.exists():
            _expire(output, f"{path} is missing")
            return


def _expire(output: Path, reason: str) -> None:
    log.warning("%s is rebuilt: %s", output, reason)
    os.utime(output, (0, 0))
