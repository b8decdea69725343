"""The table of faces is read as it was written."""

import dataclasses

import pytest

from pigeonhole.core.tables import UnreadableTable
from pigeonhole.faces import FaceRejection, FaceRow, read_faces, write_faces

ROW = FaceRow("b é,\n", 3, 0, 10, 10, 5.0, fingerprint="0" * 16 + "-808080")


def test_rows_round_trip_and_are_sorted(tmp_path):
    rows = [
        dataclasses.replace(ROW, rejection=rejection, x=x)
        for x, rejection in enumerate(FaceRejection)
    ]
    rows[-1] = dataclasses.replace(rows[-1], duplicate_of="a 1 2 3 4")
    write_faces(tmp_path / "faces.csv", rows[::-1])
    assert read_faces(tmp_path / "faces.csv") == rows


def test_an_unknown_rejection_is_damage(tmp_path):
    path = tmp_path / "faces.csv"
    write_faces(path, [dataclasses.replace(ROW, rejection=FaceRejection.OVERLAP)])
    path.write_text(path.read_text().replace("overlap", "unlucky"))
    with pytest.raises(UnreadableTable, match="unlucky"):
        read_faces(path)
