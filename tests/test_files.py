"""Files appear whole or not at all."""

import os
import stat
import threading

import pytest

from pigeonhole.core.atomic import beside, update_bytes, write_bytes, write_text
from pigeonhole.core.tables import read_rows, write_rows


def test_a_file_and_its_folders_appear(tmp_path):
    path = tmp_path / "one" / "two" / "x.txt"
    write_text(path, "Grüße\n")
    assert path.read_bytes() == "Grüße\n".encode()
    assert [file.name for file in path.parent.iterdir()] == ["x.txt"]


def test_a_failure_leaves_the_old_file_and_no_draft(tmp_path):
    path = tmp_path / "x.txt"
    write_text(path, "old")
    with pytest.raises(TypeError), beside(path) as draft:
        draft.write_text(5)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_before_there_was_a_file_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), beside(tmp_path / "x.txt"):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_the_old_file_stands_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "x.txt"
    write_text(path, "old")
    with beside(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
        assert draft.suffix == path.suffix
        assert draft.name.startswith(".")
    assert path.read_text() == "new"


def test_permissions_follow_the_umask(tmp_path):
    write_bytes(tmp_path / "ours", b"")
    (tmp_path / "plain").touch()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_many_writers_leave_the_umask_alone(tmp_path):
    mask = os.umask(0o022)
    os.umask(mask)
    threads = [
        threading.Thread(target=write_bytes, args=(tmp_path / str(number), b"x"))
        for number in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = os.umask(mask)
    assert after == mask
    assert len(list(tmp_path.iterdir())) == 50


def test_update_leaves_a_right_file_alone(tmp_path):
    path = tmp_path / "x"
    update_bytes(path, b"one")
    os.utime(path, ns=(1, 1))
    update_bytes(path, b"one")
    assert path.stat().st_mtime_ns == 1
    update_bytes(path, b"two")
    assert path.read_bytes() == b"two"


def test_rows_round_trip(tmp_path):
    rows = [
        {"a": 'say "hi"', "b": "one, two"},
        {"a": "line\nbreak", "b": "carriage\rreturn"},
        {"a": "both\r\n", "b": " "},
        {"a": "", "b": "ü 🐦 {x}"},
    ]
    write_rows(tmp_path / "x.csv", ("a", "b"), rows)
    assert read_rows(tmp_path / "x.csv") == rows


def test_rows_are_plain_lines(tmp_path):
    write_rows(tmp_path / "x.csv", ("a", "b"), [{"a": 1, "b": 0.5}])
    assert (tmp_path / "x.csv").read_bytes() == b"a,b\n1,0.5\n"


def test_a_row_with_an_unknown_column_writes_nothing(tmp_path):
    with pytest.raises(ValueError, match="fields not in fieldnames"):
        write_rows(tmp_path / "x.csv", ("a",), [{"a": 1, "b": 2}])
    assert not list(tmp_path.iterdir())
