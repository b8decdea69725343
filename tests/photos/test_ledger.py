"""Tests for the ledger of photos."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.core.errors import UnreadableImage
from pigeonhole.core.tables import read_rows
from pigeonhole.photos.ledger import (
    CREDIT_COLUMNS,
    PHOTO_COLUMNS,
    PhotoRow,
    Rejection,
    SkippedRow,
    photo_path,
    read_ledger,
    write_ledger,
    write_skipped,
)

ROW = PhotoRow(
    "b.jpg",
    "demo",
    "Ann",
    "https://ann",
    "https://page",
    "https://image",
    "CC0",
    4,
    3,
    "f",
)
# Everything but surrogates can be written as UTF-8.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
sides = st.integers(1, 10**6)
photo_rows = st.builds(PhotoRow, *[texts] * 7, width=sides, height=sides, sha256=texts)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ledger")


@given(st.lists(photo_rows, max_size=5, unique_by=lambda row: row.photo))
def test_round_trip(folder, rows):
    write_ledger(folder / "photos.csv", rows)
    assert read_ledger(folder / "photos.csv") == sorted(rows, key=lambda r: r.photo)


skipped_rows = st.builds(SkippedRow, texts, st.sampled_from(Rejection), texts)


@given(st.lists(skipped_rows, max_size=5))
def test_skipped_round_trip(folder, rows):
    write_skipped(folder / "skipped.csv", rows)
    records = read_rows(folder / "skipped.csv")
    read = [
        SkippedRow(r["photo"], Rejection(r["reason"]), r["detail"]) for r in records
    ]
    assert read == sorted(rows, key=lambda row: row.photo)


@pytest.mark.parametrize(
    ("too_large", "reason"),
    [(True, Rejection.TOO_LARGE), (False, Rejection.UNREADABLE)],
)
def test_unreadable_images_have_a_typed_reason(too_large, reason):
    error = UnreadableImage("a.jpg", "no matter why", too_large=too_large)
    row = SkippedRow.unreadable("a.jpg", error)
    assert row == SkippedRow("a.jpg", reason, "no matter why")


def test_the_header_lists_all_columns(tmp_path):
    write_ledger(tmp_path / "photos.csv", [])
    assert (tmp_path / "photos.csv").read_text() == (
        "photo,source,photographer,photographer_url,page_url,image_url,license,"
        "width,height,sha256,fingerprint\n"
    )
    assert set(CREDIT_COLUMNS) < set(PHOTO_COLUMNS)


def test_rows_are_sorted_by_name(tmp_path):
    other = replace(ROW, photo="a.jpg")
    for name, rows in (("a.csv", [ROW, other]), ("b.csv", [other, ROW])):
        write_ledger(tmp_path / name, rows)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_photos_of_a_folder_source_are_in_their_own_folder():
    photos = Path("results/photos")
    assert photo_path(ROW, photos) == photos / "b.jpg"
    own = replace(ROW, source="folder", image_url="holiday/b.jpg")
    assert photo_path(own, photos) == Path("holiday/b.jpg")
