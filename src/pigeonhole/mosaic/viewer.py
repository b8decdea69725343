"""Write the viewer: a web page to zoom into a mosaic and see the photo of each cell."""

import base64
import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from pigeonhole.core.arrays import Image, Int64Array
from pigeonhole.core.atomic import atomic_directory, write_text
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import read_rgb, write_png, write_webp
from pigeonhole.imaging.resize import resize, to_rgb
from pigeonhole.mosaic.cells import render_cells
from pigeonhole.mosaic.credits import UNKNOWN_LICENSE, split_license
from pigeonhole.mosaic.layout import Layout
from pigeonhole.mosaic.placement_table import read_placement
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.tiles import TileSet
from pigeonhole.tiles.atlas import PageGrid, atlas_pages, atlas_sizes, size_for_pixels
from pigeonhole.tiles.crops import iter_crops
from pigeonhole.web.bundle import bundle_script, read_static
from pigeonhole.web.templates import render_template

OVERVIEW_SIDE = 2048
"""Longest side of the overview images, in pixels."""
PAGE_SIDE = 1024
"""Longest side of an atlas page, small because often only few tiles are visible."""
STYLES = ("shared/tokens.css", "shared/base.css", "viewer/viewer.css")


@dataclass(frozen=True, slots=True)
class Scene:
    """The content of a viewer."""

    name: str
    """Name of the target."""
    tile_set: TileSet
    layout: Layout
    placement: Int64Array
    """Tile numbers; those from the length of `tile_set` on are mirror images."""
    target: Image
    """The target in RGB at any size; it is resized to the mosaic."""
    mosaic: Image
    """The rendered mosaic, with color transfer and overlay."""
    banned: Collection[str] = ()
    """Tile ids and photos that are banned from the mosaic."""

    @classmethod
    def load(
        cls,
        name: str,
        tiles: Path,
        mosaic: Path,
        table: Path,
        target: Image,
        banned: Collection[str],
    ) -> Self:
        """Return the scene of a saved mosaic from its image and placement table."""
        tile_set = TileSet.load(tiles)
        # Written by the program itself, so it may be larger than photos may be.
        image = read_rgb(mosaic, max_pixels=10**11)
        size = Size(*image.shape[1::-1])
        layout, placement, _ = read_placement(table, size, len(tile_set.rows))
        return cls(name, tile_set, layout, placement.ravel(), target, image, banned)

    def plain_mosaic(self) -> Image:
        """Render the mosaic without color transfer and overlay, white between cells."""
        tiles = self.tile_set.tiles
        tiles = np.concatenate([tiles, tiles[:, :, ::-1]])
        return render_cells(tiles, self.layout, self.placement)

    def mosaic_with_alpha(self) -> Image:
        """Return the mosaic, as RGBA with transparent empty cells if there are any."""
        coverage = self.layout.coverage()
        if coverage.all():
            return to_rgb(self.mosaic)
        return np.dstack([to_rgb(self.mosaic), 255 * coverage.astype(np.uint8)])

    def crops(
        self, photos: Sequence[PhotoRow], folder: Path
    ) -> Iterator[tuple[int, Image]]:
        """Yield number and image of every tile, at the full resolution of its photo."""
        color = self.tile_set.tiles.ndim == 4
        return iter_crops(self.tile_set.rows, photos, folder, None, color=color)


def save_viewer(
    path: Path, scene: Scene, crops: Iterable[tuple[int, Image]], pixels: int
) -> None:
    """
    Write the page and its images, replacing an older viewer only when complete.

    Parameters
    ----------
    path : Path
        index.html, or the folder that will contain it.
    scene : Scene
    crops : iterable of (int, uint8 array)
        See `Scene.crops`.
    pixels : int
        Total number of pixels of the individual photos.
    """
    folder = path.parent if path.name == "index.html" else path
    with atomic_directory(folder) as temporary:
        size = _fit_within(scene.layout.size, OVERVIEW_SIDE)
        write_webp(temporary / "mosaic.webp", resize(scene.mosaic_with_alpha(), *size))
        write_webp(temporary / "target.webp", resize(scene.target, *size))
        data = {
            **_scene_data(scene),
            "overview": "mosaic.webp",
            "target": "target.webp",
            "atlases": _write_atlases(temporary, scene, crops, pixels),
            "correction": _write_color_correction(temporary, scene),
        }
        write_text(temporary / "index.html", page(scene.name, data))


def page(title: str, data: dict[str, Any]) -> str:
    """Return index.html; its content security policy allows only its own script."""
    script = bundle_script("viewer/main.js")
    style = read_static(*STYLES)
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"img-src 'self' file: data:; style-src {_csp_hash(style)}; "
        f"script-src {_csp_hash(script)}"
    )
    return render_template(
        "viewer.html", title=title, policy=policy, style=style, script=script, data=data
    )


def _csp_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _scene_data(scene: Scene) -> dict[str, Any]:
    """Return cells, tiles, photos and photographers: `ViewerData` in catalog.js."""
    layout = scene.layout
    cells: dict[str, Any] = {"cell": scene.tile_set.size}
    if layout.grid:
        cells["grid"] = dict(zip(("rows", "columns"), layout.grid, strict=True))
    else:
        # The page expects x, y, width, height.
        cells["boxes"] = layout.boxes[:, [1, 0, 3, 2]].ravel().tolist()
        cells["positions"] = layout.labels.ravel().tolist()
    return {
        "size": layout.size,
        **cells,
        "placement": scene.placement.tolist(),
        "banned": [
            number
            for number, row in enumerate(scene.tile_set.rows)
            if row.id in scene.banned or row.photo in scene.banned
        ],
        **_photo_credits(scene.tile_set),
    }


def _photo_credits(tile_set: TileSet) -> dict[str, Any]:
    """Return tiles, photos, photographers and licenses, which refer by number."""
    rows = tile_set.rows
    levels = tile_set.tiles.reshape(len(rows), -1).mean(axis=1)
    photographers: dict[tuple[str, str], int] = {}
    licenses: dict[str, int] = {}
    photos: dict[str, dict[str, Any]] = {}
    photo_numbers: dict[str, int] = {}
    for row in rows:
        photographer = (row.photographer, row.photographer_url)
        photo_numbers.setdefault(row.photo, len(photo_numbers))
        photos[row.photo] = {
            "name": row.photo,
            "page": row.page_url,
            "photographer": photographers.setdefault(photographer, len(photographers)),
            "license": licenses.setdefault(row.license, len(licenses)),
        }
    tiles = [
        {"id": row.id, "photo": photo_numbers[row.photo], "brightness": round(level)}
        for row, level in zip(rows, levels.tolist(), strict=True)
    ]
    licenses_and_urls = (split_license(name or UNKNOWN_LICENSE) for name in licenses)
    return {
        "tiles": tiles,
        "photos": list(photos.values()),
        "photographers": [{"name": name, "url": url} for name, url in photographers],
        "licenses": [{"name": name, "url": url} for name, url in licenses_and_urls],
    }


def _write_atlases(
    folder: Path, scene: Scene, crops: Iterable[tuple[int, Image]], pixels: int
) -> list[dict[str, Any]]:
    """Write the tiles at increasing sizes; return `AtlasData` for each."""
    tiles, rows, tile = scene.tile_set.tiles, scene.tile_set.rows, scene.tile_set.size
    largest = max((Size(row.width, row.height) for row in rows), key=max)
    sizes = atlas_sizes(tile, len(tiles), largest)
    larger = [
        np.empty((len(tiles), size.height, size.width, *tiles.shape[3:]), np.uint8)
        for size in sizes
    ]
    used = set(np.unique(scene.placement % len(tiles)).tolist())
    limit = size_for_pixels(tile, len(used), pixels)
    largest_in_atlas = sizes[-1] if sizes else tile
    singles = [""] * len(tiles)
    for number, crop in crops:
        for stack, size in zip(larger, sizes, strict=True):
            stack[number] = resize(crop, *size)
        size = Size(*min((crop.shape[1::-1], limit)))
        if number in used and size.width > largest_in_atlas.width:
            singles[number] = f"photos/{rows[number].id}.webp"
            write_webp(folder / singles[number], to_rgb(resize(crop, *size)))
    atlases = [_write_atlas(folder, tiles, "png")]
    atlases += [_write_atlas(folder, stack, "webp") for stack in larger]
    if any(singles):
        grid = PageGrid(limit, 1, 1, len(tiles))
        atlases.append({**grid.facts(), "pages": singles})
    return atlases


def _write_atlas(folder: Path, tiles: Image, suffix: str) -> dict[str, Any]:
    size = Size(tiles.shape[2], tiles.shape[1])
    grid = PageGrid.of(size, len(tiles), PAGE_SIDE)
    write = write_png if suffix == "png" else write_webp
    names = []
    for number, image in enumerate(atlas_pages(tiles, grid)):
        names.append(f"tiles/{size}-{number}.{suffix}")
        write(folder / names[-1], to_rgb(image))
    return {**grid.facts(), "pages": names}


def _write_color_correction(folder: Path, scene: Scene) -> dict[str, str] | None:
    """Write what color transfer and overlay add to the tiles and subtract from them."""
    mosaic, plain = to_rgb(scene.mosaic), to_rgb(scene.plain_mosaic())
    if np.array_equal(mosaic, plain):
        return None
    change = mosaic.astype(np.int16) - plain
    write_png(folder / "added.png", np.maximum(change, 0).astype(np.uint8))
    write_png(folder / "subtracted.png", np.maximum(-change, 0).astype(np.uint8))
    return {"added": "added.png", "subtracted": "subtracted.png"}


def _fit_within(size: Size, side: int) -> Size:
    scale = min(1.0, side / max(size))
    return Size(max(1, round(size.width * scale)), max(1, round(size.height * scale)))
