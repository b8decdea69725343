"""Test the images of films and the files they are written to."""

import sys
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest
from mosaic_samples import load_crops
from PIL import Image

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import write_png
from pigeonhole.imaging.resize import resize
from pigeonhole.mosaic import make_mosaic
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.films import (
    FILM_BACKGROUND,
    Film,
    NoEncoder,
    ease_in_out,
    ease_out,
    falling,
    save_film,
    zooming,
)
from pigeonhole.mosaic.render.page import Page
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.settings import FilmSettings, MosaicOptions, TileSetSettings
from pigeonhole.tiles.cut import cut_tiles


@pytest.fixture
def film(tmp_path):
    """Return a film of 12 images of a mosaic with 5 rows of 7 cells."""
    random = np.random.default_rng(3)
    photos = []
    for number in range(12):
        coarse = random.integers(10, 250, (4, 3, 3), np.uint8)
        write_png(tmp_path / f"{number:02}.png", resize(coarse, 60, 80))
        facts = ("demo", "Ann", "", "", "", "CC0", 60, 80, "")
        photos.append(PhotoRow(f"{number:02}.png", *facts))
    settings = TileSetSettings(cut="photos", size=Size(6, 8), variants=1)
    tile_set = cut_tiles(settings, 0.0, photos, [], tmp_path)
    target = random.integers(0, 256, (40, 42, 3), np.uint8)
    options = MosaicOptions(mirror=False, color_transfer=0)
    mosaic = make_mosaic(target, tile_set, options)
    film_settings = FilmSettings(long_side=84, seconds=1.2, fps=10)
    drawing = Drawing.from_mosaic(mosaic)
    return Film.from_settings(drawing, photos, tmp_path, film_settings)


@pytest.mark.parametrize("ease", [ease_in_out, ease_out])
def test_easing_is_monotonic_from_0_to_1(ease):
    shares = [ease(share) for share in np.linspace(-0.1, 1.1, 50)]
    assert (shares[0], shares[-1]) == (0, 1)
    assert (np.diff(shares) >= 0).all()
    # The curve is flat at the end.
    assert 1 - ease(0.99) < 0.001


def test_tiles_fall_until_the_mosaic_is_complete(film):
    images = list(falling(film))
    mosaic = film.draw(Page(film.size, film.size))
    assert len(images) == 12
    assert (images[0] == FILM_BACKGROUND).all()
    np.testing.assert_array_equal(images[-1], mosaic)
    np.testing.assert_array_equal(images[-3], mosaic)
    empty = [(image == FILM_BACKGROUND).all(axis=2).mean() for image in images]
    assert empty == sorted(empty, reverse=True)
    # The lowest tiles arrive first.
    halfway = images[6]
    arrived = (halfway == mosaic).all(axis=2).mean(axis=1)
    assert arrived[-8:].mean() > arrived[:8].mean()


def test_the_seed_changes_only_the_order(film):
    first, repeated, other = (list(falling(film, seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, repeated)
    assert any((a != b).any() for a, b in zip(first, other, strict=True))
    np.testing.assert_array_equal(first[-1], other[-1])


def test_the_zoom_starts_at_the_entire_mosaic_and_ends_in_one_tile(film):
    images = list(zooming(film))
    assert {image.shape for image in images} == {(80, 84, 3)}
    mosaic = film.draw(Page(film.size, film.size))
    assert np.abs(images[0].astype(int) - mosaic).mean() < 6
    # The last image is the center of one tile, as wide as the film.
    drawing = film.drawing
    rows, size = drawing.placed_rows(), Size(84, 112)
    tiles = load_crops(rows, film.photos, film.folder, size)[:, 16:-16]
    errors = np.abs(tiles.astype(int) - images[-1]).mean(axis=(1, 2, 3))
    assert errors.min() < 3
    np.testing.assert_array_equal(images[-1], images[-2])


def test_the_zoom_has_no_jumps(film):
    smooth = film._replace(frames=120)
    images = [image.astype(int) for image in zooming(smooth)]
    steps = [np.abs(b - a).mean() for a, b in pairwise(images)]
    assert max(steps) < 20


@pytest.mark.parametrize("name", ["film.webm", "film.gif"])
def test_the_same_images_give_the_same_bytes(tmp_path, film, name):
    contents = []
    for run in ("a", "b"):
        save_film(tmp_path / run / name, falling(film), 10)
        contents.append((tmp_path / run / name).read_bytes())
        assert [path.name for path in (tmp_path / run).iterdir()] == [name]
    assert contents[0] == contents[1]


def test_webm_has_its_frame_rate_and_ends_with_the_mosaic(tmp_path, film):
    save_film(tmp_path / "film.webm", falling(film), 10)
    with av.open(str(tmp_path / "film.webm")) as container:
        assert container.streams.video[0].codec_context.name == "vp9"
        assert container.streams.video[0].average_rate == 10
    video = cv2.VideoCapture(str(tmp_path / "film.webm"))
    frames = []
    while (read := video.read())[0]:
        frames.append(read[1][..., ::-1])
    video.release()
    assert len(frames) == 12
    mosaic = film.draw(Page(film.size, film.size))
    # The chroma channels have half the resolution.
    assert np.abs(frames[-1].astype(int) - mosaic).mean() < 12


def test_gif_loops_and_ends_with_the_mosaic(tmp_path, film):
    save_film(tmp_path / "film.gif", falling(film), 10)
    with Image.open(tmp_path / "film.gif") as image:
        assert image.info["loop"] == 0
        assert image.info["duration"] == 100
        image.seek(image.n_frames - 1)
        last = np.asarray(image.convert("RGB"))
    mosaic = film.draw(Page(film.size, film.size))
    # GIF reduces the image to a palette.
    assert np.abs(last.astype(int) - mosaic).mean() < 20


def test_without_pyav_webm_is_rejected(tmp_path, film, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(NoEncoder, match="pip install av"):
        save_film(tmp_path / "film.webm", falling(film), 10)
    assert [path for path in tmp_path.iterdir() if path.suffix != ".png"] == []


def test_a_single_cell_can_be_filmed(film):
    first = np.zeros(len(film.drawing.boxes), np.bool_)
    first[0] = True
    drawing = film.drawing.subset(first)
    single = film._replace(drawing=drawing)
    assert len(list(zooming(single))) == len(list(falling(single))) == 12
