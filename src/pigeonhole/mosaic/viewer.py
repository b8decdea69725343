"""Write the viewer: a web page to zoom into a mosaic and see the photo of each cell."""

import base64
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from pigeonhole.core.arrays import Image, Int64Array
from pigeonhole.core.atomic import atomic_directory, write_text
from pigeonhole.core.geometry import Size
from pigeonhole.core.results import VIEWER_FILES
from pigeonhole.imaging.codecs import read_reduced, write_png, write_webp
from pigeonhole.imaging.resize import resize, to_gray, to_rgb
from pigeonhole.mosaic.cell_stats import (
    ERROR_COLORS,
    MAX_ERROR,
    cell_errors,
    worst_cells,
)
from pigeonhole.mosaic.cells import render_cells
from pigeonhole.mosaic.compose import Mosaic
from pigeonhole.mosaic.credits import UNKNOWN_LICENSE, split_license
from pigeonhole.mosaic.layout import Layout
from pigeonhole.mosaic.placement_table import read_placement
from pigeonhole.mosaic.render.color import ColorChanges, blend_target, transfer_color
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.large import draw_page
from pigeonhole.mosaic.render.page import Page
from pigeonhole.mosaic.targets import load_inputs
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.settings import MosaicOptions
from pigeonhole.tiles import TileSet
from pigeonhole.tiles.atlas import PageGrid, atlas_pages, atlas_sizes, size_for_pixels
from pigeonhole.tiles.crops import iter_crops
from pigeonhole.web.bundle import bundle_script, read_static
from pigeonhole.web.templates import render_template

OVERVIEW_SIDE = 2048
"""Longest side of the overview images, in pixels."""
PAGE_SIDE = 1024
"""Longest side of an atlas page, small because often only few tiles are visible."""
STYLES = (
    *("shared/tokens.css", "shared/base.css", "shared/mosaic.css"),
    "viewer/viewer.css",
)


@dataclass(frozen=True, slots=True)
class Scene:
    """The content of a viewer."""

    name: str
    """Name of the target."""
    tile_set: TileSet
    layout: Layout
    drawing: Drawing
    target: Image
    """The target in RGB at any size; it is resized to the mosaic."""
    mosaic: Image
    """The rendered mosaic at any size, with color transfer and overlay."""
    banned: Collection[str] = ()
    """Tile ids and photos that are banned from the mosaic."""

    @classmethod
    def load(
        cls,
        name: str,
        tiles: Path,
        mosaic: Path,
        table: Path,
        target: Mapping[str, Any],
        options: MosaicOptions,
    ) -> Self:
        """
        Return the scene of a saved mosaic from its image and placement table.

        `target` are the arguments of `prepare_target`, except the size of the tiles.
        """
        tile_set, prepared = load_inputs(tiles, target)
        drawing = Drawing.read(table, prepared, tile_set, options)
        layout, _, _ = read_placement(table, drawing.size, len(tile_set.rows))
        image = read_reduced(mosaic, 4 * OVERVIEW_SIDE)
        return cls(
            name, tile_set, layout, drawing, prepared.original, image, options.ban
        )

    @classmethod
    def of_mosaic(
        cls,
        name: str,
        mosaic: Mosaic,
        drawing: Drawing,
        target: Image,
        photos: Sequence[PhotoRow],
        folder: Path,
    ) -> Self:
        """
        Return the scene of a mosaic in memory.

        Parameters
        ----------
        name : str
        mosaic : Mosaic
        drawing : Drawing
        target : uint8 array, shape (height, width, 3)
            The target at any size.
        photos, folder
            The ledger and the folder of the photos from which the overview is rendered.
        """
        tile_set = TileSet(
            mosaic.tile_set.tiles[: mosaic.tile_count],
            mosaic.tile_set.rows[: mosaic.tile_count],
        )
        scale = min(1.0, 2 * OVERVIEW_SIDE / max(drawing.page("auto").size))
        size = Size(*(max(1, int(scale * side)) for side in drawing.page("auto").size))
        image = draw_page(drawing, Page(size, size), photos, folder)
        options = mosaic.options
        return cls(name, tile_set, mosaic.layout, drawing, target, image, options.ban)

    @property
    def placement(self) -> Int64Array:
        """Tile number of each cell; from the length of `tile_set` on, mirror images."""
        drawing = self.drawing
        return drawing.numbers + len(self.tile_set.rows) * drawing.mirrored

    def overview(self, size: Size) -> Image:
        """Return the mosaic at a size, as RGBA with transparent empty cells, if any."""
        mosaic, coverage = resize(to_rgb(self.mosaic), *size), self.layout.coverage()
        if coverage.all():
            return mosaic
        return np.dstack([mosaic, resize(255 * coverage.astype(np.uint8), *size)])

    def crops(
        self, photos: Sequence[PhotoRow], folder: Path
    ) -> Iterator[tuple[int, Image]]:
        """
        Yield number and image of tiles, at the full resolution of their photos.

        These are the tiles in the mosaic, and one of each other photo or face. Further
        variants, of which there may be many more, would only be seen in edits.
        """
        rows, color = self.tile_set.rows, self.tile_set.tiles.ndim == 4
        _, firsts = np.unique(self.tile_set.sources, return_index=True)
        numbers = np.union1d(firsts, self.used_tiles).tolist()
        chosen = [rows[number] for number in numbers]
        for index, crop in iter_crops(chosen, photos, folder, None, color=color):
            yield numbers[index], crop

    @property
    def used_tiles(self) -> Int64Array:
        """Numbers of the tiles in the mosaic, ascending."""
        return np.unique(self.drawing.numbers)


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
    with atomic_directory(folder, VIEWER_FILES) as temporary:
        size = _fit_within(Size(*scene.mosaic.shape[1::-1]), OVERVIEW_SIDE)
        write_webp(temporary / "mosaic.webp", scene.overview(size), mosaic=True)
        write_webp(temporary / "target.webp", resize(scene.target, *size))
        data = {
            **_scene_data(scene),
            "overview": "mosaic.webp",
            "target": "target.webp",
            "atlases": _write_atlases(temporary, scene, crops, pixels),
            "correction": _write_color_correction(temporary, scene),
            "errors": _error_data(scene),
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
        **photo_credits(scene.tile_set),
    }


def _error_data(scene: Scene) -> dict[str, Any]:
    """Return the error of each cell, as in quality.json: `ErrorData`."""
    layout, mosaic = scene.layout, _mosaic_as_matched(scene)
    target = resize(scene.target, *layout.size)
    target = target if mosaic.ndim == 3 else to_gray(target)
    errors = cell_errors(target, mosaic, layout)
    return {
        "cells": np.rint(errors).astype(np.int64).tolist(),
        "worst": worst_cells(errors).tolist(),
        "maximum": MAX_ERROR,
        "colors": ERROR_COLORS,
    }


def _mosaic_as_matched(scene: Scene) -> Image:
    """Render the mosaic at the size of its layout, like `Mosaic.image`."""
    tiles, layout, drawing = scene.tile_set.tiles, scene.layout, scene.drawing
    tiles = np.concatenate([tiles, tiles[:, :, ::-1]])
    channels = 1 if tiles.ndim == 3 else 3
    changes = ColorChanges(drawing.gains, drawing.offsets[:, :channels])
    image = transfer_color(
        render_cells(tiles, layout, scene.placement), layout, changes
    )
    target = resize(drawing.target, *layout.size)
    return blend_target(image, target, drawing.overlay, layout.coverage())


def photo_credits(tile_set: TileSet) -> dict[str, Any]:
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
    tiles, rows, size = scene.tile_set.tiles, scene.tile_set.rows, scene.tile_set.size
    largest = max((Size(row.width, row.height) for row in rows), key=max)
    sizes = atlas_sizes(size, len(tiles), largest)
    # Tiles without a crop are enlarged.
    larger = [np.stack([resize(tile, *size) for tile in tiles]) for size in sizes]
    used = set(scene.used_tiles.tolist())
    limit = size_for_pixels(size, len(used), pixels)
    largest_in_atlas = sizes[-1] if sizes else size
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
        write(folder / names[-1], to_rgb(image), mosaic=True)
    return {**grid.facts(), "pages": names}


def _write_color_correction(folder: Path, scene: Scene) -> dict[str, Any] | None:
    """Return `ColorCorrectionData`; write the overlay, which is one of its images."""
    drawing = scene.drawing
    gains = np.rint(255 * drawing.gains).astype(np.int64)
    offsets = np.rint(drawing.offsets).astype(np.int64)
    changed = (gains != 255).any() or offsets.any()
    overlay = None
    if drawing.overlay:
        size = _fit_within(Size(*drawing.target.shape[1::-1]), OVERVIEW_SIDE)
        write_png(folder / "overlay.png", resize(drawing.target, *size))
        overlay = {"image": "overlay.png", "opacity": drawing.overlay}
    if not (changed or overlay):
        return None
    return {
        "gains": gains.tolist() if changed else None,
        "offsets": offsets.ravel().tolist() if changed else None,
        "overlay": overlay,
    }


def _fit_within(size: Size, side: int) -> Size:
    scale = min(1.0, side / max(size))
    return Size(max(1, round(size.width * scale)), max(1, round(size.height * scale)))
