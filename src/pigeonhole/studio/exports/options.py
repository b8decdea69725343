"""Options of exports: the format, and the size and quality of its files."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from pigeonhole.core.geometry import Paper
from pigeonhole.settings import FilmSettings, Frozen, MosaicSettings, PrintSettings
from pigeonhole.settings.mosaic import LargeSettings
from pigeonhole.settings.validation import validate
from pigeonhole.studio.projects.document import Document

ExportFormat = Literal[
    "png", "jpg", "tif", "dzi", "viewer", "print", "film", "credits", "tables"
]
DEFAULT_PAPER = Paper.parse("60x90 cm")
"""Paper of a print if the mosaic's settings have none."""
EXPORT_TITLES: Mapping[ExportFormat, str] = {
    "png": "PNG image",
    "jpg": "JPEG image",
    "tif": "TIFF image",
    "dzi": "Deep Zoom image with viewer",
    "viewer": "Viewer",
    "print": "Print",
    "film": "Film",
    "credits": "Credits",
    "tables": "Placement and quality",
}
FILM_TITLES = {
    "falling": "Film of falling tiles",
    "zooming": "Film of a zoom into one tile",
}


class ExportOptions(Frozen):
    """The choice of an export."""

    format: ExportFormat
    """An image (png, jpg, tif, dzi), a viewer, a print, a film, credits or tables."""
    tile_width: (
        Annotated[int, Field(ge=1, le=10_000)]
        | Literal["document", "auto", "full"]
        | None
    ) = "document"
    """Tile width in pixels of an image; document is that of the mosaic's settings."""
    quality: Annotated[int, Field(ge=1, le=100)] = 90
    """JPEG quality, also inside tif and dzi."""
    lossless: bool = False
    """Use lossless compression in tif and dzi."""
    print: PrintSettings | None = None
    """The paper of a print; null is that of the mosaic's settings."""
    film: FilmSettings | None = None
    """Size and duration of a film; null are those of the mosaic's settings."""
    film_kind: Literal["falling", "zooming"] = "falling"
    """Tiles fall into place, or a zoom into one tile."""

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """Validate options, or raise SettingsError."""
        return validate(cls, dict(values), "export")

    def sheet(self, document: Document) -> PrintSettings:
        """Return the paper of a print."""
        sheet = self.print or document.mosaic.print
        if sheet.size is None:
            return sheet.model_copy(update={"size": DEFAULT_PAPER})
        return sheet

    def settings(self, document: Document) -> MosaicSettings:
        """Return the settings of the exported mosaic."""
        large = LargeSettings(quality=self.quality, lossless=self.lossless)
        changes: dict[str, Any] = {"print": PrintSettings(), "large": large}
        if self.format == "print":
            changes["print"] = self.sheet(document)
        if self.tile_width != "document":
            changes["tile_width"] = self.tile_width
        return document.mosaic.model_copy(update=changes)

    @property
    def title(self) -> str:
        """Name of what the export makes, for users."""
        if self.format == "film":
            return FILM_TITLES[self.film_kind]
        if self.print and self.print.size and self.format == "print":
            return f"Print, {paper_text(self.print.size)}"
        return EXPORT_TITLES[self.format]


def paper_text(paper: Paper | None) -> str:
    """Return the size of paper as users read it."""
    return str(paper).replace("x", " x ")
