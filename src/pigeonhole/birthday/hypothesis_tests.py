"""Hypothesis tests of stated numbers against exact values and against samples."""

import math
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

from pigeonhole.birthday import theory, tutorials
from pigeonhole.birthday.intervals import (
    NORMAL_95,
    clopper_pearson,
    poisson_interval,
)
from pigeonhole.birthday.trial_stats import TrialStats
from pigeonhole.birthday.tutorials import STATEMENTS, StatedCount
from pigeonhole.core.arrays import Float64Array
from pigeonhole.core.checks import check_integer
from pigeonhole.core.tables import Table

SIGNIFICANCE = 0.01
"""Significance level: a claim with a smaller p-value doesn't hold."""
STATED_COUNT, OUR_SAMPLE = "the tutorial's count", "our sample"
"""What a p-value is of."""
ABOUT = 0.05
"""Tolerance of a probability that is stated as "about" or "approximately"."""


class Estimate(NamedTuple):
    """A value estimated from a sample."""

    value: float
    low: float
    """Lower end of the 95% confidence interval."""
    high: float
    """Upper end of the 95% confidence interval."""
    trials: int
    """Number of trials in the sample."""


class Claim(NamedTuple):
    """One number that a tutorial states, and whether it holds."""

    tutorial: str
    claim: str
    stated: float
    statement: str
    exact: float
    """The exact value of that number."""
    holds: bool
    reason: str
    """Why the claim holds or doesn't."""
    sample: Estimate | None = None
    """Estimate of the same number from our own trials, if there is one."""
    p_value: float | None = None
    """P-value of the hypothesis test, if there was one."""
    tested: str = ""
    """What was tested: the tutorial's count, or our sample."""

    def row(self) -> dict[str, object]:
        """Return the row of claims.csv; missing values are empty."""
        value, low, high, trials = self.sample or ("", "", "", "")
        return {
            "claim": self.claim,
            "statement": self.statement,
            "stated": self.stated,
            "exact": self.exact,
            "sample": value,
            "low": low,
            "high": high,
            "trials": trials,
            "p_value": "" if self.p_value is None else self.p_value,
            "tested": self.tested,
            "verdict": "holds" if self.holds else "doesn't hold",
            "reason": self.reason,
            "tutorial": self.tutorial,
        }


def judge_value(
    name: str,
    exact: float,
    tolerance: float = 0,
    sample: Estimate | None = None,
    reason: str = "",
) -> Claim:
    """Compare a stated number with the exact one; `reason` is used if it is wrong."""
    statement = STATEMENTS[name]
    holds = abs(statement.stated - exact) <= tolerance
    if holds:
        reason = f"within {tolerance:.2g} of the exact value" if tolerance else "exact"
    return Claim(*statement, exact, holds, reason, sample)


def judge_half(name: str, draws: int, space: int, sample: Estimate) -> Claim:
    """Judge a stated collision probability of 50%; if wrong, test it on the sample."""
    reason = f"50% needs {theory.draws_for(tutorials.HALF, space):,} draws"
    exact = theory.collision_probability(draws, space)
    claim = judge_value(name, exact, ABOUT, sample, reason)
    return claim if claim.holds else with_sample_p_value(claim, sample)


def with_sample_p_value(claim: Claim, sample: Estimate) -> Claim:
    """Add our sample and its p-value under the hypothesis that the claim is true."""
    hits = round(sample.value * sample.trials)
    p_value = float(binomtest(hits, sample.trials, claim.stated).pvalue)
    conclusion = (
        "if the claim were true, a sample like ours would occur in "
        f"{_describe_p_value(p_value)}"
        if p_value < SIGNIFICANCE
        else f"a sample of {sample.trials:,} trials is too small to show the difference"
    )
    reason = f"{claim.reason}; {conclusion}"
    return claim._replace(
        sample=sample, p_value=p_value, reason=reason, tested=OUR_SAMPLE
    )


def judge_count(name: str, count: StatedCount, exact: float, sample: Estimate) -> Claim:
    """Test a stated count against the exact probability (binomial, two-sided)."""
    p_value = float(binomtest(count.hits, count.trials, exact).pvalue)
    return _judge_p_value(name, exact, sample, p_value)


def judge_repeats(name: str, first_byte: Table) -> Claim:
    """Test a stated number of repeats against the exact distribution (two-sided)."""
    inputs, values = tutorials.BYTE_INPUTS, 2**tutorials.BYTE_BITS
    pmf = theory.repeats_pmf(inputs, values)
    p_value = _two_sided_p_value(pmf, tutorials.BYTE_REPEATS)
    exact = theory.expected_repeats(inputs, values)
    return _judge_p_value(name, exact, _mean_of_histogram(first_byte), p_value)


def judge_total_repeats(
    name: str, count: StatedCount, draws: int, space: int, sample: Estimate
) -> Claim:
    """Test a stated number of repeats in several trials, as a number per trial."""
    exact = theory.expected_repeats(draws, space)
    pmf = theory.repeats_pmf(draws, space)
    # The sum of independent trials: the product of their Fourier transforms.
    size = 2 * max(pmf.size, round(count.trials * exact), count.hits)
    total = np.fft.irfft(np.fft.rfft(pmf, size) ** count.trials, size)
    p_value = _two_sided_p_value(np.maximum(total, 0), count.hits)
    claim = _judge_p_value(name, exact, sample, p_value)
    mean = (
        f"its program prints a line for every repeat, {count.trials * exact:,.2f} on "
        f"average in {count.trials:,} runs"
    )
    return claim._replace(reason=f"{mean}; {claim.reason}")


def _two_sided_p_value(pmf: Float64Array, observed: int) -> float:
    """Return the probability of outcomes that are at most as likely."""
    # Equal ones may differ by rounding.
    extreme = pmf <= pmf[observed] * (1 + 1e-9)
    return float(pmf[extreme].sum())


def _judge_p_value(name: str, exact: float, sample: Estimate, p_value: float) -> Claim:
    reason = f"a deviation at least this large occurs in {_describe_p_value(p_value)}"
    holds = p_value >= SIGNIFICANCE
    statement = STATEMENTS[name]
    return Claim(*statement, exact, holds, reason, sample, p_value, STATED_COUNT)


def _describe_p_value(p_value: float) -> str:
    if p_value >= SIGNIFICANCE:
        return f"{100 * p_value:.0f}% of such experiments"
    if p_value >= 1e-6:
        return f"1 in {1 / p_value:,.0f} such experiments"
    return "fewer than 1 in a million such experiments"


def estimate_share(stats: TrialStats) -> Estimate:
    """Return the share of trials with a hit, with its Clopper-Pearson interval."""
    interval = clopper_pearson(stats.hits, stats.trials)
    return Estimate(stats.share, *interval, stats.trials)


def mean_repeats(repeats: int, trials: int) -> Estimate:
    """Return the number of repeats per trial, with the exact interval of Poisson."""
    trials = check_integer("trials", trials, 1)
    interval = poisson_interval(repeats)
    low, high = interval.low / trials, interval.high / trials
    return Estimate(repeats / trials, low, high, trials)


def complement(estimate: Estimate) -> Estimate:
    """Return the share of trials without a hit."""
    low, high = 1 - estimate.high, 1 - estimate.low
    return Estimate(1 - estimate.value, low, high, estimate.trials)


def _mean_of_histogram(histogram: Table) -> Estimate:
    """Return the mean number of repeats, with a normal confidence interval."""
    repeats, hits = histogram["repeats"], histogram["hits"]
    trials = int(hits.sum())
    mean = float(repeats @ hits) / trials
    variance = float((repeats - mean) ** 2 @ hits) / max(trials - 1, 1)
    half_width = NORMAL_95 * math.sqrt(variance / trials)
    return Estimate(mean, mean - half_width, mean + half_width, trials)
