"""Descriptions of exports."""

import shutil

import pytest
from studio_samples import make_project

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import image_size
from pigeonhole.mosaic.from_folder import mosaic_from_folder
from pigeonhole.mosaic.render.films import GifTooLarge
from pigeonhole.studio.exports import description as export_description
from pigeonhole.studio.exports.description import describe_export
from pigeonhole.studio.exports.export import NoTarget, export_arguments, run_export
from pigeonhole.studio.exports.options import ExportOptions
from pigeonhole.studio.projects.project import Project


@pytest.fixture
def project(tmp_path, monkeypatch):
    project = make_project(tmp_path / "project")
    monkeypatch.chdir(project.folder)
    return project


def describe(project, tile_set=None, **options):
    return describe_export(project, ExportOptions.read(options), tile_set)


def tiles(project):
    document = project.document
    settings = document.tile_settings("photos")
    paths = project.target_path, project.photos_folder
    return mosaic_from_folder(*paths, document.mosaic, settings).tile_set


@pytest.mark.parametrize("width", ["document", None, 12, "full", "auto"])
def test_sizes_are_those_of_the_file(project, width):
    options = ExportOptions.read({"format": "png", "tile_width": width})
    found = describe_export(project, options, tiles(project))
    draft = project.folder / "exports" / ".job-1.draft"
    path = run_export(project, export_arguments(project, options), draft)
    assert found.size == image_size(path)
    assert f"{found.size.width:,} x {found.size.height:,} pixels" in found.sentence


def test_a_print_is_described_in_pixels_and_millimeters(project):
    paper = {"size": "60x90 cm", "dpi": 300}
    found = describe(project, format="print", print=paper)
    assert found.size == Size(7087, 10630)
    assert found.sentence.startswith(
        "The print has 7,087 x 10,630 pixels (60 x 90 cm at "
    )
    assert "about 170 MB" in found.sentence
    assert "54% is cropped" in found.warnings[0]
    project.cut = "faces"
    project.history.change({"cut": "faces"}, "Faces", None)
    paper |= {"fit": "pad", "size": "60x40 cm", "bleed": 3, "format": "jpg"}
    found = describe(project, format="print", print=paper)
    assert found.sentence == (
        "The print has 7,157 x 4,795 pixels (60 x 40 cm plus 3 mm of bleed at 300 "
        "DPI), about 15 MB; a photo is 151 x 101 mm, and a face in it about 117 mm "
        "wide: recognizable from up to 8.4 m."
    )
    assert found.warnings == []


def test_small_cells_enlarged_photos_and_pins_are_warned_of(project):
    tile_set = tiles(project)
    pin = [{"row": 0, "column": 0, "tile": tile_set.rows[0].id}]
    project.history.change({"mosaic": {"width": 240, "pin": pin}}, "Small", None)
    paper = {"size": "60x90 mm", "dpi": 2400}
    small, pins, enlarged = describe(
        project, tile_set, format="print", print=paper
    ).warnings
    assert small.endswith("choose larger paper, or at most 6 photos across.")
    assert pins.startswith("Pinned photos can't be kept if the paper crops the target")
    assert enlarged.startswith("100% of the photos have fewer pixels than their place")
    assert "enlarged, up to 2.4 times" in enlarged


def test_a_jpeg_that_is_too_large_is_warned_of(project):
    found = describe(project, format="jpg", tile_width=10_000)
    assert found.warnings == []
    project.history.change({"mosaic": {"width": 48}}, "Large", None)
    found = describe(project, format="jpg", tile_width=10_000)
    assert "at most 65,535 pixels per side" in found.warnings[0]


def test_a_gif_that_needs_too_much_memory_is_refused(project):
    film = {"format": "gif", "seconds": 60, "fps": 50, "long_side": 4096}
    message = "a GIF of 3,000 images of 4096x2730 pixels would need 101 GB of memory"
    with pytest.raises(GifTooLarge, match=message):
        describe(project, format="film", film=film)
    options = ExportOptions.read({"format": "film", "film": film})
    draft = project.folder / "exports" / ".job-1.draft"
    with pytest.raises(GifTooLarge):
        run_export(project, export_arguments(project, options), draft)


def test_a_full_disk_is_warned_of(project, monkeypatch):
    usage = shutil.disk_usage(project.folder)._replace(free=5_000_000)
    monkeypatch.setattr(export_description, "disk_usage", lambda _: usage)
    found = describe(project, format="tif", tile_width=1000, lossless=True)
    text = "Only 5 MB are free on the disk: free some space first."
    assert found.warnings == [text]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"format": "film"}, "A film of 6 seconds with about 640 x 426 pixels: 150 im"),
        ({"format": "viewer"}, "A folder with a web page"),
        ({"format": "credits"}, "A text file and a web page with photographer"),
        ({"format": "tables"}, "A table with the photo and photographer of each cell"),
        ({"format": "dzi", "lossless": True}, "The Deep Zoom image has"),
    ],
)
def test_every_format_is_described(project, options, sentence):
    assert describe(project, **options).sentence.startswith(sentence)


def test_without_a_target_there_is_nothing_to_describe(tmp_path):
    with pytest.raises(NoTarget):
        describe(Project.create(tmp_path / "project"), format="png")
