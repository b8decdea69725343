"""Independent random number streams, one for each experiment."""

from enum import IntEnum

import numpy as np

from pigeonhole.core.checks import check_integer


class Stream(IntEnum):
    """Number of each experiment's random stream; changing one changes results."""

    PEOPLE = 1
    CURVE = 2
    FIRST_BYTE = 3
    ROOT = 4
    SWEEP = 5
    GET_UID = 6
    DICT = 7
    FIRST_COLLISION = 8
    COLLISION_SEARCH = 9
    HASH_QUALITY = 10
    REAL_BIRTHDAYS = 11


def random_stream(seed: int, stream: Stream, *keys: int) -> np.random.Generator:
    """
    Return the random number generator of one experiment.

    `seed` is that of all experiments; `keys` are further numbers that select one of
    several streams, such as the hash length.
    """
    seed = check_integer("seed", seed, 0)
    sequence = np.random.SeedSequence((seed, stream, *keys))
    return np.random.Generator(np.random.SFC64(sequence))
