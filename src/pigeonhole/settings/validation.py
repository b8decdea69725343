"""Validate settings, and describe what is wrong with one in our own words."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from pigeonhole.core.errors import SettingsError, did_you_mean
from pigeonhole.settings.fields import NAME_PATTERN, Frozen

Model = TypeVar("Model", bound=Frozen)
Details = Mapping[str, Any]

UNION_BRANCH = re.compile(r"constrained-|int$|float$|literal\[|\[key\]$")
"""Parts that pydantic adds to the location of an error, for each type of a union and
for the keys of a mapping."""
MUST_BE = "must be "
NO_TEXT = f"{MUST_BE}text"
PATTERN_HINTS = {
    NAME_PATTERN: "must consist of letters, digits, - and _, and begin with a letter "
    "or digit",
    r"^([a-z]+|#[0-9A-Fa-f]{6})$": "must be a name in lowercase such as red, or "
    'a color in quotes such as "#ff8800"',
    r"^[a-z]{2}-[A-Z]{2}$": "must be a language and a country such as en-US or de-DE",
    r"(?i)\.(webm|mp4)$": "must end in .webm or .mp4",
}
"""Hints for text that doesn't match a pattern of a setting."""
HINTS: Mapping[str, str | Callable[[Details], str]] = {
    "missing": "must be set",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
    "int_parsing_size": "must be an integer of fewer digits",
    "int_from_float": "must be an integer",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": NO_TEXT,
    "string_unicode": "must be text in Unicode",
    "string_too_short": "must not be empty",
    "string_too_long": lambda it: f"must have at most {it['max_length']} characters",
    "string_pattern_mismatch": lambda it: PATTERN_HINTS[it["pattern"]],
    "tuple_type": "must be a list in brackets: [...]",
    "too_short": "must not be empty",
    "dict_type": "must consist of names with values, such as {name: value}",
    "invalid_key": "must have text as its name",
    "model_type": "must be a section: settings indented below it, or in braces",
    "literal_error": lambda it: f"must be {it['expected']}",
    "greater_than": lambda it: f"must be more than {_number(it['gt'])}",
    "greater_than_equal": lambda it: f"must be at least {_number(it['ge'])}",
    "less_than": lambda it: f"must be less than {_number(it['lt'])}",
    "less_than_equal": lambda it: f"must be at most {_number(it['le'])}",
    "value_error": lambda it: str(it["error"]),
}
"""Ends of sentences about a value, by the type of pydantic's error."""
RENAMED = {
    f"{section}.{old}": f"{section}.{new}"
    for section, names in {
        "photos": "colour:color,licences:licenses,forgotten:removal_list,"
        "alike:max_hash_distance",
        "faces": "turn:rotation,alike:max_hash_distance",
        "mosaic": "far:lowpass_weight,shape:structure_weight,tone:histogram_matching,"
        "tint:color_transfer,reuse:repetition,tile_pixels:tile_width",
        "mosaic.repetition": "at_most:max_uses,apart:min_distance,everyone:use_all,"
        "seconds:time_limit",
        "mosaic.large": "forms:formats",
        "mosaic.print": "form:format",
        "mosaic.film": "form:format,side:long_side,rate:fps",
        "birthday": "wide_trials:trials_above_32_bits,collisions:collision_bits,"
        "sha_collisions:sha_collision_bits,long:extended",
        "live": "pace:folder_fps,frame:frame_size,cell:cell_size,open:open_browser,"
        "tone:histogram_matching,reuse:repetition,frames:max_frames",
        "live.repetition": "at_most:max_uses,apart:min_distance",
    }.items()
    for old, new in (pair.split(":") for pair in names.split(","))
}
"""Settings of version 0.1 and their new names."""
MOVED = {
    "photos.parallel": "set-resources: {collect_photos: {downloads: 6}}",
    "faces.chunks": "set-scatter: {faces: 4}",
    "tiles.cut_jobs": "set-scatter: {tiles: 2}",
    "mosaic.match_jobs": "set-scatter: {mosaic: 2}",
    "birthday.sweep_jobs": "set-scatter: {sweep: 2}",
    "birthday.search_jobs": "set-threads: {search_collision: 2}",
}
"""Settings that don't change results, and where profiles set them now."""


class UnknownSetting(SettingsError):
    """A setting has a name that doesn't exist, or no longer."""

    def __init__(self, key: str, hint: str) -> None:
        super().__init__(key, None, hint)
        self.args = (f"{key}: {hint}",)


def validate(model: type[Model], values: object, section: str = "") -> Model:
    """Validate the settings of one section, or raise SettingsError with its key."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _settings_error(model, error, section) from None


def _settings_error(
    model: type[Frozen], error: ValidationError, section: str
) -> SettingsError:
    """Return the first error, with its key, value and hint."""
    errors = error.errors(include_url=False)
    first, location = errors[0], _location(errors[0])
    key = ".".join((*filter(None, [section]), *location)) or "config.yaml"
    if first["type"] == "extra_forbidden":
        return UnknownSetting(key, _suggest(model, location, section))
    # A union of types has one error for each of them.
    hints = [_hint(other) for other in errors if _location(other) == location]
    hint = " or ".join([hints[0], *(text.removeprefix(MUST_BE) for text in hints[1:])])
    value = None if first["type"] == "missing" else first["input"]
    return SettingsError(key, value, f"{hint}.")


def _location(error: Details) -> tuple[str, ...]:
    """Return the location of an error without what pydantic adds to it."""
    parts = map(str, error["loc"])
    return tuple(part or "''" for part in parts if not UNION_BRANCH.match(part))


def _hint(error: Details) -> str:
    """Return the end of a sentence about a value."""
    hint = HINTS[error["type"]]
    if hint == NO_TEXT and error["input"] is None:
        # YAML reads what follows # as a comment, and & as the name of an anchor.
        return f"{hint}, in quotes if it begins with # or &"
    return hint if isinstance(hint, str) else hint(error["ctx"])


def _number(limit: float) -> str:
    """Return a limit with thousands separators, and without ``.0``."""
    return f"{limit:,}".removesuffix(".0")


def _suggest(model: type[Frozen], location: tuple[str, ...], section: str) -> str:
    """Suggest the new name of a renamed setting, or a similar name for a typo."""
    prefix = f"{section}." if section else ""
    key = prefix + ".".join(location)
    if new := RENAMED.get(key):
        return f"this setting is now called {new}."
    if moved := MOVED.get(re.sub(r"^tiles\.[^.]+\.", "tiles.", key)):
        return f"this is set in a profile now, with {moved}."
    *parents, name = location
    if name.isdecimal():
        # YAML reads {count: 2,000} as a count of 2 and a setting 000.
        return "there is no such setting; write numbers as 2000 or 0.5."
    for part in parents:
        model = section_of(model, part) or model
    parent = ".".join([*filter(None, [section]), *parents])
    siblings = list(model.model_fields)
    if name.partition(":")[0] in siblings:
        # YAML reads {count:5} as a name without a value.
        return "there is no such setting; put a space after the colon."
    start = f"{parent}." if parent else ""
    if similar := did_you_mean(name, siblings):
        return f"there is no such setting; did you mean {start}{similar}?"
    shown = ", ".join(start + sibling for sibling in siblings)
    return f"there is no such setting; choose one of {shown}."


def section_of(model: type[Frozen], name: str) -> type[Frozen] | None:
    """Return the model of a section, or of the sections in a mapping, if it is one."""
    field = model.model_fields.get(name)
    annotation = field.annotation if field else None
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, Frozen):
            return candidate
    return None
