"""Documents: changes are validated, and differences describe them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Box, Size
from pigeonhole.studio.projects.document import (
    Document,
    differences,
    nested,
    target_name,
)

TARGET = {"name": "ann", "file": "IMG 1.jpg"}


def test_a_change_keeps_all_other_settings():
    document = Document().changed({"mosaic": {"width": 600, "overlay": 0.1}})
    changed = document.changed({"mosaic": {"repetition": {"min_distance": 2}}})
    assert (changed.mosaic.width, changed.mosaic.overlay) == (600, 0.1)
    assert changed.mosaic.repetition.min_distance == 2
    assert document.mosaic.repetition.min_distance == 0


def test_mappings_and_lists_are_replaced_as_a_whole():
    document = Document().changed({"mosaic": {"replace": {"a": "b"}, "ban": ["c"]}})
    document = document.changed({"tiles": {"crops": {"a.jpg": [0, 1, 2, 3]}}})
    document = document.changed({"mosaic": {"replace": {"d": "e"}, "ban": ["f"]}})
    assert document.mosaic.replace == {"d": "e"}
    assert document.mosaic.ban == ("f",)
    assert document.tiles.crops == {"a.jpg": Box(0, 1, 2, 3)}
    assert document.changed({"tiles": {"crops": {}}}).tiles.crops == {}


def test_a_part_of_the_target_can_be_changed():
    document = Document().changed({"target": TARGET})
    document = document.changed({"target": {"crop": [1, 2, 30, 40]}})
    assert document.target.name == "ann"
    assert document.target.crop == (1, 2, 30, 40)
    assert document.changed({"target": None}).target is None


@pytest.mark.parametrize(
    ("patch", "sentence"),
    [
        ({"mosaic": {"widht": 5}}, "mosaic.widht: there is no such setting; did you"),
        ({"mosaic": {"width": "x"}}, "mosaic.width is 'x': must be an integer."),
        ({"mosaic": {"width": 6}}, "mosaic.width is 6: must be at least 12"),
        ({"mosaic": 5}, "mosaic is 5: must be a section"),
        ({"cut": "circles"}, "cut is 'circles': must be 'auto', 'faces' or 'photos'."),
        ({"tiles": {"size": "7x9"}, "mosaic": {"layout": "quadtree"}}, "mosaic.levels"),
        ({"target": {"name": "../a", "file": "a"}}, "target.name is '../a'"),
        ({"target": {"name": "a", "file": "../a"}}, "target.file is '../a'"),
        ({"target": {"name": "a", "file": "/etc/passwd"}}, "target.file is"),
        ({"target": {**TARGET, "crop": [0, 0, 0, 5]}}, "target.crop"),
        ({"target": {**TARGET, "rotation": 45}}, "target.rotation is 45"),
    ],
)
def test_bad_values_get_a_sentence(patch, sentence):
    with pytest.raises(SettingsError) as error:
        Document().changed(patch)
    assert str(error.value).startswith(sentence)


def test_the_cut_is_resolved():
    assert Document().tile_settings("faces").cut == "faces"
    assert Document(cut="photos").tile_settings("faces").cut == "photos"


@given(
    st.integers(12, 100_000),
    st.floats(0, 1),
    st.booleans(),
    st.none() | st.integers(1, 16),
    st.lists(st.text("abc", min_size=1), max_size=3),
)
def test_differences_are_a_patch(width, share, flag, distance, names):
    patch = {
        "mosaic": {"width": width, "overlay": share, "mirror": flag, "ban": names},
        "photos": {"max_hash_distance": distance},
    }
    document = Document().changed(patch)
    changes = differences(Document(), document)
    assert Document().changed(nested(changes)) == document
    assert differences(document, document) == {}
    back = nested(differences(document, Document()))
    assert document.changed(back) == Document()


def test_differences_are_values_of_json():
    document = Document().changed({"tiles": {"size": "9x12"}, "target": TARGET})
    changes = differences(Document(), document)
    assert changes["tiles.size"] == "9x12"
    assert document.tiles.size == Size(9, 12)
    assert changes["target"]["name"] == "ann"


@pytest.mark.parametrize(
    ("file", "name"),
    [("astronaut.png", "astronaut"), ("Ann & Bo.jpg", "Ann-Bo"), ("....jpg", "target")],
)
def test_target_names_are_those_of_results(file, name):
    assert target_name(file) == name
    assert Document().changed({"target": {"name": name, "file": "a.jpg"}})


@pytest.mark.parametrize("title", ["x" * 61, "a long name " * 20, "é" * 40])
def test_long_names_of_targets_are_shortened_once(title):
    name = target_name(f"{title}.png")
    assert target_name(f"{name}.png") == name
    assert Document().changed({"target": {"name": name, "file": "a.jpg"}})
