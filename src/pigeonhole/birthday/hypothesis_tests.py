"""How a number that somebody states is judged: by its distance, or by chance."""

import math
from typing import NamedTuple

from scipy.stats import binomtest

from pigeonhole.birthday import tutorials
from pigeonhole.birthday.intervals import NORMAL_95, clopper_pearson
from pigeonhole.birthday.theory import (
    collision_probability,
    draws_for,
    expected_repeats,
    repeats_pmf,
)
from pigeonhole.core.tables import Table

UNLIKELY = 0.01
"""A count that chance brings about less often than this doesn't hold."""
ABOUT = 0.05
"""What "about" may mean of a probability."""


class Measured(NamedTuple):
    """Our own estimate with its 95 % interval, and from how many trials."""

    value: float
    low: float
    high: float
    trials: int


class Claim(NamedTuple):
    """One number of a tutorial, judged."""

    claim: str
    statement: str
    stated: float
    exact: float
    holds: bool
    reason: str
    measured: Measured | None = None
    p_value: float | None = None

    def row(self) -> dict[str, object]:
        """Return the claim as a row of claims.csv; what there is none of is empty."""
        ours = self.measured._asdict() if self.measured else {}
        return {
            "claim": self.claim,
            "statement": self.statement,
            "stated": self.stated,
            "exact": self.exact,
            "measured": ours.get("value", ""),
            "low": ours.get("low", ""),
            "high": ours.get("high", ""),
            "trials": ours.get("trials", ""),
            "p_value": "" if self.p_value is None else self.p_value,
            "verdict": "holds" if self.holds else "doesn't hold",
            "reason": self.reason,
        }


def judge_value(
    claim: str,
    statement: str,
    *,
    stated: float,
    exact: float,
    within: float = 0,
    measured: Measured | None = None,
    because: str = "",
) -> Claim:
    """Judge a number by its distance from the exact one."""
    holds = abs(stated - exact) <= within
    if holds:
        because = f"within {within:.2g} of the exact value" if within else "exactly so"
    return Claim(claim, statement, stated, exact, holds, because, measured)


def judge_half(
    claim: str, statement: str, *, draws: int, space: int, measured: Measured
) -> Claim:
    """Judge a chance of 50 %, and say what it takes."""
    judged = judge_value(
        claim,
        statement,
        stated=tutorials.HALF,
        exact=collision_probability(draws, space),
        within=ABOUT,
        measured=measured,
        because=f"50 % needs {draws_for(tutorials.HALF, space):,} draws",
    )
    return judged if judged.holds else by_our_count(judged)


def by_our_count(claim: Claim) -> Claim:
    """Add how often our count would stray as far, if what is stated were true."""
    if claim.measured is None:
        return claim
    hits = round(claim.measured.value * claim.measured.trials)
    p_value = float(binomtest(hits, claim.measured.trials, claim.stated).pvalue)
    told = (
        f"{claim.reason}; were it true, our count would occur in {_in_words(p_value)}"
    )
    return claim._replace(p_value=p_value, reason=told)


def judge_count(
    claim: str,
    statement: str,
    *,
    count: tutorials.Count,
    exact: float,
    measured: Measured,
) -> Claim:
    """Judge a count by how often chance strays as far (two-sided, exact)."""
    p_value = float(binomtest(count.hits, count.trials, exact).pvalue)
    return _by_chance(claim, statement, count.share, exact, measured, p_value)


def judge_repeats(first_byte: Table) -> Claim:
    """Judge the tutorial's 87 by the exact distribution of the number of repeats."""
    inputs, values = tutorials.BYTE_INPUTS, 2**tutorials.BYTE_BITS
    chances = repeats_pmf(inputs, values)
    # As unlikely as what was seen or more so; rounding must not part the equals.
    unlikely = chances <= chances[tutorials.BYTE_REPEATS] * (1 + 1e-9)
    return _by_chance(
        "byte-repeats",
        "256 random inputs into one byte of MD5: 87 collisions",
        tutorials.BYTE_REPEATS,
        expected_repeats(inputs, values),
        _mean(first_byte),
        float(chances[unlikely].sum()),
    )


def _by_chance(
    claim: str,
    statement: str,
    stated: float,
    exact: float,
    measured: Measured,
    p_value: float,
) -> Claim:
    holds = p_value >= UNLIKELY
    reason = f"chance strays as far in {_in_words(p_value)}"
    return Claim(claim, statement, stated, exact, holds, reason, measured, p_value)


def _in_words(p_value: float) -> str:
    if p_value >= UNLIKELY:
        return f"{100 * p_value:.0f} % of such experiments"
    if p_value >= 1e-6:
        return f"one of {1 / p_value:,.0f} such experiments"
    return "less than one of a million such experiments"


def measured_rate(table: Table, row: int) -> Measured:
    """Return one row of a table of rates, with its Clopper-Pearson interval."""
    hits, trials = (int(table[name][row]) for name in ("hits", "trials"))
    return Measured(hits / trials, *clopper_pearson(hits, trials), trials)


def complement(rate: Measured) -> Measured:
    """Return the share of the trials without a hit."""
    return Measured(1 - rate.value, 1 - rate.high, 1 - rate.low, rate.trials)


def _mean(histogram: Table) -> Measured:
    """Return the mean number of repeats; its interval is the normal one."""
    repeats, hits = histogram["repeats"], histogram["hits"]
    trials = int(hits.sum())
    mean = float(repeats @ hits) / trials
    variance = float((repeats - mean) ** 2 @ hits) / max(trials - 1, 1)
    half = NORMAL_95 * math.sqrt(variance / trials)
    return Measured(mean, mean - half, mean + half, trials)
