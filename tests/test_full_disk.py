"""A disk without room: one sentence, nothing half-written, and a good end after it.

The limit on the size of a file stands for the disk's: writers meet it in the same
place, and it needs no right to mount anything.
"""

import resource
import shutil
from contextlib import contextmanager

import numpy as np
import pytest
from matplotlib.figure import Figure
from test_films import film  # noqa: F401

from pigeonhole.birthday.collisions.search import Search
from pigeonhole.core import atomic as files
from pigeonhole.core.atomic import DiskFull, beside_folder, check_room, write_bytes
from pigeonhole.core.geometry import Size
from pigeonhole.core.tables import write_rows
from pigeonhole.imaging.codecs import write_gif, write_jpeg, write_png, write_webp
from pigeonhole.imaging.pyramid import Facts, Unwritten, write_bands
from pigeonhole.matching import TileIndex
from pigeonhole.mosaic.render.films import falling, save_film
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.pipeline.script import running
from pigeonhole.plots.save import save_figure
from pigeonhole.settings import TileSetSettings
from pigeonhole.tiles import TileRow, TileSet
from pigeonhole.tiles.cut import crops_of, save_part

NOISE = np.random.default_rng(1).integers(0, 256, (120, 90, 3), np.uint8)
TILES = np.random.default_rng(2).integers(0, 256, (50, 16, 12, 3), np.uint8)
ROOM = 2048
"""Bytes that a file may have where there is no room."""


@contextmanager
def no_room():
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _rows(path):
    write_rows(path, ("a",), [{"a": number} for number in range(2000)])


def _tile_set(path):
    facts = (0, 0, 12, 16, "demo", "Ann", "", "", "CC0")
    rows = [TileRow(n, f"{n:02}", f"{n}.jpg", *facts) for n in range(len(TILES))]
    TileSet(TILES, rows).save(path)


def _figure(path):
    figure = Figure()
    figure.add_subplot().plot(NOISE[:, 0, 0])
    save_figure(figure, path, path.with_suffix(".png"))


def _bands(path):
    write_bands(path, iter([NOISE]), Size(90, 120), Facts(quality=100))


def _folder(path):
    with beside_folder(path) as draft:
        write_png(draft / "mosaic.png", NOISE)


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
    "large.tif": _bands,
    "large.png": _bands,
    "large.jpg": _bands,
    "large.dzi": _bands,
}


def everything(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("name", WRITERS)
def test_without_room_one_sentence_and_what_was_there_stays(tmp_path, name):
    write = WRITERS[name]
    words = r"^[^\n]*can't be written: [^\n]*\. [^\n]*give the command again"
    with no_room(), pytest.raises((DiskFull, Unwritten), match=words):
        write(tmp_path / name)
    left = everything(tmp_path)
    write(tmp_path / name)
    whole = everything(tmp_path)
    assert left.items() <= whole.items()
    assert sum(map(len, whole.values())) > ROOM
    with no_room(), pytest.raises((DiskFull, Unwritten)):
        write(tmp_path / name)
    assert everything(tmp_path) == whole


def test_a_film_without_room_is_one_sentence(tmp_path, film):  # noqa: F811
    path = tmp_path / "films" / "falling.webm"
    with no_room(), pytest.raises(DiskFull, match=r"falling\.webm can't be written"):
        save_film(path, falling(film), 10)
    assert list(path.parent.iterdir()) == []


def test_a_part_of_the_tiles_without_room_is_one_sentence(tmp_path):
    write_png(tmp_path / "photo.png", NOISE)
    photo = PhotoRow("photo.png", "demo", "", "", "", "", "", 90, 120, "")
    settings, path = TileSetSettings(cut="photos", size="48x64"), tmp_path / "0.npy"
    crops = crops_of(settings, 0.0, [photo], [])
    with no_room(), pytest.raises(DiskFull, match=r"0\.npy can't be written"):
        save_part(path, crops, settings, tmp_path, 0, 1)
    assert [left.name for left in tmp_path.iterdir()] == ["photo.png"]


def test_a_search_without_room_goes_on_where_it_was(tmp_path):
    with no_room(), pytest.raises(DiskFull, match=r"chunk-000000\.npy can't be"):
        Search(tmp_path / "full", 2, 20, "sha256").run()
    again = Search(tmp_path / "full", 2, 20, "sha256").run()
    assert again == Search(tmp_path / "other", 2, 20, "sha256").run()


def test_a_job_tells_of_what_writers_do_not(tmp_path, capsys):
    class Job:
        log, output, threads = (), (), 1

    with pytest.raises(SystemExit) as stop, running(Job), no_room():
        (tmp_path / "claim").write_bytes(bytes(2 * ROOM))
    assert stop.value.code == 1
    assert "A file can't be written: File too large." in capsys.readouterr().err


def test_a_run_needs_room_for_its_notes(tmp_path, monkeypatch):
    check_room(tmp_path)
    left = shutil.disk_usage(tmp_path)._replace(free=12_345)
    monkeypatch.setattr(files, "disk_usage", lambda _: left)
    words = f"^{tmp_path} can't be written: its disk has 12 KB left. Make space"
    with pytest.raises(DiskFull, match=words):
        check_room(tmp_path)
