"""Tests for the credits of photos in a folder."""

import pytest

from pigeonhole.photos.folder_credits import (
    UnreadableCredits,
    read_folder_credits,
    with_credits,
    write_folder_credits,
)
from pigeonhole.photos.ledger import PhotoRow, photo_path

ANN = PhotoRow("a.jpg", "openverse", "Ann", "https://x/ann", "https://x/1", "", "CC0")
HEADER = "photo,source,photographer,photographer_url,page_url,license,sha256"


def test_written_credits_are_read(tmp_path):
    other = PhotoRow('sub/b, "c".jpg', "folder", "Bo", sha256="0" * 64)
    write_folder_credits(tmp_path, [other, ANN])
    assert (tmp_path / "credits.csv").read_text().splitlines()[0] == HEADER
    assert read_folder_credits(tmp_path) == {ANN.photo: ANN, other.photo: other}


def test_a_folder_without_the_file_has_no_credits(tmp_path):
    assert read_folder_credits(tmp_path) == {}


def test_only_the_name_of_a_photo_is_needed(tmp_path):
    table = "\ufeffphotographer,photo\n Ann \t Doe ,a.jpg\nEve,b.jpg\nBo,b.jpg\n"
    (tmp_path / "credits.csv").write_text(table)
    credited = read_folder_credits(tmp_path)
    assert credited["a.jpg"] == PhotoRow("a.jpg", "folder", "Ann Doe")
    assert credited["b.jpg"].photographer == "Bo"


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("", "line 0 is damaged (it has no header)"),
        ("license\nCC0\n", "it has no column 'photo'"),
        ("photo,by\na.jpg,Ann\n", "there is no column 'by', only photo, source"),
        ("photo,license\na.jpg,CC0\n,CC0\n", "line 3 is damaged (it has no photo)"),
        ("photo,license\na.jpg\n", "line 2 is damaged (more or fewer cells"),
    ],
)
def test_a_damaged_file_has_one_sentence(tmp_path, table, reason):
    (tmp_path / "credits.csv").write_text(table)
    with pytest.raises(UnreadableCredits) as caught:
        read_folder_credits(tmp_path)
    assert reason in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'credits.csv'} can't be used: ")
    assert "Correct it, or delete it" in str(caught.value)


def test_a_folder_of_this_name_has_one_sentence(tmp_path):
    (tmp_path / "credits.csv").mkdir()
    with pytest.raises(UnreadableCredits, match="is a directory"):
        read_folder_credits(tmp_path)


def test_a_credit_is_for_the_content_that_it_names():
    row = PhotoRow("a.jpg", "pexels", "Eve", image_url="p/a.jpg", sha256="1" * 64)
    mine = PhotoRow("a.jpg", "openverse", "Ann", license="CC0", sha256="1" * 64)
    other = PhotoRow("a.jpg", "openverse", "Bo", sha256="2" * 64)
    [credited] = with_credits([row], {"a.jpg": mine})
    assert (credited.source, credited.photographer) == ("openverse", "Ann")
    assert (credited.image_url, credited.sha256) == ("p/a.jpg", "1" * 64)
    for others in ({"a.jpg": other}, {"b.jpg": mine}, {}):
        [left] = with_credits([row], others)
        assert (left.source, left.photographer, left.license) == ("folder", "", "")


def test_a_credited_photo_is_read_in_its_folder(tmp_path):
    for name, url in (("a.jpg", "p/a.jpg"), ("s/a.jpg", "/p/s/a.jpg"), ("a", "a")):
        row = PhotoRow(name, "openverse", image_url=url)
        assert photo_path(row, tmp_path).as_posix() == url
    for url in ("https://x/a.jpg", "", "scikit-image: a.npy", "/etc/ba.jpg"):
        row = PhotoRow("a.jpg", "openverse", image_url=url)
        assert photo_path(row, tmp_path) == tmp_path / "a.jpg"
