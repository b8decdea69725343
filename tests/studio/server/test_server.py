"""Requests that the page never sends: each is answered with one sentence."""

import asyncio
import io
import json
import re
import socket
import zipfile
from contextlib import suppress
from unittest.mock import Mock

import aiohttp
import pytest
from image_samples import BOMB
from studio_server import CommandFailed, connect

from pigeonhole.core.atomic import DiskFull
from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.studio.photos.store import MAX_UPLOAD_BYTES
from pigeonhole.studio.projects.project import Project
from pigeonhole.studio.server.commands import Commands
from pigeonhole.studio.server.messages import MAX_COMMAND_BYTES
from pigeonhole.studio.server.server import MAX_TABS

GET = (
    *("/", "/photos", "/photos/thumbnail", "/photos/image", "/folders", "/target"),
    *("/target/cropped", "/tiles", "/tiles/atlas", "/tiles/crop", "/tiles/facts"),
    *("/preview.png", "/exports/1/a.png", "/socket"),
)
POST = ("/photos", "/target")
SECRET = "secret-of-pexels-1234"


def visit(studio, path):
    """Run a function with a client."""

    async def run():
        async with connect(studio) as [client]:
            return await path(client)

    return asyncio.run(run())


def request(studio, method, url, **options):
    """Return status, headers and text of the answer to a request."""

    async def send():
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, url, **options) as response,
        ):
            return response.status, response.headers, await response.text()

    return asyncio.run(send())


def assert_sentence(text):
    assert re.fullmatch(r"[^\n]+\.", text), text


def test_every_address_with_private_data_needs_the_token(studio):
    for method, paths in (("GET", GET), ("POST", POST)):
        for path in paths:
            for query in ("", "?token=", "?token=wrong"):
                url, headers = studio.origin + path + query, {"Origin": studio.origin}
                status, _, text = request(studio, method, url, headers=headers)
                assert status == 403, (method, path)
                assert "has no valid token" in text
                assert_sentence(text)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_other_sites_are_rejected(studio, headers):
    for path in ("/photos", "/socket", "/studio/main.js"):
        status, _, text = request(studio, "GET", studio.url(path), headers=headers)
        assert status == 403
        assert_sentence(text)
    # Browsers always send an origin with an upload.
    status, _, _ = request(studio, "POST", studio.url("/photos", name="a.jpg"))
    assert status == 403


def test_the_page_loads_only_its_own_files(studio):
    status, headers, text = request(studio, "GET", studio.url("/"))
    assert status == 200
    assert "<html" in text
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert headers["Cache-Control"] == "no-store"
    for path in ("/shared/tokens.css", "/shared/icon.svg", "/studio/main.js"):
        status, headers, _ = request(studio, "GET", studio.origin + path)
        assert status == 200
        assert headers["X-Content-Type-Options"] == "nosniff"
    for path in (
        *("/shared/none.css", "/shared/..%2Fguard.py", "/studio/%2e%2e%2fguard.py"),
        *("/shared/tokens", "/other/a.js", "/etc/passwd", "/studio/"),
    ):
        assert request(studio, "GET", studio.origin + path)[0] == 404, path


TRAVERSALS = (
    "../project/config.yaml",
    "/etc/passwd",
    "..\\a",
    "a/../../b",
    "\x00",
    "ü",
)


def test_names_are_not_paths(studio):
    async def path(client):
        for name in TRAVERSALS:
            for address in ("/photos/thumbnail", "/photos/image"):
                status, _, text = await client.get(address, name=name)
                assert status == 404
                assert_sentence(text.decode())
            status, _, text = await client.get(f"/exports/1/{name}")
            assert status in (400, 404)
            for command, field in (
                ("remove_photos", {"names": [name]}),
                ("erase", {"photo": name}),
                ("choose_target", {"photo": name}),
                ("choose_target", {"sample": name}),
                ("remove_folder", {"name": name}),
            ):
                with pytest.raises(CommandFailed) as error:
                    await client.send(command, **field)
                assert_sentence(str(error.value))
        for path in ("relative", "/none", "/etc/passwd", "\x00"):
            with pytest.raises(CommandFailed) as error:
                await client.send("add_folder", path=path)
            assert_sentence(str(error.value))
            status, _, text = await client.get("/folders", path=path)
            assert status == 400
            assert_sentence(text.decode())

    before = {*studio.folder.rglob("*"), *studio.folder.parent.iterdir()}
    visit(studio, path)
    after = {*studio.folder.rglob("*"), *studio.folder.parent.iterdir()}
    # The studio's own files may change at any time.
    assert {
        p for p in after - before if studio.folder / "studio" not in p.parents
    } == set()


def test_other_devices_cannot_choose_folders(studio, tmp_path):
    commands = Commands(studio.session, is_local=False)
    for name, field in (
        ("add_folder", "path"),
        ("save_as", "folder"),
        ("open_project", "folder"),
    ):
        message = {"id": 1, "type": name, field: str(tmp_path)}
        answer = json.loads(asyncio.run(commands.answer(json.dumps(message))))
        assert answer["error"].startswith("Folders can only be chosen on the machine")


UPLOADS = [
    ("bomb.png", BOMB, 400, "more than 250,000,000"),
    ("empty.jpg", b"", 400, "the file is empty"),
    ("page.html", b"<html>" * 999, 400, "isn't"),
    ("program.jpg", b"MZ" + bytes(5000), 400, "isn't"),
    ("", b"x", 400, "The parameter name of the address is missing."),
    (".hidden.jpg", b"x", 400, "it is a hidden file"),
]


def test_files_that_are_not_photos_are_refused(studio):
    async def path(client):
        for name, content, expected, message in UPLOADS:
            for address in ("/photos", "/target"):
                if address == "/target" and name.startswith("."):
                    continue
                status, text = await client.post(address, content, name=name)
                assert status == expected, name
                assert_sentence(text)
                if address == "/photos":
                    assert message in text, text
        listed = await client.get_json("/photos")
        assert {"bomb.png", "empty.jpg"} <= {row["name"] for row in listed["skipped"]}
        assert len(listed["photos"]) == 6
        await client.send("clear_skipped")

    # The studio may write the same pixels again when it has started.
    target = studio.folder / "target" / "small.png"
    before = read_rgb(target)
    visit(studio, path)
    assert not [*studio.folder.glob("photos/.*")]
    assert (read_rgb(target) == before).all()


@pytest.mark.parametrize("address", POST)
def test_a_huge_upload_is_refused_before_it_is_sent(studio, address):
    host, port = studio.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            f"POST {studio.url(address, name='huge.jpg')} HTTP/1.1\r\n"
            f"Host: {host}:{port}\r\nOrigin: {studio.origin}\r\n"
            f"Content-Length: {10 * 2**30}\r\n\r\n".encode()
        )
        connection.sendall(b"\xff\xd8\xff" + bytes(10_000))
        answer = connection.recv(10_000).decode()
    assert answer.startswith("HTTP/1.1 413 ")
    limit = f"{MAX_UPLOAD_BYTES // 10**6} MB"
    assert f"huge.jpg is too large: a file may have {limit}" in answer


def test_an_upload_without_a_length_ends_at_the_limit(studio, monkeypatch):
    monkeypatch.setattr("pigeonhole.studio.server.server.MAX_UPLOAD_BYTES", 100_000)

    async def chunks():
        for _ in range(50):
            yield b"\xff\xd8\xff\xe0" + bytes(9996)

    async def path(client):
        return await client.post("/photos", chunks(), name="long.jpg")

    status, text = visit(studio, path)
    assert status == 413
    assert_sentence(text)
    assert not [*studio.folder.glob("photos/.*")]


def test_an_upload_that_would_fill_the_disk_is_refused(studio, monkeypatch):
    monkeypatch.setattr("pigeonhole.studio.server.server.RESERVED_BYTES", 2**60)

    async def path(client):
        return await client.post("/photos", b"x", name="a.jpg")

    status, text = visit(studio, path)
    assert status == 507
    assert text.startswith("a.jpg doesn't fit on the disk of ")


def test_an_upload_that_breaks_off_leaves_nothing(studio):
    host, port = studio.origin.removeprefix("http://").split(":")
    for _ in range(3):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(
                f"POST {studio.url('/photos', name='broken.jpg')} HTTP/1.1\r\n"
                f"Host: {host}:{port}\r\nOrigin: {studio.origin}\r\n"
                "Content-Length: 5000000\r\n\r\n".encode()
            )
            connection.sendall(b"\xff\xd8\xff\xe0" + bytes(100_000))

    async def path(client):
        await client.until(lambda: not [*studio.folder.glob("photos/.*")])
        assert len((await client.get_json("/photos"))["photos"]) == 6

    visit(studio, path)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/tiles/crop", {"tile": "x"}),
        ("/tiles/crop", {"tile": "-1"}),
        ("/tiles/crop", {"tile": 10**8}),
        ("/tiles/crop", {}),
        ("/tiles/crop", {"tile": 0, "width": "9" * 30}),
        ("/tiles/atlas", {"page": 99}),
        ("/tiles/facts", {"tile": 99}),
        ("/tiles", {"version": 10**6}),
        ("/target", {"side": "1e9"}),
        ("/photos/thumbnail", {}),
        ("/exports/999/a.png", {}),
    ],
)
def test_wrong_parameters_are_explained(studio, path, query):
    async def ask(client):
        await client.preview()
        return await client.get(path, **query)

    status, _, text = visit(studio, ask)
    assert status in (400, 404)
    assert_sentence(text.decode())


BROKEN = [b"", b"\xff" * 100, "{", "[" * 50_000, '{"type": "undo"}', "x" * 10]


def test_a_broken_message_closes_only_its_own_connection(studio):
    async def path():
        async with connect(studio, 2 + len(BROKEN)) as [client, *others]:
            for other, message in zip(others[1:], BROKEN, strict=True):
                other._reader.cancel()
                send = other.socket.send_str
                if isinstance(message, bytes):
                    send = other.socket.send_bytes
                await send(message)
            await asyncio.sleep(0.1)
            with suppress(ConnectionError):
                await others[0].socket.send_str("x" * (MAX_COMMAND_BYTES + 1))
            assert await client.send("recent_projects") is not None
            await client.until(lambda: len(studio.session.tabs) <= 1)

    asyncio.run(path())


def test_fifty_clients_get_the_same_and_too_many_are_refused(studio):
    async def path():
        async with connect(studio, 50) as clients:
            for client in clients:
                await client.until(lambda client=client: client.previews)
            await asyncio.gather(*(client.get("/photos") for client in clients))
            await clients[0].change("Overlay", mosaic={"overlay": 0.7})
            final = await clients[0].preview()
            for client in clients[1:]:
                preview = await client.preview()
                assert preview["parts"] == final["parts"]
            await clients[0].changes("undo")
            async with connect(studio, MAX_TABS - 50):
                with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                    async with connect(studio):
                        pass
                assert refused.value.status == 503

    asyncio.run(path())


def test_the_key_of_pexels_appears_nowhere(studio, monkeypatch):
    monkeypatch.setenv("PEXELS_API_KEY", SECRET)

    async def path(client):
        state = await client.change("Overlay", mosaic={"overlay": 0.6})
        assert state["limits"]["pexels"] is True
        texts = [json.dumps(state)]
        for message in (f"a{SECRET}b", {"x": SECRET}):
            with pytest.raises(CommandFailed) as error:
                await client.send("open_project", folder=message)
            texts.append(str(error.value))
        await client.changes("undo")
        return texts

    assert not any(SECRET in text for text in visit(studio, path))
    files = (path for path in studio.folder.rglob("*") if path.is_file())
    assert not any(SECRET.encode() in path.read_bytes() for path in files)


@pytest.mark.workflow
def test_a_folder_of_an_export_is_downloaded_as_an_archive(studio):
    async def path(client):
        job = await client.send("export", options={"format": "credits"})
        [result] = (await client.job(job))["result"]
        name = result.split("/")[-1]
        _, _, content = await client.get(f"/exports/{job}/{name}.zip")
        folder = studio.folder / "exports"
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
            names = archive.namelist()
            assert names
            for entry in names:
                assert archive.read(entry) == (folder / entry).read_bytes()
        await client.send("remove_job", job=job)

    visit(studio, path)


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("save_as", {"folder": "relative"}, "write its whole path, from the root"),
        ("open_project", {"folder": "~no-such-user/x"}, "write its whole path"),
        ("add_folder", {"path": "~no-such-user"}, "write its whole path"),
        ("cancel_job", {"job": 2**64}, "cancel_job.job is .* at most 999,999,999"),
        ("remove_job", {"job": -1}, "remove_job.job is -1: must be at least 1"),
    ],
)
def test_commands_with_impossible_values_are_explained(studio, name, fields, message):
    async def path(client):
        with pytest.raises(CommandFailed, match=message) as error:
            await client.send(name, **fields)
        assert_sentence(str(error.value))

    visit(studio, path)


def test_an_error_of_saving_is_shown_until_it_works(studio, monkeypatch):
    full = DiskFull("config.yaml", "no space left on device")

    async def path(client):
        with monkeypatch.context() as patch:
            patch.setattr(Project, "save", Mock(side_effect=full))
            await client.change("Overlay", mosaic={"overlay": 0.6})
            await client.until(lambda: client.state["error"])
            assert client.state["error"] == (
                "The project can't be saved: config.yaml can't be written: no space "
                "left on device. Free some space and try again; what was saved before "
                "is intact."
            )
        await client.changes("undo")
        await client.until(lambda: not client.state["error"])

    visit(studio, path)
