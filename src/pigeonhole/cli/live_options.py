"""The arguments of `pigeonhole live`: every setting under `live`, by its own name.

Nothing that is slow to import is needed to tell them.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from pigeonhole.core.errors import SettingsError
from pigeonhole.settings import Frozen, LiveSettings, live_settings

Key = tuple[str, ...]


def add_live(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments; those given end up as `settings`."""
    parser.set_defaults(verb=lambda options: _live(parser, options))
    parser.add_argument(
        "--tiles",
        type=Path,
        nargs="+",
        metavar="FILE",
        default=[Path("results", "tiles", f"{name}.npz") for name in _usual("tiles")],
        help="The tile sets to use (default: results/tiles/live.npz).",
    )
    for key, field in _fields(LiveSettings):
        if key != ("tiles",):
            parser.add_argument(_option(key), dest=".".join(key), **_how(key, field))


def live_arguments(settings: LiveSettings) -> list[str]:
    """Return the arguments, but for the tiles, that lead to these settings."""
    given = []
    for key, _ in _fields(LiveSettings):
        value: Any = settings
        for part in key:
            value = getattr(value, part)
        if isinstance(value, bool):
            given.append(_option(key) if value else _option(("no", *key)))
        elif value is not None and key != ("tiles",):
            text = ",".join(value) if type(value) is tuple else str(value)
            given.append(f"{_option(key)}={text}")
    return given


def _live(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    values: dict[str, Any] = {}
    for key, _ in _fields(LiveSettings):
        if key != ("tiles",) and (name := ".".join(key)) in options:
            place = values
            for part in key[:-1]:
                place = place.setdefault(part, {})
            place[key[-1]] = getattr(options, name)
    try:
        settings = live_settings(values)
    except SettingsError as error:
        name = re.sub(r"\.[0-9]+$", "", error.key.removeprefix("live."))
        parser.error(str(error.called(_option(tuple(name.split("."))))))
    # OpenCV and Numba take half a second to import.
    from pigeonhole.cli.live import live

    live(settings, options.tiles)


def _fields(model: type[Frozen], *above: str) -> Iterator[tuple[Key, FieldInfo]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Frozen):
            yield from _fields(kind, *above, name)
        else:
            yield (*above, name), field


def _option(key: Key) -> str:
    return "--" + "-".join(key).replace("_", "-")


def _how(key: Key, field: FieldInfo) -> dict[str, Any]:
    """Return what argparse needs to know of one setting."""
    usual = _usual(*key)
    told = f"{field.description} (default: {_text(usual)})".replace("%", "%%")
    how: dict[str, Any] = {"default": argparse.SUPPRESS, "help": told}
    if isinstance(usual, bool):
        return {**how, "action": argparse.BooleanOptionalAction}
    if get_origin(field.annotation) is Literal:
        return {**how, "choices": get_args(field.annotation)}
    return {**how, "metavar": key[-1].upper()}


def _usual(*key: str) -> Any:
    value: Any = LiveSettings()
    for part in key:
        value = getattr(value, part)
    return value


def _text(value: object) -> str:
    if value is None:
        return "none"
    return ",".join(value) if type(value) is tuple else str(value)
