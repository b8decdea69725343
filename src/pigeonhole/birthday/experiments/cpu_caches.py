"""Sizes of the processor's data caches, if the system reports them."""

import subprocess
import sys
from pathlib import Path

LINUX_FOLDER = Path("/sys/devices/system/cpu/cpu0/cache")
MACOS_KEYS = {1: "hw.l1dcachesize", 2: "hw.l2cachesize", 3: "hw.l3cachesize"}
LEVELS = (1, 2, 3)


def cache_bytes() -> dict[int, int]:
    """Return the size in bytes of each known cache level, as one core sees it."""
    return _read_macos() if sys.platform == "darwin" else _read_linux()


def _read_linux() -> dict[int, int]:
    sizes = {}
    for cache in sorted(LINUX_FOLDER.glob("index*")):
        cache_type, level, size = (
            (cache / name).read_text().strip() for name in ("type", "level", "size")
        )
        if cache_type != "Instruction":
            sizes[int(level)] = int(size.removesuffix("K")) * 1024
    return sizes


def _read_macos() -> dict[int, int]:
    sizes = {}
    for level, key in MACOS_KEYS.items():
        result = subprocess.run(
            ["sysctl", "-n", key], capture_output=True, text=True, check=False
        )
        if result.stdout.strip().isdecimal():
            sizes[level] = int(result.stdout)
    return sizes
