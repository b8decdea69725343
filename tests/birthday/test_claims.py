"""The verdicts on the claims of the tutorials."""

import math

import numpy as np
import pytest
from scipy.stats import poisson

from pigeonhole.birthday import tutorials
from pigeonhole.birthday.claims import EVIDENCE, judge_claims
from pigeonhole.core.tables import write_table


def rate_table(*shares, trials=1000, **columns):
    """Return a table of rates like that of an experiment."""
    hits = np.array([round(share * trials) for share in shares], float)
    table = {"hits": hits, "trials": np.full(len(shares), float(trials))}
    table["share"] = hits / trials
    return {**table, **{name: np.array(column) for name, column in columns.items()}}


@pytest.fixture
def tables():
    repeats = np.arange(80.0, 109.0)
    density = np.exp(-((repeats - 94) ** 2) / 50)
    return {
        "people": rate_table(0.507, 0.506, trials=10_000),
        "first_byte": {"repeats": repeats, "hits": np.round(density * 80)},
        "root": rate_table(0.38),
        "sweep": rate_table(0.333, 0.38, 0.393, bits=[4.0, 8.0, 40.0]),
        "get_uid": rate_table(0.393, repeats=[501.0]),
        "first_collision": {
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
    "uid-frequency",
}


def test_evidence_names_the_tables(tables):
    assert set(EVIDENCE) == tables.keys()


def test_only_wrong_claims_do_not_hold(tables):
    claims = judge_claims(tables)
    assert {claim.claim for claim in claims if not claim.holds} == WRONG
    assert len({claim.claim for claim in claims}) == len(claims) == 31
    assert all(claim.reason for claim in claims)


def test_claims_name_their_tutorial(tables):
    claims = judge_claims(tables)
    assert {claim.tutorial for claim in claims} == {
        tutorials.BIRTHDAY_TUTORIAL,
        tutorials.HASH_TUTORIAL,
        "",
    }
    by_people = {c.claim for c in claims if c.tutorial == tutorials.BIRTHDAY_TUTORIAL}
    assert by_people == {
        c.claim for c in claims if "people" in c.claim or "person" in c.claim
    } | {"last-factor", "six-weeks"}
    assert [claim.claim for claim in claims if not claim.tutorial] == ["sweep-uniform"]


def test_exact_values(tables):
    exact = {claim.claim: claim.exact for claim in judge_claims(tables)}
    assert exact["people-probability"] == pytest.approx(0.507297234323985, rel=1e-14)
    assert exact["people-count"] == pytest.approx(0.506323011819, rel=1e-11)
    assert exact["byte-repeats"] == pytest.approx(93.9929, rel=1e-6)
    assert exact["root-count"] == pytest.approx(0.380292, rel=1e-5)
    assert exact["sweep-half"] == pytest.approx(0.393469340287, rel=1e-11)
    assert exact["sweep-low"] == pytest.approx(0.333496, rel=1e-5)
    assert exact["uid-half"] == pytest.approx(0.393419972661, rel=1e-11)


def test_p_values_of_stated_counts(tables):
    claims = judge_claims(tables)
    p_values = {claim.claim: claim.p_value for claim in claims if claim.p_value}
    halves = {name: p_values.pop(name) for name in list(p_values) if "half" in name}
    assert p_values == {
        "people-count": pytest.approx(0.459, abs=0.001),
        "byte-repeats": pytest.approx(0.192, abs=0.001),
        "root-count": pytest.approx(0.494, abs=0.001),
        "uid-count": pytest.approx(0.929, abs=0.001),
        "sweep-uniform": 0.2,
    }
    # Claims of 50% are tested on our own sample, unless they hold, as for 23 people.
    assert halves.keys() == {"root-half", "sweep-half", "uid-half"}
    assert max(halves.values()) < 1e-9


def test_uniformity_fails_if_one_length_fails(tables):
    tables["first_collision"]["p_corrected"][0] = 0.001
    claims = {claim.claim: claim for claim in judge_claims(tables)}
    uniformity = claims["sweep-uniform"]
    assert not uniformity.holds
    assert "smallest of 6 p-values" in uniformity.reason
    assert uniformity.sample == (40.02, 39.95, 40.08, 1000)


def test_samples_come_from_the_tables(tables):
    rows = {claim.claim: claim.row() for claim in judge_claims(tables)}
    uid = rows["uid-count"]
    assert (uid["sample"], uid["trials"]) == (0.501, 1000)
    assert uid["low"] < 0.501 < uid["high"]
    assert rows["uid-half"]["sample"] == rows["uid-frequency"]["sample"] == 0.393
    assert rows["sweep-low"]["sample"] == 0.333
    assert rows["sweep-high"]["sample"] == 0.393
    assert rows["people-no-collision"]["sample"] == pytest.approx(0.493)
    assert rows["byte-repeats"]["low"] < 94 < rows["byte-repeats"]["high"]
    assert rows["two-people"]["sample"] == rows["two-people"]["p_value"] == ""


def test_the_table_of_claims(tables, tmp_path):
    claims = judge_claims(tables)
    write_table(tmp_path / "claims.csv", [claim.row() for claim in claims])
    text = (tmp_path / "claims.csv").read_text()
    assert text.startswith(
        "claim,statement,stated,exact,sample,low,high,trials,p_value,tested,verdict,"
        "reason,tutorial\n"
    )
    assert text.count("doesn't hold") == len(WRONG)
    reason = "50% needs 4,823 draws; if the claim were true, a sample like ours would"
    assert f'"{reason} occur in fewer than 1 in a million such experiments"' in text


def test_the_tutorial_counts_repeats_which_24_bits_explain(tables):
    claim = {claim.claim: claim for claim in judge_claims(tables)}["uid-count"]
    assert claim.exact == pytest.approx(0.49984, abs=1e-5)
    assert claim.holds
    assert "a line for every repeat, 499.84 on average in 1,000 runs" in claim.reason
    # The sum of the tutorial's 1,000 runs is nearly a Poisson variable.
    mean = 1000 * claim.exact
    nearer = np.arange(math.floor(mean - 2) + 1, math.ceil(mean + 2))
    assert claim.p_value == pytest.approx(1 - poisson.pmf(nearer, mean).sum(), rel=0.03)


def test_rows_tell_what_a_p_value_is_of(tables):
    rows = [claim.row() for claim in judge_claims(tables)]
    tested = {row["claim"]: row["tested"] for row in rows if row["p_value"] != ""}
    counts = {"people-count", "byte-repeats", "root-count", "uid-count"}
    assert {name for name in tested if tested[name] == "the tutorial's count"} == counts
    assert {tested[name] for name in tested.keys() - counts} == {"our sample"}
    assert not [row for row in rows if row["tested"] and row["p_value"] == ""]


def test_a_small_sample_rejects_no_claim(tables):
    tables["get_uid"] = rate_table(0.5, trials=2, repeats=[1.0])
    claim = {claim.claim: claim for claim in judge_claims(tables)}["uid-half"]
    assert not claim.holds
    assert claim.reason == (
        "50% needs 4,823 draws; a sample of 2 trials is too small to show the "
        "difference"
    )


def test_claims_about_lengths_that_were_not_measured_have_no_sample(tables):
    tables["sweep"] = rate_table(0.38, 0.39, bits=[8.0, 16.0])
    claims = {claim.claim: claim for claim in judge_claims(tables)}
    assert claims["sweep-low"].sample is None
    assert claims["sweep-high"].sample is None
    assert "our sample has 16 bits" in claims["sweep-half"].reason


def test_constants_equal_the_text_of_the_tutorials():
    text = """
        gave collision 497 times | 391 out of 1000 | P(A) = 0.5026
        P(A') = 0.4927027656760144 | I got 87 collisions | 3,628,800 seconds
        a bit before 3,000,000 | sprt(2^24) = 2^12 = 4,096 times
    """
    stated = {name: claim.stated for name, claim in tutorials.STATEMENTS.items()}
    for number in (
        f"{tutorials.UID_COUNT.hits} times",
        f"{tutorials.ROOT_COUNT.hits} out of {tutorials.ROOT_COUNT.trials}",
        f"P(A) = {tutorials.PEOPLE_COUNT.share}\n",
        f"{stated['people-no-collision']} ",
        f"{tutorials.BYTE_REPEATS} collisions",
        f"{stated['six-weeks']:,} seconds",
        f"{stated['dict-size']:,}",
        f"{tutorials.UID_USES:,} times",
    ):
        assert number in text
