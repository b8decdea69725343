"""A folder of 300 unusual files: each is used or listed with its reason."""

import csv
import re
import subprocess
import sys

import pytest
from hostile_files import IGNORED, make_hostile_folder, snapshot

from pigeonhole.cli.main import main
from pigeonhole.photos.collect import collect_photos
from pigeonhole.photos.ledger import read_ledger


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "photos <{x}> \n#1"
    make_hostile_folder(folder)
    return folder


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PIGEONHOLE_CACHE", str(tmp_path / "cache"))


def names_of(folder):
    """Return the names of all files and links below a folder."""
    return {
        path.relative_to(folder).as_posix()
        for path in snapshot(folder)
        if path.is_symlink() or not path.is_dir()
    }


def read_skipped(path):
    with path.open(newline="", encoding="utf-8") as file:
        return {row["photo"]: row["detail"] for row in csv.DictReader(file)}


def test_every_file_is_used_or_listed_with_its_reason(folder, tmp_path):
    before = snapshot(folder)
    options = {"folder": str(folder), "max_pixels": 10**8}
    collect_photos(tmp_path, "folder", options)
    used = {row.photo for row in read_ledger(tmp_path / "photos.csv")}
    skipped = read_skipped(tmp_path / "skipped.csv")
    assert all(skipped.values())
    assert not used & skipped.keys()
    # Names that aren't UTF-8 are escaped.
    listed = used | skipped.keys()
    files = names_of(folder)
    assert len(files) > 300
    assert {n for n in files if n not in listed and ascii(n) not in listed} == IGNORED
    assert len(used) > 280
    assert snapshot(folder) == before


@pytest.mark.parametrize(
    "name",
    [
        "{x}.jpg",
        "<results>.jpg",
        "a\nb.jpg",
        "-o.jpg",
        " leading space.jpg",
        "\u674e\u660e.jpg",
    ],
)
def test_any_name_is_a_target_and_an_output(folder, tmp_path, name, capsys):
    before = snapshot(folder)
    size = ("--size", "8x6", "--width", "96", "--variants", "1")
    output = (tmp_path / name).with_suffix(".png")
    command = ["mosaic", str(folder / name), "--tiles", str(folder), *size]
    status = main([*command, "-o", str(output), "--details"])
    assert status == 0, capsys.readouterr().err
    assert set(tmp_path.glob("*")) >= {
        output.with_suffix(suffix) for suffix in (".png", ".csv", ".json", ".md")
    }
    assert snapshot(folder) == before


def test_the_command_reports_all_in_its_own_words(folder, tmp_path):
    size = ("--size", "8x6", "--width", "96", "--variants", "1", "--details")
    command = [sys.executable, "-m", "pigeonhole", "mosaic", "astronaut", *size]
    command += ["--tiles", str(folder), "-o"]
    errors = []
    for name in ("first.png", "cached.png"):
        done = subprocess.run(
            [*command, str(tmp_path / name)], check=True, capture_output=True, text=True
        )
        errors.append(done.stderr.replace(name.removesuffix(".png"), "NAME"))
    first, *lines = errors[0].splitlines()
    damage = "a part is damaged (premature end of the file)."
    assert first == f"no-end.jpg is used, but {damage}"
    # Names can't control the terminal.
    assert r"  \x1b[31mzero\x9b.jpg: the file is empty." in lines
    assert all(map(str.isprintable, lines))
    # The cache repeats everything else.
    assert errors[1].splitlines() == lines
    own = (
        r"\d+ files can't be used:",
        r"  .+( and \d+ more)?: .+\.",
        r"  And \d+ more, for other reasons\.",
        r"Some colors have too few photos: .*",
        r".*NAME-skipped\.csv lists every file that isn't used, with the reason\.",
    )
    assert [line for line in lines if not re.fullmatch("|".join(own), line)] == []
    assert sum(line.startswith("  ") for line in lines) == 11
    skipped = read_skipped(tmp_path / "first-skipped.csv")
    assert skipped == read_skipped(tmp_path / "cached-skipped.csv")
    options = {"folder": str(folder), "max_pixels": 10**8}
    collect_photos(tmp_path, "folder", options)
    assert skipped.keys() >= read_skipped(tmp_path / "skipped.csv").keys()
