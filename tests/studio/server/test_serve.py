"""Start, end, kill and start the studio again, as the command does."""

import asyncio
import signal
import socket
import stat

import psutil
import pytest
from studio_samples import make_project
from studio_server import PATIENCE, Client, connect, start, url_in

from pigeonhole.cli.main import main
from pigeonhole.studio.server.address import Address


class Running:
    """A studio in another process."""

    def __init__(self, url):
        self.origin, _, self.token = url.partition("/?token=")

    def url(self, path, /, **query):
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return f"{self.origin}{path}?token={self.token}&{text}"


def visit(url, path):
    async def run():
        async with connect(Running(url)) as [client]:
            return await path(client)

    return asyncio.run(run())


@pytest.mark.workflow
def test_ctrl_c_saves_and_the_same_address_works_again(tmp_path):
    project = make_project(tmp_path / "project").folder

    async def change(client: Client):
        await client.change("Overlay", mosaic={"overlay": 0.4})

    async def look(client: Client):
        assert client.state["document"]["mosaic"]["overlay"] == 0.4
        assert client.state["history"]["undo"] == "Overlay"
        await client.preview()
        address = (await client.send("open_live"))["address"]
        assert address.startswith("http://127.0.0.1:")

    with start(project) as (process, lines):
        url = url_in(lines)
        visit(url, change)
        addresses = tmp_path / "root" / ".addresses"
        assert stat.S_IMODE(addresses.stat().st_mode) == 0o700
        [address] = addresses.iterdir()
        assert stat.S_IMODE(address.stat().st_mode) == 0o600
        # Another one opens this one.
        with start(project) as (second, lines):
            assert lines == [f"{project} is open in another studio: {url}\n"]
            assert second.wait(PATIENCE) == 0
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
        assert (process.returncode, errors) == (0, "")
    with start(project) as (process, lines):
        assert url_in(lines) == url
        visit(url, look)
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        process.kill()
        process.wait()
        _, alive = psutil.wait_procs(children, PATIENCE)
        assert not [child for child in alive if child.status() != "zombie"]
    # The lock of a killed process has ended, but its port may be in use meanwhile.
    port = Address.read(project).port
    with socket.create_server(("127.0.0.1", port)), start(project) as (_, lines):
        assert lines[0].startswith(
            f"Port {port} of the last time is in use, so the add"
        )
        assert url_in(lines) != url


@pytest.mark.workflow
def test_without_a_project_the_last_one_or_a_new_one_is_opened(tmp_path, capfd):
    def opened():
        with start() as (process, lines):
            assert url_in(lines).startswith("http://127.0.0.1:")
            return process.stdout.readline()

    first = opened()
    assert first.startswith(f"Everything is saved in {tmp_path / 'root'}")
    assert opened() == first


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--port", "99999"), "the page can't be served on 127.0.0.1, port 99999"),
        (
            ("--host", "no such host"),
            "the page can't be served on no such host, port 0",
        ),
        (("--host", "203.0.113.1"), "the page can't be served on 203.0.113.1, port 0"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_sentence(
    tmp_path, capfd, arguments, message
):
    assert main(["studio", str(tmp_path / "new"), "--no-open", *arguments]) == 1
    error = capfd.readouterr().err
    assert error.startswith(f"pigeonhole: {message}")
    assert error.count("\n") == 1


def test_a_folder_with_other_files_is_not_changed(tmp_path, capfd):
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / "a.txt").write_text("mine")
    assert main(["studio", str(tmp_path / "album")]) == 1
    assert "can't be opened as a project" in capfd.readouterr().err
    assert [path.name for path in (tmp_path / "album").iterdir()] == ["a.txt"]
