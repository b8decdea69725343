"""The viewer in Chromium, opened from the disk and from a static server."""

import json
import shutil
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from browser import canvas_pixels, chromium, serve_folder
from PIL import Image

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.imaging.resize import resize
from pigeonhole.matching.histogram_matching import BYTE_LEVELS, ToneCurve
from pigeonhole.mosaic import viewer
from pigeonhole.mosaic.cell_stats import cell_errors, worst_cells
from pigeonhole.mosaic.compose import Mosaic
from pigeonhole.mosaic.layout import brick_layout, grid_layout, quadtree_layout
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.tile_cache import with_mirrors
from pigeonhole.mosaic.viewer import Scene, page, save_viewer
from pigeonhole.settings import EditSettings, MosaicOptions
from pigeonhole.tiles import TileRow, TileSet

TILE = Size(6, 8)
GRID = (20, 25)
SIZE = Size(25 * 6, 20 * 8)
UNSAFE_NAME = "<img src=x onerror=alert(1)></script>.jpg"
PLAIN = MosaicOptions(mirror=True, color_transfer=0)
PROTOCOLS = ["file", "http"]


def make_crops():
    """Return twelve random crops of 60x80."""
    random = np.random.default_rng(3)
    coarse = random.integers(0, 256, (12, 8, 6, 3), np.uint8)
    return [resize(image, 60, 80) for image in coarse]


def tile_rows():
    photographers = ["Ann Smith", "Zoë Åberg", ""]
    return [
        TileRow(
            tile=number,
            id=f"id{number:02}",
            source_id=f"id{number:02}",
            photo=UNSAFE_NAME if number == 5 else f"photo-{number:02}.jpg",
            x=0,
            y=0,
            width=60,
            height=80,
            rotation=0,
            source="pexels",
            photographer=photographers[number % 3],
            photographer_url=["https://pexels.com/@ann", "javascript:alert(1)", ""][
                number % 3
            ],
            page_url=f"https://pexels.com/{number}",
            license="CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)",
        )
        for number in range(12)
    ]


def make_scene(**changes):
    tiles = np.stack([resize(crop, *TILE) for crop in make_crops()])
    # Tile 11 isn't used; some cells show mirror images.
    placement = np.random.default_rng(4).integers(0, 11, 500)
    placement[::7] += 12
    values = {
        "tile_set": TileSet(tiles, tile_rows()),
        "layout": grid_layout(SIZE, TILE),
        "placement": placement,
        "frame": np.zeros((SIZE.height, SIZE.width, 3), np.uint8),
        "options": PLAIN,
        **changes,
    }
    tile_set, layout, placement, frame, options = (
        values[name] for name in ("tile_set", "layout", "placement", "frame", "options")
    )
    if tile_set.tiles.ndim == 3:
        frame = frame[..., 0]
    mosaic = Mosaic(
        layout=layout,
        placement=placement,
        distances=np.zeros_like(placement),
        tile_set=with_mirrors(tile_set),
        frame=frame,
        curve=ToneCurve(BYTE_LEVELS),
        options=options,
        advice=None,
        optimality_gap=None,
    )
    return Scene(
        name="a <b>face</b>",
        tile_set=tile_set,
        layout=layout,
        drawing=Drawing.from_mosaic(mosaic),
        target=np.full((40, 50, 3), [10, 200, 30], np.uint8),
        mosaic=mosaic.image(),
        banned=changes.get("banned", ()),
    )


def write_viewer(folder, scene=None):
    save_viewer(folder, scene or make_scene(), enumerate(make_crops()), 10**6)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_viewer(tmp_path_factory.mktemp("viewer") / "viewer")


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@contextmanager
def open_viewer(browser, folder, protocol="http", anchor="", **options):
    """Open a viewer; errors and warnings of the page fail the test at the end."""
    problems = []
    defaults = {"viewport": {"width": 900, "height": 600}, "reduced_motion": "reduce"}
    # Close the page before its server, so that no request fails.
    with (
        serve_folder(folder) as host,
        browser.new_context(**{**defaults, **options}) as context,
    ):
        tab = context.new_page()
        tab.on("console", lambda message: problems.append(message.text))
        # Chromium warns when the tests read pixels.
        tab.on(
            "console", lambda message: "getImageData" in message.text and problems.pop()
        )
        tab.on("pageerror", lambda error: problems.append(str(error)))
        tab.on("dialog", lambda dialog: problems.append(dialog.message))
        address = folder.as_uri() if protocol == "file" else host
        tab.goto(f"{address}/index.html{anchor}")
        wait_until(tab, "viewer.view.overview !== null")
        yield tab
    assert problems == []


def wait_until(tab, condition):
    """Wait for a condition; the policy of the page forbids `wait_for_function`."""
    for _ in range(200):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(25)
    raise AssertionError(f"timed out: {condition}")


def wait_until_drawn(tab):
    """Wait until everything has loaded and is drawn."""
    wait_until(
        tab,
        """viewer.view.frame === null && viewer.view.isSettled
            && viewer.pendingPaints.size === 0""",
    )


def center(tab):
    box = tab.locator("#mosaic").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_mouse_and_wheel_zoom_to_a_photo_and_show_its_credit(browser, folder, protocol):
    with open_viewer(browser, folder, protocol) as tab:
        tab.mouse.move(*center(tab))
        for _ in range(30):
            tab.mouse.wheel(0, -200)
        tab.mouse.click(*center(tab))
        wait_until_drawn(tab)
        box = tab.evaluate("viewer.view.screenBox(viewer.cell)")
        assert box["height"] > 400
        # At this scale the photo itself is drawn.
        singles = "viewer.view.atlases.at(-1)"
        assert tab.evaluate(f"{singles}.columns * {singles}.rows") == 1
        assert tab.evaluate(f"{singles}.requested.size") > 0
        row = tile_rows()[tab.evaluate("viewer.tile")]
        label = tab.locator("#selection")
        assert label.get_by_text(row.photo).is_visible()
        assert label.get_by_text(row.photographer or "unknown").is_visible()
        license = label.get_by_role("link", name="CC BY 4.0")
        assert license.get_attribute("href").endswith("/licenses/by/4.0/")
        photo = label.get_by_role("link", name=row.photo)
        assert photo.get_attribute("href") == row.page_url


def test_an_animation_ends_with_the_full_resolution_photo(browser, folder):
    with open_viewer(browser, folder, reduced_motion="no-preference") as tab:
        tab.evaluate("viewer.zoomToCell(77)")
        wait_until(tab, "viewer.view.destination === null")
        wait_until_drawn(tab)
        before = tab.evaluate("viewer.view.atlases.at(-1).requested.size")
        # The scale stays the same: only the animation can have requested the photo.
        tab.evaluate("viewer.view.flyTo(viewer.view.centeredOnCell(411), 300)")
        wait_until(tab, "viewer.view.destination === null")
        wait_until_drawn(tab)
        assert tab.evaluate("viewer.view.atlases.at(-1).requested.size") > before


def test_dragging_pans(browser, folder):
    with open_viewer(browser, folder) as tab:
        tab.mouse.move(*center(tab))
        for _ in range(12):
            tab.mouse.wheel(0, -200)
        before = tab.evaluate("viewer.view.state")
        tab.mouse.down()
        x, y = center(tab)
        tab.mouse.move(x - 60, y - 40, steps=4)
        tab.mouse.up()
        after = tab.evaluate("viewer.view.state")
        assert after["scale"] == before["scale"]
        moved = [(after[axis] - before[axis]) * after["scale"] for axis in "xy"]
        assert moved == pytest.approx([60, 40], abs=2)
        assert tab.evaluate("viewer.cell") == -1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_search_highlights_all_uses(browser, folder, protocol):
    with open_viewer(browser, folder, protocol) as tab:
        tab.fill("#search", "zoe aber")
        assert tab.locator("#results li").count() == 1
        tab.locator("#results li").click()
        numbers = [
            n for n, row in enumerate(tile_rows()) if row.photographer == "Zoë Åberg"
        ]
        expected = np.flatnonzero(np.isin(make_scene().placement % 12, numbers))
        assert tab.evaluate("viewer.highlighted") == expected.tolist()
        assert f"Stop highlighting (1 of {len(expected)} cells)" in tab.inner_text(
            "#highlight"
        )
        tab.click("#next")
        assert tab.evaluate("viewer.cell") == expected[1]
        tab.fill("#search", "photo-03.jpg")
        tab.press("#search", "Enter")
        assert tab.evaluate("viewer.tile") == 3
        assert f"of {(make_scene().placement % 12 == 3).sum()}" in tab.inner_text(
            "#uses"
        )
        tab.fill("#search", "nobody")
        assert tab.inner_text("#result-count") == "No matches"
        tab.fill("#search", "photo-11")
        assert "not used" in tab.inner_text("#results")


def test_search_says_which_tiles_are_banned(browser, tmp_path):
    scene = make_scene(placement=np.arange(500) % 9, banned=("id09", "photo-11.jpg"))
    with open_viewer(browser, write_viewer(tmp_path / "v", scene)) as tab:
        for number, expected in (
            (8, "uses"),
            (9, "banned"),
            (10, "not used"),
            (11, "banned"),
        ):
            tab.fill("#search", f"photo-{number:02}")
            assert expected in tab.inner_text("#results")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_slider_fades_to_the_target(browser, folder, protocol):
    with open_viewer(browser, folder, protocol) as tab:
        tab.locator("#target-opacity").fill("100")
        wait_until(tab, "viewer.view.target !== null")
        wait_until_drawn(tab)
        x, y = center(tab)
        shot = tab.screenshot(
            clip={"x": x - 50, "y": y - 50, "width": 100, "height": 99}
        )
        (folder.parent / "shot.png").write_bytes(shot)
        with Image.open(folder.parent / "shot.png") as image:
            shown = np.asarray(image.convert("RGB")).astype(int)
        assert abs(shown - [10, 200, 30]).max() < 6


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_keyboard_controls_everything(browser, folder, protocol):
    with open_viewer(browser, folder, protocol) as tab:
        press = tab.keyboard.press
        status = tab.locator("#status")
        press("Tab")
        assert tab.evaluate("document.activeElement.id") == "mosaic"
        press("ArrowRight")
        first = tab.evaluate("viewer.cell")
        press("ArrowRight")
        press("ArrowDown")
        assert tab.evaluate("viewer.cell") == first + 1 + 25
        row, column = divmod(first + 26, 25)
        assert f"row {row}, column {column}" in status.inner_text()
        press("Enter")
        near = tab.evaluate("viewer.view.state.scale")
        assert near == pytest.approx(tab.evaluate("viewer.view.maxScale"))
        press("Enter")
        assert tab.evaluate("viewer.view.state.scale") < near
        for key in ("+", "+", "Shift+ArrowRight", "-", "0"):
            press(key)
        assert tab.evaluate("viewer.view.state") == tab.evaluate(
            "viewer.view.fitState()"
        )
        press("l")
        assert tab.evaluate("viewer.highlighted.length > 1")
        before = tab.evaluate("viewer.cell")
        press("n")
        assert tab.evaluate("viewer.cell") != before
        press("p")
        assert tab.evaluate("viewer.cell") == before
        press("Escape")
        assert tab.evaluate("viewer.highlighted") is None
        press("t")
        assert tab.evaluate("viewer.view.targetOpacity") == 1
        press("/")
        tab.keyboard.type("ann")
        press("ArrowDown")
        active = tab.get_attribute("#search", "aria-activedescendant")
        assert tab.get_attribute(f"#{active}", "aria-selected") == "true"
        press("Enter")
        assert "of photos by Ann Smith" in status.inner_text()
        press("Escape")
        assert tab.evaluate("document.activeElement.id") == "mosaic"
        press("h")
        assert tab.locator("#keys dl").is_visible()


def test_every_control_has_an_accessible_name(browser, folder):
    with open_viewer(browser, folder, anchor="#cell=2,3") as tab:
        tab.locator("#selection summary").click()
        tab.locator("#ban").click()
        nameless = tab.evaluate(
            """[...document.querySelectorAll("button, input, canvas, a, [role]")]
                .filter((element) => element.checkVisibility())
                .filter((element) => !element.closest("li"))
                .filter((element) => !(element.ariaLabel || element.innerText.trim()
                    || element.id === "status"))
                .map((element) => element.outerHTML)"""
        )
        assert nameless == []
        wide = "document.documentElement.scrollWidth > innerWidth"
        assert not tab.evaluate(wide)


def test_address_selects_a_cell(browser, folder):
    with open_viewer(browser, folder, anchor="#cell=3,4") as tab:
        assert tab.evaluate("viewer.cell") == 3 * 25 + 4
        assert "Row 3, column 4" in tab.inner_text("#uses")
        tab.evaluate("location.hash = '#cell=19,24'")
        wait_until(tab, "viewer.cell === 499")
    with open_viewer(browser, folder, anchor="#cell=20,0") as tab:
        assert tab.evaluate("viewer.cell") == -1


def test_pinch_zooms_and_tap_selects(browser, folder):
    phone = {
        "viewport": {"width": 390, "height": 780},
        "has_touch": True,
        "is_mobile": True,
        "device_scale_factor": 2,
    }
    with open_viewer(browser, folder, **phone) as tab:
        session = tab.context.new_cdp_session(tab)
        x, y = center(tab)

        def touch(kind, *spreads):
            points = [{"x": x + s, "y": y, "id": n} for n, s in enumerate(spreads)]
            session.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
            )

        before = tab.evaluate("[viewer.view.state.scale, viewer.view.center().x]")
        touch("touchStart", -20, 20)
        for spread in range(20, 61, 10):
            touch("touchMove", -spread, spread)
        touch("touchEnd")
        after = tab.evaluate("[viewer.view.state.scale, viewer.view.center().x]")
        assert after[0] / before[0] == pytest.approx(3, rel=0.05)
        assert after[1] == pytest.approx(before[1], abs=2)
        tab.touchscreen.tap(x, y)
        assert tab.locator("#selection").is_visible()
        assert not tab.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_resizing_keeps_the_whole_mosaic_visible(browser, folder):
    with open_viewer(browser, folder) as tab:
        for width, height in ((1200, 500), (400, 800)):
            tab.set_viewport_size({"width": width, "height": height})
            box = tab.locator("#mosaic").bounding_box()
            wait_until(tab, f"viewer.view.canvas.width === {round(box['width'])}")
            state = tab.evaluate("viewer.view.state")
            assert state == tab.evaluate("viewer.view.fitState()")
        tab.click("#toggle-panel")
        wait_until(tab, "viewer.view.canvas.height === 800")
        assert not tab.locator("aside").is_visible()
        tab.keyboard.press("Tab")
        tab.locator("#mosaic").focus()
        tab.keyboard.press("/")
        assert tab.locator("aside").is_visible()


def test_edits_are_previewed_and_saved(browser, folder):
    placement = make_scene().placement % 12
    with open_viewer(browser, folder, anchor="#cell=0,0") as tab:
        tab.locator("#selection summary").click()
        first = int(placement[0])
        tab.click("#pin")
        tab.evaluate("viewer.select(1)")
        other = int(placement[1])
        assert first != other
        tab.click("#replace")
        tab.fill("#search", "photo-11")
        tab.press("#search", "Enter")
        tab.evaluate("viewer.select(2)")
        banned = int(placement[2])
        assert banned not in (first, other)
        tab.click("#ban")
        assert tab.locator("#edit-list li").count() == 3
        # The viewer previews the edits.
        shown = tab.evaluate("[...viewer.view.placement]")
        expected = np.where(placement == other, 11, placement)
        expected[0] = first
        assert [tile % 12 for tile in shown] == expected.tolist()
        with tab.expect_download() as download:
            tab.click("#save")
        edits = json.loads(download.value.path().read_text())
        assert download.value.suggested_filename == "edits.json"
        assert EditSettings.model_validate(edits).ban == (f"id{banned:02}",)
        assert edits == {
            "ban": [f"id{banned:02}"],
            "pin": [{"row": 0, "column": 0, "tile": f"id{first:02}"}],
            "replace": {f"id{other:02}": "id11"},
        }
        tab.click("#clear")
        assert (
            tab.evaluate("[...viewer.view.placement]")
            == make_scene().placement.tolist()
        )


def test_names_are_never_interpreted_as_html(browser, folder):
    cell = int(np.flatnonzero(make_scene().placement % 12 == 5)[0])
    anchor = f"#cell={cell // 25},{cell % 25}"
    with open_viewer(browser, folder, anchor=anchor) as tab:
        # Without a photographer, the file name comes first.
        assert tab.inner_text("#photographer") == UNSAFE_NAME
        assert tab.inner_text("h1") == "A <b>face</b>"
        assert tab.locator("#selection a[href^='javascript']").count() == 0
        assert tab.locator("aside img").count() == 0


def test_policy_blocks_other_scripts(browser, folder):
    index = (folder / "index.html").read_text()
    modified = index.replace("</main>", "</main><script>window.ran = 1</script>")
    with serve_folder(folder) as host, browser.new_context() as context:
        tab = context.new_page()
        tab.route("**/index.html", lambda route: route.fulfill(body=modified))
        tab.goto(f"{host}/index.html")
        wait_until(tab, "viewer.view.overview !== null")
        assert tab.evaluate("window.ran === undefined")


def mosaic_pixels(tab):
    """Return the pixels of the mosaic, drawn at scale 1."""
    tab.evaluate(
        """([width, height]) => {
            const {view} = viewer;
            view.isSettled = false;
            view.drawOnTop = view.resize = () => {};
            view.margins = {top: 0, side: 0, bottom: 0};
            Object.assign(view.canvas, {width, height});
            view.setState(view.fitState());
            view.overview = null;
        }""",
        SIZE,
    )
    wait_until_drawn(tab)
    return canvas_pixels(tab, "viewer.view.canvas")


def test_view_equals_the_mosaic(browser, folder):
    with open_viewer(browser, folder) as tab:
        np.testing.assert_array_equal(mosaic_pixels(tab), make_scene().mosaic)


@pytest.mark.parametrize("layout", [grid_layout, brick_layout])
def test_color_transfer_and_overlay_are_shown(browser, tmp_path, layout):
    coarse = np.random.default_rng(5).integers(0, 256, (10, 9, 3), np.uint8)
    target = resize(coarse, *SIZE)
    options = MosaicOptions(color_transfer=0.7, max_color_transfer=40, overlay=0.3)
    cells = layout(SIZE, TILE)
    placement = np.random.default_rng(4).integers(0, 24, len(cells))
    changes = {"layout": cells, "placement": placement, "frame": target}
    scene = make_scene(**changes, options=options)
    assert (scene.drawing.gains < 1).any()
    assert (scene.drawing.offsets < 0).any()
    assert (scene.drawing.offsets > 0).any()
    with open_viewer(browser, write_viewer(tmp_path / "v", scene)) as tab:
        shown = mosaic_pixels(tab).astype(int)
    # The canvas has bytes only, so the gain, the offset and each result are rounded.
    assert np.abs(shown - scene.mosaic).max() <= 3
    plain = make_scene(**changes).mosaic
    assert np.abs(plain.astype(int) - scene.mosaic).mean() > 10


def test_brick_layout_is_exact(browser, tmp_path):
    layout = brick_layout(SIZE, TILE)
    placement = np.arange(len(layout)) % 12
    scene = make_scene(layout=layout, placement=placement)
    with open_viewer(
        browser, write_viewer(tmp_path / "v", scene), anchor="#cell=1,0"
    ) as tab:
        cell = tab.evaluate("viewer.cell")
        assert layout.labels[cell].tolist() == [1, 0]
        np.testing.assert_array_equal(mosaic_pixels(tab), scene.mosaic)
        # Cells that reach beyond the edges are cut off there.
        tab.evaluate("viewer.highlight([...viewer.catalog.tiles.keys()])")
        tab.evaluate("viewer.view.margins = {top: 5, side: 20, bottom: 5}")
        tab.evaluate("viewer.view.setState(viewer.view.fitState())")
        wait_until_drawn(tab)
        shown = canvas_pixels(tab, "viewer.view.canvas")
        assert (shown[:, :19] == shown[0, 0]).all()
        assert (shown[:, -19:] == shown[0, 0]).all()


def test_empty_cells_show_the_background(browser, tmp_path):
    mask = np.ones((SIZE.height, SIZE.width), np.bool_)
    mask[:80, :60] = False
    layout = grid_layout(SIZE, TILE).masked(mask)
    scene = make_scene(layout=layout, placement=np.arange(len(layout)) % 12)
    with open_viewer(browser, write_viewer(tmp_path / "v", scene)) as tab:
        tab.evaluate("viewer.view.background = '#ffffff'")
        np.testing.assert_array_equal(mosaic_pixels(tab), scene.mosaic)
        assert tab.evaluate("viewer.view.cells.at(5, 5)") == -1


def test_quadtree_layout_is_drawn(browser, tmp_path):
    split = [np.indices((20, 25)).sum(axis=0) % 3 == 0]
    layout = quadtree_layout(SIZE, TILE, split)
    scene = make_scene(layout=layout, placement=np.arange(len(layout)) % 12)
    with open_viewer(browser, write_viewer(tmp_path / "v", scene)) as tab:
        shown = mosaic_pixels(tab).astype(int)
        large = next(n for n, box in enumerate(layout.boxes) if box[3] == TILE.width)
        y, x, height, width = layout.boxes[large]
        part = (slice(y, y + height), slice(x, x + width))
        np.testing.assert_array_equal(shown[part], scene.mosaic[part])
        # Browsers scale tiles down in their own way.
        assert abs(shown - scene.mosaic).mean() < 4


def test_gray_tiles_are_drawn(browser, tmp_path):
    tile_set = TileSet(make_scene().tile_set.tiles[..., 0].copy(), tile_rows())
    scene = make_scene(tile_set=tile_set)
    save_viewer(
        tmp_path / "v", scene, enumerate(c[..., 0] for c in make_crops()), 10**6
    )
    with open_viewer(browser, tmp_path / "v") as tab:
        np.testing.assert_array_equal(mosaic_pixels(tab)[..., 0], scene.mosaic)


def test_missing_file_is_reported(browser, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "v")
    (tmp_path / "v/mosaic.webp").unlink()
    with serve_folder(tmp_path / "v") as host, browser.new_context() as context:
        tab = context.new_page()
        tab.goto(host)
        wait_until(tab, "document.getElementById('missing').innerText")
        assert "mosaic.webp is missing" in tab.inner_text("#missing")


def test_same_scene_gives_the_same_bytes(folder, tmp_path):
    other = write_viewer(tmp_path / "viewer")
    names = sorted(path.relative_to(folder) for path in folder.rglob("*.*"))
    assert names == sorted(path.relative_to(other) for path in other.rglob("*.*"))
    assert [
        n for n in names if (folder / n).read_bytes() != (other / n).read_bytes()
    ] == []
    # There are no photos of unused tiles.
    assert sum(name.parts[0] == "photos" for name in names) == 11


def test_photos_stay_within_their_pixel_budget(tmp_path):
    save_viewer(tmp_path / "v", make_scene(), enumerate(make_crops()), 11 * 50 * 66)
    shapes = {read_rgb(path).shape for path in (tmp_path / "v/photos").iterdir()}
    assert shapes == {(66, 49, 3)}


def test_data_cannot_end_its_element():
    text = page("t", {"name": "</script><!--\u2028"})
    data = text.split('id="data">')[1].split("</script>")[0]
    assert json.loads(data) == {"name": "</script><!--\u2028"}
    assert "<!--" not in data


def random_target_scene():
    random = np.random.default_rng(9)
    return make_scene(), random.integers(0, 256, (SIZE.height, SIZE.width, 3), np.uint8)


def test_errors_equal_those_of_the_mosaic(tmp_path):
    scene, target = random_target_scene()
    scene = replace(scene, target=target)
    expected = cell_errors(target, scene.mosaic, scene.layout)
    # The page may show a larger mosaic; errors are measured at the matched size.
    large = replace(scene, mosaic=resize(scene.mosaic, 300, 320))
    for same in (scene, large):
        write_viewer(tmp_path / "v", same)
        text = (tmp_path / "v/index.html").read_text()
        data = json.loads(text.split('id="data">')[1].split("</script>")[0])
        assert data["errors"]["cells"] == np.rint(expected).tolist()
        assert data["errors"]["worst"] == worst_cells(expected).tolist()


def test_worst_cells_are_listed_and_visited(browser, folder):
    scene = make_scene()
    target = resize(scene.target, *SIZE)
    worst = worst_cells(cell_errors(target, scene.mosaic, scene.layout)).tolist()
    with open_viewer(browser, folder) as tab:
        assert not tab.locator("#worst").is_visible()
        tab.locator("#mosaic").focus()
        visited = []
        for _ in range(11):
            tab.keyboard.press("w")
            visited.append(tab.evaluate("viewer.cell"))
        assert visited == [*worst, worst[0]]
        row, column = divmod(worst[0], GRID[1])
        error = tab.evaluate(f"viewer.data.errors.cells[{worst[0]}]")
        assert f"Row {row}, column {column}" in tab.inner_text("#uses")
        assert f"error {error}" in tab.inner_text("#uses")
        items = tab.locator("#worst button")
        assert items.count() == 10
        row, column = divmod(worst[4], GRID[1])
        assert f"Row {row}, column {column}" in items.nth(4).inner_text()
        wait_until_drawn(tab)
        # The images show the target on the left and the tile on the right.
        wait_until(tab, "viewer.view.target !== null")
        shown = canvas_pixels(tab, "document.querySelector('#worst canvas')")
        assert abs(shown.astype(int) - [10, 200, 30]).max() < 6
        items.nth(4).click()
        assert tab.evaluate("viewer.cell") == worst[4]


def test_the_map_has_one_color_for_each_error(browser, folder):
    cells = {0: 0, 77: 37, 499: 80, 30: 255}
    with open_viewer(browser, folder) as tab:
        plain = mosaic_pixels(tab)
        for cell, error in cells.items():
            tab.evaluate(f"viewer.data.errors.cells[{cell}] = {error}")
        tab.locator("#mosaic").focus()
        tab.keyboard.press("e")
        assert tab.get_attribute("#toggle-errors", "aria-pressed") == "true"
        tab.locator("#worst").wait_for(state="visible")
        wait_until_drawn(tab)
        shown = canvas_pixels(tab, "viewer.view.canvas")
        errors = tab.evaluate("viewer.data.errors")
        points = np.linspace(0, errors["maximum"], len(errors["colors"]))
        colors = np.array([list(bytes.fromhex(c[1:])) for c in errors["colors"]])
        for cell, error in cells.items():
            row, column = divmod(cell, GRID[1])
            y, x = row * TILE.height, column * TILE.width
            color = [np.interp(error, points, channel) for channel in colors.T]
            pixels = shown[y : y + TILE.height, x : x + TILE.width]
            assert abs(pixels.astype(int) - color).max() <= 1
        tab.click("#show-errors")
        assert tab.get_attribute("#show-errors", "aria-pressed") == "false"
        wait_until_drawn(tab)
        np.testing.assert_array_equal(canvas_pixels(tab, "viewer.view.canvas"), plain)


def test_only_tiles_in_the_mosaic_and_one_of_each_photo_are_cropped(
    tmp_path, monkeypatch
):
    rows = [
        replace(row, source_id=f"id{n // 4 * 4:02}")
        for n, row in enumerate(tile_rows())
    ]
    tile_set = TileSet(make_scene().tile_set.tiles, rows)
    scene = make_scene(tile_set=tile_set, placement=np.full(500, 12 + 5))
    crops = make_crops()
    images = {row.id: crop for row, crop in zip(rows, crops, strict=True)}
    monkeypatch.setattr(
        viewer,
        "iter_crops",
        lambda rows, *_, **__: ((n, images[row.id]) for n, row in enumerate(rows)),
    )
    cropped = dict(scene.crops([], tmp_path))
    assert list(cropped) == [0, 4, 5, 8]
    assert all((crop == crops[number]).all() for number, crop in cropped.items())
    save_viewer(tmp_path / "v", scene, cropped.items(), 10**6)
    # All tiles are on the pages, at every size.
    for size in ("6x8", "12x16"):
        page = read_rgb(next((tmp_path / "v/tiles").glob(f"{size}-0.*")))
        assert page.reshape(-1, 3).any(axis=1).mean() > 0.9
