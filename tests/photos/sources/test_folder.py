"""Tests for the folder source."""

import os
from pathlib import Path

import numpy as np
import pytest
from image_samples import HEIC
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pigeonhole.core.digest import sha256_of
from pigeonhole.core.geometry import Size
from pigeonhole.imaging import codecs
from pigeonhole.imaging.codecs import (
    encode_jpeg,
    write_gif,
    write_jpeg,
    write_png,
    write_webp,
)
from pigeonhole.imaging.metadata import MOSAIC_SOFTWARE
from pigeonhole.imaging.pyramid import LargeImageOptions, write_strips
from pigeonhole.mosaic.credits import xmp_packet
from pigeonhole.photos.collect import collect_photos
from pigeonhole.photos.files import usable_images
from pigeonhole.photos.ledger import Rejection, SkippedRow, photo_path, read_ledger
from pigeonhole.photos.sources import folder as folder_source
from pigeonhole.photos.sources.protocol import CollectRequest

GRAY = np.full((30, 40, 3), 120, np.uint8)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


def put(path, image=GRAY):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_jpeg(path, image)
    return path


def collect(folder, known=None, max_pixels=10**6, threads=1):
    options = {"folder": folder, "max_pixels": max_pixels}
    request = CollectRequest(folder, options, known or {}, threads=threads)
    return folder_source.collect(request)


def test_rows_are_in_the_order_of_the_files(photos):
    for name in ("b/2.JPG", "a.jpeg", "b/1.webp", "c.tiff", "c.txt"):
        put(photos / name)
    names = [path.relative_to(photos).as_posix() for path in usable_images(photos)]
    assert [row.photo for row in collect(photos).rows] == names


def test_a_row_describes_the_file(photos):
    path = put(photos / "sub" / "x.jpg")
    (row,) = collect(photos).rows
    assert row.photo == "sub/x.jpg"
    assert (row.source, row.width, row.height) == ("folder", 40, 30)
    assert row.image_url == path.as_posix()
    assert row.sha256 == sha256_of(path.read_bytes())
    assert (row.photographer, row.page_url, row.license) == ("", "", "")
    assert photo_path(row, Path("results/photos")) == path


def test_photos_in_unsupported_formats_are_skipped(photos):
    put(photos / "good.jpg")
    put(photos / "raw.dng")
    (photos / "notes.txt").write_text("no photo")
    reason = Rejection.UNSUPPORTED_FORMAT
    detail = "raw camera files (.dng) aren't supported; export it as JPEG"
    assert collect(photos).skipped == [SkippedRow("raw.dng", reason, detail)]


@pytest.mark.parametrize("size", [(1, 1), (15, 200), (200, 15)])
def test_icons_and_spacers_are_skipped(photos, size):
    put(photos / "small.jpg", np.zeros((*size[::-1], 3), np.uint8))
    put(photos / "enough.jpg", GRAY[:16, :16])
    result = collect(photos)
    assert [row.photo for row in result.rows] == ["enough.jpg"]
    (row,) = result.skipped
    assert row.reason is Rejection.TOO_SMALL
    assert row.detail.startswith(f"{size[0]}x{size[1]} pixels are too few")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".gif", ".tif"])
def test_mosaics_of_the_program_are_skipped(photos, suffix):
    path = photos / f"x{suffix}"
    if suffix == ".gif":
        write_gif(path, [GRAY, GRAY], 5)
    elif suffix == ".tif":
        options = LargeImageOptions(xmp_packet("x", []))
        write_strips(path, iter([GRAY]), Size(40, 30), options)
    else:
        writers = {".png": write_png, ".jpg": write_jpeg, ".webp": write_webp}
        writers[suffix](path, GRAY, mosaic=True)
        # A copy without the mark is a photo.
        writers[suffix](photos / f"photo{suffix}", GRAY)
    (row,) = collect(photos).skipped
    assert (row.photo, row.reason) == (path.name, Rejection.OWN_RESULT)
    assert row.detail == "it is a mosaic made by Pigeonhole"


def test_photos_of_other_programs_are_used(photos):
    """Only the name of the program in its place marks a mosaic."""
    image = Image.fromarray(GRAY)
    name = MOSAIC_SOFTWARE
    for number, text in enumerate((f"{name} viewer 2", f"not a {name}", "Pigeonhole")):
        exif = Image.Exif()
        exif[0x0131] = text
        image.save(photos / f"{number}.jpg", exif=exif, comment=text)
        texts = PngInfo()
        texts.add_text("Software", text)
        texts.add_text("Description", name)
        packet = f"<xmp:CreatorTool>{text}</xmp:CreatorTool><dc:title>{name}</dc:title>"
        texts.add_itxt("XML:com.adobe.xmp", packet)
        image.save(photos / f"{number}.png", pnginfo=texts)
    assert len(collect(photos).rows) == 6


def test_mosaics_whose_metadata_another_program_wrote_again(photos):
    packet = f'<rdf:Description xmp:CreatorTool="{MOSAIC_SOFTWARE}"/>'.encode()
    Image.fromarray(GRAY).save(photos / "x.webp", xmp=packet)
    Image.fromarray(GRAY).save(photos / "x.jpg", xmp=packet)
    assert collect(photos).rows == []


def test_damage_in_the_middle_is_logged(photos, caplog):
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    content = encode_jpeg(image)
    middle = len(content) // 2
    (photos / "bad.jpg").write_bytes(
        content[:middle] + bytes(300) + content[middle + 300 :]
    )
    # Two missing bytes and more behind the end don't matter.
    (photos / "good.jpg").write_bytes(content + b"motion photo")
    (photos / "short.jpg").write_bytes(content[:-2])
    put(photos / "gray.png")
    assert len(collect(photos, max_pixels=10**6).rows) == 4
    own = [record for record in caplog.records if "pigeonhole" in record.name]
    warnings = [record.getMessage() for record in own]
    used = "is used, but a part is damaged"
    assert warnings == [
        f"bad.jpg {used} (corrupt data).",
        f"short.jpg {used} (premature end of the file).",
    ]


def test_a_photo_of_a_phone(photos):
    (photos / "IMG_1.HEIC").write_bytes(HEIC)
    (photos / "really heic.jpg").write_bytes(HEIC)
    assert [(row.width, row.height) for row in collect(photos).rows] == [(64, 48)] * 2


@pytest.mark.parametrize(
    "name",
    [
        "two words.jpg",
        " lead.jpg",
        "ünï 日本 🐦.jpg",
        "new\nline.jpg",
        "return\r.jpg",
        'it\'s $HOME `x` "y", z;.jpg',
        "a{b.jpg",
        "{3F25-04E0}.jpg",
        "{x}.jpg",
        "<x>.jpg",
        "per%cent*?[1].jpg",
        "-rf.jpg",
    ],
)
def test_unusual_names_are_preserved(photos, tmp_path, name):
    put(photos / name)
    ledger = tmp_path / "results" / "photos.csv"
    options = {"folder": str(photos), "max_pixels": 10**6}
    collect_photos(tmp_path / "results", "folder", options)
    (row,) = read_ledger(ledger)
    assert row.photo == name
    assert photo_path(row, ledger.parent).read_bytes() == encode_jpeg(GRAY)
    assert len(usable_images(photos)) == 1


def test_unusable_names_are_recorded(photos):
    put(photos / "good.jpg")
    put(photos / os.fsdecode(b"bad\xff.jpg"))
    result = collect(photos)
    assert [row.photo for row in result.rows] == ["good.jpg"]
    (row,) = result.skipped
    assert (row.photo, row.reason) == (r"'bad\udcff.jpg'", Rejection.UNUSABLE_NAME)


def test_links_are_followed(photos, tmp_path):
    put(photos / "good.jpg")
    put(tmp_path / "outside" / "x.jpg")
    (photos / "in.jpg").symlink_to("good.jpg")
    (photos / "out.jpg").symlink_to(tmp_path / "outside" / "x.jpg")
    (photos / "album").symlink_to(tmp_path / "outside")
    names = ["album/x.jpg", "good.jpg", "in.jpg", "out.jpg"]
    assert [row.photo for row in collect(photos).rows] == names


def test_a_pipe_does_not_block(photos):
    os.mkfifo(photos / "x.jpg")
    (row,) = collect(photos).skipped
    assert row.reason is Rejection.NOT_A_FILE


def test_the_number_of_threads_changes_nothing(photos):
    for number in range(20):
        put(photos / f"{number}.jpg")
    assert collect(photos) == collect(photos, threads=4)


def test_known_photos_are_not_decoded_again(photos, monkeypatch):
    put(photos / "a.jpg")
    put(photos / "b.jpg")
    known = {row.photo: row for row in collect(photos).rows}
    write_jpeg(photos / "b.jpg", GRAY[:20])
    decoded = []
    decode_rgb = codecs.decode_rgb

    def spy(content, name, limit):
        decoded.append(name.name)
        return decode_rgb(content, name, limit)

    monkeypatch.setattr(codecs, "decode_rgb", spy)
    result = collect(photos, known)
    assert decoded == ["b.jpg"]
    assert [row.height for row in result.rows] == [30, 20]
    # A smaller limit applies to known photos, too.
    rows = collect(photos, known, max_pixels=1000).rows
    assert [row.photo for row in rows] == ["b.jpg"]
