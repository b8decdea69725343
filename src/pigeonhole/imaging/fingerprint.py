"""Which pictures look alike.

What a picture looks like is written in one word: 64 bits of a perceptual hash and the
mean colour. Two pictures look alike where both agree. The hash alone doesn't do: it
knows nothing of colour and little of light, but to a mosaic the same face in another
light is another tile.
"""

from collections.abc import Iterable, Sequence

import imagehash
import numpy as np
import numpy.typing as npt
from PIL import Image

from pigeonhole.core.arrays import Picture
from pigeonhole.imaging.resize import resize, rgb_of, to_grey

BITS = 64
NEAR = 4
"""Hashes that differ in no more bits are of one picture in several sizes."""
TONE = 8
"""Mean colours that differ more in red, green or blue are of different pictures."""


def perceptual_hash(picture: Picture) -> int:
    """
    Return 64 bits that hardly change where a picture is resized or compressed.

    They tell which low frequencies of its luma are above their median (`imagehash`).
    """
    # What imagehash would do with a slower filter.
    small = Image.fromarray(resize(to_grey(picture), 32, 32))
    bits = np.packbits(imagehash.phash(small).hash)
    return int.from_bytes(bits.tobytes(), "big")


def looks_of(picture: Picture) -> str:
    """Return what a picture looks like: ``hash-colour``, both in hexadecimal digits."""
    colour = np.rint(rgb_of(picture).reshape(-1, 3).mean(axis=0)).astype(int)
    return f"{perceptual_hash(picture):016x}-" + "".join(f"{c:02x}" for c in colour)


def first_alike(looks: Sequence[str], bits: int) -> npt.NDArray[np.int64]:
    """
    Return for each picture the first kept one that it looks like: itself if kept.

    Parameters
    ----------
    looks : sequence of str
        The best picture first; an empty word is like no other.
    bits : int
        Hashes that differ in more bits are of different pictures.

    Notes
    -----
    A picture is compared with kept ones only, so that of a row of pictures, each a
    little unlike the next, not all go. Time grows with pictures times kept ones: 1 s
    for 20,000.
    """
    first = np.arange(len(looks))
    known = [number for number, word in enumerate(looks) if word]
    hashes, colours = read_looks([looks[number] for number in known])
    kept = np.ones(len(known), np.bool_)
    for place in range(len(known)):
        if kept[place]:
            later = slice(place + 1, None)
            near = np.bitwise_count(hashes[later] ^ hashes[place]) <= bits
            near &= kept[later]
            found = place + 1 + np.flatnonzero(near)
            apart = np.abs(colours[found] - colours[place]).max(axis=1, initial=0)
            found = found[apart <= TONE]
            kept[found] = False
            first[[known[number] for number in found]] = known[place]
    return first


def any_alike(looks: Sequence[str], others: Iterable[str]) -> npt.NDArray[np.bool_]:
    """
    Tell of each picture whether it looks like one of some others.

    Parameters
    ----------
    looks : sequence of str
    others : iterable of str
        An empty word is like no other.

    Returns
    -------
    bool array, shape (len(looks),)
    """
    alike = np.zeros(len(looks), np.bool_)
    known = np.flatnonzero(np.array(looks, np.str_))
    hashes, colours = read_looks([word for word in looks if word])
    wanted, tones = read_looks([word for word in others if word])
    for one, colour in zip(wanted, tones, strict=True):
        near = np.bitwise_count(hashes ^ one) <= NEAR
        near &= np.abs(colours - colour).max(axis=1, initial=0) <= TONE
        alike[known[near]] = True
    return alike


def read_looks(
    looks: Sequence[str],
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int16]]:
    """Return hashes, shape (n,), and mean colours, shape (n, 3)."""
    hashes = np.array([int(word[:16], 16) for word in looks], np.uint64)
    colours = [bytes.fromhex(word[17:]) for word in looks]
    return hashes, np.array([list(c) for c in colours], np.int16).reshape(-1, 3)
