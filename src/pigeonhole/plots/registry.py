"""Table of the figures that are drawn from the tables of experiments."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from pigeonhole.birthday.hash_tests import EffectiveBitsTest, RepeatsTest
from pigeonhole.core.tables import Table, read_records, read_table
from pigeonhole.plots import birthday, hashes, shares
from pigeonhole.plots.exhaustive_count import census
from pigeonhole.plots.ids import safe_draws
from pigeonhole.plots.real_birthdays import birthdays

FIGURES: Mapping[str, Callable[[Table], Figure]] = {
    draw.__name__: draw
    for draw in (
        shares.people,
        birthday.curve,
        birthdays,
        birthday.first_byte,
        shares.root,
        birthday.dict_seconds,
        birthday.sweep,
        birthday.sweep_seconds,
        shares.get_uid,
        hashes.density,
        census,
        safe_draws,
    )
}
"""Figures of numeric tables by name, which is also the name of their file."""


def draw_figure(name: str, tables: Sequence[Path]) -> Figure:
    """
    Read tables and draw a figure of them; columns of several tables are joined.

    The name is a key of `FIGURES`, "hashes" or "effective_bits".
    """
    if name == "hashes":
        return hashes.hashes(read_records(tables[0], RepeatsTest.from_row))
    if name == "effective_bits":
        tests = read_records(tables[0], EffectiveBitsTest.from_row)
        return hashes.effective_bits(tests)
    return FIGURES[name](read_table(*tables))
