"""The theory against mpmath and against exact integers."""

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

from pigeonhole.birthday import theory


def exact_survival(draws, space):
    """Return the probability that all draws differ, as a fraction."""
    return Fraction(math.perm(space, draws), space**draws)


def exact_log(draws, space):
    with mpmath.workdps(int(2.2 * math.log10(space)) + 60):
        space = mpmath.mpf(space)
        falling = mpmath.loggamma(space + 1) - mpmath.loggamma(space - draws + 1)
        return falling - draws * mpmath.log(space)


@some.composite
def draws_and_space(draw, max_bits=900):
    bits = draw(some.integers(3, max_bits))
    space = draw(some.integers(2 ** (bits - 1), 2**bits))
    # Numbers of draws of all magnitudes up to the space.
    power = draw(some.integers(1, bits))
    draws = draw(some.integers(2, max(2, min(space, 2**power))))
    return draws, space


@run(max_examples=400)
@given(draws_and_space())
def test_log_no_collision_has_a_relative_error_below_1e_15(pair):
    result, exact = theory.log_no_collision(*pair), exact_log(*pair)
    with mpmath.workdps(40):
        assert abs(mpmath.mpf(result) - exact) <= 1e-15 * abs(exact)


@given(some.integers(70, 3000), some.integers(0, 30))
def test_log_no_collision_with_almost_as_many_draws_as_values(space, unused):
    draws = space - unused
    result, exact = theory.log_no_collision(draws, space), exact_log(draws, space)
    with mpmath.workdps(40):
        assert abs(mpmath.mpf(result) - exact) <= 1.5e-15 * abs(exact)


@pytest.mark.parametrize("draws", [63, 64, 65, 66, 729, 730, 731, 182_499, 182_500])
def test_formulas_agree_where_they_take_over(draws):
    exact = float(exact_log(draws, 365_000))
    assert theory.log_no_collision(draws, 365_000) == pytest.approx(exact, rel=1e-15)


def test_known_probabilities():
    assert theory.collision_probability(23, 365) == 0.5072972343239854
    assert theory.collision_probability(23, 366) == pytest.approx(0.506323011819)
    assert theory.collision_probability(4096, 2**24) == pytest.approx(
        0.393419972661292, rel=1e-14
    )
    assert 1 - theory.collision_probability(89, 365) == pytest.approx(8.13533e-6)


def test_extreme_numbers_of_draws():
    assert str(theory.collision_probability(0, 365)) == "0.0"
    assert str(theory.collision_probability(1, 1)) == "0.0"
    assert theory.collision_probability(2, 1) == 1
    assert theory.log_no_collision(366, 365) == -math.inf
    assert theory.collision_probability(np.int64(2), np.int64(365)) == 1 / 365


def test_spaces_beyond_floats():
    assert theory.log_no_collision(2**2000, 2**4001) == -0.25
    assert theory.log_no_collision(2**1500, 2**1501) == -math.inf
    assert theory.expected_pairs(2**2000, 2**4000) == 0.5
    assert theory.expected_repeats(2**2000, 2**4000) == 0.5
    root = math.sqrt(math.pi / 2) * 2.0**600
    assert theory.expected_first_collision(2**1200) == pytest.approx(root)


@pytest.mark.parametrize(("draws", "space"), [(-1, 365), (23, 0), (2, -5)])
def test_invalid_arguments_are_rejected(draws, space):
    with pytest.raises(ValueError, match="draws must be 0 or more and space 1 or more"):
        theory.log_no_collision(draws, space)


@run(max_examples=150)
@given(some.integers(1, 5000), some.floats(1e-12, 1 - 1e-12))
def test_draws_for_is_the_smallest_sufficient_number(space, probability):
    draws = theory.draws_for(probability, space)
    assert 1 - exact_survival(draws, space) >= Fraction(probability)
    assert 1 - exact_survival(draws - 1, space) < Fraction(probability)


@given(some.integers(2, 400), some.integers(1, 2000), some.sampled_from([-1, 0, 1]))
def test_draws_for_at_the_boundary_between_two_results(draws, space, nudge):
    """Test the exact probability of a number of draws, and neighboring doubles."""
    probability = float(1 - exact_survival(draws, space))
    probability = math.nextafter(probability, probability + nudge)
    if not 0 < probability < 1:
        return
    result = theory.draws_for(probability, space)
    assert 1 - exact_survival(result, space) >= Fraction(probability)
    assert 1 - exact_survival(result - 1, space) < Fraction(probability)


@run(max_examples=30)
@given(some.integers(30, 512), some.sampled_from([1e-9, 0.01, 0.5, 0.9, 1 - 1e-9]))
def test_draws_for_is_exact_in_large_spaces(bits, probability):
    draws = theory.draws_for(probability, 2**bits)
    with mpmath.workdps(2 * bits):
        log_limit = mpmath.log(1 - mpmath.mpf(probability))
    digits = int(2.2 * bits * 0.302) + 60
    with mpmath.workdps(digits):
        assert exact_log(draws, 2**bits) <= log_limit
        if draws > 2:
            assert exact_log(draws - 1, 2**bits) > log_limit


def test_draws_for_known_results():
    assert theory.draws_for(0.5, 365) == 23
    assert theory.draws_for(0.5, 2**24) == 4823
    assert theory.draws_for(0.5, 2**64) == 5_056_937_541
    assert str(theory.draws_for(0.5, 2**512)).startswith("136334766396022316295812")
    assert theory.draws_for(0, 365) == 0
    assert theory.draws_for(1, 256) == 257
    # Two draws always collide among one value, and half the time among two.
    assert theory.draws_for(0.1, 1) == 2
    assert theory.draws_for(0.5, 2) == 2


@pytest.mark.parametrize("probability", [-0.1, 1.1, math.nan])
def test_draws_for_rejects_invalid_probabilities(probability):
    with pytest.raises(ValueError, match="probability must be from 0 to 1"):
        theory.draws_for(probability, 365)


def test_decimal_digits_decide_where_doubles_are_equal():
    """At 2**300 neighboring numbers of draws have the same double."""
    space = 2**300
    draws = theory.draws_for(0.25, space)
    assert theory.log_no_collision(draws, space) == theory.log_no_collision(
        draws - 1, space
    )
    assert theory._reaches(draws, space, 0.25)
    assert not theory._reaches(draws - 1, space, 0.25)


@given(draws_and_space(max_bits=300))
def test_expected_repeats_equals_mpmath(pair):
    draws, space = pair
    with mpmath.workdps(300):
        n, values = mpmath.mpf(draws), mpmath.mpf(space)
        exact = n - values * (1 - (1 - 1 / values) ** draws)
        result = mpmath.mpf(theory.expected_repeats(draws, space))
        assert abs(result - exact) <= 3e-15 * exact


def test_expected_repeats_by_hand():
    assert theory.expected_repeats(256, 256) == pytest.approx(93.99289725223)
    assert theory.expected_repeats(5, 1) == 4
    assert theory.expected_repeats(0, 1) == 0
    assert theory.expected_pairs(256, 256) == 127.5


@given(some.integers(1, 30_000))
def test_expected_first_collision_is_the_sum_of_survival_probabilities(space):
    total, survival, draws = 1.0, 1.0, 0
    while survival > 1e-18:
        survival *= 1 - draws / space
        total += survival
        draws += 1
    assert theory.expected_first_collision(space) == pytest.approx(total, rel=1e-13)


def test_expected_first_collision_of_365_days():
    assert theory.expected_first_collision(365) == 24.616585894598852


@given(some.integers(0, 40), some.integers(1, 40))
def test_distinct_pmf_equals_rationals(draws, space):
    exact = [float(probability) for probability in reference.distinct_pmf(draws, space)]
    pmf = theory.distinct_pmf(draws, space)
    np.testing.assert_allclose(pmf, exact, rtol=1e-13)


def test_repeats_pmf_equals_enumeration():
    """Enumerate all 3**4 outcomes of four draws from three values."""
    outcomes = [4 - len(set(draws)) for draws in product(range(3), repeat=4)]
    exact = np.bincount(outcomes, minlength=5) / 3**4
    np.testing.assert_allclose(theory.repeats_pmf(4, 3), exact, rtol=1e-15)


@pytest.mark.parametrize(("draws", "space"), [(256, 256), (16, 256), (300, 100)])
def test_repeats_pmf_sums_to_one_and_has_the_right_mean(draws, space):
    pmf = theory.repeats_pmf(draws, space)
    mean = np.arange(draws + 1) @ pmf
    assert pmf.sum() == pytest.approx(1, rel=1e-13)
    assert mean == pytest.approx(theory.expected_repeats(draws, space), rel=1e-12)
    # Without repeats there is no collision.
    survival = math.exp(theory.log_no_collision(draws, space))
    assert pmf[0] == pytest.approx(survival, rel=1e-11)


def test_the_theory_imports_no_heavy_libraries():
    code = (
        "import sys, pigeonhole.birthday.variants; "
        "print({'numba', 'scipy', 'pandas', 'matplotlib'} & set(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "set()"
