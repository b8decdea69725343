"""Defaults, validation and error messages of config.yaml."""

import json
import re

import jsonschema
import pytest
import yaml
from mistakes import MISTAKES

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.settings import Settings, load
from pigeonhole.settings.config import schema, setting_keys
from pigeonhole.settings.validation import RENAMED


def test_a_tilde_in_a_path_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "f.txt").touch()
    photos = {"source": "folder", "folder": "~/", "removal_list": "~/f.txt"}
    settings = load({"photos": photos, "live": {"record": "~/a.webm"}})
    assert settings.photos.folder == f"{tmp_path}/"
    assert settings.photos.removal_list == f"{tmp_path}/f.txt"
    assert settings.live.record == f"{tmp_path}/a.webm"


@pytest.mark.parametrize(("config", "parts"), MISTAKES)
def test_a_mistake_is_reported_with_key_value_and_hint(config, parts):
    with pytest.raises(SettingsError) as caught:
        load(config)
    message = str(caught.value)
    assert all(part in message for part in parts), message
    assert "\n" not in message


def test_config_yaml_contains_every_setting_with_its_default(root):
    config = yaml.safe_load((root / "config.yaml").read_text())
    assert load(config) == Settings()
    assert set(_iter_keys(config)) >= {key for key in setting_keys() if key != "tiles"}


def _iter_keys(section, prefix=""):
    for key, value in section.items():
        yield prefix + key
        if isinstance(value, dict):
            yield from _iter_keys(value, f"{prefix}{key}.")


def test_comments_in_config_yaml_are_the_docstrings_of_the_models(root):
    """Both are written by hand."""
    text = (root / "config.yaml").read_text()
    comments = {
        _plain(line.split("#", 1)[1]) for line in text.splitlines() if " #" in line
    }
    for name, section in Settings.model_fields.items():
        if name in ("seed", "tiles"):
            continue
        for key, field in section.annotation.model_fields.items():
            assert any(_plain(field.description) in line for line in comments), (
                name,
                key,
            )


def _plain(text):
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


def test_the_schema_is_up_to_date_and_accepts_config_yaml(root):
    text = (root / "workflow/schemas/config.schema.json").read_text()
    assert text == schema(), "make schema"
    config = yaml.safe_load((root / "config.yaml").read_text())
    jsonschema.validate(config, json.loads(text))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"photos": {"qurey": "cat"}}, json.loads(text))


def test_settings_are_immutable_and_can_be_dumped_and_loaded():
    settings = load(
        {
            "tiles": {"faces": {"size": "8x9"}, "live": {}},
            "live": {"frame_size": "24x32"},
        }
    )
    assert load(settings.model_dump(mode="json")) == settings
    with pytest.raises(ValueError, match="frozen"):
        settings.mosaic.width = 5


def test_values_can_be_text_as_snakemake_config_passes_them():
    settings = load({"mosaic": {"width": "600"}, "live": {"mirror": "false"}})
    assert (settings.mosaic.width, settings.live.mirror) == (600, False)


def test_sizes_are_width_x_height():
    assert Size.parse("12x16") == (12, 16)
    assert str(Size(12, 16)) == "12x16"


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_an_old_name_is_reported_with_the_new_one(old, new):
    assert new in setting_keys()
    config = {}
    *sections, name = old.split(".")
    section = config
    for key in sections:
        section = section.setdefault(key, {})
    section[name] = 1
    with pytest.raises(
        SettingsError, match=rf"{old}: this setting is now called {new}"
    ):
        load(config)


def test_a_list_can_be_text_with_commas_or_a_list_of_such_texts():
    for sink in ("file,none", "file, none", ["file", "none"], ["file,none"]):
        assert load({"live": {"sink": sink}}).live.sink == ("file", "none")


def test_repeated_entries_of_a_list_count_once():
    settings = load({"birthday": {"bits": [4, 8, 8]}, "live": {"sink": "none,none"}})
    assert settings.birthday.bits == (4, 8)
    assert settings.live.sink == ("none",)
    assert load({"mosaic": {"targets": ["coffee", "coffee"]}}).mosaic.targets == (
        "coffee",
    )


def test_a_tile_set_can_have_a_name_in_any_script():
    config = {"tiles": {"李": {}, "live": {"size": "16x12"}}, "mosaic": {"tiles": "李"}}
    assert list(load(config).tiles) == ["李", "live"]
