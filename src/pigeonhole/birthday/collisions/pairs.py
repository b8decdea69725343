"""Pairs of colliding messages, including some that this program has found."""

from typing import NamedTuple

from pigeonhole.birthday.hashing.algorithms import find_algorithm
from pigeonhole.core.checks import check_integer


class Pair(NamedTuple):
    """Two different messages of 16 bytes whose hashes have the same leading bits."""

    algorithm: str
    """Name of the hash function."""
    bits: int
    """Number of leading bits that agree."""
    first: bytes
    second: bytes

    def is_valid(self) -> bool:
        """Check the collision with the library's hash function."""
        digest = find_algorithm(self.algorithm)
        one, two = digest(self.first), digest(self.second)
        bits = check_integer("bits", self.bits, 1, 8 * len(one))
        differing = int.from_bytes(one, "big") ^ int.from_bytes(two, "big")
        agree = differing >> (8 * len(one) - bits) == 0
        return self.first != self.second and agree

    def row(self) -> dict[str, object]:
        """Return the pair as a row of collisions.csv."""
        digest = find_algorithm(self.algorithm)
        first_digest = digest(self.first).hex()
        return {
            "algorithm": self.algorithm,
            "bits": self.bits,
            "first": self.first.hex(),
            "second": self.second.hex(),
            "common": first_digest[: self.bits // 4],
            "first_digest": first_digest,
            "second_digest": digest(self.second).hex(),
        }


_FOUND = """
md5 48 7a212901371500000000000064d84032 107b4880a18b00000000000064d84032
md5 56 85fd9effdf4e1e0000000000cb16fc5e b522f00159a0040000000000cb16fc5e
md5 64 4a4018ed712ee63c0000000038354a51 00614d168f1e7ae80000000038354a51
md5 64 471fdecc16b1cc2f00000000be39e82a c30e44843b94026c00000000be39e82a
md5 66 62797e4b30804db3c000000052cfc82e 572ba61729d16570c000000052cfc82e
sha1 48 3c7417a40e2c00000000000064d84032 ef8627d0c0a300000000000064d84032
sha256 48 04033c7c6b1f00000000000064d84032 ae79870e186c00000000000064d84032
"""

PAIRS = tuple(
    Pair(algorithm, int(bits), bytes.fromhex(first), bytes.fromhex(second))
    for algorithm, bits, first, second in map(str.split, _FOUND.strip().splitlines())
)
"""Collisions found by this program; ``all(pair.is_valid() for pair in PAIRS)``."""
