"""Which files of the library a script runs, so that editing one reruns the script."""

import ast
from collections.abc import Iterator
from pathlib import Path

# Settings reach a job as params, which are tracked; the others decide no result.
UNTRACKED = ("settings", "core/errors.py", "pipeline/script.py")


def library_sources(script: Path, package: Path) -> list[Path]:
    """
    Return the files of a package that a script imports, directly or by way of others.

    Parameters
    ----------
    script : Path
        A Python file; it is read, not run.
    package : Path
        Folder of the package.
    """
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        for file in _imported(waiting.pop(), package):
            if file not in found:
                found.add(file)
                waiting.append(file)
    return sorted(found)


def _imported(file: Path, package: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # A name may be a module of its own: from pigeonhole.birthday import theory.
            names = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
        else:
            continue
        for name in names:
            yield from _files_of(name, package)


def _files_of(name: str, package: Path) -> Iterator[Path]:
    first, *rest = name.split(".")
    if first != package.name or not rest:
        return
    place = package.joinpath(*rest)
    for file in (place.with_suffix(".py"), place / "__init__.py"):
        path = file.relative_to(package).as_posix()
        if file.is_file() and not path.startswith(UNTRACKED):
            yield file
