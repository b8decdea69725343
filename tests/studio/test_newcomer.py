"""The path of a newcomer in Chromium, with the studio as its command starts it."""

import os
import signal
import time
from contextlib import nullcontext
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from browser import check_accessibility, chromium, drop_files, film
from PIL import Image
from studio_server import PATIENCE, start, url_in

from pigeonhole.imaging.codecs import write_jpeg
from pigeonhole.photos.sources.portraits import clear_faces, draw_portrait

# Pixels and photos are those of a user, so kernels must be compiled.
pytestmark = pytest.mark.workflow

PHOTOS = 99
TIME_LIMIT = 180
"""Seconds that the whole path may take, with the first compilation of the kernels."""
TARGET = files("skimage.data") / "astronaut.png"
SLIDERS = {"Photos across": 60, "Color transfer": 0.4, "Keep repeats apart": 60}
"""Positions that the newcomer moves sliders to."""
PRINT_SIZE = 7087, 10630
"""60x90 cm at 300 DPI."""
SMALL = 40, 60
"""Size in which a print is compared with the target."""


@pytest.fixture(scope="module")
def portraits(tmp_path_factory):
    """Return the files of portraits of different people, clothes and colors."""
    folder, faces = tmp_path_factory.mktemp("portraits"), clear_faces()
    paths = [folder / f"portrait-{number:02}.jpg" for number in range(PHOTOS)]
    for number, path in enumerate(paths):
        face = faces[number % len(faces)]
        image, _ = draw_portrait(face, np.random.default_rng((17, number)))
        write_jpeg(path, np.rint(255 * image).astype(np.uint8))
    return paths


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


class Newcomer:
    """Someone who sees the studio for the first time: what they do, and see."""

    def __init__(self, browser, url):
        self.context = browser.new_context(viewport={"width": 1280, "height": 800})
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(1000 * TIME_LIMIT)
        self.messages, self.foreign = [], []
        self.origin = url.partition("?")[0]
        self.tab.on("console", lambda message: self.messages.append(message.text))
        self.tab.on("pageerror", lambda error: self.messages.append(str(error)))
        self.tab.on("request", self._check_request)
        self.start = time.monotonic()
        self.tab.goto(url)
        self.wait_for("#welcome-title")

    def _check_request(self, request):
        if not request.url.startswith((self.origin, "blob:")):
            self.foreign.append(request.url)

    # ---- steps ----

    def drop_photos(self, paths):
        drop_files(self.tab, paths, 300, 400)
        self.wait_for("#welcome-target-title")
        self.wait_until(f"stage.store.state.photos.count === {len(paths)}")
        self.wait_for("#uploads", "hidden")

    def drop_target(self):
        drop_files(self.tab, [TARGET], 1000, 400)
        self.wait_for("#target-image")
        self.wait_for_mosaic()

    def move(self, name, position):
        """Drag a slider to a position."""
        slider = self.slider(name)
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        low, high, old = (
            float(slider.evaluate(f"(slider) => slider.{end}"))
            for end in ("min", "max", "value")
        )
        # The thumb, whose width is about the height, stays inside the track.
        edge = box["height"] / 2

        def point(value):
            share = (value - low) / (high - low)
            x = box["x"] + edge + share * (box["width"] - 2 * edge)
            return x, box["y"] + edge

        self.tab.mouse.move(*point(old))
        self.tab.mouse.down()
        self.tab.mouse.move(*point(position), steps=10)
        self.tab.mouse.up()
        assert float(slider.input_value()) != old
        self.wait_for_mosaic()

    def ban(self):
        """Click a cell, and ban the face in it."""
        cell = self.tab.evaluate("stage.frame.header.cells / 2 + 20 | 0")
        box = self.tab.evaluate("(cell) => stage.view.screenBox(cell)", cell)
        middle = {
            "x": box["x"] + box["width"] / 2,
            "y": box["y"] + box["height"] / 2,
        }
        self.tab.locator("#mosaic").click(position=middle)
        photo = self.tab.locator(".credit h2").inner_text()
        assert photo in self.photos_in_cells()
        check_accessibility(self.tab)
        self.click("Ban this face")
        self.wait_until("stage.store.state.document.mosaic.ban.length === 1")
        self.wait_for_mosaic()
        assert photo not in self.photos_in_cells()
        self.tab.get_by_role("button", name="Back to the look").click()

    def export(self):
        """Start the export of a print with the settings of the dialog."""
        self.tab.click("#export-button")
        self.wait_for("#export-sentence:has-text('90 cm at 300 DPI')")
        check_accessibility(self.tab)
        self.tab.click("#export-start")
        self.wait_for("#job-list progress")

    def download(self):
        """Download the print when it is finished."""
        with self.tab.expect_download() as download:
            self.tab.click("#job-list a")
        return download.value.path()

    # ---- what the page shows ----

    def slider(self, name):
        return self.tab.get_by_role("slider", name=name, exact=True)

    def photos_in_cells(self):
        return self.tab.evaluate(
            """Array.from(stage.frame.placement, (_, cell) =>
                stage.catalog.photoOf(stage.catalog.tileAt(cell)).name)"""
        )

    def look_around(self):
        """Return all that must be the same after a reload."""
        has_mosaic = self.tab.is_visible("#stage")
        if has_mosaic:
            self.wait_for_mosaic()
        shown = {"count": self.tab.inner_text("#photo-count")}
        for name in ("#target-name", "#target-size", ".edit-list", "#job-list b"):
            shown[name] = self.tab.locator(name).all_text_contents()
        for name in ("#undo", "#redo"):
            shown[name] = self.tab.get_attribute(name, "title")
        if has_mosaic:
            shown["mosaic"] = self.photos_in_cells()
            for name in SLIDERS:
                shown[name] = self.slider(name).input_value()
        return shown

    def reload(self):
        """Reload the page, and check that nothing has changed."""
        before = self.look_around()
        self.tab.reload()
        self.wait_for("body:not([data-step=loading])")
        self.wait_for("#photo-count:not(:empty)", "attached")
        assert self.look_around() == before

    # ---- waiting ----

    def click(self, name):
        self.tab.get_by_role("button", name=name, exact=True).click()

    def wait_for(self, selector, state="visible"):
        self.tab.wait_for_selector(selector, state=state)

    def wait_until(self, condition):
        """Wait for a condition; the page's policy forbids `wait_for_function`."""
        end = time.monotonic() + TIME_LIMIT
        while not self.tab.evaluate(condition):
            assert time.monotonic() < end, condition
            self.tab.wait_for_timeout(30)

    def wait_for_mosaic(self):
        """Wait for the final mosaic of all that was changed so far."""
        self.wait_until(
            """window.stage?.frame?.header.stage === "final" && stage.catalog !== null
                && !stage.store.isSending && stage.store.changes.length === 0
                && stage.store.state.work === null
                && stage.frame.header.revision === stage.store.state.revision"""
        )


@pytest.fixture
def visit(browser):
    """Return a function that opens the page of a studio for a newcomer."""
    newcomers = []

    def open_page(url):
        newcomers.append(Newcomer(browser, url))
        return newcomers[-1]

    yield open_page
    for newcomer in newcomers:
        newcomer.context.close()


def check_print(path):
    """Check size, resolution and content of a print."""
    with Image.open(path) as image:
        assert image.format == "TIFF"
        assert image.size == PRINT_SIZE
        assert image.info["dpi"] == (300, 300)
        shown = np.asarray(image.resize(SMALL, Image.Resampling.BOX, reducing_gap=1))
    with Image.open(TARGET) as image:
        width, height = image.size
        edge = (width - height * SMALL[0] / SMALL[1]) / 2
        box = edge, 0, width - edge, height
        wanted = np.asarray(image.resize(SMALL, Image.Resampling.BOX, box))
    assert np.corrcoef(shown.ravel(), wanted.ravel())[0, 1] > 0.8


def check_end(process):
    """Press Ctrl-C, and check that nothing went wrong in the server."""
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Traceback" not in errors


def film_of(tab):
    """Film a tab if the variable PIGEONHOLE_FILM names a folder."""
    folder = os.environ.get("PIGEONHOLE_FILM")
    return film(tab, Path(folder) / "newcomer.webm") if folder else nullcontext()


def test_a_newcomer_makes_a_print(visit, tmp_path, portraits):
    with start(tmp_path / "project") as (process, lines):
        newcomer = visit(url_in(lines))
        with film_of(newcomer.tab):
            check_accessibility(newcomer.tab)
            newcomer.drop_photos(portraits)
            check_accessibility(newcomer.tab)
            newcomer.drop_target()
            check_accessibility(newcomer.tab)
            for name, position in SLIDERS.items():
                newcomer.move(name, position)
            check_accessibility(newcomer.tab)
            newcomer.ban()
            newcomer.export()
            path = newcomer.download()
            assert time.monotonic() - newcomer.start < TIME_LIMIT
            check_accessibility(newcomer.tab)
        assert newcomer.messages == newcomer.foreign == []
        check_end(process)
    [export] = (tmp_path / "project" / "exports").iterdir()
    assert export.read_bytes() == Path(path).read_bytes()
    check_print(export)


def test_reloads_and_a_killed_server_lose_nothing(visit, tmp_path, portraits):
    project = tmp_path / "project"
    with start(project) as (process, lines):
        url = url_in(lines)
        newcomer = visit(url)
        newcomer.drop_photos(portraits)
        newcomer.reload()
        newcomer.drop_target()
        newcomer.reload()
        for name, position in SLIDERS.items():
            newcomer.move(name, position)
            newcomer.reload()
        newcomer.ban()
        newcomer.reload()
        newcomer.click("Undo")
        newcomer.wait_until("stage.store.state.document.mosaic.ban.length === 0")
        newcomer.reload()
        newcomer.click("Redo")
        newcomer.wait_until("stage.store.state.document.mosaic.ban.length === 1")
        newcomer.export()
        newcomer.reload()
        before = newcomer.look_around()
        newcomer.wait_until(
            """stage.store.state.jobs.some(
                ({ kind, state, total }) =>
                    kind === "export" && state === "running" && total > 0)"""
        )
        assert newcomer.messages == []
        process.kill()
        newcomer.wait_for("#offline")
        check_accessibility(newcomer.tab)
    with start(project) as (process, lines):
        assert url_in(lines) == url
        newcomer.wait_for("#offline", "hidden")
        newcomer.wait_for("#job-list a", "attached")
        # The browser notes that the server was gone.
        newcomer.messages.clear()
        newcomer.reload()
        assert newcomer.look_around() == before
        assert newcomer.messages == newcomer.foreign == []
        check_end(process)
    [export] = (project / "exports").iterdir()
    check_print(export)
