"""Turn targets and tile sets into mosaics: layout, selection, rendering, reports."""

from pigeonhole.mosaic.advice import Advice
from pigeonhole.mosaic.compose import (
    Mosaic,
    make_mosaic,
    make_tutorial_mosaic,
    match_shard,
)
from pigeonhole.mosaic.edits import check_pins, with_edits
from pigeonhole.mosaic.targets import (
    Target,
    fit_to_grid,
    load_inputs,
    prepare_target,
    read_target,
)

__all__ = [
    "Advice",
    "Mosaic",
    "Target",
    "check_pins",
    "fit_to_grid",
    "load_inputs",
    "make_mosaic",
    "make_tutorial_mosaic",
    "match_shard",
    "prepare_target",
    "read_target",
    "with_edits",
]
