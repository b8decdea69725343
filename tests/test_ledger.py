"""The ledger keeps what it is given."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.core.tables import read_rows
from pigeonhole.photos.ledger import (
    CREDIT_COLUMNS,
    PHOTO_COLUMNS,
    PhotoRow,
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
# Whatever can be UTF-8 can stand in a table.
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


@given(st.lists(st.builds(SkippedRow, texts, texts), max_size=5))
def test_skipped_round_trip(folder, rows):
    write_skipped(folder / "skipped.csv", rows)
    told = [(row["photo"], row["reason"]) for row in read_rows(folder / "skipped.csv")]
    ordered = sorted(rows, key=lambda row: row.photo)
    assert told == [(row.photo, row.reason) for row in ordered]


def test_columns(tmp_path):
    write_ledger(tmp_path / "photos.csv", [])
    assert (tmp_path / "photos.csv").read_text() == (
        "photo,source,photographer,photographer_url,page_url,image_url,licence,"
        "width,height,sha256,looks\n"
    )
    assert set(CREDIT_COLUMNS) < set(PHOTO_COLUMNS)


def test_rows_are_sorted_whatever_their_order(tmp_path):
    other = replace(ROW, photo="a.jpg")
    for name, rows in (("one", [ROW, other]), ("two", [other, ROW])):
        write_ledger(tmp_path / name, rows)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_where_a_photo_lies():
    photos = Path("results/photos")
    assert photo_path(ROW, photos) == photos / "b.jpg"
    own = replace(ROW, source="folder", image_url="holiday/b.jpg")
    assert photo_path(own, photos) == Path("holiday/b.jpg")
