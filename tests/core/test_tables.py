"""CSV tables survive a round trip and report damage."""

import pytest

from pigeonhole.core.tables import (
    UnreadableTable,
    join_tables,
    read_numbers,
    read_records,
    read_rows,
    read_table,
    write_rows,
    write_table,
)


def test_rows_round_trip(tmp_path):
    rows = [
        {"a": 'a "quote"', "b": "one, two"},
        {"a": "line\nbreak", "b": "carriage\rreturn"},
        {"a": "both\r\n", "b": " "},
        {"a": "", "b": "ü 🐦 {x}"},
    ]
    write_rows(tmp_path / "x.csv", ("a", "b"), rows)
    assert read_rows(tmp_path / "x.csv") == rows


def test_rows_end_in_plain_newlines(tmp_path):
    write_rows(tmp_path / "x.csv", ("a", "b"), [{"a": 1, "b": 0.5}])
    assert (tmp_path / "x.csv").read_bytes() == b"a,b\n1,0.5\n"


def test_a_row_with_an_unknown_column_writes_nothing(tmp_path):
    with pytest.raises(ValueError, match="fields not in fieldnames"):
        write_rows(tmp_path / "x.csv", ("a",), [{"a": 1, "b": 2}])
    assert not list(tmp_path.iterdir())


def test_tables_are_joined_by_rows_and_read_by_columns(tmp_path):
    shards = [tmp_path / "0.csv", tmp_path / "1.csv"]
    write_table(shards[0], [{"a": 1, "b": 2}])
    write_table(shards[1], [{"a": 3, "b": 4.5}, {"a": 5, "b": 6}])
    join_tables(shards, tmp_path / "all.csv")
    assert read_numbers(tmp_path / "all.csv")[1] == {"a": 3, "b": 4.5}
    write_table(tmp_path / "more.csv", [{"c": 7}, {"c": 8}, {"c": 9}])
    table = read_table(tmp_path / "all.csv", tmp_path / "more.csv")
    assert {name: column.tolist() for name, column in table.items()} == {
        "a": [1, 3, 5],
        "b": [2, 4.5, 6],
        "c": [7, 8, 9],
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a,b\n1,2\n\xff,1\n", "it isn't text in UTF-8"),
        (b"b,c\n1,2\n", "it has no column 'a'"),
        (b"b,c\n", "it has no column 'a'"),
        (b"x", "it has no column 'a'"),
        (b"", r"line 0 is damaged \(it has no header"),
        (b"a,b\n1,2\n3\n", r"line 3 is damaged \(more or fewer cells"),
        (b"a,b\n1,2,3\n", r"line 2 is damaged \(more or fewer cells"),
        (b"a,b\nx,2\n", "line 2 is damaged"),
        (b'a,b\n"x,2\n', "unexpected end of data"),
    ],
)
def test_damage_is_reported_with_its_line(tmp_path, content, reason):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableTable, match=reason) as caught:
        read_records(path, lambda row: int(row["a"]))
    assert str(caught.value).startswith(f"{path} can't be used as a table: ")


def test_a_table_without_rows_needs_the_columns_of_its_records(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n")
    assert read_records(tmp_path / "x.csv", lambda row: int(row["b"])) == []
    with pytest.raises(UnreadableTable, match="it has no rows"):
        read_records(tmp_path / "x.csv", dict, may_be_empty=False)


def test_a_byte_order_mark_is_ignored(tmp_path):
    """Spreadsheet programs write one."""
    (tmp_path / "x.csv").write_text("\ufeffa,b\n1,2\n", "utf-8")
    assert read_rows(tmp_path / "x.csv") == [{"a": "1", "b": "2"}]


def test_a_table_of_numbers_needs_a_row(tmp_path):
    write_rows(tmp_path / "x.csv", ("a",), [])
    with pytest.raises(UnreadableTable, match="it has no rows"):
        read_numbers(tmp_path / "x.csv")
