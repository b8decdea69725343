"""Test that edits change the affected cells of a mosaic and no others."""

import dataclasses

import numpy as np
import pytest
from mosaic_samples import sample_tile_set
from repetition import satisfies_in_layout

from pigeonhole.core.errors import SettingsError
from pigeonhole.matching.assignment import RepetitionLimits, TooFewTiles
from pigeonhole.mosaic import make_mosaic
from pigeonhole.settings import MosaicOptions
from pigeonhole.settings.repetition import RepetitionSettings


def scene(seed=7, tiles=40):
    """Return a target of 5x6 cells, and tiles with ids t0, t1 ..., two per photo."""
    random = np.random.default_rng(seed)
    target = random.integers(0, 256, (20, 18, 3), np.uint8)
    tile_set = sample_tile_set(random.integers(0, 256, (tiles, 4, 3, 3), np.uint8))
    rows = [
        dataclasses.replace(row, id=f"t{row.tile}", photo=f"p{row.tile // 2}.jpg")
        for row in tile_set.rows
    ]
    return target, dataclasses.replace(tile_set, rows=rows)


def plain(**fields):
    defaults = {"match": "exact", "mirror": False, "color_transfer": 0}
    return MosaicOptions(**{**defaults, **fields})


PLAIN = plain()


def edited(edits=None, **limits):
    return plain(repetition=RepetitionSettings(**limits), **(edits or {}))


LIMITS = [
    {},
    {"max_uses": 1},
    {"max_uses": 3},
    {"min_distance": 1},
    {"min_distance": 1, "max_uses": 2},
]


@pytest.mark.parametrize("limits", LIMITS)
def test_a_ban_changes_only_the_cells_of_the_tile(limits):
    target, tiles = scene()
    before = make_mosaic(target, tiles, edited(**limits))
    most = int(before.use_counts().argmax())
    after = make_mosaic(target, tiles, edited({"ban": [f"t{most}"]}, **limits))
    changed = before.placement != after.placement
    np.testing.assert_array_equal(changed, before.placement == most)
    assert most not in after.placement
    check_limits(after.placement, **limits)
    bound = round(after.distances.sum() / (1 + after.optimality_gap))
    new = make_mosaic(target, without(tiles, most), edited(**limits))
    assert bound <= new.distances.sum()
    assert after.optimality_gap >= 0
    if not limits:
        # Without limits, the result is the optimum for the remaining tiles.
        assert after.optimality_gap == 0
        assert after.distances.sum() == new.distances.sum()


def without(tiles, number):
    rows = [row for row in tiles.rows if row.tile != number]
    return dataclasses.replace(
        tiles, tiles=np.delete(tiles.tiles, number, axis=0), rows=rows
    )


def check_limits(placement, max_uses=None, min_distance=0):
    if max_uses:
        assert np.bincount(placement.ravel()).max() <= max_uses
    for row, column in np.ndindex(placement.shape):
        near = placement[
            max(0, row - min_distance) : row + min_distance + 1,
            max(0, column - min_distance) : column + min_distance + 1,
        ]
        assert (near == placement[row, column]).sum() == 1 or not min_distance


def test_banning_a_photo_bans_all_its_tiles():
    target, tiles = scene()
    before = make_mosaic(target, tiles, PLAIN)
    photo = tiles.rows[int(before.use_counts().argmax())].photo
    after = make_mosaic(target, tiles, edited({"ban": [photo]}))
    shown = {tiles.rows[number].photo for number in after.placement.ravel()}
    assert photo not in shown


@pytest.mark.parametrize("limits", LIMITS)
def test_a_pin_changes_other_cells_only_to_keep_the_limits(limits):
    target, tiles = scene()
    before = make_mosaic(target, tiles, edited(**limits))
    tile = int(before.placement[2, 3])
    pin = {"row": 4, "column": 5, "tile": f"t{tile}"}
    after = make_mosaic(target, tiles, edited({"pin": [pin]}, **limits))
    assert after.placement[4, 5] == tile
    check_limits(after.placement, **limits)
    changed = np.argwhere(before.placement != after.placement).tolist()
    assert [4, 5] in changed
    # A cell of the pinned tile may give way to keep its number of uses.
    expected = [tile] * len(changed) if limits.get("max_uses") else []
    others = [before.placement[tuple(cell)] for cell in changed if cell != [4, 5]]
    assert others == expected[: len(others)]
    assert after.optimality_gap > 0


def test_a_tile_is_replaced_in_all_its_cells():
    target, tiles = scene()
    before = make_mosaic(target, tiles, PLAIN)
    most = int(before.use_counts().argmax())
    new = (most + 1) % 40
    edits = {"replace": {f"t{most}": f"t{new}"}}
    after = make_mosaic(target, tiles, edited(edits))
    affected = before.placement == most
    assert (after.placement[affected] == new).all()
    np.testing.assert_array_equal(
        after.placement[~affected], before.placement[~affected]
    )


@pytest.mark.parametrize(
    "limits", [*LIMITS, {"use_all": True, "max_uses": 4}, {"use_all": True}]
)
@pytest.mark.parametrize("seed", range(3))
def test_a_replaced_tile_does_not_return(limits, seed):
    target, tiles = scene(seed, 20 if "use_all" in limits else 40)
    before = make_mosaic(target, tiles, edited(**limits))
    counts = before.use_counts()
    old = int(np.flatnonzero(counts)[0])
    counts[old] = counts.max() + 1
    new = int(counts.argmin())
    edits = {"replace": {f"t{old}": f"t{new}"}}
    after = make_mosaic(target, tiles, edited(edits, **limits))
    assert old not in after.placement
    assert (after.placement[before.placement == old] == new).all()


def test_mirror_images_are_banned_and_replaced_with_their_tiles():
    target, tiles = scene()
    before = make_mosaic(target, tiles, plain(mirror=True))
    numbers = before.placement.ravel() % 40
    most = int(np.bincount(numbers).argmax())
    banned = make_mosaic(target, tiles, plain(mirror=True, ban=[f"t{most}"]))
    assert most not in banned.placement % 40
    new = (most + 1) % 40
    replaced = make_mosaic(
        target, tiles, plain(mirror=True, replace={f"t{most}": f"t{new}"})
    )
    affected = before.placement % 40 == most
    np.testing.assert_array_equal(
        replaced.placement[affected], before.placement[affected] - most + new
    )


def with_variants(tiles, per_photo=2):
    """Return the tile set with this many tiles for each source, one after another."""
    rows = [
        dataclasses.replace(row, source_id=f"t{row.tile // per_photo * per_photo}")
        for row in tiles.rows
    ]
    return dataclasses.replace(tiles, rows=rows)


def test_a_ban_and_a_replacement_apply_to_all_variants_of_a_tile():
    target, tiles = scene()
    tiles = with_variants(tiles)
    before = make_mosaic(target, tiles, plain(mirror=True))
    numbers = before.placement % 40
    most = int(np.bincount(numbers.ravel() // 2).argmax())
    affected = numbers // 2 == most
    # Each edit names only one of the two variants.
    for name in (f"t{2 * most}", f"t{2 * most + 1}"):
        banned = make_mosaic(target, tiles, plain(mirror=True, ban=[name]))
        np.testing.assert_array_equal(banned.placement != before.placement, affected)
        assert not np.isin(banned.placement % 40 // 2, most).any()
        new = (2 * most + 7) % 40
        edits = {"replace": {name: f"t{new}"}}
        replaced = make_mosaic(target, tiles, plain(mirror=True, **edits))
        mirrored = before.placement[affected] // 40
        np.testing.assert_array_equal(replaced.placement[affected], new + 40 * mirrored)
    pin = {"row": 0, "column": 0, "tile": f"t{2 * most + 1}"}
    with pytest.raises(SettingsError, match="or another one of the same photo"):
        make_mosaic(target, tiles, plain(ban=[f"t{2 * most}"], pin=[pin]))


@pytest.mark.parametrize("layout", ["grid", "brick", "quadtree"])
@pytest.mark.parametrize("match", ["exact", "perceptual", "mean", "mean-2x2"])
@pytest.mark.parametrize("masked", [False, True])
def test_edits_keep_the_limits_by_count_in_every_layout(layout, match, masked):
    random = np.random.default_rng(8)
    target = random.integers(0, 256, (20, 16, 3), np.uint8)
    tiles = dataclasses.replace(
        scene(tiles=120)[1], tiles=random.integers(0, 256, (120, 4, 4, 3), np.uint8)
    )
    tiles = with_variants(tiles)
    mask = np.ones((20, 16), np.bool_)
    mask[4:8, 4:8] = not masked
    rules = RepetitionSettings(max_uses=2, min_distance=1)
    options = {"match": match, "mirror": True, "repetition": rules}
    options |= {"layout": layout, "levels": 2, "cells": None}
    before = make_mosaic(target, tiles, plain(**options), mask)
    labels = before.layout.labels
    shown = list(dict.fromkeys(tiles.sources[before.placement.ravel() % 120]))
    unused = next(source for source in range(60) if source not in shown)
    pinned = 2 * int(shown[2]) + 1
    edits = {
        "ban": [f"t{2 * shown[0]}"],
        "replace": {f"t{2 * shown[1]}": f"t{2 * unused}"},
        "pin": [{"row": labels[-1][0], "column": labels[-1][1], "tile": f"t{pinned}"}],
    }
    after = make_mosaic(target, tiles, plain(**options, **edits), mask)
    sources = after.tile_set.sources[after.placement.ravel()]
    limits = RepetitionLimits(max_uses=2, min_distance=1)
    assert satisfies_in_layout(sources, limits, 60, after.layout.boxes)
    assert after.placement.ravel()[-1] == pinned
    assert shown[0] not in sources
    assert unused in sources
    assert (after.optimality_gap is None) == (before.optimality_gap is None)


def test_every_tile_is_still_used_after_a_pin():
    target, tiles = scene(tiles=28)
    limits = {"use_all": True}
    before = make_mosaic(target, tiles, edited(**limits))
    used_once = int(np.flatnonzero(before.use_counts() == 1)[0])
    row, column = map(int, np.argwhere(before.placement == used_once)[0])
    other = int(before.use_counts().argmax())
    pin = {"row": row, "column": column, "tile": f"t{other}"}
    after = make_mosaic(target, tiles, edited({"pin": [pin]}, **limits))
    assert after.use_counts().min() == 1
    assert after.placement[row, column] == other
    assert (before.placement != after.placement).sum() == 2


def test_every_tile_that_is_not_banned_is_used():
    target, tiles = scene(tiles=28)
    edits = {"ban": ["t5"]}
    after = make_mosaic(target, tiles, edited(edits, use_all=True))
    uses = after.use_counts()
    assert uses[5] == 0
    assert np.delete(uses, 5).min() == 1


@pytest.mark.parametrize("match", ["perceptual", "mean-2x2", "mean"])
def test_modes_without_a_bound_change_only_the_affected_cells(match):
    target, tiles = scene()
    before = make_mosaic(target, tiles, plain(match=match))
    most = int(before.use_counts().argmax())
    banned = plain(match=match, ban=[f"t{most}"])
    after = make_mosaic(target, tiles, banned)
    changed = before.placement != after.placement
    np.testing.assert_array_equal(changed, before.placement == most)
    assert after.optimality_gap is None


def test_edits_do_not_change_a_quadtree():
    target = np.random.default_rng(3).integers(0, 256, (24, 24, 3), np.uint8)
    tiles = dataclasses.replace(
        scene()[1],
        tiles=np.random.default_rng(4).integers(0, 256, (40, 8, 8, 3), np.uint8),
    )
    before = make_mosaic(target, tiles, plain(layout="quadtree"))
    most = int(before.use_counts().argmax())
    after = make_mosaic(target, tiles, plain(layout="quadtree", ban=[f"t{most}"]))
    np.testing.assert_array_equal(before.layout.boxes, after.layout.boxes)
    np.testing.assert_array_equal(
        before.placement != after.placement, before.placement == most
    )
    assert after.optimality_gap == 0


PIN = {"row": 0, "column": 0, "tile": "t1"}


@pytest.mark.parametrize(
    ("edits", "limits", "message"),
    [
        ({"ban": ["t99"]}, {}, "mosaic.ban is 't99': the tile set has no such tile"),
        ({"replace": {"t1": "x"}}, {}, "mosaic.replace is 'x': the tile set has no"),
        ({"pin": [{**PIN, "tile": "x"}]}, {}, "mosaic.pin is 'x': the tile set has no"),
        (
            {"pin": [{**PIN, "row": 9}]},
            {},
            "this mosaic has no such cell: its rows are 0 to 4, its columns 0 to 5",
        ),
        (
            {"pin": [PIN, {**PIN, "tile": "t2"}]},
            {},
            "row 0, column 0': two different tiles are pinned to this cell",
        ),
        ({"pin": [PIN], "ban": ["t1"]}, {}, "mosaic.ban bans this tile"),
        (
            {"pin": [PIN, {**PIN, "column": 1}]},
            {"max_uses": 1},
            r"exceed the limits on repetition \(each photo at most once\)",
        ),
        (
            {"pin": [PIN, {**PIN, "column": 1}]},
            {"min_distance": 1},
            r"exceed the limits on repetition \(.* 1 cell",
        ),
        (
            {"ban": [f"p{n}.jpg" for n in range(20)]},
            {},
            "at least one tile must remain",
        ),
    ],
)
def test_impossible_edits_are_rejected(edits, limits, message):
    target, tiles = scene()
    with pytest.raises(SettingsError, match=message):
        make_mosaic(target, tiles, edited(edits, **limits))


@pytest.mark.parametrize("limits", [{"max_uses": 1}, {"min_distance": 5}])
def test_a_ban_that_leaves_too_few_tiles_is_rejected(limits):
    target, tiles = scene(tiles=30)
    with pytest.raises((SettingsError, TooFewTiles), match=r"no photo is left|missing"):
        make_mosaic(target, tiles, edited({"ban": ["t3"]}, **limits))
