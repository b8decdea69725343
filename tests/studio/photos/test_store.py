"""Tests for the photos of a project: uploads, linked folders and removal."""

import asyncio
import io
import os
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hostile_files import damaged_exif, make_hostile_folder, photo, snapshot
from hypothesis import given
from hypothesis import strategies as st
from image_samples import BOMB, HEIC, JPEG, PNG, encode
from PIL import Image

from pigeonhole.core.atomic import DiskFull
from pigeonhole.core.cache import cache_dir
from pigeonhole.core.errors import UnreadableImage
from pigeonhole.imaging.codecs import encode_jpeg, read_rgb, write_png
from pigeonhole.photos.files import scan_folder, usable_images
from pigeonhole.photos.folder_credits import read_folder_credits, write_folder_credits
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.sources.demo import demo_file
from pigeonhole.studio.photos.cutting import cut_project
from pigeonhole.studio.photos.erasure import NoFaceThere
from pigeonhole.studio.photos.folder_list import FolderUnreadable, list_folders
from pigeonhole.studio.photos.names import folded, safe_path
from pigeonhole.studio.photos.store import (
    MAX_UPLOAD_BYTES,
    PhotoStore,
    UnknownName,
    UploadRefused,
)
from pigeonhole.studio.projects.project import Project


@pytest.fixture
def project(tmp_path):
    return Project.create(tmp_path / "project")


@pytest.fixture
def store(project):
    return PhotoStore(project)


@pytest.fixture
def album(tmp_path):
    """A folder of the user: two photos, and one in a subfolder."""
    folder = tmp_path / "album"
    for number, name in enumerate(("a.jpg", "b.jpg", "sub/c.jpg")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(number))
    return folder


def jpeg(number):
    return encode(photo(number), "JPEG", quality=95)


def add(store, name, content, folder="", size=1000):
    """Upload a file in pieces, and return the name under which it is stored."""

    async def chunks():
        for start in range(0, len(content), size):
            yield content[start : start + size]

    return asyncio.run(store.add_upload(name, folder, chunks())).name


def refusal(store, name, content, folder=""):
    """Return the sentence with which an upload is refused."""
    before = snapshot(store.folder)
    with pytest.raises(UploadRefused) as caught:
        add(store, name, content, folder)
    assert snapshot(store.folder) == before
    return str(caught.value)


def names(store):
    return [row["name"] for row in store.photos()]


def test_an_upload_becomes_a_photo_of_the_project(store, project):
    assert add(store, "Beach.JPG", jpeg(1)) == "Beach.JPG"
    assert (project.photos_folder / "Beach.JPG").read_bytes() == jpeg(1)
    (row,) = store.photos()
    assert (row["name"], row["width"], row["height"]) == ("Beach.JPG", 64, 48)
    assert (row["state"], row["tiles"], row["uses"]) == ("waiting", 0, 0)
    assert names(PhotoStore(project)) == ["Beach.JPG"]


def test_a_photo_isn_t_visible_before_it_is_complete(store, project):
    async def chunks():
        yield jpeg(1)[:700]
        assert scan_folder(project.photos_folder).images == []
        assert any(project.photos_folder.iterdir())
        yield jpeg(1)[700:]

    asyncio.run(store.add_upload("a.jpg", "", chunks()))
    assert [path.name for path in project.photos_folder.iterdir()] == ["a.jpg"]


def test_an_upload_that_ends_early_leaves_nothing(store, project):
    async def chunks():
        yield jpeg(1)[:700]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        asyncio.run(store.add_upload("a.jpg", "", chunks()))
    assert list(project.photos_folder.iterdir()) == []


def test_uploads_at_the_same_time_get_names_of_their_own(store):
    async def chunks(number):
        yield jpeg(number)

    async def upload():
        uploads = (store.add_upload("IMG_1.jpg", "", chunks(n)) for n in range(9))
        return await asyncio.gather(*uploads)

    found = {file.name for file in asyncio.run(upload())}
    assert found == {"IMG_1.jpg", *(f"IMG_1 ({n}).jpg" for n in range(2, 10))}


def test_the_same_content_is_stored_once_also_after_a_restart(store, project):
    add(store, "a.jpg", jpeg(1))
    assert add(store, "b.jpg", jpeg(1)) == "a.jpg"
    assert add(PhotoStore(project), "b.jpg", jpeg(1)) == "a.jpg"
    assert (names(store), store.skipped()) == (["a.jpg"], [])
    store.remove(["a.jpg"])
    assert add(store, "b.jpg", jpeg(1)) == "b.jpg"


def test_a_file_that_is_sent_again_is_stored_once(store):
    for _ in range(2):
        assert add(store, "a.jpg", jpeg(1), "Album") == "Album/a.jpg"
    assert (names(store), store.skipped()) == (["Album/a.jpg"], [])
    assert add(store, "a.jpg", jpeg(1)) == "Album/a.jpg"


def test_a_full_disk_is_one_sentence(store, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device", "x")

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(DiskFull, match=r"a.jpg can't be written: no space left") as e:
        add(store, "a.jpg", jpeg(1))
    assert "\n" not in str(e.value)
    assert (list(store.folder.iterdir()), names(store)) == ([], [])


def test_a_copy_of_a_file_that_the_user_deleted_is_accepted(store, project):
    add(store, "a.jpg", jpeg(1))
    (project.photos_folder / "a.jpg").unlink()
    assert add(store, "b.jpg", jpeg(1)) == "b.jpg"


def test_a_damaged_index_costs_only_what_it_knew(store, project):
    add(store, "a.jpg", jpeg(1))
    (project.private_folder / "photos.sqlite").write_bytes(b"damaged" * 500)
    assert names(PhotoStore(project)) == ["a.jpg"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.jpg", b"", "the file is empty"),
        ("notes.txt", b"Dear diary", "isn't an image"),
        ("page.jpg", b"<!doctype html><title>Sign in</title>", "is a web page"),
        ("paper.jpg", b"%PDF-1.7\n" + bytes(999), "is a PDF document"),
        ("clip.jpg", b"\0\0\0\x18ftypmp42" + bytes(999), "is a video"),
        ("all.zip", b"PK\x03\x04" + bytes(999), "is a ZIP archive"),
        ("drawing.svg", b"<svg xmlns=''></svg>", "is a drawing"),
        ("raw.dng", b"II*\0" + bytes(999), r"raw camera files \(.dng\)"),
        ("raw.CR3", b"\0\0\0\x18ftypcrx " + bytes(999), "is a raw camera file"),
        ("layers.psd", b"8BPS" + bytes(999), "is a Photoshop file"),
        ("new.jxl", b"\xff\x0a" + bytes(999), "is a JPEG XL image"),
        ("lfs.jpg", b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        ("bomb.png", BOMB, "1073741824x1073741824 is more than"),
        ("cut.png", PNG[:40], "is damaged"),
        ("head.jpg", b"\xff\xd8\xff\xe0" + bytes(999), "is damaged"),
        ("cut.heic", HEIC[:60], "HEIC image is damaged"),
        ("dot.png", encode(Image.new("RGB", (1, 1))), "1x1 pixels are too few"),
        ("line.png", encode(Image.new("RGB", (300, 9))), "300x9 pixels are too few"),
    ],
)
def test_what_isn_t_a_usable_image_is_refused_and_listed(
    store, project, name, content, words
):
    sentence = refusal(store, name, content, "Some folder")
    assert "\n" not in sentence
    (row,) = PhotoStore(project).skipped()
    assert row["name"] == f"Some folder/{name}"
    assert sentence == f"{row['name']} isn't added: {row['text']}."
    assert words.replace("\\", "") in row["text"]
    store.clear_refused()
    assert store.skipped() == []


def test_a_mosaic_isn_t_a_photo(store, tmp_path):
    write_png(tmp_path / "mosaic.png", np.zeros((40, 40, 3), np.uint8), mosaic=True)
    content = (tmp_path / "mosaic.png").read_bytes()
    assert "is a mosaic made by Pigeonhole" in refusal(store, "m.png", content)


def test_a_heic_image_without_its_decoder_says_how_to_get_it(store, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pi_heif", None)
    assert "run `pip install pi-heif`" in refusal(store, "a.heic", HEIC)


def test_a_file_that_is_too_large_is_refused_while_it_arrives(store):
    received = 0

    async def chunks():
        nonlocal received
        while True:
            received += 4 * 2**20
            yield jpeg(1) if received == 4 * 2**20 else bytes(4 * 2**20)

    with pytest.raises(UploadRefused, match="has more than 300 MB"):
        asyncio.run(store.add_upload("a.jpg", "", chunks()))
    assert received < MAX_UPLOAD_BYTES + 2**24


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        (".hidden.jpg", ""),
        ("._a.jpg", "Album"),
        ("Thumbs.db", ""),
        ("a.jpg", ".thumbnails"),
        ("a.jpg", "Album/@eaDir/b.jpg"),
        ("a.jpg", "__MACOSX"),
    ],
)
def test_hidden_files_are_refused_without_being_listed(store, name, folder):
    assert "hidden file" in refusal(store, name, jpeg(1), folder)
    assert store.skipped() == []


def test_hostile_files_are_refused_only_if_they_can_t_be_used(store, tmp_path):
    source = tmp_path / "hostile"
    make_hostile_folder(source)
    usable = set(usable_images(source))
    found = [p for p in sorted(source.iterdir()) if p.is_file() and not p.is_symlink()]
    stored, refused = {}, set()
    for path in found[::4]:
        try:
            stored[path] = add(store, path.name, path.read_bytes(), size=10**6)
        except UploadRefused:
            refused.add(path)
    assert len(stored) > 40
    # Damage behind the header is found when the tiles are cut.
    assert not any(_is_usable(path) for path in refused & usable)
    assert len(set(stored.values())) == len(stored)
    found = {
        path.relative_to(store.folder).as_posix()
        for path in usable_images(store.folder)
    }
    assert found == set(stored.values()) == set(names(store))


def _is_usable(path):
    try:
        return min(read_rgb(path).shape[:2]) >= 16
    except UnreadableImage:
        return False


@pytest.mark.parametrize("block", [*damaged_exif()])
def test_damaged_metadata_is_no_reason_to_refuse_a_photo(store, block):
    content = encode(photo(1), "JPEG", exif=b"Exif\0\0" + block)
    name = add(store, "a.jpg", content)
    assert Image.open(io.BytesIO(store.thumbnail(name, 32))).size == (32, 24)


@pytest.mark.parametrize(
    ("name", "folder", "stored"),
    [
        ("../../etc/passwd", "", "passwd.jpg"),
        ("a.jpg", "../../../etc", "etc/a.jpg"),
        ("a.jpg", "/etc", "etc/a.jpg"),
        ("a.jpg", "C:\\Users\\me", "C_/Users/me/a.jpg"),
        ("C:\\photos\\a.jpg", "", "a.jpg"),
        ("a.jpg", "Album/./x", "Album/x/a.jpg"),
        ("a\0b.jpg", "", "a b.jpg"),
        ("a\nb.jpg", "", "a b.jpg"),
        ("con.jpg", "nul", "_nul/_con.jpg"),
        ("what? <why>.jpg", "", "what_ _why_.jpg"),
        ("trailing. ", "", "trailing.jpg"),
        ("IMG_0001", "", "IMG_0001.jpg"),
        ("script.html", "", "script.html.jpg"),
        ("", "", "photo.jpg"),
        ("a\u0308pfel.jpg", "", "\u00e4pfel.jpg"),
        ("\u202egpj.exe", "", "gpj.exe.jpg"),
        ("invalid \udcff.jpg", "", "invalid.jpg"),
        ("\U0001f468\u200d\U0001f469.jpg", "", "\U0001f468\u200d\U0001f469.jpg"),
        ("x" * 300 + ".jpeg", "", "x" * 220 + ".jpeg"),
    ],
)
def test_names_are_kept_as_far_as_file_systems_allow(
    store, project, name, folder, stored
):
    before = snapshot(project.folder.parent)
    assert add(store, name, jpeg(1), folder) == stored
    written = {
        path
        for path in snapshot(project.folder.parent).keys() - before.keys()
        if path.is_file()
    }
    assert written == {project.photos_folder / stored}


@given(st.text(max_size=300), st.text(max_size=300))
def test_paths_of_uploads_are_safe_and_stable(name, folder):
    path = safe_path(name, folder, "JPEG")
    assert not path.is_absolute()
    assert len(path.parts) <= 9
    for part in path.parts:
        assert part not in ("", ".", "..")
        assert len(part.encode()) < 240
        assert not set(part) & set('<>:"/\\|?*\0')
        assert part == part.strip(" ").rstrip(".")
        assert not part.startswith(".")
        assert unicodedata.is_normalized("NFC", part)
    assert safe_path(path.name, path.parent.as_posix(), "JPEG") == path


def test_names_that_some_systems_can_t_distinguish_get_numbers(store, project):
    add(store, "Case.jpg", jpeg(1), "Album")
    assert add(store, "case.JPG", jpeg(2), "Album") == "Album/case (2).JPG"
    add(store, "\u00e4.jpg", jpeg(3))
    assert add(store, "A\u0308.jpg", jpeg(4)) == "\u00c4 (2).jpg"
    (project.photos_folder / "new.jpg").write_bytes(jpeg(5))
    assert add(store, "new.jpg", jpeg(6)) == "new (2).jpg"
    assert len({folded(name) for name in names(store)}) == 5


def test_a_file_and_a_folder_can_have_the_same_name(store):
    add(store, "a.jpg", jpeg(1))
    assert add(store, "b.jpg", jpeg(2), "a.jpg") == "a (2).jpg/b.jpg"
    add(store, "b.jpg", jpeg(3), "Album")
    assert add(store, "Album", jpeg(4)) == "Album.jpg"


# ---- folders ----


def test_a_folder_is_read_in_place_and_never_changed(store, project, album):
    before = snapshot(album)
    add(store, "mine.jpg", jpeg(9))
    assert store.add_folder(str(album)) == "album"
    assert names(store) == ["album/a.jpg", "album/b.jpg", "album/sub/c.jpg", "mine.jpg"]
    linked = {"name": "album", "path": str(album), "photos": 3, "found": True}
    assert store.folders() == [linked]
    # A dropped folder of the same name is another one.
    assert add(store, "d.jpg", jpeg(8), "album") == "album (2)/d.jpg"
    store.thumbnail("album/a.jpg", 32)
    store.remove_folder("album")
    assert names(store) == ["album (2)/d.jpg", "mine.jpg"]
    assert store.folders() == []
    assert snapshot(album) == before


def test_a_folder_that_is_gone_is_listed_as_not_found(store, album):
    store.add_folder(album)
    shutil.move(album, album.with_name("elsewhere"))
    store.rescan()
    [folder] = store.folders()
    assert (folder["name"], folder["photos"], folder["found"]) == (album.name, 0, False)
    store.remove_folder(folder["name"])
    assert store.folders() == []


def test_a_photo_of_a_folder_is_left_out_and_new_ones_are_found(store, project, album):
    store.add_folder(str(album))
    before = snapshot(album)
    assert store.remove(["album/a.jpg"]) == ["album/a.jpg"]
    assert names(store) == ["album/b.jpg", "album/sub/c.jpg"]
    (album / "sub" / "d.jpg").write_bytes(jpeg(6))
    before = snapshot(album)
    store.remove(["album/sub/c.jpg"])
    store.rescan()
    assert names(store) == ["album/b.jpg", "album/sub/d.jpg"]
    store.remove(["album/sub"])
    assert names(store) == ["album/b.jpg"]
    assert snapshot(album) == before
    (album / "new.jpg").write_bytes(jpeg(7))
    (album / "b.jpg").unlink()
    assert names(PhotoStore(project)) == ["album/new.jpg"]
    linked = {"name": "album", "path": str(album), "photos": 1, "found": True}
    assert store.folders() == [linked]
    # Every command that scans the folder sees the same photos.
    found = usable_images(project.photos_folder)
    assert [path.name for path in found] == ["new.jpg"]
    assert scan_folder(project.photos_folder).skipped == []
    store.remove_folder("album")
    assert (names(store), list(project.photos_folder.iterdir())) == ([], [])
    assert sorted(path.name for path in album.rglob("*.jpg")) == [
        "a.jpg",
        "c.jpg",
        "d.jpg",
        "new.jpg",
    ]
    assert store.add_folder(str(album)) == "album"
    assert len(names(store)) == 4


def test_an_upload_never_lands_in_a_folder_of_the_user(store, project, album):
    store.add_folder(str(album))
    store.remove(["album/a.jpg"])
    before = snapshot(album)
    assert add(store, "x.jpg", jpeg(5), "Album") == "Album (2)/x.jpg"
    assert add(store, "x.jpg", jpeg(6), "album/sub") == "album (2)/sub/x.jpg"
    store.remove_folder("album")
    assert names(store) == ["Album (2)/x.jpg", "album (2)/sub/x.jpg"]
    assert snapshot(album) == before


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("{project}", "is a part of this project"),
        ("{project}/photos", "is a part of this project"),
        ("{project}/..", "this project is inside of it"),
        ("/", "this project is inside of it"),
        ("{album}/missing", "no such file"),
        ("{album}/a.jpg", "not a directory"),
        ("album", "write its whole path"),
        ("/a\0b", "isn't valid UTF-8"),
        ("/\udcff", "isn't valid UTF-8"),
        ("{empty}", "has no image"),
        ("{loop}", "too many levels"),
    ],
)
def test_folders_that_can_t_be_linked(store, project, album, tmp_path, path, words):
    places = {"project": project.folder, "album": album}
    places |= {"empty": tmp_path / "empty", "loop": tmp_path / "loop"}
    places["empty"].mkdir()
    places["loop"].symlink_to("loop")
    with pytest.raises(FolderUnreadable, match=words) as caught:
        store.add_folder(path.format(**places))
    assert "\n" not in str(caught.value)
    assert list(project.photos_folder.iterdir()) == []


def test_a_folder_can_t_be_linked_twice(store, album, tmp_path):
    store.add_folder(str(album))
    (tmp_path / "link").symlink_to(album)
    with pytest.raises(FolderUnreadable, match="already, as album"):
        store.add_folder(str(tmp_path / "link"))


def test_a_system_without_links_gets_a_sentence(store, album, monkeypatch):
    def refuse(*_, **__):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(FolderUnreadable, match="drop the folder onto the page"):
        store.add_folder(str(album))


def test_folders_are_listed_with_their_numbers_of_images(album, tmp_path, monkeypatch):
    (tmp_path / ".secret").mkdir()
    (tmp_path / "many").mkdir()
    for number in range(1001):
        (tmp_path / "many" / f"{number}.jpg").touch()
    listed = list_folders(str(tmp_path))
    assert listed["parent"] == str(tmp_path.parent)
    assert listed["folders"] == [
        {"name": "album", "path": str(album), "images": 3, "is_more": False},
        {
            "name": "many",
            "path": str(tmp_path / "many"),
            "images": 1000,
            "is_more": True,
        },
    ]
    monkeypatch.setenv("HOME", str(album))
    assert list_folders()["path"] == str(album)
    assert list_folders("/")["parent"] is None
    monkeypatch.setattr(os, "scandir", lambda _: (_ for _ in ()).throw(_denied()))
    with pytest.raises(FolderUnreadable, match="permission denied"):
        list_folders(str(album))


def _denied():
    return PermissionError(13, "Permission denied")


# ---- removal ----


def test_removed_uploads_are_deleted_with_credit_and_thumbnail(store, project):
    add(store, "a.jpg", jpeg(1), "Album")
    add(store, "b.jpg", jpeg(2))
    rows = [
        PhotoRow("Album/a.jpg", "pexels", "Ann"),
        PhotoRow("b.jpg", "pexels", "Bob"),
    ]
    write_folder_credits(project.photos_folder, rows)
    store.thumbnail("Album/a.jpg", 32)
    assert store.photos()[0]["photographer"] == "Ann"
    store.remove(["Album/a.jpg"])
    assert names(store) == ["b.jpg"]
    assert not (project.photos_folder / "Album").exists()
    assert read_folder_credits(project.photos_folder).keys() == {"b.jpg"}
    assert not any(cache_dir("thumbnails", project.folder).glob("*"))
    with pytest.raises(UnknownName):
        store.thumbnail("Album/a.jpg", 32)


def test_damaged_credits_of_the_user_stay_as_they_are(store, project):
    add(store, "a.jpg", jpeg(1))
    path = project.photos_folder / "credits.csv"
    path.write_text("photo,colour\na.jpg,red\n")
    assert store.photos()[0]["photographer"] == ""
    store.remove(["a.jpg"])
    assert path.read_text() == "photo,colour\na.jpg,red\n"


@pytest.mark.parametrize("name", ["../config.yaml", "/etc/passwd", "x.jpg", "", "."])
def test_only_photos_can_be_read_and_removed(store, project, name):
    add(store, "a.jpg", jpeg(1))
    before = snapshot(project.folder)
    for call in (store.content, lambda n: store.thumbnail(n, 9), store.erase):
        with pytest.raises(UnknownName):
            call(name)
    with pytest.raises(UnknownName):
        store.remove(["a.jpg", name])
    assert snapshot(project.folder) == before


def test_a_dropped_folder_can_be_removed_as_a_whole(store):
    for number in range(3):
        add(store, f"{number}.jpg", jpeg(number), "Album/x")
    assert len(store.remove(["Album"])) == 3
    assert list(store.folder.iterdir()) == []


def test_an_erased_photo_stays_away(store, project):
    add(store, "a.jpg", jpeg(1))
    add(store, "b.jpg", jpeg(2))
    tiles = cut_project(project.photos_folder, project.document)
    store.thumbnail("a.jpg", 32)
    exports = project.folder / "exports"
    (exports / "one").mkdir(parents=True)
    (exports / "one" / "placement.csv").write_text("photo\na.jpg\n")
    (exports / "two.csv").write_text("photo\nb.jpg\n")
    answer = store.erase("a.jpg", tiles=tiles)
    assert answer["photos"] == ["a.jpg"]
    assert answer["exports"] == ["one"]
    assert "1 export" in answer["text"]
    assert names(store) == ["b.jpg"]
    assert not any(cache_dir("thumbnails", project.folder).glob("*"))
    assert not any(cache_dir("tiles").glob("*.npz"))
    # The same file, a smaller copy of it, and a restart.
    assert "removed from this project for good" in refusal(store, "new.jpg", jpeg(1))
    smaller = encode(photo(1).resize((48, 36)), "PNG")
    assert "for good" in refusal(PhotoStore(project), "new.png", smaller)
    assert add(store, "c.jpg", jpeg(3)) == "c.jpg"
    # Files that are copied to the folder are known, too.
    (project.photos_folder / "by-hand.jpg").write_bytes(jpeg(1))
    tiles = cut_project(project.photos_folder, project.document)
    store.rescan()
    assert [row["name"] for row in store.photos(tiles)] == ["b.jpg", "c.jpg"]
    reasons = {row["name"]: row["reason"] for row in store.skipped(tiles)}
    assert reasons["by-hand.jpg"] == "removed"


def test_copies_are_erased_and_files_of_the_user_stay(store, project, album):
    store.add_folder(str(album))
    add(store, "copy.png", encode(photo(0)))
    before = snapshot(album)
    tiles = cut_project(
        project.photos_folder,
        project.document.changed({"photos": {"max_hash_distance": None}}),
    )
    answer = store.erase("copy.png", tiles=tiles)
    assert answer["photos"] == ["album/a.jpg", "copy.png"]
    assert "the file in your folder stays (album/a.jpg)" in answer["text"]
    assert snapshot(album) == before
    tiles = cut_project(project.photos_folder, project.document)
    shown = [row["name"] for row in store.photos(tiles)]
    assert shown == ["album/b.jpg", "album/sub/c.jpg"]


def test_an_erased_face_isn_t_cut_again(store, project):
    _, content = demo_file(42, 0)
    name = add(store, "sheet.jpg", content)
    document = project.document.changed({"cut": "faces"})
    before = cut_project(project.photos_folder, document).tile_set.rows
    face = before[0].bounds
    with pytest.raises(NoFaceThere, match=f"at this place of {name}"):
        store.erase(name, (0, 0, 1, 1))
    answer = store.erase(name, face)
    assert answer["photos"] == []
    assert answer["text"] == "The face in sheet.jpg is removed for good."
    assert names(store) == [name]
    after = cut_project(project.photos_folder, document).tile_set.rows
    assert (
        len({row.source_id for row in after}) == len({r.source_id for r in before}) - 1
    )
    assert not any(row.bounds.iou(face) > 0.5 for row in after)


# ---- thumbnails ----


@pytest.mark.parametrize("orientation", range(1, 9))
def test_thumbnails_are_upright(store, orientation):
    pixels = np.zeros((96, 128, 3), np.uint8)
    pixels[:48, :64] = 255, 0, 0
    image = Image.fromarray(pixels)
    # What a camera does that is held in this way.
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = (
        image
        if orientation == 1
        else image.transpose(Image.Transpose(turns[orientation]))
    )
    exif = Image.Exif()
    exif[0x0112] = orientation
    add(store, "a.jpg", encode(stored, "JPEG", quality=100, exif=exif))
    thumbnail = Image.open(io.BytesIO(store.thumbnail("a.jpg", 32)))
    assert (thumbnail.format, thumbnail.size) == ("WEBP", (32, 24))
    shown = np.asarray(thumbnail.convert("RGB"))
    assert shown[2, 2, 0] > 200
    assert shown[2, -3].max() < 60
    assert shown[-3, 2].max() < 60


def test_thumbnails_follow_the_file_and_are_cached(store, project, monkeypatch):
    name = add(store, "a.jpg", jpeg(1))
    first = store.thumbnail(name, 32)
    path = project.photos_folder / name
    with monkeypatch.context() as patch:
        patch.setattr("pigeonhole.studio.photos.thumbnails.read_content", None)
        assert store.thumbnail(name, 32) == first
    path.write_bytes(jpeg(2))
    os.utime(path, ns=(1, 1))
    assert store.thumbnail(name, 32) != first


def test_a_thumbnail_of_a_large_jpeg_equals_that_of_all_its_pixels(store):
    pixels = np.asarray(photo(3).resize((1600, 1200), Image.Resampling.BICUBIC))
    name = add(store, "a.jpg", encode_jpeg(pixels, 95))
    shown = np.asarray(Image.open(io.BytesIO(store.thumbnail(name, 100))))
    expected = np.asarray(
        Image.fromarray(pixels).resize((100, 75), Image.Resampling.BOX)
    )
    assert np.abs(shown.astype(int) - expected).mean() < 4


def test_old_thumbnails_are_deleted(store, project, monkeypatch):
    monkeypatch.setattr("pigeonhole.studio.photos.thumbnails.MAX_THUMBNAILS", 3)
    monkeypatch.setattr("pigeonhole.studio.photos.thumbnails._PRUNE_INTERVAL", 2)
    folder = cache_dir("thumbnails", project.folder)
    folder.mkdir(parents=True)
    # What another thread is writing isn't one of them.
    (folder / ".draft.webp").write_bytes(b"")
    os.utime(folder / ".draft.webp", (1, 1))
    for number in range(9):
        store.thumbnail(add(store, f"{number}.jpg", jpeg(number)), 32)
    names = {path.name for path in folder.iterdir()}
    assert ".draft.webp" in names
    assert len(names) == 4


def test_rows_have_what_the_tiles_reveal(store, project):
    add(store, "a.jpg", jpeg(1))
    add(store, "cut.jpg", JPEG[: len(JPEG) // 2])
    tiles = cut_project(project.photos_folder, project.document)
    ready, skipped = store.photos(tiles, {"a.jpg": 7})
    assert (ready["state"], ready["uses"], ready["reason"]) == ("ready", 7, None)
    assert ready["tiles"] == len(tiles.tile_set.rows)
    assert skipped["state"] == "skipped"
    assert "damaged" in skipped["reason"]
    assert [row["name"] for row in store.skipped(tiles)] == ["cut.jpg"]
