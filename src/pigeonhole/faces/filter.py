"""Judge boxes: which are kept, and why the others aren't."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from pigeonhole.faces.exclude import EXCLUDED, Key
from pigeonhole.faces.table import FaceRow
from pigeonhole.imaging.fingerprint import first_alike
from pigeonhole.photos.removal_list import Forgotten
from pigeonhole.settings import FaceSettings

OVERLAP = 0.3
"""Boxes that share more of their union show the same face."""
INSIDE = 0.6
"""So does a box of which more lies in a better one."""
LIKE = "looks like "
"""How the reason begins where a face was kept once; the kept one's line follows."""


def keep_faces(
    faces: Iterable[FaceRow],
    settings: FaceSettings,
    excluded: frozenset[Key] = frozenset(),
    forgotten: Forgotten | None = None,
) -> list[FaceRow]:
    """
    Return the rows, judged: a person's veto, score and light, overlaps, twins.

    Parameters
    ----------
    faces : iterable of FaceRow
    settings : FaceSettings
    excluded : set of (photo, x, y, width, height)
    forgotten : Forgotten, optional
        Faces and photos that were taken out: their rows are left out altogether.
    """
    gone = forgotten or Forgotten()
    by_photo = defaultdict(list)
    for face in faces:
        if face.photo not in gone.photos and not gone.shows(*_split(face)):
            by_photo[face.photo].append(face)
    judged = [
        face
        for photo in sorted(by_photo)
        for face in _judge(by_photo[photo], settings, excluded)
    ]
    return judged if settings.alike is None else _once(judged, settings.alike)


def _split(face: FaceRow) -> tuple[str, tuple[int, int, int, int]]:
    return face.photo, (face.x, face.y, face.width, face.height)


def _once(faces: list[FaceRow], bits: int) -> list[FaceRow]:
    """Keep the largest of faces that look alike."""
    kept = sorted(
        (face for face in faces if face.kept),
        key=lambda face: (-face.width * face.height, -face.score, face.line),
    )
    firsts = first_alike([face.looks for face in kept], bits).tolist()
    twins = {
        face: kept[first]
        for number, (face, first) in enumerate(zip(kept, firsts, strict=True))
        if first != number
    }
    return [
        replace(face, kept=False, reason=f"{LIKE}{twins[face].line}")
        if face in twins
        else face
        for face in faces
    ]


def _judge(
    faces: list[FaceRow], settings: FaceSettings, excluded: frozenset[Key]
) -> list[FaceRow]:
    """Judge the boxes of one photo, the best first."""
    kept: list[FaceRow] = []
    judged = []
    for face in sorted(faces, key=lambda face: (-face.score, face.y, face.x)):
        if (face.photo, face.x, face.y, face.width, face.height) in excluded:
            reason = EXCLUDED
        elif face.score < settings.min_score:
            reason = f"score below {settings.min_score:g}"
        elif face.contrast < settings.min_contrast:
            reason = f"contrast below {settings.min_contrast:g}"
        elif face.sharpness < settings.min_sharpness:
            reason = f"sharpness below {settings.min_sharpness:g}"
        elif any(overlaps(face, other) for other in kept):
            reason = "overlaps a better box"
        else:
            reason = ""
            kept.append(face)
        judged.append(replace(face, kept=not reason, reason=reason))
    return judged


def overlaps(a: FaceRow, b: FaceRow) -> bool:
    """Tell whether two boxes show the same face."""
    smaller = min(a.width * a.height, b.width * b.height)
    return overlap(a, b) > OVERLAP or shared(a, b) > INSIDE * smaller


def overlap(a: FaceRow, b: FaceRow) -> float:
    """Return the intersection of two boxes over their union."""
    both = shared(a, b)
    return both / (a.width * a.height + b.width * b.height - both)


def shared(a: FaceRow, b: FaceRow) -> int:
    """Return how many pixels two boxes share."""
    wide = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    tall = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return max(0, wide) * max(0, tall)
