"""The review page in Chromium, and the server that writes its list."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest
import requests
from playwright.sync_api import sync_playwright
from skimage import data

from pigeonhole.cli.main import main
from pigeonhole.core.errors import SettingsError
from pigeonhole.curation.review_page import Sheet, read_data, review_page, with_data
from pigeonhole.faces import FaceRow, read_excluded, read_faces
from pigeonhole.faces.exclude import HEADER, edit_excluded
from pigeonhole.imaging.codecs import write_jpeg
from pigeonhole.photos.ledger import AlikeRow, PhotoRow
from pigeonhole.tiles import TileSet

NAME = "ü </script> #1%.jpg"


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@contextmanager
def opened(chromium, address, **options):
    """Open a page; an error of its script is an error of the test."""
    context = chromium.new_context(accept_downloads=True, **options)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108
    page.goto(address)
    yield page
    context.close()
    assert errors == []


def photo_row(name, **changes):
    facts = {"photo": name, "source": "demo", "photographer": "<b>Ann</b>"}
    empty = dict.fromkeys(("photographer_url", "image_url", "licence", "sha256"), "")
    size = {"width": 512, "height": 512, "page_url": "https://example.org/1"}
    return PhotoRow(**{**facts, **empty, **size, **changes})


@pytest.fixture
def sheet(tmp_path):
    """Three photos, one of them like another; 40 boxes, of which some are rejected."""
    for name in (NAME, "b.jpg", "twin.jpg"):
        write_jpeg(tmp_path / "photos" / name, data.astronaut())
    faces = [
        FaceRow(NAME, 10 * number, 66, 95, 95, 9 - 0.1 * number) for number in range(36)
    ]
    faces += [
        FaceRow("b.jpg", 7, 8, 40, 50, 0.5, kept=False, reason="score below 1.6"),
        FaceRow("b.jpg", 9, 8, 40, 50, 1.5, kept=False, reason="score below 1.6"),
        FaceRow("b.jpg", 90, 8, 40, 50, 8, kept=False, reason="excluded by a person"),
        FaceRow(
            "b.jpg", 9, 99, 40, 50, 8, kept=False, reason=f"looks like {faces[0].line}"
        ),
    ]
    rows = [photo_row(NAME), photo_row("b.jpg")]
    alike = [AlikeRow(photo_row("twin.jpg"), "b.jpg")]
    return Sheet(
        faces, rows, alike, tmp_path / "photos", tmp_path / "exclude.txt", 4, None
    )


@pytest.fixture
def page(sheet, tmp_path):
    sheet.exclude.write_text("# mine\nelse.jpg 1 2 3 4\nb.jpg\t90  8 40 50\n")
    path = tmp_path / "faces" / "review.html"
    path.parent.mkdir()
    path.write_text(review_page(sheet, path.parent))
    return path


def test_names_and_crops_are_kept_apart_from_the_page(sheet, page):
    text = page.read_text()
    assert text.count("<script") == text.count("</script>") == 2
    told = read_data(text)
    assert [photo["name"] for photo in told["photos"]] == [NAME, "b.jpg", "twin.jpg"]
    assert len(told["crops"]) == len(told["faces"]) == 40
    assert "36 of 40 boxes were kept, in 2 photos" in told["told"]
    assert "All photos are kept (photos.alike is null)." in told["chance"]
    assert "within 4 bits by chance" in told["chance"]


def lines_of(page):
    return page.eval_on_selector_all(".cell", "cells => cells.map(cell => cell.title)")


def saved_text(page):
    with page.expect_download() as download:
        page.keyboard.press("Control+s")
    return download.value.path().read_text()


def test_from_disk_the_list_is_a_download(chromium, sheet, page):
    with opened(chromium, page.as_uri()) as tab:
        kept = lines_of(tab)
        # The least sure first; with the keys the second is marked, then the fourth.
        assert kept[0] == f"{NAME} 350 66 95 95"
        for key in ("ArrowRight", " ", "End", "Home", *["ArrowRight"] * 3, "Enter"):
            tab.keyboard.press(key)
        # Its photo is shown, with the box on the face.
        assert tab.eval_on_selector("#photo", "photo => photo.decode().then(() => 1)")
        assert tab.inner_text("#verdict") == "Marked: it will be excluded"
        assert tab.eval_on_selector("#box", "box => box.style.left") == "62.5%"
        assert tab.inner_text("#credit") == "Photo by <b>Ann</b>"
        tab.keyboard.press("2")
        rejected = lines_of(tab)
        assert rejected == ["b.jpg 90 8 40 50", "b.jpg 9 8 40 50", "b.jpg 7 8 40 50"]
        # What was excluded is marked already, and comes back.
        tab.click(f".cell[title='{rejected[0]}']")
        assert tab.inner_text("#save") == "Save 3 changes"
        text = saved_text(tab)
        assert tab.is_disabled("#save")
    assert text == f"# mine\nelse.jpg 1 2 3 4\n{kept[1]}\n{kept[3]}\n"
    # The program's own way to edit the list gives the same.
    edit_excluded(sheet.exclude, [kept[1], kept[3]], [rejected[0]])
    assert sheet.exclude.read_text() == text


def test_what_looks_alike_is_shown_beside_its_twin(chromium, page):
    with opened(chromium, page.as_uri()) as tab:
        tab.keyboard.press("3")
        assert lines_of(tab) == ["twin.jpg looks like b.jpg", "b.jpg 9 99 40 50"]
        assert tab.locator(".cell.twin img").count() == 4
        assert "would agree within 4 bits by chance" in tab.inner_text("#told")
        assert tab.inner_text("#verdict") == "Looks like b.jpg: left out"
        tab.fill("#filter", "TWIN")
        assert len(lines_of(tab)) == 1
        tab.keyboard.press("Escape")
        assert len(lines_of(tab)) == 2


def test_photos_that_are_gone_leave_their_crops(chromium, sheet, page):
    for path in sheet.folder.rglob("*.jpg"):
        path.unlink()
    with opened(chromium, page.as_uri()) as tab:
        tab.wait_for_selector("#frame.alone")
        assert tab.eval_on_selector("#photo", "photo => photo.src").startswith("data:")


def test_of_20000_boxes_only_those_in_view_exist(chromium, sheet, page):
    """Phone-wide: a page in which everything existed would hold 20,000 pictures."""
    told = read_data(page.read_text())
    told["faces"] = [
        [0, n % 400, n // 400, 40, 40, n / 999, 9, 1, "", -1] for n in range(20_000)
    ]
    told["crops"] = told["crops"][:1] * 20_000
    page.write_text(with_data(page.read_text(), told))
    with opened(chromium, page.as_uri(), viewport={"width": 390, "height": 780}) as tab:
        assert 20 < len(lines_of(tab)) < 100
        tab.keyboard.press("End")
        tab.wait_for_selector("#cell-19999.here")
        assert 8 < len(lines_of(tab)) < 100
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390


@contextmanager
def served(folder, *options):
    """Run `pigeonhole review` in a folder; Ctrl-C must end it well."""
    command = [sys.executable, "-m", "pigeonhole", "review", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder
    ) as child:
        try:
            line = child.stdout.readline()
            yield re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", line)[0]
        finally:
            child.send_signal(signal.SIGINT)
            _, err = child.communicate(timeout=20)
    assert (child.returncode, err) == (0, "")


def test_the_server_takes_lists_of_its_own_page_alone(sheet, page):
    before = sheet.exclude.read_text()
    good = {"add": ["b.jpg 9 8 40 50"], "remove": []}
    with served(page.parents[1], "--results", page.parents[1]) as address:
        place, _, query = address.partition("/?")
        save = f"{place}/exclusions?{query}"
        ours = {"Origin": place}

        def post(body, to=save, **headers):
            return requests.post(to, data=body, headers={**ours, **headers}, timeout=5)

        refused = [
            post(json.dumps(good), Origin="http://evil.example"),
            post(json.dumps(good), to=f"{place}/exclusions"),
            post(json.dumps(good), to=f"{place}/exclusions?token=x"),
            post(json.dumps(good), Host="evil.example"),
            requests.post(save, json=good, timeout=5),
            requests.get(f"{place}/", timeout=5),
            requests.get(f"{place}/photo/0", timeout=5),
        ]
        assert {answer.status_code for answer in refused} == {403}
        for body in (
            "",
            "[]",
            "{}",
            '{"add": 1, "remove": []}',
            '{"add": ["x 1 2 3 4"], "remove": []}',
        ):
            assert post(body).status_code == 400, body
        assert post(b"x" * (17 * 2**20)).status_code == 413
        for path in ("/photo/99", "/photo/-1", "/photo/0/../../x", "/etc/passwd"):
            assert requests.get(f"{place}{path}?{query}", timeout=5).status_code == 404
        assert sheet.exclude.read_text() == before
        shown = requests.get(address, timeout=5)
        assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
        photo = requests.get(f"{place}/photo/0?{query}", timeout=5)
        assert photo.content == (sheet.folder / NAME).read_bytes()

        answer = post(json.dumps(good))
        assert answer.text.startswith("Saved: ")
        assert "holds 3 boxes" in answer.text
        assert sheet.exclude.read_text() == f"{before}b.jpg 9 8 40 50\n"
        # A page loaded now knows of it.
        assert "b.jpg 9 8" in read_data(requests.get(address, timeout=5).text)["list"]
        # A list that somebody broke by hand is left as it is.
        sheet.exclude.write_text("broken\n")
        answer = post(json.dumps({"add": good["add"], "remove": []}))
        assert (answer.status_code, sheet.exclude.read_text()) == (409, "broken\n")
        assert "write photo x y width height" in answer.text


def test_without_a_page_there_is_one_sentence(tmp_path, capsys):
    (tmp_path / "faces").mkdir()
    for text in (
        None,
        "<p>old",
        '<script type="application/json" id="data">[]</script>',
    ):
        if text:
            (tmp_path / "faces" / "review.html").write_text(text)
        assert main(["review", "--results", str(tmp_path)]) == 1
        told = capsys.readouterr().err
        assert "is no review page: run `snakemake --cores 4` first." in told
        assert told.count("\n") == 1


def test_editing_the_list_keeps_what_else_it_holds(tmp_path):
    path = tmp_path / "list.txt"
    assert edit_excluded(path, ["a b.jpg 1 2 3 4"] * 2, []) == 1
    assert path.read_text() == f"{HEADER}\na b.jpg 1 2 3 4\n"
    path.write_text("# mine\n\nc.jpg 5 6 7 8 \na b.jpg  1 2 3 4\n\n\n")
    assert edit_excluded(path, ["d.jpg 1 1 1 1"], ["a b.jpg 1 2 3 4", "no"]) == 2
    assert path.read_text() == "# mine\n\nc.jpg 5 6 7 8 \nd.jpg 1 1 1 1\n"
    assert read_excluded(path) == {("c.jpg", 5, 6, 7, 8), ("d.jpg", 1, 1, 1, 1)}
    with pytest.raises(SettingsError):
        edit_excluded(path, ["bad"], [])
    assert path.read_text().endswith("d.jpg 1 1 1 1\n")


@pytest.mark.workflow
def test_three_marked_in_the_browser_are_gone_from_the_tiles(
    finished, chromium, tmp_path
):
    made = finished.copy(tmp_path / "pigeonhole")
    results = made.folder / "results"
    before = TileSet.load(results / "tiles/faces.npz")
    assert_is_local(results / "faces/review.html", made.folder)

    with served(made.folder) as address, opened(chromium, address) as tab:
        marked = lines_of(tab)[:3]
        for line in marked:
            tab.click(f".cell[title='{line}']")
        assert tab.eval_on_selector("#photo", "photo => photo.decode().then(() => 1)")
        tab.click("#save")
        tab.wait_for_selector("#notice:not([hidden])")
        told = tab.inner_text("#notice")
    assert told.startswith("Saved: faces-exclude.txt holds 3 boxes.")

    made.run("results/tiles/faces.npz", "results/faces/review.html")
    out = {row.line for row in read_faces(results / "faces/faces.csv") if not row.kept}
    assert set(marked) <= out
    left = TileSet.load(results / "tiles/faces.npz")
    assert len(left.tiles) == len(before.tiles) - 3
    gone = {row.id for row in before.rows} - {row.id for row in left.rows}
    assert len(gone) == 3
    assert "Nothing to be done" in made.run("results/tiles/faces.npz")


def assert_is_local(page, folder):
    """The photos are named from the page's own place, wherever that is."""
    hrefs = [photo["href"] for photo in read_data(page.read_text())["photos"]]
    assert hrefs == [f"../photos/demo-{number:03d}.jpg" for number in range(3)]
    assert os.fspath(folder) not in page.read_text()
    assert np.unique(hrefs).size == 3
