import os
import subprocess
import sys

CALLER = """
from called import added
from pigeonhole.core.jit import kernel

@kernel
def twice(x):
    return added(x, x)
"""
CALLED = """
from pigeonhole.core.jit import inlined

@inlined
def added(a, b):
    return a + b
"""


def test_an_edit_of_a_called_file_is_noticed(tmp_path):
    """Else a new version of the program runs the machine code of the old one."""

    def answer():
        code = "from caller import twice; print(twice(3), sum(twice.stats[1].values()))"
        env = {**os.environ, "NUMBA_DISABLE_JIT": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        run = [sys.executable, "-c", code]
        found = subprocess.run(
            run, cwd=tmp_path, env=env, check=True, capture_output=True
        )
        return found.stdout.split()

    (tmp_path / "caller.py").write_text(CALLER)
    (tmp_path / "called.py").write_text(CALLED)
    assert answer() == [b"6", b"0"]
    assert answer() == [b"6", b"1"]
    (tmp_path / "called.py").write_text(CALLED.replace("a + b", "a + b + 1"))
    assert answer() == [b"7", b"0"]
