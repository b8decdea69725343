"""Fixtures for tests of the studio."""

import pytest
from studio_samples import make_project
from studio_server import serve


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    """Projects that aren't saved elsewhere are in a temporary folder."""
    monkeypatch.setenv("PIGEONHOLE_STUDIO", str(tmp_path / "root"))


@pytest.fixture(scope="package")
def studio(tmp_path_factory):
    """A studio with six photos and a target; tests leave both as they are."""
    folder = tmp_path_factory.mktemp("studio")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIGEONHOLE_STUDIO", str(folder / "root"))
        with serve(make_project(folder / "project").folder) as running:
            yield running
