"""First-collision times, against remembering every message."""

import numpy as np
import pytest
import reference

from pigeonhole.birthday.collisions import walks
from pigeonhole.birthday.experiments import first_collision
from pigeonhole.birthday.experiments.random_streams import Stream, random_stream
from pigeonhole.birthday.hashing import md5
from pigeonhole.core.shards import Shard

COMPILED = type(md5.leading_64).__name__ != "function"


def start_message(seed, bits, trial):
    rng = random_stream(seed, Stream.FIRST_COLLISION, bits)
    start = rng.integers(2**63, dtype=np.uint64)
    with np.errstate(over="ignore"):
        number = start + np.uint64(trial)
        masks = walks.digest_masks(bits)
        return walks.start_message(number, masks, np.uint32(trial)).tobytes()


@pytest.mark.parametrize(
    "bits", [2, 4, 7, 8, 9, 12, 17, *((20, 26) if COMPILED else ())]
)
def test_times_equal_reference(bits):
    """With few bits, most cycles contain no distinguished point."""
    trials = 30 if COMPILED or bits <= 9 else 3
    times = first_collision.first_collision_times(3, bits, trials)
    exact = [
        reference.first_collision(start_message(3, bits, trial), bits)
        for trial in range(trials)
    ]
    assert times.tolist() == exact


def test_times_do_not_depend_on_lanes_batches_or_shards(monkeypatch):
    times = first_collision.first_collision_times(1, 10, 20)
    monkeypatch.setattr(first_collision, "TRIAL_LANES", 3)
    monkeypatch.setattr(first_collision, "TRIALS_PER_BATCH", 7)
    again = first_collision.first_collision_times(1, 10, 20)
    np.testing.assert_array_equal(again, times)
    # With more shards than trials, some shards are empty.
    for shards in (3, 23):
        parts = [
            first_collision.time_shard(1, 10, 20, Shard(shard, shards)).times
            for shard in range(shards)
        ]
        np.testing.assert_array_equal(np.concatenate(parts), times)


def test_another_seed_gives_other_times():
    one, two = (first_collision.first_collision_times(seed, 8, 40) for seed in (1, 2))
    assert one.tolist() != two.tolist()


def test_shards_are_timed():
    assert first_collision.time_shard(1, 6, 3).seconds > 0
