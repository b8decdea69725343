"""Check limits on repetition cell by cell."""

import numpy as np


def satisfies(placement, limits, tiles):
    """Return whether a placement in a grid satisfies limits on repetition."""
    uses = np.bincount(placement.ravel(), minlength=tiles)
    if limits.max_uses and uses.max() > limits.max_uses:
        return False
    if limits.use_all and uses.min() < 1:
        return False
    for row, column in np.ndindex(placement.shape):
        nearby = placement[
            max(0, row - limits.min_distance) : row + limits.min_distance + 1,
            max(0, column - limits.min_distance) : column + limits.min_distance + 1,
        ]
        if (nearby == placement[row, column]).sum() > 1:
            return False
    return True
