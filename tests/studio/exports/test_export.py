"""Exports of a small project in all formats."""

import json
import re
import shutil

import numpy as np
import pytest
from studio_samples import TARGET, make_project

from pigeonhole.core.errors import SettingsError
from pigeonhole.imaging.codecs import image_size, read_pixels, read_rgb, write_png
from pigeonhole.mosaic.from_folder import mosaic_from_folder
from pigeonhole.mosaic.viewer import Scene, save_viewer
from pigeonhole.studio.exports.export import NoTarget, export_arguments, run_export
from pigeonhole.studio.exports.options import ExportOptions
from pigeonhole.studio.projects.project import Project
from pigeonhole.tiles.crops import folder_ledger
from pigeonhole.tiles.prepare import NoPhotosInFolder

LAYOUTS = (
    {"layout": "grid", "overlay": 0.2},
    {"layout": "brick"},
    {"layout": "quadtree", "levels": 2},
)
PAPER = {"size": "30x20 mm", "dpi": 72}


@pytest.fixture
def project(tmp_path, monkeypatch):
    project = make_project(tmp_path / "project")
    # Jobs run in the folder of their project.
    monkeypatch.chdir(project.folder)
    return project


def export(project, **options):
    arguments = export_arguments(project, ExportOptions.read(options))
    return run_export(project, arguments, project.folder / "exports" / ".job-1.draft")


def change(project, **patch):
    project.history.change(patch, "Change", None)
    project.save()


def expected(project, **changes):
    """Return the mosaic that `pigeonhole mosaic` makes."""
    document = project.document
    return mosaic_from_folder(
        project.target_path,
        project.photos_folder,
        document.mosaic.model_copy(update=changes),
        document.tile_settings("photos"),
    )


def tile_ids(project):
    return [row.id for row in expected(project).tile_set.rows]


@pytest.mark.parametrize("look", LAYOUTS)
def test_a_png_equals_that_of_the_command(project, look):
    first, second = tile_ids(project)[:2]
    pin = [{"row": 0, "column": 0, "tile": second}]
    mask = np.zeros((4, 4), np.uint8)
    mask[:, :3] = 255
    write_png(project.folder / "mask.png", mask)
    for more in ({}, {"ban": [first], "pin": pin}, {"mask": "mask.png"}):
        change(project, mosaic=look | more)
        path = export(project, format="png")
        expected(project).save(project.folder / "command" / f"{TARGET}.png")
        command = project.folder / "command" / f"{TARGET}.png"
        assert path.read_bytes() == command.read_bytes(), more
    assert np.ptp(read_pixels(path).alpha) == 255


@pytest.mark.parametrize("look", LAYOUTS)
def test_every_layout_has_every_format(project, look):
    mask = np.full((4, 4), 255, np.uint8)
    mask[:2, :2] = 0
    write_png(project.folder / "mask.png", mask)
    change(project, mosaic=look | {"mask": "mask.png"})
    film = {"film": {"seconds": 1, "fps": 2, "long_side": 32, "format": "gif"}}
    for options in (
        {"format": "jpg", "quality": 60},
        {"format": "tif", "lossless": True},
        {"format": "dzi"},
        {"format": "viewer"},
        {"format": "print", "print": PAPER},
        {"format": "print", "print": {**PAPER, "fit": "pad", "format": "jpg"}},
        {"format": "film", **film},
        {"format": "film", "film_kind": "zooming", **film},
        {"format": "credits"},
        {"format": "tables"},
    ):
        export(project, **options)
    folder = project.folder / "exports"
    assert sorted(path.name for path in folder.iterdir()) == [
        *(f"{TARGET}-credits", f"{TARGET}-deep-zoom", f"{TARGET}-falling.gif"),
        *(f"{TARGET}-print.jpg", f"{TARGET}-print.tif", f"{TARGET}-tables"),
        *(f"{TARGET}-viewer", f"{TARGET}-zooming.gif"),
        *(f"{TARGET}.jpg", f"{TARGET}.tif"),
    ]
    for name in (f"{TARGET}-print.jpg", f"{TARGET}-print.tif"):
        assert image_size(folder / name) == (85, 57)
    # The first cells are empty: transparent, or white.
    assert read_pixels(folder / f"{TARGET}.tif").alpha[0, 0] == 0
    assert read_rgb(folder / f"{TARGET}.jpg")[0, 0].min() > 240
    tables = folder / f"{TARGET}-tables"
    json.loads((tables / "quality.json").read_text())
    assert (tables / "placement.csv").read_text().startswith("row,column,")
    credits_page = (folder / f"{TARGET}-credits" / "credits.html").read_text()
    assert "0.jpg" in credits_page


def test_pins_are_refused_if_the_paper_has_other_cells(project):
    pin = [{"row": 0, "column": 0, "tile": tile_ids(project)[0]}]
    change(project, mosaic={"pin": pin})
    square = {"size": "20x20 mm", "dpi": 72}
    with pytest.raises(SettingsError, match="pinned tiles would be elsewhere"):
        export(project, format="print", print=square)
    export(project, format="print", print=square | {"fit": "pad"})
    # The paper has the shape of the target.
    export(project, format="print", print={"size": "24x16 mm", "dpi": 72})


def test_a_deep_zoom_image_has_a_viewer(project):
    folder = export(project, format="dzi", quality=70)
    assert {"index.html", f"{TARGET}.dzi", f"{TARGET}_files"} <= {
        path.name for path in folder.iterdir()
    }
    tiles = folder / f"{TARGET}_files"
    largest = max(tiles.iterdir(), key=lambda level: int(level.name))
    shown = read_rgb(largest / "0_0.jpg")
    made = expected(project)
    assert shown.shape == read_rgb(export(project, format="png")).shape
    html = (folder / "index.html").read_text()
    data = json.loads(
        re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)<', html)[1]
    )
    assert data["placement"] == made.mosaic.placement.ravel().tolist()


def test_exports_are_numbered_and_nothing_else_is_left(project):
    for name in (f"{TARGET}.png", f"{TARGET}-2.png", f"{TARGET}-3.png"):
        path = export(project, format="png")
        assert path == project.folder / "exports" / name
    assert len({path.read_bytes() for path in path.parent.iterdir()}) == 1
    shutil.rmtree(project.photos_folder)
    project.photos_folder.mkdir()
    with pytest.raises(NoPhotosInFolder):
        export(project, format="png")
    assert len(list(path.parent.iterdir())) == 3


def test_an_export_shows_the_document_and_target_at_its_start(project):
    before = export(project, format="png").read_bytes()
    options = ExportOptions.read({"format": "png"})
    arguments = export_arguments(project, options)
    change(project, mosaic={"width": 12})
    write_png(project.target_path, np.zeros((16, 24, 3), np.uint8))
    draft = project.folder / "exports" / ".job-1.draft"
    assert run_export(project, arguments, draft).read_bytes() == before
    assert export(project, format="png").read_bytes() != before


def test_a_removed_photo_is_never_exported_again(project):
    used = {row.photo for row in expected(project).mosaic.placed_rows()}
    photo = min(used)
    (project.photos_folder / photo).unlink()
    folder = export(project, format="tables")
    assert photo not in (folder / "placement.csv").read_text()
    folder = export(project, format="viewer")
    assert photo not in (folder / "index.html").read_text()


def test_there_is_no_export_without_a_target(tmp_path):
    project = Project.create(tmp_path / "project")
    with pytest.raises(NoTarget, match="choose a target first"):
        export_arguments(project, ExportOptions.read({"format": "png"}))


@pytest.mark.parametrize(
    ("options", "title"),
    [
        ({"format": "png"}, "PNG image"),
        ({"format": "print", "print": {"size": "60x90 cm"}}, "Print, 60 x 90 cm"),
        ({"format": "print"}, "Print"),
        ({"format": "film", "film_kind": "zooming"}, "Film of a zoom into one tile"),
    ],
)
def test_jobs_are_named_after_what_they_make(options, title):
    assert ExportOptions.read(options).title == title


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "export.format is null: must be set."),
        ({"format": "bmp"}, "export.format is 'bmp': must be 'png'"),
        ({"format": "png", "quality": 0}, "export.quality is 0: must be at least 1."),
        ({"format": "png", "size": 3}, "export.size: there is no such setting"),
        ({"format": "print", "print": {"dpi": 9}}, "export.print.dpi is 9: must be"),
        ({"format": "png", "tile_width": "x"}, "export.tile_width is 'x': must be"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(SettingsError, match=re.escape(message)):
        ExportOptions.read(options)


@pytest.mark.parametrize("look", LAYOUTS)
def test_the_viewer_of_an_export_equals_that_of_the_workflow(project, look):
    change(project, mosaic=look, tiles={"color": look["layout"] != "brick"})
    made = expected(project)
    table = project.folder / "placement.csv"
    tiles, mosaic = project.folder / "tiles.npz", project.folder / "mosaic.png"
    made.mosaic.save_placement(table)
    made.tile_set.save(tiles)
    made.write(mosaic)
    document = project.document
    target = {
        "source": str(project.target_path),
        "width": document.mosaic.width,
        "max_pixels": document.photos.max_pixels,
    }
    scene = Scene.load(TARGET, tiles, mosaic, table, target, document.mosaic)
    photos = folder_ledger(made.tile_set.rows, made.folder, 10**9), made.folder
    pixels = document.mosaic.viewer_pixels
    workflow = project.folder / "workflow"
    save_viewer(workflow, scene, scene.crops(*photos), pixels)
    assert contents(export(project, format="viewer")) == contents(workflow)


def contents(folder):
    """Return the bytes of all files in a folder, by their paths."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
