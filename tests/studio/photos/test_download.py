"""Tests for searches of the studio, against local servers, and for demo photos."""

import asyncio

import pytest
from photo_services import KEY, UUID

from pigeonhole.core.progress import listen_to_progress
from pigeonhole.photos.folder_credits import read_folder_credits
from pigeonhole.photos.sources import client
from pigeonhole.studio.photos.download import SearchFailed, download
from pigeonhole.studio.photos.store import PhotoStore
from pigeonhole.studio.projects.project import Project


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("PIGEONHOLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PEXELS_API_KEY", raising=False)
    return Project.create(tmp_path / "project")


def search(project, source="openverse", count=5, query="cat", **options):
    return download(
        project, {"source": source, "query": query, "count": count, **options}
    )


def names(project):
    return [row["name"] for row in PhotoStore(project).photos()]


def test_downloads_appear_one_by_one_with_their_credits(openverse_server, project):
    seen, store = [], PhotoStore(project)
    assert store.photos() == []

    def watch(progress):
        if progress.description == "Downloading photos":
            rows = store.photos()
            assert all(row["photographer"].startswith("Author ") for row in rows)
            seen.append(len(rows))

    with listen_to_progress(watch):
        answer = search(project)
    assert answer == {
        "photos": 5,
        "text": "Downloaded 5 photos of 'cat' from Openverse.",
    }
    assert seen == sorted(seen)
    assert len(set(seen)) > 1
    row = store.photos()[1]
    assert row["name"] == f"openverse-{UUID.format(1)}.jpg"
    assert (row["source"], row["photographer"]) == ("openverse", "Author 1")
    assert row["page"] == "https://www.flickr.com/photos/p/1"
    assert row["license"].startswith("CC BY 2.0 (https://")
    assert (row["width"], row["height"]) == (32, 24)
    assert len(read_folder_credits(project.photos_folder)) == 5


def test_a_canceled_search_leaves_photos_with_credits(openverse_server, project):
    def cancel(progress):
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), listen_to_progress(cancel):
        search(project, count=9)
    found = {path.name for path in project.photos_folder.glob("*.jpg")}
    assert found
    assert found <= read_folder_credits(project.photos_folder).keys()
    assert search(project, count=9)["photos"] == 9 - len(found)


def test_the_same_search_again_sends_nothing_and_says_so(openverse_server, project):
    search(project)
    openverse_server.requests.clear()
    answer = search(project)
    assert answer["photos"] == 0
    assert "has all 5 photos of 'cat' at Openverse already" in answer["text"]
    assert openverse_server.requests == []
    assert search(project, count=8)["photos"] == 3
    assert len(read_folder_credits(project.photos_folder)) == 8


def test_a_search_says_if_there_are_fewer_photos(openverse_server, project):
    openverse_server.total = 3
    answer = search(project, licenses=["cc0", "by", "by-sa"])
    assert answer["photos"] == 3
    assert answer["text"].endswith("Openverse has no more that can be used.")
    assert openverse_server.requests[0][1]["license"] == "cc0,by,by-sa"


def test_pexels_needs_the_key_from_the_environment(
    pexels_server, project, monkeypatch, caplog
):
    with pytest.raises(SearchFailed, match="search Openverse, which needs no key"):
        search(project, "pexels")
    monkeypatch.setenv("PEXELS_API_KEY", KEY)
    assert search(project, "pexels")["photos"] == 5
    rows = PhotoStore(project).photos()
    assert {row["license"] for row in rows} == {"Pexels license"}
    assert pexels_server.searches[0][1]["Authorization"] == KEY
    for path in project.folder.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((401, {}), "refuses the key in PEXELS_API_KEY: copy it again"),
        ((429, {}), "request limit of Pexels is reached"),
        ((200, {}, b'{"photos": [], "total_results": 0}'), "finds no photo for 'cat'"),
        ((500, {}), r"The request to Pexels failed \(HTTP 500\)"),
        ((200, {}, b"<html>"), "isn't a list of photos"),
    ],
)
def test_failures_are_one_sentence(pexels_server, project, monkeypatch, answer, words):
    monkeypatch.setattr(client, "REQUEST_TRIES", 1)
    monkeypatch.setenv("PEXELS_API_KEY", KEY)
    pexels_server.answers = [answer] * 5
    with pytest.raises(SearchFailed, match=words) as caught:
        search(project, "pexels")
    assert "\n" not in str(caught.value)
    assert "photos.source" not in str(caught.value)
    assert names(project) == []


def test_no_network_is_one_sentence(project, monkeypatch):
    monkeypatch.setenv("OPENVERSE_API_URL", "http://127.0.0.1:9/v1/")
    monkeypatch.setattr(client, "REQUEST_TRIES", 1)
    with pytest.raises(SearchFailed, match="The request to Openverse failed"):
        search(project)


def test_a_search_without_words_is_refused(project):
    with pytest.raises(SearchFailed, match="write what photos should show"):
        search(project, query="  ")


def test_photos_that_the_project_has_are_not_stored_twice(openverse_server, project):
    search(project)
    store = PhotoStore(project)
    first = store.photos()[0]["name"]
    content = store.content(first)
    store.remove([first])

    async def chunks():
        yield content

    asyncio.run(store.add_upload("mine.jpg", "", chunks()))
    assert search(project)["photos"] == 0
    assert first not in names(project)


def test_removed_downloads_stay_away(openverse_server, project):
    search(project)
    store = PhotoStore(project)
    erased = store.photos()[2]["name"]
    assert erased in store.erase(erased)["photos"]
    assert erased not in read_folder_credits(project.photos_folder)
    for count in (5, 7):
        search(project, count=count)
        assert erased not in names(project)


def test_demo_photos_are_generated_once(project):
    answer = search(project, "demo", count=2, query="")
    assert answer == {"photos": 2, "text": "Generated 2 photos."}
    assert names(project) == ["demo-000.jpg", "demo-001.jpg"]
    (row, _) = PhotoStore(project).photos()
    assert (row["source"], row["photographer"]) == ("demo", "Labeled Faces in the Wild")
    assert search(project, "demo", count=2) == {
        "photos": 0,
        "text": "The demo photos are there already.",
    }
