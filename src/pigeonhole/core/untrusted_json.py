"""Parse JSON that other programs wrote."""

import json
import re
from typing import Any


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
