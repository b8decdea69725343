"""What a service answered to a search, kept for a day.

Only the address and the answer are kept: a key goes in a header and never gets here.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pigeonhole.core.atomic import write_text
from pigeonhole.core.text import parse_json
from pigeonhole.photos.sources.client import Answer

Item = TypeVar("Item")

DAY = 24 * 60 * 60.0
"""Seconds for which an answer is good: what Pexels asks for."""


def each_once(
    pages: Iterable[Iterable[Item]], name: Callable[[Item], str]
) -> Iterator[Item]:
    """Yield what pages show, each once, until a page shows nothing new.

    Pages that show the same again may go on for ever.
    """
    seen: set[str] = set()
    for page in pages:
        new = {key: item for item in page if (key := name(item)) not in seen}
        if not new:
            return
        seen |= new.keys()
        yield from new.values()


class Searches:
    """
    Good answers to searches, in a folder.

    Parameters
    ----------
    folder : Path
        Made on the first answer.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, url: str, fits: Callable[[Any], bool]) -> Answer | None:
        """Return what was answered within the last day, if it is whole and fits."""
        path = self._path(url)
        try:
            if not 0 <= time.time() - path.stat().st_mtime < DAY:
                return None
            kept = parse_json(path.read_bytes())
            if kept["url"] != url or not fits(kept["answer"]):
                return None
            return Answer(200, {}, json.dumps(kept["answer"]).encode())
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, url: str, answer: Answer) -> None:
        """Keep a good answer; those that are too old go."""
        for path in self._folder.glob("*.json"):
            if time.time() - path.stat().st_mtime >= DAY:
                path.unlink(missing_ok=True)
        kept = {"url": url, "answer": answer.json()}
        write_text(self._path(url), json.dumps(kept, indent=1, ensure_ascii=False))

    def _path(self, url: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"
