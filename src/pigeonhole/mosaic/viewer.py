"""A page that shows a mosaic from afar and from near, and who is in each cell."""

import base64
import hashlib
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.core.atomic import beside_folder, write_text
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import write_png, write_webp
from pigeonhole.imaging.resize import resize, rgb_of
from pigeonhole.mosaic.cells import painted
from pigeonhole.mosaic.credits import UNNAMED, licence_link
from pigeonhole.mosaic.layout import Layout
from pigeonhole.tiles import TileSet
from pigeonhole.tiles.atlas import PageGrid, atlas_pages, rising_sizes, single_size

LOOKED_AT = 2048
"""Longest side of the pictures of the whole, in pixels."""
PAGE_SIDE = 1024
"""Longest side of an atlas page: little to load where few tiles are seen."""
SCRIPTS = (
    "drawing",
    "credit",
    "viewer/sight",
    "viewer/shade",
    "viewer/view",
    "viewer/catalogue",
    "viewer/edits",
    "viewer/gestures",
    "viewer/finder",
    "viewer/keys",
    "viewer/marks",
    "viewer/elements",
    "viewer/page",
)


@dataclass(frozen=True, slots=True)
class Scene:
    """
    What a viewer shows.

    Attributes
    ----------
    name : str
        The target's.
    tile_set : TileSet
    layout : Layout
    placement : int64 array, shape (cells,)
        Numbers in `tile_set`; those from its length on are the mirror images.
    target : uint8 array, shape (rows, columns, 3)
        Of any size: it is brought to the mosaic's shape.
    shown : uint8 array, shape (rows, columns[, 3])
        The mosaic at its own size, with all that was done to its colours.
    banned : collection of str
        Ids of tiles, and photos, that it was made without.
    """

    name: str
    tile_set: TileSet
    layout: Layout
    placement: npt.NDArray[np.int64]
    target: Picture
    shown: Picture
    banned: Collection[str] = ()

    @property
    def used(self) -> list[int]:
        """Return the numbers of the tiles that are seen."""
        return [int(n) for n in np.unique(self.placement % len(self.tile_set.rows))]

    def plain(self) -> Picture:
        """Return the mosaic of tiles as they are, white where no cell is."""
        tiles = self.tile_set.tiles
        mirrored = tiles[:, :, ::-1]
        return painted(np.concatenate([tiles, mirrored]), self.layout, self.placement)

    def cut_out(self) -> Picture:
        """Return the mosaic as it is shown, transparent where no cell is."""
        covered = self.layout.covered()
        if covered.all():
            return rgb_of(self.shown)
        return np.dstack([rgb_of(self.shown), 255 * covered.astype(np.uint8)])


def save_viewer(
    folder: Path, scene: Scene, crops: Iterable[tuple[int, Picture]], pixels: int
) -> None:
    """
    Write the page and its pictures, whole or not at all.

    Parameters
    ----------
    folder : Path
        Where index.html goes.
    scene : Scene
    crops : iterable of (int, uint8 array)
        Number and picture of every tile, as large as its photo has it.
    pixels : int
        How many pixels the single photos may have together.
    """
    with beside_folder(folder) as draft:
        size = _within(scene.layout.size, LOOKED_AT)
        write_webp(draft / "mosaic.webp", resize(scene.cut_out(), *size))
        write_webp(draft / "target.webp", resize(scene.target, *size))
        facts = {
            **_told(scene),
            "overview": "mosaic.webp",
            "target": "target.webp",
            "atlases": _atlases(draft, scene, crops, pixels),
            "shade": _shade(draft, scene),
        }
        write_text(draft / "index.html", page(scene.name, facts))


def page(title: str, facts: dict[str, Any]) -> str:
    """Return index.html; its policy lets run what is in it and nothing else."""
    script = "\n".join(_web(f"{name}.js") for name in SCRIPTS)
    style = _web("viewer/page.css")
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"img-src 'self' file: data:; style-src {_hash(style)}; "
        f"script-src {_hash(script)}"
    )
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    parts = {
        "title": escape(title),
        "policy": policy,
        "style": style,
        "script": script,
        # Within a script element only these two could be taken for its end.
        "facts": text.replace("<", "\\u003c").replace("\u2028", "\\u2028"),
    }
    return re.sub(
        r"{{ (\w+) }}", lambda found: parts[found[1]], _web("viewer/page.html")
    )


def _web(name: str) -> str:
    return (files("pigeonhole") / "web" / name).read_text("utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _told(scene: Scene) -> dict[str, Any]:
    """Return what is known of cells, tiles, photos and their makers."""
    layout, tile = scene.layout, scene.tile_set.size
    places: dict[str, Any] = {"cell": tile}
    if layout.grid:
        places["grid"] = dict(zip(("rows", "columns"), layout.grid, strict=True))
    else:
        # The page has x before y.
        places["boxes"] = layout.boxes[:, [1, 0, 3, 2]].ravel().tolist()
        places["names"] = layout.names.ravel().tolist()
    return {
        "size": layout.size,
        **places,
        "placement": scene.placement.tolist(),
        "banned": [
            number
            for number, row in enumerate(scene.tile_set.rows)
            if row.id in scene.banned or row.photo in scene.banned
        ],
        **_credit(scene.tile_set),
    }


def _credit(tile_set: TileSet) -> dict[str, Any]:
    """Return each tile's photo, and each photo's photographer and licence, once."""
    rows = tile_set.rows
    tones = tile_set.tiles.reshape(len(rows), -1).mean(axis=1)
    people: dict[tuple[str, str], int] = {}
    licences: dict[str, int] = {}
    photos: dict[str, dict[str, Any]] = {}
    places: dict[str, int] = {}
    for row in rows:
        person = (row.photographer, row.photographer_url)
        places.setdefault(row.photo, len(places))
        photos[row.photo] = {
            "name": row.photo,
            "page": row.page_url,
            "photographer": people.setdefault(person, len(people)),
            "licence": licences.setdefault(row.licence, len(licences)),
        }
    return {
        "tiles": [
            {"id": row.id, "photo": places[row.photo], "tone": round(float(tone))}
            for row, tone in zip(rows, tones, strict=True)
        ],
        "photos": list(photos.values()),
        "photographers": [{"name": name, "url": url} for name, url in people],
        "licences": [
            dict(zip(("name", "url"), licence_link(licence or UNNAMED), strict=True))
            for licence in licences
        ],
    }


def _atlases(
    folder: Path, scene: Scene, crops: Iterable[tuple[int, Picture]], pixels: int
) -> list[dict[str, Any]]:
    """Write the tiles at rising sizes; return what web/drawing.js wants to know."""
    tiles, rows, tile = scene.tile_set.tiles, scene.tile_set.rows, scene.tile_set.size
    largest = max((Size(row.width, row.height) for row in rows), key=max)
    sizes = rising_sizes(tile, len(tiles), largest)
    larger = [
        np.empty((len(tiles), size.height, size.width, *tiles.shape[3:]), np.uint8)
        for size in sizes
    ]
    used = set(scene.used)
    limit = single_size(tile, len(used), pixels)
    paged = sizes[-1] if sizes else tile
    singles = [""] * len(tiles)
    for number, crop in crops:
        for stack, size in zip(larger, sizes, strict=True):
            stack[number] = resize(crop, *size)
        size = Size(*min((crop.shape[1::-1], limit)))
        if number in used and size.width > paged.width:
            singles[number] = f"photos/{rows[number].id}.webp"
            write_webp(folder / singles[number], rgb_of(resize(crop, *size)))
    found = [_pages(folder, tiles, "png")]
    found += [_pages(folder, stack, "webp") for stack in larger]
    if any(singles):
        grid = PageGrid(limit, 1, 1, len(tiles))
        found.append({**grid.facts(), "pages": singles})
    return found


def _pages(folder: Path, tiles: Picture, form: str) -> dict[str, Any]:
    size = Size(tiles.shape[2], tiles.shape[1])
    grid = PageGrid.of(size, len(tiles), PAGE_SIDE)
    write = write_png if form == "png" else write_webp
    names = []
    for number, picture in enumerate(atlas_pages(tiles, grid)):
        names.append(f"tiles/{size}-{number}.{form}")
        write(folder / names[-1], rgb_of(picture))
    return {**grid.facts(), "pages": names}


def _shade(folder: Path, scene: Scene) -> dict[str, str] | None:
    """Write what tint and overlay add to the tiles, and what they take away."""
    shown, plain = rgb_of(scene.shown), rgb_of(scene.plain())
    if np.array_equal(shown, plain):
        return None
    change = shown.astype(np.int16) - plain
    write_png(folder / "added.png", np.maximum(change, 0).astype(np.uint8))
    write_png(folder / "taken.png", np.maximum(-change, 0).astype(np.uint8))
    return {"added": "added.png", "taken": "taken.png"}


def _within(size: Size, side: int) -> Size:
    scale = min(1.0, side / max(size))
    return Size(max(1, round(size.width * scale)), max(1, round(size.height * scale)))
