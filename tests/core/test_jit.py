"""Compiled kernels are cached on disk until one of their source files changes."""

import os
import subprocess
import sys

CALLER = """
from called import add
from pigeonhole.core.jit import kernel

@kernel
def double(x):
    return add(x, x)
"""
CALLED = """
from pigeonhole.core.jit import inlined

@inlined
def add(a, b):
    return a + b
"""


def run(folder, call):
    """Return the result of a call and the number of kernels loaded from the cache."""
    code = (
        "from caller import *; import caller; "
        f"print({call}, sum(caller.double.stats[1].values()))"
    )
    env = {**os.environ, "NUMBA_DISABLE_JIT": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=env,
        check=True,
        capture_output=True,
    )
    return process.stdout.split()


def test_an_edit_of_a_called_file_is_noticed(tmp_path):
    """Otherwise a new version of the program runs machine code of the old one."""
    (tmp_path / "caller.py").write_text(CALLER)
    (tmp_path / "called.py").write_text(CALLED)
    assert run(tmp_path, "double(3)") == [b"6", b"0"]
    assert run(tmp_path, "double(3)") == [b"6", b"1"]
    (tmp_path / "called.py").write_text(CALLED.replace("a + b", "a + b + 1"))
    assert run(tmp_path, "double(3)") == [b"7", b"0"]


def test_a_cache_of_a_version_with_other_types_is_replaced(tmp_path):
    """Otherwise a kernel that takes a renamed type fails while its cache exists."""
    caller = """
from typing import NamedTuple
from pigeonhole.core.jit import kernel

class {name}(NamedTuple):
    x: int

@kernel
def double(pair):
    return 2 * pair.x

def run():
    return double({name}(3))
"""
    (tmp_path / "caller.py").write_text(caller.format(name="Old"))
    assert run(tmp_path, "run()") == [b"6", b"0"]
    assert run(tmp_path, "run()") == [b"6", b"1"]
    (tmp_path / "caller.py").write_text(caller.format(name="New"))
    assert run(tmp_path, "run()") == [b"6", b"0"]
    assert run(tmp_path, "run()") == [b"6", b"1"]
