"""Pictures a second."""

import math

USUAL_RATE = 30.0


def sane_rate(told: float) -> float:
    """Trust what a file or a camera tells of its rate, within reason."""
    return told if math.isfinite(told) and 1 <= told <= 240 else USUAL_RATE
