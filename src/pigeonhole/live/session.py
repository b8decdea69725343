"""What a person changes while a live mosaic runs."""

from dataclasses import dataclass, field
from typing import Self

from pigeonhole.live.frame_queue import Feed
from pigeonhole.live.tile_sets import Palette
from pigeonhole.settings import LiveSettings


@dataclass(slots=True)
class Controls:
    """
    Set by sinks, read for each frame; any thread may set any field at any time.

    Attributes
    ----------
    tiles : str
        The tile set in use.
    mirror : bool
        Frames are flipped left and right.
    steadiness : float
        A tile stays unless another is nearer by this share; 0 always takes the nearest.
    tone : float
        How far a frame's brightness is fitted to what the tiles can show.
    finer : int
        Steps to smaller cells than the usual ones, or to larger ones below 0.
    frozen : bool
        The mosaic stands still, in every sink.
    """

    tiles: str
    mirror: bool
    steadiness: float
    tone: float
    finer: int = 0
    frozen: bool = False

    @classmethod
    def of(cls, settings: LiveSettings, palette: Palette) -> Self:
        """Start with what the settings say."""
        return cls(
            palette.names[0], settings.mirror, settings.steadiness, settings.tone
        )


@dataclass(frozen=True)
class Stage:
    """
    What the parts of a run share.

    Attributes
    ----------
    settings : LiveSettings
    palette : Palette
    controls : Controls
        Of the mosaic that all sinks show.
    feed : Feed
        With `source: browser`, what pages put into it is the source of all sinks.
    """

    settings: LiveSettings
    palette: Palette
    controls: Controls
    feed: Feed = field(default_factory=Feed)
