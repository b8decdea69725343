"""Results of hypothesis tests of hash quality, as rows of tables."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self, get_type_hints


@dataclass(frozen=True)
class HashTest:
    """Test of the leading bits of one hash on one key set."""

    key_set: str
    algorithm: str
    bits: int
    """Number of leading bits."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Convert a row of text or of numbers."""
        values = {}
        for name, convert in get_type_hints(cls).items():
            # bool("0") is true.
            values[name] = convert(int(row[name]) if convert is bool else row[name])
        return cls(**values)

    def row(self) -> dict[str, object]:
        """Return a row of a table, in which booleans are 0 or 1."""
        values = asdict(self)
        return {k: int(v) if isinstance(v, bool) else v for k, v in values.items()}


@dataclass(frozen=True)
class RepeatsTest(HashTest):
    """Test of the number of repeats; a row of hashes.csv."""

    keys: int
    repeats: int
    """Number of keys whose leading bits repeat those of another key."""
    expected: float
    """Expected number of repeats of random values."""
    z: float
    """Deviation from it in standard deviations."""
    p_corrected: float
    """P-value, corrected for the number of tests."""
    flagged: bool
    """Whether the deviation is significant."""


@dataclass(frozen=True)
class EffectiveBitsTest(HashTest):
    """Test of the effective bits; a row of effective_bits.csv."""

    trials: int
    """Number of trials until a first collision."""
    effective_bits: float
    bits_low: float
    """Lower end of the 95% confidence interval."""
    bits_high: float
    """Upper end of the 95% confidence interval."""
    p_corrected: float
    """P-value, corrected for the number of tests."""
    flagged: bool
    """Whether the deviation from `bits` is significant."""
