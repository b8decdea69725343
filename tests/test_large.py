"""Placements drawn at any size, prints, and what they leave in memory."""

import dataclasses
import logging

import cv2
import numpy as np
import pytest
import pyvips
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Paper, Size
from pigeonhole.imaging import pyramid as bands_module
from pigeonhole.imaging.codecs import write_png
from pigeonhole.imaging.pyramid import Facts
from pigeonhole.imaging.resize import resize, rgb_of, to_grey
from pigeonhole.mosaic import fit_to_grid, make_mosaic
from pigeonhole.mosaic.render.drawing import Drawing, Page, StalePlacement
from pigeonhole.mosaic.render.kernels import draw_cells
from pigeonhole.mosaic.render.large import _target_part, write_large
from pigeonhole.mosaic.render.prints import Print
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.settings import LookSettings, PrintSettings, TileSetSettings
from pigeonhole.tiles import cut_tiles
from pigeonhole.tiles.crops import LostPhoto, crops


@pytest.fixture
def world(tmp_path):
    """Twelve photos of noise around a grey of their own, and a target of greys."""
    random = np.random.default_rng(3)
    photos = []
    for number in range(12):
        picture = random.normal(20 * number + 15, 12, (44, 33, 3)).clip(0, 255)
        write_png(tmp_path / f"{number:02}.png", picture.astype(np.uint8))
        facts = ("demo", "Ann", "", "", "", "CC0", 33, 44, "")
        photos.append(PhotoRow(f"{number:02}.png", *facts))
    target = random.integers(0, 256, (40, 42, 3), np.uint8)

    def made(colour=True, **looks):
        settings = TileSetSettings(cut="photos", size=Size(6, 8), colour=colour)
        tile_set = cut_tiles(settings, 0.0, photos, [], tmp_path)
        return make_mosaic(target, tile_set, LookSettings(**looks)), photos, target

    return made


def drawn(tmp_path, drawing, photos, page, **facts):
    path = tmp_path / "out" / "large.png"
    write_large(path, drawing, page, photos, tmp_path, Facts(**facts))
    assert [there.name for there in path.parent.iterdir()] == ["large.png"]
    return pyvips.Image.new_from_file(str(path)).numpy()


def whole(size):
    return Page(size, size)


@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize(
    "looks", [{}, {"mirror": True}, {"tint": 0.7}, {"tone": 1, "tint": 1}]
)
def test_at_the_matching_size_it_is_the_mosaic_itself(tmp_path, world, colour, looks):
    mosaic, photos, _ = world(colour, **looks)
    drawing = Drawing.of(mosaic)
    large = drawn(tmp_path, drawing, photos, whole(drawing.size))
    np.testing.assert_array_equal(large, rgb_of(mosaic.picture()))


@pytest.mark.parametrize("band_bytes", [1, 2000, 10**6])
def test_every_cell_shows_its_tile_from_the_photo(
    tmp_path, world, band_bytes, monkeypatch
):
    monkeypatch.setattr(bands_module, "BAND_BYTES", band_bytes)
    mosaic, photos, _ = world(mirror=True)
    drawing = Drawing.of(mosaic)
    tile = drawing.tile_size(21)
    assert tile == (21, 28)
    large = drawn(tmp_path, drawing, photos, whole(drawing.enlarged_to(tile)))
    rows = mosaic.tile_set.rows[: mosaic.originals]
    tiles = crops(rows, photos, tmp_path, tile)
    tiles = np.concatenate([tiles, tiles[:, :, ::-1]])
    for (row, column), number in np.ndenumerate(mosaic.placement):
        cell = large[28 * row : 28 * row + 28, 21 * column : 21 * column + 21]
        np.testing.assert_array_equal(cell, tiles[number])


def test_full_is_as_large_as_every_photo_allows(tmp_path, world):
    drawing = Drawing.of(world()[0])
    assert drawing.tile_size("full") == (33, 44)
    assert drawing.tile_size(None) == (6, 8)
    few = [dataclasses.replace(row, width=17) for row in drawing.rows]
    assert dataclasses.replace(drawing, rows=few).tile_size("full") == (17, 23)


def test_larger_than_the_photos_is_warned_of(tmp_path, world, caplog):
    mosaic, photos, _ = world()
    drawing = Drawing.of(mosaic)
    drawn(tmp_path, drawing, photos, whole(drawing.enlarged_to(Size(30, 40))))
    assert "larger than their photos" not in caplog.text
    drawn(tmp_path, drawing, photos, whole(drawing.enlarged_to(Size(36, 48))))
    shown = len(drawing.shown())
    assert f"{shown} of {shown} tiles are drawn larger" in caplog.text
    assert "up to 1.1 times" in caplog.text


def test_an_odd_size_leaves_no_gap_and_no_seam(tmp_path, world):
    """Cells of 17 or 18 pixels: each shows the beginning of its tile."""
    mosaic, photos, _ = world()
    drawing = Drawing.of(mosaic)
    size = Size(125, 93)
    large = drawn(tmp_path, drawing, photos, whole(size))
    rows, columns = mosaic.placement.shape
    downs = [round(size.height * row / rows) for row in range(rows + 1)]
    acrosses = [round(size.width * column / columns) for column in range(columns + 1)]
    tallest, widest = max(np.diff(downs)), max(np.diff(acrosses))
    tiles = crops(mosaic.tile_set.rows, photos, tmp_path, Size(widest, tallest))
    for (row, column), number in np.ndenumerate(mosaic.placement):
        cell = large[
            downs[row] : downs[row + 1], acrosses[column] : acrosses[column + 1]
        ]
        tall, wide = cell.shape[:2]
        np.testing.assert_array_equal(cell, tiles[number][:tall, :wide])


def test_overlay_lays_the_sharp_target_over(tmp_path, world):
    mosaic, photos, target = world(overlay=0.25)
    sharp = resize(target, 84, 80)
    drawing = Drawing.of(mosaic, sharp)
    large = drawn(tmp_path, drawing, photos, whole(Size(84, 80)))
    plain = dataclasses.replace(drawing, overlay=0)
    below = drawn(tmp_path, plain, photos, whole(Size(84, 80)))
    expected = np.rint(np.float32(0.75) * below + np.float32(0.25) * sharp)
    np.testing.assert_array_equal(large, expected)


def test_parts_of_a_target_are_those_of_the_whole():
    target = np.random.default_rng(1).integers(0, 256, (7, 5, 3), np.uint8)
    size = Size(64, 90)
    expected = cv2.resize(
        target.astype(np.float32), size, interpolation=cv2.INTER_LINEAR
    )
    for top in range(0, 90, 13):
        rows = range(top, min(90, top + 13))
        for columns in (range(64), range(20, 51)):
            part = _target_part(target, size, rows, columns)
            seen = expected[rows.start : rows.stop, columns.start : columns.stop]
            assert np.abs(part - seen).max() <= 0.51


def test_white_paper_shows_beside_the_picture(tmp_path, world):
    mosaic, photos, _ = world(overlay=0.5, tint=0.5)
    drawing = Drawing.of(mosaic)
    size = drawing.size
    page = Page(Size(size.width + 9, size.height + 20), size, 4, 15)
    large = drawn(tmp_path, drawing, photos, page)
    inside = large[15:-5, 4:-5]
    np.testing.assert_array_equal(inside, mosaic.picture())
    assert (large[:15] == 255).all()
    assert (large[:, :4] == 255).all()
    assert (large[-5:] == 255).all()
    assert large[..., 0].size - (large == 255).all(axis=2).sum() <= inside[..., 0].size


def test_a_picture_beyond_its_paper_is_cut_off(tmp_path, world):
    mosaic, photos, _ = world(overlay=0.5)
    drawing = Drawing.of(mosaic)
    page = Page(Size(20, 30), drawing.size, -7, -9)
    large = drawn(tmp_path, drawing, photos, page)
    np.testing.assert_array_equal(large, mosaic.picture()[9:39, 7:27])


def test_a_saved_mosaic_is_drawn_without_matching_again(tmp_path, world):
    mosaic, _, target = world(mirror=True, tint=0.4, tone=0.6)
    mosaic.save_table(tmp_path / "placement.csv")
    count = mosaic.originals
    rows, tiles = mosaic.tile_set.rows[:count], mosaic.tile_set.tiles[:count]
    tile_set = dataclasses.replace(mosaic.tile_set, tiles=tiles, rows=rows)
    table, looks = tmp_path / "placement.csv", mosaic.looks
    again, drawing = Drawing.read(table, target, tile_set, looks), Drawing.of(mosaic)
    for name in ("boxes", "numbers", "mirrored", "shifts", "target"):
        np.testing.assert_array_equal(getattr(again, name), getattr(drawing, name))
    assert (again.size, again.tile) == (drawing.size, drawing.tile)
    with pytest.raises(StalePlacement, match=r"placement\.csv is the placement of"):
        Drawing.read(table, target[:8], tile_set, looks)
    fewer = dataclasses.replace(tile_set, tiles=tile_set.tiles[:2], rows=rows[:2])
    with pytest.raises(StalePlacement):
        Drawing.read(table, target, fewer, looks)


@pytest.mark.parametrize("layout", ["brick", "quadtree"])
@pytest.mark.parametrize("factor", [1, 3])
def test_layouts_and_empty_cells_are_drawn_as_they_are(tmp_path, world, layout, factor):
    mosaic, photos, target = world(layout=layout, levels=2, tint=0.5, overlay=0.3)
    seen = np.ones(target.shape[:2], np.bool_)
    seen[8:24, 6:20] = False
    mosaic = make_mosaic(target, mosaic.tile_set, mosaic.looks, seen)
    assert len(mosaic.layout) < len(world(layout=layout, levels=2)[0].layout)
    drawing = Drawing.of(mosaic)
    size = Size(factor * drawing.size.width, factor * drawing.size.height)
    large = drawn(tmp_path, drawing, photos, whole(size))
    covered = mosaic.layout.covered()
    grown = covered.repeat(factor, axis=0).repeat(factor, axis=1)
    assert (large[~grown] == 255).all()
    # A smaller cell's tile is drawn from the photo, not from the matched tile.
    gaps = resize(large, *drawing.size).astype(int) - mosaic.picture()
    assert np.abs(gaps[covered]).mean() < (3 if factor == 1 else 8)
    mosaic.save_table(tmp_path / "placement.csv")
    again = Drawing.read(
        tmp_path / "placement.csv", target, mosaic.tile_set, mosaic.looks
    )
    np.testing.assert_array_equal(drawn(tmp_path, again, photos, whole(size)), large)


def test_a_lost_photo_leaves_nothing_behind(tmp_path, world):
    mosaic, _, _ = world()
    drawing = Drawing.of(mosaic)
    with pytest.raises(LostPhoto):
        write_large(
            tmp_path / "out" / "a.png", drawing, whole(drawing.size), [], tmp_path
        )
    assert list((tmp_path / "out").iterdir()) == []


def test_every_large_picture_names_its_photographers(tmp_path, world):
    mosaic, photos, _ = world()
    drawing = Drawing.of(mosaic)
    path = tmp_path / "a.jpg"
    write_large(path, drawing, whole(drawing.size), photos, tmp_path)
    assert b"<rdf:li>Ann</rdf:li>" in path.read_bytes()


# ---- the kernel and its twin ----


@st.composite
def scenes(draw):
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(0, 12))
    corners = random.integers(-9, 24, (count, 2))
    sides = random.integers(1, 12, (count, 2))
    edges = np.hstack([corners, corners + sides]).astype(np.int64)
    strides = sides[:, 1] + random.integers(0, 3, count)
    lengths = 3 * strides * sides[:, 0]
    starts = np.cumsum(lengths) - lengths
    tiles = random.integers(0, 256, int(lengths.sum()) + 1, np.uint8)
    mirrored = random.integers(0, 2, count).astype(np.bool_)
    shifts = random.integers(-300, 300, (count, 3)).astype(np.int16)
    band = random.integers(0, 256, (draw(st.integers(1, 9)), 20, 3), np.uint8)
    top = draw(st.integers(0, 20))
    return band, top, edges, tiles, starts, strides, mirrored, shifts


@given(scenes())
@settings(max_examples=60)
def test_draw_cells_equals_reference(scene):
    band, *rest = scene
    expected = band.copy()
    reference.draw_cells(expected, *rest)
    draw_cells(band, *rest)
    np.testing.assert_array_equal(band, expected)


# ---- paper ----


@pytest.mark.parametrize(
    ("text", "dpi", "bleed", "size"),
    [
        ("60x90 cm", 300, 0, (7087, 10630)),
        ("24x36 in", 300, 0, (7200, 10800)),
        ("594x841 mm", 150, 3, (3543, 5002)),
        ("1 x 1.5cm", 254, 0, (100, 150)),
        ("60\u00d740 cm", 254, 0, (6000, 4000)),
        ("A3", 254, 0, (2970, 4200)),
        ("A3 landscape", 254, 1, (4220, 2990)),
    ],
)
def test_paper_becomes_pixels(text, dpi, bleed, size):
    settings = PrintSettings(size=text, dpi=dpi, bleed=bleed)
    assert Print.of(settings).size == size
    assert PrintSettings.model_validate(settings.model_dump(mode="json")) == settings


@pytest.mark.parametrize(
    "text", ["60x90", "A7", "60x90 ft", "0x9 cm", "60*90 cm", "2000x90 cm", "5x5 mm"]
)
def test_paper_that_makes_no_sense_is_refused(text):
    with pytest.raises(ValueError, match="such as 60x90 cm"):
        Paper.parse(text)


def test_no_paper_is_told():
    with pytest.raises(SettingsError, match=r"mosaic\.print\.size is null: give"):
        Print.of(PrintSettings())


def test_the_middle_of_a_target_is_printed():
    sheet = Print.of(PrintSettings(size="10x20 cm"))
    picture = np.arange(100 * 100 * 3, dtype=np.uint32).reshape(100, 100, 3)
    picture = picture.astype(np.uint8)
    np.testing.assert_array_equal(sheet.part(picture), picture[:, 25:75])
    wide = Print.of(PrintSettings(size="20x10 cm"))
    np.testing.assert_array_equal(wide.part(picture), picture[25:75])
    padded = Print.of(PrintSettings(size="10x20 cm", fit="pad"))
    assert padded.part(picture) is picture


def test_a_padded_print_keeps_the_shape_and_stands_in_the_middle():
    sheet = Print.of(PrintSettings(size="10x20 cm", dpi=254, fit="pad"))
    assert sheet.page(Size(500, 500)) == (Size(1000, 2000), Size(1000, 1000), 0, 500)
    assert sheet.page(Size(100, 400)) == (Size(1000, 2000), Size(500, 2000), 250, 0)


def test_a_print_has_its_pixels_and_its_resolution(tmp_path, world):
    mosaic, photos, target = world()
    sheet = Print.of(PrintSettings(size="3x4 cm", dpi=200))
    part = sheet.part(target)
    mosaic = make_mosaic(fit_to_grid(part, Size(6, 8), 42), mosaic.tile_set)
    drawing = Drawing.of(mosaic, part)
    path = tmp_path / "print.tif"
    write_large(
        path,
        drawing,
        sheet.page(drawing.size),
        photos,
        tmp_path,
        Facts(dpi=sheet.dpi, lossless=True, paper=True),
    )
    with Image.open(path) as sheet_alone:
        assert sheet_alone.n_frames == 1
    image = pyvips.Image.new_from_file(str(path))
    assert (image.width, image.height) == (236, 315)
    assert image.xres * 25.4 == pytest.approx(200)
    assert len(image.get("icc-profile-data")) > 0


def test_a_print_says_what_comes_out():
    sheet = Print.of(PrintSettings(size="60x90 cm"))
    said = sheet.sentence(Size(1200, 1808), Size(12, 16), 0.667)
    assert said == (
        "7087x10630 pixels at 300 DPI; 100x113 cells of 71x94 pixels, 6.0x8.0 mm on "
        "paper. 33% of the target is cut off."
    )
    said = sheet.sentence(Size(2400, 3616), Size(12, 16), 1.0)
    assert "200x226 cells of 35x47 pixels, 3.0x4.0 mm on paper. A face is a" in said
    assert said.endswith("from about 6 mm on: a width of 1200 gives that.")
    assert "cut off" not in sheet.sentence(Size(1200, 1808), Size(12, 16), 1.0)


def test_grey_stays_grey(tmp_path, world):
    mosaic, photos, _ = world(colour=False)
    drawing = Drawing.of(mosaic)
    large = drawn(tmp_path, drawing, photos, whole(drawing.enlarged_to(Size(12, 16))))
    assert (large == large[..., :1]).all()
    row = mosaic.tile_set.rows[mosaic.placement[0, 0]]
    (tile,) = crops([row], photos, tmp_path, Size(12, 16))
    np.testing.assert_array_equal(large[:16, :12, 0], to_grey(tile))


def test_rows_a_second_are_told(tmp_path, world, caplog):
    caplog.set_level(logging.INFO)
    mosaic, photos, _ = world()
    drawing = Drawing.of(mosaic)
    drawn(tmp_path, drawing, photos, whole(drawing.size))
    assert "rows a second" in caplog.text
