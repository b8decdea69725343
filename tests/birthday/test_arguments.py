"""Public functions reject arguments that are out of range, with one sentence."""

import math
from pathlib import Path

import numpy as np
import pytest
from arguments import is_one_sentence, public_functions

import pigeonhole.birthday
from pigeonhole.birthday.collisions.pairs import PAIRS
from pigeonhole.birthday.collisions.search import CollisionSearch
from pigeonhole.birthday.trial_stats import TrialStats

NAN = math.nan
NO_WORDS, NO_MASK = np.zeros(0, np.uint32), np.uint32(0)
BYTES = np.zeros(8, np.uint8)
COLUMNS = np.zeros((3, 4), np.int64)
MESSAGES = np.zeros((2, 4), np.uint32)

INVALID = {
    "collisions.search.expected_hashes_left": [(-1, 64), (NAN, 64), (1, 0), (1, 97)],
    "collisions.walks.digest_masks": [(-1,), (97,), (NAN,)],
    "collisions.walks.find_distinguished_points": [
        (np.uint64(1), NO_WORDS, np.zeros(3, np.uint32), NO_MASK, 9, 9, COLUMNS),
        (np.uint64(1), np.zeros(2, np.uint32), NO_WORDS, NO_MASK, 9, 9, COLUMNS),
    ],
    "collisions.walks.first_collisions": [
        (np.uint64(1), 0, np.zeros(3, np.uint32), NO_MASK, 0, np.zeros(2, np.int64)),
        (np.uint64(1), 0, np.full(3, 9, np.uint32), NO_MASK, 1, np.zeros(2, np.int64)),
    ],
    "experiments.dict_times.time_dicts": [(1, (0,)), (1, (NAN,)), (-1, (8,))],
    "experiments.effective_bits.estimate_effective_bits": [
        # Two values that would be written out of bounds.
        (np.array([2**10, 5], np.uint64), 10),
        (np.array([2**63], np.uint64), 16),
        (np.zeros(3, np.uint64), 0),
        (np.zeros(3, np.uint64), 25),
        (np.zeros(3), 10),
        (np.zeros((3, 3), np.uint64), 10),
    ],
    "experiments.exhaustive_count.count_shard": [
        (7, 0, 1),
        (33, 0, 4),
        (8, 4, 4),
        (8, -1, 4),
        (8, 0, 3),
        (8, 0, 256),
        # A shard of 2**32 values doesn't fit into 32 bits.
        (32, 0, 1),
        (NAN, 0, 1),
    ],
    "experiments.exhaustive_count.merge_counts": [(7, []), (NAN, [])],
    "experiments.first_collision.first_collision_times": [
        (1, 65, 1),
        (1, 1, 1),
        (1, NAN, 1),
        (1, 8, -1),
        (1, 8, 1, -1),
        (1, 8, 1, 2**32),
        (-1, 8, 1),
    ],
    "experiments.first_collision.time_shard": [(1, 65, 1), (1, 8, -1), (-1, 8, 1)],
    "experiments.first_collision_fit.fit_times": [
        (np.array([5, 6]), 0),
        (np.array([5, 6]), 97),
        (np.array([1, 6]), 8),
        (np.array([5.0, NAN]), 8),
        (np.zeros(0, np.int64), 8),
    ],
    "experiments.first_collision_fit.first_collision_cdf": [
        ([5], 0),
        ([5], 97),
        ([NAN], 8),
        ([-1], 8),
    ],
    "experiments.key_sets.make_keys": [("random", -1, 1), ("random", 5, -1)],
    "experiments.hash_quality.count_repeats_by_width": [
        (np.zeros(3, np.uint64), [0]),
        (np.zeros(3, np.uint64), [33]),
        (np.zeros(3, np.uint64), [8], 65),
    ],
    "experiments.hash_quality.repeats_variance": [(-1, 9), (1, 0), (NAN, 9)],
    "experiments.hash_quality.repeats_z_score": [
        (-1, 9, 20),
        (9, 9, 20),
        (0, -1, 20),
        (0, 9, 0),
        (NAN, 9, 20),
    ],
    "experiments.hash_quality.measure_hashes": [(1, "random", -1), (-1, "random", 4)],
    "experiments.random_streams.random_stream": [(-1, 1), (NAN, 1)],
    "experiments.real_birthdays.real_birthdays": [(-1, 9), (1, 0), (1, NAN)],
    "experiments.repeats.first_repeats": [
        (np.array([[5]]), 3),
        (np.array([[-1]]), 3),
        (np.array([[NAN]]), 3),
        (np.array([5]), 9),
        (np.array([[0]]), 0),
        (np.array([[0]]), 2**40),
    ],
    "experiments.repeats.split_at_repeats": [
        (np.array([9], np.uint64), 9),
        (np.array([2**64 - 1], np.uint64), 9),
        (np.array([NAN]), 9),
        (np.array([[1]], np.uint64), 9),
    ],
    "experiments.repeats.count_repeats": [
        (np.zeros(3, np.uint64),),
        (np.zeros((3, 3)),),
    ],
    "experiments.sweep.read_shards": [([], [], 0), ([Path("a")], [Path("b")], 2)],
    "experiments.trials.people": [(-1, 9), (1, 0), (1, NAN)],
    "experiments.trials.curve": [(-1, 9), (1, 0), (1, NAN)],
    "experiments.trials.growing_groups": [
        (np.array([9]), 3),
        (np.array([-1]), 3),
        (np.array([1]), 0),
    ],
    "experiments.trials.first_byte": [(-1, 9), (1, 0), (1, NAN)],
    "experiments.trials.root": [(-1, 9), (1, 0), (1, NAN)],
    "experiments.trials.get_uid": [(-1, 9), (1, 0), (1, NAN)],
    "experiments.trials.root_of_space": [(-1,), (NAN,), (97,)],
    "experiments.trials.batch_sizes": [(0, 9), (9, 0), (NAN, 9)],
    "hashing.algorithms.find_algorithm": [("md4",), ("",)],
    "hashing.algorithms.truncated_hashes": [
        ([b""], "md4", 8),
        ([b""], "crc32", 33),
        ([b""], "md5", 0),
        ([b""], "md5", 65),
        ([b""], "md5", NAN),
    ],
    "hashing.digests.leading_bits": [
        (MESSAGES, 0),
        (MESSAGES, 65),
        (MESSAGES, NAN),
        (MESSAGES.astype(np.int64), 8),
        (MESSAGES[:, :3], 8),
        # Shorter than the messages.
        (MESSAGES, 8, np.zeros(1, np.uint64)),
        (MESSAGES, 8, np.zeros(2, np.uint32)),
        (MESSAGES, 8, np.zeros(4, np.uint64)[::2]),
    ],
    "hashing.digests.random_messages": [(np.random.default_rng(1), -1)],
    "hashing.digests.random_digests": [
        (np.random.default_rng(1), -1, 8),
        (np.random.default_rng(1), 2, 65),
    ],
    "hashing.md5.leading_32": [(np.zeros(4, np.uint32), NO_MASK, np.zeros(8, "u4"))],
    "hashing.md5.leading_64": [(np.zeros(4, np.uint32), NO_MASK, np.zeros(8, "u4"))],
    "hashing.md5.count_values": [
        # Half of the counts that 8 bits need.
        (np.uint32(0), 4, np.uint32(24), 0, 0, np.zeros(64, np.uint8)),
        (np.uint32(0), 4, np.uint32(0), 0, 0, BYTES),
        (np.uint32(0), 4, np.uint32(24), 0, 9, BYTES),
    ],
    "hypothesis_tests.mean_repeats": [(5, 0), (-1, 9), (NAN, 9)],
    "intervals.wilson": [(5, 4), (-1, 4), (0, 0), (NAN, 4)],
    "intervals.clopper_pearson": [(5, 4), (-1, 4), (0, 0), (NAN, 4)],
    "intervals.poisson_interval": [(-1,), (NAN,), (10**30,)],
    "multiple_testing.holm": [([0.5, NAN],), ([1.5],), ([-0.1],), ([[0.5]],)],
    "multiple_testing.simultaneous_band": [
        (0, 0.5, 3),
        (9, 1.5, 3),
        (9, NAN, 3),
        (9, 0.5, 0),
    ],
    "variants.coincidence_probability": [
        (3, 365, 1),
        (-1, 365, 3),
        (3, 0, 3),
        (NAN, 365, 3),
        (3, NAN, 3),
        (3, 365, 10**6),
        (2.5, 365, 3),
    ],
    "variants.coincidence_draws_for": [
        (1.5, 365, 3),
        (-0.1, 365, 3),
        (NAN, 365, 3),
        (0.5, 0, 3),
        (0.5, 365, 1),
        (0.5, NAN, 3),
    ],
    "variants.expected_coincidences": [(3, 10, 0), (3, 0, 2), (-1, 10, 2), (NAN, 9, 2)],
    "variants.unequal_no_collision": [
        (2, [0.5, 0.6]),
        (2, [NAN, 1]),
        (-1, [1.0]),
        (NAN, [1.0]),
        (2, [1.5, -0.5]),
        (2, []),
    ],
    "variants.effective_space": [([2, 2, 4],), ([0.5],), ([NAN, 1],), ([],)],
    "variants.biased_alphabet": [(0,), (3, 0), (NAN,), (3, 10**12), (10**12,)],
    "variants.table_collision_probability": [
        (1, 5, 4),
        (-1, 1, 4),
        (1, -1, 4),
        (1, 0, 0),
        (NAN, 1, 4),
        (10**400, 1, 4),
        (1, 10**5000, 4),
    ],
    "variants.expected_retries": [(4, 4), (-1, 4), (0, 0), (NAN, 4)],
    "variants.timed_collision_probability": [
        (-1, 1, 8),
        (NAN, 1, 8),
        (math.inf, 1, 8),
        (1, -1, 8),
        (1, 1, -1),
        (1, 1, 10**9),
    ],
    "variants.log_no_collision_array": [([3], 0), ([3], NAN), ([NAN], 9), ([-1], 9)],
}
UNCHECKED = {
    # They have no arguments, or take any bytes.
    "experiments.cpu_caches.cache_bytes",
    "experiments.real_birthdays.read_births",
    "hashing.algorithms.fnv1a_32",
    # They take tables and results of other functions, which those have checked.
    "claims.judge_claims",
    *(
        f"hypothesis_tests.{name}"
        for name in (
            *("judge_value", "judge_half", "with_sample_p_value", "judge_count"),
            *("judge_repeats", "judge_total_repeats", "estimate_share", "complement"),
        )
    ),
    *(
        f"experiments.hash_quality.flag_{name}"
        for name in ("repeats", "effective_bits")
    ),
    *(
        f"experiments.sweep.{name}"
        for name in (
            *("sweep_tables", "collision_stats", "rate_rows", "timing_row"),
            *("fit_rows", "density_rows"),
        )
    ),
    # Kernels of numbers, which index nothing.
    "hashing.md5.md5_words",
    "collisions.walks.mix",
    "collisions.walks.start_message",
    "collisions.walks.locate_collision",
    "collisions.walks.find_cycle",
}
TESTED_ELSEWHERE = ("ids", "theory", "bounds")
"""Modules whose own tests have their invalid arguments."""
FUNCTIONS = public_functions(pigeonhole.birthday, TESTED_ELSEWHERE)


def test_every_public_function_is_in_the_table():
    assert INVALID.keys() | UNCHECKED == FUNCTIONS.keys()
    assert not INVALID.keys() & UNCHECKED


@pytest.mark.parametrize("name", INVALID)
def test_invalid_arguments_are_rejected(name):
    for arguments in INVALID[name]:
        with pytest.raises(ValueError, match=" ") as caught:
            # Generators check when they are consumed.
            list(FUNCTIONS[name](*arguments))
        assert is_one_sentence(str(caught.value)), arguments


def test_a_steady_rate_must_be_an_integer():
    timed = FUNCTIONS["variants.timed_collision_probability"]
    assert timed(2.0, 1, 8, steady=True) == timed(2, 1, 8, steady=True)
    with pytest.raises(ValueError, match=r"a steady per_tick must be an integer, not"):
        timed(1.5, 10, 8, steady=True)


@pytest.mark.parametrize(("trials", "hits"), [(0, 0), (5, 6), (5, -1), (NAN, 0)])
def test_counts_of_hits_are_checked(trials, hits):
    with pytest.raises(ValueError, match="must be"):
        TrialStats(trials, hits)


@pytest.mark.parametrize(
    "changed",
    [
        {"bits": 15},
        {"bits": 97},
        {"bits": NAN},
        {"seed": -1},
        # Its digest is too short to walk through.
        {"algorithm": "crc32"},
        {"algorithm": "xxh64"},
        {"algorithm": "md4"},
    ],
    ids=str,
)
def test_invalid_searches_are_rejected(changed, tmp_path):
    with pytest.raises(ValueError, match="must be") as caught:
        CollisionSearch(
            **{"folder": tmp_path, "seed": 1, "bits": 32, "algorithm": "md5"} | changed
        )
    assert is_one_sentence(str(caught.value))


def test_invalid_calls_of_a_search_are_rejected(tmp_path):
    search = CollisionSearch(tmp_path / "chunks", 1, 32)
    for call in (
        lambda: search.run(0),
        lambda: search.run(NAN),
        lambda: search.start_message(-1),
        lambda: search.first_walk(-1),
        lambda: search.next_message(b"short"),
    ):
        with pytest.raises(ValueError, match="must"):
            call()
    assert not search.folder.exists()


@pytest.mark.parametrize("changed", [{"bits": 0}, {"bits": 129}, {"algorithm": "md4"}])
def test_invalid_pairs_are_rejected(changed):
    with pytest.raises(ValueError, match=r"must be|there is no hash"):
        PAIRS[0]._replace(**changed).is_valid()
