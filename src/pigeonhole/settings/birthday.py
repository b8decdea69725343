"""Settings of the birthday experiments."""

from typing import Annotated

from pydantic import Field

from pigeonhole.settings.fields import File, Frozen


class BirthdaySettings(Frozen):
    """The birthday experiments."""

    trials: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    """Trials for each rate with hashes."""
    people_trials: Annotated[int, Field(ge=1, le=10_000_000)] = 10_000
    """Groups of people for each group size."""
    bits: Annotated[
        tuple[Annotated[int, Field(ge=2, le=48)], ...], Field(min_length=1)
    ] = (4, 8, 12, 16, 20, 24, 28, 32, 36, 40)
    """Hash lengths of the sweep."""
    sweep_trials: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Trials for each length of the sweep up to 32 bits."""
    wide_trials: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    """Trials for each longer one, where a trial takes a million hashes."""
    sweep_jobs: Annotated[int, Field(ge=1, le=1000)] = 1
    """Jobs that share the trials of one length; changes no result."""
    collisions: tuple[Annotated[int, Field(ge=16, le=96)], ...] = (32, 48, 56)
    """For how many leading bits of MD5 two messages that agree are searched."""
    sha_collisions: tuple[Annotated[int, Field(ge=16, le=96)], ...] = ()
    """The same of SHA-1 and SHA-256, by hashlib: 40 bits take seconds, 48 a minute."""
    long: bool = False
    """true adds 64 bits of MD5 and 48 of SHA-1 and SHA-256, a minute of two cores."""
    search_jobs: Annotated[int, Field(ge=1, le=1000)] = 2
    """Jobs that share one search; changes no result."""
    keys: Annotated[int, Field(ge=2, le=2**24)] = 2**20
    """Keys in each set on which the hashes are compared."""
    key_file: File | None = None
    """A file of your own keys, one a line, to compare the hashes on as well."""
    census_bits: Annotated[int, Field(ge=8, le=32)] = 32
    """2^bits messages into as many values, each counted; for the target census."""
    dict_sizes: Annotated[
        tuple[Annotated[int, Field(ge=1, le=2**26)], ...], Field(min_length=1)
    ] = tuple(2**power for power in range(8, 22))
    """Sizes at which dict insertion and look-up are timed."""

    @property
    def searched(self) -> list[tuple[str, int]]:
        """The searches for collisions: hash and number of bits."""
        md5 = {*self.collisions, *[64] * self.long}
        sha = {*self.sha_collisions, *[48] * self.long}
        return [
            *(("md5", bits) for bits in sorted(md5)),
            *((name, bits) for name in ("sha1", "sha256") for bits in sorted(sha)),
        ]
