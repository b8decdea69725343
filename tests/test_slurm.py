"""The same workflow on a Slurm of one node."""

import tempfile
from pathlib import Path

import pytest
from clone import Clone
from slurm import Slurm, installed

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(
        not installed(), reason="no Slurm: apt-get install slurm-wlm munge"
    ),
]
PROFILE = ("--workflow-profile", "profiles/slurm")
# A waiting test asks more often than a workflow of hours should.
IMPATIENT = ("--slurm-init-seconds-before-status-checks", "2")
# Each step behind another waits for Slurm: two of them and a group show it all.
TARGETS = (
    "results/tiles/faces.npz",
    "results/birthday/people.csv",
    "results/birthday/root.csv",
)
PHOTO_TILES = {
    "tiles": {
        "faces": {"cut": "photos"},
        "live": {"cut": "faces", "size": "16x12", "colour": False},
    }
}


@pytest.fixture(scope="module")
def slurm():
    with (
        tempfile.TemporaryDirectory(prefix="slurm-") as folder,
        Slurm(Path(folder)) as s,
    ):
        yield s


def test_a_cluster_makes_what_one_machine_makes(slurm, tmp_path):
    here, there = (Clone(tmp_path / name, PHOTO_TILES) for name in ("here", "there"))
    here.run(*TARGETS)
    # Too little for the first try: Slurm kills it, and the next one gets more.
    hungry = ("--set-resources", "cut_tiles:mem_mb=40 * attempt ** 4")
    told = there.run(*TARGETS, *PROFILE, *IMPATIENT, *hungry, **slurm.environment)
    assert "Trying to restart job" in told
    assert there.artefacts() == here.artefacts()
    killed = (slurm.folder / "slurmd.log").read_text()
    assert "exceeded memory limit" in killed
