"""The drawing modules in Chromium: the pixels of a canvas equal those of `render`."""

import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from browser import canvas_pixels, chromium, serve_folder
from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import write_png
from pigeonhole.matching import render
from pigeonhole.tiles.atlas import PageGrid, atlas_pages

PAGE = """<!doctype html><title>drawing</title>
<canvas style="width: 300px; height: 200px"></canvas>
<script type="module">
import { Atlas } from "./shared/atlas.js";
import { Cells } from "./shared/cells.js";
import { PlacementCanvas } from "./shared/placement_canvas.js";
import { MosaicView } from "./shared/mosaic_view.js";
Object.assign(window, { Atlas, Cells, PlacementCanvas, MosaicView });
</script>"""
TILES = np.random.default_rng(1).integers(0, 256, (23, 8, 6, 3), np.uint8)
PLACEMENT = np.random.default_rng(2).integers(0, 23, (15, 21))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Open a page with the drawing modules and an atlas of 4 pages of 3x2 tiles."""
    folder = tmp_path_factory.mktemp("drawing")
    static = Path(str(files("pigeonhole.web") / "static"))
    shutil.copytree(static, folder, dirs_exist_ok=True)
    (folder / "index.html").write_text(PAGE)
    grid = PageGrid.of(Size(6, 8), len(TILES), 18)
    for number, image in enumerate(atlas_pages(TILES, grid)):
        write_png(folder / f"{number}.png", image)
    with serve_folder(folder) as address, chromium() as browser:
        opened = browser.new_page()
        opened.goto(address)
        opened.evaluate(
            """(facts) => {
                facts.pages = [...Array(facts.count).keys()].map((n) => `${n}.png`);
                window.atlas = new Atlas(facts);
                return atlas.loadAll();
            }""",
            {**grid.facts(), "count": grid.pages},
        )
        yield opened


def test_placement_canvas_equals_render(page):
    page.evaluate(
        """([placement, rows, columns]) => {
            window.shown = new PlacementCanvas(document.createElement("canvas"), atlas,
                rows, columns);
            shown.draw(placement);
        }""",
        [PLACEMENT.ravel().tolist(), *PLACEMENT.shape],
    )
    np.testing.assert_array_equal(
        canvas_pixels(page, "shown.canvas"), render(TILES, PLACEMENT)
    )
    other = PLACEMENT.copy()
    other[3, 4] = (PLACEMENT[3, 4] + 1) % 23
    assert page.evaluate("(p) => shown.draw(p)", other.ravel().tolist()) == 1
    np.testing.assert_array_equal(
        canvas_pixels(page, "shown.canvas"), render(TILES, other)
    )


def test_numbers_beyond_the_tiles_draw_mirror_images(page):
    both = np.concatenate([TILES, TILES[:, :, ::-1]])
    placement = PLACEMENT + 23 * (PLACEMENT % 2)
    page.evaluate("(p) => shown.draw(p)", placement.ravel().tolist())
    np.testing.assert_array_equal(
        canvas_pixels(page, "shown.canvas"), render(both, placement)
    )


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 60), st.integers(1, 30))
def test_atlas_pages_hold_every_tile_once(width, height, count, side):
    tiles = np.arange(count * width * height, dtype=np.uint32)
    tiles = (tiles % 251).astype(np.uint8).reshape(count, height, width)
    grid = PageGrid.of(Size(width, height), count, side)
    pages = list(atlas_pages(tiles, grid))
    assert len(pages) == grid.pages
    for number, tile in enumerate(tiles):
        page, place = divmod(number, grid.per_page)
        row, column = divmod(place, grid.columns)
        seen = pages[page][row * height :, column * width :][:height, :width]
        np.testing.assert_array_equal(seen, tile)
    assert all(max(page.shape) <= max(side, width, height) for page in pages)


VIEW = """([placement, rows, columns]) => {
    document.querySelector("canvas").remove();
    const canvas = document.createElement("canvas");
    canvas.style = "width: 100px; height: 90px";
    document.body.append(canvas);
    window.view = new MosaicView(canvas, {
        cells: Cells.grid(rows, columns, 6, 8), placement, atlases: [atlas],
        background: "#123456",
    });
    view.resize();
}"""


def view_pixels(page, x, y, scale):
    """Return the pixels of the canvas after it has drawn part of the mosaic."""
    page.evaluate("(state) => view.setState(state)", {"x": x, "y": y, "scale": scale})
    page.wait_for_function("view.frame === null && view.isSettled")
    return canvas_pixels(page, "view.canvas").astype(int)


def test_view_at_scale_1_equals_render(page):
    page.evaluate(VIEW, [PLACEMENT.ravel().tolist(), *PLACEMENT.shape])
    image = render(TILES, PLACEMENT)
    np.testing.assert_array_equal(view_pixels(page, 17, 9, 1), image[9:99, 17:117])
    twice = image.repeat(2, axis=0).repeat(2, axis=1)
    # Enlarging is smooth within each tile, and no cell bleeds into another.
    enlarged = view_pixels(page, 12, 16, 2)
    cells = (slice(16 * 2, 16 * 2 + 16), slice(12 * 2, 12 * 2 + 12))
    shown, expected = enlarged[:16, :12], twice[cells]
    assert abs(shown.mean((0, 1)) - expected.mean((0, 1))).max() < 4
    assert shown.min() >= expected.min()


def test_the_view_stays_on_the_mosaic(page):
    smallest = page.evaluate(
        "(view.setState({x: 1e9, y: -1e9, scale: 1e-9}), view.state)"
    )
    # Positions are rounded to whole pixels of the canvas.
    assert smallest == pytest.approx(page.evaluate("view.fitState()"), abs=0.5 / 0.75)
    largest = page.evaluate("(view.setState({x: 1e9, y: 1e9, scale: 1e9}), view.state)")
    assert largest["scale"] == pytest.approx(90 / 8)
    assert page.evaluate("view.center()")["x"] == pytest.approx(21 * 6, abs=0.1)


@pytest.mark.parametrize("scale", [1, 2.5, 7])
def test_a_point_stays_under_the_pointer(page, scale):
    page.evaluate("(s) => view.setState({x: 20, y: 20, scale: s})", scale)
    before = page.evaluate("view.cellAt(31, 47)")
    page.evaluate("view.zoom(1.3, 31, 47)")
    assert page.evaluate("view.cellAt(31, 47)") == before


def test_finding_cells_equals_brute_force(page):
    """Compare at all points of a layout with a large cell and four small ones."""
    boxes = [[0, 0, 8, 8], [8, 0, 4, 4], [12, 0, 4, 4], [8, 4, 4, 4], [12, 4, 4, 4]]
    found = page.evaluate(
        """(boxes) => {
            const cells = new Cells(Int32Array.from(boxes.flat()), 16, 8);
            return [...Array(9 * 17).keys()].map((n) => [
                cells.at(n % 17 + 0.5, Math.floor(n / 17) + 0.5),
                cells.within({x: n % 17 - 3, y: Math.floor(n / 17) - 3, width: 6,
                    height: 4}).sort()]);
        }""",
        boxes,
    )

    def touches(box, x, y, width, height):
        across = box[0] < x + width and x < box[0] + box[2]
        return across and box[1] < y + height and y < box[1] + box[3]

    for number, (at, within) in enumerate(found):
        x, y = number % 17, number // 17
        at_point = [
            n for n, box in enumerate(boxes) if touches(box, x + 0.4, y + 0.4, 0.2, 0.2)
        ]
        assert at == (at_point[0] if at_point else -1)
        assert within == [
            n for n, box in enumerate(boxes) if touches(box, x - 3, y - 3, 6, 4)
        ]
