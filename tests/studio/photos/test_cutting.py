"""Tests for cutting the tiles of a project."""

import numpy as np
import pytest
from skimage import data

from pigeonhole.core.errors import SettingsError
from pigeonhole.imaging.codecs import write_jpeg
from pigeonhole.photos.folder_credits import write_folder_credits
from pigeonhole.photos.ledger import PhotoRow, Rejection
from pigeonhole.settings import FaceSettings, PhotoSettings, TileSetSettings
from pigeonhole.studio.photos.cutting import cut_project
from pigeonhole.studio.projects.document import Document
from pigeonhole.tiles.prepare import NoPhotosInFolder, load_or_cut_tiles

FACE = data.astronaut()[:200, 80:320]
OTHER_FACE = data.astronaut()[:180, 60:330, ::-1]
DOCUMENT = Document(tiles=TileSetSettings(size="6x8", variants=2))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PIGEONHOLE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "project" / "photos"
    write_jpeg(folder / "a.jpg", FACE)
    write_jpeg(folder / "b.jpg", OTHER_FACE)
    return folder


def test_faces_are_cut_from_portraits_as_the_command_cuts_them(photos, tmp_path):
    (photos / "note.dng").touch()
    write_jpeg(photos / "tiny.jpg", FACE[:9])
    tiles = cut_project(photos, DOCUMENT)
    assert tiles.cut == "faces"
    assert tiles.face_counts == {"a.jpg": 1, "b.jpg": 1}
    assert [row.photo for row in tiles.photos] == ["a.jpg", "b.jpg"]
    assert [(row.width, row.height) for row in tiles.photos] == [(240, 200), (270, 180)]
    reasons = {row.photo: row.reason for row in tiles.skipped}
    assert reasons == {
        "note.dng": Rejection.UNSUPPORTED_FORMAT,
        "tiny.jpg": Rejection.TOO_SMALL,
    }
    settings = DOCUMENT.tile_settings("faces")
    expected = load_or_cut_tiles(photos, settings, 10**6, None, max_hash_distance=4)
    assert tiles.tile_set.rows == expected.tile_set.rows
    assert (tiles.tile_set.tiles == expected.tile_set.tiles).all()
    assert tiles.path.parent == tmp_path / "cache" / "tiles"


def test_whole_photos_are_cut_if_most_show_no_face(photos):
    for number in range(3):
        image = data.astronaut()[300:400, 60 * number :][:, :150]
        write_jpeg(photos / f"{number}.jpg", image)
    tiles = cut_project(photos, DOCUMENT)
    assert tiles.cut == "photos"
    assert len(tiles.photos) == 5
    assert tiles.face_counts["a.jpg"] == 1
    assert tiles.face_counts["0.jpg"] == 0
    # The user decides otherwise.
    tiles = cut_project(photos, DOCUMENT.changed({"cut": "faces"}))
    assert {row.photo for row in tiles.tile_set.rows} == {"a.jpg", "b.jpg"}
    assert [row.photo for row in tiles.photos] == ["a.jpg", "b.jpg"]
    assert [tiles.face_counts[name] for name in ("0.jpg", "a.jpg")] == [0, 1]


def test_whole_photos_are_cut_if_no_face_is_kept(photos):
    document = DOCUMENT.model_copy(update={"faces": FaceSettings(min_score=100)})
    assert cut_project(photos, document).cut == "photos"


def test_lists_are_those_of_the_project(photos):
    project = photos.parent
    names = DOCUMENT.photos.removal_list, DOCUMENT.faces.exclude
    (project / names[0]).write_text(f"b.jpg {'0' * 64}\n")
    tiles = cut_project(photos, DOCUMENT)
    assert [row.photo for row in tiles.photos] == ["a.jpg"]
    assert [row.reason for row in tiles.skipped] == [Rejection.REMOVED]
    (project / names[1]).write_text("a.jpg 97 67 97 97\n")
    assert cut_project(photos, DOCUMENT).cut == "photos"
    (project / names[0]).write_text("damaged\n")
    with pytest.raises(SettingsError, match="line 1"):
        cut_project(photos, DOCUMENT)


def test_what_is_removed_while_tiles_are_cut_stays_nowhere(photos, cache):
    def remove(state):
        if state.description == "Cutting tiles" and state.done == 1:
            path = photos.parent / DOCUMENT.photos.removal_list
            path.write_text(f"b.jpg {'0' * 64}\n")

    tiles = cut_project(photos, DOCUMENT, remove)
    assert {row.photo for row in tiles.tile_set.rows} == {"a.jpg"}
    assert [path.stem for path in (cache / "tiles").glob("*.npz")] == [tiles.path.stem]


def test_crops_and_credits_are_used(photos):
    credit = PhotoRow("a.jpg", "openverse", "Ann", license="CC0")
    write_folder_credits(photos, [credit])
    patch = {"cut": "photos", "tiles": {"crops": {"a.jpg": [10, 20, 60, 80]}}}
    tiles = cut_project(photos, DOCUMENT.changed(patch))
    [row] = [row for row in tiles.tile_set.rows if row.photo == "a.jpg"]
    assert row.crop == (10, 20, 60, 80)
    assert row.photographer == tiles.photos[0].photographer == "Ann"


def test_the_progress_is_reported(photos):
    states = []
    cut_project(photos, DOCUMENT, states.append)
    last = {state.description: (state.done, state.total) for state in states}
    assert last["Reading photos"] == last["Cutting tiles"] == (2, 2)
    # From the cache, the photos are only looked up.
    states.clear()
    cut_project(photos, DOCUMENT, states.append)
    assert "Cutting tiles" not in {state.description for state in states}


def test_photos_that_arrived_meanwhile_can_wait(photos):
    document = DOCUMENT.changed({"cut": "photos"})
    before = cut_project(photos, document)
    write_jpeg(photos / "c.jpg", data.chelsea())
    states = []
    tiles = cut_project(photos, document, states.append, only_read=True)
    assert np.array_equal(tiles.tile_set.tiles, before.tile_set.tiles)
    assert [row.photo for row in tiles.photos] == ["a.jpg", "b.jpg"]
    assert "Cutting tiles" not in {state.description for state in states}
    assert len(cut_project(photos, document).photos) == 3


def test_a_project_without_photos_has_a_sentence(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    with pytest.raises(NoPhotosInFolder, match="has no image"):
        cut_project(photos, DOCUMENT)


def test_near_duplicates_depend_on_the_document(photos):
    write_jpeg(photos / "c.jpg", np.ascontiguousarray(FACE[:199, :239]))
    document = DOCUMENT.changed({"cut": "photos"})
    assert len(cut_project(photos, document).photos) == 2
    keep = {"photos": PhotoSettings(max_hash_distance=None)}
    document = document.model_copy(update=keep)
    assert len(cut_project(photos, document).photos) == 3
