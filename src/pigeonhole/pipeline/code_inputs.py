"""List the files that a script runs or reads, so that editing one reruns the script."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

UNTRACKED = ("settings", "core/errors.py", "core/runtime.py", "pipeline/script.py")
"""Modules that don't decide results. Settings reach a job as params, which Snakemake
tracks; tests/settings checks that their models have no behavior."""

PLUGINS = ("matching/modes",)
"""Packages whose modules are loaded by name, so that no import statement names them."""

DATA_NAME = re.compile(r"[\w-]+\.(csv|json|txt|npz|npy)")


def code_inputs(script: Path, package: Path) -> list[Path]:
    """
    Return the files in a package's folder that a script uses, also indirectly.

    These are the modules that it imports, and the data files that they name, such as
    births.csv. The script is parsed, not run.
    """
    files: set[Path] = set()
    pending = [script]
    while pending:
        new = set(_used_files(pending.pop(), package)) - files
        files |= new
        pending += [file for file in new if file.suffix == ".py"]
    return sorted(files)


def _used_files(file: Path, package: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _data_files(node.value, file.parent, package)
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # A name may be a module: from pigeonhole.birthday import theory.
            names = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
        else:
            continue
        for name in names:
            yield from _module_files(name, package)


def _data_files(name: str, folder: Path, package: Path) -> Iterator[Path]:
    """Yield the file of this name next to a module or in a package above it."""
    if not DATA_NAME.fullmatch(name):
        return
    while folder.is_relative_to(package):
        if (folder / name).is_file():
            yield folder / name
        folder = folder.parent


def _module_files(name: str, package: Path) -> Iterator[Path]:
    first, *rest = name.split(".")
    if first != package.name or not rest:
        return
    base = package.joinpath(*rest)
    for file in (base.with_suffix(".py"), base / "__init__.py"):
        path = file.relative_to(package).as_posix()
        if file.is_file() and not path.startswith(UNTRACKED):
            yield file
            if path.startswith(PLUGINS):
                yield from file.parent.glob("*.py")
