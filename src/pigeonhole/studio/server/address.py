"""The address of the studio that has a project open, and the lock that it holds.

Addresses contain the token. They are in the user's data and not in the project, so that
a project that is passed on gives no token away, and one from elsewhere brings none.
"""

import hashlib
import json
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

from pigeonhole.core.file_lock import lock_file
from pigeonhole.core.untrusted_json import parse_json
from pigeonhole.studio.projects.project import projects_folder
from pigeonhole.studio.server.messages import StudioError

log = logging.getLogger(__name__)

PRIVATE_MODE = 0o600
"""Mode of files that only the user may read."""


class ProjectInUse(StudioError):
    """Another studio has the project open."""

    def __init__(self, folder: Path, url: str | None) -> None:
        where = f" at {url}" if url else ""
        super().__init__(
            f"{folder} is open in another studio{where}: use that one, or end it with "
            "Ctrl-C."
        )
        self.url = url


class Address(NamedTuple):
    """The address of a studio, which stays the same when the studio starts again."""

    url: str
    port: int
    token: str

    @classmethod
    def read(cls, folder: Path) -> "Address | None":
        """Return the address at which a project was open last, if it is known."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            content: Any = parse_json(_address_file(folder).read_bytes())
            url, port, token = (content[name] for name in cls._fields)
            is_valid = isinstance(url, str) and type(port) is int
            if is_valid and isinstance(token, str) and 0 < port < 65536 and token:
                return cls(url, port, token)
        return None

    def save(self, folder: Path) -> None:
        """Remember the address of a project, readable only for the user."""
        path = _address_file(folder)
        text = json.dumps(self._asdict())
        # The file is private before it has content.
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        path.touch(PRIVATE_MODE)
        path.chmod(PRIVATE_MODE)
        path.write_text(text)


class ProjectLock:
    """
    The lock of the studio that has a project open.

    The system releases it when the process ends, even if it is killed. Raise
    `ProjectInUse` if another studio holds it.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "studio" / "lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = path.open("ab")
        try:
            lock_file(self._file, wait=False)
        except (BlockingIOError, PermissionError):
            self._file.close()
            address = Address.read(folder)
            raise ProjectInUse(folder, address and address.url) from None
        except OSError as error:
            # Some network file systems have no locks.
            log.warning("%s can't be locked (%s): open it only once.", folder, error)

    def release(self) -> None:
        """Release the lock, so that other studios can open the project."""
        self._file.close()


def _address_file(folder: Path) -> Path:
    key = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:32]
    return projects_folder() / ".addresses" / f"{key}.json"
