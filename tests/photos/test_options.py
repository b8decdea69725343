"""Tests for the choice of a source and of its settings."""

import subprocess
import sys
from typing import get_args

from pigeonhole.photos.collect import SOURCES
from pigeonhole.photos.options import OPTIONS, resolve_source, source_options
from pigeonhole.settings import PhotoSettings, Settings


def test_every_source_in_the_settings_is_registered():
    literal = PhotoSettings.model_fields["source"].annotation
    assert set(get_args(literal)) == {"auto", *SOURCES}
    assert SOURCES.keys() == OPTIONS.keys()


def test_auto_depends_on_the_key_in_the_environment():
    def resolve(source, **environ):
        return resolve_source(Settings(photos={"source": source}), environ)

    assert resolve("auto") == "demo"
    assert resolve("auto", PEXELS_API_KEY=" ") == "demo"
    assert resolve("auto", PEXELS_API_KEY="key") == "pexels"
    assert resolve("openverse", PEXELS_API_KEY="key") == "openverse"


def test_settings_of_other_sources_are_left_out():
    usual = Settings()
    changed = Settings(photos={"query": "cat", "folder": "own", "color": "red"})
    assert source_options(usual, "demo") == source_options(changed, "demo")
    assert source_options(changed, "folder")["folder"] == "own"
    assert source_options(changed, "pexels")["filters"]["color"] == "red"
    assert "color" not in source_options(changed, "openverse")["filters"]


def test_faces_need_larger_downloads_than_whole_photos():
    tiles = {"faces": {"cut": "photos"}, "live": {"cut": "photos", "size": "16x12"}}
    photos = Settings(tiles=tiles)
    assert source_options(Settings(), "pexels")["size"] == "large"
    assert source_options(photos, "pexels")["size"] == "medium"


def test_the_snakefile_imports_no_heavy_library():
    program = (
        "import sys; import pigeonhole.photos.options, pigeonhole.photos.shards, "
        "pigeonhole.photos.files; "
        "print([name for name in ('cv2', 'numba', 'requests', 'imagehash', 'PIL') "
        "if name in sys.modules])"
    )
    output = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert output.strip() == "[]"
