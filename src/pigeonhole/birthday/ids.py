"""How long ids have to be: any two of scheme, number and risk give the third."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from pigeonhole.birthday.theory import (
    draws_for,
    expected_first_collision,
    expected_pairs,
    log_no_collision,
)
from pigeonhole.birthday.variants import (
    biased_alphabet,
    effective_space,
    expected_retries,
    timed_collision_probability,
)
from pigeonhole.core.errors import PigeonholeError

RISK = 1e-6


class IdsError(PigeonholeError):
    """What was asked about ids makes no sense."""


@dataclass(frozen=True)
class Scheme:
    """How ids are made: `length` signs, each one of `signs`, all equally likely."""

    name: str
    signs: int
    length: int
    tick: float | None = None
    """Seconds for which an id's time part stays the same; None if it has none."""
    note: str = ""

    @property
    def space(self) -> int:
        """Return how many ids there are (of one tick)."""
        return int(self.signs**self.length)

    @property
    def bits(self) -> float:
        """Return the random bits of an id."""
        return math.log2(self.signs) * self.length

    def longer(self, length: int) -> "Scheme":
        """Return the scheme with another number of signs."""
        return Scheme(self.name, self.signs, length, self.tick, self.note)


SCHEMES: Mapping[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("kubernetes", 27, 5, note="suffix of a pod's name"),
        Scheme("get_uid", 64, 4, note="the tutorial's: base64 of MD5, cut"),
        Scheme("git-7", 16, 7, note="git's shortest abbreviation"),
        Scheme("crc32", 2, 32, note="any 32-bit hash, 8 hexadecimal digits"),
        Scheme("docker", 16, 12, note="Docker's short id"),
        Scheme("base64-8", 64, 8, note="8 characters of a hash in base64"),
        Scheme("nanoid-10", 64, 10, note="nanoid with 10 characters"),
        Scheme("xxh64", 2, 64, note="any 64-bit hash"),
        Scheme("youtube", 64, 11, note="11 characters, of which 64 bits are used"),
        Scheme("uuid7", 2, 74, 0.001, "RFC 9562; random bits within a millisecond"),
        Scheme("ulid", 2, 80, 0.001, "random bits within a millisecond"),
        Scheme("uuid4", 2, 122, note="RFC 9562, random"),
        Scheme("nanoid", 64, 21, note="nanoid as it comes"),
        Scheme("ksuid", 2, 128, 1.0, "random bits within a second"),
        Scheme("sha1", 2, 160, note="a whole SHA-1, as git's"),
        Scheme("sha256", 2, 256, note="a whole SHA-256"),
        Scheme("sha512", 2, 512, note="a whole SHA-512"),
        Scheme("snowflake", 2, 0, 0.001, "no random bits: machine number and counter"),
    )
}
"""What people use, by name."""


def scheme_of_signs(alphabet: str, length: int) -> Scheme:
    """Return a scheme of an alphabet, given as its signs or as their number."""
    signs = int(alphabet) if alphabet.isdecimal() else len(set(alphabet))
    if not alphabet.isdecimal() and len(alphabet) != signs:
        raise IdsError(
            f"the alphabet {alphabet!r} has a sign twice: write each sign once."
        )
    if signs < 2:
        raise IdsError(
            f"an alphabet of {signs} sign can't tell ids apart: give it 2 or more."
        )
    if not 1 <= length <= 10_000:
        raise IdsError(f"ids have 1 to 10,000 signs, not {length}: change --length.")
    return Scheme(f"{length} of {signs} signs", signs, length)


@dataclass(frozen=True)
class Answer:
    """All that follows from a scheme, a number of ids and a risk."""

    scheme: Scheme
    ids: int | None
    risk: float
    tenants: int
    """How many have ids of their own; the two numbers below are for each of them."""
    at_risk: int
    """The smallest number of ids with at least the risk."""
    safe: int
    """The largest number with less."""
    probability_safe: float
    probability_at_risk: float
    probability: float | None = None
    pairs: float | None = None
    retries: float | None = None
    shortest: int | None = None
    probability_shortest: float | None = None
    probability_shorter: float | None = None
    ticks: int | None = None

    def as_dict(self) -> dict[str, object]:
        """Return plain values; whole numbers stay whole."""
        plain = {key: value for key, value in vars(self).items() if key != "scheme"}
        scheme = self.scheme
        return {
            "scheme": scheme.name,
            "signs": scheme.signs,
            "length": scheme.length,
            "bits": scheme.bits,
            "tick_seconds": scheme.tick,
            **{key: value for key, value in plain.items() if value is not None},
            "bits_lost_by_modulo": bits_lost(scheme.signs) * scheme.length,
            "hashes_for_one_on_purpose": hashes_on_purpose(scheme),
        }


def answer(
    scheme: Scheme,
    ids: int | None = None,
    risk: float = RISK,
    seconds: float | None = None,
    tenants: int = 1,
) -> Answer:
    """
    Compute everything that is asked of a scheme.

    Parameters
    ----------
    scheme : Scheme
    ids : int, optional
        How many ids there will be in all.
    risk : float
        The accepted chance that any two of them are equal, between 0 and 1.
    seconds : float, optional
        In what time the ids are made, for schemes that hold the time: spread evenly by
        chance. Without it all fall into one tick.
    tenants : int
        How many share the ids evenly, where those of two tenants may be equal.

    Examples
    --------
    >>> found = answer(SCHEMES["get_uid"], 4096, risk=0.5)
    >>> found.safe, round(found.probability, 4)
    (4822, 0.3934)
    """
    if not 0 < risk < 1:
        raise IdsError(f"a risk lies between 0 and 1, and {risk:g} doesn't: change it.")
    if ids is not None and ids < 0:
        raise IdsError(f"there can't be {ids} ids: give a number from 0 up.")
    if tenants < 1:
        raise IdsError(f"there can't be {tenants} tenants: give a number from 1 up.")
    if scheme.length < 1:
        raise IdsError(
            f"ids of {scheme.name} have no random part: they collide if two machines "
            "share a number or a clock goes back, and never else."
        )
    at_risk = _at_risk(risk, scheme.space, tenants)
    plain = Answer(
        scheme,
        ids,
        risk,
        tenants,
        at_risk,
        at_risk - 1,
        tenants_probability(tenants * (at_risk - 1), scheme.space, tenants),
        tenants_probability(tenants * at_risk, scheme.space, tenants),
    )
    if ids is None:
        return plain
    ticks = None
    if scheme.tick and seconds:
        ticks = max(round(seconds / scheme.tick), 1)
    chance = partial(_chance, ids=ids, ticks=ticks, tenants=tenants)
    shortest = _shortest(scheme, risk, chance)
    known = vars(plain) | {
        "probability": chance(scheme),
        "pairs": _pairs(ids, scheme.space, tenants) / (ticks or 1),
        "shortest": shortest,
        "probability_shortest": chance(scheme.longer(shortest)),
        "probability_shorter": (
            chance(scheme.longer(shortest - 1)) if shortest > 1 else None
        ),
        "ticks": ticks,
    }
    if ticks is None and ids < scheme.space:
        known["retries"] = expected_retries(ids // tenants, scheme.space)
    return Answer(**known)


def tenants_probability(ids: int, space: int, tenants: int) -> float:
    """
    Return the chance that any tenant has two equal ids; the ids are shared evenly.

    The logarithms of the chances of none add up.
    """
    each, more = divmod(ids, tenants)
    none = (tenants - more) * log_no_collision(each, space)
    if more:
        none += more * log_no_collision(each + 1, space)
    return 0.0 - math.expm1(none)


def _pairs(ids: int, space: int, tenants: int) -> float:
    each, more = divmod(ids, tenants)
    of_each = (tenants - more) * expected_pairs(each, space)
    return of_each + more * expected_pairs(each + 1, space)


def _at_risk(risk: float, space: int, tenants: int) -> int:
    """Return the fewest ids of each tenant with which all of them reach the risk."""
    if tenants == 1:
        return draws_for(risk, space)

    def reached(draws: int) -> bool:
        return tenants_probability(tenants * draws, space, tenants) >= risk

    high = draws_for(0.0 - math.expm1(math.log1p(-risk) / tenants), space)
    low, step = high - 1, 1
    # A share of the risk is rounded, which moves the answer by one, or in a large space
    # by billions: what it takes in all decides.
    while low > 1 and reached(low):
        low, step = max(low - step, 1), 2 * step
    while not reached(high):
        high, step = high + step, 2 * step
    return _first(low, high, reached)


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Halve the way from a number that doesn't hold to one that does."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _chance(scheme: Scheme, *, ids: int, ticks: int | None, tenants: int) -> float:
    if not ticks:
        return tenants_probability(ids, scheme.space, tenants)
    # Of a power of two or not: the pairs of one tick are r**2 / 2N.
    bits, cells = scheme.bits, ticks * tenants
    rate = ids / cells * 2 ** ((math.floor(bits) - bits) / 2)
    return timed_collision_probability(rate, cells, math.floor(bits))


def _shortest(scheme: Scheme, risk: float, chance: Callable[[Scheme], float]) -> int:
    length = 1
    while chance(scheme.longer(length)) >= risk:
        length *= 2
    return _first(length // 2, length, lambda n: chance(scheme.longer(n)) < risk)


def shortest_length(ids: int, signs: int, risk: float) -> int:
    """Return the fewest signs of an id for which the chance stays below the risk."""
    chance = partial(_chance, ids=ids, ticks=None, tenants=1)
    return _shortest(Scheme("", signs, 1), risk, chance)


def bits_lost(signs: int, source: int = 256) -> float:
    """Return the bits that a sign loses where it is a random byte modulo `signs`."""
    if signs > source:
        return math.log2(signs / source)
    return math.log2(signs / effective_space(biased_alphabet(signs, source)))


def hashes_on_purpose(scheme: Scheme) -> float:
    """Return how many hashes a search for one collision takes on average."""
    return expected_first_collision(scheme.space)
