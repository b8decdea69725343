"""Test prints: paper sizes, cropping and the printed file."""

import numpy as np
import pytest
import pyvips
from PIL import Image

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Paper, Size
from pigeonhole.imaging.pyramid import LargeImageOptions
from pigeonhole.mosaic import fit_to_grid, make_mosaic
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.large import write_large
from pigeonhole.mosaic.render.prints import Print
from pigeonhole.settings import PrintSettings


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
def test_paper_sizes_are_converted_to_pixels(text, dpi, bleed, size):
    settings = PrintSettings(size=text, dpi=dpi, bleed=bleed)
    assert Print.from_settings(settings).size == size
    assert PrintSettings.model_validate(settings.model_dump(mode="json")) == settings


@pytest.mark.parametrize(
    "text", ["60x90", "A7", "60x90 ft", "0x9 cm", "60*90 cm", "2000x90 cm", "5x5 mm"]
)
def test_invalid_paper_sizes_are_rejected(text):
    with pytest.raises(ValueError, match="such as 60x90 cm"):
        Paper.parse(text)


def test_a_missing_paper_size_is_rejected():
    with pytest.raises(SettingsError, match="null: set a paper size") as caught:
        Print.from_settings(PrintSettings())
    assert caught.value.key == "mosaic.print.size"


def test_a_target_is_cropped_to_its_center():
    image = np.arange(100 * 100 * 3, dtype=np.uint32).reshape(100, 100, 3)
    image = image.astype(np.uint8)
    portrait = Print.from_settings(PrintSettings(size="10x20 cm"))
    np.testing.assert_array_equal(portrait.crop(image), image[:, 25:75])
    landscape = Print.from_settings(PrintSettings(size="20x10 cm"))
    np.testing.assert_array_equal(landscape.crop(image), image[25:75])
    padded = Print.from_settings(PrintSettings(size="10x20 cm", fit="pad"))
    assert padded.crop(image) is image


def test_a_padded_print_keeps_the_aspect_ratio_and_is_centered():
    sheet = Print.from_settings(PrintSettings(size="10x20 cm", dpi=254, fit="pad"))
    assert sheet.page(Size(500, 500)) == (Size(1000, 2000), Size(1000, 1000), 0, 500)
    assert sheet.page(Size(100, 400)) == (Size(1000, 2000), Size(500, 2000), 250, 0)


def test_a_print_has_the_size_and_resolution_of_its_paper(tmp_path, mosaic_of_photos):
    mosaic, photos, target = mosaic_of_photos()
    sheet = Print.from_settings(PrintSettings(size="3x4 cm", dpi=200))
    original = sheet.crop(target)
    mosaic = make_mosaic(fit_to_grid(original, Size(6, 8), 42), mosaic.tile_set)
    drawing = Drawing.from_mosaic(mosaic, original)
    path = tmp_path / "print.tif"
    options = LargeImageOptions(dpi=sheet.dpi, lossless=True, paper=True)
    write_large(path, drawing, sheet.page(drawing.size), photos, tmp_path, options)
    with Image.open(path) as opened:
        assert opened.n_frames == 1
    image = pyvips.Image.new_from_file(str(path))
    assert (image.width, image.height) == (236, 315)
    assert image.xres * 25.4 == pytest.approx(200)
    assert len(image.get("icc-profile-data")) > 0


def test_a_print_is_described_with_advice_on_small_cells():
    sheet = Print.from_settings(PrintSettings(size="60x90 cm"))
    assert sheet.describe(Size(1200, 1808), Size(12, 16), 0.667) == (
        "7087x10630 pixels at 300 DPI; 100x113 cells of 71x94 pixels, 6.0x8.0 mm on "
        "paper. 33% of the target is cropped."
    )
    small = sheet.describe(Size(2400, 3616), Size(12, 16), 1.0)
    assert "200x226 cells of 35x47 pixels, 3.0x4.0 mm on paper." in small
    assert small.endswith(
        "Faces are recognizable from about 6 mm; set the width to 1200 for larger "
        "cells."
    )
    assert "cropped" not in sheet.describe(Size(1200, 1808), Size(12, 16), 1.0)
