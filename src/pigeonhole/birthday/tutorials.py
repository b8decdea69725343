"""Numbers that two tutorials by Rune (Learn Python With Rune) state."""

from collections.abc import Mapping
from typing import NamedTuple

_SITE = "https://www.learnpythonwithrune.org"
BIRTHDAY_TUTORIAL = f"{_SITE}/birthday-paradox-by-example-it-is-not-a-paradox/"
HASH_TUTORIAL = f"{_SITE}/birthday-paradox-and-hash-function-collisions-by-example/"


class StatedCount(NamedTuple):
    """Number of events that a tutorial counted in a number of trials."""

    hits: int
    """Trials with a collision, unless the program counts repeats."""
    trials: int

    @property
    def share(self) -> float:
        """Number of events per trial."""
        return self.hits / self.trials


HALF = 0.5
"""Collision probability that both state, for 23 people and for sqrt(space) draws."""

# Of BIRTHDAY_TUTORIAL.
PEOPLE = 23
DAYS = 365
OUTCOMES = 366
"""Number of values that its ``random.randint(0, 365)`` really draws from."""
PEOPLE_COUNT = StatedCount(5026, 10_000)
MAX_PEOPLE = 89
"""Largest group in its plot."""

# Of HASH_TUTORIAL.
BYTE_BITS = 8
BYTE_INPUTS = 256
BYTE_REPEATS = 87
ROOT_DRAWS = 16
ROOT_COUNT = StatedCount(391, 1000)
DICT_LARGEST = 2**20 - 2**12
"""Largest size in its ``range(0, 2**20, 2**12)``."""
SWEEP_BITS = tuple(range(4, 44, 4))
UID_CHARACTERS = 4
UID_BITS = 24
UID_USES = 4096
UID_COUNT = StatedCount(497, 1000)
"""Repeats, not trials: its program prints a line for each id that repeats one."""


class Statement(NamedTuple):
    """A number that a tutorial states."""

    tutorial: str
    """Address of the tutorial."""
    claim: str
    """Short unique name."""
    stated: float
    statement: str
    """The claim in words."""


_BIRTHDAY_STATEMENTS = (
    ("people-half", HALF, "23 people: about 50% share a birthday"),
    ("people-probability", 0.507, "23 people: something around 0.507"),
    (
        "people-no-collision",
        0.4927027656760144,
        "23 people, no shared birthday: 0.4927027656760144",
    ),
    ("people-no-collision-rounded", 0.493, "23 people, no shared birthday: 0.493"),
    ("one-person", 0, "in a group of 1, the probability of a shared birthday is 0"),
    ("one-person-no-collision", 1, "a group of 1, no shared birthday: P(1) = 1"),
    ("two-people", 1 / 365, "2 people share a birthday: 1/365"),
    (
        "two-people-no-collision",
        364 / 365,
        "2 people, no shared birthday: P(2) = 364/365",
    ),
    ("last-factor", 343 / 365, "the last factor of P(23) is 343/365"),
    ("people-outcomes", DAYS, "random.randint(0, 365) draws one of 365 days"),
    ("people-count", PEOPLE_COUNT.share, "10,000 groups of 23: P(A) = 0.5026"),
    ("six-weeks", 3_628_800, "6 weeks are 3,628,800 seconds, which is 10!"),
)
_HASH_STATEMENTS = (
    ("md5-bits", 128, "MD5 maps to 2^128 values (in bits)"),
    ("byte-values", 257, "256 inputs are one less than the number of values of a byte"),
    (
        "byte-repeats",
        BYTE_REPEATS,
        "256 random inputs into one byte of MD5: 87 collisions",
    ),
    ("byte-root", ROOT_DRAWS, "sqrt(256) is 16"),
    ("root-half", HALF, "16 values of 8 bits: 50% chance of a collision"),
    ("root-count", ROOT_COUNT.share, "16 values of 8 bits: 391 collisions out of 1000"),
    ("dict-size", 3_000_000, "dict times show an overhead a bit before 3,000,000"),
    (
        "sweep-half",
        HALF,
        "sqrt(space) values: 50% chance of a collision, at any size",
    ),
    ("hex-digit-bits", 4, "each character of a hexdigest counts for 4 bits"),
    ("bit-doubles", 2, "each bit multiplies the space by 2"),
    ("sweep-low", 0.3, "4 to 40 bits: rates in the 30-50% range, low end"),
    ("sweep-high", 0.5, "4 to 40 bits: rates in the 30-50% range, high end"),
    ("uid-character-bits", 6, "a character of base64 contains 6 bits"),
    ("uid-bits", UID_BITS, "4 characters of base64 are 24 bits"),
    ("uid-root", UID_USES, "sqrt(2^24) is 4,096"),
    (
        "uid-half",
        HALF,
        "get_uid used 4,096 times: approximately 50% chance of a collision",
    ),
    (
        "uid-count",
        UID_COUNT.share,
        "get_uid used 4,096 times: 1000 runs gave collision 497 times",
    ),
    (
        "uid-frequency",
        HALF,
        "497 times in 1000 runs are close to 50% of the time",
    ),
)
STATEMENTS: Mapping[str, Statement] = {
    row[0]: Statement(tutorial, *row)
    for tutorial, rows in (
        (BIRTHDAY_TUTORIAL, _BIRTHDAY_STATEMENTS),
        (HASH_TUTORIAL, _HASH_STATEMENTS),
    )
    for row in rows
}
"""Statements by the name of the claim."""
