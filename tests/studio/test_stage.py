"""The mosaic part of the studio's page in Chromium: stage, look and selected photo."""

import io
import re

import numpy as np
import pytest
from browser import canvas_pixels, check_accessibility, chromium
from PIL import Image
from studio_samples import make_project
from studio_server import PATIENCE, serve

pytestmark = pytest.mark.workflow

ACROSS = "#setting-mosaic-width input"
TRANSFER = "#setting-mosaic-color_transfer input"


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    """Open a small project; errors and warnings of the page fail at the end."""
    folder = tmp_path_factory.mktemp("stage") / "project"
    make_project(folder, photos=8)
    problems = []
    with serve(folder) as studio, chromium() as browser:
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
        )
        context.set_default_timeout(1000 * PATIENCE)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(studio.url("/"))
        wait_until_final(page)
        yield page
        context.close()
    # Chromium warns when the tests read pixels.
    assert [text for text in problems if "getImageData" not in text] == []


def wait_until(tab, condition):
    """Wait for a condition; the policy of the page forbids `wait_for_function`."""
    for _ in range(40 * PATIENCE):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(25)
    raise AssertionError(f"timed out: {condition}")


def wait_until_final(tab):
    """Wait until the stage shows the final mosaic of the newest document."""
    wait_until(
        tab,
        """window.stage?.frame?.header.stage === "final" && stage.catalog !== null
            && !stage.store.isSending && stage.store.changes.length === 0
            && stage.frame.header.revision === stage.store.state.revision""",
    )


def document(tab):
    return tab.evaluate("stage.store.state.document")


def select(tab, cell):
    tab.evaluate("(cell) => stage.select(cell)", cell)
    return tab.evaluate("stage.catalog.photoOf(stage.tile).name")


def photos_in_cells(tab):
    return tab.evaluate(
        """Array.from(stage.frame.placement, (_, cell) =>
            stage.catalog.photoOf(stage.catalog.tileAt(cell)).name)"""
    )


@pytest.fixture(autouse=True)
def unedited(tab):
    """Begin each test without edits, and with nothing selected."""
    tab.evaluate(
        """() => {
            stage.deselect();
            stage.store.change({ mosaic: { ban: [], pin: [], replace: {} } }, "Begin");
        }"""
    )
    wait_until_final(tab)
    tab.evaluate("stage.view.setState(stage.view.fitState())")


def test_the_canvas_shows_the_final_image(tab):
    content = tab.evaluate(
        """async () => {
            const { token } = await import("/studio/connection.js");
            const answer = await fetch(`/preview.png?token=${token}`);
            return [...new Uint8Array(await answer.arrayBuffer())];
        }"""
    )
    expected = np.asarray(Image.open(io.BytesIO(bytes(content))).convert("RGB"))
    tab.evaluate(
        """() => {
            const { view } = stage;
            const { width, height } = view.overview;
            stage.canvas.style = `width: ${width}px; height: ${height}px`;
            view.margins = { top: 0, side: 0, bottom: 0 };
            view.resize();
            view.setState(view.fitState());
            view.draw();
        }"""
    )
    shown = canvas_pixels(tab, "stage.canvas").astype(int)
    tab.evaluate("stage.canvas.style = ''")
    assert shown.shape == expected.shape
    # The preview is a JPEG; another mosaic would differ by ten times as much.
    assert np.abs(shown - expected).mean() < 6


def test_a_slider_changes_the_mosaic_and_undo_takes_it_back(tab):
    before = tab.evaluate("stage.frame.header.cells")
    slider = tab.locator(ACROSS)
    slider.focus()
    value = int(slider.input_value())
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    wait_until(tab, f"stage.frame.header.grid.columns === {value + 3}")
    wait_until_final(tab)
    assert document(tab)["mosaic"]["width"] == 6 * (value + 3)
    assert (
        tab.locator("#look").get_by_text(re.compile(rf"^{value + 3} \S ")).is_visible()
    )
    # Key presses that follow each other are one step of the history.
    tab.keyboard.press("Control+z")
    wait_until(tab, f"stage.frame.header.cells === {before}")


def test_a_slider_is_reset_to_its_default(tab):
    slider = tab.locator(TRANSFER)
    slider.fill("0.3")
    wait_until(tab, "stage.store.state.document.mosaic.color_transfer === 0.3")
    assert slider.get_attribute("aria-valuetext") == "30%"
    tab.get_by_role("button", name="Reset color transfer").click()
    wait_until(tab, "stage.store.state.document.mosaic.color_transfer === 1")
    assert slider.input_value() == "1"


def test_advice_is_one_click(tab):
    slider = tab.locator(TRANSFER)
    slider.fill("0")
    wait_until(tab, "stage.store.state.document.mosaic.color_transfer === 0")
    wait_until_final(tab)
    advice = tab.evaluate("stage.frame.header.summary.advice")
    tab.locator(".summary summary").click()
    assert tab.locator(".advice li").count() == len(advice) > 0
    before = document(tab)
    tab.get_by_role("button", name=advice[0]["label"]).click()
    wait_until_final(tab)
    assert document(tab) != before
    tab.locator(".summary summary").click()
    tab.locator("#undo").click()
    slider.fill("1")
    wait_until(tab, "stage.store.state.document.mosaic.color_transfer === 1")
    wait_until_final(tab)


def test_sliders_without_effect_say_why(tab):
    tab.locator(TRANSFER).fill("0")
    limit = tab.locator("#setting-mosaic-max_color_transfer")
    limit.get_by_text("no effect without color transfer").wait_for()
    assert limit.locator("input").is_disabled()
    tab.locator(TRANSFER).fill("1")
    wait_until(tab, "stage.store.state.document.mosaic.color_transfer === 1")


def test_a_photo_is_banned_and_allowed_again(tab):
    name = select(tab, 5)
    inspector = tab.locator("#inspector")
    assert (
        inspector.get_by_role("link", name=name)
        .or_(inspector.get_by_text(name))
        .first.is_visible()
    )
    inspector.get_by_role("button", name="Ban this photo").click()
    wait_until(tab, "stage.store.state.document.mosaic.ban.length === 1")
    wait_until_final(tab)
    assert document(tab)["mosaic"]["ban"] == [name]
    assert name not in photos_in_cells(tab)
    # Escape closes the panel from wherever the focus is in it.
    tab.keyboard.press("Escape")
    assert inspector.is_hidden()
    assert tab.evaluate("document.activeElement.id") == "mosaic"
    tab.get_by_role("button", name=f"Take back: {name} banned").click()
    wait_until(tab, "stage.store.state.document.mosaic.ban.length === 0")
    assert tab.locator(".edit-list li").count() == 0


def test_another_photo_is_pinned_to_a_cell(tab):
    old = select(tab, 6)
    tab.get_by_role("button", name="Pin another…").click()
    field = tab.get_by_label("Search photos")
    other = next(f"{n}.jpg" for n in range(8) if f"{n}.jpg" != old)
    field.fill(other)
    tab.locator(".picker-list button").first.click()
    wait_until(tab, "stage.store.state.document.mosaic.pin.length === 1")
    wait_until_final(tab)
    assert photos_in_cells(tab)[6] == other
    pin = document(tab)["mosaic"]["pin"][0]
    assert (pin["row"], pin["column"]) == (1, 2)
    tab.get_by_role("button", name="Unpin").click()
    wait_until(tab, "stage.store.state.document.mosaic.pin.length === 0")


def test_a_click_in_the_mosaic_replaces_a_photo_everywhere(tab):
    wait_until_final(tab)
    names = photos_in_cells(tab)
    old = select(tab, 0)
    cell = next(n for n, name in enumerate(names) if name != old)
    tab.get_by_role("button", name="Replace everywhere…").click()
    box = tab.evaluate("(cell) => stage.view.screenBox(cell)", cell)
    tab.locator("#mosaic").click(
        position={"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    )
    wait_until(
        tab, "Object.keys(stage.store.state.document.mosaic.replace).length === 1"
    )
    wait_until_final(tab)
    shown = photos_in_cells(tab)
    assert old not in shown
    assert shown[0] == names[cell]
    # Other tiles have other ids: the edit is carried over to them, and back.
    tab.evaluate("stage.deselect()")
    tab.get_by_role("radio", name="Normal").check()
    wait_until(tab, "stage.store.state.document.tiles.size === '16x12'")
    wait_until_final(tab)
    assert old not in photos_in_cells(tab)
    assert document(tab)["mosaic"]["replace"].keys() <= {
        tile["id"] for tile in tab.evaluate("stage.catalog.tiles")
    }
    tab.locator("#undo").click()
    wait_until(tab, "stage.store.state.document.tiles.size === '6x4'")
    wait_until_final(tab)
    assert old not in photos_in_cells(tab)


def test_the_crop_of_a_photo_is_moved_by_keyboard(tab):
    name = select(tab, 7)
    version = tab.evaluate("stage.source.version")
    tab.get_by_role("button", name="Move the crop…").click()
    frame = tab.get_by_role("group", name="Crop; arrow keys move it")
    frame.wait_for()
    for key in ["-", "-", "-", *["Shift+ArrowLeft"] * 9]:
        frame.press(key)
    tab.get_by_role("button", name="Use this crop").click()
    wait_until(tab, f"stage.store.state.photos.tiles_version !== {version}")
    wait_until_final(tab)
    x, _, width, height = document(tab)["tiles"]["crops"][name]
    assert x == 0
    assert width / height == pytest.approx(6 / 4, abs=0.1)
    tab.evaluate("stage.deselect()")
    tab.get_by_role("button", name=f"Take back: {name} cropped by hand").click()
    wait_until(tab, "Object.keys(stage.store.state.document.tiles.crops).length === 0")
    wait_until_final(tab)


def test_zooming_to_a_cell_shows_the_crop_of_its_photo(tab):
    name = select(tab, 10)
    tab.locator("#mosaic").focus()
    tab.keyboard.press("Enter")
    wait_until(tab, "stage.view.isSettled && stage.view.frame === null")
    box = tab.evaluate("stage.view.screenBox(10)")
    assert box["height"] > 300
    largest = tab.evaluate(
        "Math.max(...stage.view.atlases.filter(({ requested }) => requested.size)"
        ".map(({ width }) => width))"
    )
    assert largest > 6
    assert name.removesuffix(".jpg") in {str(number) for number in range(8)}
    # The mosaic is larger than the canvas now, and the way back shows all of it.
    tab.keyboard.press("Enter")
    wait_until(tab, "stage.view.state.scale === stage.view.fitState().scale")


def test_keys_move_highlight_and_compare(tab):
    mosaic = tab.locator("#mosaic")
    mosaic.focus()
    select(tab, 0)
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate("stage.cell") == 5
    assert "row 1, column 1" in tab.locator("#live").text_content()
    tab.keyboard.press("l")
    assert tab.evaluate("stage.view.highlighted.has(5)")
    tab.keyboard.press("Escape")
    assert tab.evaluate("stage.view.highlighted") is None
    tab.keyboard.press("Escape")
    assert tab.locator("#inspector").is_hidden()
    for key, state in [("g", "hasGrid"), ("d", "isDistant"), ("e", "map !== null")]:
        condition = f"Boolean(stage.view.{state})"
        tab.keyboard.press(key)
        assert tab.evaluate(condition)
        tab.keyboard.press(key)
        assert not tab.evaluate(condition)


def test_the_target_is_next_to_the_mosaic(tab):
    mosaic = tab.locator("#mosaic")
    mosaic.focus()
    tab.keyboard.press("s")
    divider = tab.get_by_role("slider", name="Divider between mosaic and target")
    divider.focus()
    tab.keyboard.press("PageDown")
    assert divider.get_attribute("aria-valuenow") == "40"
    wait_until(tab, "stage.view.target !== null && stage.view.frame === null")
    pixels = canvas_pixels(tab, "stage.canvas").astype(int)
    tab.keyboard.press("Escape")
    assert divider.is_hidden()
    wait_until(tab, "stage.view.frame === null")
    mosaic_only = canvas_pixels(tab, "stage.canvas").astype(int)
    width = pixels.shape[1]
    np.testing.assert_array_equal(
        pixels[:, : int(0.39 * width)], mosaic_only[:, : int(0.39 * width)]
    )
    right = np.abs(pixels - mosaic_only)[:, int(0.41 * width) :]
    assert right.mean() > 5


def test_a_problem_is_shown_with_ways_to_solve_it(tab):
    tab.evaluate("stage.store.change({ mosaic: { ban: ['missing.jpg'] } }, 'Ban')")
    problem = tab.get_by_role("alert")
    problem.get_by_text("missing.jpg").wait_for()
    # The last mosaic stays.
    assert tab.evaluate("stage.frame.image !== null")
    problem.get_by_role("button", name="Remove all edits").click()
    wait_until_final(tab)
    assert document(tab)["mosaic"]["ban"] == []
    assert problem.is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panels_are_accessible(tab, scheme):
    tab.emulate_media(color_scheme=scheme)
    wait_until_final(tab)
    check_accessibility(tab)
    select(tab, 3)
    check_accessibility(tab)


@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
def test_questions_are_accessible(tab, size):
    width, height = size
    tab.set_viewport_size({"width": width, "height": height})
    select(tab, 3)
    tab.get_by_role("button", name="Pin another…").click()
    check_accessibility(tab)
    tab.get_by_role("button", name="Cancel").click()
    tab.get_by_role("button", name="Move the crop…").click()
    tab.get_by_role("group", name="Crop; arrow keys move it").wait_for()
    check_accessibility(tab)
    tab.keyboard.press("Escape")
