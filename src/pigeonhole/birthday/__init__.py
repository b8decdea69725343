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

__all__ = [
    "collision_probability",
    "distinct_pmf",
    "draws_for",
    "expected_first_collision",
    "expected_pairs",
    "expected_repeats",
    "log_no_collision",
    "repeats_pmf",
]
