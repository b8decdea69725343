"""A studio in this process or in another one, and clients that speak its protocol."""

import asyncio
import json
import struct
import subprocess
import sys
import threading
from contextlib import asynccontextmanager, contextmanager
from socket import create_server
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from pigeonhole.studio.projects.project import Project, is_project
from pigeonhole.studio.server.address import Address
from pigeonhole.studio.server.server import STUDIO_POLICY, StudioServer
from pigeonhole.studio.server.session import StudioSession
from pigeonhole.web.guard import RequestGuard

PATIENCE = 60
"""Seconds after which a test fails."""
# A copy, so that tests notice a change to the protocol.
HEADER_LENGTH = struct.Struct("<I")


class Studio:
    """The server of a project, which runs in its own thread."""

    def __init__(self, folder):
        project = Project.open(folder) if is_project(folder) else Project.create(folder)
        self._listener = create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.guard = RequestGuard("127.0.0.1", STUDIO_POLICY, port=port)
        self.origin, self.token = f"http://127.0.0.1:{port}", self.guard.token
        self.folder, self.session = folder, None
        self._address = Address(self.origin, port, self.token)
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=[project], daemon=True)
        self._thread.start()
        assert self._started.wait(PATIENCE)

    def url(self, path, /, **query):
        return f"{self.origin}{path}?{urlencode({'token': self.token} | query)}"

    def stop(self):
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(PATIENCE)

    def _run(self, project):
        asyncio.run(self._serve(project))

    async def _serve(self, project):
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self.session = StudioSession(project, self._address)
        app = StudioServer(self.session, self.guard).application()
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.3)
        await runner.setup()
        await web.SockSite(runner, self._listener).start()
        self._started.set()
        await self._stopping.wait()
        await runner.cleanup()


@contextmanager
def serve(folder):
    """Yield a studio with the project in a folder."""
    studio = Studio(folder)
    try:
        yield studio
    finally:
        studio.stop()


@contextmanager
def start(*arguments):
    """Run the command; yield its process and the lines that it prints at first."""
    command = [sys.executable, "-m", "pigeonhole", "studio", *map(str, arguments)]
    with subprocess.Popen(
        [*command, "--no-open"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            lines = [process.stdout.readline()]
            while "http" not in lines[-1] and lines[-1]:
                lines.append(process.stdout.readline())
            yield process, lines
        finally:
            process.kill()


def url_in(lines):
    """Return the address in the lines that the command prints at first."""
    return lines[-1].split()[-1]


class CommandFailed(Exception):
    """The studio answered a command with an error."""


class Client:
    """A tab without a browser."""

    def __init__(self, studio, http, socket):
        self.studio, self.http, self.socket = studio, http, socket
        self.state, self.previews = None, []
        self._answers, self._last_id = {}, 0
        self._reader = asyncio.create_task(self._read())

    async def send(self, command, **fields):
        """Return the result of a command, or raise CommandFailed."""
        self._last_id += 1
        answer = self._answers[self._last_id] = (
            asyncio.get_running_loop().create_future()
        )
        message = {"id": self._last_id, "type": command, **fields}
        await self.socket.send_str(json.dumps(message))
        async with asyncio.timeout(PATIENCE):
            message = await answer
        if message["error"] is not None:
            raise CommandFailed(message["error"])
        return message["result"]

    async def change(self, label="Change", **patch):
        """Change the document, and return the state after it."""
        await self.changes("change", patch=patch, label=label)
        return self.state

    async def changes(self, command, **fields):
        """Wait until a command has changed the document."""
        before = self.state["revision"]
        await self.send(command, **fields)
        await self.until(lambda: self.state["revision"] > before)

    async def until(self, is_true):
        """Wait until something is true of the states and previews received."""
        async with asyncio.timeout(PATIENCE):
            while not is_true():
                assert not self._reader.done() or self._reader.result()
                await asyncio.sleep(0.01)

    async def preview(self, stage="final"):
        """Return the preview of the current state, when it has reached a stage."""

        def found():
            return [
                preview
                for preview in self.previews
                if preview["stage"] == stage
                and preview["revision"] == self.state["revision"]
            ]

        await self.until(lambda: self.state and not self.state["work"] and found())
        return found()[-1]

    async def job(self, number):
        """Return a job when it has ended."""

        def found():
            jobs = self.state["jobs"] if self.state else []
            return [j for j in jobs if j["id"] == number and j["finished"]]

        await self.until(found)
        return found()[0]

    async def get(self, path, /, **query):
        """Return status, headers and content of an answer."""
        async with self.http.get(self.studio.url(path, **query)) as response:
            return response.status, response.headers, await response.read()

    async def get_json(self, path, /, **query):
        status, _, content = await self.get(path, **query)
        assert status == 200, content
        return json.loads(content)

    async def post(self, path, content, /, **query):
        """Return status and text of the answer to an upload."""
        headers = {"Origin": self.studio.origin}
        url = self.studio.url(path, **query)
        async with self.http.post(url, data=content, headers=headers) as response:
            return response.status, await response.text()

    async def close(self):
        await self.socket.close()
        self._reader.cancel()

    async def _read(self):
        async for message in self.socket:
            if message.type == aiohttp.WSMsgType.BINARY:
                self.previews.append(unpack_preview(message.data))
                continue
            content = json.loads(message.data)
            if content["type"] == "state":
                self.state = content
            else:
                self._answers.pop(content["id"]).set_result(content)


def unpack_preview(message):
    """Return the header of a preview, with the bytes of its parts."""
    (length,) = HEADER_LENGTH.unpack_from(message)
    start = HEADER_LENGTH.size + length
    header = json.loads(message[HEADER_LENGTH.size : start])
    parts = {}
    for part in header["parts"]:
        start = -(-start // 8) * 8
        parts[part["name"]] = message[start : start + part["length"]]
        start += part["length"]
    assert len(message) == -(-start // 8) * 8
    return {**header, "parts": parts}


@asynccontextmanager
async def connect(studio, tabs=1):
    """Yield the clients of a studio, each with its first state."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        clients = []
        for _ in range(tabs):
            socket = await http.ws_connect(
                studio.url("/socket"),
                headers={"Origin": studio.origin},
                max_msg_size=2**26,
            )
            clients.append(Client(studio, http, socket))
        for client in clients:
            await client.until(lambda client=client: client.state)
        yield clients
        for client in clients:
            await client.close()
