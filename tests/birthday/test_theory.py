"""The theory against mpmath and against exact integers."""

import math
import subprocess
import sys
from fractions import Fraction
from functools import partial
from itertools import product

import exact_collisions
import mpmath
import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as some

from pigeonhole.birthday import bounds, theory


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


def test_results_beyond_floats_are_infinite():
    assert theory.expected_pairs(10**400, 2) == math.inf
    assert theory.expected_repeats(10**400, 2) == math.inf
    assert theory.expected_repeats(10**400, 10**410) == math.inf
    # The mean is a double although the numbers aren't.
    repeats = theory.expected_repeats(2**1027 // 2, 2**1027)
    assert repeats == pytest.approx(1.5320754849420368e308, rel=1e-14)
    assert theory.expected_first_collision(2**10_000) == math.inf
    # The space is beyond doubles, but not the logarithm.
    log = theory.log_no_collision(2**1030 // 400, 2**1030)
    assert log == pytest.approx(-3.598386175770604e304, rel=1e-12)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1, 1.5, "2", None])
@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (theory.log_no_collision, (2, 365)),
        (theory.collision_probability, (2, 365)),
        (theory.expected_pairs, (2, 365)),
        (theory.expected_repeats, (2, 365)),
        (theory.expected_first_collision, (365,)),
        (theory.distinct_pmf, (2, 365)),
        (theory.repeats_pmf, (2, 365)),
        (partial(theory.draws_for, 0.5), (365, 1)),
        (partial(theory.reaches, probability=0.5), (2, 365)),
        (partial(theory.reaches, 2, 365, 0.5), (1,)),
        (bounds.collision_decimal, (2, 365, 1, 20)),
        (bounds.power_sum, (2, 3)),
    ],
)
def test_invalid_arguments_are_rejected(function, arguments, value):
    for position in range(len(arguments)):
        wrong = (*arguments[:position], value, *arguments[position + 1 :])
        with pytest.raises(ValueError, match=" must be "):
            function(*wrong)


def test_a_space_without_values_is_rejected():
    with pytest.raises(ValueError, match="space must be 1 or more, not 0"):
        theory.log_no_collision(23, 0)


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


@pytest.mark.parametrize(
    "probability", [-0.1, 1.1, math.nan, math.inf, 1 - Fraction(1, 10**401)]
)
def test_invalid_probabilities_are_rejected(probability):
    with pytest.raises(ValueError, match="probability must be "):
        theory.draws_for(probability, 365)
    with pytest.raises(ValueError, match="probability must be "):
        theory.reaches(2, 365, probability)


def test_bounds_decide_where_doubles_are_equal():
    """At 2**300 neighboring numbers of draws have the same double."""
    space = 2**300
    draws = theory.draws_for(0.25, space)
    assert theory.log_no_collision(draws, space) == theory.log_no_collision(
        draws - 1, space
    )
    assert theory.reaches(draws, space, 0.25)
    assert not theory.reaches(draws - 1, space, 0.25)


PROBABILITIES = (
    5e-324,
    1e-300,
    Fraction(1, 10**30),
    1e-6,
    0.5,
    Fraction(999, 1000),
    1 - 2**-53,
)


@run(max_examples=200)
@given(
    some.integers(1, 400),
    some.sampled_from([1, 2, 500, 10**9]),
    some.sampled_from(PROBABILITIES),
    some.integers(0, 2**400),
)
def test_draws_for_equals_exact_integers(bits, groups, probability, value):
    space, limit = 2 ** (bits - 1) + value % 2 ** (bits - 1), Fraction(probability)
    draws = theory.draws_for(probability, space, groups)
    assert exact_collisions.reaches(groups * draws, space, limit, groups)
    assert not exact_collisions.reaches(groups * (draws - 1), space, limit, groups)


@pytest.mark.parametrize("probability", PROBABILITIES)
@pytest.mark.parametrize("groups", [1, 7])
def test_draws_for_is_exact_up_to_10_000_bits(probability, groups):
    space, limit = 62**1679, Fraction(probability)
    draws = theory.draws_for(probability, space, groups)
    assert exact_collisions.reaches(groups * draws, space, limit, groups)
    assert not exact_collisions.reaches(groups * (draws - 1), space, limit, groups)


@pytest.mark.parametrize(
    ("probability", "space", "groups", "draws"),
    [
        # Two draws are the fewest that can collide.
        (1e-30, 16**7, 1, 2),
        (1e-300, 2**128, 500, 2),
        # The probability is reached exactly.
        (Fraction(1, 10**6), 10**6, 1, 2),
        (0.25, 2, 1, 2),
        (0.75, 2, 2, 2),
        # Three draws of two values always collide.
        (1 - 2**-53, 2, 1, 3),
    ],
)
def test_draws_for_at_the_edges(probability, space, groups, draws):
    assert theory.draws_for(probability, space, groups) == draws


@run(max_examples=100)
@given(
    some.integers(1, 200), some.integers(0, 2**210), some.sampled_from([1, 3, 10**6])
)
def test_many_digits_of_probabilities_equal_exact_integers(bits, draws, groups):
    space = 3**bits
    draws %= 4 * groups * (math.isqrt(space) + 1)
    exact = exact_collisions.probability(draws, space, groups)
    result = Fraction(bounds.collision_decimal(draws, space, groups, 20))
    assert abs(result - exact) <= exact / 10**19


def test_probabilities_near_1_keep_the_digits_of_their_complement():
    exact = 1 - Fraction(math.perm(1000, 500), 1000**500)
    result = Fraction(bounds.collision_decimal(500, 1000))
    assert abs(result - exact) <= (1 - exact) / 10**20
    # Beyond all doubt, but not certain.
    assert bounds.collision_decimal(1000, 1000) < 1
    assert bounds.collision_decimal(2**9999, 2**10_000) < 1
    assert bounds.collision_decimal(1001, 1000) == 1


@given(some.integers(1, 30), some.integers(0, 40))
def test_power_sums_equal_loops(exponent, last):
    powers = sum(i**exponent for i in range(1, last + 1))
    assert bounds.power_sum(exponent, last) == powers


def test_bounds_on_logarithms_contain_them():
    for value in (Fraction(1, 3), 1 - Fraction(1, 10**300), Fraction(1, 10**300)):
        low, high = bounds.log_bounds(value, 200)
        with mpmath.workdps(700):
            logarithm = -mpmath.log(mpmath.mpf(value.numerator) / value.denominator)
            assert mpmath.mpf(low.numerator) / low.denominator < logarithm
            assert mpmath.mpf(high.numerator) / high.denominator > logarithm
        assert high <= low * (1 + Fraction(1, 2**199))
    with pytest.raises(ValueError, match="value must be above 0 and below 1"):
        bounds.log_bounds(Fraction(1), 10)


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
