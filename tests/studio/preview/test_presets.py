"""Presets: valid, distinct, and each replaces the one before."""

import itertools

import numpy as np
import pytest
from mosaic_samples import sample_tile_set

from pigeonhole.mosaic import make_mosaic
from pigeonhole.mosaic.targets import Target
from pigeonhole.settings import MosaicOptions
from pigeonhole.studio.preview.presets import PRESETS
from pigeonhole.studio.preview.summary import summarize
from pigeonhole.studio.projects.document import Document
from pigeonhole.tiles import TileSet


def test_presets_have_the_names_of_the_page():
    assert [preset.name for preset in PRESETS] == [
        *("faithful", "no-repeats", "colors-first", "poster"),
    ]
    assert all(preset.title and preset.text.endswith(".") for preset in PRESETS)


@pytest.mark.parametrize(("first", "second"), [*itertools.permutations(PRESETS, 2)])
def test_a_preset_replaces_another_one(first, second):
    alone = Document().changed(second.patch)
    both = Document().changed(first.patch).changed(second.patch)
    assert both == alone
    assert alone != Document().changed(first.patch)


def test_presets_keep_what_is_not_the_look():
    own = {
        "tiles": {"variants": 3},
        "mosaic": {"ban": ["a.jpg"], "mirror": False, "print": {"size": "A3"}},
    }
    document = Document().changed(own)
    for preset in PRESETS:
        changed = document.changed(preset.patch)
        assert changed.tiles == document.tiles
        assert changed.mosaic.ban == ("a.jpg",)
        assert not changed.mosaic.mirror
        assert changed.mosaic.print == document.mosaic.print


def options_of(preset):
    fields = set(MosaicOptions.model_fields)
    settings = Document().changed(preset.patch).mosaic
    return MosaicOptions.model_validate(settings.model_dump(include=fields))


def test_looks_differ_even_with_few_photos():
    random = np.random.default_rng(1)
    tiles = random.integers(0, 256, (8, 1, 1, 3)).repeat(8, 1).repeat(6, 2)
    tiles = tiles.astype(np.uint8)
    tiles[:, 2:6, 1:5] //= 2
    rows = sample_tile_set(tiles).rows
    target = random.integers(0, 256, (3, 4, 3)).repeat(24, 0).repeat(18, 1)
    target = target.astype(np.uint8)
    numbers = {}
    for preset in PRESETS:
        mosaic = make_mosaic(target, TileSet(tiles, rows), options_of(preset))
        summary = summarize(mosaic, Target(target, target, target, None))
        numbers[preset.name] = summary.numbers
    best = min(numbers, key=lambda name: numbers[name]["far_delta_e"])
    assert best in ("faithful", "poster")
    repeats = {name: of["repeats"] for name, of in numbers.items()}
    assert repeats["no-repeats"] == min(repeats.values()) < repeats["faithful"]
    changes = {name: of["color_change"] for name, of in numbers.items()}
    assert (
        changes["colors-first"]
        == 0
        < min(change for name, change in changes.items() if name != "colors-first")
    )
