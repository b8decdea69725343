"""Test the credits in Markdown, as a web page, and in the metadata of a mosaic."""

from xml.etree import ElementTree

import numpy as np
import pytest
from mosaic_samples import sample_tile_set
from PIL import Image

from pigeonhole.imaging.metadata import MOSAIC_SOFTWARE
from pigeonhole.mosaic import make_mosaic
from pigeonhole.mosaic.credits import (
    credits_html,
    credits_markdown,
    license_summary,
    read_tile_rows,
    xmp_packet,
)

TILES = np.arange(3 * 2 * 2, dtype=np.uint8).reshape(3, 2, 2)
CC_BY = "CC BY 2.0 (https://creativecommons.org/licenses/by/2.0/)"
HOSTILE = {
    "photo": "<b>.jpg",
    "photographer": 'Bo <script>alert("x")</script> & Co',
    "photographer_url": "javascript:alert(1)",
    "page_url": 'https://x/"a',
    "source": "openverse",
    "license": CC_BY,
}


@pytest.fixture
def tile_sets():
    hostile = sample_tile_set(TILES[:1], **HOSTILE)
    return {"faces": [*sample_tile_set(TILES).rows, *hostile.rows]}


def test_markdown_lists_each_photographer_once_and_escapes_names():
    tiles = np.zeros((3, 2, 2), np.uint8)
    ann = sample_tile_set(tiles)
    bo = sample_tile_set(
        tiles[:1],
        photo="b[1].jpg",
        photographer="Bo *the\n# great*",
        photographer_url="javascript:alert(1)",
        page_url="https://x/a (1)",
        source="folder",
        license="",
    )
    page = credits_markdown({"faces": [*ann.rows, *bo.rows], "live": ann.rows})
    assert "## Photos by [Ann](https://pexels.com/@ann) on [Pexels]" in page
    assert page.count("Ann") == 1
    assert "- [p.jpg](https://pexels.com/1): 6 tiles" in page
    assert "## Photos by Bo \\*the \\# great\\*\n\nLicense: unknown" in page
    assert "- [b\\[1\\].jpg](https://x/a%20%281%29): 1 tile\n" in page
    assert "javascript" not in page
    assert "Tile set `faces`: 4 tiles from 2 photos." in page


def test_the_page_credits_pexels_as_required(tile_sets):
    page = credits_html(tile_sets)
    assert (
        'Photo by <a href="https://pexels.com/@ann">Ann</a> on '
        '<a href="https://pexels.com/1">Pexels</a>: '
        '<a href="https://pexels.com/1">p.jpg</a>, 3 tiles</li>' in page
    )
    assert '<a href="https://www.pexels.com/license/">Pexels license</a>' in page
    assert '<a href="https://www.pexels.com">Pexels</a>' in page


def test_the_page_escapes_everything(tile_sets):
    page = credits_html(tile_sets)
    assert "<script" not in page
    assert "javascript" not in page
    assert "<b>" not in page
    assert 'https://x/%22a"' in page


def test_licenses_are_linked(tile_sets):
    link = '<a href="https://creativecommons.org/licenses/by/2.0/">CC BY 2.0</a>'
    assert link in credits_html(tile_sets)
    markdown = credits_markdown(tile_sets)
    assert "[CC BY 2.0](https://creativecommons.org/licenses/by/2.0/)" in markdown
    assert "on [Openverse](https://openverse.org)" in markdown


def test_rows_are_read_by_the_name_of_the_tile_set(tmp_path):
    sample_tile_set(TILES).save(tmp_path / "faces.npz")
    rows = read_tile_rows([tmp_path / "faces.npz"])
    assert list(rows) == ["faces"]
    assert [row.photographer for row in rows["faces"]] == ["Ann"] * 3


def test_the_license_summary_counts_photos(tile_sets):
    assert license_summary(tile_sets["faces"]) == (
        f"Made from 2 photos. Licenses: {CC_BY} (1), Pexels license (1)"
    )


def test_the_xmp_packet_is_valid_xml_for_any_names(tile_sets):
    packet = xmp_packet("A & B\x00", tile_sets["faces"])
    assert packet.startswith('<?xpacket begin="\ufeff"')
    assert packet.endswith('<?xpacket end="w"?>')
    tree = ElementTree.fromstring(packet)
    texts = [text.strip() for text in tree.itertext() if text.strip()]
    assert texts[:2] == [MOSAIC_SOFTWARE, "A & B"]
    assert HOSTILE["photographer"] in texts


def test_a_saved_mosaic_contains_its_credit(tmp_path):
    target = np.zeros((4, 4, 3), np.uint8)
    path = tmp_path / "me" / "mosaic.png"
    mosaic = make_mosaic(target, sample_tile_set(TILES))
    mosaic.save_image(path, "me")
    with Image.open(path) as opened:
        xmp = opened.info["xmp"].decode()
    assert "Photo mosaic of me" in xmp
    assert "Made from 1 photo. Licenses: Pexels license (1)" in xmp
    assert "Ann" in xmp
    first = path.read_bytes()
    mosaic.save_image(path, "me")
    assert path.read_bytes() == first
