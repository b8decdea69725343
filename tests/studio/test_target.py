"""Tests for the target of a project: its original, crop and rotation."""

import io

import numpy as np
import pytest
from hostile_files import photo
from image_samples import BOMB, HEIC, JPEG, encode
from PIL import Image

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import read_pixels, read_rgb
from pigeonhole.mosaic.targets import prepare_target
from pigeonhole.studio.photos.store import PhotoStore
from pigeonhole.studio.projects.project import Project
from pigeonhole.studio.target import NoTarget, TargetRefused, TargetStore

SQUARES = np.zeros((40, 60, 3), np.uint8)
SQUARES[:20, :30] = 255, 0, 0
SQUARES[20:, 30:] = 0, 0, 255


@pytest.fixture
def project(tmp_path):
    return Project.create(tmp_path / "project")


@pytest.fixture
def store(project):
    return TargetStore(project)


def squares(**options):
    return encode(Image.fromarray(SQUARES), **options)


def files(project):
    return sorted(path.name for path in (project.folder / "target").iterdir())


def written(project):
    return read_rgb(project.target_path)


def transparent(mode):
    image = photo(1, mode)
    alpha = np.zeros((48, 64), np.uint8)
    alpha[8:40, 10:50] = 255
    alpha[8:12] //= 3
    image.putalpha(Image.fromarray(alpha))
    return encode(image)


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode(photo(2), "JPEG", exif=exif)


@pytest.mark.parametrize(
    "content",
    [
        encode(photo(1)),
        encode(photo(1, "L")),
        encode(photo(1, "P")),
        encode(photo(1, "CMYK"), "TIFF"),
        transparent("RGB"),
        transparent("L"),
        JPEG,
        HEIC,
        turned(6),
        turned(7),
        encode(photo(1), "WEBP"),
    ],
)
def test_the_whole_target_equals_its_original(store, project, tmp_path, content):
    (tmp_path / "original").write_bytes(content)
    store.set_target(content, "My photo.jpg")
    path = project.target_path
    assert path == project.folder / "target" / "My-photo.png"
    original, target = read_pixels(tmp_path / "original"), read_pixels(path)
    assert np.array_equal(target.color, original.color)
    assert (target.alpha is None) == (original.alpha is None)
    assert target.alpha is None or np.array_equal(target.alpha, original.alpha)
    options = {"tile": Size(4, 4), "width": 40, "max_pixels": 10**6}
    prepared = prepare_target(str(tmp_path / "original"), **options)
    for array, expected in zip(
        prepare_target(str(path), **options), prepared, strict=True
    ):
        assert np.array_equal(array, expected)


def test_crop_and_rotation(store, project):
    store.set_target(squares(), "s.png")
    assert store.facts() == {"name": "s", "size": [60, 40], "cropped_size": [60, 40]}
    store.set_crop(None, 90)
    assert np.array_equal(written(project), np.rot90(SQUARES, -1))
    assert store.facts()["cropped_size"] == [40, 60]
    store.set_crop((0, 0, 20, 30), 180)
    assert np.array_equal(written(project), np.rot90(SQUARES, 2)[:30, :20])
    store.set_crop((10, 50, 100, 100), 270)
    assert np.array_equal(written(project), np.rot90(SQUARES)[50:, 10:])
    assert store.facts()["cropped_size"] == [30, 10]
    store.set_crop(None)
    assert np.array_equal(written(project), SQUARES)


def test_straightened_targets_have_no_empty_corner(store, project):
    store.set_target(encode(Image.new("RGB", (90, 60), (10, 200, 90))), "s.png")
    store.set_crop(None, 0, 12.5)
    target = written(project)
    assert target.shape == (60, 90, 3)
    assert (target == (10, 200, 90)).all()
    store.set_target(squares(), "s.png")
    store.set_crop(None, 0, 5)
    # Clockwise: what is at the top moves to the right.
    assert written(project)[0, 30].tolist() == [255, 0, 0]
    assert written(project)[19, 31].tolist() == [0, 0, 0]


def test_the_same_choice_gives_the_same_bytes(project, tmp_path):
    contents = set()
    for name in ("a", "b"):
        other = Project.create(tmp_path / name)
        store = TargetStore(other)
        store.set_target(encode(photo(3)), "x.png")
        store.set_crop((3, 4, 30, 20), 90, 3)
        contents.add(other.target_path.read_bytes())
    assert len(contents) == 1


def test_undo_and_redo_write_the_target_again(store, project):
    store.set_target(squares(), "first.png")
    store.set_crop((0, 0, 10, 10))
    store.set_target(encode(photo(1)), "second.png")
    assert files(project) == ["second.png"]
    project.history.undo()
    assert store.facts()["cropped_size"] == [10, 10]
    assert files(project) == ["first.png"]
    assert np.array_equal(written(project), SQUARES[:10, :10])
    project.history.undo()
    assert np.array_equal(written_after_facts(store, project), SQUARES)
    project.history.undo()
    assert store.facts() is None
    project.history.redo()
    assert np.array_equal(written_after_facts(store, project), SQUARES)
    project.save()
    again = Project.open(project.folder)
    assert TargetStore(again).facts() == store.facts()


def written_after_facts(store, project):
    store.facts()
    return written(project)


def test_a_file_of_the_user_next_to_the_target_stays(store, project):
    store.set_target(squares(), "first.png")
    (project.folder / "target" / "mine.png").write_bytes(b"mine")
    (project.folder / "target" / "first.png").write_bytes(b"edited")
    store.set_target(encode(photo(1)), "second.png")
    assert files(project) == ["first.png", "mine.png", "second.png"]


def test_large_targets_are_reduced_once(store, project, monkeypatch):
    monkeypatch.setattr("pigeonhole.studio.target.MAX_ORIGINAL_PIXELS", 2000)
    for content in (encode(photo(1)), encode(photo(1), "JPEG"), transparent("RGB")):
        store.set_target(content, "large.png")
        width, height = store.facts()["size"]
        assert (width, height) == (51, 38)
        first = project.target_path.read_bytes()
        # Another process reads the original again.
        reopened = TargetStore(project)
        project.target_path.unlink()
        assert reopened.facts()["size"] == [51, 38]
        assert project.target_path.read_bytes() == first


def test_large_targets_are_refused_if_they_must_be_decoded_whole(store, monkeypatch):
    monkeypatch.setattr("pigeonhole.studio.target.MAX_DECODED_PIXELS", 2000)
    store.set_target(encode(photo(1), "JPEG"), "wall.jpg")
    with pytest.raises(TargetRefused, match="pixels, and a target that isn't a JPEG"):
        store.set_target(encode(photo(1)), "wall.png")
    assert store.facts()["name"] == "wall"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"Dear diary", "isn't an image"),
        (b"%PDF-1.7\n", "it is a PDF document"),
        (BOMB, "1073741824x1073741824 is more than"),
        (JPEG[:300], "the image is damaged"),
        (encode(Image.new("RGBA", (40, 40))), "transparent everywhere"),
    ],
)
def test_what_can_t_be_a_target_changes_nothing(store, project, content, words):
    store.set_target(squares(), "s.png")
    before = files(project), sorted(project.private_folder.iterdir()), store.facts()
    with pytest.raises(TargetRefused, match=f"x.jpg can't be the target: .*{words}"):
        store.set_target(content, "x.jpg")
    after = files(project), sorted(project.private_folder.iterdir()), store.facts()
    assert before == after


def test_a_crop_outside_is_refused(store, project):
    with pytest.raises(NoTarget):
        store.set_crop(None, 90)
    store.set_target(squares(), "s.png")
    with pytest.raises(TargetRefused, match="outside of its 40x60 pixels"):
        store.set_crop((40, 0, 5, 5), 90)
    assert np.array_equal(written(project), SQUARES)


def test_a_photo_or_a_sample_can_be_the_target(store, project):
    (project.photos_folder / "Album").mkdir()
    (project.photos_folder / "Album" / "a.png").write_bytes(squares())
    store.choose_photo("Album/a.png")
    assert store.facts()["name"] == "a"
    for name in ("../config.yaml", str(project.folder / "config.yaml"), "none.jpg"):
        with pytest.raises(TargetRefused):
            store.choose_photo(name)
    store.choose_sample("astronaut")
    expected = prepare_target("astronaut", Size(4, 4), 40, 10**6)
    assert np.array_equal(written(project), expected.source)
    with pytest.raises(TargetRefused, match="the samples are astronaut"):
        store.choose_sample("__class__")


def test_a_removed_photo_can_t_be_the_target(store, project):
    (project.photos_folder / "a.jpg").write_bytes(encode(photo(4), "JPEG", quality=95))
    store.choose_photo("a.jpg")
    store.set_target(squares(), "s.png")
    project.history.undo()
    store.facts()
    PhotoStore(project).erase("a.jpg")
    store.forget_removed()
    assert (project.document.target, store.facts(), files(project)) == (None, None, [])
    assert len(list(project.private_folder.glob("target-*"))) == 1
    project.history.undo()
    assert store.facts() is None
    smaller = encode(photo(4).resize((48, 36)))
    with pytest.raises(TargetRefused, match="removed from this project for good"):
        store.set_target(smaller, "b.png")


def test_previews(store, project):
    with pytest.raises(NoTarget):
        store.preview_image(100)
    store.set_target(transparent("RGB"), "s.png")
    store.set_crop((0, 0, 16, 32), 90)
    original = Image.open(io.BytesIO(store.preview_image(32)))
    assert (original.format, original.mode, original.size) == ("WEBP", "RGBA", (32, 24))
    cropped = Image.open(io.BytesIO(store.cropped_image(1000)))
    assert cropped.size == (16, 32)


def test_the_originals_of_former_targets_are_bounded(store, project, monkeypatch):
    monkeypatch.setattr("pigeonhole.studio.target.MAX_ORIGINALS", 2)
    for number in range(4):
        store.set_target(encode(photo(number)), "x.png")
    originals = list(project.private_folder.glob("target-*.png"))
    assert len(originals) == 2
    assert project.document.target.file in {path.name for path in originals}
