"""Compare a mosaic with one that is made as in the tutorials, from the same photos."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pigeonhole.core.arrays import Image
from pigeonhole.core.geometry import Box
from pigeonhole.mosaic.compose import Mosaic, make_tutorial_mosaic
from pigeonhole.mosaic.quality import quality
from pigeonhole.mosaic.render.detail import draw_detail, find_detail
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.targets import Target
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.tiles import TileSet


class Side(NamedTuple):
    """
    One of the two mosaics.

    Attributes
    ----------
    mosaic : uint8 array, shape (height, width[, 3])
        The mosaic at the size at which it was matched.
    detail : uint8 array, shape (height, width[, 3])
        A part of it, enlarged.
    quality : mapping
        Content of its quality.json.
    """

    mosaic: Image
    detail: Image
    quality: dict[str, Any]


class Comparison(NamedTuple):
    """The tutorials' mosaic, this mosaic, and the part of both that is enlarged."""

    tutorial: Side
    mosaic: Side
    detail: Box


def compare_with_tutorial(
    mosaic: Mosaic,
    target: Target,
    tile_set: TileSet,
    numbers: dict[str, Any],
    photos: Sequence[PhotoRow],
    folder: Path,
) -> Comparison:
    """
    Make the mosaic of the tutorials, and a detail of both.

    Parameters
    ----------
    mosaic : Mosaic
    target : Target
        The target of both.
    tile_set : TileSet
        The tiles, without mirror images.
    numbers : mapping
        Content of the mosaic's quality.json.
    photos, folder
        The ledger, and the folder of downloaded and generated photos.
    """
    box = find_detail(target.image, tile_set.size)

    def side(mosaic: Mosaic, numbers: dict[str, Any]) -> Side:
        drawing = Drawing.from_mosaic(mosaic, target.original)
        detail = draw_detail(drawing, box, photos, folder)
        return Side(mosaic.image(), detail, numbers)

    tutorial = make_tutorial_mosaic(target, tile_set)
    return Comparison(
        side(tutorial, quality(tutorial, target.image)), side(mosaic, numbers), box
    )
