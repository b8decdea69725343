"""The workflow on a Slurm of one node."""

import tempfile
from pathlib import Path

import pytest
from clone import Clone
from slurm import Slurm, slurm_is_installed

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(
        not slurm_is_installed(), reason="no Slurm: apt-get install slurm-wlm munge"
    ),
]
PROFILE = ("--workflow-profile", "profiles/slurm")
# The interval of the profile is for workflows that take hours.
FREQUENT_STATUS_CHECKS = ("--slurm-init-seconds-before-status-checks", "2")
# Consecutive jobs wait for Slurm, so only two of them and a group are run.
TARGETS = (
    "results/tiles/faces.npz",
    "results/birthday/people.csv",
    "results/birthday/root.csv",
)
PHOTO_TILES = {
    "tiles": {
        "faces": {"cut": "photos"},
        "live": {"cut": "faces", "size": "16x12", "color": False},
    }
}


@pytest.fixture(scope="module")
def slurm():
    with (
        tempfile.TemporaryDirectory(prefix="slurm-") as folder,
        Slurm(Path(folder)) as cluster,
    ):
        yield cluster


def test_a_cluster_gives_the_same_results_as_a_local_run(slurm, tmp_path):
    local, remote = (
        Clone(tmp_path / name, PHOTO_TILES) for name in ("local", "remote")
    )
    local.run(*TARGETS)
    # Slurm kills the first try, which requests too little memory.
    memory = ("--set-resources", "cut_tiles:mem_mb=40 * attempt ** 4")
    flags = (*PROFILE, *FREQUENT_STATUS_CHECKS, *memory)
    output = remote.run(*TARGETS, *flags, **slurm.environment)
    assert "Trying to restart job" in output
    assert remote.artifacts() == local.artifacts()
    slurm_log = (slurm.folder / "slurmd.log").read_text()
    assert "exceeded memory limit" in slurm_log
