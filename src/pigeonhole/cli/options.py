"""A parser of arguments whose options can be the settings of a model."""

import argparse
import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, NoReturn, TypeVar, get_args, get_origin

from pydantic.fields import FieldInfo

from pigeonhole.core.errors import PigeonholeError, SettingsError, did_you_mean
from pigeonhole.settings import Frozen
from pigeonhole.settings.validation import validate

Model = TypeVar("Model", bound=Frozen)

NONE = "none"
"""Spelling of None on the command line."""
LIKE_A_NAME = re.compile(r"-(?!-?[a-z-]*(=|$)|[0-9.]+$)")
"""An argument that starts with a dash and looks less like an option than a file."""


SETTING_KEY = re.compile(
    r"(?<![\w./\\-])[a-z]+((\.[a-z_]+)+|(_[a-z]+)+)(?![\w/\\-]|\.\w)"
)
"""A word in a message that may be the key of a setting, or its last part, but not a
part of a file's name."""


class UsageError(PigeonholeError):
    """The command line is wrong."""


def user_path(text: str) -> Path:
    """Return a path, with ~ expanded, which shells do not do after ``=``."""
    if not text:
        # An unset variable of a script would name the current folder.
        raise argparse.ArgumentTypeError("the path is empty")
    return Path(os.path.expanduser(text))  # noqa: PTH111


class StoreOnce(argparse.Action):
    """
    Store the path of a file; repeating the option is an error.

    Other options may be repeated, for example after an alias: the last one counts.
    """

    def __call__(
        self,
        _: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Store the value of an argument; argparse calls this."""
        given = vars(namespace).setdefault("given", set())
        if option_string and self.dest in given:
            raise argparse.ArgumentError(self, "pass it only once")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """
    An argument parser that raises UsageError.

    The destination of an option that is a setting is the dotted key of the setting.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "exit_on_error": False})
        self.allow_abbrev = False
        self._arguments: list[str] = []
        # What messages call settings that aren't options.
        self.setting_names: dict[str, str] = {}

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of printing the usage."""
        hint = ""
        if any(LIKE_A_NAME.match(argument) for argument in self._arguments):
            hint = " (write -- before names that start with a dash)"
        raise UsageError(f"{message}{hint}; see `{self.prog} --help`.")

    def parse_known_args(
        self, args: Any = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse the arguments, and raise UsageError if one is unknown."""
        self._arguments = list(args or ())
        try:
            options, unknown = super().parse_known_args(args, namespace)
        except argparse.ArgumentError as error:
            name = str(error.argument_name).partition("/")[0]
            self.error(f"{name}: {error.message}")
        if unknown:
            self._refuse(unknown[0].partition("=")[0])
        return options, unknown

    def _refuse(self, argument: str) -> NoReturn:
        if not argument.startswith("-"):
            self.error(f"unexpected argument {argument!r}")
        known = [name for action in self._actions for name in action.option_strings]
        if near := did_you_mean(argument, known):
            raise UsageError(f"there is no option {argument}; did you mean {near}?")
        self.error(f"there is no option {argument}")

    def usage_error(self, error: SettingsError) -> PigeonholeError:
        """Name the option instead of the setting, if this setting is an option."""
        # The key of an item of a list ends with its index.
        key = error.key.rstrip(".0123456789")
        for action in self._actions:
            if action.dest == key:
                name = next(iter(action.option_strings), action.dest)
                is_switch = isinstance(error.value, bool)
                text = f"{name}: {error.hint}" if is_switch else error.renamed(name)
                return UsageError(self.with_options(str(text)))
        if self._options_in(key):
            # Several options set a section; its value describes them.
            return UsageError(self.with_options(f"{error.value}: {error.hint}"))
        message = self.with_options(str(error))
        return error if message == str(error) else UsageError(message)

    def with_options(self, message: str) -> str:
        """Replace the keys of settings in a message by the options of this command."""

        def replace(match: re.Match[str]) -> str:
            options = self._options_in(match[0])
            return self.setting_names.get(match[0], ", ".join(options) or match[0])

        return SETTING_KEY.sub(replace, message)

    def _options_in(self, key: str) -> list[str]:
        """Return the option of a setting, or those of all settings in a section."""
        return [
            action.option_strings[0]
            for action in self._actions
            if action.option_strings
            and (f"{action.dest}.".startswith(f"{key}.") or _ends_in(action.dest, key))
        ]


def _ends_in(setting: str, name: str) -> bool:
    return "_" in name and setting.rpartition(".")[2] == name


class Setting(NamedTuple):
    """One setting of a model, with its dotted key."""

    key: str
    field: FieldInfo
    value: Any

    @property
    def option(self) -> str:
        """Option of the same name."""
        return "--" + self.key.rpartition(".")[2].replace("_", "-")


def add_settings(
    parser: argparse._ActionsContainer,
    section: str,
    defaults: Frozen,
    names: Collection[str] | None = None,
    renamed: Mapping[str, str] | None = None,
) -> None:
    """
    Add an option for each setting of a section, or for those of some names.

    A name can be of a subsection or a setting in one, such as ``repetition.max_uses``.
    `renamed` maps names to options that differ from them.
    """
    for setting in _iter_settings(section, defaults, names):
        name = setting.key.removeprefix(f"{section}.")
        option = (renamed or {}).get(name, setting.option)
        parser.add_argument(option, dest=setting.key, **_keywords(setting))


def read_settings(options: argparse.Namespace, section: str, defaults: Model) -> Model:
    """Return the settings of a section, changed by the options."""
    values = defaults.model_dump(mode="json", exclude_unset=True)
    for key, field, _ in _iter_settings(section, defaults):
        value = getattr(options, key, None)
        if value is None:
            continue
        if value == NONE and type(None) in get_args(field.annotation):
            value = None
        _, *sections, name = key.split(".")
        target = values
        for subsection in sections:
            target = target.setdefault(subsection, {})
        target[name] = value
    return validate(type(defaults), values, section)


def to_arguments(
    section: str, settings: Frozen, defaults: Frozen, names: Collection[str]
) -> list[str]:
    """Return the options that change the default settings to these."""
    arguments = []
    both = (_iter_settings(section, model, names) for model in (settings, defaults))
    for setting, default in zip(*both, strict=True):
        value, option = setting.value, setting.option
        if isinstance(value, bool):
            arguments.append(option if value else f"--no-{option[2:]}")
        elif value != default.value:
            items = value if type(value) is tuple else (value,)
            arguments += [f"{option}={NONE if i is None else i}" for i in items]
    return arguments


def _iter_settings(
    section: str, settings: Frozen, names: Collection[str] | None = None
) -> Iterator[Setting]:
    for name, field in type(settings).model_fields.items():
        key, value = f"{section}.{name}", getattr(settings, name)
        is_chosen = names is None or name in names
        if isinstance(value, Frozen):
            parts = [other.partition(".") for other in names or ()]
            inner = [rest for first, _, rest in parts if first == name]
            yield from _iter_settings(key, value, None if is_chosen else inner)
        elif is_chosen:
            yield Setting(key, field, value)


def _keywords(setting: Setting) -> dict[str, Any]:
    """Return the keywords of `add_argument` for a setting."""
    _, field, default = setting
    description = (field.description or "").replace("null", NONE)
    if type(default) is tuple:
        description = f"{description.rstrip('.')}; can be repeated."
    # A default of None is shown only if the description explains it.
    if default is not None or NONE in description:
        description = f"{description.rstrip('.')} (default: {_format(default)})."
    keywords = {"default": argparse.SUPPRESS, "help": description.replace("%", "%%")}
    if isinstance(default, bool):
        return {**keywords, "action": argparse.BooleanOptionalAction}
    if get_origin(field.annotation) is Literal:
        metavar = f"{{{','.join(get_args(field.annotation))}}}"
    else:
        metavar = setting.key.rpartition(".")[2].upper()
    action = "append" if type(default) is tuple else "store"
    return {**keywords, "action": action, "metavar": metavar}


def _format(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if type(value) is tuple:
        return ", ".join(map(str, value)) or NONE
    return NONE if value is None else str(value)
