"""Cache of the tiles cut from each photo, by its content."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.digest import digest_of_code
from pigeonhole.core.geometry import Box
from pigeonhole.core.untrusted_json import parse_json
from pigeonhole.core.value_cache import ValueCache, value_key
from pigeonhole.faces import detect
from pigeonhole.faces import filter as face_filter
from pigeonhole.imaging import codecs, color_profiles, metadata, resize, saliency
from pigeonhole.tiles import crop, cut, subject, variants
from pigeonhole.tiles.crop import Crop
from pigeonhole.tiles.crops import read_photo
from pigeonhole.tiles.cut import CutTile, TilePlan, TileSource, cut_image

VERSIONS = (cv2.__version__, np.__version__)
MODULES = (
    *(codecs, color_profiles, metadata, resize, saliency),
    *(detect, face_filter, crop, cut, subject, variants),
)
"""Code that decides tiles; its edits make cached tiles stale."""


class CachedCutter:
    """Cuts the tiles of a photo unless an equal photo has been cut before."""

    def __init__(self, values: ValueCache) -> None:
        self._values = values

    def cut_photo(
        self, plan: TilePlan, sources: Sequence[TileSource], folder: Path
    ) -> list[CutTile]:
        """
        Return the tiles of the sources in one photo; see `cut.cut_photo`.

        Raises
        ------
        ChangedPhoto, UnreadableImage
        """
        key = _key(plan, sources)
        content = self._values.get(key)
        tiles = None if content is None else _decode(content, plan, sources)
        if tiles is None:
            photo = read_photo(sources[0].photo, folder, check_content=True)
            tiles = cut_image(plan, sources, photo)
            self._values.put(key, _encode(tiles, sources))
        return tiles

    def add_photo(self, plan: TilePlan, photo: Image) -> None:
        """Cut the tiles of a plan with a single photo, which has been read."""
        sources = plan.sources
        if sources and self._values.get(key := _key(plan, sources)) is None:
            self._values.put(key, _encode(cut_image(plan, sources, photo), sources))


def _key(plan: TilePlan, sources: Sequence[TileSource]) -> str:
    """Return a key of everything that decides the tiles of the sources in a photo."""
    photo, settings = sources[0].photo, plan.settings
    facts = settings.model_dump(mode="json", exclude={"crops"})
    known = None if plan.faces is None else plan.faces.get(photo.photo, [])
    return value_key(
        *("tiles", digest_of_code(*MODULES), VERSIONS, photo.sha256, facts),
        *(
            [(source.main, source.face, source.by_hand) for source in sources],
            plan.margin,
            known,
        ),
        list(plan.removed.faces.get(photo.photo, ())),
    )


def _encode(tiles: Sequence[CutTile], sources: Sequence[TileSource]) -> bytes:
    """Return tiles as a line of JSON and their pixels; see `_decode`."""
    first = sources[0].number
    origins = [
        (source.number - first, *crop.box, crop.rotation) for _, source, crop in tiles
    ]
    pixels = [tile.tobytes() for tile, _, _ in tiles]
    return b"".join([json.dumps(origins).encode(), b"\n", *pixels])


def _decode(
    content: bytes, plan: TilePlan, sources: Sequence[TileSource]
) -> list[CutTile] | None:
    """Return the tiles, or None if they are damaged."""
    line, _, pixels = content.partition(b"\n")
    size, channels = plan.settings.size, (3,) * plan.settings.color
    shape = (-1, size.height, size.width, *channels)
    try:
        origins = parse_json(line)
        images = np.frombuffer(pixels, np.uint8).reshape(shape)
        return [
            CutTile(image, sources[number], Crop(Box(*box), rotation))
            for image, (number, *box, rotation) in zip(images, origins, strict=True)
        ]
    except (ValueError, TypeError, IndexError):
        return None
