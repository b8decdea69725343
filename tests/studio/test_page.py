"""The studio's page in Chromium: photos, target, export and project."""

import shutil

import numpy as np
import pytest
from browser import check_accessibility, chromium, drop_files
from studio_samples import make_project
from studio_server import PATIENCE, serve

from pigeonhole.imaging.codecs import write_jpeg, write_png

pytestmark = pytest.mark.workflow

DESKTOP = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def browser():
    flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with chromium(*flags) as browser:
        yield browser


@pytest.fixture
def photos(tmp_path):
    """Photos in a folder and in a folder of it, and a file that isn't an image."""
    folder = tmp_path / "mine"
    (folder / "sea").mkdir(parents=True)
    random = np.random.default_rng(3)
    for name in ("a.jpg", "b.jpg", "sea/a.jpg"):
        image = np.full((40, 60, 3), random.integers(0, 256, 3), np.uint8)
        image[:, :30] //= 2
        write_jpeg(folder / name, image)
    (folder / "notes.txt").write_text("no image")
    return folder


@pytest.fixture
def open_page(browser):
    """Return a function that opens a studio's page; errors of it fail at the end."""
    problems, contexts = [], []

    def open_studio(studio, viewport=DESKTOP):
        context = browser.new_context(viewport=viewport, reduced_motion="reduce")
        context.set_default_timeout(1000 * PATIENCE)
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: problems.append(str(error)))
        tab.goto(studio.url("/"))
        tab.wait_for_selector("body:not([data-step=loading])")
        return tab

    yield open_studio
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """A studio with photos and a target, for tests that change neither."""
    folder = tmp_path_factory.mktemp("page") / "project"
    make_project(folder, photos=8)
    with serve(folder) as studio:
        yield studio


def wait_for_mosaic(tab):
    tab.wait_for_selector("#target-image:visible, #tabs:visible")
    tab.locator("#export-button").and_(tab.locator(":enabled")).wait_for(
        state="attached"
    )


def wait_until(tab, condition):
    for _ in range(20 * PATIENCE):
        if condition():
            return
        tab.wait_for_timeout(50)
    raise AssertionError("timed out")


def names(tab):
    """Return the names of the visible photos."""
    return tab.locator(".photo").evaluate_all(
        'photos => photos.map(({ title }) => title.split(": ")[0])'
    )


def test_the_path_of_a_newcomer(open_page, tmp_path, photos):
    with serve(tmp_path / "project") as studio:
        tab = open_page(studio)
        assert tab.is_visible("text=Make a mosaic of your photos")
        check_accessibility(tab)

        tab.set_input_files("#directory-input", str(photos))
        tab.wait_for_selector("text=What should your mosaic show?")
        tab.wait_for_selector(".photo >> nth=2")
        # Names keep their folders; files of a folder that are no images are ignored.
        assert names(tab) == ["mine/a.jpg", "mine/b.jpg", "mine/sea/a.jpg"]
        check_accessibility(tab)

        # A file that the user chose by itself is refused with a reason.
        tab.set_input_files("#file-input", str(photos / "notes.txt"))
        tab.click("text=1 file can")
        assert "notes.txt" in tab.inner_text("#skipped-list")
        check_accessibility(tab)
        tab.click("#skipped-clear")
        tab.wait_for_selector("#skipped-button", state="hidden")

        target = tmp_path / "target.png"
        write_png(
            target, np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
        )
        tab.set_input_files("#target-input", str(target))
        tab.wait_for_selector("#target-image:visible")
        assert tab.inner_text("#target-size").split()[::2] == ["64", "48"]
        check_accessibility(tab)

        # Nothing is lost by a reload.
        tab.reload()
        tab.wait_for_selector(".photo >> nth=2")
        tab.wait_for_selector("#target-image:visible")
        assert tab.inner_text("#target-size").split()[::2] == ["64", "48"]


PASTE = """async () => {
    const canvas = document.createElement("canvas");
    canvas.getContext("2d").fillRect(0, 0, 50, 50);
    const image = await new Promise((resolve) => canvas.toBlob(resolve));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([image], "image.png", { type: "image/png" }));
    document.body.dispatchEvent(
        new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""


def test_drop_and_paste(open_page, tmp_path, photos):
    """The left half takes folders, the right one the target; a paste adds a photo."""
    with serve(tmp_path / "project") as studio:
        tab = open_page(studio)
        drop_files(tab, [photos], 300, 400)
        tab.wait_for_selector(".photo >> nth=2")
        assert names(tab) == ["mine/a.jpg", "mine/b.jpg", "mine/sea/a.jpg"]
        drop_files(tab, [photos / "b.jpg"], 1000, 400)
        tab.wait_for_selector("#target-image:visible")
        assert tab.inner_text("#target-name") == "b"
        tab.evaluate(PASTE)
        tab.wait_for_selector(".photo >> nth=3")
        assert tab.is_hidden("#drop")


def test_uploads_continue_after_a_restart(open_page, tmp_path, photos):
    """The page sends the rest when the server is back at the same address."""
    with serve(tmp_path / "project") as studio:
        tab = open_page(studio)
        # The server is unreachable for the first files.
        tab.context.set_offline(True)
        with tab.expect_event("requestfailed"):
            tab.set_input_files(
                "#file-input", [str(photos / "a.jpg"), str(photos / "b.jpg")]
            )
        assert tab.locator(".photo").count() == 0
        tab.context.set_offline(False)
        tab.wait_for_selector(".photo >> nth=1")
        assert names(tab) == ["a.jpg", "b.jpg"]


def test_banner_while_the_server_is_gone(open_page, tmp_path):
    folder = tmp_path / "project"
    make_project(folder, photos=2)
    with serve(folder) as studio:
        tab = open_page(studio)
        wait_for_mosaic(tab)
        assert tab.is_hidden("#offline")
    tab.wait_for_selector("text=nothing is lost")
    check_accessibility(tab)


def test_photos_are_selected_removed_and_found(open_page, tmp_path):
    folder = tmp_path / "project"
    make_project(folder, photos=5)
    with serve(folder) as studio:
        tab = open_page(studio)
        tab.wait_for_selector(".photo >> nth=4")
        tab.focus("#photo-grid")
        tab.keyboard.press("ArrowRight")
        tab.keyboard.press("Shift+ArrowRight")
        assert tab.inner_text("#selection-count") == "2 selected"
        check_accessibility(tab)
        tab.keyboard.press("Delete")
        tab.click("#confirm-yes")
        tab.wait_for_selector(".photo >> nth=3", state="detached")
        assert names(tab) == ["0.jpg", "3.jpg", "4.jpg"]
        assert tab.is_hidden("#selection-bar")

        tab.fill("#photo-search", "3.j")
        tab.wait_for_selector(".photo >> nth=1", state="detached")
        assert names(tab) == ["3.jpg"]
        tab.fill("#photo-search", "nothing")
        tab.wait_for_selector("text=No photos match.")


def test_crop_and_rotation(open_page, tmp_path):
    folder = tmp_path / "project"
    make_project(folder, photos=2)
    with serve(folder) as studio:
        tab = open_page(studio)
        wait_for_mosaic(tab)
        tab.click("#target-crop")
        check_accessibility(tab)
        tab.select_option("#crop-aspect", label="Square")
        tab.focus("#crop-box")
        tab.keyboard.press("ArrowRight")
        tab.click("#crop-apply")
        wait_until(tab, lambda: studio.session.document.target.crop is not None)
        x, y, width, height = studio.session.document.target.crop
        assert (x > 4, y, width, height) == (True, 0, 16, 16)
        tab.click("#target-rotate")
        wait_until(tab, lambda: studio.session.document.target.rotation == 90)
        assert studio.session.document.target.crop == (0, x, 16, 16)
        tab.click("#undo")
        wait_until(tab, lambda: studio.session.document.target.rotation == 0)
        assert studio.session.document.target.crop == (x, y, width, height)


def test_camera_is_off_after_the_dialog(open_page, studio):
    tab = open_page(studio)
    wait_for_mosaic(tab)
    tab.click("#target-replace")
    tab.click("#replace-camera")
    tab.wait_for_selector("#camera-take:enabled")
    check_accessibility(tab)
    tab.evaluate(
        "window.tracks = document.querySelector('video').srcObject.getTracks()"
    )
    tab.keyboard.press("Escape")
    tab.wait_for_selector("#camera", state="hidden")
    # The event that ends it comes after the dialog has disappeared.
    states = "tracks.map((track) => track.readyState)"
    wait_until(tab, lambda: tab.evaluate(states) == ["ended"])


def test_export_as_a_job(open_page, studio):
    tab = open_page(studio)
    wait_for_mosaic(tab)
    tab.click("#export-button")
    tab.wait_for_selector("#export-sentence:has-text('300 DPI')")
    check_accessibility(tab)
    tab.check("#formats [value=credits]", force=True)
    tab.wait_for_selector("text=photographer, license and source")
    tab.click("#export-start")
    tab.wait_for_selector("#job-list a")
    check_accessibility(tab)
    with tab.expect_download() as download:
        tab.click("#job-list a")
    assert download.value.suggested_filename.endswith(".zip")


def test_dialogs_of_photos_and_project(open_page, studio):
    tab = open_page(studio)
    wait_for_mosaic(tab)
    for button, entry, dialog in (
        ("#add-photos", "#add-search", "#search"),
        ("#add-photos", "#add-link", "#folders"),
        ("#menu-button", "#menu-command", "#command"),
        ("#menu-button", "#menu-keys", "#keys"),
        ("#menu-button", "#menu-about", "#about"),
        ("#project-button", "#menu-save-as", "#save"),
    ):
        tab.click(button)
        tab.click(entry)
        tab.wait_for_selector(dialog)
        check_accessibility(tab)
        tab.keyboard.press("Escape")
        tab.wait_for_selector(dialog, state="hidden")
    assert "pigeonhole mosaic" in tab.text_content("#command-text")


def test_project_is_saved_and_opened(open_page, tmp_path):
    folder, copy = tmp_path / "project", tmp_path / "copy"
    make_project(folder, photos=2)
    with serve(folder) as studio:
        tab = open_page(studio)
        wait_for_mosaic(tab)
        tab.click("#save-as")
        tab.fill("#save-folder", str(folder.parent))
        tab.click("#save-start")
        tab.wait_for_selector("#save-error:not(:empty)")
        tab.fill("#save-folder", str(copy))
        tab.click("#save-start")
        tab.wait_for_selector("#save", state="hidden")
        assert {"config.yaml", "photos", "target"} <= {p.name for p in copy.iterdir()}
        tab.wait_for_selector(".photo >> nth=1")
        assert studio.session.project.folder == copy


def test_linked_folder_is_read_in_place(open_page, tmp_path, photos):
    folder = tmp_path / "project"
    make_project(folder, photos=2)
    with serve(folder) as studio:
        tab = open_page(studio)
        wait_for_mosaic(tab)
        tab.click("#add-photos")
        tab.click("#add-link")
        tab.fill("#folders-path", str(photos))
        tab.keyboard.press("Enter")
        tab.wait_for_selector("text=3 images here and below")
        tab.click("#folders-choose")
        tab.wait_for_selector(".photo >> nth=4")
        shutil.rmtree(photos / "sea")
        tab.click("#add-photos")
        tab.click("[aria-label='Unlink mine']")
        tab.wait_for_selector(".photo >> nth=2", state="detached")
    assert (photos / "a.jpg").exists()


@pytest.mark.parametrize("size", [(360, 640), (844, 390)])
def test_small_screens(open_page, studio, size):
    """Nothing is wider than the screen, and every panel is reachable."""
    tab = open_page(studio, {"width": size[0], "height": size[1]})
    wait_for_mosaic(tab)
    for panel in ("photos", "target", "look"):
        button = tab.locator(f"#tabs [data-panel={panel}]")
        if button.get_attribute("aria-pressed") == "false":
            button.click()
        shown = "#look" if panel == "look" else f"#{panel}-title"
        tab.wait_for_selector(shown)
        check_accessibility(tab)
        assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]
    # Panels scroll; the page itself doesn't.
    tab.evaluate("document.querySelector('#look .advanced').scrollIntoView()")
    assert tab.evaluate("scrollY + document.body.scrollTop") == 0
