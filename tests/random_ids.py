"""Compare random command lines of `pigeonhole ids` with exact integers.

``python tests/random_ids.py --lines 5000`` covers all schemes and options up to 10,000
bits. It prints differences and the slowest command line, and exits with 1 if an answer
is wrong or takes more than 2 s of CPU time.
"""

import argparse
import io
import json
import random
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from decimal import Decimal
from fractions import Fraction

import exact_collisions as exact

from pigeonhole.cli.main import main

MAX_SECONDS = 2
MILLISECOND = Fraction(1, 1000)
# Size of the alphabet, length, tick, and whether --length is possible.
SCHEMES = {
    "kubernetes": (27, 5, None, False),
    "get_uid": (64, 4, None, False),
    "git-7": (16, 7, None, False),
    "git": (16, 7, None, True),
    "crc32": (2, 32, None, False),
    "docker": (16, 12, None, False),
    "base64-8": (64, 8, None, False),
    "nanoid-10": (64, 10, None, False),
    "xxh64": (2, 64, None, False),
    "youtube": (2, 64, None, False),
    "uuid7": (2, 74, MILLISECOND, False),
    "ulid": (2, 80, MILLISECOND, False),
    "uuid4": (2, 122, None, False),
    "nanoid": (64, 21, None, True),
    "ksuid": (2, 128, Fraction(1), False),
    "sha1": (2, 160, None, False),
    "sha256": (2, 256, None, False),
    "sha512": (2, 512, None, False),
    "snowflake": (2, 0, MILLISECOND, False),
}
ALPHABETS = {
    "0123456789": 10,
    "01": 2,
    "62": 2,
    "٠١٢٣٤٥٦٧٨٩": 10,
    "digits": 10,
    "hex": 16,
    "a-z": 26,
    "A-Za-z0-9_-": 64,
    "base32": 32,
    "base58": 58,
    "base62": 62,
    "base64url": 64,
    "ACGT": 4,
    "xyz-.": 5,
}
UNITS = {
    "ms": MILLISECOND,
    "s": Fraction(1),
    "min": Fraction(60),
    "h": Fraction(3600),
    "hours": Fraction(3600),
    "d": Fraction(86400),
    "w": Fraction(604_800),
    "month": Fraction(31_557_600, 12),
    "y": Fraction(31_557_600),
    "years": Fraction(31_557_600),
}
RISKS = {
    "1e-6": Fraction(1, 10**6),
    "0.5": Fraction(1, 2),
    "1%": Fraction(1, 100),
    "0.1%": Fraction(1, 1000),
    "99.99%": Fraction(9999, 10000),
    "1e-15": Fraction(1, 10**15),
    "1e-30": Fraction(1, 10**30),
    "1e-300": Fraction(1, 10**300),
    "0.9999999": 1 - Fraction(1, 10**7),
}


def random_line(rng, max_bits=10_000):
    """Return arguments and what they mean, or None if they must be refused."""
    arguments, (size, length, tick) = _random_scheme(rng, max_bits)
    refused = length == 0
    ids, seconds = None, None
    kind = rng.choice(["", "ids", "ids", "rate", "rate", "time", "ids time"])
    if "ids" in kind:
        ids, text = _random_number(rng, size, length, max_bits)
        refused |= ids > 10**4000
        arguments += ["--ids", text]
    if kind.endswith(("rate", "time")):
        unit = rng.choice(list(UNITS))
        number = rng.choice([1, 2, 10, rng.randint(1, 10**4)])
        seconds = number * UNITS[unit]
        arguments += ["--time", f"{number}{rng.choice(['', ' '])}{unit}"]
    if kind == "rate":
        rate, text = _random_number(rng, size, length, max_bits)
        unit = rng.choice(list(UNITS))
        arguments += ["--rate", f"{text}/{unit}"]
        per_second = rate / UNITS[unit]
        ids = -int(-per_second * seconds // 1)
        refused |= per_second * seconds < 1 or max(ids, rate) > 10**4000
    elif seconds is not None:
        refused |= tick is None
    tenants = rng.choice([1, 1, 2, 3, 500, rng.randint(1, 10**6)])
    if tenants > 1:
        arguments += ["--tenants", f"{tenants}"]
    risk = Fraction(1, 10**6)
    if rng.random() < 0.7:
        text = rng.choice([*RISKS, f"{rng.random():.{rng.randint(1, 17)}f}"])
        risk = RISKS.get(text) or Fraction(text)
        refused |= not 0 < risk < 1
        arguments += ["--risk", text]
    ticks = max(round(seconds / tick), 1) if tick and seconds else 1
    meaning = (size, length, ticks, ids, tenants, risk)
    return arguments, None if refused else meaning


def _random_scheme(rng, max_bits):
    kind = rng.choice(["scheme", "scheme", "bits", "alphabet", "size"])
    if kind == "scheme":
        name = rng.choice(list(SCHEMES))
        size, length, tick, has_lengths = SCHEMES[name]
        arguments = ["--scheme", name]
        if has_lengths and rng.random() < 0.7:
            length = rng.randint(4, 64)
            arguments += ["--length", str(length)]
        return arguments, (size, length, tick)
    if kind == "bits":
        bits = rng.choice([rng.randint(1, 64), rng.randint(1, 300), max_bits])
        bits = rng.choice([bits, rng.randint(1, max_bits)])
        return ["--bits", str(bits)], (2, bits, None)
    if kind == "alphabet":
        text = rng.choice(list(ALPHABETS))
        size, arguments = ALPHABETS[text], ["--alphabet", text]
    else:
        size = rng.choice([2, 3, 62, 257, 7776, 10**18, rng.randint(2, 10**6)])
        arguments = ["--alphabet-size", str(size)]
    length = 8
    if rng.random() < 0.8:
        longest = max(max_bits // size.bit_length(), 1)
        length = rng.choice([rng.randint(1, min(longest, 30)), rng.randint(1, longest)])
        arguments += ["--length", str(length)]
    return arguments, (size, length, None)


def _random_number(rng, size, length, max_bits):
    half = size.bit_length() * length // 2
    power = rng.choice([0, 5, 30, half, half, half, 2 * half, min(max_bits, 13_000)])
    number = rng.randint(0, 2 ** max(power + rng.randint(-3, 3), 1))
    number = min(number, 10**4001)
    if number > 10**20 and rng.random() < 0.5:
        # In the style of 1.25e30.
        number = int(f"{number:,}"[:5].replace(",", "")) * 10 ** (len(str(number)) - 4)
        return number, f"{Decimal(number):.3e}"
    return number, rng.choice([f"{number}", f"{number:,}"])


def check_line(arguments, meaning):
    """Run a command line, check its answer and return the CPU seconds that it took."""
    out, err, start = io.StringIO(), io.StringIO(), time.process_time()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(["ids", *arguments, "--json"])
    seconds = time.process_time() - start
    out, err = out.getvalue(), err.getvalue()
    if meaning is None:
        assert (status, out) == (2, ""), (status, out)
        assert err.startswith("pigeonhole: "), err
        assert err.count("\n") == 1, err
        return seconds
    assert (status, err) == (0, ""), err
    _check_report(json.loads(out, parse_float=Fraction), *meaning)
    return seconds


def _check_report(report, size, length, ticks, ids, tenants, risk):
    space = size**length * ticks
    assert (report["alphabet_size"], report["length"]) == (size, length)
    assert report.get("ids") == ids
    assert report["tenants"] == tenants
    assert _is_close(report["risk"], risk)
    safe = report["safe"]
    assert report["unsafe"] == safe + 1
    assert not exact.reaches(tenants * safe, space, risk, tenants)
    assert exact.reaches(tenants * (safe + 1), space, risk, tenants)
    assert report["probability_safe"] < risk <= report["probability_unsafe"]
    for name, number in (("safe", safe), ("unsafe", safe + 1)):
        probability = exact.probability(tenants * number, space, tenants)
        assert _is_close(report[f"probability_{name}"], probability), name
    if ids is None:
        return
    probability = exact.probability(ids, space, tenants)
    assert _is_close(report["probability"], probability)
    quotient, rest = divmod(ids, tenants)
    pairs = (tenants - rest) * quotient * (quotient - 1) + rest * quotient * (
        quotient + 1
    )
    assert _is_close(report["pairs"], Fraction(pairs, 2 * space))
    shortest = report["shortest"]
    assert not exact.reaches(ids, size**shortest * ticks, risk, tenants)
    if shortest > 1:
        assert exact.reaches(ids, size ** (shortest - 1) * ticks, risk, tenants)


def _is_close(value, expected):
    # Numbers have 17 digits; those of safe numbers are rounded away from the risk.
    return abs(value - expected) <= 2 * abs(expected) / 10**16


def run():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    main(["ids", "--bits", "64"])  # Imports take time only once.
    rng, wrong, refused, slowest = random.Random(options.seed), 0, 0, (0.0, "")
    for _ in range(options.lines):
        arguments, meaning = random_line(rng)
        refused += meaning is None
        try:
            seconds = check_line(arguments, meaning)
        except Exception as error:  # noqa: BLE001
            print(type(error).__name__, error, " ".join(arguments)[:2000], flush=True)
            wrong += 1
        else:
            slowest = max(slowest, (seconds, " ".join(arguments)))
    print(
        f"{options.lines:,} command lines, {refused:,} of them refused, {wrong:,} "
        f"wrong; the slowest took {slowest[0]:.2f} s: {slowest[1][:200]}"
    )
    sys.exit(wrong > 0 or slowest[0] > MAX_SECONDS)


if __name__ == "__main__":
    run()
