"""Films of a mosaic: what their pictures show, and the files."""

import sys
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import write_png
from pigeonhole.imaging.resize import resize
from pigeonhole.mosaic import make_mosaic
from pigeonhole.mosaic.render.drawing import Drawing, Page
from pigeonhole.mosaic.render.films import (
    NIGHT,
    Film,
    NoEncoder,
    eased,
    eased_out,
    falling,
    save_film,
    zooming,
)
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.settings import FilmSettings, LookSettings, TileSetSettings
from pigeonhole.tiles import cut_tiles
from pigeonhole.tiles.crops import crops


@pytest.fixture
def film(tmp_path):
    """Twelve pictures of a mosaic of smooth photos, 5 rows of 7 cells."""
    random = np.random.default_rng(3)
    photos = []
    for number in range(12):
        coarse = random.integers(10, 250, (4, 3, 3), np.uint8)
        write_png(tmp_path / f"{number:02}.png", resize(coarse, 60, 80))
        facts = ("demo", "Ann", "", "", "", "CC0", 60, 80, "")
        photos.append(PhotoRow(f"{number:02}.png", *facts))
    settings = TileSetSettings(cut="photos", size=Size(6, 8))
    tile_set = cut_tiles(settings, 0.0, photos, [], tmp_path)
    target = random.integers(0, 256, (40, 42, 3), np.uint8)
    mosaic = make_mosaic(target, tile_set, LookSettings())
    wish = FilmSettings(side=84, seconds=1.2, rate=10)
    return Film.of(Drawing.of(mosaic), photos, tmp_path, wish)


@pytest.mark.parametrize("ease", [eased, eased_out])
def test_easing_runs_from_nothing_to_all(ease):
    shares = [ease(share) for share in np.linspace(-0.1, 1.1, 50)]
    assert (shares[0], shares[-1]) == (0, 1)
    assert (np.diff(shares) >= 0).all()
    # Gently to the end.
    assert 1 - ease(0.99) < 0.001


def test_tiles_fall_until_the_mosaic_is_there(film):
    pictures = list(falling(film))
    whole = film.draw(Page(film.size, film.size))
    assert len(pictures) == 12
    assert (pictures[0] == NIGHT).all()
    np.testing.assert_array_equal(pictures[-1], whole)
    np.testing.assert_array_equal(pictures[-3], whole)
    empty = [(picture == NIGHT).all(axis=2).mean() for picture in pictures]
    assert empty == sorted(empty, reverse=True)
    # The lowest are there first.
    halfway = pictures[6]
    there = (halfway == whole).all(axis=2).mean(axis=1)
    assert there[-8:].mean() > there[:8].mean()


def test_the_seed_decides_the_order_and_nothing_else(film):
    one, again, other = (list(falling(film, seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert any((a != b).any() for a, b in zip(one, other, strict=True))
    np.testing.assert_array_equal(one[-1], other[-1])


def test_the_zoom_begins_at_the_whole_and_ends_in_one_tile(film):
    pictures = list(zooming(film))
    assert {picture.shape for picture in pictures} == {(80, 84, 3)}
    whole = film.draw(Page(film.size, film.size))
    gap = np.abs(pictures[0].astype(int) - whole)
    assert gap.mean() < 6
    # The middle of one tile, as wide as the film.
    drawing = film.drawing
    sized = Size(84, 112)
    tiles = crops(drawing.shown(), film.photos, film.folder, sized)
    middles = tiles[:, 16:-16]
    gaps = np.abs(middles.astype(int) - pictures[-1]).mean(axis=(1, 2, 3))
    assert gaps.min() < 3
    np.testing.assert_array_equal(pictures[-1], pictures[-2])


def test_the_zoom_never_jumps(film):
    calm = film._replace(frames=120)
    pictures = [picture.astype(int) for picture in zooming(calm)]
    steps = [np.abs(b - a).mean() for a, b in pairwise(pictures)]
    assert max(steps) < 20


@pytest.mark.parametrize("name", ["film.webm", "film.gif"])
def test_the_same_pictures_give_the_same_bytes(tmp_path, film, name):
    contents = []
    for turn in ("a", "b"):
        save_film(tmp_path / turn / name, falling(film), 10)
        contents.append((tmp_path / turn / name).read_bytes())
        assert [path.name for path in (tmp_path / turn).iterdir()] == [name]
    assert contents[0] == contents[1]


def test_webm_plays_at_its_rate_and_ends_with_the_mosaic(tmp_path, film):
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
    whole = film.draw(Page(film.size, film.size))
    # Colours have half the pixels each way.
    assert np.abs(frames[-1].astype(int) - whole).mean() < 12


def test_gif_goes_round_and_ends_with_the_mosaic(tmp_path, film):
    save_film(tmp_path / "film.gif", falling(film), 10)
    with Image.open(tmp_path / "film.gif") as image:
        assert image.info["loop"] == 0
        assert image.info["duration"] == 100
        image.seek(image.n_frames - 1)
        last = np.asarray(image.convert("RGB"))
    whole = film.draw(Page(film.size, film.size))
    # 64 colours for a picture of all colours.
    assert np.abs(last.astype(int) - whole).mean() < 20


def test_without_pyav_a_sentence_tells_what_to_do(tmp_path, film, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(NoEncoder, match="pip install av"):
        save_film(tmp_path / "film.webm", falling(film), 10)
    assert [path for path in tmp_path.iterdir() if path.suffix != ".png"] == []


def test_a_single_cell_is_a_film_as_well(film):
    first = np.zeros(len(film.drawing.boxes), np.bool_)
    first[0] = True
    drawing = film.drawing.only(first)
    alone = film._replace(drawing=drawing)
    assert len(list(zooming(alone))) == len(list(falling(alone))) == 12
