"""Variants of the birthday problem against enumeration and rationals."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import settings as run
from hypothesis import strategies as some

from pigeonhole.birthday import theory, variants


def enumerate_coincidences(draws, probabilities, fold):
    """Return the probability that some value occurs fold times, from all outcomes."""
    total = Fraction(0)
    for outcome in product(range(len(probabilities)), repeat=draws):
        if max(map(outcome.count, outcome)) >= fold:
            total += math.prod(probabilities[value] for value in outcome)
    return total


@pytest.mark.parametrize(("draws", "space", "fold"), [(4, 3, 2), (6, 3, 3), (5, 4, 4)])
def test_coincidence_probability_equals_enumeration(draws, space, fold):
    exact = enumerate_coincidences(draws, [Fraction(1, space)] * space, fold)
    probability = variants.coincidence_probability(draws, space, fold)
    assert probability == pytest.approx(float(exact), rel=1e-13)


def exact_coincidence(draws, space, fold):
    """Return the probability as a fraction, by adding one value after the other."""
    # sequences[m]: number of sequences of m draws of the values so far, all of which
    # occur less than `fold` times.
    sequences = [1] + [0] * draws
    for _ in range(space):
        sequences = [
            sum(math.comb(m, j) * sequences[m - j] for j in range(min(fold, m + 1)))
            for m in range(draws + 1)
        ]
    return 1 - Fraction(sequences[draws], space**draws)


@run(max_examples=60, deadline=None)
@given(some.integers(1, 24), some.integers(2, 30), some.floats(0, 1))
@example(space=1, fold=3, share=0.05)
@example(space=9, fold=20, share=0.25)
def test_coincidence_probabilities_equal_rationals(space, fold, share):
    draws = round(share * min(50 * space, space * (fold - 1) + 1))
    exact = exact_coincidence(draws, space, fold)
    probability = variants.coincidence_probability(draws, space, fold)
    assert abs(Fraction(probability) - exact) <= exact * Fraction(1, 10**15)


@pytest.mark.parametrize(
    ("draws", "space", "fold", "probability"),
    [
        (30, 2**64, 3, 1.1931267660846218e-35),
        # The example of pbirthday in R.
        (1000, 365, 100, 1.1928865124018552e-115),
        (1000, 100, 20, 0.28517989019544826),
        (5475, 365, 30, 0.13946328019491872),
        (3, 11, 6, 0),
        (10_585, 365, 30, 1),
        (25 * 10**8, 10**8, 30, 1),
        (3, 2**4000, 3, 0),
    ],
)
def test_small_and_large_coincidence_probabilities(draws, space, fold, probability):
    computed = variants.coincidence_probability(draws, space, fold)
    assert computed == pytest.approx(probability, rel=1e-14, abs=0)


def test_the_complement_of_a_coincidence_is_accurate():
    # With one draw less than needed, each of 5 values occurs 3 times.
    outcomes = Fraction(math.factorial(15), math.factorial(3) ** 5 * 5**15)
    probability = variants.coincidence_probability(15, 5, 4)
    assert 1 - probability == pytest.approx(float(outcomes), rel=1e-11)
    assert variants.coincidence_probability(16, 5, 4) == 1


def test_coincidences_of_birthdays_equal_oeis_a014088():
    draws = [variants.coincidence_draws_for(0.5, 365, fold) for fold in range(2, 16)]
    assert draws == [
        *(23, 88, 187, 313, 460, 623, 798),
        *(985, 1181, 1385, 1596, 1813, 2035, 2263),
    ]
    assert variants.coincidence_probability(9, 4, 3) == 1
    assert variants.expected_coincidences(3, 365, 3) == 1 / 365**2
    assert variants.expected_coincidences(10**200, 1, 3) == math.inf


@run(max_examples=40, deadline=None)
@given(
    some.sampled_from([1, 2, 3, 4, 8, 11]),
    some.integers(3, 6),
    # Multiples of 1/64 can be the exact probability of a number of draws.
    some.integers(0, 64).map(lambda k: k / 64) | some.floats(0, 1),
)
def test_draws_for_a_coincidence_are_the_fewest(space, fold, probability):
    draws = variants.coincidence_draws_for(probability, space, fold)
    assert exact_coincidence(draws, space, fold) >= Fraction(probability)
    if draws:
        assert exact_coincidence(draws - 1, space, fold) < Fraction(probability)


def test_draws_for_certain_coincidences():
    assert variants.coincidence_draws_for(1.0, 365, 3) == 731
    assert variants.coincidence_draws_for(0, 365, 3) == 0
    assert variants.coincidence_draws_for(1e-30, 2**60, 3) == 201


def test_coincidences_that_would_take_too_long_are_rejected():
    with pytest.raises(ValueError, match="would take too long: draws"):
        variants.coincidence_probability(10**9, 2**64, 3)


def test_unequal_probabilities_equal_enumeration():
    probabilities = [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)]
    for draws in (2, 3):
        exact = 1 - enumerate_coincidences(draws, probabilities, 2)
        survival = variants.unequal_no_collision(draws, list(map(float, probabilities)))
        assert survival == pytest.approx(float(exact), rel=1e-14)
    assert variants.unequal_no_collision(4, [0.5, 0.25, 0.25]) == 0


def test_equal_probabilities_are_a_special_case():
    survival = variants.unequal_no_collision(23, np.full(365, 1 / 365))
    assert 1 - survival == pytest.approx(0.5072972343239854, rel=1e-12)
    assert variants.effective_space(np.full(365, 1 / 365)) == pytest.approx(365)


def test_effective_space_of_bytes_modulo_62():
    space = variants.effective_space(variants.biased_alphabet(62))
    assert space == pytest.approx(61.59, abs=0.005)
    assert variants.effective_space(variants.biased_alphabet(64)) == 64


def test_new_keys_in_a_table_of_existing_ones():
    assert variants.table_collision_probability(1, 10, 40) == pytest.approx(0.25)
    assert variants.table_collision_probability(2, 10, 40) == pytest.approx(7 / 16)
    assert variants.table_collision_probability(0, 40, 40) == 0
    assert variants.table_collision_probability(1, 40, 40) == 1
    assert variants.expected_retries(10, 40) == pytest.approx(1 / 3)


def test_ids_of_a_timestamp_and_random_bits():
    steady = variants.timed_collision_probability(2, 10, 8, steady=True)
    assert steady == pytest.approx(1 - (255 / 256) ** 10, rel=1e-13)
    poisson = variants.timed_collision_probability(2, 10, 8)
    assert poisson == pytest.approx(1 - math.exp(-10 * 4 / 512), rel=1e-13)
    assert variants.timed_collision_probability(2, 0, 0, steady=True) == 0
    assert variants.timed_collision_probability(2, 1, 0, steady=True) == 1
    fast = variants.timed_collision_probability(1e200, 1, 2000)
    assert fast == float(Fraction(1e200) ** 2 / 2**2001)


@run(max_examples=60)
@given(some.integers(3, 52), some.data())
def test_arrays_equal_single_values(bits, data):
    space = 2**bits
    max_draws = min(space, int(12 * 2 ** (bits / 2)))
    draws = data.draw(some.lists(some.integers(0, max_draws), min_size=1, max_size=9))
    logs = variants.log_no_collision_array(draws, space)
    exact = [theory.log_no_collision(n, space) for n in draws]
    np.testing.assert_allclose(logs, exact, rtol=1e-12)


def test_arrays_with_more_draws_than_values():
    assert variants.log_no_collision_array([8, 9], 8)[1] == -math.inf


@pytest.mark.parametrize("space", [1, 2, 5, 20, 60])
def test_the_mean_of_t_times_t_minus_one_is_twice_the_space(space):
    survival, mean = Fraction(1), Fraction(0)
    for t in range(2, space + 2):
        mean += survival * Fraction(t - 1, space) * t * (t - 1)
        survival *= 1 - Fraction(t - 1, space)
    assert mean == 2 * space
