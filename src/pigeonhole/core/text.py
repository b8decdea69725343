"""Read text and JSON that people or other programs wrote."""

import json
import re
from pathlib import Path
from typing import Any

from pigeonhole.core.errors import PigeonholeError


class NotText(PigeonholeError):
    """A file that a person writes isn't text."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} isn't text: save it again as UTF-8.")


def read_text(path: Path) -> str:
    """Read a file that a person may have written; no file is an empty one.

    Raises
    ------
    NotText
        It isn't UTF-8.
    """
    try:
        return path.read_text("utf-8") if path.is_file() else ""
    except UnicodeDecodeError:
        raise NotText(path) from None


def parse_json(content: str | bytes) -> Any:
    """
    Read JSON that came from outside.

    Halves of surrogate pairs, which JSON can hold and no file of ours, become "?".

    Raises
    ------
    ValueError
        It isn't JSON, or it is nested too deeply for us.
    """
    if isinstance(content, bytes):
        content = content.decode(json.detect_encoding(content))
    try:
        told = json.loads(content)
        if re.search(r"\\u[dD]", content):
            text = json.dumps(told, ensure_ascii=False).encode(errors="replace")
            told = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return told
