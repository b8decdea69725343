"""Incomplete results are dated 1970, complete ones are left alone."""

import json
import os

import pytest

from pigeonhole.mosaic.viewer import page
from pigeonhole.pipeline.repair import expire_viewer

TIME = 1_600_000_000
PAGES = ["tiles/12x16-0.png", "tiles/12x16-1.png"]
DATA = {
    "overview": "mosaic.webp",
    "target": "target.webp",
    "atlases": [{"pages": PAGES}, {"pages": ["", "photos/12ab.webp"]}],
    "correction": {"overlay": {"image": "overlay.png", "opacity": 0.1}},
    # Photos of the user, which aren't images of the viewer.
    "photos": [
        {"name": "1x1.png"},
        {"name": "</script>.webp"},
        {"name": "tiles/a.png"},
    ],
}
IMAGES = ["mosaic.webp", "target.webp", *PAGES, "photos/12ab.webp", "overlay.png"]


@pytest.fixture
def viewer(tmp_path):
    for name in IMAGES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    path = tmp_path / "index.html"
    path.write_text(page("a < b", DATA), "utf-8")
    os.utime(path, (TIME, TIME))
    return path


def test_a_complete_viewer_is_left_alone(viewer):
    expire_viewer(viewer)
    assert viewer.stat().st_mtime == TIME
    expire_viewer(viewer.with_name("missing.html"))


@pytest.mark.parametrize("name", IMAGES)
def test_a_viewer_without_one_of_its_images_expires(viewer, name):
    (viewer.parent / name).unlink()
    expire_viewer(viewer)
    assert viewer.stat().st_mtime == 0


@pytest.mark.parametrize("data", [None, [], {}, {**DATA, "atlases": 1}])
def test_a_damaged_viewer_expires(viewer, data):
    viewer.write_text(
        viewer.read_text("utf-8").replace("</script>", "", 1)
        if data is None
        else page("a", json.loads(json.dumps(data)))
    )
    expire_viewer(viewer)
    assert viewer.stat().st_mtime == 0
