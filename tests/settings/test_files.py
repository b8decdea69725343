"""Files of settings are read as written, and mistakes are reported with their place."""

import pytest

from pigeonhole.settings import load, read_settings_files
from pigeonhole.settings.files import UnreadableSettings, read_settings_file


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "mine.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_settings_file(path)

    return read


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        ("photos:\n\tsource: demo\n", (2, 1), "this is a tab; use spaces"),
        ("a:\r\n  b: 1\r\n\tc: 2\r\n", (3, 1), "this is a tab; use spaces"),
        ("a:\n  b: cat: dog\n", (2, 9), "that contains a colon and a space in quotes"),
        ("a: 1\rb: c: d\r", (2, 5), "that contains a colon and a space in quotes"),
        ("a:\n  b: 1\n  c d\n  e: 5\n", (3, 3), "the colon .* is missing"),
        (
            "a\n  b: 1\n",
            (2, 4),
            "indented too far, or the one above lacks a colon",
        ),
        ("a:\n  b: 1\n   c: 5\n", (3, 5), "this line is indented too far"),
        ("a:\n    b: 1\n  c: 5\n", (3, 3), "must begin in the same column"),
        ("a: [b, c\nd: 5\n", (2, 2), r"or \] for the \[ in line 1, column 4"),
        ("a: {b: c\nd: 5\n", (2, 2), "or } for the { in line 1, column 4"),
        ("a: 'cat\nb: 5\n", (1, 4), "the closing quotation mark is missing"),
        ('a: "C:\\Users\\me"\n', (1, 9), r"\\ has a special meaning .* single quotes"),
        ('a: "C:\\my pics"\n', (1, 8), r"\\ has a special meaning .* single quotes"),
        ("a: @b\n", (1, 4), "put a value that begins with @ in quotes"),
        ("a: *b\n", (1, 4), r"put a value that begins with \* in quotes"),
        ("a: !b c\n", (1, 4), "can't begin with !"),
        ("a: >b\n", (1, 4), "put a value that begins with > in quotes"),
        ('a: "\\U00110000"\n', (1, 5), r"the largest character is U\+10FFFF"),
        ('a: "\\UFFFFFFFF"\n', (1, 5), r"the largest character is U\+10FFFF"),
        ("a: *.jpg\n", (1, 4), r"put a value that begins with \* in quotes"),
        ("a: !!set {b}\n", (1, 4), "can't begin with !"),
        ("a: {b: !c}\n", (1, 8), "put a value that begins with ! in quotes"),
        ("a: {b: c?}\n", (1, 9), r"put a value that contains \? in quotes"),
        ("a: {b: #f80}\n", (2, 1), "a closing bracket is missing .* before a #"),
        ("a: {b: c #d}\n", (2, 1), "before a # that isn't in quotes"),
        ("a:\n- b\n-c\n", (3, 1), "put a space after the -"),
        ("[a]\nb = 5\n", (2, 1), "written as `name: value`"),
        ("a: &x 1\nb: &x 2\n", (2, 4), "this anchor is defined twice"),
        ("%YAML 3.0\n---\na: 1\n", (1, 1), "isn't a directive of YAML 1.1"),
        ("a: 1\n...\nb: 2\n", (3, 1), r"nothing may follow the line \.\.\."),
        ('{"a": 1}\n{"b": 2}\n', (2, 1), "second document"),
        ('{\n // b\n "a": 1}\n', (2, 2), "begin comments with #"),
        ('{"a": 1, /* b */ "c": 2}\n', (1, 10), "begin comments with #"),
        (r'{"a": "\ud800"}', (1, 7), "half of a surrogate pair"),
        ("\u200ba: 1\n", (1, 1), r"the invisible character U\+200B"),
        ("a: 1\n\ufeffb: 2\n", (2, 1), r"the invisible character U\+FEFF"),
        ("a:\n  <<: {b: 1}\n  <<: {b: 2}\n", (3, 3), "'<<' is set twice"),
        ("1: a\n'1': b\n", (2, 1), "'1' is set twice"),
        ("a: [1,,2]\n", (1, 7), "a value is missing before ,"),
        ("a: 1\n---\nb: 2\n", (2, 1), "second document"),
        ("a: 1\n<<<<<<< HEAD\nb: 2\n=======\n", (2, 1), "git left a conflict"),
        ("a: \x01\n", (1, 4), r"U\+0001 isn't allowed"),
        ("- a\n- b: 1\n", (1, 1), "written as `name: value`"),
        ("text\n", (1, 1), "written as `name: value`"),
        ("? [a]\n: 2\n", (1, 3), "the name of a setting must be text"),
        ("a:\n\xa0\xa0b: 1\n", (2, 1), r"the invisible character U\+00A0"),
        ("a: “cat”\n", (1, 4), "“cat” is in typographic quotes"),
        ("„a“: 1\n", (1, 1), "„a“ is in typographic quotes"),
        ("a: {b: 1}\nc: 2\na: {d: 3}\n", (3, 1), "'a' is set twice, first in line 1"),
        ("a:\n  - {b: {c: 1, c: 2}}\n", (2, 16), "'c' is set twice"),
        ('{\n\t"a": 1,\n\t"a": 2}', (3, 2), "'a' is set twice, first in line 2"),
        ("b:\n  <<: 5\n", (2, 7), "<< must be followed by a section"),
        ("a: &a [*a]\n", (1, 4), "contains itself"),
        ("a: ü\n".encode("latin-1"), (1, 4), "save it as UTF-8"),
        ("a: ü\n".encode("utf-16"), (1, 1), "save it as UTF-8"),
        ("a: b\n".encode("utf-16-le"), (1, 2), "save it as UTF-8"),
        (b"\xef\xbb\xbfa: b\xf4", (1, 5), "save it as UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0", (1, 1), "save it as UTF-8"),
    ],
)
def test_a_mistake_is_reported_with_line_and_column(read, content, place, reason):
    line, column = place
    start = rf"mine\.yaml, line {line}, column {column}: "
    with pytest.raises(UnreadableSettings, match=f"{start}.*{reason}") as caught:
        read(content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["a: " + "[" * 3000, '{"a":' * 3000])
def test_deep_nesting_is_reported(read, content):
    with pytest.raises(UnreadableSettings, match="nested too deeply"):
        read(content)


def test_a_missing_file_and_a_folder_are_reported(tmp_path):
    with pytest.raises(UnreadableSettings, match="no such file"):
        read_settings_file(tmp_path / "x.yaml")
    with pytest.raises(UnreadableSettings, match="can't be read"):
        read_settings_file(tmp_path)


@pytest.mark.parametrize("content", ["", "# a\n# b\n", "---\n", "null\n", "\ufeff"])
def test_an_empty_file_changes_nothing(read, content):
    assert read(content) == {}


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("1.5", 1.5),
        ("true", True),
        ("", None),
        ("~", None),
        # YAML 1.1 reads these as 750, 8, false, a date, and so on.
        ("12:30", "12:30"),
        ("010", "010"),
        ("no", "no"),
        ("2024-01-01", "2024-01-01"),
        ("2024-13-45", "2024-13-45"),
        ("1.10", "1.10"),
        ("1e6", "1e6"),
        ("0x10", "0x10"),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ("\u2019twas", "\u2019twas"),
        ("'“a”'", "“a”"),
        (r'"\ud83d\ude00\/"', "\U0001f600/"),
    ],
)
def test_a_value_is_read_without_surprises(read, content, value):
    assert read(f"a: {content}\n") == {"a": value}
    assert type(read(f"a: {content}\n")["a"]) is type(value)


def test_anchors_and_merge_keys_are_supported(read):
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, x: 5}\nc: {<<: [*a, {x: 9, z: 3}]}\n"
    content = read(text)
    assert content["b"] == {"x": 5, "y": 2}
    assert content["c"] == {"x": 1, "y": 2, "z": 3}


def test_the_type_of_a_setting_decides_what_a_value_means(read):
    text = """\
photos: {query: no, count: 010, locale: en-US}
mosaic: {width: 1_200, mirror: No, overlay: .5}
faces: {rotation: 1e1}
"""
    settings = load(read(text))
    assert (settings.photos.query, settings.photos.count) == ("no", 10)
    assert (settings.mosaic.width, settings.mosaic.mirror) == (1200, False)
    assert (settings.mosaic.overlay, settings.faces.rotation) == (0.5, 10)
    for query in ("1984", "010", "12:30", "true", "1.10", "2024-01-01"):
        assert load(read(f"photos: {{query: {query}}}")).photos.query == query


def test_config_yaml_means_the_same_to_other_programs(read, root):
    """So that a schema check in an editor agrees with the program."""
    yaml = pytest.importorskip("yaml")
    text = (root / "config.yaml").read_text()
    assert read(text) == yaml.safe_load(text)


def test_later_files_change_single_settings_of_earlier_ones(tmp_path):
    paths = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    paths[0].write_text("mosaic: {width: 1, large: {quality: 2, formats: [png]}}\n")
    paths[1].write_text("mosaic: {large: {formats: [tif]}}\nseed: 3\n")
    assert read_settings_files(paths, {"mosaic": {"width": 4}}) == {
        "mosaic": {"width": 4, "large": {"quality": 2, "formats": ["tif"]}},
        "seed": 3,
    }
