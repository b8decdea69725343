"""Test every pair of settings of a mosaic: all work, and the rules hold by count."""

import hashlib
from itertools import combinations, product

import cv2
import numpy as np
import pytest
import pyvips
import reference
from mosaic_samples import sample_tile_set
from numba import config
from repetition import satisfies_in_layout

from pigeonhole.core.match_modes import MATCH_MODES
from pigeonhole.imaging.codecs import write_png
from pigeonhole.imaging.color_spaces import means_to_lab
from pigeonhole.matching.assignment import RepetitionLimits
from pigeonhole.matching.color_transfer import pixel_statistics
from pigeonhole.matching.neighbors import find_neighbors
from pigeonhole.mosaic import make_mosaic
from pigeonhole.mosaic.from_folder import mosaic_from_folder
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.settings import MosaicOptions, MosaicSettings, TileSetSettings

LIMITS = {
    "none": {},
    "max_uses": {"max_uses": 3},
    "min_distance": {"min_distance": 1},
    "use_all": {"use_all": True},
    "both": {"max_uses": 3, "min_distance": 1},
}
OUTPUTS = {
    "image": ("m.png", {"tile_width": None}),
    "auto": ("m.png", {"tile_width": "auto"}),
    "tif": ("m.tif", {"tile_width": 12}),
    "print": ("m.png", {"print": {"size": "5x4 cm", "dpi": 50, "fit": "pad"}}),
}
FACTORS = {
    "layout": ("grid", "brick", "quadtree"),
    "mask": (False, True),
    "mirror": (False, True),
    "variants": (1, 3),
    "limits": tuple(LIMITS),
    "match": tuple(MATCH_MODES),
    "color_transfer": (0, 0.5),
    "histogram_matching": (0, 0.5),
    "space": ("rgb", "lab", "gray"),
    "color": (True, False),
    "edits": (False, True),
    "overlay": (0, 0.4),
    "output": tuple(OUTPUTS),
}
SIDE, PHOTOS = (5, 18) if config.DISABLE_JIT else (8, 36)
"""Columns and rows of the target, and number of photos."""
MAX_TRANSFER = 4.0


def pairs_of(case):
    """Return the pairs of settings in a case."""
    return set(combinations(case.items(), 2))


def pairwise_cases():
    """Return cases in which every pair of settings occurs, chosen greedily."""
    missing = {
        pair
        for (a, some), (b, others) in combinations(FACTORS.items(), 2)
        for pair in product([(a, x) for x in some], [(b, y) for y in others])
    }
    cases = []
    while missing:
        case = dict(min(missing, key=str))
        for name in FACTORS:
            if name not in case:
                case[name] = best_value(name, case, cases, missing)
        case = {name: case[name] for name in FACTORS}
        missing -= pairs_of(case)
        cases.append(case)
    return cases


def best_value(name, case, cases, missing):
    """Return the value with the most missing pairs; of equal ones, the rarest."""
    chosen = set(case.items())

    def gain(value):
        choice = (name, value)
        new = sum(choice in pair and bool(chosen & set(pair)) for pair in missing)
        return new, -sum(other[name] == value for other in cases)

    return max(FACTORS[name], key=gain)


CASES = pairwise_cases()


def test_every_pair_of_settings_occurs():
    for (a, some), (b, others) in combinations(FACTORS.items(), 2):
        found = {(case[a], case[b]) for case in CASES}
        assert found == set(product(some, others)), (a, b)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with photos, a target and a mask that shows a circle of it."""
    path = tmp_path_factory.mktemp("pairs")
    random = np.random.default_rng(2)
    for number in range(PHOTOS):
        small = random.normal(random.uniform(40, 215, 3), 45, (4, 5, 3)).clip(0, 255)
        photo = cv2.resize(small, (40, 32), interpolation=cv2.INTER_CUBIC)
        photo = photo.clip(0, 255).astype(np.uint8)
        write_png(path / "photos" / f"{number:02}.png", photo)
    small = random.integers(0, 256, (5, 5, 3), np.uint8)
    target = cv2.resize(small, (8 * SIDE, 8 * SIDE), interpolation=cv2.INTER_LINEAR)
    write_png(path / "target.png", target)
    row, column = np.indices((8 * SIDE, 8 * SIDE)) - (8 * SIDE - 1) / 2
    visible = np.hypot(row, column) < 4 * SIDE
    write_png(path / "mask.png", np.where(visible, 255, 0).astype(np.uint8))
    return path


def make(folder, case, edits):
    """Return the mosaic of a case from the folder of photos."""
    _, output = OUTPUTS[case["output"]]
    names = ("layout", "mirror", "match", "space", "overlay")
    names += ("color_transfer", "histogram_matching")
    settings = MosaicSettings(
        width=8 * SIDE,
        levels=2,
        cells=round(1.3 * SIDE**2) if case["layout"] == "quadtree" else None,
        mask=str(folder / "mask.png") if case["mask"] else None,
        max_color_transfer=MAX_TRANSFER,
        repetition=LIMITS[case["limits"]],
        **{name: case[name] for name in names},
        **output,
        **edits,
    )
    tiles = TileSetSettings(
        cut="photos",
        size="8x8",
        color=case["color"],
        variants=case["variants"],
        min_crop=0.6,
    )
    return mosaic_from_folder(
        folder / "target.png",
        folder / "photos",
        settings,
        tiles,
        cache=folder / "cache",
    )


def placed_sources(mosaic):
    return mosaic.tile_set.sources[mosaic.placement.ravel()]


def choose_edits(mosaic):
    """Return a ban, a pin and a replacement, and the sources and cell they concern."""
    placed = placed_sources(mosaic)
    banned, old, pinned = np.unique(placed)[:3].tolist()
    unused = np.setdiff1d(np.unique(mosaic.tile_set.sources), placed)
    new = int(unused[0] if unused.size else np.unique(placed)[3])
    tiles = {
        source: mosaic.tile_set.rows[
            int(np.flatnonzero(mosaic.tile_set.sources == source)[0])
        ]
        for source in (banned, old, pinned, new)
    }
    cell = int(np.flatnonzero(~np.isin(placed, [old, new]))[-1])
    row, column = mosaic.layout.labels[cell].tolist()
    edits = {
        "ban": [tiles[banned].photo],
        "replace": {tiles[old].id: tiles[new].id},
        "pin": [{"row": row, "column": column, "tile": tiles[pinned].id}],
    }
    return edits, {banned, old}, {old: new}, {cell: pinned}


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_every_pair_of_settings_works(tmp_path, folder, case):
    result = make(folder, case, {})
    gone = set()
    if case["edits"]:
        before = placed_sources(result.mosaic)
        edits, gone, replaced, pinned = choose_edits(result.mosaic)
        result = make(folder, case, edits)
        placed = placed_sources(result.mosaic)
        for old, new in replaced.items():
            assert set(placed[before == old]) == {new}
        for cell, source in pinned.items():
            assert placed[cell] == source
        assert not gone & set(placed)
    mosaic = result.mosaic
    check_limits(mosaic, LIMITS[case["limits"]], gone)
    check_image(mosaic, case)
    check_output(tmp_path, result, case)


def check_limits(mosaic, limits, gone):
    """Check the limits by counting sources."""
    sources = np.unique(mosaic.tile_set.sources)
    placed, boxes = placed_sources(mosaic), mosaic.layout.boxes
    rules = RepetitionLimits(limits.get("max_uses"), limits.get("min_distance", 0))
    assert len(sources) == PHOTOS
    assert satisfies_in_layout(placed, rules, PHOTOS, boxes)
    near = find_neighbors(boxes, rules.min_distance)
    owners = np.repeat(np.arange(len(boxes)), np.diff(near.starts))
    assert not (placed[owners] == placed[near.cells]).any()
    if limits.get("use_all"):
        assert set(sources) == set(placed) | gone


def check_image(mosaic, case):
    """Check empty cells, and every cell against its tile, transfer and overlay."""
    layout, placement = mosaic.layout, mosaic.placement.ravel()
    covered = layout.coverage()
    assert covered.all() != case["mask"]
    drawing = Drawing.from_mosaic(mosaic)
    plain = reference.render_boxes(mosaic.tile_set.tiles, layout, placement)
    expected = np.full(plain.shape, 255.0)
    channels = 1 if plain.ndim == 2 else 3
    opacity = case["overlay"]
    for cell, (row, column, height, width) in enumerate(layout.clipped_boxes):
        box = slice(row, row + height), slice(column, column + width)
        gain, offset = drawing.gains[cell], drawing.offsets[cell, :channels]
        check_transfer(plain[box], mosaic.frame[box], gain, offset, case)
        shown = plain[box].astype(float).reshape(height, width, -1) * gain + offset
        shown = shown.clip(0, 255).reshape(plain[box].shape)
        expected[box] = (1 - opacity) * shown + opacity * mosaic.frame[box]
    image = mosaic.image()
    assert np.abs(image - expected).max() < 1.1
    assert (image[~covered] == 255).all()


def check_transfer(tile, cell, gain, offset, case):
    """Check that the mean moves toward the cell's, and within the bound."""
    (mean, std), (wanted, wanted_std) = (
        (stats.means[0], stats.stds[0])
        for stats in (pixel_statistics(image[None]) for image in (tile, cell))
    )
    strength = case["color_transfer"]
    moved = offset - (1 - gain) * mean
    full = wanted - mean
    share = (moved @ full) / max(1e-9, full @ full)
    distance = np.linalg.norm(np.diff(means_to_lab(np.stack([mean, wanted])), axis=0))
    assert np.abs(moved - share * full).max() < 1e-3
    assert -1e-3 <= share <= strength + 1e-3
    assert share * distance < MAX_TRANSFER + 1e-2
    assert share * distance > min(MAX_TRANSFER, strength * distance) - 1e-2
    lowest = 1 - 0.47 * strength * (1 - min(1, wanted_std / max(std, 1e-9)))
    assert gain == pytest.approx(lowest, abs=1e-5)


def check_output(tmp_path, result, case):
    """Check the size of the file, and that empty cells are transparent or white."""
    name, _ = OUTPUTS[case["output"]]
    path = tmp_path / name
    size = result.save(path)
    image = pyvips.Image.new_from_file(str(path)).numpy()
    widths = {"image": 8, "auto": result.mosaic.layout.size.width, "tif": 12}
    if case["output"] == "print":
        assert size == image.shape[1::-1] == (98, 79)
        # The mosaic is a square in the middle of the paper.
        assert (image[:, :9] == 255).all()
        assert (image[:, -9:] == 255).all()
        return
    if case["output"] == "auto":
        crops = [row.width for row in result.mosaic.placed_rows()]
        widths["auto"] = min(36, int(np.median(crops)))
    assert size == image.shape[1::-1] == (SIDE * widths[case["output"]],) * 2
    corner = image[0, 0]
    if not case["mask"]:
        assert name == "m.tif" or image.ndim == 2 or image.shape[2] == 3
    elif name in {"m.png", "m.tif"}:
        assert corner[3] == 0
    else:
        assert (corner == 255).all()


@pytest.mark.parametrize(
    ("options", "digest"),
    [
        ({}, "3ee2b72e6113da04b118e50ecf69ce7d2e95899dd76682fc377fd668b8b01b58"),
        (
            {"space": "lab"},
            "d63c979878686610db41bb7d7dff515780e244a972144f942d6bfde80b828445",
        ),
        (
            {"layout": "brick"},
            "e563eba1f00fdae1ca3e5c80707046f4ceeb9d6f8fc7e5347c51161bc037940e",
        ),
        (
            {"repetition": {"max_uses": 2}},
            "1120519f4710b2a9192079b7b27e3185b2055eaeace0a65cfdd2fd87eadfed93",
        ),
        (
            {"repetition": {"min_distance": 1}},
            "bdf1f66dc0cf4f3f8b828ee3b47d33c61f80969544b66408b69631f6fff14ffd",
        ),
    ],
)
def test_exact_mosaics_are_those_of_version_485a726(options, digest):
    """The digests were computed before variants and color transfer existed."""
    random = np.random.default_rng(11)
    target = random.integers(0, 256, (48, 64, 3), np.uint8)
    tiles = sample_tile_set(random.integers(0, 256, (40, 8, 8, 3), np.uint8))
    plain = {"match": "exact", "mirror": False, "color_transfer": 0}
    mosaic = make_mosaic(target, tiles, MosaicOptions(**plain, **options))
    content = mosaic.placement.astype("<i8").tobytes() + mosaic.image().tobytes()
    assert hashlib.sha256(content).hexdigest() == digest
