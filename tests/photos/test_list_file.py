"""Lists hold any file name, and nothing in them is lost."""

import codecs
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Box
from pigeonhole.photos.identity import VIEWS, Identity, RelativeBox
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.list_file import FORMER_NAMES, Entry, EntryList, parse_face

REMOVED, EXCLUDED = "photos.removal_list", "faces.exclude"
DIGEST, FINGERPRINT = "ab" * 32, "00ff00ff00ff00ff-102030"
NAMES = st.one_of(
    st.text(min_size=1).filter(lambda name: "\0" not in name),
    # Names that aren't valid UTF-8.
    st.binary(min_size=1).map(os.fsdecode),
    st.sampled_from(
        [
            "#me.jpg",
            "# me.jpg",
            " a.jpg",
            "a.jpg ",
            "{}.jpg",
            '"a",b.jpg',
            "\ufeffa.jpg",
        ]
        + [f"a{separator}b.jpg" for separator in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"]
        + ["a.jpg 1 2 3 4", f"a {DIGEST}", "\\u0041.jpg", "-a.jpg"]
    ),
)
SHARES = st.integers(1, 500_000).map(lambda parts: parts / 10**6)
ENTRIES = st.builds(
    Entry,
    st.builds(
        Identity,
        NAMES,
        st.sampled_from(["", DIGEST]),
        st.sampled_from([(), (FINGERPRINT,), (FINGERPRINT,) * len(VIEWS)]),
    ),
    st.none() | st.builds(RelativeBox, SHARES, SHARES, SHARES, SHARES),
    face=st.just(""),
)


def written(path, *entries, key=REMOVED):
    listed = EntryList.open(key, path, create=True).edit(entries)
    listed.save()
    return listed


@given(st.lists(ENTRIES, max_size=5, unique=True), st.sampled_from([REMOVED, EXCLUDED]))
def test_any_name_is_read_as_written(tmp_path_factory, entries, key):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.unlink(missing_ok=True)
    written(path, *entries, key=key)
    listed = EntryList.open(key, path)
    assert listed.checked() == entries
    # One line for each, after the header.
    assert path.read_bytes().count(b"\n") == len(entries) + 1
    # Added again, they change nothing. Deleted, the header remains.
    assert listed.edit(entries) == listed
    assert listed.edit([], entries).entries == []


SHORT = [
    (
        "my photo 2.jpg 1 2 3 4",
        Entry(Identity("my photo 2.jpg"), pixels=Box(1, 2, 3, 4)),
    ),
    (" lead.jpg\t5 6  7 8 ", Entry(Identity(" lead.jpg"), pixels=Box(5, 6, 7, 8))),
    (f"a b.jpg {DIGEST}", Entry(Identity("a b.jpg", DIGEST))),
    (
        f"é\u2028.jpg {DIGEST} {FINGERPRINT}",
        Entry(Identity("é\u2028.jpg", DIGEST, (FINGERPRINT,))),
    ),
    ('{"photo": "#1.jpg"}', Entry(Identity("#1.jpg"))),
]


@pytest.mark.parametrize("bom", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_lines_by_hand_and_of_earlier_versions_are_read(tmp_path, bom, end, last):
    path = tmp_path / "list.txt"
    text = end.join(line for line, _ in SHORT) + end * last
    path.write_bytes(bom + text.encode())
    listed = EntryList.open(REMOVED, path)
    assert listed.checked() == [entry for _, entry in SHORT]
    # New lines are added after them, and they stay as they are.
    new = Entry(Identity("new.jpg", DIGEST))
    listed.edit([new]).save()
    assert path.read_bytes().startswith(bom + text.encode())
    assert EntryList.open(REMOVED, path).checked()[len(SHORT) :] == [new]


def test_comments_and_blank_lines_stay(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("# mine\n\n#\n#comment\na.jpg 1 2 3 4\n\n")
    listed = EntryList.open(EXCLUDED, path)
    (entry,) = listed.checked()
    listed.edit([], [entry]).save()
    assert path.read_text() == "# mine\n\n#\n#comment\n\n"


@pytest.mark.parametrize(
    "line",
    [
        b"b.jpg",
        b"b.jpg 5 6 7",
        b"b.jpg 5 6 7 1234567890",
        b"a.jpg 1 2 3 4\rb.jpg 5 6 7 8",
        b"\xe9.jpg 1 2 3 4",
        "a.jpg 1 2 3 4".encode("utf-16"),
        # A name with a #, which earlier versions wrote and then ignored.
        f"#me.jpg {DIGEST}".encode(),
        b"#me.jpg 1 2 3 4",
        b"{",
        b"{}",
        b"[]",
        b'{"photo": 1}',
        b'{"photo": ""}',
        b'{"photo": "a", "Box": [0, 0, 1, 1]}',
        b'{"photo": "a", "box": [0, 0, 1]}',
        b'{"photo": "a", "box": [0, 0, 1, NaN]}',
        b'{"photo": "a", "box": [0, 0, 1, 1e9]}',
        b'{"photo": "a", "box": [0.5, 0, 0, 0.5]}',
        b'{"photo": "a", "sha256": "x"}',
        b'{"photo": "a", "fingerprints": ["x"]}',
        b'{"photo": "a", "fingerprints": 1}',
        b'{"photo": "a", "face": "x"}',
        b'{"a":' * 10_000,
    ],
)
def test_a_damaged_line_is_reported_and_kept(tmp_path, line):
    path = tmp_path / "list.txt"
    path.write_bytes(b"# mine\n" + line + b"\n" + b'{"photo": "a.jpg"}')
    listed = EntryList.open(REMOVED, path)
    assert [entry.identity.photo for entry in listed.entries] == ["a.jpg"]
    with pytest.raises(SettingsError) as caught:
        listed.checked()
    assert caught.value.key == f"{path} line 2"
    assert len(str(caught.value)) < 700
    assert "\n" not in str(caught.value)
    # It doesn't get in the way of a new entry.
    before = path.read_bytes()
    new = Entry(Identity("b.jpg"))
    listed.edit([new]).save()
    assert path.read_bytes() == before + f"\n{new.to_line()}\n".encode()


def test_a_missing_file_is_empty_only_at_the_default_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for key, name in ((REMOVED, "removed.txt"), (EXCLUDED, "faces-exclude.txt")):
        path = (tmp_path / name).relative_to(tmp_path)
        assert EntryList.open(key, path).lines == []
        with pytest.raises(SettingsError, match=f"{key} is 'typo.txt': there is no"):
            EntryList.open(key, path.with_name("typo.txt"))
        assert EntryList.open(key, path.with_name("typo.txt"), create=True).lines == []
        path.mkdir()
        with pytest.raises(SettingsError, match="it is a folder"):
            EntryList.open(key, path, create=True)


@pytest.mark.parametrize(("name", "former"), FORMER_NAMES.items())
def test_a_list_under_its_former_name_is_not_ignored(tmp_path, name, former):
    (tmp_path / former).write_text("a.jpg 1 2 3 4\n")
    for create in (True, False):
        with pytest.raises(SettingsError, match=f"rename .*{former}, its former"):
            EntryList.open(REMOVED, tmp_path / name, create=create)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_lists_saved_as_utf_16_are_read(tmp_path, encoding):
    path = tmp_path / "list.txt"
    text = "\ufeff# mine\r\nü x.jpg 1 2 3 4\r\n"
    path.write_bytes(text.encode(encoding))
    added = Entry(Identity("b.jpg", DIGEST))
    written(path, added)
    first, second = EntryList.open(REMOVED, path).checked()
    assert (first.identity.photo, first.pixels) == ("ü x.jpg", Box(1, 2, 3, 4))
    assert second == added
    assert path.read_text("utf-8").startswith("# mine\nü x.jpg 1 2 3 4\n{")


def test_a_link_to_a_list_stays_a_link(tmp_path):
    link, shared = tmp_path / "list.txt", tmp_path / "shared" / "all.txt"
    shared.parent.mkdir()
    shared.write_text("a.jpg 1 2 3 4\n")
    link.symlink_to(shared)
    written(link, Entry(Identity("b.jpg", DIGEST)))
    assert link.is_symlink()
    assert len(EntryList.open(REMOVED, shared).checked()) == 2


def test_a_list_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    listed = EntryList(REMOVED, tmp_path / "file" / "list.txt", [])
    with pytest.raises(SettingsError, match="it can't be written"):
        listed.edit([Entry(Identity("a.jpg"))]).save()


def test_boxes_outside_of_the_photo_are_not_completed():
    row = PhotoRow("a.jpg", "folder", width=100, height=50)
    identity = Identity("a.jpg", DIGEST, (FINGERPRINT,))
    inside = Entry(Identity("a.jpg"), pixels=Box(10, 20, 30, 30))
    assert inside.completed(identity, row).box == (0.1, 0.4, 0.3, 0.6)
    outside = Entry(Identity("a.jpg"), pixels=Box(10, 20, 30, 31))
    assert outside.completed(identity, row) is None


@pytest.mark.parametrize(
    ("text", "face"),
    [
        ("a b.jpg 1 2 3 4", ("a b.jpg", (1, 2, 3, 4))),
        ("  a.jpg\t1  2 3 4 ", ("  a.jpg", (1, 2, 3, 4))),
        ("#1\n2.jpg 1 2 3 4", ("#1\n2.jpg", (1, 2, 3, 4))),
        ("a.jpg", None),
        ("a.jpg 1 2 3", None),
        ("a.jpg 1 2 3 x", None),
        ("a.jpg 1 2 3 ٤", None),
        ("a.jpg 1 2 3 1234567890", None),
    ],
)
def test_faces_are_parsed(text, face):
    assert parse_face(text) == face
