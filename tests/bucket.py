"""A bucket on this machine, at a server that speaks S3."""

import hashlib
import io
import logging
import re
import secrets
import zipfile
from contextlib import contextmanager

import boto3
import requests
from moto.server import ThreadedMotoServer

NAME = "pigeonholes"
FOLDER = "of/mine"
# What spares a later run work; no rule names it.
MEMORY = re.compile(r"photos/known\.csv|faces/known/.*|birthday/collisions/.*/.*")


class Bucket:
    """
    Keeps results.

    Attributes
    ----------
    address : str
        Of the server.
    environment : dict
        The address and the keys that a run needs, of which the secret must not be
        found anywhere.
    flags : tuple of str
        What tells Snakemake where results go, beside profiles/s3.
    """

    def __init__(self, address):
        self.address = address
        self.environment = {
            "AWS_ACCESS_KEY_ID": "mary",
            "AWS_SECRET_ACCESS_KEY": secrets.token_hex(),
            # As an argument it wouldn't reach jobs on a cluster.
            "SNAKEMAKE_STORAGE_S3_ENDPOINT_URL": address,
        }
        self.flags = ("--default-storage-prefix", f"s3://{NAME}/{FOLDER}")

    def artefacts(self):
        """Tell what `Clone.artefacts` tells; archives count as their files."""
        storage = boto3.resource(
            "s3",
            endpoint_url=self.address,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )
        found = {}
        for item in storage.Bucket(NAME).objects.filter(Prefix=f"{FOLDER}/results/"):
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

    def leaks(self, folder):
        """Return the files that hold the secret."""
        secret = self.environment["AWS_SECRET_ACCESS_KEY"].encode()
        return [
            path
            for path in folder.rglob("*")
            if path.is_file() and secret in path.read_bytes()
        ]


@contextmanager
def serving():
    """Serve an empty bucket on loopback."""
    # A line for each request would hide everything else.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        address = "http://{}:{}".format(*server.get_host_and_port())
        # What it keeps is the process's, and outlives a server.
        requests.post(f"{address}/moto-api/reset", timeout=10).raise_for_status()
        yield Bucket(address)
    finally:
        server.stop()


def kept_here(clone):
    """Return the artefacts of a clone that a bucket would get."""
    return {
        name: facts
        for name, facts in clone.artefacts().items()
        if not MEMORY.fullmatch(name)
    }


def _facts(content):
    return len(content), hashlib.sha256(content).hexdigest()
