import dataclasses
import json
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.faces import (
    FaceRow,
    HaarDetector,
    find_faces,
    keep_faces,
    read_excluded,
    read_faces,
    write_faces,
)
from pigeonhole.faces.detect import (
    UnusableModel,
    contrast_of,
    detector_of,
    sharpness_of,
)
from pigeonhole.faces.filter import overlap
from pigeonhole.imaging.codecs import write_jpeg
from pigeonhole.imaging.resize import resize, to_grey
from pigeonhole.photos.ledger import PhotoRow, write_ledger
from pigeonhole.photos.removal_list import Forgotten
from pigeonhole.settings import FaceSettings
from pigeonhole.tiles.cut import Box, crop_box

ASTRONAUT = FaceRow("a", 177, 66, 95, 95, 0)


def ledger_row(photo, sha256=None):
    return PhotoRow(photo, "demo", "", "", "", "", "", 50, 50, sha256 or photo)


def judge(rows, excluded=frozenset(), **limits):
    settings = FaceSettings(**{"min_score": 1.0, **limits})
    return keep_faces(rows, settings, excluded)


def face(x, y=0, side=10, score=5.0, photo="a"):
    return FaceRow(photo, x, y, side, side, score)


@pytest.mark.parametrize("scale", [1, 3])
def test_the_astronaut_is_found(scale):
    photo = np.kron(data.astronaut(), np.ones((scale, scale, 1), np.uint8))
    (found,) = [box for box in HaarDetector(40 * scale).find(photo) if box.score >= 1]
    x, y, width, height = (value / scale for value in found[:4])
    assert overlap(ASTRONAUT, FaceRow("a", x, y, width, height, 0)) > 0.6


def test_a_dark_astronaut_is_found():
    assert any(box.score >= 1 for box in HaarDetector(40).find(data.astronaut() // 8))


@pytest.mark.parametrize("name", ["coffee", "rocket", "grass", "brick", "moon"])
def test_where_nobody_is_nobody_is_kept(name):
    found = HaarDetector(40).find(getattr(data, name)())
    assert not [box for box in found if box.score >= 1]


@pytest.mark.parametrize("shape", [(1, 1), (5, 400), (39, 39, 3)])
def test_tiny_photos_hold_no_face(shape):
    assert HaarDetector(40).find(np.zeros(shape, np.uint8)) == []


def test_a_photo_that_vanished_is_passed_over(tmp_path):
    write_jpeg(tmp_path / "a.jpg", data.astronaut())
    photos = [ledger_row("gone.jpg"), ledger_row("a.jpg")]
    rows = find_faces(photos, tmp_path, FaceSettings(), 10**7)
    assert {row.photo for row in rows} == {"a.jpg"}


def test_reasons_are_told():
    rows = [
        face(0, score=3),
        face(2, score=4),
        face(50, score=0.5),
        face(90, score=9),
        face(90, score=9, photo="b"),
    ]
    judged = judge(rows, frozenset({("a", 90, 0, 10, 10)}))
    reasons = {(row.photo, row.x): row.reason for row in judged}
    assert reasons == {
        ("a", 0): "overlaps a better box",
        ("a", 2): "",
        ("a", 50): "score below 1",
        ("a", 90): "excluded by a person",
        ("b", 90): "",
    }
    assert all(row.kept == (not row.reason) for row in judged)


boxes = st.builds(
    face, st.integers(0, 30), st.integers(0, 30), st.integers(5, 20), st.integers(0, 9)
)


@given(st.lists(boxes, max_size=12), st.randoms())
def test_kept_boxes_don_t_overlap_whatever_their_order(rows, random):
    rows = list({(row.x, row.y, row.width): row for row in rows}.values())
    kept = [row for row in judge(rows) if row.kept]
    for number, row in enumerate(kept):
        assert all(overlap(row, other) <= 0.3 for other in kept[:number])
    random.shuffle(rows)
    again = [row for row in judge(rows) if row.kept]
    assert {row.x for row in again} == {row.x for row in kept} or len(rows) > 1


def test_the_table_survives_the_disk(tmp_path):
    rows = judge([face(3, photo="b é,\n"), face(1), face(2)])
    write_faces(tmp_path / "faces.csv", rows)
    assert read_faces(tmp_path / "faces.csv") == sorted(
        rows, key=lambda row: (row.photo, row.x)
    )


def test_the_excluded_list_is_read(tmp_path):
    path = tmp_path / "exclude.txt"
    assert read_excluded(path) == frozenset()
    path.write_text("# mine\n\nmy photo 2.jpg 1 2 3 4\nb.jpg\t5 6 7 8\n")
    assert read_excluded(path) == {
        ("my photo 2.jpg", 1, 2, 3, 4),
        ("b.jpg", 5, 6, 7, 8),
    }
    path.write_text("b.jpg 5 6 7\n")
    with pytest.raises(
        SettingsError, match=r"line 1.*b.jpg 5 6 7.*photo x y width height"
    ):
        read_excluded(path)


def turned(picture, degrees):
    rows, columns = picture.shape[:2]
    way = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1)
    return cv2.warpAffine(
        picture, way, (columns, rows), borderMode=cv2.BORDER_REPLICATE
    )


@pytest.mark.parametrize("degrees", [-25, 25])
def test_a_turned_astronaut_is_found_where_her_face_is(degrees):
    photo = turned(data.astronaut(), degrees)
    assert not [box for box in HaarDetector(40, 0).find(photo) if box.score >= 1.6]
    (found,) = [box for box in HaarDetector(40, 20).find(photo) if box.score >= 1.6]
    way = cv2.getRotationMatrix2D((256, 256), degrees, 1)
    x, y = way @ [ASTRONAUT.x + 47.5, ASTRONAUT.y + 47.5, 1]
    truth = FaceRow("a", x - 47.5, y - 47.5, 95, 95, 0)
    assert overlap(truth, FaceRow("a", *found[:5])) > 0.5


def test_faces_without_contrast_or_sharpness_are_rejected():
    crop = data.astronaut()[66:161, 177:272]
    sharp, flat = to_grey(crop), np.full((95, 95), 99, np.uint8)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 8)
    rows = [
        dataclasses.replace(
            face(20 * number),
            contrast=contrast_of(picture),
            sharpness=sharpness_of(picture),
        )
        for number, picture in enumerate([sharp, flat, blurred, sharp // 4])
    ]
    told = {row.x // 20: row.reason.split(" below")[0] for row in judge(rows)}
    assert told == {0: "", 1: "contrast", 2: "sharpness", 3: ""}


def test_a_box_inside_a_better_one_is_the_same_face():
    rows = [face(0, side=40, score=9), face(5, 5, side=12, score=5)]
    assert [row.reason for row in judge(rows)] == ["", "overlaps a better box"]


def test_what_was_forgotten_is_in_no_row():
    gone = Forgotten(frozenset({"b"}), frozenset(), {"a": [(1, 0, 10, 10)]})
    rows = [face(0), face(50), face(0, photo="b")]
    left = keep_faces(rows, FaceSettings(), frozenset(), gone)
    assert [(row.photo, row.x) for row in left] == [("a", 50)]


def test_a_photo_seen_before_is_not_even_opened(tmp_path):
    write_jpeg(tmp_path / "a.jpg", data.astronaut())
    photos = [ledger_row("a.jpg", "f" * 64)]
    memory = tmp_path / "known" / "0.json"
    first = find_faces(photos, tmp_path, FaceSettings(), 10**7, memory)
    content = memory.read_bytes()
    (tmp_path / "a.jpg").unlink()
    again = find_faces(photos, tmp_path, FaceSettings(), 10**7, memory)
    assert first == again != []
    assert memory.read_bytes() == content
    # Of another chunk, and under another name, it's the same photo.
    other = [ledger_row("b.jpg", "f" * 64)]
    moved = find_faces(
        other, tmp_path, FaceSettings(), 10**7, memory.with_name("1.json")
    )
    assert [row.x for row in moved] == [row.x for row in first]
    # With other settings it's another question.
    assert find_faces(photos, tmp_path, FaceSettings(min_side=50), 10**7, memory) == []


@pytest.mark.parametrize("damage", ["", "[]", '{"mark": 1}', "{"])
def test_a_damaged_memory_costs_time_only(tmp_path, damage):
    write_jpeg(tmp_path / "a.jpg", data.astronaut())
    memory = tmp_path / "known" / "0.json"
    memory.parent.mkdir()
    memory.write_text(damage)
    photos = [ledger_row("a.jpg")]
    assert find_faces(photos, tmp_path, FaceSettings(), 10**7, memory)


@pytest.mark.parametrize(
    ("model", "words"),
    [(None, "names no file"), ("no.onnx", "no such file"), ("bad", "read it")],
)
def test_an_unusable_model_is_one_sentence(tmp_path, monkeypatch, capfd, model, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad").write_bytes(b"no model")
    with pytest.raises(UnusableModel, match=f"{words}.*faces.detector: haar") as caught:
        detector_of(FaceSettings(detector="yunet", model=model))
    assert "\n" not in str(caught.value)


def test_yunet_is_called_as_opencv_wants_it():
    """There is no model here: its own class is asked which names it takes."""
    told = cv2.FaceDetectorYN.create.__doc__
    order = ("model", "config", "input_size", "score_threshold", "nms_threshold")
    places = [told.index(name) for name in order]
    assert places == sorted(places)
    assert {"setInputSize", "detect"} <= set(dir(cv2.FaceDetectorYN))


def test_whole_heads_fit_into_the_crops():
    """A Haar box of 100 spans brows to chin; a head is about 125 wide and 165 tall."""
    box, photo = Box(500, 500, 100, 100), Size(2000, 2000)
    crop = crop_box(box, photo, Size(12, 16), FaceSettings().margin)
    assert crop.width >= 125
    assert crop.height >= 165


def test_of_the_non_faces_none_is_kept():
    """The 100 backgrounds of scikit-image's LFW sample, at the size of a small face."""
    detector, kept = HaarDetector(40), 0
    for crop in data.lfw_subset()[100:]:
        picture = resize((crop * 255).astype(np.uint8), 100, 100)
        picture = np.pad(picture, 30, mode="edge")
        found = [FaceRow("a", **box._asdict()) for box in detector.find(picture)]
        kept += sum(row.kept for row in keep_faces(found, FaceSettings()))
    assert kept == 0


KILLED = """
import sys
from pathlib import Path
from pigeonhole.faces import write_faces
from pigeonhole.photos.ledger import read_ledger
from pigeonhole.settings import FaceSettings
import pigeonhole.faces.find
find = sys.modules["pigeonhole.faces.find"]
find.PAUSE = 0
folder, out = map(Path, sys.argv[1:])
rows = read_ledger(folder / "photos.csv")
memory = out / "known" / "0.json"
write_faces(
    out / "faces.csv",
    find.find_faces(rows, folder, FaceSettings(), 10**7, memory),
)
"""


def test_a_killed_search_goes_on_where_it_stopped(tmp_path):
    rows = []
    for number in range(10):
        photo = f"{number}.jpg"
        write_jpeg(tmp_path / photo, np.roll(data.astronaut(), 9 * number, axis=1))
        rows.append(ledger_row(photo))
    write_ledger(tmp_path / "photos.csv", rows)

    def start(name):
        out = tmp_path / name
        command = [sys.executable, "-c", KILLED, tmp_path, out]
        return subprocess.Popen(command), out / "known" / "0.json"

    for seen in (2, 5):
        child, memory = start("killed")
        while child.poll() is None and len(seen_in(memory)) < seen:
            time.sleep(0.005)
        child.kill()
        child.wait()
        assert seen <= len(seen_in(memory)) < 10
    # What was seen isn't opened again.
    for sha256 in seen_in(memory):
        (tmp_path / sha256).rename(tmp_path / f"{sha256}.away")
    child, memory = start("killed")
    assert child.wait() == 0
    for path in tmp_path.glob("*.away"):
        path.rename(path.with_suffix(""))
    assert start("whole")[0].wait() == 0
    for path in (tmp_path / "whole").rglob("*.*"):
        twin = tmp_path / "killed" / path.relative_to(tmp_path / "whole")
        assert path.read_bytes() == twin.read_bytes()


def seen_in(memory):
    try:
        return json.loads(memory.read_text())["boxes"]
    except FileNotFoundError:
        return {}
