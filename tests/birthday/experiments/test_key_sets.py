"""Generated key sets and files of keys."""

import pytest

from pigeonhole.birthday.experiments.key_sets import UnusableKeyFile, make_keys


@pytest.mark.parametrize("name", ["key%d", "counters", "random"])
def test_keys_of_a_set_differ(name):
    assert len(set(make_keys(name, 100, 1))) == 100


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        (b"one\ntwo\none\n", [b"one", b"two"]),
        (b"b\r\na\r\n\r\n", [b"a", b"b"]),
        (b"a single key", [b"a single key"]),
        (b"\xef\xbb\xbfkey\n", [b"key"]),
        # Latin-1, and a key with spaces.
        (b"M\xfcller\n x \n", [b" x ", b"M\xfcller"]),
    ],
)
def test_keys_are_read_from_a_file(content, keys, tmp_path):
    path = tmp_path / "keys.txt"
    path.write_bytes(content)
    assert make_keys(str(path), 5, 1) == keys


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no such file"),
        (b"", "it has no keys"),
        (b"\n\r\n", "it has no keys"),
        ("key\n".encode("utf-16"), "it is text in UTF-16"),
    ],
)
def test_unusable_key_files_get_one_sentence(content, reason, tmp_path):
    path = tmp_path / "keys.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnusableKeyFile, match=reason) as caught:
        make_keys(str(path), 5, 1)
    assert str(path) in str(caught.value)
    with pytest.raises(UnusableKeyFile, match="is a directory"):
        make_keys(str(tmp_path), 5, 1)
