"""Test how targets and masks are read and fitted to a grid of cells."""

import numpy as np
import pytest

from pigeonhole.core.errors import SettingsError, UnreadableImage
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import write_png
from pigeonhole.mosaic import fit_to_grid, prepare_target, read_target
from pigeonhole.mosaic.layout import grid_layout
from pigeonhole.mosaic.render.prints import Print
from pigeonhole.settings import SAMPLES, PrintSettings


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_photos_can_be_targets(name):
    image = read_target(name, 10**8)
    assert image.dtype == np.uint8
    assert image.shape[2:] == (3,)


def test_a_gray_file_is_read_as_rgb(tmp_path):
    path = tmp_path / "t.png"
    write_png(path, np.full((7, 5), 99, np.uint8))
    np.testing.assert_array_equal(
        read_target(str(path), 100), np.full((7, 5, 3), 99, np.uint8)
    )


@pytest.mark.parametrize(
    ("shape", "tile", "width", "size"),
    [
        ((512, 512), Size(12, 16), 1200, (1200, 1200)),
        ((300, 400), Size(12, 16), 140, (112, 144)),
        ((10, 1000), Size(12, 16), 12, (16, 12)),
        ((1000, 10), Size(16, 12), 20, (1596, 16)),
    ],
)
def test_a_fitted_target_has_whole_cells_and_about_the_requested_width(
    shape, tile, width, size
):
    fitted = fit_to_grid(np.zeros((*shape, 3), np.uint8), tile, width)
    assert fitted.shape[:2] == size


def test_transparency_and_mask_are_combined(tmp_path):
    image = np.full((4, 6, 4), 255, np.uint8)
    image[:, :2, 3] = 100
    write_png(tmp_path / "target.png", image)
    mask = np.zeros((8, 12), np.uint8)
    mask[:4] = 200
    write_png(tmp_path / "mask.png", mask)
    target, tile = str(tmp_path / "target.png"), Size(1, 1)
    alpha = prepare_target(target, tile, 6, 100).mask
    np.testing.assert_array_equal(alpha, image[..., 3] == 255)
    both = prepare_target(target, tile, 6, 100, str(tmp_path / "mask.png")).mask
    np.testing.assert_array_equal(both, alpha & (np.arange(4) < 2)[:, None])
    assert prepare_target("astronaut", tile, 6, 10**6).mask is None
    write_png(tmp_path / "opaque.png", image[..., :3])
    assert prepare_target(str(tmp_path / "opaque.png"), tile, 6, 100).mask is None


def disc(side=64, color=(40, 20, 20)):
    """Return a dark disc, with smooth edges, on a transparent white ground."""
    y, x = np.indices((side, side)) - (side - 1) / 2
    alpha = np.clip(side * 0.4 - np.hypot(x, y) + 0.5, 0, 1)
    ground = np.full((side, side, 3), 255, np.uint8)
    ground[alpha > 0] = color
    return np.dstack([ground, np.rint(255 * alpha).astype(np.uint8)])


@pytest.mark.parametrize("width", [64, 48, 200, 600])
def test_cells_at_a_transparent_rim_have_the_colors_of_what_is_visible(tmp_path, width):
    write_png(tmp_path / "t.png", disc())
    target = prepare_target(str(tmp_path / "t.png"), Size(8, 8), width, 10**6)
    layout = grid_layout(Size(*target.image.shape[1::-1]), Size(8, 8))
    kept = layout.masked(target.mask)
    assert 0 < len(kept) < len(layout)
    for row, column, height, width in kept.boxes:
        cell = target.image[row : row + height, column : column + width]
        assert np.abs(cell.astype(int) - (40, 20, 20)).max() <= 2
    if width > 100:
        # Far from the disc, the target is white, as it is shown in the viewer.
        np.testing.assert_array_equal(target.original[0, 0], (255, 255, 255))
    np.testing.assert_array_equal(target.source[0], np.full((64, 3), 255))


def test_cells_at_the_rim_of_a_mask_ignore_what_it_hides(tmp_path):
    image = np.full((60, 60, 3), 255, np.uint8)
    image[:, :30] = (10, 90, 10)
    write_png(tmp_path / "t.png", image)
    mask = np.zeros((60, 60), np.uint8)
    mask[:, :30] = 255
    write_png(tmp_path / "m.png", mask)
    target = prepare_target(
        str(tmp_path / "t.png"), Size(8, 8), 64, 10**6, str(tmp_path / "m.png")
    )
    assert np.abs(target.image[:, :34].astype(int) - (10, 90, 10)).max() <= 8
    np.testing.assert_array_equal(target.source, image)


def test_a_target_of_which_nothing_is_visible(tmp_path):
    path, mask = tmp_path / "t.png", tmp_path / "m.png"
    write_png(path, np.zeros((20, 20, 4), np.uint8))
    with pytest.raises(UnreadableImage, match=r"t\.png can't be used: the image is tr"):
        prepare_target(str(path), Size(4, 4), 20, 10**6)
    write_png(path, disc(20))
    write_png(mask, np.zeros((20, 20), np.uint8))
    with pytest.raises(SettingsError, match=r"m\.png': it is black or transparent"):
        prepare_target(str(path), Size(4, 4), 20, 10**6, str(mask))
    corner = np.zeros((20, 20), np.uint8)
    corner[:2, :2] = 255
    write_png(mask, corner)
    with pytest.raises(SettingsError, match="it hides all that the target shows"):
        prepare_target(str(path), Size(4, 4), 20, 10**6, str(mask))


def test_transparent_parts_of_a_mask_hide_the_target(tmp_path):
    """The shape in a mask is often the only thing that an editor saves."""
    target, mask = str(tmp_path / "t.png"), tmp_path / "m.png"
    write_png(tmp_path / "t.png", np.full((12, 20, 3), 90, np.uint8))
    shape = np.full((12, 20, 4), 255, np.uint8)
    shape[:, 10:, 3] = 0
    write_png(mask, shape)
    expected = np.tile(np.arange(20) < 10, (12, 1))
    found = prepare_target(target, Size(4, 4), 20, 10**6, str(mask)).mask
    np.testing.assert_array_equal(found, expected)
    shape[:6, :, :3] = 20
    write_png(mask, shape)
    expected[:6] = False
    found = prepare_target(target, Size(4, 4), 20, 10**6, str(mask)).mask
    np.testing.assert_array_equal(found, expected)


def test_a_prepared_target_is_fitted_with_its_mask(tmp_path):
    image = np.zeros((40, 40, 4), np.uint8)
    image[:, 20:, 3] = 255
    write_png(tmp_path / "t.png", image)
    target = prepare_target(str(tmp_path / "t.png"), Size(3, 4), 24, 10**6)
    assert target.image.shape == (24, 24, 3)
    np.testing.assert_array_equal(target.mask, np.tile(np.arange(24) >= 12, (24, 1)))


def test_a_prepared_print_is_cropped_with_its_mask(tmp_path, caplog):
    image = np.zeros((40, 40, 4), np.uint8)
    image[:, 20:, 3] = 255
    write_png(tmp_path / "t.png", image)
    sheet = Print.from_settings(PrintSettings(size="10x20 cm"))
    with caplog.at_level("INFO"):
        target = prepare_target(
            str(tmp_path / "t.png"), Size(3, 4), 12, 10**6, sheet=sheet
        )
    assert target.source.shape == (40, 40, 3)
    assert target.original.shape == (40, 20, 3)
    assert target.image.shape == (24, 12, 3)
    np.testing.assert_array_equal(target.mask, np.tile(np.arange(12) >= 6, (24, 1)))
    assert "50% of the target is cropped" in caplog.text
