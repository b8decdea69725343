"""What a service answered to a search, kept for a day.

Only the address and the answer are kept: a key goes in a header and never gets here.
"""

import hashlib
import json
import time
from pathlib import Path

from pigeonhole.files import write_text
from pigeonhole.photos.client import Answer

DAY = 24 * 60 * 60.0
"""Seconds for which an answer is good: what Pexels asks for."""


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

    def get(self, url: str) -> Answer | None:
        """Return what was answered within the last day."""
        path = self._path(url)
        try:
            if not 0 <= time.time() - path.stat().st_mtime < DAY:
                return None
            kept = json.loads(path.read_text("utf-8"))
            if kept["url"] != url:
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
