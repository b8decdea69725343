"""Settings that can't work are found before the first job."""

import numpy as np
import pytest
from mosaic_samples import sample_tile_set

from pigeonhole.core.errors import PigeonholeError
from pigeonhole.imaging.codecs import write_png
from pigeonhole.pipeline.preflight import check_files, check_mosaics
from pigeonhole.settings import load


@pytest.fixture
def random_file(tmp_path):
    path = tmp_path / "random"
    path.write_bytes(np.random.default_rng(3).bytes(3000))
    return str(path)


@pytest.fixture
def tiles(tmp_path):
    """A tile set of 30 photos."""
    path = tmp_path / "tiles.npz"
    images = np.random.default_rng(4).integers(0, 256, (30, 16, 12, 3))
    sample_tile_set(images.astype(np.uint8)).save(path)
    return path


def settings(**mosaic):
    return load({"mosaic": {"width": 240, **mosaic}}, check_files=False)


@pytest.mark.parametrize("name", ["mask", "edits"])
def test_a_damaged_file_of_a_setting_is_named(random_file, name):
    with pytest.raises(PigeonholeError, match=rf"mosaic\.{name} is .*random"):
        check_mosaics(settings(**{name: random_file}), ["rocket"], None)


def test_a_damaged_target_is_named(random_file):
    with pytest.raises(PigeonholeError, match=r"random can't be used"):
        check_mosaics(settings(), ["rocket", random_file], None)


def test_a_width_may_fit_one_target_and_not_another(tmp_path):
    path = tmp_path / "tall.png"
    write_png(path, np.zeros((900, 3, 3), np.uint8))
    wide = settings(width=1200)
    check_mosaics(wide, ["rocket"], None)
    with pytest.raises(PigeonholeError, match=r"mosaic\.width is 1200: .* million"):
        check_mosaics(wide, ["rocket", str(path)], None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"repetition": {"max_uses": 9}}, r"30\."),
        ({"layout": "brick", "repetition": {"max_uses": 7}}, r"30\."),
        ({"ban": ["nobody.jpg"]}, r"mosaic\.ban is 'nobody\.jpg'"),
        ({"pin": [{"row": 0, "column": 20, "tile": "t0"}]}, r"mosaic\.pin"),
    ],
)
def test_what_the_tiles_do_not_allow_is_found_once_they_exist(tiles, options, message):
    chosen = settings(**options)
    check_mosaics(chosen, ["astronaut"], None)
    with pytest.raises(PigeonholeError, match=message):
        check_mosaics(chosen, ["astronaut"], tiles)
    # A run that makes no mosaic isn't stopped.
    check_mosaics(chosen, [], tiles)


def test_the_cells_of_a_mask_count(tiles, tmp_path):
    path = tmp_path / "mask.png"
    mask = np.zeros((20, 20, 3), np.uint8)
    mask[:2, :2] = 255
    write_png(path, mask)
    once = settings(mask=str(path), repetition={"max_uses": 1})
    check_mosaics(once, ["astronaut"], tiles)


@pytest.mark.parametrize(
    ("changes", "rule", "message"),
    [
        ({"faces": {"detector": "yunet", "model": "FILE"}}, "find_faces", "model"),
        ({"birthday": {"key_file": "FILE"}}, "measure_hashes", "key_file"),
    ],
)
def test_files_are_checked_if_a_job_reads_them(tmp_path, changes, rule, message):
    path = tmp_path / "random"
    path.write_bytes(b"\n" * 9)
    changed = {
        section: {k: str(path) if v == "FILE" else v for k, v in values.items()}
        for section, values in changes.items()
    }
    chosen = load(changed, check_files=False)
    check_files(chosen, {"make_mosaic"})
    with pytest.raises(PigeonholeError, match=message):
        check_files(chosen, {"make_mosaic", rule})
