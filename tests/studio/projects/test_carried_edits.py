"""Edits name the same photos after the tiles have changed."""

from dataclasses import replace

import numpy as np
import pytest

from pigeonhole.settings import EditSettings
from pigeonhole.studio.projects.carried_edits import (
    edited_tiles,
    matching_ids,
    missing_names,
)
from pigeonhole.studio.projects.history import History
from pigeonhole.tiles import TileRow


def make_row(name, photo, x=0, width=30):
    return TileRow(
        tile=0,
        id=name,
        source_id=name,
        photo=photo,
        x=x,
        y=0,
        width=width,
        height=40,
        rotation=0,
        source="folder",
        photographer="",
        photographer_url="",
        page_url="",
        license="",
    )


OLD = [make_row("a0", "a.jpg"), make_row("a1", "a.jpg", 30), make_row("b0", "b.jpg")]
NEW = [
    make_row("A0", "a.jpg", 2),
    make_row("A1", "a.jpg", 26),
    make_row("c", "c.jpg"),
]


def test_the_counterpart_is_the_crop_that_overlaps_most():
    names = ["a0", "a1", "b0", "a.jpg", "unknown"]
    assert matching_ids(names, OLD, NEW) == {"a0": "A0", "a1": "A1"}


def test_ids_that_still_exist_stay():
    rows = [*NEW, replace(OLD[0], x=20)]
    assert matching_ids(["a0", "a1"], OLD, rows) == {"a1": "A1"}


def test_missing_names_are_neither_ids_nor_photos():
    assert missing_names(["A0", "c.jpg", "b0", "b.jpg"], NEW) == {"b0", "b.jpg"}


def test_edited_tiles_are_all_names():
    edits = EditSettings.model_validate(
        {
            "ban": ["a.jpg"],
            "pin": [{"row": 1, "column": 2, "tile": "a0"}],
            "replace": {"b0": "a1"},
        }
    )
    assert [*edited_tiles(edits)] == ["a.jpg", "a0", "b0", "a1"]


def test_the_history_names_tiles_by_their_new_ids():
    history = History()
    pin = {"row": 1, "column": 2, "tile": "a0"}
    history.change({"mosaic": {"pin": [pin]}}, "Pin")
    history.change({"mosaic": {"replace": {"b0": "a1"}, "ban": ["b.jpg"]}}, "Replace")
    history.rename_tiles({"a0": "A0", "a1": "A1"}, {"b0", "b.jpg"})
    mosaic = history.document.mosaic
    assert [pin.tile for pin in mosaic.pin] == ["A0"]
    assert mosaic.replace == {}
    assert mosaic.ban == ()
    history.undo()
    assert [pin.tile for pin in history.document.mosaic.pin] == ["A0"]
    history.undo()
    assert history.document.mosaic.pin == ()
    history.redo()
    assert [pin.tile for pin in history.document.mosaic.pin] == ["A0"]


@pytest.mark.parametrize("count", [1, 40])
def test_all_edits_of_many_tiles_find_their_photo(count):
    random = np.random.default_rng(count)
    old = [
        make_row(f"o{n}", f"{n}.jpg", int(random.integers(50))) for n in range(count)
    ]
    new = [replace(row, id=f"n{row.photo}", x=row.x + 1) for row in old]
    ids = matching_ids([row.id for row in old], old, new)
    assert ids == {f"o{n}": f"n{n}.jpg" for n in range(count)}
