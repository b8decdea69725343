"""
Bundle JavaScript modules into one script: browsers don't load them from `file://`.

The bundler supports only the module syntax that the pages use:
`import { a, b } from "./module.js";` and `export` in front of a function, a class or a
`const`.
"""

import posixpath
import re
from functools import cache
from importlib.resources import files

IMPORT = re.compile(r'(?m)^import\s*\{([^}]*)\}\s*from\s*"(\.[^"]+)";\n')
EXPORT = re.compile(r"(?m)^export (?=(?:async )?(?:function|class|const) (\w+)\b)")
LEFTOVER = re.compile(r"(?m)^\s*(?:import|export)\b.*|</script|<!--")


def read_static(*names: str) -> str:
    """Return the joined text of files in `web/static`, such as "shared/base.css"."""
    folder = files("pigeonhole.web") / "static"
    return "".join(folder.joinpath(name).read_text("utf-8") for name in names)


@cache
def bundle_script(entry: str) -> str:
    """
    Return a classic script that runs a module of `web/static` and all its imports.

    Each module becomes a function that returns its exports; imported modules come
    first. Unsupported syntax and circular imports raise a ValueError.
    """
    modules: dict[str, str] = {}
    _add_module(entry, modules, ())
    return "".join(['(() => {\n"use strict";\n', *modules.values(), "})();\n"])


def _add_module(name: str, modules: dict[str, str], importers: tuple[str, ...]) -> None:
    """Add a module to `modules`, after the modules that it imports."""
    if name in importers:
        circle = " -> ".join([*importers, name])
        raise ValueError(f"{name} imports itself: {circle}")
    if name in modules:
        return
    source = read_static(name)
    folder = posixpath.dirname(name)
    imports = []
    for names, path in IMPORT.findall(source):
        imported = posixpath.normpath(posixpath.join(folder, path))
        _add_module(imported, modules, (*importers, name))
        imports.append(f"const {{{names}}} = {_variable(imported)};\n")
    exports = ", ".join(EXPORT.findall(source))
    body = EXPORT.sub("", IMPORT.sub("", source))
    if leftover := LEFTOVER.search(body):
        raise ValueError(f"{name}: the bundler doesn't support {leftover[0]!r}")
    modules[name] = (
        f"const {_variable(name)} = (() => {{\n{''.join(imports)}{body}"
        f"return {{ {exports} }};\n}})();\n"
    )


def _variable(name: str) -> str:
    return re.sub(r"\W", "_", name)
