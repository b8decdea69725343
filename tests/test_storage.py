"""The same workflow with its results in a bucket, on a server that speaks S3."""

import pytest
from bucket import kept_here, serving
from clone import Clone

pytestmark = pytest.mark.workflow
# All but most experiments, whose wiring is that of the searches.
TARGETS = ("mosaics", "collisions", "results/CREDITS.md")


def test_a_bucket_gets_what_a_disk_gets(tmp_path):
    here, there = (Clone(tmp_path / name) for name in ("here", "there"))
    here.run(*TARGETS)
    with serving() as bucket:
        flags = ("--workflow-profile", "profiles/s3", *bucket.flags)
        told = there.run(*TARGETS, *flags, **bucket.environment)
        made, kept = kept_here(here), bucket.artefacts()
        assert kept.keys() == made.keys()
        assert [name for name in kept if kept[name] != made[name]] == []
        assert not (there.folder / "results").exists()
        again = there.run(*TARGETS, *flags, **bucket.environment)
    assert "Nothing to be done" in again
    assert bucket.environment["AWS_SECRET_ACCESS_KEY"] not in told
    assert bucket.leaks(there.folder) == []
