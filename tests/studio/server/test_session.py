"""The path from photos to an export; reloads and restarts lose nothing of it."""

import asyncio
import shutil
from contextlib import chdir

import numpy as np
import pytest
from hostile_files import photo
from image_samples import encode
from PIL import Image
from skimage import data
from studio_samples import make_project
from studio_server import CommandFailed, connect, serve

from pigeonhole.cli.main import main
from pigeonhole.curation.review_page import read_data
from pigeonhole.imaging.codecs import write_png
from pigeonhole.studio.projects.project import Project

pytestmark = pytest.mark.workflow

SMALL = {"tiles": {"size": "6x4", "variants": 1}, "mosaic": {"width": 48}}
"""Settings that make few, small tiles."""


@pytest.fixture
def project(tmp_path):
    """A project with six photos and a target."""
    return make_project(tmp_path / "project").folder


def jpeg(number):
    return encode(photo(number), "JPEG", quality=95)


def states(client):
    return {job["id"]: job["state"] for job in client.state["jobs"]}


def visit(studio, path):
    """Run a function with a client."""

    async def run():
        async with connect(studio) as [client]:
            return await path(client)

    return asyncio.run(run())


def test_from_photos_to_an_export(tmp_path):
    async def path(client):
        assert client.state["photos"]["count"] == 0
        assert client.state["target"] is None
        await client.change(**SMALL)
        uploads = (
            client.post("/photos", jpeg(n), name=f"{n}.jpg", folder="album")
            for n in range(5)
        )
        answers = await asyncio.gather(*uploads)
        assert {status for status, _ in answers} == {200}
        pixels = np.random.default_rng(1).integers(0, 256, (32, 48, 3), np.uint8)
        target = encode(Image.fromarray(pixels), "PNG")
        assert (await client.post("/target", target, name="My target.png"))[0] == 200
        preview = await client.preview()
        state = client.state
        assert state["photos"]["usable"] == state["photos"]["count"] == 5
        assert state["target"]["cropped_size"] == [48, 32]
        assert (preview["size"], preview["cell"]) == ([48, 32], [6, 4])
        assert preview["tiles_version"] == state["photos"]["tiles_version"]
        assert set(np.frombuffer(preview["parts"]["placement"], "<i4") % 5) <= {
            *range(5)
        }
        listed = await client.get_json("/photos")
        assert [p["name"] for p in listed["photos"]] == [
            f"album/{n}.jpg" for n in range(5)
        ]
        assert {p["state"] for p in listed["photos"]} == {"ready"}
        status, headers, png = await client.get("/preview.png")
        assert (status, headers["Content-Type"]) == (200, "image/png")
        job = await client.send("export", options={"format": "png"})
        assert (await client.job(job))["state"] == "done"
        [path] = (await client.job(job))["result"]
        _, headers, exported = await client.get(f"/exports/{job}/{path.split('/')[-1]}")
        assert headers["Content-Disposition"].startswith("attachment; ")
        assert exported == png
        return png, (await client.send("command"))["text"], path

    with serve(tmp_path / "project") as studio:
        png, command, exported = visit(studio, path)
    assert command.startswith(f"cd {tmp_path / 'project'} && pigeonhole mosaic target/")
    # What the command writes in the project's folder.
    with chdir(tmp_path / "project"):
        assert main(Project.open(studio.folder).command()[1:]) == 0
    [written] = (tmp_path / "project").glob("*.png")
    assert written.read_bytes() == png == (tmp_path / "project" / exported).read_bytes()


def test_another_tab_gets_everything_and_follows(studio):
    async def visit_twice(studio):
        async with connect(studio) as [first]:
            preview = await first.preview()
            async with connect(studio) as [second]:
                await second.until(lambda: second.state == first.state)
                await second.until(lambda: second.previews)
                assert second.previews[0]["revision"] == preview["revision"]
                await second.change("Overlay", mosaic={"overlay": 0.3})
                await first.preview()
                await second.until(lambda: second.state == first.state)
                assert first.state["history"]["undo"] == "Overlay"
                assert first.state["document"]["mosaic"]["overlay"] == 0.3

    asyncio.run(visit_twice(studio))


def test_a_restart_loses_nothing(project):
    async def change(client):
        await client.preview()
        await client.change("Overlay", mosaic={"overlay": 0.3})
        await client.change("Mirror", mosaic={"mirror": False})
        job = await client.send("export", options={"format": "credits"})
        await client.job(job)
        preview = await client.preview()
        return client.state, preview["parts"]

    async def look(client):
        preview = await client.preview()
        state = client.state
        for _ in range(2):
            await client.send("undo")
        undone = {"undo": "Set up", "redo": "Overlay"}
        await client.until(lambda: client.state["history"] == undone)
        assert client.state["document"]["mosaic"]["overlay"] == 0
        return state, preview["parts"]

    with serve(project) as studio:
        state, parts = visit(studio, change)
    with serve(project) as studio:
        after, parts_after = visit(studio, look)
    assert parts_after == parts
    for name in ("project", "document", "history", "jobs"):
        assert after[name] == state[name], name
    assert after["photos"]["usable"] == 6
    assert after["target"]["name"] == state["target"]["name"]


def test_the_last_of_many_changes_wins_and_is_one_step(studio):
    async def drag(client):
        await client.preview()
        before = client.state["document"]["mosaic"]["overlay"]
        for step in range(1, 31):
            patch = {"mosaic": {"overlay": step / 60}}
            await client.send("change", patch=patch, label="Overlay", gesture=5)
        await client.until(lambda: client.state["document"]["mosaic"]["overlay"] == 0.5)
        preview = await client.preview()
        assert client.previews[-1]["stage"] == "final"
        assert preview["summary"]["sentences"]
        await client.changes("undo")
        assert client.state["document"]["mosaic"]["overlay"] == before
        assert client.state["history"]["redo"] == "Overlay"

    visit(studio, drag)


def test_changes_of_photos_and_tiles_cut_again(project):
    async def path(client):
        await client.preview()
        versions = [client.state["photos"]["tiles_version"]]
        await client.send("remove_photos", names=["0.jpg", "1.jpg"])
        await client.until(lambda: client.state["photos"]["tiles"] == 4)
        await client.preview()
        versions.append(client.state["photos"]["tiles_version"])
        status, _, _ = await client.get("/tiles", version=versions[0])
        assert status == 404
        tiles = await client.get_json("/tiles", version=versions[1])
        assert len(tiles["tiles"]) == len(tiles["photos"]) == 4
        atlas = tiles["atlases"][0]
        assert (atlas["width"], atlas["height"], atlas["tiles"]) == (6, 4, 4)
        await client.change("Tile size", tiles={"size": "3x4"})
        await client.until(lambda: client.previews[-1]["cell"] == [3, 4])
        preview = await client.preview()
        assert preview["size"][0] % 3 == 0
        facts = await client.get_json("/tiles/facts", tile=0)
        assert facts["photo_size"] == [60, 40]
        status, headers, _ = await client.get("/tiles/crop", tile=0, width=30)
        assert (status, headers["Content-Type"]) == (200, "image/webp")
        assert not (project / "photos" / "0.jpg").exists()
        # Nobody but the user can damage a photo that was uploaded.
        (project / "photos" / "2.jpg").write_bytes(b"damaged")
        await client.send("remove_photos", names=["3.jpg", "4.jpg", "5.jpg"])
        await client.until(lambda: client.state["error"])
        assert "has no usable photo" in client.state["error"]

    with serve(project) as studio:
        visit(studio, path)


def test_a_wrong_change_changes_nothing(studio):
    async def path(client):
        before = client.state["document"]
        for patch, message in (
            ({"mosaic": {"width": 0}}, "mosaic.width is 0: must be at least "),
            ({"mosaic": {"widht": 9}}, "did you mean mosaic.width?"),
            ({"target": {"name": "../a", "file": "x"}}, "target.name is '../a': must "),
            ({"target": {"name": "a", "file": "../x"}}, "target.file is '../x': must "),
        ):
            with pytest.raises(CommandFailed) as error:
                await client.send("change", patch=patch)
            assert message in str(error.value)
        with pytest.raises(CommandFailed, match="There is no preset 'nice'; choose"):
            await client.send("preset", name="nice")
        assert client.state["document"] == before

    visit(studio, path)


def test_a_tab_that_reads_nothing_does_not_delay_others(studio):
    async def path(studio):
        async with connect(studio, 2) as [client, stalled]:
            stalled._reader.cancel()
            await client.preview()
            for step in range(1, 20):
                await client.change("Overlay", mosaic={"overlay": step / 20})
            await client.preview()
            return {len(tab._answers) for tab in studio.session.tabs}

    asyncio.run(path(studio))


def test_projects_are_copied_opened_and_made(project, tmp_path):
    copy = tmp_path / "copy"

    async def path(studio):
        async with connect(studio, 2) as [client, other]:
            await client.preview()
            answer = await client.send("save_as", folder=str(copy))
            assert answer == {"folder": str(copy)}
            await other.until(lambda: other.state["project"]["folder"] == str(copy))
            await client.preview()
            await client.change("Overlay", mosaic={"overlay": 0.5})
            with pytest.raises(
                CommandFailed, match="there are files in it; choose a new or empty"
            ):
                await client.send("save_as", folder=str(project))
            await client.send("open_project", folder=str(project))
            await other.until(lambda: other.state["project"]["folder"] == str(project))
            assert other.state["document"]["mosaic"]["overlay"] == 0
            with pytest.raises(
                CommandFailed, match="it doesn't exist; choose the folder of"
            ):
                await client.send("open_project", folder=str(tmp_path / "none"))
            recent = await client.send("recent_projects")
            assert {item["folder"] for item in recent} == {str(project), str(copy)}
            await client.send("new_project")
            await other.until(lambda: other.state["photos"]["count"] == 0)
            in_use = pytest.raises(CommandFailed, match="is open in another studio at")
            with serve(project), in_use:
                await client.send("open_project", folder=str(project))

    with serve(project) as studio:
        asyncio.run(path(studio))
    assert Project.open(copy).history.document.mosaic.overlay == 0.5


def test_jobs_are_canceled_and_removed(studio):
    film = {"format": "film", "film": {"seconds": 60, "fps": 60, "long_side": 960}}

    async def path(client):
        await client.preview()
        text = await client.send("describe_export", options=film)
        assert text["sentence"]
        number = await client.send("export", options=film)
        await client.until(lambda: states(client).get(number) == "running")
        await client.send("cancel_job", job=number)
        assert (await client.job(number))["state"] == "canceled"
        await client.send("remove_job", job=number)
        await client.until(lambda: number not in states(client))
        assert not [*studio.folder.glob("exports/.*")]

    visit(studio, path)


def test_photos_of_a_linked_folder_are_noticed(project, tmp_path):
    album = tmp_path / "album"
    shutil.copytree(project / "photos", album)
    for number, path in enumerate(sorted(album.iterdir())):
        path.write_bytes(jpeg(number))

    async def add(client):
        await client.send("add_folder", path=str(album))
        await client.until(lambda: client.state["photos"]["usable"] == 12)

    async def look(client):
        await client.until(lambda: client.state["photos"]["usable"] == 13)
        await client.send("remove_folder", name="album")
        await client.until(lambda: client.state["photos"]["usable"] == 6)

    with serve(project) as studio:
        visit(studio, add)
        (album / "new.jpg").write_bytes(jpeg(50))
        visit(studio, look)
    assert len([*album.iterdir()]) == 7


def test_faces_marked_on_the_review_page_are_not_cut(project):
    for name in ("astronaut", "camera"):
        write_png(project / "photos" / f"{name}.png", getattr(data, name)())

    async def path(client):
        await client.send("change", patch={"cut": "faces"}, label="Faces")
        await client.until(lambda: client.state["photos"]["cut"] == "faces")
        assert client.state["photos"]["tiles"] >= 1
        address = (await client.send("open_review"))["address"]
        origin, _, query = address.partition("/?")
        async with client.http.get(address) as response:
            faces = read_data(await response.text())["faces"]
        changes = {"add": [*range(len(faces))], "remove": []}
        async with client.http.post(
            f"{origin}/exclusions?{query}", json=changes, headers={"Origin": origin}
        ) as response:
            assert "The studio cuts the tiles again" in await response.text()
        await client.until(lambda: client.state["error"])
        assert "face" in client.state["error"]
        assert (project / "faces-exclude.txt").read_text().count("astronaut") >= 1

    with serve(project) as studio:
        visit(studio, path)


def test_the_live_mosaic_shows_the_tiles_and_ends_with_the_studio(studio):
    async def path(client):
        await client.preview()
        address = (await client.send("open_live"))["address"]
        assert await client.send("open_live") == {"address": address}
        async with client.http.get(address) as response:
            assert "<html" in await response.text()

    visit(studio, path)


def test_pins_do_not_stay_in_cells_that_have_moved(project):
    async def path(client):
        await client.preview()
        tile = (await client.get_json("/tiles"))["tiles"][0]["id"]
        pin = {"row": 3, "column": 3, "tile": tile}
        await client.change("Pin", mosaic={"pin": [pin]})
        before = (await client.preview(), (await client.get("/preview.png"))[2])
        for command, fields in MOVES:
            await client.send(command, **fields)
            await client.until(lambda: not client.state["document"]["mosaic"]["pin"])
            preview = await client.preview()
            assert preview["error"] is None
            assert client.state["notice"]["text"].startswith("1 pin was removed")
            await client.send("undo")
            await client.until(lambda: client.state["history"]["undo"] == "Pin")
            assert (await client.preview())["error"] is None
            assert client.state["document"]["mosaic"]["pin"] == [pin]
            assert (await client.get("/preview.png"))[2] == before[1]

    with serve(project) as studio:
        visit(studio, path)


MOVES = (
    ("preset", {"name": "poster"}),
    ("set_target", {"crop": [0, 0, 24, 8]}),
    ("change", {"patch": {"mosaic": {"width": 12}}, "label": "Across"}),
)
"""Commands that move the cells of the mosaic."""


def test_only_pins_without_a_cell_are_lost_in_a_quadtree(project):
    cells = {"layout": "quadtree", "levels": 2, "cells": 19}

    async def path(client):
        await client.preview()
        tile = (await client.get_json("/tiles"))["tiles"][0]["id"]
        pins = [
            {"row": row, "column": column, "tile": tile}
            for row in range(8)
            for column in range(8)
        ]
        await client.send(
            "change", patch={"mosaic": {**cells, "pin": pins}}, label="Pin"
        )
        await client.until(lambda: client.state["notice"])
        preview = await client.preview()
        assert preview["error"] is None
        assert len(client.state["document"]["mosaic"]["pin"]) == preview["cells"]

    with serve(project) as studio:
        visit(studio, path)
