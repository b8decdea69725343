"""Fixtures and helpers for tests of the review page."""

import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import browser
import pytest
from skimage import data

from pigeonhole.core.geometry import Box
from pigeonhole.curation.review_page import ReviewData, review_page
from pigeonhole.faces import FaceRejection, FaceRow
from pigeonhole.faces.exclude import EXCLUDE_SETTING
from pigeonhole.imaging.codecs import write_jpeg
from pigeonhole.photos.ledger import DuplicateRow, PhotoRow
from pigeonhole.photos.list_file import EntryList

ODD_NAME = "#ü </script>\n 1%.jpg"


@pytest.fixture(scope="module")
def chromium():
    with browser.chromium() as instance:
        yield instance


@contextmanager
def open_page(chromium, url, **options):
    """Open a page in the browser; an error of its script fails the test."""
    context = chromium.new_context(accept_downloads=True, **options)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108
    page.goto(url)
    yield page
    context.close()
    assert errors == []


@contextmanager
def serve_review(folder, *options):
    """Run `pigeonhole review` in a folder, yield its URL, and stop it with Ctrl-C."""
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


def visible_titles(page):
    """Return the titles of the visible cells."""
    return page.eval_on_selector_all(".cell", "cells => cells.map(cell => cell.title)")


def photo_row(name, **changes):
    columns = {"photo": name, "source": "demo", "photographer": "<b>Ann</b>"}
    empty = dict.fromkeys(("photographer_url", "image_url", "license", "sha256"), "")
    size = {"width": 512, "height": 512, "page_url": "https://example.org/1"}
    return PhotoRow(**{**columns, **empty, **size, **changes})


def face_row(photo, x, y, width, height, score, **changes):
    return FaceRow(photo, *Box(x, y, width, height), score, **changes)


@pytest.fixture
def review(tmp_path):
    """The data of a page: three photos, one a near-duplicate, and 40 boxes."""
    for name in (ODD_NAME, "b.jpg", "duplicate.jpg"):
        write_jpeg(tmp_path / "photos" / name, data.astronaut())
    faces = [
        face_row(ODD_NAME, 10 * number, 66, 95, 95, 9 - 0.1 * number)
        for number in range(36)
    ]
    low_score, excluded = FaceRejection.LOW_SCORE, FaceRejection.EXCLUDED
    faces += [
        face_row("b.jpg", 7, 8, 40, 50, 0.5, rejection=low_score),
        face_row("b.jpg", 9, 8, 40, 50, 1.5, rejection=low_score),
        face_row("b.jpg", 90, 8, 40, 50, 8, rejection=excluded),
        face_row(
            *("b.jpg", 9, 99, 40, 50, 8),
            rejection=FaceRejection.DUPLICATE,
            duplicate_of=faces[0].line,
        ),
    ]
    return ReviewData(
        faces,
        [photo_row(ODD_NAME), photo_row("b.jpg")],
        [DuplicateRow(photo_row("duplicate.jpg"), "b.jpg")],
        tmp_path / "photos",
        tmp_path / "exclude.txt",
        EntryList(EXCLUDE_SETTING, tmp_path / "exclude.txt", []),
        4,
        None,
    )


@pytest.fixture
def page(review, tmp_path):
    """The path of the page."""
    review.exclude.write_text("# mine\nelse.jpg 1 2 3 4\nb.jpg\t90  8 40 50\n")
    path = tmp_path / "faces" / "review.html"
    path.parent.mkdir()
    listed = EntryList.open(EXCLUDE_SETTING, review.exclude)
    path.write_text(review_page(review._replace(excluded=listed), path.parent))
    return path
