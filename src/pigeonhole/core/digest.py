"""Digests of file contents."""

import hashlib


def sha256_of(content: bytes) -> str:
    """Return the hex digest that the ledger keeps of a file."""
    return hashlib.sha256(content).hexdigest()
