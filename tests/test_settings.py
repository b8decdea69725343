import json
import re

import jsonschema
import pytest
import yaml

from pigeonhole.cli.main import main
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.settings import Settings, load, schema, setting_keys, target_name

# What a person might write, and words that the sentence must hold: key, value, way out.
BAD = [
    ({"photos": {"qurey": "cat"}}, ["photos.qurey", "cat", "photos.query"]),
    ({"photo": {}}, ["photo is", "photos"]),
    (
        {"mosaic": {"match_jobs": 2, "match": "mixed"}},
        ["mosaic.match_jobs", "make it 1"],
    ),
    ({"photos": {"source": "flickr"}}, ["photos.source", "flickr", "'demo'"]),
    ({"photos": {"count": -5}}, ["photos.count", "-5", "greater than or equal to 1"]),
    (
        {"photos": {"count": "many"}},
        ["photos.count", "many", "should be a whole number."],
    ),
    ({"photos": {"count": 10**9}}, ["photos.count", "1000000000", "10000"]),
    ({"photos": {"query": "  "}}, ["photos.query", "at least 1 character"]),
    ({"photos": {"source": "folder"}}, ["photos.folder is null", "name the folder"]),
    (
        {"photos": {"source": "folder", "folder": "no/such/place"}},
        ["photos.folder", "no/such/place", "mend the path"],
    ),
    ({"photos": None}, ["photos is null", "settings below it"]),
    ({"faces": {"chunks": 0}}, ["faces.chunks", "0", "greater than or equal to 1"]),
    ({"faces": {"margin": "nan"}}, ["faces.margin", "nan", "finite"]),
    ({"tiles": {}}, ["tiles", "{}", "at least 1"]),
    ({"tiles": {"faces": {"size": "12*16"}}}, ["tiles.faces.size", "12*16", "12x16"]),
    ({"tiles": {"faces": {"size": "0x16"}}}, ["tiles.faces.size", "0x16", "12x16"]),
    ({"tiles": {"faces": {"size": 22}}}, ["tiles.faces.size", "22", "WIDTHxHEIGHT"]),
    (
        {"tiles": {"faces": {"size": "4000x4000"}}},
        ["tiles.faces.size", "4000x4000", "1000x1000"],
    ),
    ({"tiles": {"faces": {"sise": "1x1"}}}, ["tiles.faces.sise", "tiles.faces.size"]),
    ({"tiles": {"faces": {"cut": "eyes"}}}, ["tiles.faces.cut", "eyes", "'photos'"]),
    ({"tiles": {"../up": {}}}, ["tiles.../up", "match pattern"]),
    ({"mosaic": {"tiles": "cats"}}, ["mosaic.tiles", "cats", "faces, live"]),
    ({"mosaic": {"width": 8}}, ["mosaic.width", "8", "at least 12"]),
    ({"mosaic": {"targets": []}}, ["mosaic.targets", "[]", "at least 1"]),
    ({"mosaic": {"targets": ["no.jpg"]}}, ["mosaic.targets", "no.jpg", "astronaut"]),
    (
        {"mosaic": {"targets": ["astronaut", "astronaut"]}},
        ["mosaic.targets", "astronaut", "rename one"],
    ),
    (
        {"mosaic": {"reuse": {"at_most": 2}, "match": "mean"}},
        ["mosaic.match", "mean", "exact or mixed"],
    ),
    (
        {"mosaic": {"reuse": {"apart": 2}, "mirror": True}},
        ["mosaic.mirror is true", "make it false"],
    ),
    ({"mosaic": {"reuse": {"at_most": 0}}}, ["mosaic.reuse.at_most", "0", "than"]),
    (
        {"mosaic": {"print": {"size": "60x90"}}},
        ["mosaic.print.size", "60x90", "such as 60x90 cm"],
    ),
    ({"mosaic": {"large": {"forms": ["bmp"]}}}, ["mosaic.large.forms.0", "bmp", "tif"]),
    ({"live": {"frame": "641x480"}}, ["live.frame", "641x480", "16x12"]),
    ({"live": {"cell": "30x20"}}, ["live.frame", "640x480", "30x20", "live.cell"]),
    ({"live": {"tiles": ["live", "cats"]}}, ["live.tiles", "cats", "faces, live"]),
    ({"live": {"record": "film.avi"}}, ["live.record", "film.avi", "webm"]),
    ({"live": {"scale": 16, "frame": "1280x960"}}, ["live.scale", "16", "20480x15360"]),
    ({"birthday": {"bits": [4, 99]}}, ["birthday.bits.1", "99", "less than or equal"]),
    ({"birthday": {"collisions": 64}}, ["birthday.collisions is 64", "a list"]),
    ({"seed": -1}, ["seed", "-1", "greater than or equal to 0"]),
    ({"mosaic": {"far": "x"}}, ["mosaic.far is 'x'", "a number, or should be 'auto'"]),
]


def test_a_path_may_begin_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    photos = {"source": "folder", "folder": "~/", "forgotten": "~/f.txt"}
    settings = load({"photos": photos, "live": {"record": "~/a.webm"}})
    assert settings.photos.folder == f"{tmp_path}/"
    assert settings.photos.forgotten == f"{tmp_path}/f.txt"
    assert settings.live.record == f"{tmp_path}/a.webm"


@pytest.mark.parametrize(("config", "words"), BAD)
def test_a_bad_setting_gets_a_sentence(config, words):
    with pytest.raises(SettingsError) as caught:
        load(config)
    sentence = str(caught.value)
    assert all(word in sentence for word in words), sentence
    assert "\n" not in sentence


def test_config_yaml_shows_every_setting_with_its_default(root):
    config = yaml.safe_load((root / "config.yaml").read_text())
    assert load(config) == Settings()
    shown = set(_keys(config))
    assert shown >= {key for key in setting_keys() if key != "tiles"}


def _keys(section, prefix=""):
    for key, value in section.items():
        yield prefix + key
        if isinstance(value, dict):
            yield from _keys(value, f"{prefix}{key}.")


def test_config_yaml_explains_as_the_models_do(root):
    """Both texts are edited by hand; they must say the same."""
    text = (root / "config.yaml").read_text()
    told = {_plain(line.split("#", 1)[1]) for line in text.splitlines() if " #" in line}
    for name, section in Settings.model_fields.items():
        if name in ("seed", "tiles"):
            continue
        for key, field in section.annotation.model_fields.items():
            assert any(_plain(field.description) in line for line in told), (name, key)


def _plain(text):
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


def test_the_schema_is_fresh_and_accepts_config_yaml(root):
    text = (root / "workflow/schemas/config.schema.json").read_text()
    assert text == schema(), "make schema"
    config = yaml.safe_load((root / "config.yaml").read_text())
    jsonschema.validate(config, json.loads(text))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"photos": {"qurey": "cat"}}, json.loads(text))


def test_settings_are_frozen_and_survive_a_round_trip():
    settings = load(
        {"tiles": {"faces": {"size": "8x9"}, "live": {}}, "live": {"frame": "24x32"}}
    )
    assert load(settings.model_dump(mode="json")) == settings
    with pytest.raises(ValueError, match="frozen"):
        settings.mosaic.width = 5


def test_values_from_the_command_line_are_text_and_still_understood():
    settings = load({"mosaic": {"width": "600"}, "live": {"mirror": "false"}})
    assert (settings.mosaic.width, settings.live.mirror) == (600, False)


def test_sizes_are_written_width_first():
    assert Size.parse("12x16") == (12, 16)
    assert str(Size(12, 16)) == "12x16"


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("astronaut", "astronaut"),
        ("my photos/Ann & Bo.jpg", "Ann-Bo"),
        ("a.b.png", "a-b"),
    ],
)
def test_a_target_has_a_safe_name(target, name):
    assert target_name(target) == name


@pytest.mark.parametrize("verb", ["mosaic", "live"])
def test_help_speaks_no_yaml(verb, capsys):
    with pytest.raises(SystemExit):
        main([verb, "--help"])
    assert not {"null", "true"} & set(re.split(r"\W+", capsys.readouterr().out))
