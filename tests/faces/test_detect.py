"""Faces are detected in real photos, rotated or dark, and nowhere else."""

import cv2
import numpy as np
import pytest
from skimage import data

from pigeonhole.core.geometry import Box
from pigeonhole.faces import FaceRow, HaarDetector, filter_faces
from pigeonhole.faces.detect import UnusableModel, create_detector
from pigeonhole.imaging.resize import resize
from pigeonhole.settings import FaceSettings

ASTRONAUT = Box(177, 66, 95, 95)
"""The face in scikit-image's photo of Eileen Collins."""


@pytest.mark.parametrize("scale", [1, 3])
def test_the_astronaut_is_detected(scale):
    photo = np.kron(data.astronaut(), np.ones((scale, scale, 1), np.uint8))
    detector = HaarDetector(40 * scale)
    (face,) = [box for box in detector.detect(photo) if box.score >= 1]
    assert ASTRONAUT.iou(Box(*(value / scale for value in face[:4]))) > 0.6


def test_the_astronaut_is_detected_in_a_dark_photo():
    faces = HaarDetector(40).detect(data.astronaut() // 8)
    assert any(face.score >= 1 for face in faces)


@pytest.mark.parametrize("name", ["coffee", "rocket", "grass", "brick", "moon"])
def test_photos_without_a_face_have_no_certain_box(name):
    boxes = HaarDetector(40).detect(getattr(data, name)())
    assert not [box for box in boxes if box.score >= 1]


@pytest.mark.parametrize("shape", [(1, 1), (5, 400), (39, 39, 3)])
def test_tiny_photos_have_no_face(shape):
    assert HaarDetector(40).detect(np.zeros(shape, np.uint8)) == []


def rotate(image, degrees):
    rows, columns = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1)
    return cv2.warpAffine(
        image, matrix, (columns, rows), borderMode=cv2.BORDER_REPLICATE
    )


@pytest.mark.parametrize("degrees", [-25, 25])
def test_a_rotated_face_is_detected_in_its_place(degrees):
    photo = rotate(data.astronaut(), degrees)
    upright_only = HaarDetector(40, 0).detect(photo)
    assert not [box for box in upright_only if box.score >= 1.6]
    (face,) = [box for box in HaarDetector(40, 20).detect(photo) if box.score >= 1.6]
    x, y = cv2.getRotationMatrix2D((256, 256), degrees, 1) @ [*ASTRONAUT.center, 1]
    assert Box(x - 47.5, y - 47.5, 95, 95).iou(Box(*face[:4])) > 0.5


@pytest.mark.parametrize(
    ("model", "reason"),
    [(None, "it isn't set"), ("no.onnx", "no such file"), ("bad", "read it")],
)
def test_an_unusable_model_is_reported(tmp_path, monkeypatch, capfd, model, reason):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad").write_bytes(b"no model")
    message = f"{reason}.*faces.detector: haar"
    with pytest.raises(UnusableModel, match=message) as caught:
        create_detector(FaceSettings(detector="yunet", model=model))
    assert "\n" not in str(caught.value)


def test_the_arguments_of_yunet_are_in_order():
    """There is no model here, so the documentation of the class is checked."""
    documentation = cv2.FaceDetectorYN.create.__doc__
    order = ("model", "config", "input_size", "score_threshold", "nms_threshold")
    positions = [documentation.index(name) for name in order]
    assert positions == sorted(positions)
    assert {"setInputSize", "detect"} <= set(dir(cv2.FaceDetectorYN))


def test_no_background_is_kept():
    """The 100 backgrounds of scikit-image's LFW sample, at the size of a small face."""
    detector, kept = HaarDetector(40), 0
    for crop in data.lfw_subset()[100:]:
        image = resize((crop * 255).astype(np.uint8), 100, 100)
        image = np.pad(image, 30, mode="edge")
        rows = [FaceRow("a", **box._asdict()) for box in detector.detect(image)]
        kept += sum(row.kept for row in filter_faces(rows, FaceSettings()))
    assert kept == 0
