"""Photos packed into one file for each chunk: what results in a bucket need.

Photos lie beside their ledger, but no rule can name them before they are there, and a
bucket gets only what a rule names. The archives have names that are known.
"""

import shutil
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from pigeonhole.core.atomic import beside
from pigeonhole.core.errors import DAMAGE, PigeonholeError
from pigeonhole.photos import chunk_of
from pigeonhole.photos.ledger import read_alike, read_ledger


class DamagedArchive(PigeonholeError):
    """An archive of photos can't be unpacked."""

    def __init__(self, path: Path, reason: object) -> None:
        super().__init__(
            f"{path} can't be unpacked: {reason}. "
            "Run `snakemake --forcerun photos` with your profile to make it again."
        )


def pack_photos(ledger: Path, alike: Path, archives: Sequence[Path]) -> None:
    """
    Pack the photos beside a ledger, each into the archive of its chunk.

    The same photos give the same bytes: they are kept as they are, sorted by name and
    without times.

    Parameters
    ----------
    ledger, alike : Path
        The tables of the photos; see `pigeonhole.photos.ledger`.
    archives : sequence of Path
        One for each chunk; none packs nothing.
    """
    if not archives:
        return
    rows = [*read_ledger(ledger), *(row.photo for row in read_alike(alike))]
    names = sorted(row.photo for row in rows)
    for number, path in enumerate(archives):
        chosen = [name for name in names if chunk_of(name, len(archives)) == number]
        with beside(path) as draft, zipfile.ZipFile(draft, "w") as archive:
            for name in chosen:
                photo = ledger.parent / name
                # Without a time of its own, an entry is from 1980.
                entry = zipfile.ZipInfo(name)
                entry.file_size = photo.stat().st_size
                with photo.open("rb") as source, archive.open(entry, "w") as packed:
                    shutil.copyfileobj(source, packed)


def unpack_photos(archives: Iterable[str | Path], folder: Path) -> None:
    """
    Leave the photos of some archives in a folder; those that lie there already stay.

    Other jobs may unpack into the same folder at the same time.

    Raises
    ------
    DamagedArchive
        One isn't what `pack_photos` made; no photo is left half-written.
    """
    for path in map(Path, archives):
        try:
            with zipfile.ZipFile(path) as archive:
                for entry in archive.infolist():
                    _unpack(archive, entry, folder)
        except DAMAGE as error:
            raise DamagedArchive(path, error) from None


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    photo = folder / entry.filename
    if photo.resolve().parent != folder.resolve():
        raise ValueError(f"{entry.filename} would lie elsewhere")
    if photo.is_file() and photo.stat().st_size == entry.file_size:
        return
    with (
        beside(photo) as draft,
        draft.open("wb") as file,
        archive.open(entry) as packed,
    ):
        shutil.copyfileobj(packed, file)
