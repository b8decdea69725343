"""Timing of dicts."""

from pigeonhole.birthday.experiments.dict_times import time_dicts


def test_dicts_of_every_size_are_timed():
    rows = time_dicts(1, (64, 16, 256))
    assert [row["size"] for row in rows] == [16, 64, 256]
    for row in rows:
        for name in ("ordered_insertion_ns", "random_lookup_ns"):
            assert 0 < row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]
    assert rows[0]["bytes"] < rows[1]["bytes"] < rows[2]["bytes"]
    assert {"cache_1_bytes", "cache_2_bytes", "cache_3_bytes"} < rows[0].keys()
