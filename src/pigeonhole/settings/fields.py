"""What settings consist of: sizes, names, shares, and the base of all sections."""

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
"""In a path ~ is one's home as in a shell."""
File = Annotated[Text, FromHome]
Share = Annotated[float, Field(ge=0, le=1)]
Alike = Annotated[int, Field(ge=0, le=16)] | None


def _split(value: object) -> object:
    return (
        [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    )


Several = BeforeValidator(_split, json_schema_input_type=str | list[str])
"""A list, or its parts in one text with commas between."""


class Frozen(BaseModel):
    """Base of all settings: no edits after loading, no misspelt keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        # A query that looks like a number is still a query.
        coerce_numbers_to_str=True,
    )
