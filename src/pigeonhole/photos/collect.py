"""Run the chosen source and leave exactly its photos, with their ledger."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pigeonhole.core.atomic import forget_drafts
from pigeonhole.core.errors import SourceError
from pigeonhole.imaging.codecs import KINDS
from pigeonhole.imaging.fingerprint import first_alike
from pigeonhole.photos import KEY
from pigeonhole.photos.ledger import (
    AlikeRow,
    PhotoRow,
    SkippedRow,
    read_ledger,
    write_alike,
    write_ledger,
    write_skipped,
)
from pigeonhole.photos.removal_list import Forgotten
from pigeonhole.photos.sources.demo import collect_demo
from pigeonhole.photos.sources.download import FORGOTTEN
from pigeonhole.photos.sources.folder import collect_folder
from pigeonhole.photos.sources.openverse import collect_openverse
from pigeonhole.photos.sources.pexels import collect_pexels
from pigeonhole.photos.sources.result import Found
from pigeonhole.pipeline.script import log

OURS = tuple(
    f"{dot}{source}-*.jpg"
    for source in ("demo", "pexels", "openverse")
    for dot in ("", ".")
)
"""Files in results/photos that we may remove: photos, and drafts of a killed run."""

TABLES = ("photos.csv", "skipped.csv", "alike.csv")
"""The ledger, what can't be used, and what looks like another photo."""
MEMORY = "known.csv"
"""The copy of the ledger that a run leaves for the next."""


class NoPhotos(SourceError):
    """A source has no photo that can be used."""

    def __init__(self, origin: str, found: Found) -> None:
        count = len(found.skipped)
        first = (
            f"all {count} were skipped, the first ({found.skipped[0].photo}) because: "
            f"{found.skipped[0].reason}"
            if found.skipped
            else f"there is no file in {KINDS}"
        )
        super().__init__(
            f"{origin} gives no photo that can be used: {first}. "
            "Choose other photos, or set photos.source: demo."
        )


def collect_photos(
    folder: Path,
    source: str,
    options: Mapping[str, Any],
    threads: int = 1,
    parallel: int = 4,
    forgotten: Path | None = None,
    bits: int | None = None,
) -> None:
    """
    Leave a source's photos in a folder, and three tables: see `TABLES`.

    Parameters
    ----------
    folder : Path
    source : {'demo', 'folder', 'pexels', 'openverse'}
    options : mapping
        The settings that matter for the source: see `pigeonhole.photos.options`.
    threads : int
        How many photos are worked on at a time.
    parallel : int
        How many photos are downloaded at once.
    forgotten : Path, optional
        The list of what was taken out.
    bits : int, optional
        Photos whose hashes differ in so few bits are kept once; see `first_alike`.

    Notes
    -----
    A copy of the ledger, known.csv, lies beside it and spares the next run what is done
    already: Snakemake removes the ledger itself before the run.
    """
    known = _known(folder / MEMORY)
    gone = Forgotten.read(forgotten) if forgotten else Forgotten()
    if source == "demo":
        found = collect_demo(folder, **options, threads=threads)
    elif source == "folder":
        found = collect_folder(
            Path(options["folder"]), options["max_pixels"], known, threads
        )
    elif source == "openverse":
        found = collect_openverse(folder, options, known, gone, parallel)
    else:
        key = os.environ.get(KEY, "")
        found = collect_pexels(folder, options, known, gone, key, parallel)
    found = _once(_without(found, gone), bits)
    if not found.rows:
        origin = f"photos.source {source}"
        if source == "folder":
            origin = f"photos.folder {options['folder']}"
        raise NoPhotos(origin, found)
    everything = [*found.rows, *(row.photo for row in found.alike)]
    forget_drafts(folder / MEMORY)
    _remove_others(folder, {row.photo for row in everything})
    ledger, skipped, alike = (folder / name for name in TABLES)
    write_skipped(skipped, found.skipped)
    write_alike(alike, found.alike)
    write_ledger(folder / MEMORY, everything)
    write_ledger(ledger, found.rows)
    log.info(
        "%s: %d photos, %d skipped, %d of them like another",
        source,
        len(found.rows),
        len(found.skipped),
        len(found.alike),
    )


def _once(found: Found, bits: int | None) -> Found:
    """Leave the largest of photos that look alike; their files stay where they are."""
    if bits is None:
        return found
    ordered = sorted(found.rows, key=lambda row: (-row.width * row.height, row.photo))
    left = Found(skipped=list(found.skipped))
    firsts = first_alike([row.looks for row in ordered], bits)
    for number, first in enumerate(firsts.tolist()):
        row, like = ordered[number], ordered[first].photo
        if first == number:
            left.rows.append(row)
        else:
            left.alike.append(AlikeRow(row, like))
            left.skipped.append(SkippedRow(row.photo, f"looks like {like}"))
    return left


def _without(found: Found, gone: Forgotten) -> Found:
    """Take out what was taken out before."""
    left = Found(skipped=list(found.skipped))
    for row, out in zip(found.rows, gone.among(found.rows), strict=True):
        left.add(SkippedRow(row.photo, FORGOTTEN) if out else row)
    return left


def _known(ledger: Path) -> dict[str, PhotoRow]:
    """Return an earlier ledger's rows; none if it's of another version, or damaged."""
    try:
        return {row.photo: row for row in read_ledger(ledger) if row.looks}
    except (OSError, TypeError, ValueError, KeyError):
        return {}


def _remove_others(folder: Path, photos: set[str]) -> None:
    for pattern in OURS:
        for path in folder.glob(pattern):
            if path.name not in photos:
                path.unlink()
