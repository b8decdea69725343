"""Types of settings, and the base class of all sections."""

import os
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
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
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
FromHome = AfterValidator(os.path.expanduser)
"""Expands ~ at the beginning of a path."""
File = Annotated[Text, FromHome]
Share = Annotated[float, Field(ge=0, le=1)]
HashDistance = Annotated[int, Field(ge=0, le=16)] | None


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
