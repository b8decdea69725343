"""Decide whether the repetition of tiles is limited."""

from typing import Protocol


class RepetitionRules(Protocol):
    """Maximum uses of a tile, and minimum distance between two of them in cells."""

    max_uses: int | None
    min_distance: int


def has_limits(rules: RepetitionRules) -> bool:
    """Return whether there is any limit, so that cells depend on each other."""
    # Live mosaics don't have the setting `use_all`.
    use_all = getattr(rules, "use_all", False)
    return rules.max_uses is not None or rules.min_distance > 0 or use_all
