"""Make one mosaic from a folder of photos, without the workflow."""

from dataclasses import dataclass, replace
from pathlib import Path

from pigeonhole.core.atomic import write_text
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.core.jit import get_num_threads
from pigeonhole.imaging.codecs import encode_jpeg, write_jpeg
from pigeonhole.matching import TileIndex
from pigeonhole.matching.search.index import UnreadableIndex
from pigeonhole.mosaic.compose import Mosaic, make_mosaic
from pigeonhole.mosaic.edits import with_edits
from pigeonhole.mosaic.targets import Target, prepare_target
from pigeonhole.photos.removal_list import RemovalList
from pigeonhole.settings import (
    FOLDER_MOSAIC,
    FOLDER_TILES,
    SAMPLES,
    MosaicSettings,
    PhotoSettings,
    TileSetSettings,
)
from pigeonhole.tiles import TileSet
from pigeonhole.tiles.prepare import load_or_cut_tiles

SMALL_FORMATS = (".png", ".jpg", ".jpeg")
LARGE_FORMATS = (".tif", ".dzi")
"""Formats that are always rendered from the photos."""


@dataclass(frozen=True, slots=True)
class FolderMosaic:
    """A mosaic that can be saved in any format."""

    mosaic: Mosaic
    target: Target
    folder: Path
    """Folder of the photos, or file of the tile set."""
    settings: MosaicSettings
    max_pixels: int
    """Larger photos aren't used."""

    def _repr_jpeg_(self) -> bytes:
        """Return the image that a notebook shows."""
        return encode_jpeg(self.mosaic.image())

    def save(self, output: Path) -> Size:
        """Write the mosaic and return its size; see `check_output`."""
        check_output(output, self.folder, self.settings)
        if _needs_photos(output, self.settings) or self._is_sharp:
            return self._save_from_photos(output)
        if output.suffix.lower() == ".png":
            self.mosaic.save_image(output, output.stem, f"{output.stem}.md")
        else:
            write_jpeg(output, self.mosaic.image())
        return self.mosaic.layout.size

    @property
    def _is_sharp(self) -> bool:
        """True if tiles are cut from the photos again, which must be at hand."""
        return self.settings.tile_width is not None and self.folder.is_dir()

    def _save_from_photos(self, output: Path) -> Size:
        # Imported here: libvips is slow to import.
        from pigeonhole.imaging.pyramid import LargeImageOptions
        from pigeonhole.mosaic.render.drawing import Drawing
        from pigeonhole.mosaic.render.large import save_image, write_large
        from pigeonhole.mosaic.render.prints import Print
        from pigeonhole.tiles.crops import folder_ledger

        drawing = Drawing.from_mosaic(self.mosaic, self.target.original)
        rows, width = drawing.placed_rows(), self.settings.tile_width
        photos = folder_ledger(rows, self.folder, self.max_pixels), self.folder
        paper = self.settings.print
        if output.suffix.lower() in SMALL_FORMATS and not paper.size:
            xmp = drawing.xmp(output.stem, f"{output.stem}.md")
            return save_image(output, drawing, width, *photos, xmp)
        page = drawing.page(width)
        options = LargeImageOptions(drawing.xmp(output.stem, ""))
        if paper.size:
            page = Print.from_settings(paper).page(drawing.size)
            options = replace(options, dpi=paper.dpi, paper=True)
        write_large(output, drawing, page, *photos, options)
        return page.size

    def save_details(self, output: Path) -> None:
        """Write placement (csv), quality (json) and credits (md) next to the mosaic."""
        # Imported here: SSIM takes as long to import as the mosaic takes to make.
        from pigeonhole.mosaic.credits import credits_markdown
        from pigeonhole.mosaic.pool_bound import pool_bound
        from pigeonhole.mosaic.quality import save_quality

        self.mosaic.save_placement(output.with_suffix(".csv"))
        bound = pool_bound(self.mosaic)
        save_quality(output.with_suffix(".json"), self.mosaic, self.target.image, bound)
        page = credits_markdown({output.stem: self.mosaic.placed_rows()})
        write_text(output.with_suffix(".md"), page)


def mosaic_from_folder(
    target: str | Path,
    folder: str | Path,
    settings: MosaicSettings = FOLDER_MOSAIC,
    tile_settings: TileSetSettings = FOLDER_TILES,
    photo_settings: PhotoSettings | None = None,
    *,
    cache: Path | None = None,
    save_tiles: Path | None = None,
) -> FolderMosaic:
    """
    Make a mosaic of an image from a folder of photos.

    Parameters
    ----------
    target : str or Path
        Path of an image, or name of one of scikit-image's sample photos.
    folder : str or Path
        Folder of photos, or the .npz file of a tile set.
    settings : MosaicSettings, optional
        Its targets and tile set are ignored, and so are settings of other files.
    tile_settings : TileSetSettings, optional
    photo_settings : PhotoSettings, optional
        Largest photo and removal list.
    cache : Path, optional
        Folder in which tile sets are kept for the next call.
    save_tiles : Path, optional
        File to save the tile set to, with its index next to it.

    Raises
    ------
    PigeonholeError
    """
    target, folder = str(target), Path(folder)
    _check_input(target, folder, save_tiles)
    # Edits are read first: a mistake in them is reported at once.
    options = with_edits(settings, settings.edits)
    photos = photo_settings or PhotoSettings()
    tile_set, index = _load_tiles(folder, tile_settings, photos, cache, save_tiles)
    prepared = _prepare_target(target, tile_set.size, settings, photos)
    mosaic = make_mosaic(prepared.image, tile_set, options, prepared.mask, index)
    return FolderMosaic(mosaic, prepared, folder, settings, photos.max_pixels)


def check_output(output: Path, folder: Path, settings: MosaicSettings) -> None:
    """Raise SettingsError if a mosaic can't be saved to this file."""
    if output.suffix.lower() not in (*SMALL_FORMATS, *LARGE_FORMATS):
        hint = "the name must end in .png, .jpg, .tif or .dzi."
        raise SettingsError("output", str(output), hint)
    if _needs_photos(output, settings) and not folder.is_dir():
        reason = "large images and prints are rendered from the photos"
        raise SettingsError("tiles", str(folder), f"{reason}; pass their folder.")


def _needs_photos(output: Path, settings: MosaicSettings) -> bool:
    large = output.suffix.lower() in LARGE_FORMATS or settings.print.size is not None
    return large or settings.tile_width not in (None, "auto")


def _check_input(target: str, folder: Path, save_tiles: Path | None) -> None:
    if target not in SAMPLES and not Path(target).is_file():
        hint = f"there is no such file; pass an image or one of {', '.join(SAMPLES)}."
        raise SettingsError("target", target, hint)
    if not folder.is_dir() and folder.suffix != ".npz":
        problem = "it isn't a folder" if folder.exists() else "there is no such folder"
        hint = f"{problem}; pass a folder of photos or a .npz file."
        raise SettingsError("tiles", str(folder), hint)
    if save_tiles and save_tiles.suffix != ".npz":
        raise SettingsError("save_tiles", str(save_tiles), "the name must end in .npz.")


def _load_tiles(
    folder: Path,
    tile_settings: TileSetSettings,
    photos: PhotoSettings,
    cache: Path | None,
    save_tiles: Path | None,
) -> tuple[TileSet, TileIndex | None]:
    """Return the tiles and, if it is saved anywhere, their index."""
    if folder.suffix == ".npz":
        tile_set = TileSet.load(folder)
        return tile_set, _load_index(tile_set, folder)
    tile_set, cached = load_or_cut_tiles(
        folder,
        tile_settings,
        photos.max_pixels,
        cache,
        get_num_threads(),
        Path(photos.removal_list),
    )
    index = _load_index(tile_set, cached) if cached else None
    if cached and not index:
        index = TileIndex(tile_set.tiles)
        index.save(cached.with_suffix(".index"))
    if save_tiles:
        tile_set.save(save_tiles)
        (index or TileIndex(tile_set.tiles)).save(save_tiles.with_suffix(".index"))
    return tile_set, index


def _load_index(tile_set: TileSet, path: Path) -> TileIndex | None:
    try:
        return TileIndex.load(path.with_suffix(".index"), tile_set.tiles)
    except UnreadableIndex:
        return None


def _prepare_target(
    source: str, tile: Size, settings: MosaicSettings, photos: PhotoSettings
) -> Target:
    sheet = None
    if settings.print.size:
        from pigeonhole.mosaic.render.prints import Print

        sheet = Print.from_settings(settings.print)
    target = prepare_target(
        source, tile, settings.width, photos.max_pixels, settings.mask, sheet
    )
    if source not in SAMPLES:
        removed = RemovalList.read(Path(photos.removal_list))
        removed.check_image("target", source, target.source)
    return target
