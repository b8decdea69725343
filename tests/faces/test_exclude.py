"""The list of false detections excludes one box for each entry."""

import numpy as np
from skimage import data

from pigeonhole.core.geometry import Box
from pigeonhole.faces import ExclusionList, FaceRow
from pigeonhole.imaging.fingerprint import fingerprint
from pigeonhole.imaging.resize import resize
from pigeonhole.photos.identity import Identity
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.list_file import Entry


def photo_of(image, name):
    rows, columns = image.shape[:2]
    return PhotoRow(
        *(name, "folder"),
        width=columns,
        height=rows,
        fingerprint=fingerprint(image),
    )


def faces_of(photo, *boxes):
    return [FaceRow(photo, *box, 5.0) for box in boxes]


def test_lines_by_hand_are_in_pixels(tmp_path):
    path = tmp_path / "exclude.txt"
    path.write_text("# mine\n\nmy photo 2.jpg 1 2 30 40\n#1.jpg: not a face\n")
    rows = [PhotoRow(name, "folder") for name in ("my photo 2.jpg", "b.jpg")]
    boxes = Box(1, 2, 30, 40), Box(50, 2, 30, 40)
    faces = [face for row in rows for face in faces_of(row.photo, *boxes)]
    listed = ExclusionList.read(path)
    assert list(listed.find(rows, faces)) == [("my photo 2.jpg", boxes[0])]
    assert listed.find([], []) == {}


def test_the_most_similar_box_is_excluded_also_in_another_size():
    image = data.astronaut()
    row = photo_of(image, "#1\n.jpg")
    boxes = Box(160, 67, 96, 96), Box(177, 67, 96, 96), Box(200, 67, 96, 96)
    entry = Entry.of_face(Identity.of(row, image), boxes[1], row, "")
    listed = ExclusionList([entry])
    faces = faces_of(row.photo, *boxes)
    assert listed.find([row], faces) == {(row.photo, boxes[1]): [entry]}
    # Without it, none is excluded that is too different.
    assert listed.find([row], faces_of(row.photo, Box(260, 67, 96, 96))) == {}

    large = photo_of(resize(np.ascontiguousarray(image[:, 13:]), 998, 1024), "b.jpg")
    doubled = [Box(*(2 * side for side in box)) for box in boxes]
    shifted = [box._replace(x=box.x - 26) for box in doubled]
    found = listed.find([large], faces_of("b.jpg", *shifted))
    assert found == {("b.jpg", shifted[1]): [entry]}
