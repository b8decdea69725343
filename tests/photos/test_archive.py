"""Tests for archives of photos."""

import zipfile

import pytest

from pigeonhole.photos.archive import DamagedArchive, pack_photos, unpack_photos
from pigeonhole.photos.ledger import (
    DuplicateRow,
    PhotoRow,
    write_duplicates,
    write_ledger,
)
from pigeonhole.photos.shards import shard_of

NAMES = [f"demo-{number:03}.jpg" for number in range(7)]


@pytest.fixture
def packed(tmp_path):
    """Three archives of seven photos, one of them a near-duplicate."""
    rows = [PhotoRow(name, "demo", *4 * [""], "CC0-1.0", 4, 3, "") for name in NAMES]
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_bytes(name.encode() * 1000)
    write_ledger(folder / "photos.csv", rows[:-1])
    write_duplicates(folder / "duplicates.csv", [DuplicateRow(rows[-1], NAMES[0])])
    archives = [tmp_path / f"{shard}.zip" for shard in range(3)]
    pack_photos(folder / "photos.csv", folder / "duplicates.csv", archives)
    return archives


def test_each_archive_contains_the_photos_of_its_shard(packed, tmp_path):
    for shard, archive in enumerate(packed):
        folder = tmp_path / f"unpacked {shard}"
        unpack_photos([archive], folder)
        names = [name for name in NAMES if shard_of(name, 3) == shard]
        assert sorted(path.name for path in folder.glob("*")) == names
        for name in names:
            assert (folder / name).read_bytes() == name.encode() * 1000


def test_packing_is_reproducible(packed, tmp_path):
    before = [path.read_bytes() for path in packed]
    for photo in (tmp_path / "photos").glob("*.jpg"):
        photo.touch()
    tables = (tmp_path / "photos" / name for name in ("photos.csv", "duplicates.csv"))
    pack_photos(*tables, packed)
    assert [path.read_bytes() for path in packed] == before


def test_complete_photos_are_not_replaced(packed, tmp_path):
    photos = sorted((tmp_path / "photos").glob("*.jpg"))
    times = [photo.stat().st_mtime_ns for photo in photos]
    photos[0].write_bytes(b"incomplete")
    unpack_photos(packed, tmp_path / "photos")
    assert photos[0].read_bytes() == photos[0].name.encode() * 1000
    assert [photo.stat().st_mtime_ns for photo in photos[1:]] == times[1:]


def test_a_damaged_archive_is_an_error(packed, tmp_path):
    content = bytearray(packed[0].read_bytes())
    content[100] ^= 1
    packed[0].write_bytes(content)
    with pytest.raises(DamagedArchive, match=r"0\.zip can't be unpacked: .*--forcerun"):
        unpack_photos(packed, tmp_path / "unpacked")
    packed[0].write_bytes(b"no archive")
    with pytest.raises(DamagedArchive):
        unpack_photos(packed, tmp_path / "unpacked")
    assert not list(tmp_path.glob("unpacked/*"))


@pytest.mark.parametrize("name", ["../out.jpg", "/tmp/out.jpg", "a/b.jpg", ".."])
def test_no_photo_is_unpacked_outside_the_folder(name, tmp_path):
    with zipfile.ZipFile(tmp_path / "0.zip", "w") as archive:
        archive.writestr(name, "content")
    with pytest.raises(DamagedArchive, match="is outside the folder"):
        unpack_photos([tmp_path / "0.zip"], tmp_path / "unpacked")
    assert not (tmp_path / "out.jpg").exists()
