"""Read text and JSON that people or other programs wrote."""

import json
import re
from pathlib import Path
from typing import Any

from pigeonhole.core.errors import PigeonholeError


class NotText(PigeonholeError):
    """A file that should be text isn't UTF-8."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} isn't a text file in UTF-8: save it as UTF-8.")


def read_text(path: Path) -> str:
    """Return the text of a file, or an empty string if there is no such file."""
    try:
        return path.read_text("utf-8") if path.is_file() else ""
    except UnicodeDecodeError:
        raise NotText(path) from None


def parse_json(content: str | bytes) -> Any:
    """
    Parse JSON from an untrusted source, or raise ValueError.

    Unpaired surrogates become "?", because they can't be written to a file.
    """
    if isinstance(content, bytes):
        content = content.decode(json.detect_encoding(content))
    try:
        value = json.loads(content)
        if re.search(r"\\u[dD]", content):
            text = json.dumps(value, ensure_ascii=False).encode(errors="replace")
            value = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value
