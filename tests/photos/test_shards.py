"""Tests for dividing photos among shards."""

from itertools import chain

from pigeonhole.photos.ledger import PhotoRow, write_ledger
from pigeonhole.photos.shards import shard_files, shard_of


def test_the_shard_depends_only_on_the_name():
    assert [shard_of(name, 7) for name in ("a.jpg", "b/ü.jpg")] == [4, 0]


def test_every_photo_is_in_exactly_one_shard(tmp_path):
    names = [f"{number}.jpg" for number in range(40)]
    rows = [PhotoRow(name, "demo", *[""] * 5, 1, 1, "") for name in names]
    write_ledger(tmp_path / "photos.csv", rows)
    files = shard_files(tmp_path / "photos.csv", 4)
    assert len(files) == 4
    assert all(files)
    paths = [(tmp_path / name).as_posix() for name in names]
    assert sorted(chain.from_iterable(files)) == sorted(paths)
