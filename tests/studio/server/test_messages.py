"""Tests for the messages between the page and the server."""

import json
from contextlib import suppress

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from studio_server import unpack_preview

from pigeonhole.core.errors import PigeonholeError, SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.mosaic.layout import Layout
from pigeonhole.mosaic.render.color import ColorChanges
from pigeonhole.studio.preview.stages import Preview
from pigeonhole.studio.server.messages import (
    COMMAND_TYPES,
    InvalidMessage,
    answer,
    pack_preview,
    parse_command,
    parse_message,
)


def make_preview(channels=3, **changes):
    """Return a preview of two cells of a quadtree."""
    layout = Layout(
        np.array([[0, 0, 16, 12], [0, 12, 8, 6]]),
        np.array([[0, 0], [0, 2]]),
        Size(18, 16),
    )
    gains = np.array([1, 0.5], np.float32)
    offsets = np.array([[-300.4, 0, 7.6], [0, 0, 255]], np.float32)[:, :channels]
    image = np.full((16, 18, 3), 200, np.uint8)
    preview = Preview(
        *(7, "exact", layout, np.array([3, 70_000])),
        ColorChanges(gains, offsets),
        *(image, 40_000),
        mirror=True,
    )
    return preview._replace(**changes)


def test_a_preview_contains_its_arrays():
    preview = make_preview(errors=np.array([0.4, 300.0]))
    message = unpack_preview(pack_preview(preview, Size(12, 16), 0.25, 9))
    parts = message.pop("parts")
    assert message == {
        "revision": 7,
        "stage": "exact",
        "size": [18, 16],
        "cell": [12, 16],
        "grid": None,
        "cells": 2,
        "tile_count": 40_000,
        "tiles_version": 9,
        "overlay": 0.25,
        "image_type": "image/jpeg",
        "summary": None,
        "error": None,
    }
    boxes = np.frombuffer(parts["boxes"], "<i4").reshape(2, 4)
    np.testing.assert_array_equal(boxes, [[0, 0, 12, 16], [12, 0, 6, 8]])
    positions = np.frombuffer(parts["positions"], "<i4").reshape(2, 2)
    np.testing.assert_array_equal(positions, preview.layout.labels)
    placement = np.frombuffer(parts["placement"], "<i4")
    np.testing.assert_array_equal(placement, preview.placement)
    np.testing.assert_array_equal([*parts["gains"]], [255, 128])
    offsets = np.frombuffer(parts["offsets"], "<i2").reshape(2, 3)
    np.testing.assert_array_equal(offsets, [[-300, 0, 8], [0, 0, 255]])
    assert [*parts["errors"]] == [0, 255]
    image = reference.decode(parts["image"]).astype(int)
    assert np.abs(image - 200).max() < 4


def test_a_grid_needs_no_boxes_and_gray_tiles_have_the_same_offset_in_all_channels():
    preview = make_preview(channels=1)
    layout = preview.layout
    grid = Layout(layout.boxes, layout.labels, layout.size, (1, 2))
    message = unpack_preview(
        pack_preview(preview._replace(layout=grid), Size(9, 16), 0, 1)
    )
    assert message["grid"] == {"rows": 1, "columns": 2}
    parts = message["parts"]
    assert [*parts] == ["placement", "gains", "offsets", "image"]
    offsets = np.frombuffer(parts["offsets"], "<i2").reshape(2, 3)
    np.testing.assert_array_equal(offsets, [[-300] * 3, [0] * 3])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        '{"type": "undo"}',
        '{"id": 1}',
        '{"id": true, "type": "undo"}',
        '{"id": 1.5, "type": "undo"}',
        '{"id": 1, "type": 2}',
    ],
)
def test_what_is_not_a_message_is_refused(text):
    with pytest.raises(InvalidMessage, match=r"^The message can't be read: it .+\.$"):
        parse_message(text)


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("fly", {}, "there is no command 'fly'. Reload"),
        ("expor", {}, "there is no command 'expor'; did you mean export"),
        ("change", {}, "change.patch is null: must be set."),
        (
            "change",
            {"patch": 1},
            "change.patch is 1: must consist of names with values",
        ),
        ("search", {"source": "flickr"}, "search.source is 'flickr': must be 'openver"),
        ("search", {"source": "demo", "count": 10**9}, "search.count is 1000000000: "),
        ("add_folder", {"path": ""}, "add_folder.path is '': must not be empty."),
        ("add_folder", {"path": "a\0b"}, "must not contain the character U+0000."),
        (
            "remove_photos",
            {"names": ["a", []]},
            "remove_photos.names.1 is []: must be t",
        ),
        ("undo", {"times": 3}, "undo.times: "),
        ("set_target", {"crop": [1, 2, 3]}, "set_target.crop"),
        ("cancel_job", {"job": "x"}, "cancel_job.job is 'x': must be an integer."),
    ],
)
def test_a_wrong_command_is_explained_in_one_sentence(name, fields, message):
    with pytest.raises(PigeonholeError) as caught:
        parse_command(name, fields)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from([*COMMAND_TYPES]), st.data())
def test_no_field_crashes_a_command(name, data):
    names = st.sampled_from([*COMMAND_TYPES[name].model_fields, "other"])
    fields = data.draw(st.dictionaries(names, json_values, max_size=3))
    with suppress(InvalidMessage, SettingsError):
        parse_command(name, fields)


def test_an_answer_can_contain_names_that_are_not_text():
    text = answer(3, {"name": b"\xff.jpg".decode(errors="surrogateescape")})
    assert json.loads(text) == {
        "type": "answer",
        "id": 3,
        "error": None,
        "result": {"name": "?.jpg"},
    }
