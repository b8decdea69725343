"""Projects: files for other programs, edits by hand, copies, and equal mosaics."""

import json
import shlex
import stat
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import numpy as np
import pytest
import yaml
from clone import clean_environment
from PIL import Image
from studio_samples import TARGET, make_project

from pigeonhole.cli import mosaic as mosaic_command
from pigeonhole.cli.main import main
from pigeonhole.cli.options import Parser, read_settings
from pigeonhole.core.atomic import OutputError
from pigeonhole.core.errors import PigeonholeError, SettingsError
from pigeonhole.imaging.codecs import write_png
from pigeonhole.mosaic.from_folder import mosaic_from_folder
from pigeonhole.photos.identity import Identity
from pigeonhole.photos.list_file import Entry, EntryList
from pigeonhole.photos.sources import demo
from pigeonhole.settings import (
    FOLDER_MOSAIC,
    FaceSettings,
    PhotoSettings,
    load,
    read_settings_file,
)
from pigeonhole.studio.projects.document import Document
from pigeonhole.studio.projects.project import (
    DamagedProject,
    FolderNotEmpty,
    NewerProject,
    NotAProject,
    Project,
    is_project,
    projects_folder,
)

PATCHES = {
    "defaults": {},
    "layout": {"mosaic": {"layout": "brick", "overlay": 0.2, "tile_width": None}},
    "quadtree": {
        "tiles": {"size": "8x4"},
        "mosaic": {"layout": "quadtree", "levels": 2, "cells": 15, "tile_width": 8},
    },
    "quadtree-mean": {
        "tiles": {"size": "8x4"},
        "mosaic": {
            "layout": "quadtree",
            "levels": 2,
            "cells": 15,
            "match": "mean",
            "structure_weight": 0,
        },
    },
    "exact": {"mosaic": {"match": "exact", "mirror": False, "lowpass_weight": 2}},
    "limits": {"mosaic": {"repetition": {"max_uses": 9, "time_limit": 1e-05}}},
    "colors": {"mosaic": {"color_transfer": 0.3, "histogram_matching": 1}},
    "gray": {"tiles": {"color": False, "variants": 3, "min_crop": 0.7}},
    "photos": {"photos": {"max_hash_distance": None, "max_pixels": 10**6}},
    "crops": {"tiles": {"crops": {"1.jpg": [0, 0, 30, 20]}}},
    "ban": {"mosaic": {"ban": ["2.jpg"]}},
    "faces": {"cut": "faces", "faces": {"margin": 0.3, "min_score": 1}},
    "print": {"mosaic": {"print": {"size": "40x60 mm", "dpi": 72, "format": "png"}}},
}


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project")


def names(folder):
    return {path.name for path in folder.iterdir()}


def edit(path, old, new):
    """Edit a file as a user does."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def content(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_project_can_be_opened(tmp_path):
    project = Project.create(tmp_path / "new" / "project")
    assert is_project(project.folder)
    assert names(project.folder) == {
        *("Snakefile", "config.yaml", "edits.json", "photos", "profiles", "studio"),
        "target",
    }
    assert stat.S_IMODE(project.private_folder.stat().st_mode) == 0o700
    opened = Project.open(project.folder)
    assert opened.document == Document()
    assert opened.notice is None
    assert opened.target_path is opened.result_path is None
    with pytest.raises(SettingsError, match="choose a target first"):
        opened.command()


def test_the_configuration_contains_what_differs(project):
    assert (
        (project.folder / "config.yaml").read_text()
        == """\
# A project of Pigeonhole's studio: `snakemake --cores 4` makes its mosaic again.
# Settings that aren't here have their default values. You can edit this file.

photos:
  source: folder
  folder: photos
tiles:
  photos:
    cut: photos
    size: 6x4
    variants: 1
mosaic:
  targets:
  - target/small.png
  tiles: photos
  width: 24
  edits: edits.json
live:
  tiles:
  - photos
  frame_size: 642x480
"""
    )


@pytest.mark.parametrize("name", PATCHES)
def test_all_files_mean_the_same(project, name):
    """The state, config.yaml and the command have the settings of the document."""
    document = project.document.changed(PATCHES[name])
    project.history.change(PATCHES[name], name)
    project.save()
    assert Project.open(project.folder).document == document

    settings = load(read_settings_file(project.folder / "config.yaml"), project.folder)
    assert settings.tiles[settings.mosaic.tiles] == project.tile_settings
    assert settings.faces == document.faces
    own = {"targets", "tiles", "edits", "ban", "pin", "replace"}
    assert settings.mosaic.model_dump(exclude=own) == document.mosaic.model_dump(
        exclude=own
    )
    assert settings.mosaic.targets == (f"target/{TARGET}.png",)

    parser = Parser()
    mosaic_command.add_arguments(parser)
    with chdir(project.folder):
        options = parser.parse_args(project.command()[2:])
        mosaic_command._check_effects(options, document.mosaic)
        tiles, _ = mosaic_command._read_tile_settings(options)
    assert tiles == project.tile_settings
    assert read_settings(options, "faces", FaceSettings()) == document.faces
    assert read_settings(options, "photos", PhotoSettings()) == document.photos
    mosaic = read_settings(options, "mosaic", FOLDER_MOSAIC)
    # Options without an effect are left out, because the command refuses them.
    unused = {"print", *own, *({"lowpass_weight"} if name == "exact" else ())}
    assert mosaic.model_dump(exclude=unused) == document.mosaic.model_dump(
        exclude=unused
    )

    (project.folder / "studio" / "state.json").unlink()
    read = Project.open(project.folder)
    for section in ("tiles", "faces", "photos", "mosaic"):
        assert getattr(read.document, section) == getattr(document, section)
    assert read.cut == project.cut
    assert read.target_path == project.target_path
    assert read.history.undo_label is None


@pytest.mark.parametrize("name", sorted(PATCHES.keys() - {"faces"}))
def test_the_command_makes_the_mosaic_of_the_library(project, name):
    project.history.change(PATCHES[name], name)
    project.save()
    document = project.document
    paper = document.mosaic.print.size is not None
    with chdir(project.folder):
        command = project.command(paper=paper)
        assert shlex.split(project.command_text(paper=paper)) == command
        assert main(command[1:]) == 0
        made = mosaic_from_folder(
            f"target/{TARGET}.png",
            "photos",
            document.mosaic,
            project.tile_settings,
            document.photos,
            document.faces,
        )
        made.write(Path("library.png"))
        output = Path(command[command.index("-o") + 1])
        assert output.read_bytes() == Path("library.png").read_bytes()
        with Image.open(output) as image:
            xmp = image.info.get("xmp") or image.info["XML:com.adobe.xmp"].encode()
        assert f"Photo mosaic of {TARGET}<".encode() in xmp


def test_the_preview_shows_the_mosaic_and_not_its_print(project):
    mosaic = {"mask": "mask.png", "print": {"size": "A3", "dpi": 100}}
    project.history.change({"mosaic": mosaic}, "Print")
    shown = project.preview_document.mosaic
    assert shown.mask == str(project.folder / "mask.png")
    assert (shown.print.size, shown.print.dpi) == (None, 100)


def test_an_edit_by_hand_has_precedence(project):
    path = project.folder / "config.yaml"
    edit(path, "width: 24", "width: 36\n  overlay: 0.5")
    opened = Project.open(project.folder)
    assert (opened.document.mosaic.width, opened.document.mosaic.overlay) == (36, 0.5)
    opened.save()
    assert "width: 36" in path.read_text()
    opened.history.undo()
    assert opened.document == project.document


def test_an_edit_by_hand_joins_the_changes_of_an_open_project(project):
    edit(project.folder / "config.yaml", "width: 24", "width: 36")
    project.history.change({"mosaic": {"overlay": 0.25, "width": 48}}, "Other")
    edits = {"ban": ["2.jpg"], "pin": [], "replace": {}}
    (project.folder / "edits.json").write_text(json.dumps(edits))
    project.save()
    mosaic = project.document.mosaic
    assert (mosaic.width, mosaic.overlay, mosaic.ban) == (36, 0.25, ("2.jpg",))
    assert Project.open(project.folder).document == project.document


def test_a_mistake_in_an_edited_file_is_reported_and_kept(project):
    edit(project.folder / "config.yaml", "width: 24", "width: 2")
    project.history.change({"mosaic": {"overlay": 0.25}}, "Overlay")
    before = content(project.folder)
    for action in (project.save, lambda: Project.open(project.folder)):
        with pytest.raises(DamagedProject) as error:
            action()
        assert str(error.value).startswith(
            f"{project.folder / 'config.yaml'} can't be used: mosaic.width is 2: must "
            "be at least 6"
        )
    assert content(project.folder) == before
    for name in ("config.yaml", "Snakefile"):
        (project.folder / name).unlink()
    project.save()
    assert is_project(project.folder)
    assert "overlay: 0.25" in (project.folder / "config.yaml").read_text()


@pytest.mark.parametrize("name", ["config.yaml", "edits.json"])
@pytest.mark.parametrize("text", ["{", "[1]", "\0", "nonsense: 1"])
def test_files_that_make_no_sense_get_a_sentence(project, name, text):
    (project.folder / name).write_text(text)
    with pytest.raises(DamagedProject) as error:
        Project.open(project.folder)
    assert str(error.value).startswith(f"{project.folder / name} can't be used: ")
    assert str(error.value).count(". ") == 1


def test_settings_that_the_studio_does_not_have_are_kept(project):
    path = project.folder / "config.yaml"
    settings = yaml.safe_load(path.read_text())
    settings["seed"] = 5
    settings["birthday"] = {"trials": 10}
    settings["live"]["port"] = 8080
    settings["tiles"]["other"] = {"size": "8x8"}
    settings["mosaic"]["targets"] += ["chelsea", 5]
    path.write_text(yaml.safe_dump(settings))
    project.history.change({"cut": "faces"}, "Faces")
    project.save()
    changed = load(yaml.safe_load(path.read_text()), check_files=False)
    assert (changed.seed, changed.birthday.trials, changed.live.port) == (5, 10, 8080)
    assert set(changed.tiles) == {"faces", "other"}
    assert changed.live.tiles == ("faces",)
    assert changed.mosaic.targets == (f"target/{TARGET}.png", "chelsea", "5")
    Project.open(project.folder).save()
    assert load(yaml.safe_load(path.read_text()), check_files=False) == changed


def test_photos_elsewhere_are_refused(project):
    edit(project.folder / "config.yaml", "folder: photos", "folder: /tmp")
    with pytest.raises(DamagedProject, match=r"photos\.folder is '/tmp'"):
        Project.open(project.folder)


def test_a_target_put_into_the_folder_is_used(project):
    write_png(project.folder / "target" / "mine.png", np.zeros((9, 9, 3), np.uint8))
    edit(project.folder / "config.yaml", "target/small.png", "target/mine.png")
    opened = Project.open(project.folder)
    assert opened.target_path.name == "mine.png"
    assert (opened.private_folder / opened.document.target.file).is_file()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 1}', "\0"])
def test_a_damaged_state_is_replaced_by_the_configuration(project, text):
    path = project.folder / "studio" / "state.json"
    state = json.loads(path.read_text())
    path.write_text(text)
    opened = Project.open(project.folder)
    assert opened.notice.startswith(f"{path} is damaged")
    assert opened.document == project.document
    assert opened.history.undo_label is None
    path.write_text(json.dumps({**state, "undo": [{"label": "x"}]}))
    assert Project.open(project.folder).notice


def test_the_state_of_a_newer_version_is_refused(project):
    path = project.folder / "studio" / "state.json"
    state = json.loads(path.read_text())
    path.write_text(json.dumps({**state, "version": 2, "history": "new"}))
    before = content(project.folder)
    with pytest.raises(NewerProject, match="update Pigeonhole"):
        Project.open(project.folder)
    assert content(project.folder) == before


def test_other_folders_are_no_projects(tmp_path, root):
    (tmp_path / "file").touch()
    (tmp_path / "config.yaml").write_text("seed: 1")
    (tmp_path / "Snakefile").write_text("rule all: input: []")
    for folder in (tmp_path, tmp_path / "file", tmp_path / "none"):
        with pytest.raises(NotAProject):
            Project.open(folder)
    for folder in (tmp_path, tmp_path / "file"):
        with pytest.raises(PigeonholeError, match="can't be"):
            Project.create(folder)
    assert (tmp_path / "config.yaml").read_text() == "seed: 1"


def test_a_folder_that_is_gone_is_not_made_again(project, tmp_path):
    project.folder.rename(tmp_path / "moved")
    with pytest.raises(OutputError, match="the folder was moved or deleted"):
        project.save()
    assert not project.folder.exists()


def test_a_copy_is_complete(project, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (project.photos_folder / "linked").symlink_to(outside)
    (project.photos_folder / "unplugged").symlink_to(tmp_path / "none")
    (project.photos_folder / "0.jpg").chmod(0o400)
    for name in ("results/a.png", "exports/b.png", "studio/jobs.log"):
        (project.folder / name).parent.mkdir(exist_ok=True)
        (project.folder / name).touch()
    project.history.change({"mosaic": {"overlay": 0.25}}, "Overlay")
    copy = project.save_as(tmp_path / "new" / "copy")
    assert copy.document == project.document
    assert copy.history.undo_label == "Overlay"
    assert (copy.photos_folder / "linked").readlink() == outside
    assert names(copy.photos_folder) == names(project.photos_folder)
    assert not (copy.folder / "results").exists()
    assert not (copy.private_folder / "jobs.log").exists()
    assert (copy.folder / "exports" / "b.png").exists()
    assert stat.S_IMODE(copy.private_folder.stat().st_mode) == 0o700
    assert copy.name == "copy"
    copy.history.change({"mosaic": {"overlay": 0.5}}, "Overlay")
    copy.save()
    assert Project.open(project.folder).document.mosaic.overlay == 0.25


def test_a_copy_is_never_mixed_with_other_files(project, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    for folder in (tmp_path / "full", project.folder):
        with pytest.raises(FolderNotEmpty):
            project.save_as(folder)
    for folder in (project.folder / "inside", tmp_path / "full" / "notes.txt" / "x"):
        with pytest.raises(OutputError):
            project.save_as(folder)
    assert names(tmp_path / "full") == {"notes.txt"}
    assert "inside" not in names(project.folder)


def test_projects_are_named_after_their_target_until_saved(project, tmp_path):
    first, second = Project.create(), Project.create()
    assert {first.folder.parent, second.folder.parent} == {projects_folder()}
    assert second.name == f"{first.name}-2"
    choice = {"name": "ann", "file": "ann.png"}
    second.history.change({"target": choice}, "Target")
    second.save()
    assert second.name == "ann"
    recent = Project.recent()
    assert {entry.name for entry in recent} == {first.name, "ann", "project"}
    assert recent[0].folder == second.folder
    second.save_as(tmp_path / "saved")
    assert Project.recent()[0].name == "saved"


def run_snakemake(folder, *arguments):
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    process = subprocess.run(
        command,
        check=False,
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stderr
    return process.stderr


def set_up_edits(project):
    """Set crops by hand, edits, a mask, a removed photo, and most other settings."""
    photos = project.photos_folder
    for number in range(8):
        row, image = demo.demo_file(1, number)
        (photos / row.photo).write_bytes(image)
    removed = project.folder / "removed.txt"
    entries = EntryList.open("photos.removal_list", removed, create=True)
    entries.edit([Entry(Identity.of(row))]).save()
    pixels = np.random.default_rng(1).integers(0, 256, (60, 90, 3), np.uint8)
    target = np.asarray(Image.fromarray(pixels).resize((300, 200)))
    write_png(project.folder / "target" / "ann.png", target)
    write_png(project.private_folder / "ann.png", target)
    mask = np.full((200, 300), 255, np.uint8)
    mask[:90, :90] = 0
    write_png(project.folder / "mask.png", mask)
    mosaic = {
        "layout": "brick",
        "width": 120,
        "mask": "mask.png",
        "color_transfer": 0.3,
        "tile_width": 20,
        "overlay": 0.1,
        "print": {"size": "60x40 mm", "dpi": 72, "format": "png"},
    }
    patch = {
        "target": {"name": "ann", "file": "ann.png"},
        "tiles": {"variants": 2, "crops": {"demo-001.jpg": [10, 20, 90, 120]}},
        "photos": {"max_hash_distance": None},
        "faces": {"rotation": 0},
        "mosaic": mosaic,
    }
    project.history.change(patch, "Set up")
    with chdir(project.folder):
        settings = project.document.mosaic, project.tile_settings
        made = mosaic_from_folder(project.target_path, photos, *settings)
    ids = [row.id for row in made.tile_set.rows if row.photo == "demo-005.jpg"]
    edits = {
        "ban": ["demo-002.jpg"],
        "pin": [{"row": 3, "column": 5, "tile": ids[0]}],
        "replace": {made.tile_set.rows[0].id: ids[1]},
    }
    project.history.change({"mosaic": edits}, "Edits")
    project.save()


@pytest.mark.workflow
def test_snakemake_makes_the_mosaics_of_the_command(tmp_path):
    project = Project.create(tmp_path / "my project")
    set_up_edits(project)
    run_snakemake(project.folder)
    assert not (project.folder / "results" / "birthday").exists()
    with chdir(project.folder):
        for paper in (False, True):
            command = project.command(paper=paper)
            assert main(command[1:]) == 0
        made = project.result_path
        assert Path("ann.png").read_bytes() == made.read_bytes()
        sheet = made.parent / "print" / "mosaic.png"
        assert Path("ann-print.png").read_bytes() == sheet.read_bytes()

    mosaic = {"print": {"size": None}, "mask": None, "tile_width": None}
    edits = {"ban": [], "pin": [], "replace": {}, "width": 132}
    faces = {"min_score": 1.2, "margin": 0.3}
    tiles = {"crops": {}, "size": "11x14"}
    patch = {"mosaic": {**mosaic, **edits}, "tiles": tiles, "faces": faces}
    project.history.change({**patch, "cut": "faces"}, "Faces")
    project.save()
    run_snakemake(project.folder, "results/mosaics/ann/mosaic.png")
    with chdir(project.folder):
        assert main(project.command()[1:]) == 0
        assert Path("ann.png").read_bytes() == project.result_path.read_bytes()
