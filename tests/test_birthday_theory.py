"""The theory against mpmath and against whole numbers."""

import math
import subprocess
import sys
from fractions import Fraction
from itertools import product

import mpmath
import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as some

from pigeonhole import birthday
from pigeonhole.birthday import theory


def survival(draws, space):
    """P(all differ) as a fraction."""
    return Fraction(math.perm(space, draws), space**draws)


def exact_log(draws, space):
    with mpmath.workdps(int(2.2 * math.log10(space)) + 60):
        space = mpmath.mpf(space)
        whole = mpmath.loggamma(space + 1) - mpmath.loggamma(space - draws + 1)
        return whole - draws * mpmath.log(space)


@some.composite
def draws_and_space(draw, most_bits=900):
    bits = draw(some.integers(3, most_bits))
    space = draw(some.integers(2 ** (bits - 1), 2**bits))
    # As many draws as any power of the space between the 10th root and all of it.
    power = draw(some.integers(1, bits))
    draws = draw(some.integers(2, max(2, min(space, 2**power))))
    return draws, space


@run(max_examples=400)
@given(draws_and_space())
def test_log_no_collision_is_right_to_1e_15(pair):
    found, exact = birthday.log_no_collision(*pair), exact_log(*pair)
    with mpmath.workdps(40):
        assert abs(mpmath.mpf(found) - exact) <= 1e-15 * abs(exact)


@given(some.integers(70, 3000), some.integers(0, 30))
def test_log_no_collision_is_right_near_the_whole_space(space, left):
    draws = space - left
    found, exact = birthday.log_no_collision(draws, space), exact_log(draws, space)
    with mpmath.workdps(40):
        assert abs(mpmath.mpf(found) - exact) <= 1.5e-15 * abs(exact)


@pytest.mark.parametrize("draws", [63, 64, 65, 66, 729, 730, 731, 182_499, 182_500])
def test_no_jump_between_the_formulas(draws):
    exact = float(exact_log(draws, 365_000))
    assert birthday.log_no_collision(draws, 365_000) == pytest.approx(exact, rel=1e-15)


def test_known_probabilities():
    assert birthday.collision_probability(23, 365) == 0.5072972343239854
    assert birthday.collision_probability(23, 366) == pytest.approx(0.506323011819)
    assert birthday.collision_probability(4096, 2**24) == pytest.approx(
        0.393419972661292, rel=1e-14
    )
    assert 1 - birthday.collision_probability(89, 365) == pytest.approx(8.13533e-6)


def test_ends_of_the_range():
    assert str(birthday.collision_probability(0, 365)) == "0.0"
    assert str(birthday.collision_probability(1, 1)) == "0.0"
    assert birthday.collision_probability(2, 1) == 1
    assert birthday.log_no_collision(366, 365) == -math.inf
    assert birthday.collision_probability(np.int64(2), np.int64(365)) == 1 / 365


def test_spaces_beyond_floats():
    assert birthday.log_no_collision(2**2000, 2**4001) == -0.25
    assert birthday.log_no_collision(2**1500, 2**1501) == -math.inf
    assert birthday.expected_pairs(2**2000, 2**4000) == 0.5
    assert birthday.expected_repeats(2**2000, 2**4000) == 0.5
    root = math.sqrt(math.pi / 2) * 2.0**600
    assert birthday.expected_first_collision(2**1200) == pytest.approx(root)


@pytest.mark.parametrize(("draws", "space"), [(-1, 365), (23, 0), (2, -5)])
def test_impossible_numbers_are_refused(draws, space):
    with pytest.raises(ValueError, match="can't be negative"):
        birthday.log_no_collision(draws, space)


@run(max_examples=150)
@given(some.integers(1, 5000), some.floats(1e-12, 1 - 1e-12))
def test_draws_for_passes_and_one_less_fails(space, probability):
    draws = birthday.draws_for(probability, space)
    assert 1 - survival(draws, space) >= Fraction(probability)
    assert 1 - survival(draws - 1, space) < Fraction(probability)


@given(some.integers(2, 400), some.integers(1, 2000), some.sampled_from([-1, 0, 1]))
def test_draws_for_at_the_edge_between_two_answers(draws, space, nudge):
    """The probability of a whole number of draws, and the doubles beside it."""
    probability = float(1 - survival(draws, space))
    probability = math.nextafter(probability, probability + nudge)
    if not 0 < probability < 1:
        return
    found = birthday.draws_for(probability, space)
    assert 1 - survival(found, space) >= Fraction(probability)
    assert 1 - survival(found - 1, space) < Fraction(probability)


@run(max_examples=30)
@given(some.integers(30, 512), some.sampled_from([1e-9, 0.01, 0.5, 0.9, 1 - 1e-9]))
def test_draws_for_large_spaces_is_certain(bits, probability):
    draws = birthday.draws_for(probability, 2**bits)
    with mpmath.workdps(2 * bits):
        wanted = mpmath.log(1 - mpmath.mpf(probability))
    digits = int(2.2 * bits * 0.302) + 60
    with mpmath.workdps(digits):
        assert exact_log(draws, 2**bits) <= wanted
        if draws > 2:
            assert exact_log(draws - 1, 2**bits) > wanted


def test_draws_for_known_answers():
    assert birthday.draws_for(0.5, 365) == 23
    assert birthday.draws_for(0.5, 2**24) == 4823
    assert birthday.draws_for(0.5, 2**64) == 5_056_937_541
    assert str(birthday.draws_for(0.5, 2**512)).startswith("136334766396022316295812")
    assert birthday.draws_for(0, 365) == 0
    assert birthday.draws_for(1, 256) == 257
    # The only collision in question: of two draws, from a space of one and of two.
    assert birthday.draws_for(0.1, 1) == 2
    assert birthday.draws_for(0.5, 2) == 2


@pytest.mark.parametrize("probability", [-0.1, 1.1, math.nan])
def test_draws_for_refuses_what_is_no_probability(probability):
    with pytest.raises(ValueError, match="from 0 to 1"):
        birthday.draws_for(probability, 365)


def test_where_doubles_cannot_tell_digits_do():
    """At 2**300 two neighbours have the same double, and the test still parts them."""
    space = 2**300
    draws = birthday.draws_for(0.25, space)
    assert theory.log_no_collision(draws, space) == theory.log_no_collision(
        draws - 1, space
    )
    assert theory._reaches(draws, space, 0.25)
    assert not theory._reaches(draws - 1, space, 0.25)


@given(draws_and_space(most_bits=300))
def test_expected_repeats_against_mpmath(pair):
    draws, space = pair
    with mpmath.workdps(300):
        n, whole = mpmath.mpf(draws), mpmath.mpf(space)
        exact = n - whole * (1 - (1 - 1 / whole) ** draws)
        found = mpmath.mpf(birthday.expected_repeats(draws, space))
        assert abs(found - exact) <= 3e-15 * exact


def test_expected_repeats_by_hand():
    assert birthday.expected_repeats(256, 256) == pytest.approx(93.99289725223)
    assert birthday.expected_repeats(5, 1) == 4
    assert birthday.expected_repeats(0, 1) == 0
    assert birthday.expected_pairs(256, 256) == 127.5


@given(some.integers(1, 30_000))
def test_expected_first_collision_is_the_sum_of_survivals(space):
    total, survives, draws = 1.0, 1.0, 0
    while survives > 1e-18:
        survives *= 1 - draws / space
        total += survives
        draws += 1
    assert birthday.expected_first_collision(space) == pytest.approx(total, rel=1e-13)


def test_expected_first_collision_of_days():
    assert birthday.expected_first_collision(365) == 24.616585894598852


@given(some.integers(0, 40), some.integers(1, 40))
def test_distinct_pmf_equals_rationals(draws, space):
    exact = [float(chance) for chance in reference.distinct_pmf(draws, space)]
    found = birthday.distinct_pmf(draws, space)
    np.testing.assert_allclose(found, exact, rtol=1e-13)


def test_repeats_pmf_counts_every_outcome():
    """All 3**4 draws of four from three values, written out."""
    outcomes = [4 - len(set(draws)) for draws in product(range(3), repeat=4)]
    exact = np.bincount(outcomes, minlength=5) / 3**4
    np.testing.assert_allclose(birthday.repeats_pmf(4, 3), exact, rtol=1e-15)


@pytest.mark.parametrize(("draws", "space"), [(256, 256), (16, 256), (300, 100)])
def test_repeats_pmf_sums_to_one_and_has_the_mean(draws, space):
    chances = birthday.repeats_pmf(draws, space)
    mean = np.arange(draws + 1) @ chances
    assert chances.sum() == pytest.approx(1, rel=1e-13)
    assert mean == pytest.approx(birthday.expected_repeats(draws, space), rel=1e-12)
    # No repeat is no collision.
    survives = math.exp(birthday.log_no_collision(draws, space))
    assert chances[0] == pytest.approx(survives, rel=1e-11)


def test_the_theory_starts_without_heavy_libraries():
    code = (
        "import sys, pigeonhole.birthday; "
        "print({'numba', 'scipy', 'pandas', 'matplotlib'} & set(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "set()"
