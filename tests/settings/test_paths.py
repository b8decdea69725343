"""All paths in the settings are checked, by one rule for each kind."""

import os

import pytest

from pigeonhole.core.errors import SettingsError
from pigeonhole.settings import Settings, load
from pigeonhole.settings.paths import path_rule
from pigeonhole.settings.validation import section_of


def _fields(model=Settings, prefix=""):
    for name, field in model.model_fields.items():
        if section := section_of(model, name):
            yield from _fields(section, f"{prefix}{name}.")
        else:
            yield prefix + name, field


RULES = {key: rule for key, field in _fields() if (rule := path_rule(field))}
WRITTEN = {"live.record"}
"""Paths of outputs."""
CHECKED_BY_THE_SOURCE = {"live.source"}


def test_all_settings_that_name_files_have_a_rule():
    named = {
        key
        for key, field in _fields()
        if str in _types(field.annotation)
        and any(word in field.description.lower() for word in ("file", "folder"))
    }
    assert named - {"mosaic.targets"} <= RULES.keys() | WRITTEN | CHECKED_BY_THE_SOURCE
    assert RULES.keys() == {
        "photos.folder",
        "photos.removal_list",
        "faces.model",
        "faces.exclude",
        "mosaic.targets",
        "mosaic.mask",
        "mosaic.edits",
        "birthday.key_file",
    }


def _types(annotation):
    return {annotation, *getattr(annotation, "__args__", ())}


def _config(key, value):
    section, name = key.split(".")
    config = {section: {name: [value] if name == "targets" else value}}
    if needed_by := RULES[key].needed_by:
        config[section].update([needed_by])
    return config


HOSTILE = " a{b}<c>#'\"\n\u674e.jpg"


@pytest.mark.parametrize("key", RULES)
def test_a_path_must_exist_and_have_the_right_kind(key, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / HOSTILE).write_text("a")
    is_folder = RULES[key].kind == "folder"
    right, wrong = ("folder", HOSTILE) if is_folder else (HOSTILE, "folder")
    load(_config(key, right), tmp_path)
    load(_config(key, str(tmp_path / right)), tmp_path)
    link = tmp_path / "link"
    link.symlink_to("nowhere")
    for path, fault in [
        (wrong, f"this isn't a {RULES[key].kind}"),
        ("none", f"there is no such {RULES[key].kind} in {tmp_path}"),
        (f"{HOSTILE}/none", "there is no such"),
        ("link", "there is no such"),
        ("x" * 300, "can't be read"),
        ("\0", "must not contain the character U+0000"),
        ("", "must not be empty"),
    ]:
        with pytest.raises(SettingsError) as caught:
            load(_config(key, path), tmp_path)
        message = str(caught.value)
        assert message.startswith(f"{key}")
        assert fault in message
        assert "\n" not in message
    # Jobs on other machines don't have all files.
    load(_config(key, "none"), tmp_path, check_files=False)


@pytest.mark.parametrize("key", RULES)
def test_an_unreadable_path_is_reported(key, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("a")
    path = "." if RULES[key].kind == "folder" else "file"
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(SettingsError, match="can't be read; check its permissions"):
        load(_config(key, path), tmp_path)


def test_lists_of_the_default_name_may_be_missing(tmp_path):
    load({}, tmp_path)


def test_a_path_that_is_not_used_is_not_checked(tmp_path):
    load({"photos": {"source": "demo", "folder": "none"}}, tmp_path)
    load({"faces": {"detector": "haar", "model": "none"}}, tmp_path)


def test_an_empty_key_file_is_reported(tmp_path):
    (tmp_path / "keys.txt").touch()
    with pytest.raises(SettingsError, match="this file is empty"):
        load({"birthday": {"key_file": "keys.txt"}}, tmp_path)
