"""The table of faces: one row for each detected box, with the reason if rejected."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path

from pigeonhole.core.geometry import Box
from pigeonhole.core.tables import read_records, record_parser, write_rows


class FaceRejection(StrEnum):
    """Reasons why a detected box isn't used."""

    NONE = ""
    EXCLUDED = "excluded"
    LOW_SCORE = "low_score"
    LOW_CONTRAST = "low_contrast"
    BLURRED = "blurred"
    OVERLAP = "overlap"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class FaceRow:
    """
    One detected box.

    Attributes
    ----------
    photo : str
    x, y, width, height : int
        The box in pixels of the photo.
    score : float
        Confidence of the detector.
    contrast : float
        Standard deviation of the gray values.
    sharpness : float
        Ratio of edges to contrast; see `pigeonhole.faces.detect.sharpness`.
    fingerprint : str
        See `pigeonhole.imaging.fingerprint`.
    rejection : FaceRejection
        Reason why the box isn't used, if any.
    duplicate_of : str
        Line of the face that is used instead, if the rejection is DUPLICATE.
    """

    photo: str
    x: int
    y: int
    width: int
    height: int
    score: float
    contrast: float = 64.0
    sharpness: float = 1.0
    fingerprint: str = ""
    rejection: FaceRejection = FaceRejection.NONE
    duplicate_of: str = ""

    @property
    def box(self) -> Box:
        """Box in the photo."""
        return Box(self.x, self.y, self.width, self.height)

    @property
    def line(self) -> str:
        """Name of the face in lists: ``photo x y width height``."""
        return f"{self.photo} {self.x} {self.y} {self.width} {self.height}"

    @property
    def kept(self) -> bool:
        """True if the face is used."""
        return self.rejection is FaceRejection.NONE

    @property
    def reason(self) -> str:
        """Reason of the rejection in words; empty if the face is used."""
        return {
            FaceRejection.NONE: "",
            FaceRejection.EXCLUDED: "listed as a false detection",
            FaceRejection.LOW_SCORE: f"score {self.score:.2f} is below faces.min_score",
            FaceRejection.LOW_CONTRAST: f"contrast {self.contrast:.1f} is below "
            "faces.min_contrast",
            FaceRejection.BLURRED: f"sharpness {self.sharpness:.2f} is below "
            "faces.min_sharpness",
            FaceRejection.OVERLAP: "overlaps a better box",
            FaceRejection.DUPLICATE: f"near-duplicate of {self.duplicate_of}",
        }[self.rejection]


FACE_COLUMNS = tuple(field.name for field in fields(FaceRow))


def write_faces(path: Path, faces: Iterable[FaceRow]) -> None:
    """Write the table, sorted by photo and position."""
    ordered = sorted(faces, key=lambda face: (face.photo, face.y, face.x, face.width))
    rows = (
        {
            **asdict(face),
            "score": f"{face.score:.3f}",
            "contrast": f"{face.contrast:.1f}",
            "sharpness": f"{face.sharpness:.3f}",
        }
        for face in ordered
    )
    write_rows(path, FACE_COLUMNS, rows)


def read_faces(path: Path) -> list[FaceRow]:
    """Read the table."""
    return read_records(path, record_parser(FaceRow))
