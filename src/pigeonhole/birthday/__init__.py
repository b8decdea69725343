"""The laboratory for the birthday paradox; see `pigeonhole.birthday.theory`.

Only the theory is imported here: it is light, and the tile ids need no more.
"""

from pigeonhole.birthday.theory import (
    collision_probability,
    distinct_pmf,
    draws_for,
    expected_first_collision,
    expected_pairs,
    expected_repeats,
    log_no_collision,
    repeats_pmf,
)
from pigeonhole.birthday.variants import (
    biased_alphabet,
    coincidence_draws_for,
    coincidence_probability,
    effective_space,
    expected_coincidences,
    expected_retries,
    log_no_collision_array,
    table_collision_probability,
    timed_collision_probability,
    unequal_no_collision,
)

__all__ = [
    "biased_alphabet",
    "coincidence_draws_for",
    "coincidence_probability",
    "collision_probability",
    "distinct_pmf",
    "draws_for",
    "effective_space",
    "expected_coincidences",
    "expected_first_collision",
    "expected_pairs",
    "expected_repeats",
    "expected_retries",
    "log_no_collision",
    "log_no_collision_array",
    "repeats_pmf",
    "table_collision_probability",
    "timed_collision_probability",
    "unequal_no_collision",
]
