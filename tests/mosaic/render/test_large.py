"""Test mosaics that are rendered from the photos at any size."""

import dataclasses
import logging

import cv2
import numpy as np
import pytest
import pyvips
from mosaic_samples import load_crops
from PIL import Image

from pigeonhole.core.geometry import Size
from pigeonhole.imaging import pyramid
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.imaging.pyramid import LargeImageOptions
from pigeonhole.imaging.resize import resize, to_gray, to_rgb
from pigeonhole.mosaic import Target, make_mosaic
from pigeonhole.mosaic.render import large
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.large import _resize_part, save_image, write_large
from pigeonhole.mosaic.render.page import Page
from pigeonhole.tiles.crops import MissingPhoto


def render_large(tmp_path, drawing, photos, page, **options):
    """Write a page as PNG and return its pixels."""
    path = tmp_path / "out" / "large.png"
    write_large(path, drawing, page, photos, tmp_path, LargeImageOptions(**options))
    assert [file.name for file in path.parent.iterdir()] == ["large.png"]
    return pyvips.Image.new_from_file(str(path)).numpy()


def full_page(size):
    return Page(size, size)


@pytest.mark.parametrize("color", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"mirror": False, "color_transfer": 0},
        {"color_transfer": 0.7},
        {"histogram_matching": 1, "color_transfer": 1, "max_color_transfer": 100},
    ],
)
def test_at_its_own_size_it_equals_the_mosaic(
    tmp_path, mosaic_of_photos, color, options
):
    mosaic, photos, _ = mosaic_of_photos(color, **options)
    drawing = Drawing.from_mosaic(mosaic)
    large = render_large(tmp_path, drawing, photos, full_page(drawing.size))
    np.testing.assert_array_equal(large, to_rgb(mosaic.image()))


@pytest.mark.parametrize("strip_bytes", [1, 2000, 10**6])
def test_every_cell_shows_its_tile_from_the_photo(
    tmp_path, mosaic_of_photos, strip_bytes, monkeypatch
):
    monkeypatch.setattr(pyramid, "STRIP_BYTES", strip_bytes)
    mosaic, photos, _ = mosaic_of_photos(mirror=True, color_transfer=0)
    drawing = Drawing.from_mosaic(mosaic)
    tile = drawing.tile_size(21)
    assert tile == (21, 28)
    large = render_large(tmp_path, drawing, photos, drawing.page(21))
    rows = mosaic.tile_set.rows[: mosaic.tile_count]
    tiles = load_crops(rows, photos, tmp_path, tile)
    tiles = np.concatenate([tiles, tiles[:, :, ::-1]])
    for (row, column), number in np.ndenumerate(mosaic.placement):
        cell = large[28 * row : 28 * row + 28, 21 * column : 21 * column + 21]
        np.testing.assert_array_equal(cell, tiles[number])


def test_upscaled_tiles_cause_a_warning(tmp_path, mosaic_of_photos, caplog):
    mosaic, photos, _ = mosaic_of_photos()
    drawing = Drawing.from_mosaic(mosaic)
    render_large(tmp_path, drawing, photos, drawing.page(30))
    assert "than in their photos" not in caplog.text
    render_large(tmp_path, drawing, photos, drawing.page(36))
    count = len(drawing.placed_rows())
    assert f"{count} of {count} tiles are larger in the image" in caplog.text
    assert "by a factor of up to 1.1" in caplog.text


def test_sizes_that_are_no_multiple_leave_no_gaps_and_no_seams(
    tmp_path, mosaic_of_photos
):
    mosaic, photos, _ = mosaic_of_photos(mirror=False, color_transfer=0)
    drawing, size = Drawing.from_mosaic(mosaic), Size(125, 93)
    # Cells are 17 or 18 pixels wide; the tiles of the narrower ones are clipped.
    large = render_large(tmp_path, drawing, photos, full_page(size))
    rows, columns = mosaic.placement.shape
    y = [round(size.height * row / rows) for row in range(rows + 1)]
    x = [round(size.width * column / columns) for column in range(columns + 1)]
    largest = Size(max(np.diff(x)), max(np.diff(y)))
    tiles = load_crops(mosaic.tile_set.rows, photos, tmp_path, largest)
    for (row, column), number in np.ndenumerate(mosaic.placement):
        cell = large[y[row] : y[row + 1], x[column] : x[column + 1]]
        height, width = cell.shape[:2]
        np.testing.assert_array_equal(cell, tiles[number][:height, :width])


def test_the_overlay_uses_the_target_at_its_own_size(tmp_path, mosaic_of_photos):
    mosaic, photos, target = mosaic_of_photos(overlay=0.25)
    original, page = resize(target, 84, 80), full_page(Size(84, 80))
    drawing = Drawing.from_mosaic(mosaic, original)
    large = render_large(tmp_path, drawing, photos, page)
    without_overlay = dataclasses.replace(drawing, overlay=0)
    plain = render_large(tmp_path, without_overlay, photos, page)
    expected = np.rint(np.float32(0.75) * plain + np.float32(0.25) * original)
    np.testing.assert_array_equal(large, expected)


def test_a_resized_part_equals_the_part_of_the_resized_image():
    target = np.random.default_rng(1).integers(0, 256, (7, 5, 3), np.uint8)
    size = Size(64, 90)
    resized = cv2.resize(
        target.astype(np.float32), size, interpolation=cv2.INTER_LINEAR
    )
    for top in range(0, 90, 13):
        rows = range(top, min(90, top + 13))
        for columns in (range(64), range(20, 51)):
            part = _resize_part(target, size, rows, columns)
            expected = resized[rows.start : rows.stop, columns.start : columns.stop]
            assert np.abs(part - expected).max() <= 0.51


def test_the_page_around_the_mosaic_is_white(tmp_path, mosaic_of_photos):
    mosaic, photos, _ = mosaic_of_photos(overlay=0.5, color_transfer=0.5)
    drawing = Drawing.from_mosaic(mosaic)
    size = drawing.size
    page = Page(Size(size.width + 9, size.height + 20), size, 4, 15)
    large = render_large(tmp_path, drawing, photos, page, paper=True)
    inside = large[15:-5, 4:-5]
    np.testing.assert_array_equal(inside, mosaic.image())
    assert (large[:15] == 255).all()
    assert (large[:, :4] == 255).all()
    assert (large[-5:] == 255).all()
    assert large[..., 0].size - (large == 255).all(axis=2).sum() <= inside[..., 0].size


def test_a_mosaic_larger_than_its_page_is_clipped(tmp_path, mosaic_of_photos):
    mosaic, photos, _ = mosaic_of_photos(overlay=0.5)
    drawing = Drawing.from_mosaic(mosaic)
    page = Page(Size(20, 30), drawing.size, -7, -9)
    large = render_large(tmp_path, drawing, photos, page)
    np.testing.assert_array_equal(large, mosaic.image()[9:39, 7:27])


@pytest.mark.parametrize("layout", ["brick", "quadtree"])
@pytest.mark.parametrize("factor", [1, 3])
def test_other_layouts_and_empty_cells_are_rendered(
    tmp_path, mosaic_of_photos, layout, factor
):
    mosaic, photos, image = mosaic_of_photos(
        layout=layout, levels=2, color_transfer=0.5, overlay=0.3
    )
    complete = len(mosaic.layout)
    mask = np.ones(image.shape[:2], np.bool_)
    mask[8:24, 6:20] = False
    mosaic = make_mosaic(image, mosaic.tile_set, mosaic.options, mask)
    assert len(mosaic.layout) < complete
    drawing = Drawing.from_mosaic(mosaic)
    page = full_page(Size(*(factor * side for side in drawing.size)))
    large = render_large(tmp_path, drawing, photos, page)
    coverage = mosaic.layout.coverage()
    large_coverage = coverage.repeat(factor, axis=0).repeat(factor, axis=1)
    np.testing.assert_array_equal(large[..., 3] == 255, large_coverage)
    np.testing.assert_array_equal(large[..., 3] == 0, ~large_coverage)
    large = large[..., :3]
    assert (large[~large_coverage] == 255).all()
    # The tile of a small cell is cut from the photo, not shrunk from the tile set.
    errors = np.abs(resize(large, *drawing.size).astype(int) - mosaic.image())
    assert errors[coverage].mean() < (3 if factor == 1 else 9)
    table = tmp_path / "placement.csv"
    mosaic.save_placement(table)
    target = Target(image, image, image, mask)
    read = Drawing.read(table, target, mosaic.tile_set, mosaic.options)
    from_file = render_large(tmp_path, read, photos, page)
    np.testing.assert_array_equal(from_file[..., :3], large)
    # Paper is white.
    paper = render_large(tmp_path, read, photos, page, paper=True)
    np.testing.assert_array_equal(paper, large)


def test_a_missing_photo_leaves_no_files(tmp_path, mosaic_of_photos):
    drawing = Drawing.from_mosaic(mosaic_of_photos()[0])
    path, page = tmp_path / "out" / "a.png", full_page(drawing.size)
    with pytest.raises(MissingPhoto):
        write_large(path, drawing, page, [], tmp_path)
    assert list((tmp_path / "out").iterdir()) == []


def test_every_large_image_names_its_photographers(tmp_path, mosaic_of_photos):
    mosaic, photos, _ = mosaic_of_photos()
    drawing = Drawing.from_mosaic(mosaic)
    path = tmp_path / "a.jpg"
    write_large(path, drawing, full_page(drawing.size), photos, tmp_path)
    assert b"<rdf:li>Ann</rdf:li>" in path.read_bytes()


def test_gray_tiles_stay_gray(tmp_path, mosaic_of_photos):
    mosaic, photos, _ = mosaic_of_photos(color=False, mirror=False, color_transfer=0)
    drawing = Drawing.from_mosaic(mosaic)
    large = render_large(tmp_path, drawing, photos, drawing.page(12))
    assert (large == large[..., :1]).all()
    row = mosaic.tile_set.rows[mosaic.placement[0, 0]]
    (tile,) = load_crops([row], photos, tmp_path, Size(12, 16))
    np.testing.assert_array_equal(large[:16, :12, 0], to_gray(tile))


def test_the_speed_is_logged(tmp_path, mosaic_of_photos, caplog):
    caplog.set_level(logging.INFO)
    mosaic, photos, _ = mosaic_of_photos()
    drawing = Drawing.from_mosaic(mosaic)
    render_large(tmp_path, drawing, photos, full_page(drawing.size))
    assert "rows per second" in caplog.text


def test_an_image_in_memory_equals_the_file_of_constant_memory(
    tmp_path, mosaic_of_photos, monkeypatch
):
    mosaic, photos, _ = mosaic_of_photos(overlay=0.3)
    drawing = Drawing.from_mosaic(mosaic)
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    size = save_image(first, drawing, 12, photos, tmp_path, "<x/>")
    monkeypatch.setattr(large, "AUTO_PIXELS", 10)
    assert save_image(second, drawing, 12, photos, tmp_path, "<x/>") == size
    np.testing.assert_array_equal(read_rgb(first), read_rgb(second))
    assert read_rgb(first).shape[1::-1] == size
    for path in (first, second):
        assert b"XML:com.adobe.xmp" in path.read_bytes()


def test_empty_cells_of_a_saved_image_are_transparent(tmp_path, mosaic_of_photos):
    mosaic, photos, image = mosaic_of_photos()
    mask = np.ones(image.shape[:2], np.bool_)
    mask[8:24, 6:18] = False
    mosaic = make_mosaic(image, mosaic.tile_set, mosaic.options, mask)
    drawing, path = Drawing.from_mosaic(mosaic), tmp_path / "m.png"
    save_image(path, drawing, 12, photos, tmp_path, "")
    with Image.open(path) as opened:
        alpha = np.asarray(opened)[..., 3]
    expected = mosaic.layout.coverage().repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(alpha, 255 * expected.astype(np.uint8))
