"""Faces of portraits whose boxes are known: found, missed, made up, and how fast.

``python -m benchmarks.faces FOLDER`` takes a folder of photos with a table
``faces.csv`` (photo, x, y, width, height). Beside ours stand the settings of the
tutorial that the project grows from, those of its own first version, and YuNet where
``--model`` names its file. False boxes are counted on scikit-image's 100 non-faces and
its photos of nobody, too.
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
from pigeonhole.faces import FaceRow, HaarDetector, YunetDetector, keep_faces
from pigeonhole.faces.filter import overlap
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.imaging.resize import resize, to_grey
from pigeonhole.settings import FaceSettings

SAME = 0.4
"""A box that shares so much of their union with the true one has found it."""
NOBODY = ("brick", "chelsea", "clock", "coffee", "grass", "gravel", "moon", "rocket")
CASCADES = Path(cv2.__file__).parent / "data"


class Ours:
    """A detector and the judgement of its boxes, as the pipeline has them."""

    def __init__(self, detector):
        self.detector = detector
        # Portraits of one series may look alike; that is another question.
        self.settings = FaceSettings(alike=None)

    def __call__(self, photo):
        found = [FaceRow("", **box._asdict()) for box in self.detector.find(photo)]
        return [row for row in keep_faces(found, self.settings) if row.kept]


class Cascade:
    """One cascade as it is called in a script."""

    def __init__(self, name, neighbours, least=0):
        self.cascade = cv2.CascadeClassifier(str(CASCADES / f"{name}.xml"))
        self.neighbours, self.least = neighbours, (least, least)

    def __call__(self, photo):
        grey = cv2.equalizeHist(to_grey(photo))
        boxes = self.cascade.detectMultiScale(
            grey, 1.1, self.neighbours, minSize=self.least
        )
        return [FaceRow("", *map(int, box), 1.0) for box in np.reshape(boxes, (-1, 4))]


VIEWS = {
    "as they are": (0, 1),
    "turned by 15": (15, 1),
    "turned by -15": (-15, 1),
    "a quarter as bright": (0, 4),
}
"""By how many degrees the photos are turned, and through what they are divided."""


def way_of(photo, degrees):
    rows, columns = photo.shape[:2]
    return cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1)


def shown(photo, degrees, darker):
    size = photo.shape[1], photo.shape[0]
    way = way_of(photo, degrees)
    photo = cv2.warpAffine(photo, way, size, borderMode=cv2.BORDER_REPLICATE)
    return photo // darker


def moved(box, photo, degrees):
    """The upright box about the same centre."""
    middle = [box.x + box.width / 2, box.y + box.height / 2, 1]
    x, y = way_of(photo, degrees) @ middle
    return replace(box, x=x - box.width / 2, y=y - box.height / 2)


def nobody():
    """Pictures without a face: 100 backgrounds at a face's size, and photos."""
    for crop in data.lfw_subset()[100:]:
        large = resize((crop * 255).astype(np.uint8), 100, 100)
        yield np.pad(large, 30, mode="edge")
    for name in NOBODY:
        yield getattr(data, name)()


def judge(find, photos, view):
    """Count what is found in one view of all photos; take the time of each."""
    degrees, darker = VIEWS[view]
    hits, boxes, truths, seconds = 0, 0, 0, []
    for photo, faces in photos:
        picture = shown(photo, degrees, darker)
        started = perf_counter()
        found = find(picture)
        seconds.append(perf_counter() - started)
        true = [moved(face, photo, degrees) for face in faces]
        hits += sum(any(overlap(box, face) >= SAME for box in found) for face in true)
        boxes, truths = boxes + len(found), truths + len(true)
    return {
        "recall": round(hits / truths, 3),
        "precision": round(hits / max(boxes, 1), 3),
        "photos_a_second": round(1 / median(seconds), 1),
    }


def read_portraits(folder):
    truth = {}
    for row in read_rows(folder / "faces.csv"):
        box = [int(row[key]) for key in ("x", "y", "width", "height")]
        truth.setdefault(row["photo"], []).append(FaceRow(row["photo"], *box, 1.0))
    return [(read_rgb(folder / name), faces) for name, faces in sorted(truth.items())]


def compared(model):
    usual = FaceSettings()
    finders = {
        "ours": Ours(HaarDetector(usual.min_side, usual.turn)),
        "tutorial: default 1.1/3": Cascade("haarcascade_frontalface_default", 3),
        "first version: alt2 1.1/3, 40": Cascade("haarcascade_frontalface_alt2", 3, 40),
    }
    if model:
        finders["yunet"] = Ours(YunetDetector(usual.min_side, model))
    return finders


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", help="the file of YuNet's model")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    photos = read_portraits(options.folder)
    rows = []
    for name, find in compared(options.model).items():
        false = sum(len(find(picture)) for picture in nobody())
        for view in VIEWS:
            told = judge(find, photos, view)
            rows.append({"detector": name, "photos": view, **told, "false": false})
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
