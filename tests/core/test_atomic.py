"""Files appear completely or not at all."""

import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from pigeonhole.core.atomic import (
    atomic_directory,
    atomic_write,
    delete_own_files,
    short_name,
    write_bytes,
    write_text,
)


def test_parent_folders_are_created(tmp_path):
    path = tmp_path / "one" / "two" / "x.txt"
    write_text(path, "Grüße\n")
    assert path.read_bytes() == "Grüße\n".encode()
    assert [file.name for file in path.parent.iterdir()] == ["x.txt"]


def test_a_failure_keeps_the_old_file_and_removes_the_temporary_one(tmp_path):
    path = tmp_path / "x.txt"
    write_text(path, "old")
    with pytest.raises(TypeError), atomic_write(path) as temporary:
        temporary.write_text(5)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_of_the_first_writer_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), atomic_write(tmp_path / "x.txt"):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_the_old_file_stays_until_the_new_one_is_complete(tmp_path):
    path = tmp_path / "x.txt"
    write_text(path, "old")
    with atomic_write(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert temporary.suffix == path.suffix
        assert temporary.name.startswith(".")
    assert path.read_text() == "new"


@pytest.fixture
def calls(monkeypatch):
    """The calls of fsync and rename so far, in order: ("fsync", path), ..."""
    calls = []
    paths = {}
    real = {name: getattr(os, name) for name in ("open", "fsync", "replace", "rename")}

    def opened(path, *arguments, **keywords):
        descriptor = real["open"](path, *arguments, **keywords)
        paths[descriptor] = Path(path)
        return descriptor

    def synced(descriptor):
        calls.append(("fsync", paths[descriptor]))
        real["fsync"](descriptor)

    def renamed(name):
        def rename(source, target):
            calls.append(("rename", Path(source), Path(target)))
            real[name](source, target)

        return rename

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "fsync", synced)
    for name in ("replace", "rename"):
        monkeypatch.setattr(os, name, renamed(name))
    return calls


def test_content_is_flushed_before_the_rename_and_the_folder_after_it(tmp_path, calls):
    """Otherwise a power cut can leave an empty file under the final name."""
    path = tmp_path / "x.txt"
    with atomic_write(path) as temporary:
        temporary.write_text("new")
    assert calls == [
        ("fsync", temporary),
        ("rename", temporary, path),
        ("fsync", tmp_path),
    ]


def test_all_files_of_a_folder_are_flushed_before_its_rename(tmp_path, calls):
    path = tmp_path / "viewer"
    with atomic_directory(path, []) as temporary:
        (temporary / "tiles").mkdir()
        (temporary / "index.html").write_text("a")
        (temporary / "tiles" / "0.webp").write_text("b")
    rename = ("rename", temporary, path)
    before = calls[: calls.index(rename)]
    assert {name for _, name in before} == {
        temporary,
        temporary / "index.html",
        temporary / "tiles",
        temporary / "tiles" / "0.webp",
    }
    assert calls[calls.index(rename) + 1 :] == [("fsync", tmp_path)]


def test_files_of_the_user_move_into_the_new_folder(tmp_path):
    path = tmp_path / "viewer"
    old = {"index.html": "old", "tiles/0.png": "old", "tiles/mine.txt": "mine"}
    old |= {"a/b.png": "mine", "tiles/a/1.png": "mine", ".my-personal.txt": "mine"}
    old |= {".index-abcd1234.html": "killed", "tiles/.0-abcd_234.png": "killed"}
    old |= {".x-abcd1234.draft/0/1.jpg": "killed"}
    for name, content in old.items():
        write_text(path / name, content)
    (path / "link").symlink_to(tmp_path)
    with atomic_directory(path, ["index.html", "tiles/*.png"]) as temporary:
        write_text(temporary / "index.html", "new")
    files = {p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()}
    mine = {name for name, content in old.items() if content == "mine"}
    assert files == {"index.html", *mine}
    assert (path / "index.html").read_text() == "new"
    assert (path / "link").is_symlink()
    assert [p.name for p in tmp_path.iterdir()] == ["viewer"]


def test_a_folder_with_files_of_the_user_is_not_deleted(tmp_path):
    for name in ("a/own.png", "a/notes.txt", "b/own.png", "own.png"):
        write_text(tmp_path / "x" / name, "")
    assert delete_own_files(tmp_path / "x", ["own.png", "*/own.png"]) == [
        tmp_path / "x/a/notes.txt"
    ]
    assert [p.name for p in (tmp_path / "x").iterdir()] == ["a"]
    assert delete_own_files(tmp_path / "x", ["a/*"]) == []
    assert not (tmp_path / "x").exists()
    assert delete_own_files(tmp_path / "x", ["a/*"]) == []


def test_folders_that_cannot_be_flushed_are_skipped(tmp_path, monkeypatch):
    """Windows can't open folders."""
    real = os.open

    def files_only(path, *arguments, **keywords):
        if Path(path).is_dir():
            raise PermissionError
        return real(path, *arguments, **keywords)

    monkeypatch.setattr(os, "open", files_only)
    write_text(tmp_path / "x.txt", "a")
    assert (tmp_path / "x.txt").read_text() == "a"


def test_permissions_follow_the_umask(tmp_path):
    write_bytes(tmp_path / "atomic", b"")
    (tmp_path / "plain").touch()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_threads_that_write_do_not_change_the_umask(tmp_path):
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


@pytest.mark.parametrize(
    ("encoding", "name"), [("ascii", "a .png"), ("utf-8", "aé .png")]
)
def test_names_are_shortened_to_what_the_locale_can_write(monkeypatch, encoding, name):
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: encoding)
    assert short_name("aé .png", 0) == name
