"""The verdicts on the tutorials, and the captions of the figures."""

import re

import numpy as np
import pytest

from pigeonhole.birthday import tutorials
from pigeonhole.birthday.claims import EVIDENCE, claims
from pigeonhole.core.tables import write_table


def rate(*shares, trials=1000, **columns):
    """A table of rates as an experiment would have left it."""
    hits = np.array([round(share * trials) for share in shares], float)
    table = {"hits": hits, "trials": np.full(len(shares), float(trials))}
    table["share"] = hits / trials
    return {**table, **{name: np.array(column) for name, column in columns.items()}}


@pytest.fixture
def tables():
    repeats = np.arange(80.0, 109.0)
    spread = np.exp(-((repeats - 94) ** 2) / 50)
    return {
        "people": rate(0.507, 0.506, trials=10_000),
        "first_byte": {"repeats": repeats, "hits": np.round(spread * 80)},
        "root": rate(0.38),
        "sweep": rate(0.333, 0.38, 0.393, bits=[4.0, 8.0, 40.0]),
        "get_uid": rate(0.393),
        "fit": {
            "bits": np.array([8.0, 40.0]),
            "effective_bits": np.array([8.01, 40.02]),
            "bits_low": np.array([7.98, 39.95]),
            "bits_high": np.array([8.03, 40.08]),
            "trials": np.array([10_000.0, 1000.0]),
            "p_corrected": np.array([0.7, 0.2]),
        },
    }


WRONG = {
    "people-outcomes",
    "byte-values",
    "root-half",
    "dict-size",
    "sweep-half",
    "uid-half",
    "uid-count",
}


def test_the_right_claims_hold_and_the_wrong_ones_do_not(tables):
    judged = claims(tables)
    assert {claim.claim for claim in judged if not claim.holds} == WRONG
    assert len({claim.claim for claim in judged}) == len(judged) == 22
    assert all(claim.reason for claim in judged)


def test_exact_values_beside_the_stated_ones(tables):
    exact = {claim.claim: claim.exact for claim in claims(tables)}
    assert exact["people-probability"] == pytest.approx(0.507297234323985, rel=1e-14)
    assert exact["people-count"] == pytest.approx(0.506323011819, rel=1e-11)
    assert exact["byte-repeats"] == pytest.approx(93.9929, rel=1e-6)
    assert exact["root-count"] == pytest.approx(0.380292, rel=1e-5)
    assert exact["sweep-half"] == pytest.approx(0.393469340287, rel=1e-11)
    assert exact["sweep-low"] == pytest.approx(0.333496, rel=1e-5)
    assert exact["uid-half"] == pytest.approx(0.393419972661, rel=1e-11)


def test_p_values_of_the_tutorials_counts(tables):
    p_values = {claim.claim: claim.p_value for claim in claims(tables) if claim.p_value}
    halves = {name: p_values.pop(name) for name in list(p_values) if "half" in name}
    assert p_values == {
        "people-count": pytest.approx(0.459, abs=0.001),
        "byte-repeats": pytest.approx(0.192, abs=0.001),
        "root-count": pytest.approx(0.494, abs=0.001),
        "uid-count": pytest.approx(3.46e-11, rel=0.01),
        "sweep-uniform": 0.2,
    }
    # 50 %, by our own counts; that of 23 people holds.
    assert halves.keys() == {"root-half", "sweep-half", "uid-half"}
    assert max(halves.values()) < 1e-9


def test_a_law_that_fails_at_one_length_fails(tables):
    tables["fit"]["p_corrected"][0] = 0.001
    judged = {claim.claim: claim for claim in claims(tables)}["sweep-uniform"]
    assert not judged.holds
    assert "least of 6 p-values" in judged.reason
    assert judged.measured == (40.02, 39.95, 40.08, 1000)


def test_what_we_measured_comes_from_the_tables(tables):
    rows = {claim.claim: claim.row() for claim in claims(tables)}
    uid = rows["uid-count"]
    assert (uid["measured"], uid["trials"]) == (0.393, 1000)
    assert uid["low"] < 0.393 < uid["high"]
    assert rows["sweep-low"]["measured"] == 0.333
    assert rows["sweep-high"]["measured"] == 0.393
    assert rows["people-no-collision"]["measured"] == pytest.approx(0.493)
    assert rows["byte-repeats"]["low"] < 94 < rows["byte-repeats"]["high"]
    assert rows["two-people"]["measured"] == rows["two-people"]["p_value"] == ""


def test_a_table_of_claims_is_written_for_people(tables, tmp_path):
    write_table(tmp_path / "claims.csv", [claim.row() for claim in claims(tables)])
    text = (tmp_path / "claims.csv").read_text()
    assert text.startswith(
        "claim,statement,stated,exact,measured,low,high,trials,p_value,verdict,reason\n"
    )
    assert text.count("doesn't hold") == len(WRONG)
    assert '"50 % needs 4,823 draws; were it true, our count would occur in' in text
    assert "less than one of a million such experiments" in text


def test_the_tutorials_say_so():
    """The constants, as the tutorials print them."""
    said = """
        gave collision 497 times | 391 out of 1000 | P(A) = 0.5026
        P(A') = 0.4927027656760144 | I got 87 collisions | 3,628,800 seconds
        a bit before 3,000,000 | sprt(2^24) = 2^12 = 4,096 times
    """
    for number in (
        f"{tutorials.UID_COUNT.hits} times",
        f"{tutorials.ROOT_COUNT.hits} out of {tutorials.ROOT_COUNT.trials}",
        f"P(A) = {tutorials.PEOPLE_COUNT.share}\n",
        f"{tutorials.NO_COLLISION} ",
        f"{tutorials.BYTE_REPEATS} collisions",
        f"{tutorials.SIX_WEEKS:,} seconds",
        f"{tutorials.DICT_SIZE:,}",
        f"{tutorials.UID_USES:,} times",
    ):
        assert number in said


def test_every_caption_asks_only_for_what_its_rule_has(root):
    """A caption's missing name would render as nothing."""
    files = sorted((root / "workflow/rules").glob("*.smk"))
    rules = "".join(path.read_text() for path in files)
    blocks = {
        name: block
        for block in re.split(r"^(?:use )?rule ", rules, flags=re.MULTILINE)
        for name in re.findall(r"report/(\w+)\.rst", block)
    }
    drawn = set(EVIDENCE) - {"fit"}
    assert blocks.keys() >= drawn | {"claims", "curve", "dict_seconds"}
    for name, block in blocks.items():
        caption = (root / f"workflow/report/{name}.rst").read_text()
        for param in re.findall(r"snakemake\.params\.(\w+)", caption):
            assert re.search(rf"^        {param}=", block, re.MULTILINE), (name, param)
