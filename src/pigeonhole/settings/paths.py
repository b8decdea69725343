"""Check that the files and folders that settings name exist and can be used."""

import os
import stat
from pathlib import Path
from typing import get_args

from pydantic.fields import FieldInfo

from pigeonhole.core.errors import SettingsError, reason_of
from pigeonhole.settings.fields import Frozen, PathRule


def check_paths(section: Frozen, folder: Path, prefix: str = "") -> None:
    """
    Check every path in a section by its `PathRule`, and those in its subsections.

    Parameters
    ----------
    section : Frozen
    folder : Path
        Base of relative paths.
    prefix : str
        Dotted key of the section with a dot at the end; empty for all settings.

    Raises
    ------
    SettingsError
    """
    for name, field in type(section).model_fields.items():
        key, value = prefix + name, getattr(section, name)
        sections = value if isinstance(value, dict) else {"": value}
        for entry, inner in sections.items():
            if isinstance(inner, Frozen):
                inner_key = f"{key}.{entry}" if entry else key
                check_paths(inner, folder, f"{inner_key}.")
        if (rule := path_rule(field)) is None:
            continue
        if rule.needed_by:
            other, choice = rule.needed_by
            if getattr(section, other) != choice:
                continue
            if value is None:
                hint = f"{prefix}{other} {choice} needs the path of a {rule.kind} here."
                raise SettingsError(key, None, hint)
        for path in value if isinstance(value, tuple) else filter(None, [value]):
            is_default = rule.created and path == field.default
            fault = _fault(rule, folder, path, is_default=is_default)
            if fault:
                raise SettingsError(key, path, f"{fault}.")


def path_rule(field: FieldInfo) -> PathRule | None:
    """Return the rule of a setting that is a path, or a list of paths, else None."""
    parts = [field.annotation, *field.metadata]
    while parts:
        part = parts.pop()
        if isinstance(part, PathRule):
            return part
        parts += get_args(part)
    return None


def _fault(rule: PathRule, folder: Path, path: str, *, is_default: bool) -> str | None:
    """Return the end of a sentence about a path that can't be used, or None."""
    if path in rule.samples:
        return None
    full = folder / path
    try:
        status = full.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None if is_default else _missing(rule, folder, path)
    except OSError as error:
        return f"this {rule.kind} can't be read ({reason_of(error)})"
    is_kind = stat.S_ISDIR if rule.kind == "folder" else stat.S_ISREG
    if not is_kind(status.st_mode):
        return f"this isn't a {rule.kind}; check the path"
    if not os.access(full, os.R_OK):
        return f"this {rule.kind} can't be read; check its permissions"
    if rule.kind == "file" and not (status.st_size or rule.may_be_empty):
        return "this file is empty; check the path"
    return None


def _missing(rule: PathRule, folder: Path, path: str) -> str:
    place = "" if Path(path).is_absolute() else f" in {folder.resolve()}"
    advice = "check the path"
    if rule.samples:
        advice = f"use an image file or one of {', '.join(rule.samples)}"
    elif rule.created:
        advice = "create an empty one, or check the path"
    return f"there is no such {rule.kind}{place}; {advice}"
