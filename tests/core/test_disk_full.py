"""A full disk is reported in one message and leaves no incomplete file.

A limit on the size of files takes the place of a full disk: writers fail at the same
point, and it needs no permission to mount anything.
"""

import resource
import shutil
from contextlib import contextmanager

import numpy as np
import pytest
from matplotlib.figure import Figure

from pigeonhole.birthday.collisions.search import CollisionSearch
from pigeonhole.core import atomic
from pigeonhole.core.atomic import (
    DiskFull,
    atomic_directory,
    check_free_space,
    write_bytes,
)
from pigeonhole.core.geometry import Size
from pigeonhole.core.shards import Shard
from pigeonhole.core.tables import write_rows
from pigeonhole.imaging.codecs import write_gif, write_jpeg, write_png, write_webp
from pigeonhole.imaging.pyramid import LargeImageOptions, WriteError, write_strips
from pigeonhole.matching import TileIndex
from pigeonhole.mosaic.render.films import save_film
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.pipeline.script import script_context
from pigeonhole.plots.save import save_figure
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles import TileRow, TileSet
from pigeonhole.tiles.cut import plan_tiles, save_shard

NOISE = np.random.default_rng(1).integers(0, 256, (120, 90, 3), np.uint8)
TILES = np.random.default_rng(2).integers(0, 256, (50, 16, 12, 3), np.uint8)
LIMIT = 2048
"""Maximum size of a file on the full disk."""


@contextmanager
def full_disk():
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _rows(path):
    write_rows(path, ("a",), [{"a": number} for number in range(2000)])


def _tile_set(path):
    facts = (0, 0, 12, 16, 0, "demo", "Ann", "", "", "CC0")
    rows = [TileRow(n, *2 * [f"{n:02}"], f"{n}.jpg", *facts) for n in range(len(TILES))]
    TileSet(TILES, rows).save(path)


def _figure(path):
    figure = Figure()
    figure.add_subplot().plot(NOISE[:, 0, 0])
    save_figure(figure, path, path.with_suffix(".png"))


def _strips(path):
    write_strips(path, iter([NOISE]), Size(90, 120), LargeImageOptions(quality=100))


def _folder(path):
    with atomic_directory(path, ["mosaic.png"]) as temporary:
        write_png(temporary / "mosaic.png", NOISE)


WRITERS = {
    "a.bin": lambda path: write_bytes(path, NOISE.tobytes()),
    "a.csv": _rows,
    "a.png": lambda path: write_png(path, NOISE),
    "a.jpg": lambda path: write_jpeg(path, NOISE),
    "a.webp": lambda path: write_webp(path, NOISE, 100),
    "a.gif": lambda path: write_gif(path, [NOISE, NOISE[::-1]], 10),
    "a.npz": _tile_set,
    "a.index": lambda path: TileIndex(TILES).save(path),
    "a.svg": _figure,
    "viewer": _folder,
    "large.tif": _strips,
    "large.png": _strips,
    "large.jpg": _strips,
    "large.dzi": _strips,
}


def files_in(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_reported_and_earlier_files_stay(tmp_path, name):
    write = WRITERS[name]
    message = r"^[^\n]*can't be written: [^\n]*\. [^\n]*run the command again"
    with full_disk(), pytest.raises((DiskFull, WriteError), match=message):
        write(tmp_path / name)
    remaining = files_in(tmp_path)
    write(tmp_path / name)
    complete = files_in(tmp_path)
    assert remaining.items() <= complete.items()
    assert sum(map(len, complete.values())) > LIMIT
    with full_disk(), pytest.raises((DiskFull, WriteError)):
        write(tmp_path / name)
    assert files_in(tmp_path) == complete


def test_a_film_on_a_full_disk(tmp_path):
    path = tmp_path / "films" / "falling.webm"
    rng = np.random.default_rng(3)
    images = (rng.integers(0, 256, (120, 90, 3), np.uint8) for _ in range(10))
    with full_disk(), pytest.raises(DiskFull, match=r"falling\.webm can't be written"):
        save_film(path, images, 10)
    assert list(path.parent.iterdir()) == []


def test_a_shard_of_tiles_on_a_full_disk(tmp_path):
    write_png(tmp_path / "photo.png", NOISE)
    photo = PhotoRow("photo.png", "demo", "", "", "", "", "", 90, 120, "")
    settings, path = TileSetSettings(cut="photos", size="48x64"), tmp_path / "0.npz"
    plan = plan_tiles(settings, 0.0, [photo], [])
    with full_disk(), pytest.raises(DiskFull, match=r"0\.npz can't be written"):
        save_shard(path, plan, tmp_path, Shard(0, 1))
    assert [file.name for file in tmp_path.iterdir()] == ["photo.png"]


def test_a_search_on_a_full_disk_only_loses_its_cache(tmp_path, caplog):
    with full_disk():
        pair = CollisionSearch(tmp_path / "full", 2, 20, "sha256").run()
    assert "chunk-000000.npy can't be written" in caplog.text
    assert pair == CollisionSearch(tmp_path / "other", 2, 20, "sha256").run()


def test_a_job_reports_a_full_disk_that_a_writer_does_not(tmp_path, capsys):
    class Job:
        log, output, threads = (), (), 1

    with pytest.raises(SystemExit) as stop, script_context(Job), full_disk():
        (tmp_path / "claim").write_bytes(bytes(2 * LIMIT))
    assert stop.value.code == 1
    assert "A file can't be written: file too large." in capsys.readouterr().err


def test_a_run_needs_space_for_its_records(tmp_path, monkeypatch):
    check_free_space(tmp_path)
    usage = shutil.disk_usage(tmp_path)._replace(free=12_345)
    monkeypatch.setattr(atomic, "disk_usage", lambda _: usage)
    message = f"^{tmp_path} can't be written: only 12 KB are free on its disk. Free"
    with pytest.raises(DiskFull, match=message):
        check_free_space(tmp_path)
