"""The viewer in Chromium, from the disk and from a static server."""

import json
import shutil
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from browser import chromium, pixels, served
from PIL import Image

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.imaging.resize import resize
from pigeonhole.mosaic.layout import brick, plain, quadtree
from pigeonhole.mosaic.render.color import overlaid, tinted
from pigeonhole.mosaic.viewer import Scene, page, save_viewer
from pigeonhole.settings import EditSettings
from pigeonhole.tiles import TileRow, TileSet

TILE = Size(6, 8)
GRID = (20, 25)
SIZE = Size(25 * 6, 20 * 8)
EVIL = "<img src=x onerror=alert(1)></script>.jpg"
WAYS = ["file", "http"]


def crops():
    """Twelve photos' parts in tones and patterns of their own, 60x80."""
    random = np.random.default_rng(3)
    coarse = random.integers(0, 256, (12, 8, 6, 3), np.uint8)
    return [resize(picture, 60, 80) for picture in coarse]


def rows():
    people = ["Ann Smith", "Zoë Åberg", ""]
    return [
        TileRow(
            tile=number,
            id=f"id{number:02}",
            photo=EVIL if number == 5 else f"photo-{number:02}.jpg",
            x=0,
            y=0,
            width=60,
            height=80,
            source="pexels",
            photographer=people[number % 3],
            photographer_url=["https://pexels.com/@ann", "javascript:alert(1)", ""][
                number % 3
            ],
            page_url=f"https://pexels.com/{number}",
            licence="CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)",
        )
        for number in range(12)
    ]


def scene(**changes):
    tiles = np.stack([resize(crop, *TILE) for crop in crops()])
    # Tile 11 isn't used; some cells show mirror images.
    placement = np.random.default_rng(4).integers(0, 11, 500)
    placement[::7] += 12
    usual = {
        "name": "a <b>face</b>",
        "tile_set": TileSet(tiles, rows()),
        "layout": plain(SIZE, TILE),
        "placement": placement,
        "target": np.full((40, 50, 3), [10, 200, 30], np.uint8),
        "shown": np.zeros((SIZE.height, SIZE.width, 3), np.uint8),
    }
    made = Scene(**{**usual, **changes})
    return made if "shown" in changes else replace(made, shown=made.plain())


def saved(folder, made=None):
    save_viewer(folder, made or scene(), enumerate(crops()), 10**6)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("viewer") / "viewer")


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@contextmanager
def opened(browser, folder, way="http", anchor="", **context):
    """Open a viewer; at the end nothing may have gone wrong unseen."""
    wrong = []
    usual = {"viewport": {"width": 900, "height": 600}, "reduced_motion": "reduce"}
    # The page goes first: what it still loads would fail without its server.
    with served(folder) as host, browser.new_context(**{**usual, **context}) as made:
        tab = made.new_page()
        tab.on("console", lambda message: wrong.append(message.text))
        # Reading pixels is the tests' own habit.
        tab.on(
            "console", lambda message: "getImageData" in message.text and wrong.pop()
        )
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("dialog", lambda dialog: wrong.append(dialog.message))
        address = folder.as_uri() if way == "file" else host
        tab.goto(f"{address}/index.html{anchor}")
        until(tab, "viewer.view.overview !== null")
        yield tab
    assert wrong == []


def until(tab, condition):
    """Wait for a condition; Playwright's own way evaluates text, which pages forbid."""
    for _ in range(200):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(25)
    raise AssertionError(f"never: {condition}")


def ready(tab):
    """Wait until nothing is left to load and to draw."""
    until(
        tab,
        """viewer.view.frame === null && viewer.view.settled
            && viewer.thumbs.size === 0""",
    )


def middle(tab):
    box = tab.locator("#mosaic").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("way", WAYS)
def test_mouse_and_wheel_go_to_one_photo_and_its_credit(browser, folder, way):
    with opened(browser, folder, way) as tab:
        tab.mouse.move(*middle(tab))
        for _ in range(30):
            tab.mouse.wheel(0, -200)
        tab.mouse.click(*middle(tab))
        ready(tab)
        box = tab.evaluate("viewer.view.shownBox(viewer.cell)")
        assert box["height"] > 400
        # So near, the photo itself is shown.
        singles = "viewer.view.atlases.at(-1)"
        assert tab.evaluate(f"{singles}.columns * {singles}.rows") == 1
        assert tab.evaluate(f"{singles}.images.size") > 0
        row = rows()[tab.evaluate("viewer.tile")]
        label = tab.locator("#label")
        assert label.get_by_text(row.photo).is_visible()
        assert label.get_by_text(row.photographer or "unknown").is_visible()
        licence = label.get_by_role("link", name="CC BY 4.0")
        assert licence.get_attribute("href").endswith("/licenses/by/4.0/")
        photo = label.get_by_role("link", name=row.photo)
        assert photo.get_attribute("href") == row.page_url


def test_a_flight_ends_with_the_photo_itself(browser, folder):
    with opened(browser, folder, reduced_motion="no-preference") as tab:
        tab.evaluate("viewer.near(77)")
        until(tab, "viewer.view.goal === null")
        ready(tab)
        before = tab.evaluate("viewer.view.atlases.at(-1).images.size")
        # The scale stays: only the flight itself could have painted what is seen.
        tab.evaluate("viewer.view.go(viewer.view.aroundCell(411), 300)")
        until(tab, "viewer.view.goal === null")
        ready(tab)
        assert tab.evaluate("viewer.view.atlases.at(-1).images.size") > before


def test_dragging_pans(browser, folder):
    with opened(browser, folder) as tab:
        tab.mouse.move(*middle(tab))
        for _ in range(12):
            tab.mouse.wheel(0, -200)
        before = tab.evaluate("viewer.view.look")
        tab.mouse.down()
        x, y = middle(tab)
        tab.mouse.move(x - 60, y - 40, steps=4)
        tab.mouse.up()
        after = tab.evaluate("viewer.view.look")
        assert after["scale"] == before["scale"]
        moved = [(after[axis] - before[axis]) * after["scale"] for axis in "xy"]
        assert moved == pytest.approx([60, 40], abs=2)
        assert tab.evaluate("viewer.cell") == -1


@pytest.mark.parametrize("way", WAYS)
def test_search_lights_up_all_uses(browser, folder, way):
    with opened(browser, folder, way) as tab:
        tab.fill("#search", "zoe aber")
        assert tab.locator("#found li").count() == 1
        tab.locator("#found li").click()
        mine = [n for n, row in enumerate(rows()) if row.photographer == "Zoë Åberg"]
        lit = np.flatnonzero(np.isin(scene().placement % 12, mine))
        assert tab.evaluate("viewer.lit") == lit.tolist()
        assert f"Lights off (1 of {len(lit)} cells)" in tab.inner_text("#light")
        tab.click("#next")
        assert tab.evaluate("viewer.cell") == lit[1]
        tab.fill("#search", "photo-03.jpg")
        tab.press("#search", "Enter")
        assert tab.evaluate("viewer.tile") == 3
        assert f"of {(scene().placement % 12 == 3).sum()}" in tab.inner_text("#uses")
        tab.fill("#search", "nobody")
        assert tab.inner_text("#count") == "Nobody and nothing of that name"
        tab.fill("#search", "photo-11")
        assert "not used" in tab.inner_text("#found")


def test_what_the_mosaic_was_made_without_is_found_as_banned(browser, tmp_path):
    made = scene(placement=np.arange(500) % 9, banned=("id09", "photo-11.jpg"))
    with opened(browser, saved(tmp_path / "v", made)) as tab:
        for number, told in (
            (8, "uses"),
            (9, "banned"),
            (10, "not used"),
            (11, "banned"),
        ):
            tab.fill("#search", f"photo-{number:02}")
            assert told in tab.inner_text("#found")


@pytest.mark.parametrize("way", WAYS)
def test_the_slider_goes_from_mosaic_to_target(browser, folder, way):
    with opened(browser, folder, way) as tab:
        tab.locator("#mix").fill("100")
        until(tab, "viewer.view.target !== null")
        ready(tab)
        x, y = middle(tab)
        shot = tab.screenshot(
            clip={"x": x - 50, "y": y - 50, "width": 100, "height": 99}
        )
        (folder.parent / "shot.png").write_bytes(shot)
        with Image.open(folder.parent / "shot.png") as image:
            seen = np.asarray(image.convert("RGB")).astype(int)
        assert abs(seen - [10, 200, 30]).max() < 6


@pytest.mark.parametrize("way", WAYS)
def test_the_keyboard_alone_suffices(browser, folder, way):
    with opened(browser, folder, way) as tab:
        press = tab.keyboard.press
        told = tab.locator("#told")
        press("Tab")
        assert tab.evaluate("document.activeElement.id") == "mosaic"
        press("ArrowRight")
        first = tab.evaluate("viewer.cell")
        press("ArrowRight")
        press("ArrowDown")
        assert tab.evaluate("viewer.cell") == first + 1 + 25
        row, column = divmod(first + 26, 25)
        assert f"row {row + 1}, column {column + 1}" in told.inner_text()
        press("Enter")
        near = tab.evaluate("viewer.view.look.scale")
        assert near == pytest.approx(tab.evaluate("viewer.view.largest"))
        press("Enter")
        assert tab.evaluate("viewer.view.look.scale") < near
        for key in ("+", "+", "Shift+ArrowRight", "-", "0"):
            press(key)
        assert tab.evaluate("viewer.view.look") == tab.evaluate("viewer.view.fitting()")
        press("l")
        assert tab.evaluate("viewer.lit.length > 1")
        before = tab.evaluate("viewer.cell")
        press("n")
        assert tab.evaluate("viewer.cell") != before
        press("p")
        assert tab.evaluate("viewer.cell") == before
        press("Escape")
        assert tab.evaluate("viewer.lit") is None
        press("t")
        assert tab.evaluate("viewer.view.mix") == 1
        press("/")
        tab.keyboard.type("ann")
        press("ArrowDown")
        active = tab.get_attribute("#search", "aria-activedescendant")
        assert tab.get_attribute(f"#{active}", "aria-selected") == "true"
        press("Enter")
        assert "photos by Ann Smith lit up" in told.inner_text()
        press("Escape")
        assert tab.evaluate("document.activeElement.id") == "mosaic"
        press("h")
        assert tab.locator("#keys dl").is_visible()


def test_everything_that_acts_has_a_name(browser, folder):
    with opened(browser, folder, anchor="#cell=2,3") as tab:
        tab.locator("#label summary").click()
        tab.locator("#ban").click()
        nameless = tab.evaluate(
            """[...document.querySelectorAll("button, input, canvas, a, [role]")]
                .filter((part) => part.checkVisibility() && !part.closest("li"))
                .filter((part) => !(part.ariaLabel || part.innerText.trim()
                    || part.id === "told"))
                .map((part) => part.outerHTML)"""
        )
        assert nameless == []
        wide = "document.documentElement.scrollWidth > innerWidth"
        assert not tab.evaluate(wide)


def test_an_address_leads_to_a_cell(browser, folder):
    with opened(browser, folder, anchor="#cell=3,4") as tab:
        assert tab.evaluate("viewer.cell") == 2 * 25 + 3
        assert "Row 3, column 4" in tab.inner_text("#uses")
        tab.evaluate("location.hash = '#cell=20,25'")
        until(tab, "viewer.cell === 499")
    with opened(browser, folder, anchor="#cell=21,1") as tab:
        assert tab.evaluate("viewer.cell") == -1


def test_fingers_pinch_and_tap(browser, folder):
    phone = {
        "viewport": {"width": 390, "height": 780},
        "has_touch": True,
        "is_mobile": True,
        "device_scale_factor": 2,
    }
    with opened(browser, folder, **phone) as tab:
        session = tab.context.new_cdp_session(tab)
        x, y = middle(tab)

        def touch(kind, *spreads):
            points = [{"x": x + s, "y": y, "id": n} for n, s in enumerate(spreads)]
            session.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
            )

        before = tab.evaluate("[viewer.view.look.scale, viewer.view.middle().x]")
        touch("touchStart", -20, 20)
        for spread in range(20, 61, 10):
            touch("touchMove", -spread, spread)
        touch("touchEnd")
        after = tab.evaluate("[viewer.view.look.scale, viewer.view.middle().x]")
        assert after[0] / before[0] == pytest.approx(3, rel=0.05)
        assert after[1] == pytest.approx(before[1], abs=2)
        tab.touchscreen.tap(x, y)
        assert tab.locator("#label").is_visible()
        assert not tab.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_the_whole_stays_in_sight_when_the_window_changes(browser, folder):
    with opened(browser, folder) as tab:
        for width, height in ((1200, 500), (400, 800)):
            tab.set_viewport_size({"width": width, "height": height})
            box = tab.locator("#mosaic").bounding_box()
            until(tab, f"viewer.view.canvas.width === {round(box['width'])}")
            look, fitting = "viewer.view.look", "viewer.view.fitting()"
            assert tab.evaluate(look) == tab.evaluate(fitting)
        tab.click("#wide")
        until(tab, "viewer.view.canvas.height === 800")
        assert not tab.locator("aside").is_visible()
        tab.keyboard.press("Tab")
        tab.locator("#mosaic").focus()
        tab.keyboard.press("/")
        assert tab.locator("aside").is_visible()


def test_marks_are_saved_as_edits(browser, folder):
    placement = scene().placement % 12
    with opened(browser, folder, anchor="#cell=1,1") as tab:
        tab.locator("#label summary").click()
        first = int(placement[0])
        tab.click("#pin")
        tab.evaluate("viewer.pick(1)")
        other = int(placement[1])
        assert first != other
        tab.click("#replace")
        tab.fill("#search", "photo-11")
        tab.press("#search", "Enter")
        tab.evaluate("viewer.pick(2)")
        banned = int(placement[2])
        assert banned not in (first, other)
        tab.click("#ban")
        assert tab.locator("#mark-list li").count() == 3
        # What the marks alone tell is shown at once.
        shown = tab.evaluate("[...viewer.view.placement]")
        meant = np.where(placement == other, 11, placement)
        meant[0] = first
        assert [tile % 12 for tile in shown] == meant.tolist()
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
        assert tab.evaluate("[...viewer.view.placement]") == scene().placement.tolist()


def test_names_are_text_and_nothing_else(browser, folder):
    cell = int(np.flatnonzero(scene().placement % 12 == 5)[0])
    anchor = f"#cell={cell // 25 + 1},{cell % 25 + 1}"
    with opened(browser, folder, anchor=anchor) as tab:
        # Nobody is named: the file comes first.
        assert tab.inner_text("#photographer") == EVIL
        assert tab.inner_text("h1") == "A <b>face</b>"
        assert tab.locator("#label a[href^='javascript']").count() == 0
        assert tab.locator("aside img").count() == 0


def test_the_policy_lets_nothing_else_run(browser, folder):
    index = (folder / "index.html").read_text()
    loose = index.replace("</main>", "</main><script>window.ran = 1</script>")
    with served(folder) as host, browser.new_context() as context:
        tab = context.new_page()
        tab.route("**/index.html", lambda route: route.fulfill(body=loose))
        tab.goto(f"{host}/index.html")
        until(tab, "viewer.view.overview !== null")
        assert tab.evaluate("window.ran === undefined")


def whole(tab):
    """Return the mosaic's pixels at scale 1, seen through a canvas of its size."""
    tab.evaluate(
        """([width, height]) => {
            const {view} = viewer;
            view.settled = false;
            view.marked = view.resize = () => {};
            view.margins = {top: 0, side: 0, bottom: 0};
            Object.assign(view.canvas, {width, height});
            view.set(view.fitting());
            view.overview = null;
        }""",
        SIZE,
    )
    ready(tab)
    return pixels(tab, "viewer.view.canvas")


def test_the_page_equals_the_mosaic(browser, folder):
    with opened(browser, folder) as tab:
        np.testing.assert_array_equal(whole(tab), scene().shown)


def test_tint_and_overlay_are_shown_exactly(browser, tmp_path):
    target = np.random.default_rng(5).integers(0, 256, (160, 150, 3), np.uint8)
    plain_one = scene().shown
    shown = overlaid(tinted(plain_one, target, scene().layout, 0.7), target, 0.3)
    with opened(browser, saved(tmp_path / "v", scene(shown=shown))) as tab:
        np.testing.assert_array_equal(whole(tab), shown)


def test_bricks_are_shown_where_they_lie(browser, tmp_path):
    layout = brick(SIZE, TILE)
    placement = np.arange(len(layout)) % 12
    made = scene(layout=layout, placement=placement)
    with opened(browser, saved(tmp_path / "v", made), anchor="#cell=2,1") as tab:
        cell = tab.evaluate("viewer.cell")
        assert layout.names[cell].tolist() == [1, 0]
        np.testing.assert_array_equal(whole(tab), made.shown)
        # Bricks are cut off at the edges: the wall beside them stays the wall.
        tab.evaluate("viewer.lightUp([...viewer.catalogue.tiles.keys()])")
        tab.evaluate("viewer.view.margins = {top: 5, side: 20, bottom: 5}")
        tab.evaluate("viewer.view.set(viewer.view.fitting())")
        ready(tab)
        seen = pixels(tab, "viewer.view.canvas")
        assert (seen[:, :19] == seen[0, 0]).all()
        assert (seen[:, -19:] == seen[0, 0]).all()


def test_cells_left_empty_show_the_wall(browser, tmp_path):
    seen = np.ones((SIZE.height, SIZE.width), np.bool_)
    seen[:80, :60] = False
    layout = plain(SIZE, TILE).masked(seen)
    made = scene(layout=layout, placement=np.arange(len(layout)) % 12)
    with opened(browser, saved(tmp_path / "v", made)) as tab:
        tab.evaluate("viewer.view.background = '#ffffff'")
        np.testing.assert_array_equal(whole(tab), made.shown)
        assert tab.evaluate("viewer.view.cells.at(5, 5)") == -1


def test_cells_of_several_sizes_are_shown(browser, tmp_path):
    split = [np.indices((20, 25)).sum(axis=0) % 3 == 0]
    layout = quadtree(SIZE, TILE, split)
    made = scene(layout=layout, placement=np.arange(len(layout)) % 12)
    with opened(browser, saved(tmp_path / "v", made)) as tab:
        found = whole(tab).astype(int)
        large = next(n for n, box in enumerate(layout.boxes) if box[3] == TILE.width)
        y, x, height, width = layout.boxes[large]
        part = (slice(y, y + height), slice(x, x + width))
        np.testing.assert_array_equal(found[part], made.shown[part])
        # The browser halves a tile in its own way.
        assert abs(found - made.shown).mean() < 4


def test_grey_tiles_are_shown_too(browser, tmp_path):
    tile_set = TileSet(scene().tile_set.tiles[..., 0].copy(), rows())
    made = scene(tile_set=tile_set)
    save_viewer(tmp_path / "v", made, enumerate(c[..., 0] for c in crops()), 10**6)
    with opened(browser, tmp_path / "v") as tab:
        np.testing.assert_array_equal(whole(tab)[..., 0], made.shown)


def test_a_lost_file_is_told(browser, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "v")
    (tmp_path / "v/mosaic.webp").unlink()
    with served(tmp_path / "v") as host, browser.new_context() as context:
        tab = context.new_page()
        tab.goto(host)
        until(tab, "document.getElementById('missing').innerText")
        assert "mosaic.webp is missing" in tab.inner_text("#missing")


def test_the_same_scene_leaves_the_same_bytes(folder, tmp_path):
    other = saved(tmp_path / "viewer")
    names = sorted(path.relative_to(folder) for path in folder.rglob("*.*"))
    assert names == sorted(path.relative_to(other) for path in other.rglob("*.*"))
    assert [
        n for n in names if (folder / n).read_bytes() != (other / n).read_bytes()
    ] == []
    # The photos of tiles that no cell shows aren't there.
    assert sum(name.parts[0] == "photos" for name in names) == 11


def test_single_photos_keep_to_their_budget(tmp_path):
    save_viewer(tmp_path / "v", scene(), enumerate(crops()), 11 * 50 * 66)
    shapes = {read_rgb(path).shape for path in (tmp_path / "v/photos").iterdir()}
    assert shapes == {(66, 49, 3)}


def test_facts_cannot_end_their_element():
    text = page("t", {"name": "</script><!--\u2028"})
    facts = text.split('id="facts">')[1].split("</script>")[0]
    assert json.loads(facts) == {"name": "</script><!--\u2028"}
    assert "<!--" not in facts
