"""Images written in strips are read back with libvips and Pillow."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pigeonhole.core.geometry import Size
from pigeonhole.imaging import pyramid
from pigeonhole.imaging.bigtiff import TiffStream
from pigeonhole.imaging.pyramid import (
    JpegTooLarge,
    LargeImageOptions,
    NotDeepZoom,
    WriteError,
    strip_height,
    write_strips,
)

XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><!-- Photo by Zoë --></x:xmpmeta>'


def noise(width, height, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def smooth(width, height):
    rows, columns = np.mgrid[:height, :width]
    return np.stack(
        [rows % 256, columns % 256, (rows + columns) // 2 % 256], -1
    ).astype(np.uint8)


def split(image, *heights):
    """Yield strips of an image with the given heights; the last one has the rest."""
    top = 0
    for height in (*heights, len(image)):
        if strip := image[top : top + height].tolist():
            yield np.array(strip, np.uint8)
        top += height


def write(path, image, options=None):
    size = Size(image.shape[1], image.shape[0])
    write_strips(path, split(image, 1, 7), size, options)


def read(path):
    return pyvips.Image.new_from_file(str(path)).numpy()


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("size", [(1, 1), (5, 16), (300, 33), (17, 270)])
def test_lossless_formats_preserve_every_pixel(tmp_path, name, size):
    image = noise(*size)
    write(tmp_path / name, image, LargeImageOptions(lossless=True))
    np.testing.assert_array_equal(read(tmp_path / name), image)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@given(
    st.integers(1, 40),
    st.integers(1, 60),
    st.lists(st.integers(1, 30), max_size=5),
)
@settings(max_examples=20)
def test_strips_of_any_height_make_the_same_image(
    tmp_path_factory, width, height, heights
):
    path = tmp_path_factory.mktemp("strips") / "a.png"
    image = noise(width, height)
    write_strips(path, split(image, *heights), Size(width, height))
    np.testing.assert_array_equal(read(path), image)


@pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
def test_jpeg_preserves_a_smooth_image(tmp_path, name):
    image = smooth(120, 90)
    write(tmp_path / name, image, LargeImageOptions(quality=95))
    error = np.abs(read(tmp_path / name).astype(int) - image)
    assert np.median(error) <= 2
    write(tmp_path / f"low-{name}", image, LargeImageOptions(quality=5))
    assert (tmp_path / f"low-{name}").stat().st_size < (tmp_path / name).stat().st_size


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_files_contain_resolution_profile_and_credits(tmp_path, name):
    write(tmp_path / name, smooth(30, 20), LargeImageOptions(XMP, dpi=300))
    with Image.open(tmp_path / name) as image:
        assert image.size == (30, 20)
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.02)
        assert b"sRGB" in image.info["icc_profile"].replace(b"\0", b"")
    image = pyvips.Image.new_from_file(str(tmp_path / name))
    assert image.get("xmp-data").decode().strip("\0") == XMP


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.dzi"])
@pytest.mark.parametrize("size", [(1, 1), (5, 40), (600, 33)])
def test_opacity_is_preserved(tmp_path, name, size):
    opacity = 255 * np.random.default_rng(3).integers(0, 2, size[::-1], np.uint8)
    image = np.dstack([noise(*size), opacity])
    options = LargeImageOptions(transparent=True, lossless=name == "a.dzi")
    write(tmp_path / name, image, options)
    if name == "a.dzi":
        level = max((tmp_path / "a_files").iterdir(), key=lambda path: int(path.name))
        written, image = read(level / "0_0.png"), image[:255, :255]
    else:
        written = read(tmp_path / name)
    np.testing.assert_array_equal(written, image)


def test_a_print_is_lossless_and_compressed_with_lzw(tmp_path):
    write(tmp_path / "a.tif", noise(50, 70), LargeImageOptions(dpi=300, paper=True))
    with Image.open(tmp_path / "a.tif") as image:
        assert (image.n_frames, image.info["compression"]) == (1, "tiff_lzw")
    np.testing.assert_array_equal(read(tmp_path / "a.tif"), noise(50, 70))


@pytest.mark.parametrize("kind", ["photo", "note among tiles", "link", "file"])
def test_a_folder_with_other_files_than_tiles_is_never_replaced(tmp_path, kind):
    path, files = tmp_path / "a.dzi", tmp_path / "a_files"
    write(path, noise(10, 10))
    other = tmp_path / "other.jpg"
    other.write_bytes(b"mine")
    if kind == "note among tiles":
        (files / "0" / "note.txt").write_bytes(b"mine")
    else:
        shutil.rmtree(files)
        if kind == "link":
            files.symlink_to(tmp_path / "nowhere")
        elif kind == "file":
            files.write_bytes(b"mine")
        else:
            files.mkdir()
            (files / "0.jpg").write_bytes(b"mine")
    before = {p: p.lstat().st_mtime_ns for p in tmp_path.rglob("*")}
    with pytest.raises(NotDeepZoom, match="a_files can't be replaced"):
        write(path, noise(20, 20))
    assert {p: p.lstat().st_mtime_ns for p in tmp_path.rglob("*")} == before


def test_a_tiff_is_a_tiled_pyramid(tmp_path):
    write(tmp_path / "a.tif", smooth(1100, 700))
    sizes = []
    with Image.open(tmp_path / "a.tif") as image:
        for page in range(image.n_frames):
            image.seek(page)
            assert image.tag_v2[322] == image.tag_v2[323] == 256
            sizes.append(image.size)
    assert sizes == [(1100, 700), (550, 350), (275, 175), (137, 87)]
    assert (tmp_path / "a.tif").read_bytes()[:4] == b"II*\0"


def test_large_tiffs_are_written_as_bigtiff(tmp_path, monkeypatch):
    monkeypatch.setattr(pyramid, "CLASSIC_TIFF_BYTES", 1000)
    write(tmp_path / "a.tif", noise(30, 20), LargeImageOptions(lossless=True))
    assert (tmp_path / "a.tif").read_bytes()[:4] == b"II+\0"
    np.testing.assert_array_equal(read(tmp_path / "a.tif"), noise(30, 20))


def read_deep_zoom(path, size):
    """Assemble the largest level of a Deep Zoom image."""
    level = max(
        path.with_name(f"{path.stem}_files").iterdir(), key=lambda p: int(p.name)
    )
    image = np.zeros((size.height, size.width, 3), np.uint8)
    for tile in level.iterdir():
        column, row = map(int, re.fullmatch(r"(\d+)_(\d+)", tile.stem).groups())
        pixels = read(tile)
        # Tiles overlap by one pixel at inner edges.
        top, left = max(0, 254 * row - 1), max(0, 254 * column - 1)
        image[top : top + len(pixels), left : left + pixels.shape[1]] = pixels
    return image


def test_deep_zoom_preserves_every_pixel_and_the_packet(tmp_path):
    image = noise(600, 300)
    path = tmp_path / "new" / "a.dzi"
    write(path, image, LargeImageOptions(XMP, lossless=True))
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "a.dzi",
        "a.xmp",
        "a_files",
    ]
    assert 'Width="600"' in path.read_text()
    assert path.with_suffix(".xmp").read_text() == XMP
    np.testing.assert_array_equal(read_deep_zoom(path, Size(600, 300)), image)
    # A second image replaces it completely.
    write(path, noise(10, 10), LargeImageOptions(lossless=True))
    assert len(list(path.with_name("a_files").rglob("*.png"))) == 5


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.dzi"])
def test_a_failed_writer_keeps_the_earlier_file(tmp_path, name):
    class Broken(Exception):
        pass

    def strips():
        yield noise(40, 10)
        raise Broken("half way")

    write(tmp_path / name, noise(40, 30))
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(Broken, match="half way"):
        write_strips(tmp_path / name, strips(), Size(40, 30))
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_missing_rows_are_an_error(tmp_path):
    with pytest.raises(ValueError, match="the strips end before"):
        write_strips(tmp_path / "a.png", iter([noise(40, 10)]), Size(40, 30))
    assert list(tmp_path.iterdir()) == []


def test_the_maximum_side_of_jpeg(tmp_path):
    with pytest.raises(
        JpegTooLarge, match=r"70000x2 pixels.* 65,535 per side: choose tif"
    ):
        write_strips(tmp_path / "a.jpg", iter([]), Size(70_000, 2))


def test_a_full_disk_is_reported():
    with pytest.raises(WriteError, match=r"^/dev/full.* can't be written: .*\.$"):
        pyramid._save(
            TiffStream(split(noise(900, 900)), Size(900, 900)),
            pyramid.Path("/dev/full"),
            lambda image: image.pngsave("/dev/full"),
        )


def test_strips_have_about_the_same_number_of_bytes():
    assert strip_height(Size(10**7, 5)) == 1
    assert strip_height(Size(30_000, 5)) * 3 * 30_000 <= pyramid.STRIP_BYTES
    assert strip_height(Size(1000, 5)) == pyramid.STRIP_BYTES // 3000


WRITE = """
import sys
import numpy as np
from pathlib import Path
import pyvips
from pigeonhole.imaging.pyramid import LargeImageOptions, write_strips
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.bigtiff import TiffStream
pyvips.concurrency_set(int(sys.argv[1]))
image = np.random.default_rng(5).integers(0, 256, (900, 1100, 3), np.uint8)
for name in ("a.tif", "a.png", "a.jpg", "a.dzi"):
    strips = (image[top : top + 70] for top in range(0, 900, 70))
    options = LargeImageOptions("packet")
    write_strips(Path(sys.argv[2], name), strips, Size(1100, 900), options)
"""


def test_the_number_of_cores_does_not_change_the_bytes(tmp_path):
    written = []
    for cores in ("1", "4"):
        folder = tmp_path / cores
        subprocess.run([sys.executable, "-c", WRITE, cores, folder], check=True)
        files = [path for path in folder.rglob("*") if path.is_file()]
        written.append({p.relative_to(folder): p.read_bytes() for p in files})
    assert len(written[0]) > 30
    assert written[0] == written[1]
