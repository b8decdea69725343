"""Shards cover all items once and have almost the same size."""

from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.core.shards import Shard


@given(st.integers(0, 1000), st.integers(1, 50))
def test_shards_cover_all_items_once(count, shards):
    bounds = [Shard(shard, shards).bounds(count) for shard in range(shards)]
    items = [item for start, stop in bounds for item in range(start, stop)]
    assert items == list(range(count))
    sizes = {stop - start for start, stop in bounds}
    assert max(sizes) - min(sizes) <= 1
