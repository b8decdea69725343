"""Tiles banned, pinned and replaced in a mosaic that stands."""

import dataclasses
import json

import numpy as np
import pytest
from test_mosaic import tile_set

from pigeonhole.core.errors import SettingsError
from pigeonhole.matching.assignment import TooFewTiles
from pigeonhole.mosaic import make_mosaic
from pigeonhole.mosaic.edits import read_edits, with_edits
from pigeonhole.settings import EditSettings, LookSettings, ReuseSettings


def scene(seed=7, tiles=40):
    """A frame of 5x6 cells, and tiles whose ids are t0, t1 … in photos of two."""
    random = np.random.default_rng(seed)
    frame = random.integers(0, 256, (20, 18, 3), np.uint8)
    made = tile_set(random.integers(0, 256, (tiles, 4, 3, 3), np.uint8))
    rows = [
        dataclasses.replace(row, id=f"t{row.tile}", photo=f"p{row.tile // 2}.jpg")
        for row in made.rows
    ]
    return frame, dataclasses.replace(made, rows=rows)


def looks(edits=None, **reuse):
    return LookSettings(reuse=ReuseSettings(**reuse), **(edits or {}))


RULES = [{}, {"at_most": 1}, {"at_most": 3}, {"apart": 1}, {"apart": 1, "at_most": 2}]


@pytest.mark.parametrize("rule", RULES)
def test_a_ban_changes_the_cells_of_the_tile_and_no_other(rule):
    frame, tiles = scene()
    before = make_mosaic(frame, tiles, looks(**rule))
    most = int(before.uses().argmax())
    after = make_mosaic(frame, tiles, looks({"ban": [f"t{most}"]}, **rule))
    changed = before.placement != after.placement
    np.testing.assert_array_equal(changed, before.placement == most)
    assert most not in after.placement
    check_rule(after.placement, **rule)
    bound = round(after.distances.sum() / (1 + after.gap))
    fresh = make_mosaic(frame, without(tiles, most), looks(**rule))
    assert bound <= fresh.distances.sum()
    assert after.gap >= 0
    if not rule:
        # What is nearest of the rest stays nearest: it is the fresh solve.
        assert after.gap == 0
        assert after.distances.sum() == fresh.distances.sum()


def without(tiles, number):
    rows = [row for row in tiles.rows if row.tile != number]
    return dataclasses.replace(
        tiles, tiles=np.delete(tiles.tiles, number, axis=0), rows=rows
    )


def check_rule(placement, at_most=None, apart=0):
    if at_most:
        assert np.bincount(placement.ravel()).max() <= at_most
    for row, column in np.ndindex(placement.shape):
        near = placement[
            max(0, row - apart) : row + apart + 1,
            max(0, column - apart) : column + apart + 1,
        ]
        assert (near == placement[row, column]).sum() == 1 or not apart


def test_a_photo_is_banned_with_all_its_tiles():
    frame, tiles = scene()
    before = make_mosaic(frame, tiles)
    photo = tiles.rows[int(before.uses().argmax())].photo
    after = make_mosaic(frame, tiles, looks({"ban": [photo]}))
    shown = {tiles.rows[number].photo for number in after.placement.ravel()}
    assert photo not in shown


@pytest.mark.parametrize("rule", RULES)
def test_a_pin_stays_and_others_give_way_only_to_the_rule(rule):
    frame, tiles = scene()
    before = make_mosaic(frame, tiles, looks(**rule))
    tile = int(before.placement[2, 3])
    pin = {"row": 4, "column": 5, "tile": f"t{tile}"}
    after = make_mosaic(frame, tiles, looks({"pin": [pin]}, **rule))
    assert after.placement[4, 5] == tile
    check_rule(after.placement, **rule)
    changed = np.argwhere(before.placement != after.placement).tolist()
    assert [4, 5] in changed
    held = [tile] * len(changed) if rule.get("at_most") else []
    others = [before.placement[tuple(cell)] for cell in changed if cell != [4, 5]]
    assert others == held[: len(others)]
    assert after.gap > 0


def test_a_tile_is_replaced_wherever_it_was():
    frame, tiles = scene()
    before = make_mosaic(frame, tiles)
    most = int(before.uses().argmax())
    new = (most + 1) % 40
    edits = {"replace": {f"t{most}": f"t{new}"}}
    after = make_mosaic(frame, tiles, looks(edits))
    here = before.placement == most
    assert (after.placement[here] == new).all()
    np.testing.assert_array_equal(after.placement[~here], before.placement[~here])


def test_mirror_images_are_banned_and_replaced_with_their_tiles():
    frame, tiles = scene()
    before = make_mosaic(frame, tiles, LookSettings(mirror=True))
    numbers = before.placement.ravel() % 40
    most = int(np.bincount(numbers).argmax())
    banned = make_mosaic(frame, tiles, LookSettings(mirror=True, ban=[f"t{most}"]))
    assert most not in banned.placement % 40
    new = (most + 1) % 40
    replaced = make_mosaic(
        frame, tiles, LookSettings(mirror=True, replace={f"t{most}": f"t{new}"})
    )
    here = before.placement % 40 == most
    np.testing.assert_array_equal(
        replaced.placement[here], before.placement[here] - most + new
    )


def test_every_tile_is_still_used_after_a_pin():
    frame, tiles = scene(tiles=28)
    rule = {"everyone": True}
    before = make_mosaic(frame, tiles, looks(**rule))
    alone = int(np.flatnonzero(before.uses() == 1)[0])
    row, column = map(int, np.argwhere(before.placement == alone)[0])
    other = int(before.uses().argmax())
    pin = {"row": row, "column": column, "tile": f"t{other}"}
    after = make_mosaic(frame, tiles, looks({"pin": [pin]}, **rule))
    assert after.uses().min() == 1
    assert after.placement[row, column] == other
    assert (before.placement != after.placement).sum() == 2


def test_every_tile_but_the_banned_is_used():
    frame, tiles = scene(tiles=28)
    edits = {"ban": ["t5"]}
    after = make_mosaic(frame, tiles, looks(edits, everyone=True))
    uses = after.uses()
    assert uses[5] == 0
    assert np.delete(uses, 5).min() == 1


@pytest.mark.parametrize("match", ["mixed", "four", "mean"])
def test_ways_without_a_bound_change_as_little(match):
    frame, tiles = scene()
    before = make_mosaic(frame, tiles, LookSettings(match=match, far=0.2))
    most = int(before.uses().argmax())
    banned = LookSettings(match=match, far=0.2, ban=[f"t{most}"])
    after = make_mosaic(frame, tiles, banned)
    changed = before.placement != after.placement
    np.testing.assert_array_equal(changed, before.placement == most)
    assert after.gap is None


def test_cells_of_a_quadtree_keep_their_places():
    frame = np.random.default_rng(3).integers(0, 256, (24, 24, 3), np.uint8)
    tiles = dataclasses.replace(
        scene()[1],
        tiles=np.random.default_rng(4).integers(0, 256, (40, 8, 8, 3), np.uint8),
    )
    before = make_mosaic(frame, tiles, LookSettings(layout="quadtree"))
    most = int(before.uses().argmax())
    after = make_mosaic(frame, tiles, LookSettings(layout="quadtree", ban=[f"t{most}"]))
    np.testing.assert_array_equal(before.layout.boxes, after.layout.boxes)
    np.testing.assert_array_equal(
        before.placement != after.placement, before.placement == most
    )
    assert after.gap == 0


PIN = {"row": 0, "column": 0, "tile": "t1"}


@pytest.mark.parametrize(
    ("edits", "rule", "sentence"),
    [
        ({"ban": ["t99"]}, {}, "mosaic.ban is 't99': the tile set has no such tile"),
        ({"replace": {"t1": "x"}}, {}, "mosaic.replace is 'x': the tile set has no"),
        ({"pin": [{**PIN, "tile": "x"}]}, {}, "mosaic.pin is 'x': the tile set has no"),
        ({"pin": [{**PIN, "row": 9}]}, {}, "row 9, column 0': there is no such cell"),
        ({"pin": [PIN], "ban": ["t1"]}, {}, "mosaic.ban bans this tile"),
        (
            {"pin": [PIN, {**PIN, "column": 1}]},
            {"at_most": 1},
            "don't keep the rule: each tile at most once",
        ),
        (
            {"pin": [PIN, {**PIN, "column": 1}]},
            {"apart": 1},
            "don't keep the rule: no tile within 1 cell of itself",
        ),
        ({"ban": [f"p{n}.jpg" for n in range(20)]}, {}, "leave at least one"),
    ],
)
def test_edits_that_cannot_be_get_one_sentence(edits, rule, sentence):
    frame, tiles = scene()
    with pytest.raises(SettingsError, match=sentence):
        make_mosaic(frame, tiles, looks(edits, **rule))


@pytest.mark.parametrize("rule", [{"at_most": 1}, {"apart": 5}])
def test_a_pool_that_a_ban_makes_too_small_is_refused(rule):
    frame, tiles = scene(tiles=30)
    with pytest.raises((SettingsError, TooFewTiles), match=r"no tile is left|missing"):
        make_mosaic(frame, tiles, looks({"ban": ["t3"]}, **rule))


def test_the_list_of_the_viewer_is_added_to_the_settings(tmp_path):
    path = tmp_path / "edits.json"
    saved = {"ban": ["t2"], "pin": [PIN], "replace": {"t3": "t4"}}
    path.write_text(json.dumps(saved))
    assert read_edits(path) == EditSettings(**saved)
    both = with_edits(LookSettings(ban=["t1"], replace={"t3": "t5"}), str(path))
    assert both.ban == ("t1", "t2")
    assert both.pin == EditSettings(**saved).pin
    assert both.replace == {"t3": "t4"}
    assert with_edits(both, None) is both


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "it isn't JSON"),
        ("[]", "save the list anew"),
        ('{"bann": []}', "at bann: extra inputs are not permitted"),
        ('{"pin": [{"row": 1, "tile": "a"}]}', r"at pin\.0\.column: field required"),
    ],
)
def test_a_list_that_is_none_gets_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "edits.json"
    path.write_text(text)
    with pytest.raises(SettingsError, match=sentence):
        read_edits(path)
    with pytest.raises(SettingsError, match="there is no such file"):
        read_edits(tmp_path / "none.json")
