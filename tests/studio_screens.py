"""Write screenshots of the studio: ``python tests/studio_screens.py FOLDER [PHOTOS]``.

FOLDER gets ten states on a phone, a laptop and a 4K screen. PHOTOS is a folder with
photos; by default, portraits are drawn.
"""

import shutil
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np
from browser import chromium
from studio_server import serve

from pigeonhole.imaging.codecs import write_jpeg
from pigeonhole.photos.sources.portraits import clear_faces, draw_portrait
from pigeonhole.studio.projects.project import Project

SIZES = {"phone": (390, 844), "laptop": (1280, 800), "4k": (3840, 2160)}
IMAGES_HAVE_LOADED = """stage.view.atlases.every(({ requested }) =>
    [...requested.values()].every(({ bitmap, failed }) => bitmap || failed))"""
TARGET = files("skimage.data") / "astronaut.png"
DRAWN_PHOTOS = 200
PATIENCE = 240_000
"""Milliseconds in which the first mosaic must be there."""


def welcome(tab):
    """Show the first screen."""
    tab.wait_for_selector("#welcome-title:visible")


def choose_target(tab):
    """Show the question for a target, next to the photos."""
    tab.wait_for_selector("#target-strip img >> nth=5")


def mosaic(tab):
    """Show the mosaic, with the panel of its look where there is room."""
    wait_for_mosaic(tab)


def look(tab):
    """Show the sliders of the look."""
    wait_for_mosaic(tab)
    open_panel(tab, "look")
    tab.evaluate("document.querySelector('#setting-mosaic-width').scrollIntoView()")


def photos(tab):
    """Show the photos by their uses."""
    wait_for_mosaic(tab)
    open_panel(tab, "photos")
    tab.select_option("#photo-sort", "uses")


def close_up(tab):
    """Zoom in until the photos are clear."""
    wait_for_mosaic(tab)
    zoom_to(tab, columns=max(9, tab.viewport_size["width"] // 200))


def selected(tab):
    """Select a photo, and highlight its uses."""
    wait_for_mosaic(tab)
    tab.evaluate("stage.select(Math.floor(stage.view.cells.length * 0.29))")
    tab.evaluate("stage.toggleHighlight()")


def split(tab):
    """Show the target next to the mosaic."""
    wait_for_mosaic(tab)
    tab.evaluate("stage.controls.toggleSplit()")


def crop(tab):
    """Crop the target."""
    wait_for_mosaic(tab)
    tab.evaluate("document.querySelector('#target-crop').click()")
    tab.wait_for_selector("#crop-box:visible")
    tab.select_option("#crop-aspect", label="Square")


def export(tab):
    """Export a print."""
    wait_for_mosaic(tab)
    tab.evaluate("document.querySelector('#export-button').click()")
    tab.wait_for_selector("#export-sentence:has-text('DPI')")


STATES = (
    welcome,
    choose_target,
    mosaic,
    look,
    photos,
    close_up,
    selected,
    split,
    crop,
    export,
)


def wait_for_mosaic(tab):
    """Wait until the final mosaic and the panels next to it are there."""
    tab.wait_for_selector(".summary .lead:not(:empty)", state="attached")
    tab.wait_for_selector(".stage-note:visible", state="hidden")
    wait_until(
        tab,
        """stage.frame?.header.stage === "final" && stage.catalog !== null
            && stage.frame.header.revision === stage.store.state.revision""",
    )


def wait_until(tab, condition):
    """Wait for a condition; the policy of the page forbids `wait_for_function`."""
    for _ in range(PATIENCE // 50):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(50)
    raise TimeoutError(condition)


def open_panel(tab, name):
    """Open a panel where it is behind a tab."""
    button = tab.locator(f"#tabs [data-panel={name}]")
    if button.is_visible() and button.get_attribute("aria-pressed") == "false":
        button.click()


def zoom_to(tab, columns):
    """Zoom in until a number of cells fills the width."""
    tab.evaluate(
        """(columns) => {
            const { view } = stage;
            const cells = view.cells.width / view.cells.box(0).width;
            const state = view.fitState();
            const scale = view.canvas.width / (columns * view.cells.box(0).width);
            const center = { x: 0.45 * view.cells.width, y: 0.24 * view.cells.height };
            view.setState({ scale, x: center.x - view.canvas.width / scale / 2,
                y: center.y - view.canvas.height / scale / 2 });
        }""",
        columns,
    )


def make_projects(folder, photos):
    """Return the folders of a project without photos, without a target, and of one."""
    projects = []
    for name in ("Untitled", "Photos", "Astronaut"):
        project = Project.create(folder / name)
        if name != "Untitled":
            for path in photos:
                shutil.copy(path, project.photos_folder)
        if name == "Astronaut":
            for target in (project.folder / "target", project.private_folder):
                shutil.copy(TARGET, target / "Astronaut.png")
            choice = {"name": "Astronaut", "file": "Astronaut.png"}
            project.history.change({"target": choice}, "target", None)
        project.save()
        projects.append(project.folder)
    return projects


def draw_photos(folder):
    """Write portraits, and return their paths."""
    faces, paths = clear_faces(), []
    for number in range(DRAWN_PHOTOS):
        random = np.random.default_rng((17, number))
        image, _ = draw_portrait(faces[number % len(faces)], random)
        paths.append(folder / f"portrait-{number:03}.jpg")
        write_jpeg(paths[-1], np.rint(255 * image).astype(np.uint8))
    return paths


def write_screens(folder, photos):
    """Write the screenshots of all states and sizes."""
    with tempfile.TemporaryDirectory() as temporary, chromium() as browser:
        temporary = Path(temporary)
        paths = sorted(photos.iterdir()) if photos else draw_photos(temporary)
        empty, waiting, full = make_projects(temporary, paths)
        for project in (empty, waiting, full):
            states = {empty: [welcome], waiting: [choose_target]}.get(
                project, STATES[2:]
            )
            with serve(project) as studio:
                for state in states:
                    for name, size in SIZES.items():
                        number = STATES.index(state) + 1
                        path = folder / f"{number:02}-{state.__name__}-{name}.png"
                        write_screen(browser, studio, state, size, path)


def write_screen(browser, studio, state, size, path):
    """Write one screenshot."""
    is_phone = size[0] < 500
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=2 if is_phone else 1,
        has_touch=is_phone,
        is_mobile=is_phone,
        reduced_motion="reduce",
        color_scheme="dark" if state in DARK else "light",
    )
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    tab.goto(studio.url("/"))
    state(tab)
    # Images of photos are loaded when the view is at rest.
    tab.wait_for_timeout(1000)
    wait_until(tab, IMAGES_HAVE_LOADED)
    tab.wait_for_timeout(1000)
    tab.screenshot(path=path)
    print(path, flush=True)
    context.close()


DARK = (close_up, selected)
"""States that are shown in the dark color scheme."""

if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    write_screens(target, Path(sys.argv[2]) if len(sys.argv) > 2 else None)
