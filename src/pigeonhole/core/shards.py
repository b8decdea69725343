"""Split work into shards, one for each job."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Shard:
    """One job's share of work: number `index`, from 0, of `count` shards."""

    index: int
    count: int

    @classmethod
    def parse(cls, item: str) -> Self:
        """Parse Snakemake's name of a scatter item, such as ``1-of-4``."""
        number, count = item.split("-of-")
        return cls(int(number) - 1, int(count))

    def bounds(self, items: int) -> tuple[int, int]:
        """
        Return the half-open range of items, ``(start, stop)``, in this shard.

        Sizes of shards differ by at most 1. With more shards than items some are empty.
        """
        return items * self.index // self.count, items * (self.index + 1) // self.count


ALL_WORK = Shard(0, 1)
"""The only shard of work that isn't split."""
