"""The command `pigeonhole ids`."""

import json
import random
from fractions import Fraction

import pytest
import random_ids

RETRIES = (
    "  if you check each new id and retry on a collision, the next id takes {} retries "
    "on average"
)
ATTACK = (
    "If ids are hashes, a deliberate collision takes {} of them, {} at a billion per "
    "second"
)


def test_the_report_of_a_scheme_and_a_number_of_ids(call):
    command = ("ids", "--scheme", "get_uid", "--ids", "4096", "--risk", "0.5")
    status, out, err = call(*command)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "get_uid: first 4 characters of a base64 MD5",
        "  24 random bits, 16,777,216 different ids",
        "  64 characters: + / 0-9 A-Z a-z",
        "4,096 ids",
        "  P(any collision) = 0.39342",
        "  expected number of equal pairs: 0.4999",
        "  shortest safe length: 4 characters, P = 0.39342",
        "  one character shorter: P = 1 - 1.08e-14",
        RETRIES.format("0.000244"),
        "Accepted risk 0.5",
        "  4,822 ids are safe: P = 0.499865",
        "  4,823 ids are unsafe: P = 0.500009",
        ATTACK.format("5,130", "less than 1 second"),
    ]


def test_the_largest_safe_number_is_written_out(call):
    _, out, _ = call("ids", "--scheme", "uuid4", "--ids", "1e9")
    lines = out.splitlines()
    start = lines.index("Accepted risk 1e-06")
    assert "  P(any collision)" in "\n".join(lines[:start])
    assert lines[start + 1 : start + 3] == [
        "  3,260,955,271,572,251 ids are safe: P = 1e-06 - 4.44e-22",
        "  3,260,955,271,572,252 ids are unsafe: P = 1e-06 + 1.69e-22",
    ]
    assert "shortest safe length: 79 bits" in out
    assert "one bit shorter" in out
    # Nobody can choose random ids.
    assert "deliberate" not in out


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ("--alphabet 0123456789 --length 6", ["  10 characters: 0-9"]),
        ("--alphabet 62", ["  (for 62 different characters, use --alphabet-size 62)"]),
        ("--alphabet Hex", ["  16 characters: 0-9 a-f"]),
        ("--alphabet a-z", ["  26 characters: a-z"]),
        ("--scheme nanoid --length 10", ["  60 random bits in 10 characters, "]),
        ("--bits 1 --ids 1 --risk 1e-300", ["1 id", "  1 id is safe: P = 0"]),
        ("--bits 1 --ids 1", [RETRIES.format(1).replace("retries", "retry")]),
        ("--bits 2 --ids 3 --risk .9999999", ["Accepted risk 0.9999999"]),
        (
            "--bits 2048 --ids 1e400",
            ["1e+400 ids", "  2.542e+305 ids are safe", "  one id more is unsafe"],
        ),
        (
            "--bits 10000 --ids 1e4000 --tenants 1e100 --risk 1e-300",
            ["  10,000 random bits, 1.995e+3010 different ids"],
        ),
        (
            "--alphabet 01 --length 10000 --rate 1e20/ms --time 1e12y",
            ["3.156e+42 ids at random times within 1,000,000,000,000 years"],
        ),
        ("--alphabet-size 1e18 --length 167", ["  9,985.72 random bits"]),
        ("--scheme uuid7", ["Accepted risk 1e-06, for ids created within one millis"]),
        ("--scheme ksuid --ids 9", ["9 ids within one second"]),
        (
            "--scheme uuid7 --rate 1000/s --time 1y",
            [
                "31,557,600,000 ids at random times within 1 year, 31,557,600,000 cloc",
                "  P(any collision) = 8.35323e-13",
                "Accepted risk 1e-06, for ids created at random times within 1 year",
                "  34,",
            ],
        ),
        (
            "--scheme ulid --ids 1e9 --time 2weeks",
            ["1,000,000,000 ids at random times within 2 weeks"],
        ),
        ("--bits 64 --rate 100/hour --time 1month", ["73,050 ids at random times"]),
        ("--bits 64 --rate 1/min --time 150s", ["3 ids at random times"]),
        (
            "--bits 64 --ids 1e9 --tenants 1,000",
            [
                "1,000,000,000 ids, shared evenly by 1,000 tenants",
                "Accepted risk 1e-06 that any of 1,000 tenants has equal ids",
                "  192,077 ids per tenant are safe",
            ],
        ),
        ("--bits 64 --ids 1e4000", ["  expected number of equal pairs: 2.711e+7980"]),
        (
            "--alphabet-size 21,400 --length 1",
            ["1 character from an alphabet of 21,400"],
        ),
        (
            "--alphabet-size 62 --length 8",
            ["If its characters are random bytes modulo 62, an id loses 0.0758 of its"],
        ),
    ],
)
def test_answers(call, arguments, lines):
    status, out, err = call("ids", *arguments.split())
    assert (status, err) == (0, "")
    for line in lines:
        assert any(other.startswith(line) for other in out.splitlines()), out
    assert "inf" not in out.lower()


def test_json_has_numbers_of_any_size(call):
    command = ("ids", "--bits", "10000", "--ids", "1e6", "--json")
    status, out, err = call(*command)
    assert (status, err) == (0, "")
    report = json.loads(out, parse_float=Fraction)
    assert report["ids"] == 10**6
    assert report["safe"] > 10**1500
    assert report["probability_safe"] < report["risk"] < report["probability_unsafe"]
    exact = Fraction(10**6 * (10**6 - 1), 2 * 2**10_000)
    assert abs(report["probability"] / exact - 1) < 1e-15


def test_json_leaves_out_what_does_not_apply(call):
    _, out, _ = call("ids", "--alphabet-size", "62", "--ids", "1e6", "--json")
    report = json.loads(out)
    assert (report["alphabet_size"], report["length"]) == (62, 8)
    assert report["probability"] == pytest.approx(0.00228739, rel=1e-4)
    assert report["bits_lost_by_modulo"] == pytest.approx(0.0758, abs=1e-3)
    assert not {"ticks", "seconds", "characters"} & set(report)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("v1.2", "v1.2.png v1.2.svg"),
        ("é ü.png", "é ü.png é ü.svg"),
        ("new/ids", "new"),
    ],
)
def test_plots_are_saved_under_the_name(call, tmp_path, name, files):
    folder = tmp_path / "plots"
    folder.mkdir()
    status, _, err = call("ids", "--bits", "64", "--plot", folder / name)
    assert (status, err) == (0, "")
    assert " ".join(sorted(path.name for path in folder.iterdir())) == files


def test_a_plot_replaces_no_file_of_the_user(call, one_line, tmp_path):
    (tmp_path / "mine.svg").write_text("a drawing")
    command = ("ids", "--bits", "64", "--plot", tmp_path / "mine")
    status, out, err = call(*command)
    assert (status, out) == (1, "")
    assert "--force" in one_line(err)
    assert (tmp_path / "mine.svg").read_text() == "a drawing"
    assert not (tmp_path / "mine.png").exists()
    assert call(*command, "--force")[0] == 0
    assert (tmp_path / "mine.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (".", "--plot is '.': add the name of a file."),
        ("..", "--plot is '..': add the name of a file."),
        ("", "--plot is '': add the name of a file."),
        ("new/", "--plot is 'new/': add the name of a file."),
        ("/dev/null", "--plot is '/dev/null': add the name of a file."),
        ("b.pdf", "--plot is 'b.pdf': figures are saved as SVG and PNG; omit"),
        ("/proc/x", "/proc/x.svg can't be written: "),
        ("/dev/null/x", "/dev/null/x.svg can't be written: "),
    ],
)
def test_paths_that_can_not_be_plotted_to(call, one_line, path, message):
    status, out, err = call("ids", "--bits", "64", "--plot", path)
    assert (status, out) == (1 if "written" in message else 2, "")
    assert one_line(err).startswith(message)


@pytest.mark.parametrize(
    ("number", "ids"),
    [
        ("1000000", 10**6),
        ("1e6", 10**6),
        ("1,000,000", 10**6),
        ("2_000", 2000),
        ("2.5e3", 2500),
        ("9007199254740993", 2**53 + 1),
    ],
)
def test_numbers_of_ids_can_be_written_in_several_ways(call, number, ids):
    _, out, _ = call("ids", "--bits", "64", "--ids", number, "--json")
    assert json.loads(out)["ids"] == ids


@pytest.mark.parametrize("risk", ["1%", "0.01", "1e-2", ".01", "1e0%"])
def test_risks_can_be_written_in_several_ways(call, risk):
    _, out, _ = call("ids", "--bits", "64", "--risk", risk)
    assert "Accepted risk 0.01" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--bits 64 --risk 0", "--risk is '0': must be more than 0 and less than 1"),
        ("--bits 64 --risk 1", "--risk is '1': must be more than 0 and less than 1"),
        ("--bits 64 --risk 100%", "--risk is '100%': must be more than 0 and less"),
        ("--bits 64 --risk nan", "--risk is 'nan': write a probability such as"),
        ("--bits 64 --risk 1e-301", "--risk is '1e-301': must be from 1e-300 to 1"),
        ("--bits 64 --ids=-3", "--ids is '-3': must be from 0 to 1e4000."),
        ("--bits 64 --ids many", "--ids is 'many': write a number such as 1000000"),
        ("--bits 64 --ids 1,5", "--ids is '1,5': write a number such as 1000000"),
        ("--bits 64 --ids 1.5", "--ids is '1.5': must be a whole number"),
        ("--bits 64 --ids 1e9999", "--ids is '1e9999': must be from 1e-4000 to 1e4000"),
        ("--bits 64 --ids 1e999999999", "--ids is '1e999999999': must be from 1e-4000"),
        ("--bits 64 --ids inf", "--ids is 'inf': write a number such as 1000000"),
        ("--bits 64 --tenants 0", "--tenants is '0': must be from 1 to 1e100."),
        ("--bits 0", "--bits is '0': must be from 1 to 10,000."),
        ("--bits 10001", "--bits is '10001': must be from 1 to 10,000."),
        ("--bits x", "--bits is 'x': write a number such as"),
        ("--alphabet A", "an alphabet can't have 1 character"),
        ("--alphabet 1", "an alphabet can't have 1 character"),
        ("--alphabet-size 1", "--alphabet-size is '1': must be from 2 to 1e18."),
        ("--alphabet ABA", "the alphabet 'ABA' "),
        ("--alphabet 1e3", "the alphabet '1e3' is neither characters nor one of the"),
        ("--alphabet AB --length 0", "--length is '0': must be from 1 to 10,000."),
        ("--alphabet-size 62 --length 10000", "10,000 characters of 62 have 59,542 "),
        ("--scheme uuid9", "--scheme is 'uuid9': there is no such scheme; choose one"),
        ("--scheme snowflake", "snowflake ids have no random part"),
        ("--scheme uuid4 --length 10", "uuid4 ids have a fixed length: omit --length"),
        ("--scheme git --length 65", "git ids have 4 to 64 characters, not 65"),
        ("--bits 8 --length 3", "--bits is the length already: omit --length."),
        ("--bits 8 --scheme ulid", "pass exactly one of --scheme, --bits, --alphabet"),
        ("", "pass exactly one of --scheme, --bits, --alphabet and --alphabet-size."),
        ("--bits 8 --rate 5/s", "--rate needs --time; pass both."),
        ("--scheme uuid4 --time 1y", "--time needs --rate for uuid4"),
        ("--bits 8 --rate 5/x --time 1y", "--rate is '5/x': write a rate such as"),
        ("--bits 8 --rate 5 --time 1y", "--rate is '5': write a rate such as"),
        ("--bits 8 --rate=-5/s --time 1y", "--rate is '-5/s': write a rate such as"),
        ("--bits 8 --rate 5/m --time 1y", "--rate is '5/m': write min for minutes or"),
        ("--bits 8 --rate 5/s --time soon", "--time is 'soon': write a duration such"),
        ("--bits 8 --rate 5/s --time 9", "--time is '9': write a duration such as"),
        ("--bits 8 --rate 5/s --time 0s", "--time is '0s': must be from 1e-30 to"),
        ("--bits 8 --rate 0.1/s --time 1s", "--rate and --time give less than one id"),
        ("--bits 8 --rate 1e4000/s --time 1y", "--rate and --time give more than 1e40"),
        ("--bits 8 --rate 5/s --time 1y --ids 4", "pass either --ids or --rate and"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(call, one_line, arguments, message):
    status, out, err = call("ids", *arguments.split())
    assert (status, out) == (2, "")
    assert one_line(err).startswith(message)


@pytest.mark.parametrize(
    ("max_bits", "lines", "seed"), [(200, 250, 1), (2000, 30, 2), (10_000, 8, 3)]
)
def test_random_command_lines_equal_exact_integers(max_bits, lines, seed):
    rng = random.Random(seed)
    for _ in range(lines):
        random_ids.check_line(*random_ids.random_line(rng, max_bits))
