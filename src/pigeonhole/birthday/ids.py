"""Collision risk and safe length of random ids."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pigeonhole.birthday import theory, variants
from pigeonhole.core.errors import PigeonholeError


class IdsError(PigeonholeError):
    """A question about ids has invalid arguments."""


@dataclass(frozen=True)
class Scheme:
    """A way to make random ids; all characters are equally likely."""

    name: str
    alphabet_size: int
    """Number of different characters, 2 for bits."""
    length: int
    """Number of random characters in an id."""
    tick: float | None = None
    """Seconds for which the timestamp in an id stays the same; None without one."""
    note: str = ""
    """Short description."""

    @property
    def space(self) -> int:
        """Number of different ids (within one tick)."""
        return int(self.alphabet_size**self.length)

    @property
    def bits(self) -> float:
        """Number of random bits in an id."""
        return math.log2(self.alphabet_size) * self.length


SCHEMES: Mapping[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("kubernetes", 27, 5, note="suffix of a pod name"),
        Scheme("get_uid", 64, 4, note="first 4 characters of a base64 MD5"),
        Scheme("git-7", 16, 7, note="shortest abbreviation of a Git commit"),
        Scheme("crc32", 2, 32, note="any 32-bit hash, 8 hexadecimal digits"),
        Scheme("docker", 16, 12, note="Docker's short id"),
        Scheme("base64-8", 64, 8, note="8 base64 characters of a hash"),
        Scheme("nanoid-10", 64, 10, note="nanoid with 10 characters"),
        Scheme("xxh64", 2, 64, note="any 64-bit hash"),
        Scheme("youtube", 64, 11, note="11 characters that encode 64 bits"),
        Scheme("uuid7", 2, 74, 0.001, "RFC 9562; random bits within a millisecond"),
        Scheme("ulid", 2, 80, 0.001, "random bits within a millisecond"),
        Scheme("uuid4", 2, 122, note="RFC 9562, random"),
        Scheme("nanoid", 64, 21, note="nanoid with its default length"),
        Scheme("ksuid", 2, 128, 1.0, "random bits within a second"),
        Scheme("sha1", 2, 160, note="full SHA-1, as in Git"),
        Scheme("sha256", 2, 256, note="full SHA-256"),
        Scheme("sha512", 2, 512, note="full SHA-512"),
        Scheme("snowflake", 2, 0, 0.001, "no random bits: machine number and counter"),
    )
}
"""Well-known schemes by name."""


def alphabet_scheme(alphabet: str, length: int) -> Scheme:
    """Return a scheme; `alphabet` holds the characters, or their number in digits."""
    size = int(alphabet) if alphabet.isdecimal() else len(set(alphabet))
    if not alphabet.isdecimal() and len(alphabet) != size:
        raise IdsError(
            f"the alphabet {alphabet!r} repeats a character: list each character once."
        )
    if size < 2:
        raise IdsError(
            f"an alphabet of {size} character allows only one id: use 2 characters or "
            "more."
        )
    if not 1 <= length <= 10_000:
        raise IdsError(
            f"ids must have 1 to 10,000 characters, not {length}: change --length."
        )
    return Scheme(f"{length} of {size} characters", size, length)


@dataclass(frozen=True)
class IdReport:
    """Everything computed from a scheme, a number of ids and a risk."""

    scheme: Scheme
    ids: int | None
    """Number of ids in all, if given."""
    risk: float
    """Accepted collision probability."""
    tenants: int
    """Number of tenants; `unsafe` and `safe` are numbers of ids per tenant."""
    unsafe: int
    """Smallest number of ids whose collision probability reaches the risk."""
    safe: int
    """Largest number of ids whose collision probability is below the risk."""
    probability_safe: float
    """Collision probability of `safe` ids."""
    probability_unsafe: float
    """Collision probability of `unsafe` ids."""
    probability: float | None = None
    """Collision probability of `ids` ids."""
    pairs: float | None = None
    """Expected number of equal pairs among them."""
    retries: float | None = None
    """Expected number of extra attempts until the next id is unused."""
    shortest: int | None = None
    """Shortest length at which the collision probability of `ids` is below the risk."""
    probability_shortest: float | None = None
    """Collision probability at the shortest length."""
    probability_shorter: float | None = None
    """Collision probability with one character less."""
    ticks: int | None = None
    """Number of clock ticks over which the ids are spread."""

    def as_dict(self) -> dict[str, object]:
        """Return plain values for JSON; integers stay integers."""
        scheme = self.scheme
        hashes = theory.expected_first_collision(scheme.space)
        values = {name: value for name, value in vars(self).items() if name != "scheme"}
        return {
            "scheme": scheme.name,
            "alphabet_size": scheme.alphabet_size,
            "length": scheme.length,
            "bits": scheme.bits,
            "tick_seconds": scheme.tick,
            **{name: value for name, value in values.items() if value is not None},
            "bits_lost_by_modulo": bits_lost(scheme.alphabet_size) * scheme.length,
            "hashes_for_deliberate_collision": hashes,
        }


def report_ids(
    scheme: Scheme,
    ids: int | None = None,
    risk: float = 1e-6,
    seconds: float | None = None,
    tenants: int = 1,
) -> IdReport:
    """
    Compute collision probabilities, safe numbers of ids and safe lengths.

    Parameters
    ----------
    ids : int, optional
        Number of ids in all.
    risk : float
        Accepted probability that any two ids are equal, between 0 and 1.
    seconds : float, optional
        Period over which the ids are created at random times, for schemes with a
        timestamp. Without it, all ids are created within one tick.
    tenants : int
        Number of tenants that share the ids evenly. Ids of different tenants may be
        equal.

    Examples
    --------
    >>> report = report_ids(SCHEMES["get_uid"], 4096, risk=0.5)
    >>> report.safe, round(report.probability, 4)
    (4822, 0.3934)
    """
    _check(scheme, ids, risk, tenants)
    space = scheme.space
    unsafe = _smallest_unsafe(risk, space, tenants)
    report = IdReport(
        scheme=scheme,
        ids=ids,
        risk=risk,
        tenants=tenants,
        unsafe=unsafe,
        safe=unsafe - 1,
        probability_safe=tenants_probability(tenants * (unsafe - 1), space, tenants),
        probability_unsafe=tenants_probability(tenants * unsafe, space, tenants),
    )
    if ids is None:
        return report
    ticks = None
    if scheme.tick and seconds:
        ticks = max(round(seconds / scheme.tick), 1)

    def probability(length: int) -> float:
        return _probability(replace(scheme, length=length), ids, ticks, tenants)

    shortest = _shortest_length(risk, probability)
    pairs = _sum_over_tenants(theory.expected_pairs, ids, space, tenants)
    retries = None
    if ticks is None and ids < space:
        retries = variants.expected_retries(ids // tenants, space)
    return replace(
        report,
        probability=probability(scheme.length),
        pairs=pairs / (ticks or 1),
        retries=retries,
        shortest=shortest,
        probability_shortest=probability(shortest),
        probability_shorter=probability(shortest - 1) if shortest > 1 else None,
        ticks=ticks,
    )


def _check(scheme: Scheme, ids: int | None, risk: float, tenants: int) -> None:
    if not 0 < risk < 1:
        raise IdsError(f"the risk must be between 0 and 1, not {risk:g}: change it.")
    if ids is not None and ids < 0:
        raise IdsError(f"the number of ids can't be {ids}: use 0 or more.")
    if tenants < 1:
        raise IdsError(f"the number of tenants can't be {tenants}: use 1 or more.")
    if scheme.length < 1:
        raise IdsError(
            f"{scheme.name} ids have no random part. They collide only if two machines "
            "share a number or a clock runs backward: choose another scheme."
        )


def tenants_probability(ids: int, space: int, tenants: int) -> float:
    """
    Return the probability that any tenant has two equal ids; ids are shared evenly.

    Tenants are independent, so the logarithms of their survival probabilities add.
    """
    log_survival = _sum_over_tenants(theory.log_no_collision, ids, space, tenants)
    return 0.0 - math.expm1(log_survival)


def _sum_over_tenants(
    function: Callable[[int, int], float], ids: int, space: int, tenants: int
) -> float:
    per_tenant, remainder = divmod(ids, tenants)
    total = (tenants - remainder) * function(per_tenant, space)
    # The product of 0 and an infinite logarithm would be NaN.
    return total + remainder * function(per_tenant + 1, space) if remainder else total


def _smallest_unsafe(risk: float, space: int, tenants: int) -> int:
    """Return the smallest number of ids per tenant whose joint risk is reached."""
    if tenants == 1:
        return theory.draws_for(risk, space)

    def is_unsafe(draws: int) -> bool:
        return tenants_probability(tenants * draws, space, tenants) >= risk

    high = theory.draws_for(0.0 - math.expm1(math.log1p(-risk) / tenants), space)
    low, step = high - 1, 1
    # One tenant's share of the risk is rounded, which moves this estimate by 1, or by
    # billions in a large space. Widen the bracket until it holds the exact answer.
    while low > 1 and is_unsafe(low):
        low, step = max(low - step, 1), 2 * step
    while not is_unsafe(high):
        high, step = high + step, 2 * step
    return _bisect(low, high, is_unsafe)


def _bisect(low: int, high: int, predicate: Callable[[int], bool]) -> int:
    """Return the smallest number that satisfies a predicate: not `low`, but `high`."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if predicate(middle) else (middle, high)
    return high


def _probability(scheme: Scheme, ids: int, ticks: int | None, tenants: int) -> float:
    if not ticks:
        return tenants_probability(ids, scheme.space, tenants)
    # A tick has r**2 / 2N pairs. If N isn't a power of two, use the next lower one and
    # scale the rate r to get the same number of pairs.
    bits, cells = scheme.bits, ticks * tenants
    rate = ids / cells * 2 ** ((math.floor(bits) - bits) / 2)
    return variants.timed_collision_probability(rate, cells, math.floor(bits))


def _shortest_length(risk: float, probability: Callable[[int], float]) -> int:
    length = 1
    while probability(length) >= risk:
        length *= 2
    return _bisect(length // 2, length, lambda shorter: probability(shorter) < risk)


def bits_lost(size: int, source: int = 256) -> float:
    """Return the bits that a character loses if it is a random byte modulo `size`."""
    if size > source:
        return math.log2(size / source)
    alphabet = variants.biased_alphabet(size, source)
    return math.log2(size / variants.effective_space(alphabet))
