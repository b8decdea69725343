"""First-collision times drawn from their exact distribution."""

import numpy as np

from pigeonhole.birthday.experiments.first_collision_fit import first_collision_cdf


def draw_times(bits, trials, seed):
    """Return random first-collision times T."""
    t = np.arange(1, min(2**bits + 2, int(13 * 2 ** (bits / 2))))
    u = np.random.default_rng(seed).random(trials)
    return np.searchsorted(first_collision_cdf(t, bits), u) + 1
