"""Settings of limits on repetition, for live and still mosaics."""

from typing import Annotated, Literal

from pydantic import Field

from pigeonhole.settings.fields import Count, Frozen

Distance = Annotated[int, Field(ge=0, le=1000)]
"""A number of cells."""


class LiveRepetitionSettings(Frozen):
    """Limits on how often and how close together a photo or face appears in a frame."""

    max_uses: Count | None = None
    """Maximum number of uses of each photo or face; null means no limit."""
    min_distance: Distance | Literal["auto"] = "auto"
    """Minimum distance between two uses of a photo or face, in cells; 0 means no limit,
    auto is 2, or less for small tile sets."""


class RepetitionSettings(Frozen):
    """Limits on how often and how close together a photo or face appears."""

    max_uses: Count | None = None
    """Maximum number of uses of each photo or face; null means no limit."""
    min_distance: Distance = 0
    """Minimum distance between two uses of a photo or face, in cells; 0 means no
    limit."""
    use_all: bool = False
    """Use every photo or face at least once."""
    time_limit: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    """Seconds after which the search stops and uses the best placement found."""
