"""Key sets on which hash functions are compared: generated ones and files."""

import codecs
from pathlib import Path

from pigeonhole.birthday.experiments.random_streams import Stream, random_stream
from pigeonhole.core.checks import check_integer
from pigeonhole.core.errors import PigeonholeError, reason_of


class UnusableKeyFile(PigeonholeError):
    """A file of keys, `birthday.key_file`, can't be read or has no keys."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} can't be used as birthday.key_file: {reason}.")


def make_keys(key_set: str, count: int, seed: int) -> list[bytes]:
    """
    Return the different keys of a key set.

    Parameters
    ----------
    key_set : str
        "key%d", "counters", "random", or the path of a file with one key per line.
        Empty lines are skipped. All others are keys as they are, in any encoding that
        extends ASCII.
    count : int
        Number of generated keys; files are read completely.
    seed : int

    Raises
    ------
    UnusableKeyFile
        The file can't be read, is in UTF-16, or has no keys.
    """
    count = check_integer("count", count, 0)
    if key_set == "key%d":
        return [b"key%d" % number for number in range(count)]
    if key_set == "counters":
        return [number.to_bytes(8, "little") for number in range(count)]
    if key_set == "random":
        data = random_stream(seed, Stream.HASH_QUALITY).bytes(16 * count)
        return [data[i : i + 16] for i in range(0, len(data), 16)]
    return _read_keys(Path(key_set))


def _read_keys(path: Path) -> list[bytes]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnusableKeyFile(path, reason_of(error)) from None
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnusableKeyFile(path, "it is text in UTF-16; save it as UTF-8")
    lines = content.removeprefix(codecs.BOM_UTF8).splitlines()
    if not (keys := sorted({line for line in lines if line})):
        raise UnusableKeyFile(path, "it has no keys; write one key per line")
    return keys
