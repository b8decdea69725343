"""A local bucket, served over the S3 protocol."""

import hashlib
import io
import logging
import secrets
import zipfile
from contextlib import contextmanager

import boto3
import requests
from moto.server import ThreadedMotoServer

NAME = "pigeonholes"
FOLDER = "my/results"


class Bucket:
    """
    A bucket for results.

    Attributes
    ----------
    url : str
        URL of the server.
    environment : dict
        Environment variables of a run: the URL and the keys. The secret key must not
        appear in any file or output.
    flags : tuple of str
        Options of Snakemake that set the bucket and the folder in it; profiles/s3 sets
        all others.
    """

    def __init__(self, url):
        self.url = url
        self.environment = {
            "AWS_ACCESS_KEY_ID": "mary",
            "AWS_SECRET_ACCESS_KEY": secrets.token_hex(),
            # A command-line option wouldn't reach the jobs on a cluster.
            "SNAKEMAKE_STORAGE_S3_ENDPOINT_URL": url,
        }
        self.flags = ("--default-storage-prefix", f"s3://{NAME}/{FOLDER}")

    def artifacts(self):
        """Return the same as `Clone.artifacts`, with the files in archives."""
        storage = boto3.resource(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )
        artifacts = {}
        for item in storage.Bucket(NAME).objects.filter(Prefix=f"{FOLDER}/results/"):
            name = item.key.removeprefix(f"{FOLDER}/results/")
            content = item.get()["Body"].read()
            if name.endswith(".zip"):
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    for photo in archive.namelist():
                        artifacts[f"photos/{photo}"] = _size_and_digest(
                            archive.read(photo)
                        )
            # Snakemake stores the timestamp of a folder in this file.
            elif not name.endswith("/.snakemake_timestamp"):
                artifacts[name] = _size_and_digest(content)
        return artifacts

    def leaks(self, folder):
        """Return the files in a folder that contain the secret key."""
        secret = self.environment["AWS_SECRET_ACCESS_KEY"].encode()
        return [
            path
            for path in folder.rglob("*")
            if path.is_file() and secret in path.read_bytes()
        ]


@contextmanager
def serve_bucket():
    """Serve an empty bucket on the loopback interface, and yield it."""
    # Otherwise there would be a line for each request.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        # The content belongs to the process and outlives the server.
        requests.post(f"{url}/moto-api/reset", timeout=10).raise_for_status()
        yield Bucket(url)
    finally:
        server.stop()


def _size_and_digest(content):
    return len(content), hashlib.sha256(content).hexdigest()
