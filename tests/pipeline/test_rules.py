"""Each rule requests the resources that its jobs need, and gets its settings."""

import re

import numpy as np
import pytest
from mosaic_samples import half_flat_scene

from pigeonhole.core.shards import ALL_WORK
from pigeonhole.matching import TileIndex
from pigeonhole.mosaic import Target, make_mosaic, match_shard
from pigeonhole.settings import MosaicOptions

RULE = re.compile(
    r"^(?P<indent> *)(?:rule|checkpoint)\b[^:\n]*:\n(?:(?P=indent)    .*\n|\n)*", re.M
)


def test_every_job_requests_memory_time_and_threads(root):
    rules = [
        match[0]
        for path in (root / "workflow/rules").glob("*.smk")
        for match in RULE.finditer(path.read_text())
    ]
    jobs = [rule for rule in rules if "    script:" in rule]
    assert len(jobs) > 25
    for job in jobs:
        for line in (r"mem_mb=more\(\d+\)", r"runtime=\d+", r"threads: \S+"):
            assert re.search(rf"^ +{line}", job, re.M), (line, job)


@pytest.mark.parametrize("weight", [0, 1])
def test_shards_get_all_settings_that_choose_the_cells(root, weight):
    rules = (root / "workflow/rules/mosaics.smk").read_text()
    chosen = rules[rules.index("MATCH_OPTIONS =") : rules.index("INDEPENDENT =")]
    names = set(re.findall(r'"(\w+)"', chosen))
    colors = {"color_transfer": 1 - weight, "max_color_transfer": 20}
    options = MosaicOptions(
        layout="quadtree", cells=45, match="exact", structure_weight=weight, **colors
    )
    given = options.model_dump(include=names)
    image, tiles = half_flat_scene()
    target, index = Target(image, image, image, None), TileIndex(tiles.tiles)
    shard = match_shard(target, tiles, MosaicOptions(**given), index, ALL_WORK)
    made = make_mosaic(image, tiles, options, None, index)
    np.testing.assert_array_equal(shard.placement, made.placement)
