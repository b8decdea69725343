"""Settings of limits on repetition, for live and still mosaics."""

from typing import Annotated

from pydantic import Field, PositiveInt

from pigeonhole.settings.fields import Frozen


class LiveRepetitionSettings(Frozen):
    """Limits on how often and how close together a tile appears."""

    max_uses: PositiveInt | None = None
    """Maximum number of uses of each tile; null means no limit."""
    min_distance: Annotated[int, Field(ge=0, le=1000)] = 0
    """Minimum distance between two uses of a tile, in cells; 0 means no limit."""


class RepetitionSettings(LiveRepetitionSettings):
    """Limits on how often and how close together a tile appears."""

    use_all: bool = False
    """Use every tile at least once."""
    time_limit: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    """Seconds after which the search stops and uses the best placement found."""
