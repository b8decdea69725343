"""Every command of the README is run, or shown to be what another test runs."""

import re
import shutil
import subprocess

import pytest
import yaml
from clone import ROOT, Clone, clean_environment

from pigeonhole.settings import Settings

pytestmark = pytest.mark.workflow

README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A small clone whose environment is this one."""
    made = Clone(tmp_path_factory.mktemp("readme") / "pigeonhole")
    made.configure({"live": {"source": "synthetic", "sink": "none", "frames": 3}})
    for name in ("README.md", "LICENSE", "pyproject.toml", *ROOT.glob("*.lock")):
        shutil.copy2(ROOT / name, made.folder)
    environment = made.folder / ".venv"
    environment.mkdir()
    for part in (ROOT / ".venv").iterdir():
        (environment / part.name).symlink_to(part)
    # Were it older than the lock, make would install into this environment.
    (environment / "ready").unlink(missing_ok=True)
    (environment / "ready").touch()
    return made


def shell(clone, command):
    # A nested pytest only lists its tests.
    listing = {"PYTEST_ADDOPTS": "--collect-only -q"} if "test" in command else {}
    done = subprocess.run(
        ["bash", "-c", f". .venv/bin/activate && {command}"],
        check=False,
        cwd=clone.folder,
        env=clean_environment(**listing),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_works(clone, command):
    shell(clone, command)


def test_what_make_leaves(clone):
    shell(clone, "make CORES=2")
    for path in ("report.html", "mosaics/astronaut/mosaic.png", "CREDITS.md"):
        assert (clone.folder / "results" / path).stat().st_size > 0


def test_make_live_is_the_live_rule(clone):
    assert '"frames": 3' in shell(clone, "make live CORES=2")


def test_the_lines_for_windows_are_what_make_runs():
    makefile = (ROOT / "Makefile").read_text()
    (lines,) = blocks("bat")
    for line in lines.splitlines():
        command = line.removeprefix(".venv\\Scripts\\")
        words = command.replace("python -m", "-m").replace(" 4", " $(CORES)").split()
        assert any(
            all(word in made.split() for word in words[1:])
            for made in makefile.splitlines()
            if words[0].split(".")[0] in made
        ), line


def test_the_settings_in_the_readme_exist():
    shown = [yaml.safe_load(block) for block in blocks("yaml")]
    for section in (part for part in shown if isinstance(part, dict)):
        Settings.model_validate(section)


def test_files_that_the_readme_names_exist():
    for path in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (ROOT / path).is_file(), path
