"""Errors name the setting, its value and how to fix it."""

import pytest

from pigeonhole.core.errors import SettingsError, UnreadableImage, did_you_mean


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), ("a", "'a'"), (None, "null"), (True, "true")]
)
def test_a_settings_error_shows_the_value_as_in_yaml(value, shown):
    error = SettingsError("photos.count", value, "must be at least 1.")
    assert str(error) == f"photos.count is {shown}: must be at least 1."
    assert (error.key, error.value, error.hint) == (
        "photos.count",
        value,
        "must be at least 1.",
    )


def test_a_settings_error_can_be_reported_under_another_name():
    error = SettingsError("mosaic.width", 0, "must be positive.").renamed("--width")
    assert str(error) == "--width is 0: must be positive."


def test_an_unreadable_image_knows_if_it_is_too_large():
    error = UnreadableImage("a.jpg", "the file is empty")
    assert str(error) == "a.jpg can't be used: the file is empty."
    assert not error.too_large
    assert UnreadableImage("a.jpg", "too many pixels", too_large=True).too_large


def test_typos_are_corrected():
    known = ["photos.count", "photos.query", "faces.chunks"]
    assert did_you_mean("photos.cuont", known) == "photos.count"
    assert did_you_mean("zzz", known) is None
