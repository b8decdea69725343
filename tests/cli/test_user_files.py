"""No command changes, replaces or deletes a file that it didn't write itself."""

import os
from pathlib import Path

import numpy as np
import pytest

from pigeonhole.imaging.codecs import write_jpeg, write_png

MOSAIC = ("mosaic", "target.png", "--tiles", "photos", "--size", "6x4", "--width", "36")
IDS = ("ids", "--scheme", "uuid4", "--plot")


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
    for suffix in ("csv", "json", "md", "xmp", "npz", "index", "svg", "png", "webm"):
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
