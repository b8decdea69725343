"""Test how targets and masks are read and fitted to a grid of cells."""

import numpy as np
import pytest

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import write_png
from pigeonhole.mosaic import fit_to_grid, prepare_target, read_target
from pigeonhole.mosaic.render.prints import Print
from pigeonhole.mosaic.targets import read_mask
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
    target, size = str(tmp_path / "target.png"), Size(6, 4)
    alpha = read_mask(target, None, size, 100)
    np.testing.assert_array_equal(alpha, image[..., 3] == 255)
    both = read_mask(target, str(tmp_path / "mask.png"), size, 100)
    np.testing.assert_array_equal(both, alpha & (np.arange(4) < 2)[:, None])
    assert read_mask("astronaut", None, size, 100) is None
    write_png(tmp_path / "opaque.png", image[..., :3])
    assert read_mask(str(tmp_path / "opaque.png"), None, size, 100) is None


def test_a_prepared_target_is_fitted_with_its_mask(tmp_path):
    image = np.zeros((40, 40, 4), np.uint8)
    image[:, 20:, 3] = 255
    write_png(tmp_path / "t.png", image)
    target = prepare_target(str(tmp_path / "t.png"), Size(3, 4), 24, 10**6)
    assert target.original is target.source
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
