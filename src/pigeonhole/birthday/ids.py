"""Collision risk and safe length of random ids."""

import decimal
import math
import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from pigeonhole.birthday import theory, variants
from pigeonhole.birthday.bounds import DIGITS_PER_BIT, collision_decimal
from pigeonhole.core.errors import PigeonholeError

MAX_RANDOM_BITS, MAX_LENGTH = 10_000, 10_000
"""Largest number of random bits, and of characters, of an id."""
MAX_ALPHABET, MAX_TENANTS, MAX_IDS = 10**18, 10**100, 10**4000
MIN_SECONDS, MAX_SECONDS = Fraction(1, 10**30), 10**30
DEFAULT_RISK = Fraction(1, 10**6)
DIGITS = 20
"""Correct digits of probabilities and means."""


class IdsError(PigeonholeError, ValueError):
    """A question about ids has invalid arguments."""


def _is_integer(value: object, low: int, high: int) -> bool:
    return isinstance(value, int | np.integer) and bool(low <= value <= high)


@dataclass(frozen=True)
class Scheme:
    """A way to make random ids; all characters are equally likely."""

    name: str
    alphabet_size: int
    """Number of different characters, 2 for bits."""
    length: int
    """Number of random characters in an id."""
    tick: Fraction | None = None
    """Seconds for which the timestamp in an id stays the same; None without one."""
    note: str = ""
    """Short description."""
    characters: str = ""
    """The characters themselves, if they are known."""
    lengths: range | None = None
    """Lengths that the scheme allows, if there are several."""
    is_hash: bool = True
    """Whether ids may be hashes, for which equal ones can be searched."""

    def __post_init__(self) -> None:
        if not _is_integer(self.alphabet_size, 2, MAX_ALPHABET):
            raise IdsError(
                f"an alphabet can't have {_count(self.alphabet_size, 'character')}: "
                f"use 2 or more, at most {MAX_ALPHABET:.0e}."
            )
        if not _is_integer(self.length, 0, MAX_LENGTH):
            raise IdsError(
                f"ids must have 1 to {MAX_LENGTH:,} characters, not {self.length:,}: "
                "change the length."
            )
        if self.bits > MAX_RANDOM_BITS:
            raise IdsError(
                f"{_count(self.length, 'character')} of {self.alphabet_size:,} have "
                f"{self.bits:,.0f} random bits: use a shorter length for at most "
                f"{MAX_RANDOM_BITS:,}."
            )

    @property
    def space(self) -> int:
        """Number of different ids (within one tick)."""
        return int(self.alphabet_size**self.length)

    @property
    def bits(self) -> float:
        """Number of random bits in an id."""
        return math.log2(self.alphabet_size) * self.length


_HEX = "0123456789abcdef"
_BASE36 = string.digits + string.ascii_lowercase
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
ALPHABETS: Mapping[str, str] = {
    "binary": "01",
    "octal": string.octdigits,
    "digits": string.digits,
    "decimal": string.digits,
    "numeric": string.digits,
    "hex": _HEX,
    "base16": _HEX,
    "base32": string.ascii_uppercase + "234567",
    "base32hex": _BASE36[:32],
    "crockford": "".join(c for c in _BASE36 if c not in "ilou"),
    "base36": _BASE36,
    "base58": "".join(c for c in _BASE62 if c not in "0IOl"),
    "base62": _BASE62,
    "alnum": _BASE62,
    "alphanumeric": _BASE62,
    "base64": _BASE62 + "+/",
    "base64url": _BASE62 + "-_",
    "nanoid": _BASE62 + "-_",
    "letters": string.ascii_letters,
    "lower": string.ascii_lowercase,
    "lowercase": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "uppercase": string.ascii_uppercase,
}
"""Alphabets that can be given by name."""


def _of_alphabet(
    name: str,
    characters: str,
    length: int,
    note: str,
    lengths: range | None = None,
    *,
    is_hash: bool = True,
) -> Scheme:
    size = len(characters)
    return Scheme(name, size, length, None, note, characters, lengths, is_hash)


def _random_bits(
    name: str, bits: int, note: str, tick: Fraction | None = None
) -> Scheme:
    return Scheme(name, 2, bits, tick, note, is_hash=False)


_BASE64, _BASE64URL = ALPHABETS["base64"], ALPHABETS["base64url"]
_POD_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_YOUTUBE = "11 base64 characters that encode 64 bits, so that the last has 16 values"
_PER_MILLISECOND = "random bits within a millisecond"
_PER_SECOND = "random bits within a second"
_MILLISECOND = Fraction(1, 1000)

SCHEMES: Mapping[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        _of_alphabet(
            "kubernetes", _POD_SUFFIX, 5, "suffix of a pod name", is_hash=False
        ),
        _of_alphabet("get_uid", _BASE64, 4, "first 4 characters of a base64 MD5"),
        _of_alphabet("git-7", _HEX, 7, "usual abbreviation of a Git commit"),
        _of_alphabet("git", _HEX, 7, "abbreviation of a Git commit", range(4, 65)),
        Scheme("crc32", 2, 32, note="any 32-bit hash, 8 hexadecimal digits"),
        _of_alphabet("docker", _HEX, 12, "Docker's short id"),
        _of_alphabet("base64-8", _BASE64, 8, "8 base64 characters of a hash"),
        _of_alphabet(
            "nanoid-10", _BASE64URL, 10, "nanoid with 10 characters", is_hash=False
        ),
        Scheme("xxh64", 2, 64, note="any 64-bit hash"),
        _random_bits("youtube", 64, _YOUTUBE),
        _random_bits("uuid7", 74, f"RFC 9562; {_PER_MILLISECOND}", _MILLISECOND),
        _random_bits("ulid", 80, _PER_MILLISECOND, _MILLISECOND),
        _random_bits("uuid4", 122, "RFC 9562, random"),
        _of_alphabet(
            "nanoid", _BASE64URL, 21, "Nano ID", range(1, 1667), is_hash=False
        ),
        _random_bits("ksuid", 128, _PER_SECOND, Fraction(1)),
        Scheme("sha1", 2, 160, note="full SHA-1, as in Git"),
        Scheme("sha256", 2, 256, note="full SHA-256"),
        Scheme("sha512", 2, 512, note="full SHA-512"),
        _random_bits("snowflake", 0, "machine number and counter", _MILLISECOND),
    )
}
"""Well-known schemes by name."""

_RANGES = re.compile(r"(?:[0-9]-[0-9]|[a-z]-[a-z]|[A-Z]-[A-Z])+[^0-9A-Za-z]*")
_NUMBER_OR_BASE = re.compile(
    r"\d+(?=[.,_e]\d)([.,_]\d+)*(e[+-]?\d+)?|base-?\d+\w*", re.ASCII | re.IGNORECASE
)


def parse_alphabet(text: str) -> str:
    """
    Return the characters of an alphabet: a name, ranges or the characters themselves.

    Digits are characters, never a number.

    Examples
    --------
    >>> parse_alphabet("hex"), parse_alphabet("a-f0-9"), parse_alphabet("01")
    ('0123456789abcdef', 'abcdef0123456789', '01')
    """
    if known := ALPHABETS.get(text.casefold()):
        return known
    if _NUMBER_OR_BASE.fullmatch(text):
        raise IdsError(
            f"the alphabet {text!r} is neither characters nor one of the names "
            f"{', '.join(ALPHABETS)}: for a number of characters, use --alphabet-size."
        )
    characters = text
    if _RANGES.fullmatch(text):
        characters = re.sub(r"(\w)-(\w)", _expand_range, text, flags=re.ASCII)
    if not characters.isprintable():
        raise IdsError(
            f"the alphabet {text!r} has a character that can't be printed: remove it."
        )
    if len(set(characters)) != len(characters):
        raise IdsError(
            f"the alphabet {text!r} repeats a character: list each character once, or "
            f"use one of the names {', '.join(ALPHABETS)}."
        )
    return characters


def _expand_range(match: re.Match[str]) -> str:
    first, last = ord(match[1]), ord(match[2])
    if first > last:
        raise IdsError(
            f"the range {match[0]!r} of the alphabet is empty: write it as "
            f"'{match[2]}-{match[1]}'."
        )
    return "".join(map(chr, range(first, last + 1)))


def alphabet_scheme(alphabet: str | int, length: int) -> Scheme:
    """
    Return the scheme of ids of `length` characters.

    `alphabet` is a text for `parse_alphabet`, or a number of characters.
    """
    characters = parse_alphabet(alphabet) if isinstance(alphabet, str) else ""
    size = len(characters) if isinstance(alphabet, str) else alphabet
    if not _is_integer(length, 1, MAX_LENGTH):
        raise IdsError(
            f"ids must have 1 to {MAX_LENGTH:,} characters, not {length:,}: change the "
            "length."
        )
    name = f"{_count(length, 'character')} from an alphabet of {size:,}"
    return Scheme(name, size, length, characters=characters)


def with_length(scheme: Scheme, length: int) -> Scheme:
    """Return a scheme with another length, if it allows several."""
    if scheme.lengths is None:
        raise IdsError(
            f"{scheme.name} ids have a fixed length: omit --length, or describe your "
            "ids with --alphabet and --length."
        )
    if length not in scheme.lengths:
        first, last = scheme.lengths[0], scheme.lengths[-1]
        raise IdsError(
            f"{scheme.name} ids have {first} to {last:,} characters, not {length:,}: "
            "change --length."
        )
    return replace(scheme, length=length)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


@dataclass(frozen=True)
class IdReport:
    """Everything computed from a scheme, a number of ids and a risk."""

    scheme: Scheme
    ids: int | None
    """Number of ids in all, if given."""
    risk: Fraction
    """Accepted collision probability."""
    tenants: int
    """Number of tenants; `unsafe` and `safe` are numbers of ids per tenant."""
    seconds: Fraction | None
    """Time within which the ids are created, if given."""
    ticks: int | None
    """Number of clock ticks in this time, for schemes with a timestamp."""
    unsafe: int
    """Smallest number of ids whose collision probability reaches the risk."""
    safe: int
    """Largest number of ids whose collision probability is below the risk."""
    probability_safe: Decimal
    """Collision probability of `safe` ids, with enough digits to differ from risk."""
    probability_unsafe: Decimal
    """Collision probability of `unsafe` ids, with as many digits."""
    probability: Decimal | None = None
    """Collision probability of `ids` ids."""
    pairs: Decimal | None = None
    """Expected number of equal pairs among them."""
    retries: Decimal | None = None
    """Expected number of extra attempts until the next id is unused."""
    shortest: int | None = None
    """Shortest length at which the collision probability of `ids` is below the risk."""
    probability_shortest: Decimal | None = None
    """Collision probability at the shortest length."""
    probability_shorter: Decimal | None = None
    """Collision probability with one character less."""

    @property
    def space(self) -> int:
        """Number of different ids, with the different timestamps."""
        return self.scheme.space * (self.ticks or 1)

    @property
    def safe_per_second(self) -> Decimal | None:
        """Safe number of ids of all tenants per second of the given time."""
        if not self.seconds:
            return None
        total, second = (self.safe * self.tenants / self.seconds).as_integer_ratio()
        with decimal.localcontext(prec=DIGITS, rounding=decimal.ROUND_FLOOR):
            return Decimal(total) / second

    @property
    def hashes_for_deliberate_collision(self) -> Decimal | None:
        """Mean number of hashes that a search for two equal ids takes."""
        if not self.scheme.is_hash:
            return None
        space = self.scheme.space
        mean = theory.expected_first_collision(space)
        if math.isfinite(mean):
            return Decimal(mean)
        return (Decimal(math.pi) * space / 2).sqrt()

    @property
    def bits_lost_by_modulo(self) -> float | None:
        """Bits that an id loses if its characters are random bytes modulo the size."""
        size = self.scheme.alphabet_size
        return bits_lost(size) * self.scheme.length if size <= 256 else None

    def as_dict(self) -> dict[str, object]:
        """Return the values by name; probabilities and means are decimal numbers."""
        scheme = self.scheme
        values = {name: value for name, value in vars(self).items() if name != "scheme"}
        return {
            "scheme": scheme.name,
            "characters": scheme.characters or None,
            "alphabet_size": scheme.alphabet_size,
            "length": scheme.length,
            "bits": scheme.bits,
            "tick_seconds": scheme.tick,
            **values,
            "safe_per_second": self.safe_per_second,
            "bits_lost_by_modulo": self.bits_lost_by_modulo,
            "hashes_for_deliberate_collision": self.hashes_for_deliberate_collision,
        }


def report_ids(
    scheme: Scheme,
    ids: int | None = None,
    risk: float | Fraction = DEFAULT_RISK,
    seconds: float | Fraction | None = None,
    tenants: int = 1,
) -> IdReport:
    """
    Compute collision probabilities, safe numbers of ids and safe lengths.

    Ids that are created at random times get one of the timestamps and random bits, both
    uniformly, so they are draws from a space that is larger by the number of ticks.

    Parameters
    ----------
    ids : int, optional
        Number of ids in all.
    risk : float or Fraction
        Accepted probability that any two ids are equal, between 0 and 1; its exact
        value is used.
    seconds : float or Fraction, optional
        Period over which the ids are created at random times, rounded to ticks. Without
        it, all ids of schemes with a timestamp are created within one tick.
    tenants : int
        Number of tenants that share the ids evenly. Ids of different tenants may be
        equal.

    Examples
    --------
    >>> report = report_ids(SCHEMES["get_uid"], 4096, risk=0.5)
    >>> report.safe, round(report.probability, 4)
    (4822, Decimal('0.3934'))
    """
    _check(scheme, ids, risk, seconds, tenants)
    # NumPy's integers overflow.
    ids, tenants = None if ids is None else int(ids), int(tenants)
    exact_risk = Fraction(risk)
    exact_seconds = None if seconds is None else Fraction(seconds)
    ticks = None
    if scheme.tick and exact_seconds:
        ticks = max(round(exact_seconds / scheme.tick), 1)

    def probability(ids: int, length: int = scheme.length) -> Decimal:
        space = int(scheme.alphabet_size**length) * (ticks or 1)
        return _probability(ids, space, tenants, exact_risk)

    unsafe = theory.draws_for(exact_risk, scheme.space * (ticks or 1), tenants)
    report = IdReport(
        scheme=scheme,
        ids=ids,
        risk=exact_risk,
        tenants=tenants,
        seconds=exact_seconds,
        ticks=ticks,
        unsafe=unsafe,
        safe=unsafe - 1,
        probability_safe=probability(tenants * (unsafe - 1)),
        probability_unsafe=probability(tenants * unsafe),
    )
    if ids is None:
        return report
    shortest = _shortest_length(lambda length: probability(ids, length) < exact_risk)
    return replace(
        report,
        probability=probability(ids),
        pairs=_expected_pairs(ids, report.space, tenants),
        retries=_expected_retries(ids // tenants, report),
        shortest=shortest,
        probability_shortest=probability(ids, shortest),
        probability_shorter=probability(ids, shortest - 1) if shortest > 1 else None,
    )


def _check(
    scheme: Scheme,
    ids: int | None,
    risk: float | Fraction,
    seconds: float | Fraction | None,
    tenants: int,
) -> None:
    if not 0 < risk < 1:
        raise IdsError(f"the risk must be between 0 and 1, not {risk}: change it.")
    if ids is not None and not _is_integer(ids, 0, MAX_IDS):
        raise IdsError(f"the number of ids can't be {ids}: use 0 or more.")
    if not _is_integer(tenants, 1, MAX_TENANTS):
        raise IdsError(f"the number of tenants can't be {tenants}: use 1 or more.")
    if seconds is not None and not MIN_SECONDS <= seconds <= MAX_SECONDS:
        raise IdsError(f"the time can't be {seconds} seconds: use more than 0.")
    if scheme.length < 1:
        raise IdsError(
            f"{scheme.name} ids have no random part. They collide if two machines have "
            "the same number, a clock runs backward or a counter overflows: choose "
            "another scheme."
        )


def _probability(ids: int, space: int, tenants: int, risk: Fraction) -> Decimal:
    """Return the collision probability, on the right side of the risk."""
    value = collision_decimal(ids, space, tenants, DIGITS)
    if not math.isclose(Fraction(value) / risk, 1, rel_tol=1e-15):
        return value
    # Neighboring numbers of ids differ in the digits after those of the number.
    digits = DIGITS + int(ids.bit_length() * DIGITS_PER_BIT)
    value = collision_decimal(ids, space, tenants, digits)
    is_equal = abs(Fraction(value) / risk - 1) < Fraction(1000, 10**digits)
    if not is_equal:
        return value
    with decimal.localcontext(prec=digits + 400):
        limit = Decimal(risk.numerator) / risk.denominator
        if theory.reaches(ids, space, risk, tenants):
            return limit if limit >= risk else limit.next_plus()
        return limit.next_minus()


def _expected_pairs(ids: int, space: int, tenants: int) -> Decimal:
    per_tenant, remainder = divmod(ids, tenants)
    # A tenant with one id more has `per_tenant` pairs more.
    pairs = tenants * (per_tenant * (per_tenant - 1) // 2) + remainder * per_tenant
    return Decimal(pairs) / space


def _expected_retries(ids: int, report: IdReport) -> Decimal | None:
    """Return n / (N - n), as `variants.expected_retries`, for ids of one tenant."""
    if report.ticks or ids >= report.space:
        return None
    return Decimal(ids) / (report.space - ids)


def _shortest_length(is_safe: Callable[[int], bool]) -> int:
    length = 1
    while not is_safe(length):
        length *= 2
    return theory.bisect(length // 2, length, is_safe)


def bits_lost(size: int, source: int = 256) -> float:
    """
    Return the bits that a character loses if it is a random byte modulo `size`.

    `source` is the number of equally likely numbers, 256 for a byte, and at least
    `size`.
    """
    if not 1 <= size <= source:
        raise ValueError(f"size must be from 1 to source ({source}), not {size}")
    alphabet = variants.biased_alphabet(size, source)
    return math.log2(size / variants.effective_space(alphabet))
