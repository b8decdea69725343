"""Photos in archives: packed, unpacked, damaged."""

import zipfile

import pytest

from pigeonhole.photos import chunk_of
from pigeonhole.photos.archive import DamagedArchive, pack_photos, unpack_photos
from pigeonhole.photos.ledger import AlikeRow, PhotoRow, write_alike, write_ledger

NAMES = [f"demo-{number:03}.jpg" for number in range(7)]


@pytest.fixture
def packed(tmp_path):
    """Three archives of seven photos, of which the last one is like the first."""
    rows = [PhotoRow(name, "demo", *4 * [""], "CC0-1.0", 4, 3, "") for name in NAMES]
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_bytes(name.encode() * 1000)
    write_ledger(folder / "photos.csv", rows[:-1])
    write_alike(folder / "alike.csv", [AlikeRow(rows[-1], NAMES[0])])
    archives = [tmp_path / f"{chunk}.zip" for chunk in range(3)]
    pack_photos(folder / "photos.csv", folder / "alike.csv", archives)
    return archives


def test_every_photo_comes_back_from_the_archive_of_its_chunk(packed, tmp_path):
    for chunk, archive in enumerate(packed):
        there = tmp_path / f"there {chunk}"
        unpack_photos([archive], there)
        names = [name for name in NAMES if chunk_of(name, 3) == chunk]
        assert sorted(path.name for path in there.glob("*")) == names
        for name in names:
            assert (there / name).read_bytes() == name.encode() * 1000


def test_packing_again_gives_the_same_bytes(packed, tmp_path):
    before = [path.read_bytes() for path in packed]
    for photo in (tmp_path / "photos").glob("*.jpg"):
        photo.touch()
    tables = (tmp_path / "photos" / name for name in ("photos.csv", "alike.csv"))
    pack_photos(*tables, packed)
    assert [path.read_bytes() for path in packed] == before


def test_photos_that_are_there_stay(packed, tmp_path):
    photos = sorted((tmp_path / "photos").glob("*.jpg"))
    times = [photo.stat().st_mtime_ns for photo in photos]
    photos[0].write_bytes(b"cut sh")
    unpack_photos(packed, tmp_path / "photos")
    assert photos[0].read_bytes() == photos[0].name.encode() * 1000
    assert [photo.stat().st_mtime_ns for photo in photos[1:]] == times[1:]


def test_a_damaged_archive_is_told(packed, tmp_path):
    content = bytearray(packed[0].read_bytes())
    content[100] ^= 1
    packed[0].write_bytes(content)
    with pytest.raises(DamagedArchive, match=r"0\.zip can't be unpacked: .*--forcerun"):
        unpack_photos(packed, tmp_path / "there")
    packed[0].write_bytes(b"no archive")
    with pytest.raises(DamagedArchive):
        unpack_photos(packed, tmp_path / "there")
    assert not list(tmp_path.glob("there/*"))


@pytest.mark.parametrize("name", ["../out.jpg", "/tmp/out.jpg", "a/b.jpg", ".."])
def test_no_photo_leaves_its_folder(name, tmp_path):
    with zipfile.ZipFile(tmp_path / "0.zip", "w") as archive:
        archive.writestr(name, "content")
    with pytest.raises(DamagedArchive, match="would lie elsewhere"):
        unpack_photos([tmp_path / "0.zip"], tmp_path / "there")
    assert not (tmp_path / "out.jpg").exists()
