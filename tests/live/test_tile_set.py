import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from live_samples import make_session, open_sample_source

from pigeonhole.imaging.resize import resize, to_gray


def test_a_cell_keeps_its_tile_unless_another_is_nearer_by_the_given_share():
    dark, bright = np.full((6, 8), 100, np.uint8), np.full((6, 8), 120, np.uint8)
    tile_set = make_session(np.stack([dark, bright])).tile_sets.get("0")

    def chosen_tile(gray, previous):
        frame = np.full((6, 8), gray, np.uint8)
        return int(tile_set.place(frame, np.array([[previous]]), 0.25)[0, 0])

    # From gray value 111 on, the bright tile is nearer: 9 against 11, 8 against 12, ...
    assert [chosen_tile(gray, 0) for gray in (110, 111, 112)] == [0, 0, 1]
    assert [chosen_tile(gray, 1) for gray in (110, 109, 108)] == [1, 1, 0]
    assert chosen_tile(110, 0) == 0
    frame = np.full((6, 8), 111, np.uint8)
    np.testing.assert_array_equal(tile_set.place(frame), [[1]])


@given(seed=st.integers(0, 2**32 - 1), steadiness=st.sampled_from([0.0, 0.1, 0.5]))
def test_steady_placements_equal_the_reference(seed, steadiness):
    random = np.random.default_rng(seed)
    tiles = random.integers(0, 256, (9, 6, 8), np.uint8)
    frame = random.integers(0, 256, (24, 32), np.uint8)
    previous = random.integers(0, 9, (4, 4))
    tile_set = make_session(tiles).tile_sets.get("0")
    np.testing.assert_array_equal(
        tile_set.place(frame, previous, steadiness),
        reference.steady(frame, tiles, previous, steadiness),
    )


def noisy_frames(image, count=12):
    random = np.random.default_rng(3)
    for _ in range(count):
        noise = random.normal(0, 4, image.shape)
        yield np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("match", ["exact", "mean", "mean-2x2"])
@pytest.mark.parametrize(
    "repetition", [{"min_distance": 0}, {"max_uses": 3, "min_distance": 1}]
)
def test_steadiness_suppresses_noise_and_respects_limits_on_repetition(
    repetition, match
):
    tiles = np.random.default_rng(4).integers(60, 200, (40, 6, 8), np.uint8)
    scene = to_gray(resize(next(iter(open_sample_source())).image, 64, 48))
    mean_change = {}
    for steadiness in (0.0, 0.1):
        session = make_session(
            tiles, frame_size="64x48", repetition=repetition, match=match
        )
        tile_set = session.tile_sets.get("0")
        previous, changes = None, []
        for frame in noisy_frames(scene):
            placement = tile_set.place(frame, previous, steadiness)
            if "max_uses" in repetition:
                assert np.bincount(placement.ravel()).max() <= 3
                assert (placement[:, 1:] != placement[:, :-1]).all()
                assert (placement[1:] != placement[:-1]).all()
            if previous is not None:
                changes.append((placement != previous).mean())
            previous = placement
        mean_change[steadiness] = np.mean(changes)
    assert mean_change[0.1] < 0.3 * mean_change[0.0]
