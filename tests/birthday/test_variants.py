"""Variants of the birthday problem against enumeration and rationals."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
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


def test_coincidences_of_birthdays_equal_oeis_a014088():
    draws = [variants.coincidence_draws_for(0.5, 365, fold) for fold in range(2, 8)]
    assert draws == [23, 88, 187, 313, 460, 623]
    triple = variants.coincidence_probability(88, 365, 3)
    assert triple == pytest.approx(0.511065, abs=1e-6)
    assert variants.coincidence_probability(9, 4, 3) == 1
    assert variants.expected_coincidences(3, 365, 3) == 1 / 365**2


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


@pytest.mark.parametrize(
    "call",
    [
        lambda: variants.coincidence_probability(3, 365, 1),
        lambda: variants.unequal_no_collision(2, [0.5, 0.6]),
        lambda: variants.table_collision_probability(1, 5, 4),
        lambda: variants.expected_retries(4, 4),
        lambda: variants.timed_collision_probability(-1, 1, 8),
    ],
)
def test_invalid_arguments_are_rejected(call):
    with pytest.raises(ValueError, match=r"must be|must sum"):
        call()


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
