"""The commands, settings and links in README.md work."""

import re
import shutil
import subprocess

import pytest
import yaml
from clone import ROOT, Clone, clean_environment

from pigeonhole.settings import Settings

pytestmark = pytest.mark.workflow

README = (ROOT / "README.md").read_text()


def code_blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


COMMANDS = [line for block in code_blocks("sh") for line in block.splitlines()]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A small clone that uses the environment of this project."""
    clone = Clone(tmp_path_factory.mktemp("readme") / "pigeonhole")
    clone.configure({"live": {"source": "synthetic", "sink": "none", "max_frames": 3}})
    for name in ("README.md", "LICENSE", "pyproject.toml", *ROOT.glob("*.lock")):
        shutil.copy2(ROOT / name, clone.folder)
    environment = clone.folder / ".venv"
    environment.mkdir()
    for part in (ROOT / ".venv").iterdir():
        (environment / part.name).symlink_to(part)
    # If this file were older than the lock file, make would install packages.
    (environment / "ready").unlink(missing_ok=True)
    (environment / "ready").touch()
    return clone


def shell(clone, command):
    # `make test` must only list the tests.
    variables = {"PYTEST_ADDOPTS": "--collect-only -q"} if "test" in command else {}
    process = subprocess.run(
        ["bash", "-c", f". .venv/bin/activate && {command}"],
        check=False,
        cwd=clone.folder,
        env=clean_environment(**variables),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_works(clone, command):
    shell(clone, command)


def test_make_creates_the_documented_results(clone):
    shell(clone, "make CORES=2")
    for path in ("report.html", "mosaics/astronaut/mosaic.png", "CREDITS.md"):
        assert (clone.folder / "results" / path).stat().st_size > 0


def test_make_live_runs_the_live_rule(clone):
    assert '"frames": 3' in shell(clone, "make live CORES=2")


def test_the_windows_commands_are_those_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text()
    (lines,) = code_blocks("bat")
    for line in lines.splitlines():
        command = line.removeprefix(".venv\\Scripts\\")
        words = command.replace("python -m", "-m").replace(" 4", " $(CORES)").split()
        assert any(
            all(word in recipe.split() for word in words[1:])
            for recipe in makefile.splitlines()
            if words[0].split(".")[0] in recipe
        ), line


def test_the_settings_are_valid():
    examples = [yaml.safe_load(block) for block in code_blocks("yaml")]
    for section in (example for example in examples if isinstance(example, dict)):
        Settings.model_validate(section)


def test_linked_files_exist():
    for path in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (ROOT / path).is_file(), path
