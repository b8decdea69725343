"""The stages of a preview: a draft, the exact mosaic, and its image from the photos."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np

from pigeonhole.core.arrays import Float64Array, Image, Int64Array
from pigeonhole.core.cancellation import check_canceled
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import resize
from pigeonhole.mosaic.cell_stats import cell_errors
from pigeonhole.mosaic.cells import CellGroups
from pigeonhole.mosaic.compose import (
    MosaicPlan,
    make_planned_mosaic,
    plan_mosaic,
    select_with_edits,
)
from pigeonhole.mosaic.draft import draft_selection
from pigeonhole.mosaic.edits import pins_without_cell
from pigeonhole.mosaic.from_folder import FolderMosaic
from pigeonhole.mosaic.layout import Layout
from pigeonhole.mosaic.render.color import ColorChanges, color_changes
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.prints import Print
from pigeonhole.mosaic.select import select_tiles
from pigeonhole.mosaic.selection import Selection
from pigeonhole.mosaic.targets import (
    Target,
    TargetLayers,
    fit_target,
    read_layers,
)
from pigeonhole.mosaic.tile_cache import TileCache
from pigeonhole.settings import EditSettings, MosaicOptions, MosaicSettings
from pigeonhole.settings.mosaic import Pin
from pigeonhole.settings.repetition import RepetitionSettings
from pigeonhole.studio.preview.image import (
    draw_mosaic,
    fit_size,
    set_cutter,
    to_rgb_stack,
)
from pigeonhole.studio.preview.summary import Summary, summarize
from pigeonhole.studio.projects.document import Document
from pigeonhole.tiles import TileRow, TileSet
from pigeonhole.tiles.crops import folder_ledger, iter_crops

Stage = Literal["draft", "exact", "final"]

DRAFT_PIXELS, EXACT_PIXELS = 800_000, 1_500_000
"""Maximum numbers of pixels of the images of drafts and of exact mosaics."""
FINAL_SIDE = 2560
"""Longer side, in pixels, of the image that is rendered from the photos."""
MAX_CROPS_BYTES = 150_000_000
"""Memory of the crops that are kept for the next final image."""


class PreviewRequest(NamedTuple):
    """
    A mosaic to preview.

    Attributes
    ----------
    revision : int
        Number by which the previews are recognized.
    document : Document
    target : Path or None
        File of the target; without one, there is no preview.
    draft_only : bool
        Other tiles are being cut, so that the exact result would be outdated.
    """

    revision: int
    document: Document
    target: Path | None
    draft_only: bool = False


class Preview(NamedTuple):
    """
    One stage of a preview.

    Attributes
    ----------
    revision : int
        That of the request.
    stage : {"draft", "exact", "final"}
    layout : Layout
    placement : int64 array, shape (n,)
        Tile number of each cell; mirror images follow the `tile_count` tiles.
    changes : ColorChanges
    image : uint8 array, shape (height, width, 3)
        The whole mosaic with color transfer and overlay.
    tile_count : int
    mirror : bool
    errors : float64 array, shape (n,), or None
        Error of each cell in levels of 255; None for drafts.
    summary : Summary or None
        None for drafts.
    error : str or None
        One sentence, if there is no mosaic with these settings; the other attributes
        are those of the last preview, or of an empty mosaic.
    lost_pins : sequence of Pin
        Pins to cells that the mosaic doesn't have, if they are the error.
    """

    revision: int
    stage: Stage
    layout: Layout
    placement: Int64Array
    changes: ColorChanges
    image: Image
    tile_count: int
    mirror: bool
    errors: Float64Array | None = None
    summary: Summary | None = None
    error: str | None = None
    lost_pins: Sequence[Pin] = ()


def empty_preview() -> Preview:
    """Return a preview without cells."""
    boxes = np.zeros((0, 4), np.int64)
    changes = ColorChanges(np.zeros(0, np.float32), np.zeros((0, 3), np.float32))
    layout = Layout(boxes, boxes[:, :2], Size(1, 1))
    image = np.full((1, 1, 3), 255, np.uint8)
    nothing = boxes[:, 0]
    return Preview(0, "draft", layout, nothing, changes, image, 0, mirror=False)


Value = TypeVar("Value")


class Newest(OrderedDict[Hashable, Any]):
    """The values of a few keys that were used last."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def get_or_make(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key, which is made on first use."""
        if key not in self:
            self[key] = make()
            while len(self) > self._size:
                self.popitem(last=False)
        self.move_to_end(key)
        value: Value = self[key]
        return value


class PreviewStages:
    """
    Previews mosaics of one tile set, and keeps what the next preview can use.

    It isn't safe for several threads, except `png`.

    Parameters
    ----------
    tile_set : TileSet
    folder : Path
        Folder of the photos.
    """

    def __init__(self, tile_set: TileSet, folder: Path) -> None:
        self._tiles = tile_set
        self._folder = folder
        self._caches = Newest(2)
        self._layers = Newest(2)
        self._targets = Newest(4)
        self._plans = Newest(4)
        self._selections = Newest(16)
        self._drafts = Newest(4)
        self._crops: dict[tuple[int, Size], Image] = {}

    def fits(self, request: PreviewRequest) -> bool:
        """Return whether the tiles have the size that a document sets."""
        return self._tiles.size == request.document.tiles.size

    def draft(self, request: PreviewRequest) -> Preview:
        """Return a preview that is made quickly and is nearly the exact one."""
        settings, tile = request.document.mosaic, request.document.tiles.size
        cache = self._cache(tile)
        key = self._selection_key(request)
        known = self._selections.get(key)
        plan = self._plan(request, cache, draft=known is None)

        def select(cells: CellGroups, options: MosaicOptions) -> Selection:
            make = partial(draft_selection, cells, options)
            return known or self._drafts.get_or_make(key, make)

        if settings.layout == "quadtree":
            # Some cells may only be in the exact layout.
            settings = _without_lost_pins(settings, plan.cells.layout)
        selection = select_with_edits(plan, settings, select)
        placement, cells = selection.placement, plan.cells
        changes = color_changes(
            *(cells.layout, cells.frame, cells.tiles, placement, settings),
            cells.statistics,
        )
        count = len(cache.tile_set.rows)
        drawing = _drawing(cells.layout, placement, changes, plan, count, settings)
        image = draw_mosaic(
            *(drawing, cells.layout, fit_size(cells.layout.size, DRAFT_PIXELS)),
            set_cutter(cache.tile_set.tiles),
        )
        made = cells.layout, placement, changes, image, count, settings.mirror
        return Preview(request.revision, "draft", *made)

    def exact(self, request: PreviewRequest) -> tuple[Preview, FolderMosaic]:
        """Return the preview of what `make_mosaic` returns, and the mosaic itself."""
        document, settings = request.document, request.document.mosaic
        cache = self._cache(document.tiles.size)
        plan = self._plan(request, cache, draft=False)
        target = self._target(request, cache.tile_set.size)
        select = partial(select_tiles, plan.cells, settings)
        key = self._selection_key(request)
        selection = self._selections.get_or_make(key, select)
        mosaic = make_planned_mosaic(plan, settings, None, selection)
        check_canceled()
        drawing = Drawing.from_mosaic(mosaic)
        size = fit_size(mosaic.layout.size, EXACT_PIXELS)
        cut = set_cutter(cache.tile_set.tiles)
        image = draw_mosaic(drawing, mosaic.layout, size, cut)
        matched = mosaic.in_tile_channels(target.image)
        errors = cell_errors(matched, mosaic.image(), mosaic.layout)
        check_canceled()
        preview = Preview(
            request.revision,
            "exact",
            mosaic.layout,
            mosaic.placement.ravel(),
            ColorChanges(drawing.gains, drawing.offsets),
            image,
            mosaic.tile_count,
            settings.mirror,
            errors,
            summarize(mosaic, target),
        )
        source = str(request.target)
        inputs = source, self._folder, cache.tile_set, settings, document.photos
        return preview, FolderMosaic(mosaic, target, *inputs)

    def final(self, exact: Preview, made: FolderMosaic) -> Preview:
        """Return an exact preview with an image that is rendered from the photos."""
        mosaic = made.mosaic
        drawing = Drawing.from_mosaic(mosaic, made.target.original)
        size = drawing.mosaic_size(drawing.tile_size("auto"))
        side = max(size)
        if side > FINAL_SIDE:
            width, height = (max(1, s * FINAL_SIDE // side) for s in size)
            size = Size(width, height)
        max_pixels = made.photo_settings.max_pixels
        cut = partial(self._cut, drawing, max_pixels)
        image = draw_mosaic(drawing, mosaic.layout, size, cut)
        return exact._replace(stage="final", image=image)

    def _cut(
        self, drawing: Drawing, max_pixels: int, numbers: Int64Array, size: Size
    ) -> Image:
        """Cut tiles from the photos, unless they were cut at this size before."""
        if sum(crop.nbytes for crop in self._crops.values()) > MAX_CROPS_BYTES:
            self._crops.clear()
        missing = [n for n in numbers.tolist() if (n, size) not in self._crops]
        rows = [drawing.rows[number] for number in missing]
        photos = folder_ledger(rows, self._folder, max_pixels)
        crops = iter_crops(rows, photos, self._folder, size, color=drawing.color)
        for place, crop in crops:
            check_canceled()
            self._crops[missing[place], size] = crop
        stack = np.stack([self._crops[n, size] for n in numbers.tolist()])
        return to_rgb_stack(stack)

    def _cache(self, tile: Size) -> TileCache:
        """Return the tiles, resized if those of the new size aren't cut yet."""

        def make() -> TileCache:
            if tile == self._tiles.size:
                return TileCache(self._tiles)
            images = [resize(image, *tile) for image in self._tiles.tiles]
            return TileCache(TileSet(np.stack(images), self._tiles.rows))

        return self._caches.get_or_make(tile, make)

    def _plan(
        self, request: PreviewRequest, cache: TileCache, *, draft: bool
    ) -> MosaicPlan:
        settings, tile = request.document.mosaic, cache.tile_set.size
        target = self._target(request, tile)
        fields: tuple[str, ...] = ("layout", "mirror", "histogram_matching")
        if settings.layout == "quadtree":
            fields += ("levels", "cells", "space", "structure_weight")
            fields += ("color_transfer", "max_color_transfer")
        key = (
            self._target_key(request, tile),
            draft and settings.layout == "quadtree",
            *(getattr(settings, field) for field in fields),
        )
        make = partial(
            plan_mosaic, target.image, cache, settings, target.mask, draft=draft
        )
        return self._plans.get_or_make(key, make)

    def _selection_key(self, request: PreviewRequest) -> Hashable:
        """Return what decides a selection before edits are applied to it."""
        settings, tile = request.document.mosaic, request.document.tiles.size
        fields = set(MosaicOptions.model_fields) - {"overlay"}
        fields -= set(EditSettings.model_fields)
        options = settings.model_dump_json(include=fields)
        return self._target_key(request, tile), options

    def _target(self, request: PreviewRequest, tile: Size) -> Target:
        settings = request.document.mosaic
        sheet = Print.from_settings(settings.print) if settings.print.size else None

        def make() -> Target:
            return fit_target(self._read(request), tile, settings.width, sheet)

        return self._targets.get_or_make(self._target_key(request, tile), make)

    def _read(self, request: PreviewRequest) -> TargetLayers:
        settings, photos = request.document.mosaic, request.document.photos
        source, mask = str(request.target), settings.mask
        make = partial(read_layers, source, photos.max_pixels, mask)
        return self._layers.get_or_make(_file_key(request), make)

    def _target_key(self, request: PreviewRequest, tile: Size) -> Hashable:
        settings = request.document.mosaic
        # Print settings hold a paper size, which can't be a key.
        paper = settings.print.model_dump_json() if settings.print.size else None
        return _file_key(request), tile, settings.width, paper


def _without_lost_pins(settings: MosaicSettings, layout: Layout) -> MosaicSettings:
    lost = pins_without_cell(settings, layout)
    pins = tuple(pin for pin in settings.pin if pin not in lost)
    return settings.model_copy(update={"pin": pins})


def _file_key(request: PreviewRequest) -> Hashable:
    """Return what identifies the files of the target and of its mask."""
    mask = request.document.mosaic.mask
    key: list[object] = [request.document.photos.max_pixels]
    for path in (request.target, mask and Path(mask)):
        if path and path.exists():
            stat = path.stat()
            key.append((str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino))
        else:
            key.append(path)
    return tuple(key)


def _drawing(
    layout: Layout,
    placement: Int64Array,
    changes: ColorChanges,
    plan: MosaicPlan,
    count: int,
    settings: MosaicSettings,
) -> Drawing:
    """Return the drawing of a placement; see `Drawing.from_mosaic`."""
    mirrored, numbers = np.divmod(placement, count)
    offsets = np.broadcast_to(changes.offsets, (len(placement), 3))
    return Drawing(
        boxes=layout.boxes,
        numbers=numbers,
        mirrored=mirrored.astype(np.bool_),
        gains=changes.gains,
        offsets=np.ascontiguousarray(offsets),
        rows=plan.tile_set.rows[:count],
        size=layout.size,
        tile=plan.tile_set.size,
        color=plan.tile_set.tiles.ndim == 4,
        target=plan.cells.frame,
        overlay=settings.overlay,
    )


@cache
def warm_up() -> None:
    """Load the kernels, or compile them, before the first preview needs them."""
    random = np.random.default_rng(0)
    target, *tiles = random.integers(0, 256, (9, 8, 8, 3), np.uint8)
    facts = ("", 0, 0, 8, 8, 0, "", "", "", "", "")
    rows = [TileRow(n, str(n), str(n), *facts) for n in range(len(tiles))]
    tile_set = TileSet(np.stack([tile[:4, :4] for tile in tiles]), rows)
    limits = RepetitionSettings(max_uses=2)
    for options in (MosaicOptions(), MosaicOptions(repetition=limits)):
        plan = plan_mosaic(target, TileCache(tile_set), options, None)
        draft_selection(plan.cells, options)
        drawing = Drawing.from_mosaic(make_planned_mosaic(plan, options))
        cut = set_cutter(tile_set.tiles)
        draw_mosaic(drawing, plan.cells.layout, Size(8, 8), cut)
