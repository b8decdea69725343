"""Export a mosaic: images, prints, films, viewers, credits and tables.

Files are the same as those of `pigeonhole mosaic` and of the workflow. Each export is
one file or folder, which appears in the folder `exports` only when it is complete, and
never replaces another one.
"""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from uuid import uuid4

from pigeonhole.core.atomic import sync_directory, sync_tree, write_text
from pigeonhole.core.cache import cache_dir
from pigeonhole.settings.validation import validate
from pigeonhole.studio.exports.options import ExportFormat, ExportOptions
from pigeonhole.studio.jobs.queue import SCRATCH
from pigeonhole.studio.projects.document import Document
from pigeonhole.studio.projects.project import Project
from pigeonhole.studio.target import NoTarget

if TYPE_CHECKING:
    from pigeonhole.mosaic.from_folder import FolderMosaic
    from pigeonhole.mosaic.render.drawing import Drawing
    from pigeonhole.photos.ledger import PhotoRow


def export_arguments(project: Project, options: ExportOptions) -> dict[str, Any]:
    """
    Return the arguments of an export job: what the user sees now, not later.

    Raises
    ------
    NoTarget
    """
    document = project.history.document
    target = project.target_path
    if target is None or not target.exists():
        raise NoTarget
    # Targets are replaced, never changed, so a second name keeps the file as it is.
    scratch = Path(SCRATCH, uuid4().hex)
    copy = project.folder / scratch / target.name
    copy.parent.mkdir(parents=True)
    try:
        os.link(target, copy)
    except OSError:
        shutil.copyfile(target, copy)
    return {
        "options": options.model_dump(mode="json"),
        "document": document.model_dump(mode="json"),
        "cut": project.cut,
        "target": (scratch / target.name).as_posix(),
        "scratch": scratch.as_posix(),
    }


def run_export(project: Project, arguments: Mapping[str, Any], draft: Path) -> Path:
    """
    Export a mosaic and return the path of its file or folder.

    Parameters
    ----------
    project : Project
    arguments : mapping
        See `export_arguments`.
    draft : Path
        Temporary folder in the folder `exports`.

    Raises
    ------
    PigeonholeError
    """
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        export = _Export.make(project, arguments)
        path = WRITERS[export.options.format](export, draft)
        if path.is_dir():
            sync_tree(path)
        return _publish(path, draft.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


class _Export(NamedTuple):
    """A mosaic with everything that is needed to write it."""

    name: str
    made: "FolderMosaic"
    options: ExportOptions
    document: Document

    @classmethod
    def make(cls, project: Project, arguments: Mapping[str, Any]) -> Self:
        """Make the mosaic; paths in its settings are relative to the current folder."""
        from pigeonhole.mosaic.from_folder import mosaic_from_folder

        options = ExportOptions.read(arguments["options"])
        document = validate(Document, arguments["document"])
        target = project.folder / arguments["target"]
        made = mosaic_from_folder(
            target,
            project.photos_folder,
            options.settings(document),
            document.tile_settings(arguments["cut"]),
            document.photos,
            document.faces,
            cache=cache_dir("tiles"),
        )
        return cls(target.stem, made, options, document)

    @property
    def drawing(self) -> "Drawing":
        from pigeonhole.mosaic.render.drawing import Drawing

        return Drawing.from_mosaic(self.made.mosaic, self.made.target.original)

    @property
    def photos(self) -> tuple[Sequence["PhotoRow"], Path]:
        """Return the ledger of all photos, and their folder."""
        from pigeonhole.tiles.crops import folder_ledger

        folder, limit = self.made.folder, self.made.photo_settings.max_pixels
        return folder_ledger(self.made.tile_set.rows, folder, limit), folder


def _write_image(export: _Export, draft: Path) -> Path:
    """Write the file that `pigeonhole mosaic` writes."""
    path = draft / f"{export.name}.{export.options.format}"
    export.made.write(path)
    return path


def _write_jpeg(export: _Export, draft: Path) -> Path:
    """Write a JPEG image of any quality, with the credits as metadata."""
    from pigeonhole.imaging.pyramid import LargeImageOptions
    from pigeonhole.mosaic.render.large import write_large

    path, drawing = draft / f"{export.name}.jpg", export.drawing
    xmp = drawing.xmp(export.name)
    options = LargeImageOptions(xmp, quality=export.options.quality)
    page = drawing.page(export.made.settings.tile_width)
    write_large(path, drawing, page, *export.photos, options)
    return path


def _write_print(export: _Export, draft: Path) -> Path:
    from pigeonhole.mosaic.edits import check_pins

    made = export.made
    tile, width = made.tile_set.size, made.settings.width
    check_pins(made.mosaic.options, made.target, tile, width)
    path = draft / f"{export.name}-print.{made.settings.print.format}"
    made.write(path)
    return path


def _write_deep_zoom(export: _Export, draft: Path) -> Path:
    folder = _write_viewer(export, draft).rename(draft / f"{export.name}-deep-zoom")
    _write_image(export, folder)
    return folder


def _write_viewer(export: _Export, draft: Path) -> Path:
    from pigeonhole.mosaic.viewer import Scene, save_viewer

    drawing, made = export.drawing, export.made
    photos = export.photos
    target = made.target.original
    scene = Scene.of_mosaic(export.name, made.mosaic, drawing, target, *photos)
    path = draft / f"{export.name}-viewer"
    save_viewer(path, scene, scene.crops(*photos), made.settings.viewer_pixels)
    return path


def _write_film(export: _Export, draft: Path) -> Path:
    from pigeonhole.mosaic.render.films import (
        Film,
        check_gif,
        falling,
        save_film,
        zooming,
    )

    drawing, kind = export.drawing, export.options.film_kind
    settings = export.options.film or export.document.mosaic.film
    film = Film.from_settings(drawing, *export.photos, settings)
    if settings.format == "gif":
        check_gif(film.size, film.frames)
    path = draft / f"{export.name}-{kind}.{settings.format}"
    images = falling(film) if kind == "falling" else zooming(film)
    save_film(path, images, settings.fps)
    return path


def _write_credits(export: _Export, draft: Path) -> Path:
    from pigeonhole.mosaic.credits import credits_html, credits_markdown

    folder = draft / f"{export.name}-credits"
    rows = {export.name: export.made.mosaic.placed_rows()}
    write_text(folder / "CREDITS.md", credits_markdown(rows))
    write_text(folder / "credits.html", credits_html(rows))
    return folder


def _write_tables(export: _Export, draft: Path) -> Path:
    from pigeonhole.mosaic.pool_bound import pool_bound
    from pigeonhole.mosaic.quality import save_quality

    folder, mosaic = draft / f"{export.name}-tables", export.made.mosaic
    folder.mkdir()
    mosaic.save_placement(folder / "placement.csv")
    target = export.made.target.image
    save_quality(folder / "quality.json", mosaic, target, pool_bound(mosaic))
    return folder


WRITERS: Mapping[ExportFormat, Callable[[_Export, Path], Path]] = {
    "png": _write_image,
    "jpg": _write_jpeg,
    "tif": _write_image,
    "dzi": _write_deep_zoom,
    "viewer": _write_viewer,
    "print": _write_print,
    "film": _write_film,
    "credits": _write_credits,
    "tables": _write_tables,
}


def _publish(path: Path, folder: Path) -> Path:
    """Move a finished file or folder to an unused name."""
    unused, number = folder / path.name, 1
    while os.path.lexists(unused):
        number += 1
        unused = folder / f"{path.stem}-{number}{path.suffix}"
    path.rename(unused)
    sync_directory(folder)
    return unused
