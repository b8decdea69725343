"""No command changes, replaces or deletes a file that it didn't write itself."""

import os
from pathlib import Path

import numpy as np
import pytest
from live_samples import random_tiles, save_tiles

from pigeonhole.birthday.ids import SCHEMES, report_ids
from pigeonhole.core.atomic import write_text
from pigeonhole.core.geometry import Size
from pigeonhole.core.outputs import OutputRefused
from pigeonhole.core.tables import write_table
from pigeonhole.imaging.codecs import write_jpeg, write_png
from pigeonhole.mosaic.from_folder import mosaic_from_folder
from pigeonhole.photos.cache import measure
from pigeonhole.photos.ledger import PhotoRow, write_duplicates, write_ledger
from pigeonhole.plots.ids import ids as ids_figure
from pigeonhole.plots.save import figure_outputs, write_figure
from pigeonhole.settings import FOLDER_MOSAIC, FOLDER_TILES

MOSAIC = ("mosaic", "target.png", "--tiles", "photos", "--size", "6x4", "--width", "36")
IDS = ("ids", "--scheme", "uuid4", "--plot")
LIVE = ("live", "--source", "synthetic", "--frame-size", "32x24", "--max-frames", "2")
LIVE += ("--sink", "file", "--tiles", "own.npz")


SUFFIXES = ("csv", "json", "md", "xmp", "npz", "index", "svg", "png", "webm", "mp4")
SUFFIXES += ("jpeg", "tiff")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A working directory with files of the user under all kinds of names."""
    monkeypatch.setenv("PIGEONHOLE_CACHE", str(tmp_path / "cache"))
    home = tmp_path / "home"
    random = np.random.default_rng(1)
    for number in range(30):
        photo = np.full((20, 30, 3), random.integers(0, 256, 3), np.uint8)
        write_jpeg(home / "photos" / "more" / f"{number:02}.jpg", photo)
    write_png(home / "target.png", random.integers(0, 256, (24, 36, 3), np.uint8))
    write_png(home / "mask.png", np.full((24, 36), 255, np.uint8))
    (home / "edits.json").write_text('{"ban": [], "pin": [], "replace": {}}')
    (home / "removed.txt").touch()
    save_tiles(home / "own.npz", random_tiles())
    for suffix in SUFFIXES:
        (home / f"notes.{suffix}").write_text("mine")
    (home / "pics_files" / "2019").mkdir(parents=True)
    (home / "pics_files" / "2019" / "diary.txt").write_text("mine")
    (home / "link_files").symlink_to("pics_files")
    (home / "link.png").symlink_to("target.png")
    (home / "hard.jpg").hardlink_to(home / "photos" / "more" / "00.jpg")
    monkeypatch.chdir(home)
    return home


def snapshot(home):
    """Return content, links and time of everything, by its path."""
    found = {}
    for path in sorted(home.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        link = path.readlink() if path.is_symlink() else None
        # A folder's time changes with the files that the user asks for.
        time = 0 if path.is_dir() else status.st_mtime_ns
        found[str(path.relative_to(home))] = (content, link, time)
    return found


@pytest.mark.parametrize(
    "command",
    [
        (*MOSAIC, "-o", "target.png"),
        (*MOSAIC, "-o", "./photos/../target.png"),
        (*MOSAIC, "-o", "link.png"),
        (*MOSAIC, "-o", "hard.jpg"),
        (*MOSAIC, "-o", "notes.png"),
        (*MOSAIC, "-o", "photos/more/03.jpg"),
        (*MOSAIC, "-o", "mask.png", "--mask", "mask.png"),
        (*MOSAIC, "-o", "edits.png", "--details", "--edits", "edits.json"),
        (*MOSAIC, "-o", "notes.jpg", "--details"),
        (*MOSAIC, "-o", "notes.tif", "--details", "--paper", "3x3 cm"),
        (*MOSAIC, "-o", "notes.dzi"),
        (*MOSAIC, "-o", "pics.dzi"),
        (*MOSAIC, "-o", "pics.dzi", "--force"),
        (*MOSAIC, "-o", "link.dzi", "--force"),
        (*MOSAIC, "-o", "a.png", "--save-tiles", "notes.npz"),
        (*MOSAIC, "-o", "a.png", "--details", "--save-tiles", "a.npz"),
        (*MOSAIC, "-o", "target.png", "--force"),
        (*MOSAIC, "-o", "link.png", "--force"),
        (*MOSAIC, "-o", "hard.jpg", "--force"),
        (*MOSAIC, "-o", "photos/more/03.jpg", "--force"),
        (*MOSAIC, "-o", "mask.png", "--mask", "mask.png", "--force"),
        (*MOSAIC, "-o", "edits.png", "--details", "--edits", "edits.json", "--force"),
        (
            "mosaic",
            "pics_files/2019/diary.txt",
            "--tiles",
            "pics_files",
            "-o",
            "pics.dzi",
        ),
        (*MOSAIC, "-o", "a.png", "--mask", "missing.png"),
        (*MOSAIC, "-o", "new/folder/a.png", "--max-uses", "1"),
        (*MOSAIC, "-o", "notes.jpeg", "--details", "--tile-width", "8"),
        (*MOSAIC, "-o", "notes.png", "--tile-width", "full"),
        (*MOSAIC, "-o", "notes.png", "--paper", "3x3 cm"),
        (*MOSAIC, "-o", "notes.tiff", "--details"),
        (*MOSAIC, "-o", "a.png", "--save-tiles", "photos/more/03.npz", "--edits", "-"),
        (*MOSAIC, "-o", "notes.webm"),
        (*LIVE, "--record", "notes.csv"),
        (*LIVE, "--record", "notes.md/a.webm"),
        (*LIVE, "--record", "pics_files"),
        (*IDS, "notes"),
        (*IDS, "notes.svg"),
        ("remove", "nobody.jpg"),
    ],
)
def test_a_refused_command_changes_nothing(home, call, one_line, command):
    before = snapshot(home)
    status, out, err = call(*command)
    assert (status in {1, 2}, out) == (True, "")
    assert one_line(err.splitlines(keepends=True)[-1])
    assert snapshot(home) == before


@pytest.mark.parametrize(
    ("command", "new"),
    [
        ((*MOSAIC, "-o", "a.png"), ["a.png"]),
        ((*MOSAIC, "-o", "photos/a.png"), ["photos/a.png"]),
        ((*MOSAIC, "-o", "photos/a.jpg"), ["photos/a.jpg"]),
        ((*MOSAIC, "-o", "photos/a.tif"), ["photos/a.tif"]),
        (
            (*MOSAIC, "-o", "photos/a.png", "--tile-width", "none", "--details"),
            [
                f"photos/a{end}"
                for end in ("-skipped.csv", ".png", ".csv", ".json", ".md")
            ],
        ),
        (
            (*MOSAIC, "-o", "photos/a.dzi"),
            ["photos/a.dzi", "photos/a.xmp", "photos/a_files"]
            + [f"photos/a_files/{n}" for n in range(9)]
            + [f"photos/a_files/{n}/0_0.jpg" for n in range(9)],
        ),
        (
            (*MOSAIC, "-o", "new/a.jpg", "--details", "--save-tiles", "t.npz"),
            [
                *("new", "new/a.jpg", "new/a.csv", "new/a.json", "new/a.md"),
                *("new/a-skipped.csv", "t.npz", "t.csv", "t.index"),
            ],
        ),
        ((*MOSAIC, "-o", "a.tif"), ["a.tif"]),
        ((*MOSAIC, "-o", "a.tiff", "--tile-width", "full"), ["a.tiff"]),
        ((*MOSAIC, "-o", "a.jpeg", "--tile-width", "8"), ["a.jpeg"]),
        ((*MOSAIC, "-o", "a.PNG", "--paper", "3x3 cm"), ["a.PNG"]),
        ((*MOSAIC, "-o", "a.tif", "--paper", "3x3 cm"), ["a.tif"]),
        (
            (*MOSAIC, "-o", "a.dzi"),
            ["a.dzi", "a.xmp", "a_files", *(f"a_files/{n}" for n in range(9))]
            + [f"a_files/{n}/0_0.jpg" for n in range(9)],
        ),
        ((*IDS, "chart.v2"), ["chart.v2.svg", "chart.v2.png"]),
        ((*IDS, "chart.png"), ["chart.svg", "chart.png"]),
    ],
)
def test_a_command_writes_what_was_asked_for_and_replaces_only_that(
    home, call, command, new
):
    before = snapshot(home)
    results = []
    for _ in range(2):
        status, out, _ = call(*command)
        assert status == 0
        results.append(out.replace("million", ""))
        after = snapshot(home)
        assert {path: after[path] for path in before} == before
        assert sorted(after.keys() - before) == sorted(new)
    # A mosaic among the photos is not a tile of the next one.
    if command[0] == "mosaic":
        assert results[0] == results[1]
    made = Path(next(path for path in new if "." in path))
    os.utime(made, ns=(1, 1))
    changed = snapshot(home)
    assert call(*command)[0] == 1
    assert snapshot(home) == changed
    # In the tile folder it may be a photo.
    in_tile_folder = made.parts[0] == "photos"
    assert call(*command, "--force")[0] == int(in_tile_folder)
    assert (snapshot(home)[str(made)] == changed[str(made)]) == in_tile_folder


def test_force_replaces_a_file_but_not_what_a_link_points_to(home, call):
    before = snapshot(home)
    (home / "copy.png").symlink_to("notes.png")
    assert call(*MOSAIC, "-o", "copy.png", "--force")[0] == 0
    assert not (home / "copy.png").is_symlink()
    after = snapshot(home)
    assert {path: after[path] for path in before} == before


@pytest.mark.parametrize("name", ["notes.webm", "notes.mp4", "photos/%H%n.webm"])
def test_a_recording_takes_an_unused_name_and_says_so(home, call, caplog, name):
    caplog.set_level("INFO", "pigeonhole")
    before = snapshot(home)
    for number in (1, 2):
        assert call(*LIVE, "--record", name)[0] == 0
        after = snapshot(home)
        assert {path: after[path] for path in before} == before
        new = after.keys() - before
        assert {f"Recorded {path}" for path in new} <= set(caplog.messages)
        assert len(new) == number


def test_python_refuses_what_the_command_refuses(home):
    mosaic = mosaic_from_folder(
        "target.png",
        "photos",
        FOLDER_MOSAIC.model_copy(update={"width": 36}),
        FOLDER_TILES.model_copy(update={"size": Size(6, 4)}),
    )
    report = report_ids(SCHEMES["git"])
    before = snapshot(home)
    outputs = {"details": True, "save_tiles": Path("new.npz")}
    for name in ("target.png", "notes.png", "photos/more/03.jpg", "notes.tiff"):
        with pytest.raises(OutputRefused):
            mosaic.save(Path(name), **outputs)
    with pytest.raises(OutputRefused):
        mosaic.save(Path("new.png"), save_tiles=Path("notes.npz"))
    with pytest.raises(OutputRefused):
        mosaic.save(Path("link.dzi"), force=True)
    with pytest.raises(OutputRefused):
        write_figure(ids_figure(report), figure_outputs(Path("notes")))
    assert snapshot(home) == before


MINE = (
    *("notes.txt", "photos/a.txt", "photos/mine.jpg", "tiles/mine.csv", "faces/x.md"),
    *("plots/mine.svg", "mosaics/x/advice.txt", "mosaics/x/mosaic.psd"),
    *("mosaics/x/large/mosaic.txt", "mosaics/x/viewer/photos/mine/0.webp"),
    *("mosaics/x/viewer/.my-personal.html", "mosaics/mine/placement.txt"),
)


def test_a_removal_deletes_no_file_of_the_user_in_the_results(home, call):
    random, rows = np.random.default_rng(2), []
    for name in ("a.jpg", "b.jpg"):
        path = home / "results/photos" / name
        write_jpeg(path, random.integers(0, 256, (40, 60, 3), np.uint8))
        row = PhotoRow(name, "demo", image_url=name)
        rows.append(measure(row, path.read_bytes(), name, 10**6))
    write_ledger(home / "results/photos/photos.csv", rows)
    write_duplicates(home / "results/photos/duplicates.csv", [])
    mosaic = home / "results/mosaics/x"
    write_table(mosaic / "placement.csv", [{"photo": "a.jpg", "tile_id": "ab"}])
    for name in ("mosaic.png", "advice.svg", "large/mosaic.dzi", "viewer/index.html"):
        write_text(mosaic / name, "")
    for name in MINE:
        write_text(home / "results" / name, "mine")
    before = snapshot(home)
    assert call("remove", "a.jpg")[0] == 0
    after = snapshot(home)
    changed = {path for path in before if after.get(path) != before[path]}
    assert changed == {
        "removed.txt",
        "results/photos/photos.csv",
        "results/photos/a.jpg",
        "results/mosaics/x/placement.csv",
        *(f"results/mosaics/x/{n}" for n in ("mosaic.png", "advice.svg")),
        *(f"results/mosaics/x/{n}" for n in ("large/mosaic.dzi", "viewer/index.html")),
    }
    assert after.keys() <= before.keys()


NAMES = [
    os.fsdecode(b"not UTF-8 \xff"),
    " <a>{b} 'c' \"d\" \n\t#%[Q=3]*?$",
    "日本 é.v2",
    "-x",
    "y" * 249,
]


@pytest.mark.parametrize("suffix", ["PNG", "tif", "dzi", "DZI"])
@pytest.mark.parametrize("name", NAMES)
def test_outputs_can_have_any_name(home, call, name, suffix):
    """249 bytes and the 6 of `_files` are as many as a name may have."""
    before = snapshot(home).keys()
    options = ("--details",) if suffix in {"PNG", "dzi"} else ()
    for _ in range(2):
        status, _, _ = call(*MOSAIC, f"-o{name}.{suffix}", *options)
        assert status == 0
    new = {path.split("/")[0] for path in snapshot(home).keys() - before}
    suffixes = {f".{suffix}"} | ({".csv", ".json", ".md"} if options else set())
    suffixes |= {".xmp", "_files"} if suffix.lower() == "dzi" else set()
    files = {name + suffix for suffix in suffixes}
    if options:
        # The name is shortened if necessary.
        files.add(f"{name[:243]}-skipped.csv")
    assert new == files


@pytest.mark.parametrize("name", [*NAMES[:3], "z" * 252])
def test_errors_show_any_name_on_one_line(home, call, one_line, name):
    (home / "notes.md").rename(home / f"{name}.md") if len(name) < 200 else None
    status, out, err = call(*MOSAIC, f"-o{name}.png", "--details")
    assert (status, out) == (1, "")
    assert "can't be written" in one_line(err)
