"""The command `pigeonhole ids`."""

import json

import pytest


def test_the_report_of_a_scheme_and_a_number_of_ids(call):
    command = ("ids", "--scheme", "get_uid", "--ids", "4096", "--risk", "0.5")
    status, out, err = call(*command)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("get_uid: ")
    assert lines[1] == "  24.00 random bits, 16,777,216 different ids"
    assert lines[2] == "4,096 ids"
    assert lines[3] == "  P(any collision) = 0.39342"
    assert "Accepted risk 0.5" in lines
    assert any(line.startswith("  4,822 ids are safe: P = 0.4998") for line in lines)
    assert any(line.startswith("  4,823 ids are unsafe: P = 0.50") for line in lines)
    assert "A deliberate collision takes 5.13e+03 hashes" in out
    assert "million MD5 hashes per second of this machine" in out


def test_the_largest_safe_number_is_written_out(call):
    _, out, _ = call("ids", "--scheme", "uuid4", "--ids", "1e9")
    lines = out.splitlines()
    start = lines.index("Accepted risk 1e-06")
    assert "  P(any collision)" in "\n".join(lines[:start])
    safe, unsafe = (line.split() for line in lines[start + 1 : start + 3])
    safe_number, unsafe_number = (
        int(words[0].replace(",", "")) for words in (safe, unsafe)
    )
    assert unsafe_number == safe_number + 1
    assert float(safe[-1]) <= 1e-6 < float(unsafe[-1])
    assert "shortest safe length: 79 bits" in out
    assert "one bit shorter" in out


def test_tenants_share_the_ids(call):
    _, out, _ = call("ids", "--bits", "64", "--ids", "1e9", "--tenants", "1000")
    assert "1,000,000,000 ids, shared evenly by 1,000 tenants" in out
    assert "192,077 ids per tenant are safe" in out


def test_a_rate_and_a_duration_give_the_number_of_ids(call):
    _, out, _ = call("ids", "--scheme", "uuid7", "--rate", "1000/s", "--time", "1y")
    assert "31,557,600,000 ids, spread over 31,557,600,000 clock ticks" in out


def test_json_and_plot(call, tmp_path):
    command = ("ids", "--alphabet", "62", "--length", "8", "--ids", "1e6", "--json")
    status, out, _ = call(*command, "--plot", tmp_path / "ids")
    assert status == 0
    report = json.loads(out)
    assert (report["alphabet_size"], report["length"]) == (62, 8)
    assert report["probability"] == pytest.approx(0.00228739, rel=1e-4)
    assert report["bits_lost_by_modulo"] == pytest.approx(0.0758, abs=1e-3)
    assert report["hashes_per_second_here"] > 0
    assert (tmp_path / "ids.svg").exists()
    assert (tmp_path / "ids.png").exists()


@pytest.mark.parametrize(
    ("number", "ids"),
    [("1000000", 10**6), ("1e6", 10**6), ("1,000,000", 10**6), ("2_000", 2000)],
)
def test_numbers_of_ids_can_be_written_in_several_ways(call, number, ids):
    _, out, _ = call("ids", "--bits", "64", "--ids", number, "--json")
    assert json.loads(out)["ids"] == ids


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--bits 64 --risk 0", "--risk is '0': must be greater than 0."),
        ("--bits 64 --risk 1", "--risk is '1': must be less than 1."),
        ("--bits 64 --risk nan", "--risk is 'nan': must be a finite number."),
        ("--bits 64 --ids -3", "--ids is '-3': must be greater than or equal to 0."),
        ("--bits 64 --ids many", "--ids is 'many': write a number such as 1000000"),
        ("--bits 64 --tenants 0", "--tenants is '0': must be greater than or equal"),
        ("--bits 0", "--bits is '0': must be greater than or equal to 1."),
        ("--bits x", "--bits is 'x': must be an integer."),
        ("--alphabet A", "an alphabet of 1 character"),
        ("--alphabet 1", "an alphabet of 1 character"),
        ("--alphabet ABA", "the alphabet 'ABA' "),
        ("--alphabet AB --length 0", "--length is '0': must be greater than or equal"),
        ("--scheme uuid9", "--scheme is 'uuid9': there is no such scheme; choose one"),
        ("--scheme snowflake", "snowflake ids have no random part"),
        ("--bits 8 --scheme ulid", "pass exactly one of --scheme, --bits and"),
        ("", "pass exactly one of --scheme, --bits and --alphabet."),
        ("--bits 8 --rate 5/s", "--rate and --time need each other; pass both."),
        ("--bits 8 --rate 5/x --time 1y", "--rate is '5/x': write a rate such as"),
        ("--bits 8 --rate=-5/s --time 1y", "--rate is '-5/s': write a rate such as"),
        ("--bits 8 --rate 5/s --time soon", "--time is 'soon': write a duration such"),
        ("--bits 8 --rate 5/s --time 1y --ids 4", "pass either --ids or --rate and"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(call, one_line, arguments, message):
    status, out, err = call("ids", *arguments.split())
    assert (status, out) == (2, "")
    assert one_line(err).startswith(message)
