"""`pigeonhole ids`: agrees with the research, and refuses nonsense in a sentence."""

import json
import math

import pytest

from pigeonhole.birthday.ids import (
    SCHEMES,
    answer,
    scheme_of_signs,
    shortest_length,
    tenants_probability,
)
from pigeonhole.birthday.theory import collision_probability, log_no_collision
from pigeonhole.birthday.variants import timed_collision_probability
from pigeonhole.cli.main import main
from pigeonhole.tiles.ids import RISK, id_length

RISKS = (1e-15, 1e-9, 1e-6, 0.01, 0.5)
# As the research has it: to four digits where longer.
TABLE = {
    "kubernetes": ("2", "2", "5", "537", "4460"),
    "git-7": ("2", "2", "23", "2323", "19290"),
    "crc32": ("2", "3", "93", "9292", "77163"),
    "docker": ("2", "750", "23730", "2.379e6", "1.975e7"),
    "nanoid-10": ("48", "48020", "1.519e6", "1.522e8", "1.264e9"),
    "xxh64": ("192", "192100", "6.074e6", "6.089e8", "5.057e9"),
    "uuid7": ("6147", "6.146e6", "1.944e8", "1.949e10", "1.618e11"),
    "ulid": ("49170", "4.917e7", "1.555e9", "1.559e11", "1.295e12"),
    "uuid4": ("1.031e11", "1.031e14", "3.261e15", "3.269e17", "2.715e18"),
    "nanoid": ("4.125e11", "4.125e14", "1.304e16", "1.308e18", "1.086e19"),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_table_of_the_research(name):
    for risk, text in zip(RISKS, TABLE[name], strict=True):
        found = answer(SCHEMES[name], risk=risk)
        # The research rounds to the largest safe number here and to the next one there.
        numbers = (max(found.safe, 2), found.at_risk)
        shown = {float(n) for n in numbers} | {float(f"{n:.3e}") for n in numbers}
        assert float(text) in shown, (risk, numbers)


def test_both_numbers_prove_the_largest_safe_one():
    for scheme in (SCHEMES["get_uid"], SCHEMES["uuid4"], scheme_of_signs("62", 8)):
        found = answer(scheme, risk=0.5)
        assert found.probability_safe <= 0.5 <= found.probability_at_risk
        assert found.at_risk == found.safe + 1
    assert answer(SCHEMES["get_uid"], risk=0.5).at_risk == 4823


def test_the_shortest_length_is_proved_by_the_one_before():
    found = answer(scheme_of_signs("0123456789abcdef", 7), 10**6, 1e-6)
    assert found.probability_shortest < 1e-6 <= found.probability_shorter
    assert found.shortest == 15
    assert collision_probability(10**6, 16**15) == found.probability_shortest


@pytest.mark.parametrize("tiles", [1, 2, 100, 10**5])
def test_tile_ids_are_as_long_as_the_tool_says(tiles):
    assert id_length(tiles) == shortest_length(tiles, 32, RISK)


def test_ids_that_hold_the_time():
    found = answer(SCHEMES["ulid"], 10**9, seconds=1000)
    assert found.ticks == 10**6
    assert found.probability == timed_collision_probability(1000, 10**6, 80)
    alone = answer(SCHEMES["ulid"], 10**9)
    assert alone.probability > found.probability


def test_tenants_whose_ids_may_be_the_same():
    found = answer(SCHEMES["docker"], 10**6 + 1, 1e-3, tenants=10)
    none = 9 * log_no_collision(10**5, 2**48) + log_no_collision(10**5 + 1, 2**48)
    assert found.probability == pytest.approx(-math.expm1(none), rel=1e-14)
    assert found.probability < answer(SCHEMES["docker"], 10**6 + 1).probability / 9
    assert found.probability_safe < 1e-3 <= found.probability_at_risk
    assert tenants_probability(10 * found.safe, 2**48, 10) == found.probability_safe
    assert found.pairs == pytest.approx((10**5 / 2**24) ** 2 * 5, rel=1e-4)
    assert answer(SCHEMES["docker"], 4, tenants=4).probability == 0
    timed = answer(SCHEMES["ulid"], 10**9, seconds=1000, tenants=5)
    assert timed.probability == timed_collision_probability(200, 5 * 10**6, 80)


@pytest.mark.parametrize("name", ["uuid4", "sha1", "sha512"])
@pytest.mark.parametrize("tenants", [7, 1000])
def test_tenants_of_large_spaces_are_answered_by_halving(name, tenants):
    # One by one it would take as many steps as rounding moves the answer by.
    found = answer(SCHEMES[name], tenants=tenants)
    assert found.probability_safe < found.risk <= found.probability_at_risk
    assert found.at_risk == found.safe + 1
    pairs = 2 * SCHEMES[name].space * found.risk / tenants
    assert math.isclose(found.safe, math.sqrt(pairs), rel_tol=1e-5)


def test_tenants_in_words(capsys):
    asked = ["ids", "--bits", "64", "--ids", "1e9", "--tenants", "1000"]
    assert main(asked) == 0
    text = capsys.readouterr().out
    assert "192,077 ids of each are safe" in text
    assert "shared evenly by 1,000 tenants" in text


def test_get_uid_in_words(capsys):
    assert main(["ids", "--scheme", "get_uid", "--ids", "4096", "--risk", "0.5"]) == 0
    text = capsys.readouterr().out
    for words in ("24.00 random bits", "4,822 ids are safe", "0.39342", "On purpose"):
        assert words in text


def test_uuid4_in_words_tells_the_two_numbers_apart(capsys):
    assert main(["ids", "--scheme", "uuid4", "--ids", "1e9"]) == 0
    text = capsys.readouterr().out
    at = text.index("Risk")
    assert 0 < text.index("P(any collision)") < at
    safe, next_one = (line.split() for line in text[at:].splitlines()[1:3])
    told = next_one[1].strip(":").replace(",", "")
    assert int(told) == int(safe[0].replace(",", "")) + 1
    assert float(safe[-1]) <= 1e-6 < float(next_one[-1])
    assert "shortest safe length: 79 bits" in text
    assert "one bit less" in text


def test_json_and_plot(capsys, tmp_path):
    command = ["ids", "--alphabet", "62", "--length", "8", "--ids", "1e6", "--json"]
    assert main([*command, "--plot", str(tmp_path / "ids")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["signs"] == 62
    assert told["probability"] == pytest.approx(0.00228739, rel=1e-4)
    assert told["bits_lost_by_modulo"] == pytest.approx(0.0758, abs=1e-3)
    assert (tmp_path / "ids.svg").exists()
    assert (tmp_path / "ids.png").exists()


def test_a_rate_and_a_time(capsys):
    assert main(["ids", "--scheme", "uuid7", "--rate", "1000/s", "--time", "1y"]) == 0
    assert "31,557,600,000 ids spread over 31,557,600,000 ticks" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--bits 64 --risk 0", "a risk lies between 0 and 1"),
        ("--bits 64 --risk 1", "a risk lies between 0 and 1"),
        ("--bits 64 --risk nan", "a risk lies between 0 and 1"),
        ("--bits 64 --ids -3", "there can't be -3 ids"),
        ("--bits 64 --tenants 0", "there can't be 0 tenants"),
        ("--bits 64 --ids many", "'many' is no number of ids"),
        ("--bits 0", "1 to 10,000 bits"),
        ("--alphabet A", "an alphabet of 1 sign"),
        ("--alphabet 1", "an alphabet of 1 sign"),
        ("--alphabet ABA", "has a sign twice"),
        ("--alphabet AB --length 0", "1 to 10,000 signs"),
        ("--scheme uuid9", "there is no scheme 'uuid9'"),
        ("--scheme snowflake", "have no random part"),
        ("--bits 8 --scheme ulid", "one of --scheme, --bits and --alphabet"),
        ("", "one of --scheme, --bits and --alphabet"),
        ("--bits 8 --rate 5/s", "give both"),
        ("--bits 8 --rate 5/x --time 1y", "'5/x' is no rate"),
        ("--bits 8 --rate -5/s --time 1y", "'-5/s' is no rate"),
        ("--bits 8 --rate 5/s --time soon", "'soon' is no time"),
        ("--bits 8 --rate 5/s --time 1y --ids 4", "not both"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(arguments, words, capsys):
    assert main(["ids", *(arguments.replace("--rate -", "--rate=-").split())]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
