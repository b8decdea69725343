"""First-collision times: equal to remembering everything, and distributed as T."""

import numpy as np
import pytest
import reference

from pigeonhole.birthday.collisions import walks
from pigeonhole.birthday.experiments import first_collision as first
from pigeonhole.birthday.experiments.trials import Experiment, stream
from pigeonhole.birthday.hashing import md5

PLAIN = md5.first_64.__class__.__name__ == "function"


def origin(seed, bits, trial):
    start = stream(seed, Experiment.FIRST, bits).integers(2**63, dtype=np.uint64)
    with np.errstate(over="ignore"):
        number = start + np.uint64(trial)
        message = walks.message_of(number, first.masks(bits), np.uint32(trial))
    return message.tobytes()


@pytest.mark.parametrize("bits", [2, 4, 7, 8, 9, 12, 17, *(() if PLAIN else (20, 26))])
def test_times_equal_reference(bits):
    """Among them the few bits where most cycles hold no mark."""
    trials = 3 if PLAIN and bits > 9 else 30
    found = first.first_collision_times(3, bits, trials)
    exact = [
        reference.first_collision(origin(3, bits, trial), bits)
        for trial in range(trials)
    ]
    assert found.tolist() == exact


def test_lanes_and_parts_change_nothing(monkeypatch):
    whole = first.first_collision_times(1, 10, 20)
    monkeypatch.setattr(first, "LANES", 3)
    monkeypatch.setattr(first, "AT_A_TIME", 7)
    np.testing.assert_array_equal(first.first_collision_times(1, 10, 20), whole)
    # Some of more parts than trials are empty.
    for parts in (3, 23):
        shared = [first.timed_part(1, 10, 20, part, parts)[0] for part in range(parts)]
        np.testing.assert_array_equal(np.concatenate(shared), whole)


@pytest.mark.parametrize("bits", [1, 8, 12, 32, 33, 64, 90, 96])
def test_masks_keep_the_first_bits_of_hexdigest(bits):
    kept = int.from_bytes(first.masks(bits).tobytes(), "big")
    assert f"{kept:096b}" == "1" * bits + "0" * (96 - bits)


def law(bits, trials, seed):
    """Draw T from its law."""
    space = 2**bits
    t = np.arange(1, min(space + 2, int(13 * 2 ** (bits / 2))))
    u = np.random.default_rng(seed).random(trials)
    return np.searchsorted(first.time_cdf(t, bits), u) + 1


@pytest.mark.parametrize("bits", [3, 4, 8, 16, 23, 24, 30])
def test_a_fit_accepts_the_law_and_refuses_another(bits):
    good = first.fit(law(bits, 2000, 1), bits)
    assert min(good.p_low, good.p_high, good.p_law) > 1e-4
    assert abs(good.effective_bits - bits) < 0.2
    assert good.bits_low < good.effective_bits < good.bits_high
    bad = first.fit(law(bits + 1, 2000, 1), bits)
    assert bad.p_high < 1e-6
    assert bad.p_law < 1e-6


def test_p_values_of_the_fit_are_uniform():
    p = np.sort([first.fit(law(10, 200, seed), 10).p_low for seed in range(300)])
    assert np.abs(p - np.arange(300) / 300).max() < 0.1


def test_the_interval_holds_the_truth_95_times_in_100():
    fits = [first.fit(law(8, 100, seed), 8) for seed in range(400)]
    held = sum(each.bits_low < 8 < each.bits_high for each in fits)
    assert 365 <= held <= 395


def test_holm_by_hand():
    found = first.holm([0.01, 0.04, 0.03])
    np.testing.assert_allclose(found, [0.03, 0.06, 0.06])
    assert first.holm([0.9, 0.8]).tolist() == [1, 1]


def test_the_band_holds_what_chance_gives_and_no_more():
    low, high = first.band(10_000, 0.393, 10)
    assert low < 0.393 < high
    assert 0.015 < high - 0.393 < 0.018
    assert first.band(10_000, 0.393, 1).high < high


def test_rows_of_a_sweep_say_whether_they_are_inside():
    rate = {"bits": 8, "trials": 1000, "exact": 0.38}
    rows = first.with_band([{**rate, "share": share} for share in (0.38, 0.5)])
    assert [row["inside"] for row in rows] == [1, 0]
    assert rows[0]["bits"] == 8


def test_the_parts_of_a_width_are_one_sample():
    times = law(8, 400, 1)
    whole = [(times.astype(float), np.array([3.0]))]
    shared = [(times[:100].astype(float), np.array([1.0]))]
    shared += [(times[100:].astype(float), np.array([2.0]))]
    one, two = (first.sweep_tables([8], parts) for parts in (whole, shared))
    assert one == two
    both = first.sweep_tables([8, 8], whole * 2)
    assert [row["trials"] for row in both.rates] == [400, 400]
    assert both.seconds == one.seconds * 2


def test_fits_are_corrected_together():
    times = {8: law(8, 400, 1), 9: law(10, 400, 2)}
    rows = first.fit_rows(times)
    assert [row["holds"] for row in rows] == [1, 0]
    density = first.density_rows(times)
    for bits in times:
        of = [row for row in density if row["bits"] == bits]
        assert sum(row["exact"] for row in of) / 5 == pytest.approx(1, abs=0.01)
