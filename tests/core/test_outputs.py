"""Outputs never replace a file of the user."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from pigeonhole.core.atomic import DiskFull, write_text
from pigeonhole.core.outputs import CannotWrite, OutputRefused, Outputs, move_to_unused


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working directory, and an own cache."""
    monkeypatch.setenv("PIGEONHOLE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def write(*names, text="ours", folders=(), **options):
    """Write outputs as a command does."""
    outputs = Outputs([Path(name) for name in names], **options)
    if folders:
        outputs = Outputs(outputs.files, [Path(name) for name in folders], **options)
    outputs.check()
    with outputs.write() as staged:
        for path in outputs.files:
            write_text(staged(path), text)
        for path in outputs.folders:
            write_text(staged(path) / "0" / "0_0.jpg", text)


def contents():
    """Return what every file contains, and where each link points."""
    paths = Path().rglob("*")
    return {
        str(path): path.readlink() if path.is_symlink() else path.read_bytes()
        for path in paths
        if path.is_symlink() or path.is_file()
    }


def test_own_files_and_folders_are_replaced():
    for text in ("first", "second"):
        write("a.png", "new/b.csv", text=text, folders=["a_files"])
    assert contents() == dict.fromkeys(
        ["a.png", "new/b.csv", "a_files/0/0_0.jpg"], b"second"
    )
    assert sorted(path.name for path in Path().iterdir()) == ["a.png", "a_files", "new"]


def changed(path):
    path.write_text("mine")


def touched(path):
    os.utime(path, ns=(1, 1))


def swapped(path):
    path.unlink()
    changed(path)


@pytest.mark.parametrize("change", [changed, touched, swapped])
def test_files_that_were_changed_are_the_users(change):
    write("a.png")
    change(Path("a.png"))
    before = contents()
    with pytest.raises(
        OutputRefused, match=r"^a\.png can't.*name, or replace .*--force"
    ):
        write("b.png", "a.png")
    assert contents() == before
    write("a.png", force=True)
    assert contents() == {"a.png": b"ours"}


def test_without_its_record_a_file_is_the_users(tmp_path):
    write("a.png")
    shutil.rmtree(tmp_path / "cache")
    with pytest.raises(OutputRefused):
        write("a.png")


def test_a_cache_that_cannot_be_written_only_protects_the_files(monkeypatch, caplog):
    monkeypatch.setenv("PIGEONHOLE_CACHE", os.devnull)
    write("a.png")
    assert "The cache can't be written" in caplog.text
    with pytest.raises(OutputRefused):
        write("a.png")


def extra_file(path):
    (path / "diary.txt").write_text("mine")


def extra_folder(path):
    (path / "empty").mkdir()


def extra_link(path):
    (path / "link").symlink_to("/")


def lost_file(path):
    (path / "0" / "0_0.jpg").unlink()


@pytest.mark.parametrize("change", [extra_file, extra_folder, extra_link, lost_file])
def test_changed_folders_are_never_replaced(change):
    write("a.dzi", folders=["a_files"])
    change(Path("a_files"))
    before = contents()
    for force in (False, True):
        with pytest.raises(OutputRefused, match="a_files can't be written: it exists"):
            write("a.dzi", folders=["a_files"], force=force)
    assert contents() == before


@pytest.mark.parametrize(
    "kind", ["folder", "empty folder", "link", "file", "dead link"]
)
def test_folders_of_the_user_are_never_replaced(kind):
    Path("own").mkdir()
    Path("own/0.jpg").write_text("mine")
    path = Path("a_files")
    if kind == "link":
        path.symlink_to("own")
    elif kind == "dead link":
        path.symlink_to("nowhere")
    elif kind == "file":
        path.write_text("mine")
    else:
        path.mkdir()
        if kind == "folder":
            (path / "0.jpg").write_text("mine")
    before = contents()
    with pytest.raises(OutputRefused):
        write("a.dzi", folders=["a_files"], force=True)
    assert contents() == before


def name_itself(path):
    return path


def symbolic_link(path):
    link = Path("link.png")
    link.symlink_to(path)
    return link


def hard_link(path):
    link = Path("hard.png")
    os.link(path, link)
    return link


def linked_folder(path):
    Path("other").symlink_to(path.parent)
    return Path("other", path.name)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    "other_name", [name_itself, symbolic_link, hard_link, linked_folder]
)
@pytest.mark.parametrize("source", ["photos/a.png", "photos"])
def test_an_output_is_never_an_input(source, other_name, force):
    write_text(Path("photos/a.png"), "mine")
    output = other_name(Path("photos/a.png"))
    before = contents()
    with pytest.raises(OutputRefused):
        write(output, inputs={"the source": Path(source)}, force=force)
    assert contents() == before


def test_a_file_of_our_own_can_be_replaced_in_an_input_folder_but_not_if_it_is_read():
    write_text(Path("photos/a.png"), "mine")
    inputs = {"the tile folder": Path("photos")}
    for text in ("first", "second"):
        write("photos/m.png", text=text, inputs=inputs)
    with pytest.raises(OutputRefused, match="it is the target"):
        write("photos/m.png", inputs={**inputs, "the target": Path("photos/m.png")})


def test_an_input_in_an_output_folder_is_refused():
    write("a.dzi", folders=["a_files"])
    inputs = {"the target": Path("a_files/0/0_0.jpg")}
    with pytest.raises(OutputRefused, match="it contains the target"):
        write("a.dzi", folders=["a_files"], inputs=inputs, force=True)
    assert Path("a_files/0/0_0.jpg").exists()


@pytest.mark.parametrize(
    ("names", "folders"),
    [
        (("a.csv", "a.csv"), ()),
        (("a.csv", "./a.csv"), ()),
        (("a_files",), ("a_files",)),
        (("a_files/t.npz",), ("a_files",)),
    ],
)
def test_outputs_with_equal_names_are_refused(names, folders):
    with pytest.raises(OutputRefused):
        write(*names, folders=folders)
    assert not contents()


def test_files_that_appear_during_the_work_are_kept():
    outputs = Outputs([Path("a.png"), Path("b.png")])

    def work():
        with outputs.write() as staged:
            for path in outputs.files:
                staged(path).write_text("ours")
            Path("b.png").write_text("mine")

    with pytest.raises(OutputRefused):
        work()
    assert contents() == {"b.png": b"mine"}


def test_a_failure_keeps_what_was_there_and_leaves_no_folder():
    write("a.png", text="first")
    outputs = Outputs([Path("a.png"), Path("new/folder/b.png")])
    with pytest.raises(TypeError), outputs.write() as staged:
        staged(Path("a.png")).write_text(5)
    assert contents() == {"a.png": b"first"}
    assert [path.name for path in Path().iterdir()] == ["a.png"]


def test_errors_name_the_output_and_not_its_temporary_file():
    outputs = Outputs([Path("a.png")])
    with pytest.raises(DiskFull, match=r"^a\.png can't"), outputs.write() as staged:
        raise DiskFull(staged(Path("a.png")), "no space")
    with pytest.raises(CannotWrite, match=r"^a\.png can't"), outputs.write() as staged:
        staged(Path("a.png")).rename("no/such/folder")
    with pytest.raises(FileNotFoundError, match=r"photo\.jpg"), outputs.write():
        Path("photo.jpg").read_bytes()
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(DiskFull, match=r"^a\.png can't"), outputs.write():
        raise full


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a" * 252 + ".png", "file name too long"),
        ("file/a.png", "not a directory"),
        ("loop/a.png", "too many levels of symbolic links"),
        ("/proc/a.png", "no such file or directory"),
        ("folder", "it is a folder"),
        ("pipe", "it isn't a file"),
    ],
)
def test_places_where_nothing_can_be_written_are_reported_at_once(name, reason):
    Path("file").touch()
    Path("loop").symlink_to("loop")
    Path("folder").mkdir()
    os.mkfifo("pipe")
    with pytest.raises((CannotWrite, OutputRefused)) as caught:
        Outputs([Path(name)], force=True).check()
    assert str(caught.value).startswith(f"{name} can't be written: {reason}")


@pytest.mark.parametrize("length", [1, 200, 251, 255])
def test_names_of_any_length_that_the_file_system_allows(length):
    name = ("ä" * 127 + "x")[: length // 2].ljust(length // 2, "y")
    name += "z" * (length - len(name.encode()))
    write(name, text="first")
    write(name, text="second")
    assert contents() == {name: b"second"}


def test_a_file_can_be_moved_to_an_unused_name_without_replacing_any():
    for text in ("one", "two", "three"):
        Path("temporary").write_text(text)
        move_to_unused(Path("temporary"), Path("a.webm"))
    assert contents() == {"a.webm": b"one", "a-2.webm": b"two", "a-3.webm": b"three"}


@pytest.mark.parametrize("is_killed_before_the_move", [True, False])
def test_a_kill_while_an_output_is_replaced_leaves_a_file_that_is_ours(
    monkeypatch, is_killed_before_the_move
):
    def die(*_):
        raise KeyboardInterrupt

    write("a.png", text="first")
    step = (Path, "replace")
    if not is_killed_before_the_move:
        step = ("pigeonhole.core.outputs.sync_directory",)
    with monkeypatch.context() as patch:
        patch.setattr(*step, die)
        with pytest.raises(KeyboardInterrupt):
            write("a.png", text="second")
    assert contents() == {"a.png": b"first" if is_killed_before_the_move else b"second"}
    write("a.png", text="third")
    assert contents() == {"a.png": b"third"}
    os.utime("a.png", ns=(1, 1))
    with pytest.raises(OutputRefused):
        write("a.png", text="fourth")
