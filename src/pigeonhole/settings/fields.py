"""Types of settings, and the base class of all sections."""

import os
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Annotated, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from pigeonhole.core.geometry import TIMES, Paper, Size

PaperSetting = Annotated[
    Paper,
    PlainValidator(Paper.parse),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^[0-9.]+ ?{TIMES} ?[0-9.]+ ?(mm|cm|in)$"
            "|^A[0-6]( landscape)?$",
        }
    ),
]
SizeSetting = Annotated[
    Size,
    PlainValidator(Size.parse),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,5}x[0-9]{1,5}$"}),
]
NAME_PATTERN = r"^[^\W_][\w-]*$"


def _check_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain the character U+0000")
    return text


WithoutNul = AfterValidator(_check_nul)
"""Rejects the character U+0000, which no path or address may contain."""
NotEmpty = Annotated[str, StringConstraints(min_length=1), WithoutNul]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), WithoutNul
]
Unique = AfterValidator(lambda values: tuple(dict.fromkeys(values)))
"""Drops repeated entries of a list."""
FromHome = AfterValidator(os.path.expanduser)
"""Expands ~ at the beginning of a path."""


@dataclass(frozen=True, slots=True)
class PathRule:
    """
    Rule about what a path in the settings must name, which `check_paths` applies.

    Settings that name files have one of the types below instead of text.
    """

    kind: Literal["file", "folder"] = "file"
    created: bool = False
    """The program creates the file under its default name when it's needed."""
    may_be_empty: bool = False
    """An empty file is accepted."""
    samples: Collection[str] = ()
    """Names that are accepted instead of a path."""
    needed_by: tuple[str, str] | None = None
    """Another setting of the section and its value without which the path is unused."""


FilePath = Annotated[NotEmpty, FromHome]
"""A path without a rule; all characters that a file system allows are kept."""
InputFile = Annotated[FilePath, PathRule()]
"""An existing file."""
ListFile = Annotated[FilePath, PathRule(created=True, may_be_empty=True)]
"""A text file that the program creates itself if it has its default name."""
Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
PixelLimit = Annotated[int, Field(ge=1, le=10_000_000_000)]
Share = Annotated[float, Field(ge=0, le=1)]
HashDistance = Annotated[int, Field(ge=0, le=16)] | None


WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
"""Names that Windows reserves, with any extension."""


def _check_name(name: str) -> str:
    if WINDOWS_DEVICES.fullmatch(name):
        raise ValueError("Windows reserves this name; choose another one")
    return unicodedata.normalize("NFC", name)


Name = Annotated[
    str,
    StringConstraints(pattern=NAME_PATTERN, max_length=60),
    AfterValidator(_check_name),
]
"""The name of a tile set, which is also the name of its files."""


def _split(value: object) -> object:
    texts = [value] if isinstance(value, str) else value
    if isinstance(texts, list | tuple) and all(isinstance(t, str) for t in texts):
        return [part.strip() for text in texts for part in text.split(",")]
    return value


CommaSeparated = BeforeValidator(_split, json_schema_input_type=str | list[str])
"""Accepts a list also as text with commas."""


class Frozen(BaseModel):
    """Base class of all settings: immutable, without unknown keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        # YAML reads a query such as 1984 as a number.
        coerce_numbers_to_str=True,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _read_bool_as_text(cls, value: object, info: ValidationInfo) -> object:
        """
        Return true and false as text for a setting that isn't one of them.

        Otherwise true would be read as the number 1, and the query `true` rejected.
        """
        assert info.field_name
        if cls.model_fields[info.field_name].annotation is bool:
            return value
        # A Size is a tuple, too.
        if type(value) in (list, tuple):
            return [_as_text(item) for item in cast(Iterable[object], value)]
        return _as_text(value)


def _as_text(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value
