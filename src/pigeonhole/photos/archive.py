"""Pack photos into one archive per shard, for results in a bucket.

A bucket receives only files that a rule names. The names of photos aren't known before
they are collected, but those of the archives are.
"""

import shutil
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from pigeonhole.core.atomic import atomic_write
from pigeonhole.core.errors import DAMAGED_FILE_ERRORS, PigeonholeError
from pigeonhole.photos.ledger import PhotoRow, read_duplicates, read_ledger
from pigeonhole.photos.shards import shard_of


class DamagedArchive(PigeonholeError):
    """An archive of photos can't be unpacked."""

    def __init__(self, path: Path, reason: object) -> None:
        super().__init__(
            f"{path} can't be unpacked: {reason}. "
            "Run `snakemake --forcerun collect_photos` with your profile to rebuild it."
        )


def pack_photos(ledger: Path, duplicates: Path, archives: Sequence[Path]) -> None:
    """
    Pack the photos next to a ledger, each into the archive of its shard.

    The same photos give the same bytes: entries are stored without compression or
    timestamps, sorted by name.

    Parameters
    ----------
    ledger, duplicates : Path
        The tables of the photos; see `pigeonhole.photos.ledger`.
    archives : sequence of Path
        One for each shard; there may be none.
    """
    rows = [*read_ledger(ledger), *(row.photo for row in read_duplicates(duplicates))]
    names = sorted(row.photo for row in rows)
    for shard, path in enumerate(archives):
        members = [name for name in names if shard_of(name, len(archives)) == shard]
        with (
            atomic_write(path) as temporary,
            zipfile.ZipFile(temporary, "w") as archive,
        ):
            for name in members:
                photo = ledger.parent / name
                # An entry that is created by name is dated 1980, without a timestamp.
                entry = zipfile.ZipInfo(name)
                entry.file_size = photo.stat().st_size
                with photo.open("rb") as source, archive.open(entry, "w") as target:
                    shutil.copyfileobj(source, target)


def open_photos(
    ledger: Path, archives: Iterable[str | Path]
) -> tuple[list[PhotoRow], Path]:
    """Unpack archives next to a ledger, and return its rows and the photos' folder."""
    unpack_photos(archives, ledger.parent)
    return read_ledger(ledger), ledger.parent


def unpack_photos(archives: Iterable[str | Path], folder: Path) -> None:
    """
    Unpack archives of photos into a folder; complete photos stay as they are.

    Other jobs may unpack into the same folder at the same time.

    Raises
    ------
    DamagedArchive
        An archive can't be read. No photo is left incomplete.
    """
    for path in map(Path, archives):
        try:
            with zipfile.ZipFile(path) as archive:
                for entry in archive.infolist():
                    _unpack(archive, entry, folder)
        except DAMAGED_FILE_ERRORS as error:
            raise DamagedArchive(path, error) from None


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    photo = folder / entry.filename
    if photo.resolve().parent != folder.resolve():
        raise ValueError(f"{entry.filename} is outside the folder")
    if photo.is_file() and photo.stat().st_size == entry.file_size:
        return
    with (
        atomic_write(photo) as temporary,
        temporary.open("wb") as target,
        archive.open(entry) as source,
    ):
        shutil.copyfileobj(source, target)
