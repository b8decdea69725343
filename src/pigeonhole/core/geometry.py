"""Sizes in pixels and on paper."""

import re
from typing import NamedTuple, Self


class Size(NamedTuple):
    """Width and height in pixels, written WIDTHxHEIGHT."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read ``WIDTHxHEIGHT``, both from 1 to 10,000."""
        found = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", str(text).strip())
        sides = tuple(map(int, found.groups())) if found else ()
        if len(sides) != 2 or not all(1 <= side <= 10_000 for side in sides):
            raise ValueError("write WIDTHxHEIGHT in pixels, for example 12x16")
        return cls(*sides)


A_SERIES = (
    (841, 1189),
    (594, 841),
    (420, 594),
    (297, 420),
    (210, 297),
    (148, 210),
    (105, 148),
)
"""Width and height of A0 to A6 in millimetres, as ISO 216 has them."""


TIMES = r"[x\u00d7]"
"""The letter, or the sign that word processors make of it."""


class Paper(NamedTuple):
    """Width and height of a print, written as on paper: 60x90 cm, 24x36 in, A3."""

    width: float
    height: float
    unit: str

    def __str__(self) -> str:
        return f"{self.width:g}x{self.height:g} {self.unit}"

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read ``WIDTHxHEIGHT UNIT``, from 1 cm to 10 m a side, or A0 to A6."""
        written = str(text).strip()
        if found := re.fullmatch(r"A([0-6])( landscape)?", written):
            sides = A_SERIES[int(found[1])]
            return cls(*(sides[::-1] if found[2] else sides), "mm")
        side = r"([0-9]+(?:\.[0-9]+)?)"
        if found := re.fullmatch(rf"{side} ?{TIMES} ?{side} ?(mm|cm|in)", written):
            paper = cls(float(found[1]), float(found[2]), found[3])
            if all(10 <= side <= 10_000 for side in paper.millimetres):
                return paper
        raise ValueError(
            "write a size from 1 cm to 10 m in mm, cm or in, such as 60x90 cm or "
            "24x36 in, or a paper from A0 to A6, such as A3 or A3 landscape"
        )

    @property
    def millimetres(self) -> tuple[float, float]:
        """Return width and height in millimetres."""
        scale = {"mm": 1.0, "cm": 10.0, "in": 25.4}[self.unit]
        return self.width * scale, self.height * scale
