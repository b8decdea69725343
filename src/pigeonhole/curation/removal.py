"""Take someone out: their files and rows, their tiles, every mosaic that shows them."""

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path

from pigeonhole.core.errors import PhotoError
from pigeonhole.core.tables import UnreadableTable, read_rows
from pigeonhole.faces import FaceRow, read_faces, write_faces
from pigeonhole.faces.cache import forget_photos
from pigeonhole.faces.filter import LIKE
from pigeonhole.photos.ledger import (
    PhotoRow,
    read_alike,
    read_ledger,
    write_alike,
    write_ledger,
)
from pigeonhole.photos.removal_list import Forgotten, add_forgotten, parse_face
from pigeonhole.tiles import TileSet


class UnknownPhoto(PhotoError):
    """There is nothing of this name to take out."""

    def __init__(self, what: str, ledger: Path) -> None:
        super().__init__(
            f"{what!r} is neither a photo nor a face that we know: write a photo's "
            f"name as {ledger} has it, or a face's line as the review page shows it "
            "(photo x y width height)."
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What was taken out, in numbers."""

    photos: int
    faces: int
    tiles: int
    mosaics: Sequence[str]

    def __str__(self) -> str:
        if not (self.photos or self.faces or self.tiles or self.mosaics):
            return "All of it was taken out before: nothing is left to remove."
        counts = {"photo": self.photos, "face": self.faces, "tile": self.tiles}
        out = ", ".join(f"{n} {word}{'s' * (n != 1)}" for word, n in counts.items())
        gone = ", ".join(self.mosaics) or "none"
        return (
            f"Taken out: {out}; mosaics that showed them, removed: {gone}. The pages "
            "that named them (review, credits, report) went, too. Run `snakemake "
            "--cores 4` to make what is left again, and `snakemake --report "
            "results/report.html` for the report."
        )


def named(words: Iterable[str]) -> list[str]:
    """Join the five words of a face that a shell has split."""
    waiting, names = list(words), []
    while waiting:
        rest = waiting[1:5]
        size = 5 if len(rest) == 4 and all(word.isdecimal() for word in rest) else 1
        names.append(" ".join(waiting[:size]))
        del waiting[:size]
    return names


def forget(
    names: Iterable[str], results: Path, listed: Path, cache: Path | None = None
) -> Report:
    """
    Take photos and faces out, for good.

    Parameters
    ----------
    names : iterable of str
        A photo's name, or a face as ``photo x y width height``.
    results : Path
        The folder of all results.
    listed : Path
        The list that later runs honour. Killed at any moment, the same call again
        finishes the work.
    cache : Path, optional
        Where `pigeonhole mosaic` keeps tiles: sets with a photo of such a name go.

    Raises
    ------
    UnknownPhoto
        Nothing is taken out then.
    """
    ledger = results / "photos" / "photos.csv"
    photos = {row.photo: row for path in _ledgers(results) for row in read_ledger(path)}
    faces = _faces(results)
    twins = _twins(results, faces)
    old = Forgotten.read(listed)
    lines = [
        _line(twin, photos, faces, old, ledger)
        for name in names
        for twin in [name, *twins.get(name, ())]
    ]
    add_forgotten(listed, filter(None, lines))
    gone = Forgotten.read(listed)
    removed = _out_of(list(photos.values()), gone)
    report = Report(
        len(removed),
        sum(not _stays(face, gone) for face in faces),
        *_pictures(results, gone, {row.photo for row in removed}),
    )
    _rows(results, gone, removed)
    if cache:
        _kept_tiles(cache, gone)
    # Newer than all that was made without it: the next run looks at everything again.
    os.utime(listed)
    return report


def _line(
    name: str,
    photos: dict[str, PhotoRow],
    faces: Sequence[FaceRow],
    old: Forgotten,
    ledger: Path,
) -> str | None:
    if name in photos:
        row = photos[name]
        return f"{name} {row.sha256} {row.looks}".rstrip()
    if face := parse_face(name):
        photo, box = face
        wanted = Forgotten(faces={photo: [box]})
        if not all(_stays(row, wanted) for row in faces) or old.shows(photo, box):
            return f"{photo} {' '.join(map(str, box))}"
    if name in old.photos:
        return None
    raise UnknownPhoto(name, ledger)


def _twins(results: Path, faces: Sequence[FaceRow]) -> dict[str, set[str]]:
    """Return what is taken out with a photo or face: one kept once mustn't return."""
    path = results / "photos" / "alike.csv"
    pairs = [
        (row.photo.photo, row.like)
        for row in (read_alike(path) if path.is_file() else ())
    ]
    pairs += [
        (face.line, face.reason.removeprefix(LIKE))
        for face in faces
        if face.reason.startswith(LIKE)
    ]
    kept = dict(pairs)
    groups: dict[str, set[str]] = {}
    for name, like in pairs:
        groups.setdefault(like, {like}).add(name)
    return {**groups, **{name: groups[like] for name, like in kept.items()}}


def _ledgers(results: Path) -> list[Path]:
    paths = [results / "photos" / name for name in ("known.csv", "photos.csv")]
    return [path for path in paths if path.is_file()]


def _face_tables(results: Path) -> list[Path]:
    paths = [results / "faces" / "faces.csv"]
    paths += sorted((results / "faces" / "chunks").glob("*.csv"))
    return [path for path in paths if path.is_file()]


def _faces(results: Path) -> list[FaceRow]:
    tables = _face_tables(results)[:1] or []
    return [face for path in tables for face in read_faces(path)]


def _out_of(rows: Sequence[PhotoRow], gone: Forgotten) -> list[PhotoRow]:
    return list(compress(rows, gone.among(rows)))


def _stays(face: FaceRow, gone: Forgotten) -> bool:
    box = (face.x, face.y, face.width, face.height)
    return face.photo not in gone.photos and not gone.shows(face.photo, box)


def _rows(results: Path, gone: Forgotten, removed: Sequence[PhotoRow]) -> None:
    """Take photos out of the folder and rows out of the tables."""
    for row in removed:
        # Those of a folder source are their owner's: they stay where they are.
        if row.source != "folder":
            (results / "photos" / row.photo).unlink(missing_ok=True)
    addresses = {row.image_url for row in removed if row.source != "folder"}
    for path in sorted((results / "photos" / "searches").glob("*.json")):
        text = path.read_text("utf-8")
        if any(json.dumps(address)[1:-1] in text for address in addresses):
            path.unlink()
    forget_photos(results / "faces" / "known", gone.sha256)
    names = {row.photo for row in removed}
    for path in _face_tables(results):
        rows = read_faces(path)
        left = [row for row in rows if row.photo not in names and _stays(row, gone)]
        if len(left) < len(rows):
            write_faces(path, left)
    path = results / "photos" / "alike.csv"
    if path.is_file():
        alike = read_alike(path)
        stays = [not out for out in gone.among([row.photo for row in alike])]
        write_alike(path, compress(alike, stays))
    for path in _ledgers(results):
        known = read_ledger(path)
        if out := _out_of(known, gone):
            write_ledger(path, [row for row in known if row not in out])


def _pictures(
    results: Path, gone: Forgotten, names: set[str]
) -> tuple[int, Sequence[str]]:
    """Take tiles out of their sets, and remove mosaics and pages that show them."""
    ids: set[tuple[str, str]] = set()
    taken = 0
    for path in sorted((results / "tiles").glob("*.npz")):
        tile_set = TileSet.load(path)
        out = [
            row.photo in names
            or gone.seen_in(row.photo, (row.x, row.y, row.width, row.height))
            for row in tile_set.rows
        ]
        ids |= {
            (r.photo, r.id)
            for r, is_out in zip(tile_set.rows, out, strict=True)
            if is_out
        }
        taken += sum(out)
        _cut_out(path, tile_set, out)
    mosaics = [
        path.parent.name
        for path in sorted((results / "mosaics").glob("*/placement.csv"))
        if any(
            row["photo"] in names or (row["photo"], row["tile_id"]) in ids
            for row in _placed(path)
        )
    ]
    for name in mosaics:
        shutil.rmtree(results / "mosaics" / name)
    if names or ids or gone.faces:
        for page in ("faces/review.html", "report.html", "CREDITS.md", "credits.html"):
            (results / page).unlink(missing_ok=True)
    return taken, mosaics


def _kept_tiles(cache: Path, gone: Forgotten) -> None:
    """Remove kept tile sets; whether their photos are the same doesn't matter here."""
    names = gone.photos | gone.faces.keys()
    for path in cache.glob("*.csv"):
        if any(row.get("photo") in names for row in _placed(path)):
            for part in (path, path.with_suffix(".npz"), path.with_suffix(".index")):
                part.unlink(missing_ok=True)


def _placed(path: Path) -> list[dict[str, str]]:
    try:
        return read_rows(path)
    except (OSError, UnreadableTable):
        return []


def _cut_out(path: Path, tile_set: TileSet, out: Sequence[bool]) -> None:
    left = [number for number, is_out in enumerate(out) if not is_out]
    if len(left) == len(out):
        return
    # The index holds the tiles' pixels; the next run makes it again.
    path.with_suffix(".index").unlink(missing_ok=True)
    if not left:
        path.unlink()
        path.with_suffix(".csv").unlink()
        return
    rows = [replace(tile_set.rows[old], tile=new) for new, old in enumerate(left)]
    TileSet(tile_set.tiles[left], rows).save(path)
