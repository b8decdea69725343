"""Judge the numbers that the two birthday tutorials state."""

import hashlib
import math
from collections.abc import Mapping

import numpy as np

from pigeonhole.birthday import theory, tutorials
from pigeonhole.birthday.hypothesis_tests import (
    ABOUT,
    OUR_SAMPLE,
    SIGNIFICANCE,
    Claim,
    Estimate,
    complement,
    estimate_share,
    judge_count,
    judge_half,
    judge_repeats,
    judge_total_repeats,
    judge_value,
    mean_repeats,
    with_sample_p_value,
)
from pigeonhole.birthday.trial_stats import TrialStats
from pigeonhole.core.tables import Table

EVIDENCE = ("people", "first_byte", "root", "sweep", "get_uid", "first_collision")
"""Experiments whose tables the claims are compared with."""


def judge_claims(tables: Mapping[str, Table]) -> list[Claim]:
    """Judge every claim by the tables of the experiments in `EVIDENCE`."""
    return [
        *_people_claims(tables["people"]),
        *_byte_claims(tables["first_byte"], tables["root"]),
        *_sweep_claims(tables["sweep"]),
        _uniformity_claim(tables["first_collision"]),
        *_get_uid_claims(tables["get_uid"]),
    ]


def _people_claims(people: Table) -> list[Claim]:
    with_365, with_366 = (_share(people, row) for row in (0, 1))
    without = complement(with_365)
    all_differ = _no_collision(tutorials.PEOPLE)
    of_366 = theory.collision_probability(tutorials.PEOPLE, tutorials.OUTCOMES)
    both_ends = (
        "both ends are included, so there are 366 outcomes, and P is lower "
        f"by {1 - all_differ - of_366:.6f}"
    )
    last_factor = (tutorials.DAYS - tutorials.PEOPLE + 1) / tutorials.DAYS
    two_people = theory.collision_probability(2, tutorials.DAYS)
    return [
        judge_half("people-half", tutorials.PEOPLE, tutorials.DAYS, with_365),
        judge_value("people-probability", 1 - all_differ, 0.0005, with_365),
        judge_value("people-no-collision", all_differ, 1e-15, without),
        judge_value("people-no-collision-rounded", all_differ, 0.0005, without),
        judge_value("one-person", theory.collision_probability(1, tutorials.DAYS)),
        judge_value("one-person-no-collision", _no_collision(1)),
        judge_value("two-people", two_people, 1e-15),
        judge_value("two-people-no-collision", _no_collision(2), 1e-15),
        judge_value("last-factor", last_factor, 1e-15),
        judge_value("people-outcomes", tutorials.OUTCOMES, reason=both_ends),
        judge_count("people-count", tutorials.PEOPLE_COUNT, of_366, with_366),
        judge_value("six-weeks", math.factorial(10)),
    ]


def _no_collision(people: int) -> float:
    return math.exp(theory.log_no_collision(people, tutorials.DAYS))


def _share(table: Table, row: int) -> Estimate:
    return estimate_share(TrialStats.from_table(table, row))


def _byte_claims(first_byte: Table, root: Table) -> list[Claim]:
    values, draws = 2**tutorials.BYTE_BITS, tutorials.ROOT_DRAWS
    root_exact, sample = theory.collision_probability(draws, values), _share(root, 0)
    md5_bits = 8 * hashlib.new("md5", usedforsecurity=False).digest_size
    certain = (
        "a byte has 256 values; a collision is certain from "
        f"{theory.draws_for(1, values)} inputs"
    )
    largest = "its program stops at a dict size of 1,044,480"
    return [
        judge_value("md5-bits", md5_bits),
        judge_value("byte-values", values, reason=certain),
        judge_repeats("byte-repeats", first_byte),
        judge_value("byte-root", math.isqrt(values)),
        judge_half("root-half", draws, values, sample),
        judge_count("root-count", tutorials.ROOT_COUNT, root_exact, sample),
        judge_value("dict-size", tutorials.DICT_LARGEST, reason=largest),
    ]


def _sweep_claims(sweep: Table) -> list[Claim]:
    most = int(np.argmax(sweep["bits"]))
    probabilities = [
        theory.collision_probability(2 ** (bits // 2), 2**bits)
        for bits in tutorials.SWEEP_BITS
    ]
    lowest, highest = min(probabilities), max(probabilities)
    reason = (
        "the limit is 1 - exp(-1/2); 50% needs 1.1774 sqrt(space) draws; our sample "
        f"has {int(sweep['bits'][most])} bits"
    )
    half = judge_value("sweep-half", -math.expm1(-0.5), ABOUT, reason=reason)
    of_4_bits = "the lowest exact rate is that of 4 bits"
    of_40_bits = "the highest exact rate is that of 40 bits"
    low, high = (tutorials.STATEMENTS[f"sweep-{end}"] for end in ("low", "high"))
    first = tutorials.SWEEP_BITS[0]
    of_first, of_last = (_share_of(sweep, tutorials.SWEEP_BITS[i]) for i in (0, -1))
    return [
        with_sample_p_value(half, _share(sweep, most)),
        judge_value("hex-digit-bits", math.log2(16)),
        judge_value("bit-doubles", 2 ** (first + 1) / 2**first),
        Claim(*low, lowest, lowest >= low.stated, of_4_bits, of_first),
        Claim(*high, highest, highest <= high.stated, of_40_bits, of_last),
    ]


def _share_of(sweep: Table, bits: int) -> Estimate | None:
    """Return the sample of a hash length, if the sweep has it."""
    rows = np.flatnonzero(sweep["bits"] == bits)
    return _share(sweep, int(rows[0])) if rows.size else None


def _uniformity_claim(first_collision: Table) -> Claim:
    """Test that MD5 is uniform, by all hypothesis tests of first collisions."""
    most = int(np.argmax(first_collision["bits"]))
    bits, effective, low, high, trials = (
        float(first_collision[name][most])
        for name in ("bits", "effective_bits", "bits_low", "bits_high", "trials")
    )
    p_value = float(first_collision["p_corrected"].min())
    tests = 3 * first_collision["bits"].size
    return Claim(
        # No tutorial states it.
        "",
        "sweep-uniform",
        bits,
        f"assumption behind all of these: {bits:.0f} bits of MD5 behave like random "
        "bits",
        bits,
        p_value >= SIGNIFICANCE,
        f"smallest of {tests} p-values (both tails and the distribution of T, at each "
        "length), corrected for multiple testing",
        Estimate(effective, low, high, int(trials)),
        p_value,
        OUR_SAMPLE,
    )


def _get_uid_claims(get_uid: Table) -> list[Claim]:
    space, uses = 64**tutorials.UID_CHARACTERS, tutorials.UID_USES
    sample, count = _share(get_uid, 0), tutorials.UID_COUNT
    repeats = mean_repeats(int(get_uid["repeats"][0]), sample.trials)
    exact = theory.collision_probability(uses, space)
    of_lines = (
        f"{count.hits} is the number of repeats; {exact:.1%} of runs have one or more"
    )
    return [
        judge_value("uid-character-bits", math.log2(64)),
        judge_value("uid-bits", math.log2(space)),
        judge_value("uid-root", math.isqrt(space)),
        judge_half("uid-half", uses, space, sample),
        judge_total_repeats("uid-count", count, uses, space, repeats),
        judge_value("uid-frequency", exact, ABOUT, sample, of_lines),
    ]
