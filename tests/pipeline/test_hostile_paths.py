"""The checkout may be in any folder, and the user's files may have any name."""

import csv
import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import numpy as np
import pytest
from clone import Clone, clean_environment
from hostile_files import IGNORED, make_hostile_folder
from skimage import data

from pigeonhole.imaging.codecs import write_jpeg, write_png
from pigeonhole.pipeline.snakemake_setup import ShellPath, linked

HOSTILE = [
    "{x}.jpg",
    "<results>.jpg",
    "<nope> {a,b}.jpg",
    "line\nbreak.jpg",
    " leading.jpg",
    "#hash, 'quote' \"double\" $HOME;&|*?.jpg",
    "-leading.jpg",
    "李 عين ä.jpg",
]


@pytest.mark.parametrize(
    "path",
    ["/usr/bin/python", "/my $HOME; 'mosaics' & (new)/bin/python", '/"a"\n/b`c`\\d'],
)
def test_the_shell_reads_paths_as_they_are(path):
    command = f"printf %s {ShellPath(path)}"
    assert subprocess.check_output(["sh", "-c", command]).decode() == path


@pytest.mark.parametrize("name", HOSTILE)
def test_links_to_files_have_no_special_characters(tmp_path, name):
    file = tmp_path / name
    file.write_text(name)
    path = linked(str(file), tmp_path / "links")
    assert Path(path).read_text() == name
    assert not set(path) & set("{}<>\n")
    # Another process that reads the same file doesn't change the link.
    before = Path(path).lstat().st_mtime_ns
    assert linked(str(file), tmp_path / "links") == path
    assert Path(path).lstat().st_mtime_ns == before


def test_ordinary_files_need_no_link(tmp_path):
    assert linked("photos/a b (1).jpg", tmp_path / "links") == "photos/a b (1).jpg"
    assert not (tmp_path / "links").exists()


@pytest.mark.workflow
def test_a_checkout_in_a_folder_with_special_characters(finished, tmp_path):
    """It has its own environment, in which another Pigeonhole is installed."""
    folder = tmp_path / "my $HOME; 'mosaics' & \"new\" (2)"
    clone = finished.copy(folder)
    venv.create(folder / ".venv", symlinks=True, with_pip=False)
    python = folder / ".venv" / "bin" / "python"
    packages = next((folder / ".venv").glob("lib/*/site-packages"))
    (packages / "repository.pth").write_text(sysconfig.get_path("purelib"))
    (packages / "pigeonhole").mkdir()
    (packages / "pigeonhole" / "__init__.py").write_text("raise ImportError('decoy')")
    environment = clean_environment()
    environment.pop("PYTHONPATH", None)

    def run(*arguments):
        process = subprocess.run(
            [python, "-m", "snakemake", "--cores", "2", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == 0, process.stdout + process.stderr
        return process.stdout + process.stderr

    assert "Nothing to be done" in run()
    assert "Timing dicts" in run("--forcerun", "time_dicts", "--", *DICTS)
    live = "live={source: synthetic, sink: none, max_frames: 5, frame_size: 160x120}"
    assert '"frames": 5' in run("live", "--config", live)
    assert clone.artifacts().keys() == finished.artifacts().keys()


DICTS = ["results/birthday/dict_seconds.csv"]


def column(path, name):
    """Return the values in a column of a table."""
    with path.open(newline="", encoding="utf-8") as file:
        return {row[name] for row in csv.DictReader(file)}


@pytest.mark.workflow
def test_photos_targets_masks_and_lists_may_have_any_name(tmp_path):
    photos = tmp_path / "<photos> {y}\n"
    astronaut = data.astronaut()
    names = set(make_hostile_folder(photos)) - IGNORED
    files = {
        name: tmp_path / name
        for name in ("{t}.png", "<mask>.png", "{k}", "<r>", " <x>{y}")
    }
    write_png(files["{t}.png"], astronaut[::4, ::4])
    write_png(files["<mask>.png"], np.full((9, 9, 3), 255, np.uint8))
    edits = tmp_path / "{e} <f>.json"
    edits.write_text("{}")
    for name in ("{k}", "<r>", " <x>{y}"):
        files[name].write_text("a\nb\nc\n" if name == "{k}" else "")
    clone = Clone(
        tmp_path / "pigeonhole",
        {
            "photos": {
                "source": "folder",
                "folder": str(photos),
                "max_hash_distance": None,
                "removal_list": str(files["<r>"]),
            },
            "faces": {"exclude": str(files[" <x>{y}"])},
            "tiles": {
                "faces": {"cut": "photos", "variants": 1},
                "live": {"cut": "photos", "variants": 1, "size": "16x12"},
            },
            "mosaic": {
                "targets": [str(files["{t}.png"])],
                "mask": str(files["<mask>.png"]),
                "edits": str(edits),
            },
            "birthday": {"key_file": str(files["{k}"])},
        },
    )
    keys = "results/birthday/hashes.csv"
    clone.run("mosaics", keys)
    used, skipped = (
        column(clone.folder / f"results/photos/{table}.csv", "photo")
        for table in ("photos", "skipped")
    )
    assert len(used) > 280
    assert {name for name in names - used if ascii(name) not in skipped} <= skipped
    assert str(files["{k}"]) in column(clone.folder / keys, "key_set")
    assert "Nothing to be done" in clone.run("mosaics", keys)
    # Jobs run again if a file was replaced by one that is older than the results.
    files["{k}"].write_text("a\nb\nc\nd\n")
    os.utime(files["{k}"], (1, 1))
    assert clone.plan("--", keys) == {"measure_hashes": 1, "test_hashes": 1}
    write_png(files["<mask>.png"], np.full((9, 9, 3), 254, np.uint8))
    write_jpeg(photos / "<results>.jpg", astronaut[::-1])
    for path in (files["<mask>.png"], photos / "<results>.jpg"):
        os.utime(path, (1, 1))
    plan = clone.plan("--", "mosaics")
    assert {"collect_photos", "make_mosaic"} <= plan.keys()
    files["{k}"].unlink()
    text = clone.run("--", keys, ok=False)
    assert "birthday.key_file is" in text.splitlines()[-1]
    assert "Traceback" not in text
