"""Archive a folder while it is downloaded."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

CHUNK_BYTES = 2**20


class _Sink:
    """A stream that can't seek and keeps what was written since it was last taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, content: bytes) -> int:
        self._parts.append(bytes(content))
        return len(content)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        content = b"".join(self._parts)
        self._parts.clear()
        return content


def iter_zip(folder: Path) -> Iterator[bytes]:
    """
    Yield the parts of a ZIP archive of a folder.

    Files aren't compressed, because images are already. Links are left out.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:  # type: ignore[call-overload]
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            name = path.relative_to(folder.parent).as_posix()
            info = zipfile.ZipInfo.from_file(path, name)
            with path.open("rb") as source, archive.open(info, "w") as entry:
                while chunk := source.read(CHUNK_BYTES):
                    entry.write(chunk)
                    yield sink.take()
    yield sink.take()
