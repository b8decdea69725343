"""The structure of the package: its files, layers and names."""

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections import defaultdict
from pathlib import Path

import pytest

import pigeonhole
from pigeonhole.core import errors

PACKAGE = Path(pigeonhole.__file__).parent
MODULES = {
    ".".join(file.relative_to(PACKAGE).with_suffix("").parts).removesuffix(
        ".__init__"
    ): file
    for file in PACKAGE.rglob("*.py")
}
LAYERS = (
    "core",
    "settings",
    "imaging",
    "birthday",
    "web",
    "photos",
    "faces",
    "tiles",
    "matching",
    "mosaic",
    "live",
    "plots",
    "curation",
    "studio",
    "pipeline",
    "cli",
)
"""Packages from the bottom up: each may import itself and those before it."""


def imports(file):
    """Return the modules of the package that a file imports, also in functions."""
    imported = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            imported |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
        elif isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
    names = {name.removeprefix("pigeonhole.") for name in imported if "." in name}
    return {name for name in names if name in MODULES}


def test_the_top_level_contains_three_files():
    files = {path.name for path in PACKAGE.iterdir() if path.is_file()}
    assert files == {"__init__.py", "__main__.py", "py.typed"}
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages == set(LAYERS)


def test_layers_import_only_lower_layers():
    for name, file in MODULES.items():
        package = name.split(".")[0]
        if package in LAYERS:
            below = LAYERS[: LAYERS.index(package) + 1]
            for other in imports(file):
                assert other.split(".")[0] in below, f"{name} imports {other}"


def test_imports_have_no_cycles():
    graph = {name: imports(file) - {name} for name, file in MODULES.items()}
    # A package's __init__.py imports its modules, and these may import the package.
    for name, others in graph.items():
        graph[name] = {other for other in others if not name.startswith(f"{other}.")}
    visited = set()

    def visit(name, path):
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name not in visited:
            for other in sorted(graph[name]):
                visit(other, [*path, name])
            visited.add(name)

    for name in graph:
        visit(name, [])


def test_tests_mirror_the_package():
    tests = Path(__file__).parent
    for file in tests.rglob("test_*.py"):
        folder = file.parent.relative_to(tests)
        if folder.parts and folder.parts[0] != "workflow":
            assert (PACKAGE / folder).is_dir(), file
    for package in LAYERS:
        assert list((tests / package).rglob("test_*.py")), f"no tests/{package}"


def definitions(file):
    """Yield the names and definitions of classes, constants and type aliases."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ClassDef):
            yield node.name, ast.dump(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name) and re.match("[A-Z]", target.id):
                    yield target.id, ast.dump(node.value)


def test_each_name_has_one_definition():
    """No class, constant or type alias has two different definitions."""
    definitions_of = defaultdict(dict)
    for module, file in MODULES.items():
        for name, definition in definitions(file):
            definitions_of[name][definition] = module
    ambiguous = {
        name: set(modules.values())
        for name, modules in definitions_of.items()
        if len(modules) > 1
    }
    assert not ambiguous


def draw_errors(parent):
    """Yield a paragraph for each class that others derive from."""
    children = sorted(parent.__subclasses__(), key=lambda child: child.__name__)
    if children:
        names = ", ".join(child.__name__ for child in children)
        yield textwrap.fill(f"{parent.__name__}: {names}", 88, subsequent_indent="    ")
    for child in children:
        yield from draw_errors(child)


def test_the_documented_error_tree_is_complete():
    for module in pkgutil.walk_packages(pigeonhole.__path__, "pigeonhole."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    tree = "\n".join(draw_errors(errors.PigeonholeError))
    assert f"\n{tree}\n" in inspect.getdoc(errors), tree


@pytest.mark.parametrize("module", sorted(MODULES))
def test_every_module_has_a_docstring(module):
    docstring = ast.get_docstring(ast.parse(MODULES[module].read_text()))
    assert docstring, module
    assert docstring.splitlines()[0].endswith("."), module
