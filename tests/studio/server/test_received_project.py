"""Projects from elsewhere: opening one changes only what is in its folder."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path, PurePosixPath

import pytest
from studio_samples import make_project
from studio_server import connect, serve

from pigeonhole.core.errors import UnreadableImage
from pigeonhole.imaging.codecs import read_content
from pigeonhole.studio.jobs.queue import JobQueue, job_store
from pigeonhole.studio.jobs.store import UnreadableJobs
from pigeonhole.studio.photos.store import PhotoStore, UnknownName
from pigeonhole.studio.projects.project import DamagedProject, LinkInProject, Project
from pigeonhole.studio.server.address import Address

OUTSIDE = ("../mine/note.txt", "/etc/passwd", "studio/state.json", "exports/..")
"""Paths of files that aren't exports."""


@pytest.fixture
def mine(tmp_path):
    """A folder of the user with photos and a note."""
    folder = make_project(tmp_path / "other").photos_folder
    folder = folder.rename(tmp_path / "mine")
    (folder / "note.txt").write_text("mine")
    return folder


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project")


def content(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in files}


def execute(path, statement, values):
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement, values)


@pytest.mark.parametrize(
    "name",
    [
        *("photos", "target", "studio", "exports", "config.yaml", "removed.txt"),
        *("studio/state.json", "studio/lock", "studio/jobs.log", "studio/review"),
        *("target/small.png", "photos/credits.csv", "profiles/default"),
    ],
)
def test_links_instead_of_files_of_the_project_are_refused(project, mine, name):
    path = project.folder / name
    if path.exists():
        path.rename(mine / "moved")
        path.symlink_to(mine / "moved")
    else:
        path.symlink_to(mine)
    before = content(mine)
    with pytest.raises(LinkInProject, match=f"{name} is a link"):
        Project.open(project.folder)
    assert content(mine) == before


@pytest.mark.parametrize("scratch", ["../mine", "MINE", "studio/exports/../../../mine"])
def test_a_job_deletes_nothing_outside(project, mine, scratch):
    before = content(mine)
    scratch = scratch.replace("MINE", str(mine))
    job_store(project.folder).add("cut", "x", {"scratch": scratch})
    queue = JobQueue(project.folder, lambda job: None)
    queue.cancel(1)
    queue.close()
    assert content(mine) == before


def test_only_exports_are_downloaded(project, mine):
    store = job_store(project.folder)
    for number, path in enumerate(OUTSIDE, 1):
        store.add("export", "x", {})
        store.succeed(number, [path], {})

    async def run():
        async with connect(studio) as [client]:
            for number, path in enumerate(OUTSIDE, 1):
                await client.job(number)
                for name in (PurePosixPath(path).name, "project.zip"):
                    status, _, _ = await client.get(f"/exports/{number}/{name}")
                    assert status == 404

    with serve(project.folder) as studio:
        asyncio.run(run())


@pytest.mark.parametrize(
    ("column", "value"),
    [("result", "["), ("result", "[1]"), ("facts", "[]"), ("kind", "program")],
)
def test_damaged_jobs_are_one_sentence(project, column, value):
    job_store(project.folder).add("export", "x", {})
    path = project.private_folder / "jobs.sqlite"
    execute(path, f"UPDATE jobs SET {column} = ?", [value])
    with pytest.raises(UnreadableJobs, match=r"is damaged\. Delete it"):
        JobQueue(project.folder, print)


def test_the_index_names_nothing_outside(project, mine):
    path = project.private_folder / "photos.sqlite"
    PhotoStore(project)
    name = "../../mine/0.jpg"
    execute(path, "INSERT INTO photos VALUES (?, ?, 60, 40)", [name, "0" * 64])
    for folder in ("../../mine", "album/inner"):
        execute(path, "INSERT INTO split_folders VALUES (?, ?)", [folder, "/etc"])
    (mine / "inner").mkdir()
    (project.photos_folder / "album").symlink_to(mine)
    before = {*mine.rglob("*")}
    photos = PhotoStore(project)
    assert name not in photos.names()
    with pytest.raises(UnknownName):
        photos.remove([name])
    assert {*mine.rglob("*")} == before


def test_photos_in_links_below_stay_when_they_are_removed(project, mine):
    before = content(mine)
    (project.photos_folder / "inner").mkdir()
    (project.photos_folder / "inner" / "link").symlink_to(mine)
    photos = PhotoStore(project)
    assert photos.remove(["inner/link/0.jpg"]) == ["inner/link/0.jpg"]
    photos.rescan()
    assert "inner/link/0.jpg" not in photos.names()
    assert "inner/link/1.jpg" in photos.names()
    photos.erase("inner/link/1.jpg")
    assert content(mine) == before


@pytest.mark.parametrize(
    "text",
    [
        "photos: {removal_list: ../mine/note.txt}",
        "faces: {exclude: /etc/passwd}",
        "mosaic: {edits: /dev/zero}",
    ],
)
def test_settings_cannot_name_lists_outside(project, mine, text):
    (project.folder / "config.yaml").write_text(text)
    with pytest.raises(DamagedProject, match="Correct the file"):
        Project.open(project.folder)


def test_the_token_stays_on_this_computer(project):
    address = Address("http://127.0.0.1:8000/?token=abc", 8000, "abc")
    address.save(project.folder)
    assert Address.read(project.folder) == address
    assert not any(b"abc" in text for text in content(project.folder).values())
    # One that comes with the project isn't used.
    moved = project.folder.rename(project.folder.with_name("moved"))
    (moved / "studio" / "address").write_text(json.dumps(address._asdict()))
    assert Address.read(moved) is None


def test_a_device_is_not_read_as_an_image():
    with pytest.raises(UnreadableImage, match="it isn't a file"):
        read_content(Path("/dev/zero"))
