"""Pictures written band by band, opened again by libvips and by Pillow."""

import re
import subprocess
import sys

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pigeonhole.core.geometry import Size
from pigeonhole.imaging import pyramid as module
from pigeonhole.imaging.bigtiff import TiffStream
from pigeonhole.imaging.pyramid import (
    Facts,
    TooLarge,
    Unwritten,
    band_rows,
    write_bands,
)
from pigeonhole.mosaic.credits import xmp_packet

XMP = xmp_packet("Photo mosaic of Zoë", [], "credits.html")


def noise(width, height, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def smooth(width, height):
    rows, columns = np.mgrid[:height, :width]
    return np.stack(
        [rows % 256, columns % 256, (rows + columns) // 2 % 256], -1
    ).astype(np.uint8)


def cut(picture, *heights):
    """Yield a picture as bands of some heights, the last one to the end."""
    top = 0
    for height in (*heights, len(picture)):
        if band := picture[top : top + height].tolist():
            yield np.array(band, np.uint8)
        top += height


def write(path, picture, facts=None):
    size = Size(picture.shape[1], picture.shape[0])
    write_bands(path, cut(picture, 1, 7), size, facts)


def opened(path):
    return pyvips.Image.new_from_file(str(path)).numpy()


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("size", [(1, 1), (5, 16), (300, 33), (17, 270)])
def test_without_loss_every_pixel_comes_back(tmp_path, name, size):
    picture = noise(*size)
    write(tmp_path / name, picture, Facts(lossless=True))
    np.testing.assert_array_equal(opened(tmp_path / name), picture)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@given(
    st.integers(1, 40),
    st.integers(1, 60),
    st.lists(st.integers(1, 30), max_size=5),
)
@settings(max_examples=20)
def test_bands_of_any_heights_make_the_same_picture(
    tmp_path_factory, width, height, heights
):
    path = tmp_path_factory.mktemp("bands") / "a.png"
    picture = noise(width, height)
    write_bands(path, cut(picture, *heights), Size(width, height))
    np.testing.assert_array_equal(opened(path), picture)


@pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
def test_jpeg_keeps_a_smooth_picture(tmp_path, name):
    picture = smooth(120, 90)
    write(tmp_path / name, picture, Facts(quality=95))
    gap = np.abs(opened(tmp_path / name).astype(int) - picture)
    assert np.median(gap) <= 2
    write(tmp_path / f"low-{name}", picture, Facts(quality=5))
    assert (tmp_path / f"low-{name}").stat().st_size < (tmp_path / name).stat().st_size


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_resolution_profile_and_credit_are_in_the_file(tmp_path, name):
    write(tmp_path / name, smooth(30, 20), Facts(XMP, dpi=300))
    with Image.open(tmp_path / name) as image:
        assert image.size == (30, 20)
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.02)
        assert b"sRGB" in image.info["icc_profile"].replace(b"\0", b"")
    image = pyvips.Image.new_from_file(str(tmp_path / name))
    assert image.get("xmp-data").decode().strip("\0") == XMP


def test_a_tiff_is_tiled_and_has_all_smaller_sizes(tmp_path):
    write(tmp_path / "a.tif", smooth(1100, 700))
    sizes = []
    with Image.open(tmp_path / "a.tif") as image:
        for page in range(image.n_frames):
            image.seek(page)
            assert image.tag_v2[322] == image.tag_v2[323] == 256
            sizes.append(image.size)
    assert sizes == [(1100, 700), (550, 350), (275, 175), (137, 87)]
    assert (tmp_path / "a.tif").read_bytes()[:4] == b"II*\0"


def test_beyond_classic_tiff_a_bigtiff_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CLASSIC_BYTES", 1000)
    write(tmp_path / "a.tif", noise(30, 20), Facts(lossless=True))
    assert (tmp_path / "a.tif").read_bytes()[:4] == b"II+\0"
    np.testing.assert_array_equal(opened(tmp_path / "a.tif"), noise(30, 20))


def assembled(path, size):
    """Put the largest level of a Deep Zoom picture together."""
    level = max(
        path.with_name(f"{path.stem}_files").iterdir(), key=lambda p: int(p.name)
    )
    picture = np.zeros((size.height, size.width, 3), np.uint8)
    for tile in level.iterdir():
        column, row = map(int, re.fullmatch(r"(\d+)_(\d+)", tile.stem).groups())
        pixels = opened(tile)
        # One pixel of overlap at inner edges.
        top, left = max(0, 254 * row - 1), max(0, 254 * column - 1)
        picture[top : top + len(pixels), left : left + pixels.shape[1]] = pixels
    return picture


def test_deep_zoom_has_every_pixel_and_its_packet(tmp_path):
    picture = noise(600, 300)
    path = tmp_path / "made" / "a.dzi"
    write(path, picture, Facts(XMP, lossless=True))
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "a.dzi",
        "a.xmp",
        "a_files",
    ]
    assert 'Width="600"' in path.read_text()
    assert path.with_suffix(".xmp").read_text() == XMP
    np.testing.assert_array_equal(assembled(path, Size(600, 300)), picture)
    # A second one takes its place, with no tile left of the first.
    write(path, noise(10, 10), Facts(lossless=True))
    assert len(list(path.with_name("a_files").rglob("*.png"))) == 5


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.dzi"])
def test_a_failed_writer_leaves_the_earlier_file(tmp_path, name):
    class Broken(Exception):
        pass

    def bands():
        yield noise(40, 10)
        raise Broken("half way")

    write(tmp_path / name, noise(40, 30))
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(Broken, match="half way"):
        write_bands(tmp_path / name, bands(), Size(40, 30))
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_too_few_rows_are_no_picture(tmp_path):
    with pytest.raises(ValueError, match="the bands end before"):
        write_bands(tmp_path / "a.png", iter([noise(40, 10)]), Size(40, 30))
    assert list(tmp_path.iterdir()) == []


def test_jpeg_ends_at_its_side(tmp_path):
    with pytest.raises(TooLarge, match=r"70000x2 .* take tif, png or dzi"):
        write_bands(tmp_path / "a.jpg", iter([]), Size(70_000, 2))


def test_a_full_disk_is_one_sentence():
    with pytest.raises(Unwritten, match=r"^/dev/full.* can't be written: .*\.$"):
        module._save(
            TiffStream(cut(noise(900, 900)), Size(900, 900)),
            module.Path("/dev/full"),
            lambda image: image.pngsave("/dev/full"),
        )


def test_a_band_has_about_its_bytes():
    assert band_rows(Size(10**7, 5)) == 1
    assert band_rows(Size(30_000, 5)) * 3 * 30_000 <= module.BAND_BYTES
    assert band_rows(Size(1000, 5)) == module.BAND_BYTES // 3000


WRITE = """
import sys
import numpy as np
from pathlib import Path
import pyvips
from pigeonhole.imaging.pyramid import Facts, write_bands
from pigeonhole.settings import Size
from pigeonhole.imaging.bigtiff import TiffStream
pyvips.concurrency_set(int(sys.argv[1]))
picture = np.random.default_rng(5).integers(0, 256, (900, 1100, 3), np.uint8)
for name in ("a.tif", "a.png", "a.jpg", "a.dzi"):
    bands = (picture[top : top + 70] for top in range(0, 900, 70))
    write_bands(Path(sys.argv[2], name), bands, Size(1100, 900), Facts("packet"))
"""


def test_any_number_of_cores_writes_the_same_bytes(tmp_path):
    written = []
    for cores in ("1", "4"):
        folder = tmp_path / cores
        subprocess.run([sys.executable, "-c", WRITE, cores, folder], check=True)
        files = [path for path in folder.rglob("*") if path.is_file()]
        written.append({p.relative_to(folder): p.read_bytes() for p in files})
    assert len(written[0]) > 30
    assert written[0] == written[1]
