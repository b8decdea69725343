"""The workflow with its results in a bucket, on a local server that speaks S3."""

import pytest
from bucket import serve_bucket
from clone import Clone

pytestmark = pytest.mark.workflow
# The other experiments use the same storage as the collision searches.
TARGETS = ("mosaics", "collisions", "results/CREDITS.md")


def test_a_bucket_gets_the_same_files_as_a_disk(tmp_path):
    local, remote = (Clone(tmp_path / name) for name in ("local", "remote"))
    local.run(*TARGETS)
    with serve_bucket() as bucket:
        flags = ("--workflow-profile", "profiles/s3", *bucket.flags)
        output = remote.run(*TARGETS, *flags, **bucket.environment)
        expected, stored = local.artifacts(), bucket.artifacts()
        assert stored.keys() == expected.keys()
        assert [name for name in stored if stored[name] != expected[name]] == []
        assert not (remote.folder / "results").exists()
        second_output = remote.run(*TARGETS, *flags, **bucket.environment)
    assert "Nothing to be done" in second_output
    assert bucket.environment["AWS_SECRET_ACCESS_KEY"] not in output + second_output
    assert bucket.leaks(remote.folder) == []
