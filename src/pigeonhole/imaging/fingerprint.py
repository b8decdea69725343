"""Fingerprints of images, to find near-duplicates.

A fingerprint consists of a 64-bit perceptual hash and the mean color. Two images are
near-duplicates if both agree. The hash alone isn't enough, because it ignores color and
nearly ignores brightness: in a mosaic, the same face in another light is another tile.
"""

from collections.abc import Iterable, Sequence

import imagehash
import numpy as np
import PIL.Image

from pigeonhole.core.arrays import (
    BoolArray,
    Image,
    Int16Array,
    Int64Array,
    UInt64Array,
)
from pigeonhole.imaging.resize import resize, to_gray, to_rgb

BITS = 64
MAX_HASH_DISTANCE = 4
"""Hashes of the same image in different sizes differ in at most this many bits."""
MAX_COLOR_DISTANCE = 8
"""Maximum difference of the mean colors of near-duplicates, in red, green and blue."""


def perceptual_hash(image: Image) -> int:
    """
    Return a 64-bit hash that hardly changes if the image is resized or compressed.

    Each bit is 1 if a low frequency of the luma is above the median (`imagehash`).
    """
    # `imagehash.phash` resizes to the same size with a slower filter.
    small = PIL.Image.fromarray(resize(to_gray(image), 32, 32))
    bits = np.packbits(imagehash.phash(small).hash)
    return int.from_bytes(bits.tobytes(), "big")


def fingerprint(image: Image) -> str:
    """Return the fingerprint of an image, ``hash-color`` in hexadecimal."""
    color = np.rint(to_rgb(image).reshape(-1, 3).mean(axis=0)).astype(int)
    return f"{perceptual_hash(image):016x}-" + "".join(f"{c:02x}" for c in color)


def first_duplicates(fingerprints: Sequence[str], max_distance: int) -> Int64Array:
    """
    Return for each image the kept image that it duplicates, or itself if it is kept.

    Parameters
    ----------
    fingerprints : sequence of str
        The image to prefer first; an empty fingerprint has no duplicates.
    max_distance : int
        Maximum number of bits in which the hashes of near-duplicates differ.

    Notes
    -----
    Images are compared with kept images only. In a chain of images that each differ
    slightly from the next, some are therefore kept. The time grows with the number of
    images times the number of kept ones: 1 s for 20,000.
    """
    first = np.arange(len(fingerprints))
    numbers = np.flatnonzero(np.array(fingerprints, np.str_))
    hashes, colors = parse_fingerprints([text for text in fingerprints if text])
    kept = np.ones(len(numbers), np.bool_)
    for i, number in enumerate(numbers):
        if kept[i]:
            later = _similar(hashes[i:], colors[i:], hashes[i], colors[i], max_distance)
            duplicates = i + later[1:]
            duplicates = duplicates[kept[duplicates]]
            kept[duplicates] = False
            first[numbers[duplicates]] = number
    return first


def any_similar(fingerprints: Sequence[str], others: Iterable[str]) -> BoolArray:
    """
    Return for each image whether it is a near-duplicate of one of the others.

    An empty fingerprint is similar to nothing.
    """
    result = np.zeros(len(fingerprints), np.bool_)
    numbers = np.flatnonzero(np.array(fingerprints, np.str_))
    hashes, colors = parse_fingerprints([text for text in fingerprints if text])
    other_hashes, other_colors = parse_fingerprints([text for text in others if text])
    for other in zip(other_hashes, other_colors, strict=True):
        result[numbers[_similar(hashes, colors, *other, MAX_HASH_DISTANCE)]] = True
    return result


def _similar(
    hashes: UInt64Array,
    colors: Int16Array,
    other_hash: np.uint64,
    other_color: Int16Array,
    max_distance: int,
) -> Int64Array:
    """Return the numbers of the near-duplicates of another image."""
    candidates = np.flatnonzero(np.bitwise_count(hashes ^ other_hash) <= max_distance)
    distances = np.abs(colors[candidates] - other_color).max(axis=1, initial=0)
    similar: Int64Array = candidates[distances <= MAX_COLOR_DISTANCE]
    return similar


def parse_fingerprints(fingerprints: Sequence[str]) -> tuple[UInt64Array, Int16Array]:
    """Return the hashes, shape (n,), and the mean colors, shape (n, 3)."""
    hashes = np.array([int(text[:16], 16) for text in fingerprints], np.uint64)
    colors = [bytes.fromhex(text[17:]) for text in fingerprints]
    return hashes, np.array([list(c) for c in colors], np.int16).reshape(-1, 3)
