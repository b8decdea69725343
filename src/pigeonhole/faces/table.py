"""The table of faces: a row for each box, kept or not and why."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from pigeonhole.core.tables import read_records, write_rows


@dataclass(frozen=True, slots=True)
class FaceRow:
    """
    One box of the detector.

    Attributes
    ----------
    photo : str
    x, y, width, height : int
        In the photo's pixels.
    score : float
        The weight of the detector's vote; higher is surer.
    contrast : float
        Standard deviation of the grey values.
    sharpness : float
        Change from pixel to pixel for the contrast; see `sharpness_of`.
    looks : str
        What near-duplicates share; see `pigeonhole.imaging.fingerprint`.
    kept : bool
    reason : str
        Why the box wasn't kept; empty for kept ones.
    """

    photo: str
    x: int
    y: int
    width: int
    height: int
    score: float
    contrast: float = 64.0
    sharpness: float = 1.0
    looks: str = ""
    kept: bool = True
    reason: str = ""

    @property
    def line(self) -> str:
        """Return what names the face in lists: ``photo x y width height``."""
        return f"{self.photo} {self.x} {self.y} {self.width} {self.height}"


COLUMNS = tuple(field.name for field in fields(FaceRow))


def write_faces(path: Path, faces: Iterable[FaceRow]) -> None:
    """Write the table, sorted by photo and place."""
    ordered = sorted(faces, key=lambda face: (face.photo, face.y, face.x, face.width))
    rows = (
        {
            **asdict(face),
            "score": f"{face.score:.3f}",
            "contrast": f"{face.contrast:.1f}",
            "sharpness": f"{face.sharpness:.3f}",
            "kept": int(face.kept),
        }
        for face in ordered
    )
    write_rows(path, COLUMNS, rows)


def read_faces(path: Path) -> list[FaceRow]:
    """Read the table in its order."""
    return read_records(path, _face_row)


def _face_row(row: dict[str, str]) -> FaceRow:
    return FaceRow(
        photo=row["photo"],
        x=int(row["x"]),
        y=int(row["y"]),
        width=int(row["width"]),
        height=int(row["height"]),
        score=float(row["score"]),
        contrast=float(row["contrast"]),
        sharpness=float(row["sharpness"]),
        looks=row["looks"],
        kept=row["kept"] == "1",
        reason=row["reason"],
    )
