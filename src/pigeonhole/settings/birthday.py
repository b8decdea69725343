"""Settings of the birthday experiments."""

from typing import Annotated

from pydantic import Field

from pigeonhole.settings.fields import FilePath, Frozen, PathRule, Unique


class BirthdaySettings(Frozen):
    """Birthday experiments."""

    trials: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    """Number of trials of each experiment with hashes."""
    people_trials: Annotated[int, Field(ge=1, le=10_000_000)] = 10_000
    """Number of groups for each group size."""
    bits: Annotated[
        tuple[Annotated[int, Field(ge=2, le=48)], ...], Field(min_length=1), Unique
    ] = (4, 8, 12, 16, 20, 24, 28, 32, 36, 40)
    """Hash lengths of the sweep, in bits."""
    sweep_trials: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Number of trials for each hash length up to 32 bits."""
    trials_above_32_bits: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    """Number of trials for each longer hash, where a trial takes a million hashes."""
    collision_bits: Annotated[
        tuple[Annotated[int, Field(ge=16, le=96)], ...], Unique
    ] = (32, 48, 56)
    """Search for two messages whose MD5 agrees in this many leading bits."""
    sha_collision_bits: Annotated[
        tuple[Annotated[int, Field(ge=16, le=96)], ...], Unique
    ] = ()
    """The same for SHA-1 and SHA-256: 40 bits take seconds, 48 bits a minute."""
    extended: bool = False
    """Also search 64 bits of MD5 and 48 bits of SHA-1 and SHA-256, about a minute."""
    keys: Annotated[int, Field(ge=2, le=2**24)] = 2**20
    """Number of keys in each key set on which hash functions are compared."""
    key_file: Annotated[FilePath | None, PathRule()] = None
    """Text file of your own keys, one per line, as another key set."""
    census_bits: Annotated[int, Field(ge=8, le=32)] = 32
    """Hash length of `snakemake census`, which hashes 2^bits messages."""
    dict_sizes: Annotated[
        tuple[Annotated[int, Field(ge=1, le=2**26)], ...], Field(min_length=1), Unique
    ] = tuple(2**power for power in range(8, 22))
    """Dict sizes at which insertion and lookup are timed."""
