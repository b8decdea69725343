"""Table of the experiments that take a seed and a number of trials."""

from collections.abc import Callable, Mapping

from pigeonhole.birthday.experiments import trials
from pigeonhole.birthday.experiments.real_birthdays import real_birthdays
from pigeonhole.core.tables import Row

EXPERIMENTS: Mapping[str, Callable[[int, int], list[Row]]] = {
    "people": trials.people,
    "curve": trials.curve,
    "birthdays": real_birthdays,
    "first_byte": trials.first_byte,
    "root": trials.root,
    "get_uid": trials.get_uid,
}
"""Experiments by name, which is also the name of their table."""
