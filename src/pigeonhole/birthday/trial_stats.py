"""Counts of trials with a hit, and the rows of tables made from them."""

from dataclasses import dataclass

from pigeonhole.birthday.intervals import wilson
from pigeonhole.birthday.theory import collision_probability
from pigeonhole.core.checks import check_integer
from pigeonhole.core.tables import Row, Table


@dataclass(frozen=True)
class TrialStats:
    """Outcome of independent trials of one experiment."""

    trials: int
    """Number of trials."""
    hits: int
    """Number of trials with a hit, usually a collision."""

    def __post_init__(self) -> None:
        check_integer("trials", self.trials, 1)
        check_integer("hits", self.hits, 0, self.trials)

    @classmethod
    def from_table(cls, table: Table, row: int) -> "TrialStats":
        """Return the statistics in one row of a table."""
        return cls(int(table["trials"][row]), int(table["hits"][row]))

    @property
    def share(self) -> float:
        """Share of the trials with a hit."""
        return self.hits / self.trials

    def row(self) -> Row:
        """Return table columns: counts, share and its 95% confidence interval."""
        low, high = wilson(self.hits, self.trials)
        return {
            "trials": self.trials,
            "hits": self.hits,
            "share": self.share,
            "low": low,
            "high": high,
        }

    def collision_row(self, draws: int, space: int) -> Row:
        """Return `row` for trials of `draws` draws, with the exact probability."""
        return {
            "draws": draws,
            "space": space,
            **self.row(),
            "exact": collision_probability(draws, space),
        }
