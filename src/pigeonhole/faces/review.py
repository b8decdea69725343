"""The contact sheet of boxes: one look tells which were kept rightly."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from pigeonhole.faces.table import FaceRow
from pigeonhole.images import Picture, encode_jpeg, read_rgb, resize
from pigeonhole.ledger import PhotoRow, photo_path
from pigeonhole.progress import progress

SIDE = 72
"""Width of a crop on the sheet, in pixels."""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Faces: kept and rejected</title>
<style>
:root {{ color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }}
body {{ max-width: 80rem; margin: 2rem auto; padding: 0 1rem; }}
.sheet {{ display: grid; gap: 10px;
  grid-template-columns: repeat(auto-fill, minmax(84px, 1fr)); }}
figure {{ margin: 0; font-size: 11px; text-align: center; }}
img {{ width: 72px; height: 72px; border-radius: 6px; }}
.rejected img {{ outline: 3px solid #c2410c; }}
figcaption {{ overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1>Faces</h1>
<p>{kept} boxes were kept, {rejected} rejected, in {photos} photos. To reject a box, add
its line (shown under the pointer) to <code>{exclude}</code> and run
<code>snakemake --cores 4</code> again.</p>
<h2>Rejected</h2>
<div class="sheet rejected">{rejected_figures}</div>
<h2>Kept, the least sure first</h2>
<div class="sheet kept">{kept_figures}</div>
</body>
</html>
"""


def review_page(
    faces: Sequence[FaceRow], photos: Sequence[PhotoRow], folder: Path, exclude: str
) -> str:
    """
    Return the contact sheet as a page that needs no other file.

    Parameters
    ----------
    faces : sequence of FaceRow
        Judged boxes.
    photos : sequence of PhotoRow
    folder : Path
        Where downloaded and made photos lie.
    exclude : str
        Name of the list of boxes that a person rejects.
    """
    figures = {
        face: _figure(face, crop) for face, crop in _crops(faces, photos, folder)
    }
    kept = sorted(
        (f for f in faces if f.kept), key=lambda f: (f.score, f.photo, f.y, f.x)
    )
    rejected = [face for face in faces if not face.kept]
    return PAGE.format(
        kept=len(kept),
        rejected=len(rejected),
        photos=len(photos),
        exclude=escape(exclude),
        kept_figures="".join(figures[face] for face in kept),
        rejected_figures="".join(figures[face] for face in rejected) or "None.",
    )


def _crops(
    faces: Iterable[FaceRow], photos: Iterable[PhotoRow], folder: Path
) -> Iterable[tuple[FaceRow, Picture]]:
    paths = {row.photo: row for row in photos}
    ordered = sorted(faces, key=lambda face: face.photo)
    groups = [
        (name, list(group)) for name, group in groupby(ordered, lambda f: f.photo)
    ]
    for name, group in progress(groups, "contact sheet", "photo"):
        row = paths[name]
        photo = read_rgb(photo_path(row, folder), max_pixels=row.width * row.height)
        for face in group:
            crop = photo[face.y : face.y + face.height, face.x : face.x + face.width]
            yield face, resize(crop, SIDE, SIDE)


def _figure(face: FaceRow, crop: Picture) -> str:
    line = escape(f"{face.photo} {face.x} {face.y} {face.width} {face.height}")
    image = base64.b64encode(encode_jpeg(crop, quality=80)).decode()
    note = escape(face.reason) or f"{face.score:.1f}"
    return (
        f'<figure title="{line}"><img alt="{line}" loading="lazy" '
        f'src="data:image/jpeg;base64,{image}"><figcaption>{note}</figcaption></figure>\n'
    )
