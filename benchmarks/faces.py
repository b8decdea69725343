"""Compare face detectors on portraits with known boxes: precision, recall, speed.

``python -m benchmarks.faces FOLDER`` reads a folder of photos with a table
``faces.csv`` (photo, x, y, width, height). It compares this project's detector with the
cascades of the tutorial that the project is based on and of its first version, and with
YuNet if ``--model`` is given. False boxes are also counted in scikit-image's 100
non-faces and its photos without people.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

import cv2
import numpy as np
import pandas as pd
from skimage import data

from pigeonhole.core.tables import read_rows
from pigeonhole.faces import FaceRow, HaarDetector, YunetDetector, filter_faces
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.imaging.resize import resize, to_gray
from pigeonhole.settings import FaceSettings

MIN_IOU = 0.4
"""Smallest intersection over union of a correct box with the true one."""
WITHOUT_PEOPLE = (
    *("brick", "chelsea", "clock", "coffee"),
    *("grass", "gravel", "moon", "rocket"),
)
CASCADES = Path(cv2.__file__).parent / "data"


class FilteredDetector:
    """A detector of this project, and the filter for its boxes."""

    def __init__(self, detector):
        self.detector = detector
        # Portraits of one series may be near-duplicates, which must be kept here.
        self.settings = FaceSettings(max_hash_distance=None)

    def __call__(self, photo):
        boxes = self.detector.detect(photo)
        rows = [FaceRow("", **box._asdict()) for box in boxes]
        return [row for row in filter_faces(rows, self.settings) if row.kept]


class Cascade:
    """One cascade, as scripts usually call it."""

    def __init__(self, name, neighbors, min_side=0):
        self.cascade = cv2.CascadeClassifier(str(CASCADES / f"{name}.xml"))
        self.neighbors, self.min_size = neighbors, (min_side, min_side)

    def __call__(self, photo):
        gray = cv2.equalizeHist(to_gray(photo))
        boxes = self.cascade.detectMultiScale(
            gray, 1.1, self.neighbors, minSize=self.min_size
        )
        return [FaceRow("", *map(int, box), 1.0) for box in np.reshape(boxes, (-1, 4))]


VARIANTS = {
    "original": (0, 1),
    "rotated by 15": (15, 1),
    "rotated by -15": (-15, 1),
    "a quarter as bright": (0, 4),
}
"""Degrees of rotation, and divisor of the brightness."""


def rotation_matrix(photo, degrees):
    rows, columns = photo.shape[:2]
    return cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1)


def transform_photo(photo, degrees, divisor):
    """Return a rotated and darkened photo."""
    size = photo.shape[1], photo.shape[0]
    matrix = rotation_matrix(photo, degrees)
    photo = cv2.warpAffine(photo, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return photo // divisor


def rotate_box(box, photo, degrees):
    """Return the upright box with the rotated center."""
    center = [box.x + box.width / 2, box.y + box.height / 2, 1]
    x, y = rotation_matrix(photo, degrees) @ center
    return replace(box, x=x - box.width / 2, y=y - box.height / 2)


def images_without_faces():
    """Yield 100 backgrounds of the size of a face, and photos."""
    for crop in data.lfw_subset()[100:]:
        enlarged = resize((crop * 255).astype(np.uint8), 100, 100)
        yield np.pad(enlarged, 30, mode="edge")
    for name in WITHOUT_PEOPLE:
        yield getattr(data, name)()


def measure(detect, photos, variant):
    """Return precision, recall and speed for one variant of all photos."""
    degrees, divisor = VARIANTS[variant]
    correct, detected, truth, seconds = 0, 0, 0, []
    for photo, faces in photos:
        image = transform_photo(photo, degrees, divisor)
        started = perf_counter()
        rows = detect(image)
        seconds.append(perf_counter() - started)
        boxes = [row.box for row in rows]
        for face in faces:
            expected = rotate_box(face, photo, degrees).box
            correct += any(box.iou(expected) >= MIN_IOU for box in boxes)
        detected, truth = detected + len(boxes), truth + len(faces)
    return {
        "recall": round(correct / truth, 3),
        "precision": round(correct / max(detected, 1), 3),
        "photos_per_second": round(1 / median(seconds), 1),
    }


def read_portraits(folder):
    """Return the photos in a folder with their true boxes."""
    faces = {}
    for row in read_rows(folder / "faces.csv"):
        box = [int(row[key]) for key in ("x", "y", "width", "height")]
        faces.setdefault(row["photo"], []).append(FaceRow(row["photo"], *box, 1.0))
    return [(read_rgb(folder / name), rows) for name, rows in sorted(faces.items())]


def create_detectors(model):
    """Return the detectors to compare, by name."""
    settings = FaceSettings()
    haar = HaarDetector(settings.min_side, settings.rotation)
    detectors = {
        "haar": FilteredDetector(haar),
        "tutorial: default 1.1/3": Cascade("haarcascade_frontalface_default", 3),
        "first version: alt2 1.1/3, 40": Cascade("haarcascade_frontalface_alt2", 3, 40),
    }
    if model:
        yunet = YunetDetector(settings.min_side, model)
        detectors["yunet"] = FilteredDetector(yunet)
    return detectors


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", help="model file of YuNet")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    photos = read_portraits(options.folder)
    rows = []
    for name, detect in create_detectors(options.model).items():
        false = sum(len(detect(image)) for image in images_without_faces())
        for variant in VARIANTS:
            results = measure(detect, photos, variant)
            rows.append(
                {"detector": name, "photos": variant, **results, "false": false}
            )
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
