"""Enumerate the public functions of a package, for tests of their arguments."""

import importlib
import inspect
import pkgutil


def public_functions(package, excluded=()):
    """Return the public functions of a package's modules, kernels included, by name."""
    functions = {}
    prefix = f"{package.__name__}."
    for info in pkgutil.walk_packages(package.__path__, prefix):
        module, name = importlib.import_module(info.name), info.name[len(prefix) :]
        if name in excluded:
            continue
        for key, value in vars(module).items():
            function = getattr(value, "py_func", value)
            own = getattr(function, "__module__", "") == module.__name__
            if own and inspect.isfunction(function) and not key.startswith("_"):
                functions[f"{name}.{key}"] = value
    return functions


def is_one_sentence(message):
    """Return whether an error message is short and on one line."""
    return 10 < len(message) < 300 and "\n" not in message
