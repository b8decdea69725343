"""Every number that the tutorials state, beside the exact one and what we measured."""

import hashlib
import math
from collections.abc import Mapping

import numpy as np

from pigeonhole.birthday import tutorials
from pigeonhole.birthday.hypothesis_tests import (
    ABOUT,
    UNLIKELY,
    Claim,
    Measured,
    by_our_count,
    complement,
    judge_count,
    judge_half,
    judge_repeats,
    judge_value,
    measured_rate,
)
from pigeonhole.birthday.theory import (
    collision_probability,
    draws_for,
    log_no_collision,
)
from pigeonhole.core.tables import Table

EVIDENCE = ("people", "first_byte", "root", "sweep", "get_uid", "fit")
"""The experiments whose tables the claims are compared with."""


def claims(tables: Mapping[str, Table]) -> list[Claim]:
    """
    Judge every claim.

    Parameters
    ----------
    tables : mapping
        The tables of the experiments named in `EVIDENCE`.
    """
    return [
        *_of_people(tables["people"]),
        *_of_one_byte(tables["first_byte"], tables["root"]),
        *_of_the_sweep(tables["sweep"]),
        _of_the_law(tables["fit"]),
        *_of_get_uid(tables["get_uid"]),
    ]


def _of_people(people: Table) -> list[Claim]:
    of_365, of_366 = (measured_rate(people, row) for row in (0, 1))
    differ = math.exp(log_no_collision(tutorials.PEOPLE, tutorials.DAYS))
    return [
        judge_half(
            "people-half",
            "23 people: about 50 % share a birthday",
            draws=tutorials.PEOPLE,
            space=tutorials.DAYS,
            measured=of_365,
        ),
        judge_value(
            "people-probability",
            "23 people: something around 0.507",
            stated=tutorials.PEOPLE_PROBABILITY,
            exact=1 - differ,
            within=0.0005,
            measured=of_365,
        ),
        judge_value(
            "people-no-collision",
            "23 people, none sharing: 0.4927027656760144",
            stated=tutorials.NO_COLLISION,
            exact=differ,
            within=1e-15,
            measured=complement(of_365),
        ),
        judge_value(
            "people-no-collision-rounded",
            "23 people, none sharing: 0.493",
            stated=tutorials.NO_COLLISION_ROUNDED,
            exact=differ,
            within=0.0005,
            measured=complement(of_365),
        ),
        judge_value(
            "two-people",
            "2 people share a birthday: 1/365",
            stated=tutorials.SAME_BIRTHDAY,
            exact=collision_probability(2, tutorials.DAYS),
            within=1e-15,
        ),
        judge_value(
            "people-outcomes",
            "random.randint(0, 365) draws one of 365 days",
            stated=tutorials.DAYS,
            exact=tutorials.OUTCOMES,
            because="both ends count: 366 outcomes, and P falls by "
            f"{1 - differ - _people(tutorials.OUTCOMES):.6f}",
        ),
        judge_count(
            "people-count",
            "10,000 groups of 23: P(A) = 0.5026",
            count=tutorials.PEOPLE_COUNT,
            exact=_people(tutorials.OUTCOMES),
            measured=of_366,
        ),
        judge_value(
            "six-weeks",
            "6 weeks are 3,628,800 seconds, which is 10!",
            stated=tutorials.SIX_WEEKS,
            exact=math.factorial(10),
        ),
    ]


def _people(days: int) -> float:
    return collision_probability(tutorials.PEOPLE, days)


def _of_one_byte(first_byte: Table, root: Table) -> list[Claim]:
    values = 2**tutorials.BYTE_BITS
    return [
        judge_value(
            "md5-bits",
            "MD5 maps to 2^128 values (in bits)",
            stated=tutorials.MD5_BITS,
            exact=8 * hashlib.new("md5", usedforsecurity=False).digest_size,
        ),
        judge_value(
            "byte-values",
            "256 inputs are one less than the values of a byte",
            stated=tutorials.BYTE_VALUES,
            exact=values,
            because="a byte has 256 values; a collision is certain from "
            f"{draws_for(1, values)} inputs",
        ),
        judge_repeats(first_byte),
        judge_half(
            "root-half",
            "16 values of 8 bits: 50 % chance of a collision",
            draws=tutorials.ROOT_DRAWS,
            space=values,
            measured=measured_rate(root, 0),
        ),
        judge_count(
            "root-count",
            "16 values of 8 bits: 391 collisions out of 1000",
            count=tutorials.ROOT_COUNT,
            exact=collision_probability(tutorials.ROOT_DRAWS, values),
            measured=measured_rate(root, 0),
        ),
        judge_value(
            "dict-size",
            "dict times show an overhead a bit before 3,000,000",
            stated=tutorials.DICT_SIZE,
            exact=tutorials.DICT_LARGEST,
            because="its program stops at a size of 1,044,480 (exact)",
        ),
    ]


def _of_the_sweep(sweep: Table) -> list[Claim]:
    widest = int(np.argmax(sweep["bits"]))
    chances = [
        collision_probability(2 ** (bits // 2), 2**bits)
        for bits in tutorials.SWEEP_BITS
    ]
    low, high = min(chances), max(chances)
    return [
        by_our_count(
            judge_value(
                "sweep-half",
                "sqrt(space) values: 50 % chance of a collision, at any size",
                stated=tutorials.HALF,
                exact=-math.expm1(-0.5),
                within=ABOUT,
                measured=measured_rate(sweep, widest),
                because="the limit is 1 - exp(-1/2); 50 % needs 1.1774 sqrt(space)",
            )
        ),
        Claim(
            "sweep-low",
            "4 to 40 bits: rates in the 30-50 % range, its low end",
            tutorials.SWEEP_LOW,
            low,
            low >= tutorials.SWEEP_LOW,
            "the lowest exact rate is that of 4 bits",
            measured_rate(sweep, int(np.argmin(sweep["bits"]))),
        ),
        Claim(
            "sweep-high",
            "4 to 40 bits: rates in the 30-50 % range, its high end",
            tutorials.SWEEP_HIGH,
            high,
            high <= tutorials.SWEEP_HIGH,
            "the highest exact rate is that of 40 bits",
            measured_rate(sweep, widest),
        ),
    ]


def _of_the_law(fit: Table) -> Claim:
    """Judge that MD5 is as good as chance, by all tests of the times T together."""
    widest = int(np.argmax(fit["bits"]))
    bits, found, low, high, trials = (
        float(fit[name][widest])
        for name in ("bits", "effective_bits", "bits_low", "bits_high", "trials")
    )
    p_value, tests = float(fit["p_corrected"].min()), 3 * fit["bits"].size
    return Claim(
        "sweep-uniform",
        f"what all of it rests on: {bits:.0f} bits of MD5 are as good as random ones",
        bits,
        bits,
        p_value >= UNLIKELY,
        f"the least of {tests} p-values (both sides and the law of T, at each length), "
        "corrected for their number",
        Measured(found, low, high, int(trials)),
        p_value,
    )


def _of_get_uid(get_uid: Table) -> list[Claim]:
    space = 64**tutorials.UID_CHARACTERS
    return [
        judge_value(
            "uid-bits",
            "4 characters of base64 are 24 bits",
            stated=tutorials.UID_BITS,
            exact=math.log2(space),
        ),
        judge_value(
            "uid-root",
            "sqrt(2^24) is 4,096",
            stated=tutorials.UID_USES,
            exact=math.isqrt(space),
        ),
        judge_half(
            "uid-half",
            "get_uid used 4,096 times: approximately 50 % chance of a collision",
            draws=tutorials.UID_USES,
            space=space,
            measured=measured_rate(get_uid, 0),
        ),
        judge_count(
            "uid-count",
            "get_uid used 4,096 times: a collision in 497 of 1000 runs",
            count=tutorials.UID_COUNT,
            exact=collision_probability(tutorials.UID_USES, space),
            measured=measured_rate(get_uid, 0),
        ),
    ]
