"""Runs the soak test of downloads with few photos.

``python -m benchmarks.downloads`` runs it at full size.
"""

import json
import subprocess
import sys


def test_every_good_photo_arrives_under_ten_kinds_of_faults(root):
    command = [sys.executable, "-m", "benchmarks.downloads"]
    process = subprocess.run(
        [*command, "--photos", "60", "--every", "5"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    report = json.loads(process.stdout)
    assert (process.returncode, report["holds"]) == (0, True), report
    assert report["photos"] == report["intact"] == report["files"] == 60
    # Each of the ten kinds of faults occurred and was reported.
    assert report["faults"] >= 10
    assert report["temporary_reported"] >= report["temporary"] >= 7
    assert report["permanent_reported"] == report["permanent"] >= 3
    assert report["key_leaks"] == 0
