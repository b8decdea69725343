"""Sizes and boxes in pixels, and paper sizes."""

import re
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from pigeonhole.core.arrays import Image


class Size(NamedTuple):
    """Width and height in pixels, written WIDTHxHEIGHT."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @classmethod
    def parse(cls, text: object) -> Self:
        """Parse ``WIDTHxHEIGHT``, both from 1 to 10,000."""
        match = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", str(text).strip())
        sides = tuple(map(int, match.groups())) if match else ()
        if len(sides) != 2 or not all(1 <= side <= 10_000 for side in sides):
            raise ValueError(
                "must be WIDTHxHEIGHT in pixels, at most 10,000x10,000, for example "
                "12x16"
            )
        return cls(*sides)


class Box(NamedTuple):
    """A rectangle in an image, in pixels; `x` and `y` are its top left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        """Center as (x, y)."""
        return self.x + self.width / 2, self.y + self.height / 2

    def pad(self, margin: int) -> Self:
        """Return the box with a margin added on all sides."""
        x, y, width, height = self
        return type(self)(
            x - margin, y - margin, width + 2 * margin, height + 2 * margin
        )

    def contains(self, point: tuple[float, float]) -> bool:
        """Return whether a point (x, y) is inside the box or on its edge."""
        x, y = point
        return 0 <= x - self.x <= self.width and 0 <= y - self.y <= self.height

    def intersection(self, other: Self) -> int:
        """Return the number of pixels that two boxes share."""
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        width, height = right - max(self.x, other.x), bottom - max(self.y, other.y)
        return max(0, width) * max(0, height)

    def iou(self, other: Self) -> float:
        """Return the intersection of two boxes over their union, 0 to 1."""
        intersection = self.intersection(other)
        union = self.area + other.area - intersection
        return intersection / union if union else 0.0

    def crop(self, image: "Image") -> "Image":
        """Return the pixels of an image that are inside the box, as a view."""
        return image[self.y : self.y + self.height, self.x : self.x + self.width]


TIMES = r"[x\u00d7]"
"""The letter x, or the multiplication sign that word processors replace it with."""


class Paper(NamedTuple):
    """Width and height of a print with their unit, such as 60x90 cm, 24x36 in or A3."""

    width: float
    height: float
    unit: str

    def __str__(self) -> str:
        return f"{self.width:g}x{self.height:g} {self.unit}"

    @classmethod
    def parse(cls, text: object) -> Self:
        """Parse ``WIDTHxHEIGHT UNIT`` with sides from 1 cm to 10 m, or A0 to A6."""
        written = str(text).strip()
        if match := re.fullmatch(r"A([0-6])( landscape)?", written):
            # ISO 216: each size is half of the one before it.
            width, height = 841, 1189
            for _ in range(int(match[1])):
                width, height = height // 2, width
            return cls(*((height, width) if match[2] else (width, height)), "mm")
        side = r"([0-9]+(?:\.[0-9]+)?)"
        if match := re.fullmatch(rf"{side} ?{TIMES} ?{side} ?(mm|cm|in)", written):
            paper = cls(float(match[1]), float(match[2]), match[3])
            if all(10 <= side <= 10_000 for side in paper.millimeters):
                return paper
        raise ValueError(
            "must be a size from 1 cm to 10 m in mm, cm or in, such as 60x90 cm or "
            "24x36 in, or a paper size from A0 to A6, such as A3 or A3 landscape"
        )

    @property
    def millimeters(self) -> tuple[float, float]:
        """Width and height in millimeters."""
        scale = {"mm": 1.0, "cm": 10.0, "in": 25.4}[self.unit]
        return self.width * scale, self.height * scale
