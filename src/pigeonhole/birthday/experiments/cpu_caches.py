"""The sizes of the processor's data caches, where the system tells them."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path("/sys/devices/system/cpu/cpu0/cache")
LEVELS = (1, 2, 3)


def cache_bytes() -> dict[int, int]:
    """Return the bytes of each level that is known: of one core's first processor."""
    return _of_macos() if sys.platform == "darwin" else _of_linux()


def _of_linux() -> dict[int, int]:
    found = {}
    for cache in sorted(FOLDER.glob("index*")):
        kind, level, size = (
            (cache / name).read_text().strip() for name in ("type", "level", "size")
        )
        if kind != "Instruction":
            found[int(level)] = int(size.removesuffix("K")) * 1024
    return found


def _of_macos() -> dict[int, int]:
    found = {}
    for level, name in ((1, "l1dcachesize"), (2, "l2cachesize"), (3, "l3cachesize")):
        asked = subprocess.run(
            ["sysctl", "-n", f"hw.{name}"], capture_output=True, text=True, check=False
        )
        if asked.stdout.strip().isdecimal():
            found[level] = int(asked.stdout)
    return found
