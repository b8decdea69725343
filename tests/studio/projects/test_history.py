"""History: undo, redo, gestures and storage."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.core.errors import SettingsError
from pigeonhole.studio.projects.document import Document
from pigeonhole.studio.projects.history import MAX_UNDO_STEPS, History


def set_width(history, width, gesture=None):
    return history.change({"mosaic": {"width": width}}, f"Width {width}", gesture)


def test_steps_are_undone_and_redone():
    history = History()
    assert (history.undo_label, history.redo_label) == (None, None)
    assert set_width(history, 600)
    history.change({"target": {"name": "ann", "file": "a.jpg"}}, "Target")
    assert history.undo_label == "Target"
    assert history.undo()
    assert history.document.target is None
    assert (history.undo_label, history.redo_label) == ("Width 600", "Target")
    assert history.undo()
    assert history.document == Document()
    assert not history.undo()
    assert history.redo()
    assert history.redo()
    assert not history.redo()
    assert history.document.target.name == "ann"


def test_changes_of_a_gesture_are_one_step():
    history = History()
    for width in (100, 200, 300):
        set_width(history, width, gesture=1)
    set_width(history, 400, gesture=2)
    history.undo()
    assert history.document.mosaic.width == 300
    assert history.undo_label == "Width 300"
    history.undo()
    assert history.document == Document()


def test_a_gesture_that_returns_is_no_step():
    history = History()
    set_width(history, 600)
    set_width(history, 700, gesture=1)
    set_width(history, 600, gesture=1)
    assert history.undo_label == "Width 600"
    assert history.document.mosaic.width == 600


def test_a_change_after_an_undo_drops_what_was_undone():
    history = History()
    set_width(history, 600, gesture=1)
    set_width(history, 700, gesture=2)
    history.undo()
    set_width(history, 800, gesture=1)
    assert history.redo_label is None
    history.undo()
    assert history.document.mosaic.width == 600


def test_a_change_to_the_same_value_is_no_step():
    history = History()
    assert not set_width(history, Document().mosaic.width)
    assert history.undo_label is None


def test_a_bad_change_changes_nothing():
    history = History()
    set_width(history, 600)
    with pytest.raises(SettingsError):
        set_width(history, 1)
    assert history.document.mosaic.width == 600
    assert history.undo_label == "Width 600"


def test_old_steps_are_dropped():
    history = History()
    for width in range(100, 110 + MAX_UNDO_STEPS):
        set_width(history, width)
    while history.undo():
        pass
    assert history.document.mosaic.width == 109


ACTIONS = st.one_of(
    st.tuples(st.just("width"), st.integers(12, 20), st.none() | st.integers(1, 2)),
    st.tuples(st.just("replace"), st.integers(0, 3), st.none()),
    st.tuples(st.sampled_from(["undo", "redo"]), st.none(), st.none()),
)


@given(st.lists(ACTIONS, max_size=12))
def test_a_stored_history_continues(actions):
    """A history that is stored and restored undoes and redoes the same documents."""
    history = History()
    for action, value, gesture in actions:
        if action == "width":
            set_width(history, value, gesture)
        elif action == "replace":
            patch = {"mosaic": {"replace": {str(n): "x" for n in range(value)}}}
            history.change(patch, "Replace")
        else:
            getattr(history, action)()
    copy = History.restore(json.loads(json.dumps(history.state())))
    assert copy.document == history.document
    for step in ("undo", "redo"):
        while getattr(history, step)():
            assert getattr(copy, step)()
            assert copy.document == history.document
            assert copy.undo_label == history.undo_label
        assert not getattr(copy, step)()
