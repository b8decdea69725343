"""The same workflow with its results in a bucket, on a server that speaks S3."""

import hashlib
import io
import re
import secrets
import zipfile

import boto3
import pytest
from clone import Clone
from moto.server import ThreadedMotoServer

pytestmark = pytest.mark.workflow
BUCKET = "pigeonholes"
FOLDER = "of/mine"
KEYS = {
    "AWS_ACCESS_KEY_ID": "mary",
    "AWS_SECRET_ACCESS_KEY": secrets.token_hex(),
}
# All but most experiments, whose wiring is that of the searches.
TARGETS = ("mosaics", "collisions", "results/CREDITS.md")
# What spares a later run work; no rule names it.
MEMORY = re.compile(r"photos/known\.csv|faces/known/.*|birthday/collisions/.*/.*")


@pytest.fixture(scope="module")
def address():
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


def test_a_bucket_gets_what_a_disk_gets(address, tmp_path):
    here, there = (Clone(tmp_path / name) for name in ("here", "there"))
    here.run(*TARGETS)
    options = (
        *("--workflow-profile", "profiles/s3", "--storage-s3-endpoint-url", address),
        *("--default-storage-prefix", f"s3://{BUCKET}/{FOLDER}"),
    )
    told = there.run(*TARGETS, *options, **KEYS)
    made = {
        name: facts
        for name, facts in here.artefacts().items()
        if not MEMORY.fullmatch(name)
    }
    kept = _kept(address)
    assert kept.keys() == made.keys()
    assert [name for name in kept if kept[name] != made[name]] == []
    assert not (there.folder / "results").exists()
    assert "Nothing to be done" in there.run(*TARGETS, *options, **KEYS)
    _nothing_tells_the_key(there.folder, told)


def _kept(address):
    """Tell of a bucket what `Clone.artefacts` tells; archives count as their files."""
    storage = boto3.resource(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )
    found = {}
    for item in storage.Bucket(BUCKET).objects.filter(Prefix=f"{FOLDER}/results/"):
        name = item.key.removeprefix(f"{FOLDER}/results/")
        content = item.get()["Body"].read()
        if name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for photo in archive.namelist():
                    found[f"photos/{photo}"] = _facts(archive.read(photo))
        # Snakemake's own mark of a folder's time.
        elif not name.endswith("/.snakemake_timestamp"):
            found[name] = _facts(content)
    return found


def _facts(content):
    return len(content), hashlib.sha256(content).hexdigest()


def _nothing_tells_the_key(folder, told):
    secret = KEYS["AWS_SECRET_ACCESS_KEY"]
    assert secret not in told
    for path in folder.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path
