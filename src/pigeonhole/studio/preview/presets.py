"""Presets of the studio: looks to begin with.

Each sets the same settings, so that a preset replaces the one before. Their values were
chosen by eye, among mosaics of three targets from 99 and from 919 photos.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

BASE: Mapping[str, Any] = {
    "width": 1200,
    "layout": "grid",
    "match": "perceptual",
    "lowpass_weight": 4,
    "structure_weight": 0.7,
    "repetition_weight": 0.5,
    "histogram_matching": 0,
    "color_transfer": 1,
    "max_color_transfer": 15,
    "overlay": 0,
    "repetition": {"max_uses": None, "min_distance": 0, "use_all": False},
}
"""Settings of `mosaic` that all presets set."""


class Preset(NamedTuple):
    """
    A preset.

    Attributes
    ----------
    name, title, text : str
        `text` is a sentence about the look.
    patch : mapping
        See `Document.changed`.
    """

    name: str
    title: str
    text: str
    patch: Mapping[str, Any]


def _preset(name: str, title: str, text: str, **changes: Any) -> Preset:
    return Preset(name, title, text, {"mosaic": {**BASE, **changes}})


PRESETS = (
    _preset(
        "faithful",
        "Faithful",
        "The target is clear, even up close.",
        repetition_weight=0.3,
        overlay=0.1,
    ),
    _preset(
        "no-repeats",
        "No repeats",
        "Repeats are far apart, and more of your photos appear.",
        # Limits would be impossible for a few photos, and take longer for many.
        repetition_weight=20,
        max_color_transfer=10,
    ),
    _preset(
        "colors-first",
        "Colors first",
        "Photos keep their own colors, and color matters more than shape.",
        lowpass_weight=20,
        structure_weight=0,
        repetition_weight=2,
        color_transfer=0,
        max_color_transfer=5,
    ),
    _preset(
        "poster",
        "Poster",
        "Large photos in staggered rows, with a touch of the target on top.",
        width=600,
        layout="brick",
        overlay=0.25,
    ),
)
