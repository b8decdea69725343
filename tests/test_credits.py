"""Credit: in Markdown, on a page, in the mosaic's own file."""

from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from test_mosaic import tile_set

from pigeonhole.mosaic import make_mosaic
from pigeonhole.mosaic.credits import (
    credits_html,
    credits_page,
    licence_summary,
    xmp_packet,
)

TILES = np.arange(3 * 2 * 2, dtype=np.uint8).reshape(3, 2, 2)
BY = "CC BY 2.0 (https://creativecommons.org/licenses/by/2.0/)"
BAD = {
    "photo": "<b>.jpg",
    "photographer": 'Bo <script>alert("x")</script> & Co',
    "photographer_url": "javascript:alert(1)",
    "page_url": 'https://x/"a',
    "source": "openverse",
    "licence": BY,
}


@pytest.fixture
def sets():
    return {"faces": [*tile_set(TILES).rows, *tile_set(TILES[:1], **BAD).rows]}


def test_the_page_says_it_as_pexels_asks(sets):
    page = credits_html(sets)
    assert (
        'Photo by <a href="https://pexels.com/@ann">Ann</a> on '
        '<a href="https://pexels.com/1">Pexels</a>' in page
    )
    assert '<a href="https://www.pexels.com/license/">Pexels licence</a>' in page
    assert '<a href="https://www.pexels.com">Pexels</a>' in page


def test_nothing_from_outside_is_run(sets):
    page = credits_html(sets)
    assert "<script" not in page
    assert "javascript" not in page
    assert "<b>" not in page
    assert 'https://x/%22a"' in page


def test_a_licence_leads_to_its_text(sets):
    link = '<a href="https://creativecommons.org/licenses/by/2.0/">CC BY 2.0</a>'
    assert link in credits_html(sets)
    assert "[CC BY 2.0](https://creativecommons.org/licenses/by/2.0/)" in credits_page(
        sets
    )
    assert "on [Openverse](https://openverse.org)" in credits_page(sets)


def test_licences_are_summed_up_by_photo(sets):
    assert licence_summary(sets["faces"]) == (
        f"Made of 2 photos. {BY}: 1; Pexels licence: 1"
    )


def test_the_packet_is_xml_whatever_the_names(sets):
    packet = xmp_packet("A & B\x00", sets["faces"], "https://me/credits.html")
    tree = ElementTree.fromstring(packet)
    texts = [text.strip() for text in tree.itertext() if text.strip()]
    assert texts[0] == "A & B"
    assert "https://me/credits.html" in texts
    assert BAD["photographer"] in texts


def test_the_mosaic_carries_its_credit(tmp_path):
    frame = np.zeros((4, 4, 3), np.uint8)
    picture = tmp_path / "me" / "mosaic.png"
    save = make_mosaic(frame, tile_set(TILES)).save
    save(picture, tmp_path / "placement.csv")
    with Image.open(picture) as image:
        xmp = image.info["xmp"].decode()
    assert "Photo mosaic of me" in xmp
    assert "Made of 1 photos. Pexels licence: 1" in xmp
    assert "../../credits.html" in xmp
    assert "Ann" in xmp
    first = picture.read_bytes()
    save(picture, tmp_path / "placement.csv")
    assert picture.read_bytes() == first
