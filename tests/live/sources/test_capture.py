import pytest

from pigeonhole.live.sources.capture import plausible_fps


@pytest.mark.parametrize("reported", [0, float("nan"), 90_000, -1])
def test_an_implausible_frame_rate_is_replaced_by_the_default(reported):
    assert plausible_fps(reported) == 30


@pytest.mark.parametrize("reported", [1, 29.97, 240])
def test_a_plausible_frame_rate_is_kept(reported):
    assert plausible_fps(reported) == reported
