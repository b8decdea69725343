import json
from types import SimpleNamespace

import numpy as np
import pytest
from page_samples import image_message, unpack_placement

from pigeonhole.live.frames import Frame, MatchedFrame
from pigeonhole.live.page.protocol import (
    ImageShapes,
    ProtocolError,
    pack_placement,
    parse_command,
    parse_image,
)

SHAPES = ImageShapes(frames=((24, 32), (24, 32, 3)), guest=(24, 32, 3))


def random_image(shape=(24, 32)):
    return np.random.default_rng(1).integers(0, 256, shape, np.uint8)


def pack(placement, *, tile_count=9, tile_set=0, seq=1, changed=0.5):
    frame = Frame(seq, random_image(), captured_at=1.0)
    tiles = SimpleNamespace(tile_count=tile_count)
    matched = MatchedFrame(frame, tiles, placement, 1.01, changed)
    return pack_placement(matched, tile_set)


@pytest.mark.parametrize(("tile_count", "size"), [(9, 2), (65_536, 2), (65_537, 4)])
def test_a_cell_takes_two_bytes_unless_there_are_more_than_65536_tiles(
    tile_count, size
):
    placement = np.array([[0, tile_count - 1, 5], [1, 2, 3]])
    message = pack(placement, tile_count=tile_count, seq=7, tile_set=1)
    header, numbers = unpack_placement(message)
    np.testing.assert_array_equal(numbers, placement)
    assert (header["size"], header["seq"], header["set"]) == (size, 7, 1)
    assert header["latency"] == pytest.approx(10)


def test_an_unknown_change_is_encoded_as_minus_one():
    header, _ = unpack_placement(pack(np.zeros((2, 2), np.int64), changed=None))
    assert header["changed"] == -1


@pytest.mark.parametrize("tile_set", [0, 1])
def test_an_image_is_parsed_as_it_was_sent(tile_set):
    image = random_image(SHAPES.frames[tile_set])
    parsed = parse_image(image_message(image, 5, 1, tile_set), SHAPES)
    assert (parsed.tile_set, parsed.seq) == (tile_set, 5)
    np.testing.assert_array_equal(parsed.image, image)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\1\0\0",
        image_message(random_image(), kind=3),
        image_message(random_image(), tile_set=2),
        image_message(random_image((24, 31))),
        image_message(random_image(), kind=2),
        image_message(random_image()) + b"\0",
    ],
)
def test_an_invalid_image_message_is_rejected(message):
    with pytest.raises(ProtocolError):
        parse_image(message, SHAPES)


@pytest.mark.parametrize(
    "message",
    ["", "{", "[" * 1000, "7", "[]", "{}", '{"do": 1}', json.dumps({"do": "x" * 2000})],
)
def test_an_invalid_command_is_rejected(message):
    with pytest.raises(ProtocolError):
        parse_command(message)
