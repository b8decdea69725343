"""What the two tutorials on the birthday paradox state, and nothing else."""

from typing import NamedTuple


class Count(NamedTuple):
    """An outcome that a tutorial printed: so many out of so many."""

    hits: int
    trials: int

    @property
    def share(self) -> float:
        """Hits per trial."""
        return self.hits / self.trials


HALF = 0.5
"""The chance that both tutorials give to 23 people and to the root of the space."""

PEOPLE = 23
DAYS = 365
PEOPLE_PROBABILITY = 0.507
NO_COLLISION_ROUNDED = 0.493
NO_COLLISION = 0.4927027656760144
SAME_BIRTHDAY = 1 / 365
OUTCOMES = 366
"""What ``random.randint(0, 365)`` really draws from."""
PEOPLE_COUNT = Count(5026, 10_000)
MOST_PEOPLE = 89
SIX_WEEKS = 3_628_800

MD5_BITS = 128
BYTE_BITS = 8
BYTE_INPUTS = 256
BYTE_VALUES = 257
"""The tutorial calls its 256 inputs one less than the possible values."""
BYTE_REPEATS = 87
ROOT_DRAWS = 16
ROOT_COUNT = Count(391, 1000)
DICT_SIZE = 3_000_000
DICT_LARGEST = 2**20 - 2**12
"""The last size of its ``range(0, 2**20, 2**12)``."""
SWEEP_LOW, SWEEP_HIGH = 0.3, 0.5
SWEEP_BITS = tuple(range(4, 44, 4))
UID_CHARACTERS = 4
UID_BITS = 24
UID_USES = 4096
UID_COUNT = Count(497, 1000)
