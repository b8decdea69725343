import sys

import pytest
from live_samples import make_settings

from pigeonhole.live import preflight
from pigeonhole.live.preflight import NoDisplay, NoWindowSupport, check_requirements
from pigeonhole.live.sources.resolve import SourceNotFound


def test_a_missing_source_is_reported_before_anything_is_opened():
    with pytest.raises(SourceNotFound, match=r"the source nowhere\.mp4 doesn't exist"):
        check_requirements(make_settings(source="nowhere.mp4"))


def test_a_missing_display_is_reported_before_anything_is_opened(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(NoDisplay, match="use the page sink"):
        check_requirements(make_settings(sink="window"))


def test_an_opencv_without_windows_is_reported_with_the_package_to_install(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(preflight, "PROBE", "raise SystemExit(3)")
    with pytest.raises(NoWindowSupport, match="pip install 'opencv-python<5'"):
        check_requirements(make_settings(sink="window"))
