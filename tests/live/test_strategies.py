from typing import get_args

from pigeonhole.matching.strategies import STRATEGIES
from pigeonhole.settings import LiveSettings


def test_every_match_mode_of_live_mosaics_is_registered():
    modes = get_args(LiveSettings.model_fields["match"].annotation)
    assert set(modes) <= set(STRATEGIES)
    assert modes
