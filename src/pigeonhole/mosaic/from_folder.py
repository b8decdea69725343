"""Make one mosaic from a folder of photos, without the workflow."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pigeonhole.core.arrays import Image
from pigeonhole.core.atomic import NAME_BYTES, short_name, write_text
from pigeonhole.core.cache import log_cache_errors
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.core.jit import get_num_threads
from pigeonhole.core.outputs import Outputs
from pigeonhole.core.progress import announce
from pigeonhole.imaging.codecs import encode_jpeg, write_jpeg
from pigeonhole.matching import TileIndex
from pigeonhole.matching.search.index import UnreadableIndex
from pigeonhole.mosaic.compose import Mosaic, make_mosaic
from pigeonhole.mosaic.edits import with_edits
from pigeonhole.mosaic.render.page import check_page_size
from pigeonhole.mosaic.targets import Target, prepare_target
from pigeonhole.photos.files import is_utf8
from pigeonhole.photos.ledger import SkippedRow, write_skipped
from pigeonhole.photos.removal_list import RemovalList
from pigeonhole.settings import (
    FOLDER_MOSAIC,
    FOLDER_TILES,
    SAMPLES,
    FaceSettings,
    MosaicSettings,
    PhotoSettings,
    TileSetSettings,
    title_of,
)
from pigeonhole.tiles import TileSet
from pigeonhole.tiles.crops import folder_ledger, size_at_width
from pigeonhole.tiles.prepare import FolderTiles, load_or_cut_tiles

SMALL_FORMATS = (".png", ".jpg", ".jpeg")
LARGE_FORMATS = (".tif", ".tiff", ".dzi")
"""Formats that are always rendered from the photos."""
DETAILS = (".csv", ".json", ".md")
"""Suffixes of placement, quality and credits."""
TILE_SET_SUFFIXES = (".csv", ".index")
"""Suffixes of the files next to a tile set (.npz)."""


@dataclass(frozen=True, slots=True)
class FolderMosaic:
    """A mosaic that can be saved in any format."""

    mosaic: Mosaic
    target: Target
    source: str
    """Path of the target, or name of a sample photo."""
    folder: Path
    """Folder of the photos, or file of the tile set."""
    tile_set: TileSet
    """The tiles, without mirror images."""
    settings: MosaicSettings
    photo_settings: PhotoSettings
    skipped: Sequence[SkippedRow] = ()
    """Files of the folder that no tile shows, with the reason."""

    def _repr_jpeg_(self) -> bytes:
        """Return the image that a notebook shows."""
        return encode_jpeg(self.mosaic.image())

    def save(
        self,
        output: Path,
        *,
        details: bool = False,
        save_tiles: Path | None = None,
        force: bool = False,
    ) -> Size:
        """
        Write the mosaic and return its size.

        Parameters
        ----------
        output : Path
            The suffix chooses the format: .png, .jpg, .tif or .dzi.
        details : bool
            Also write placement (.csv), quality (.json), credits (.md) and, for a
            folder, the files that aren't used (-skipped.csv) next to it.
        save_tiles : Path, optional
            Also write the tile set (.npz) with its ledger (.csv) and index (.index).
        force : bool
            Replace files that this program didn't write.

        Raises
        ------
        SettingsError, OutputError, RenderError
            The outputs can't be written; see also `check_output`.
        """
        check_output(output, self.folder, self.settings)
        outputs = mosaic_outputs(
            output,
            self.source,
            self.folder,
            self.settings,
            self.photo_settings,
            details=details,
            save_tiles=save_tiles,
            force=force,
        )
        with outputs.write() as staged:
            temporary = staged(output)
            size = self.write(temporary)
            if details:
                self._save_details(temporary)
                if self.folder.is_dir():
                    write_skipped(staged(skipped_table(output)), self.skipped)
            if save_tiles:
                self.tile_set.save(staged(save_tiles))
                index = TileIndex(self.tile_set.tiles)
                index.save(staged(save_tiles).with_suffix(".index"))
        return size

    def write(self, output: Path) -> Size:
        """Write the mosaic to a path that is ours; see `save`."""
        if _needs_photos(output, self.settings) or self._is_sharp:
            return self._save_from_photos(output)
        if output.suffix.lower() == ".png":
            self.mosaic.save_image(output, title_of(self.source))
        else:
            write_jpeg(output, self.mosaic.image(), mosaic=True)
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

        drawing = Drawing.from_mosaic(self.mosaic, self.target.original)
        rows, width = drawing.placed_rows(), self.settings.tile_width
        max_pixels = self.photo_settings.max_pixels
        photos = folder_ledger(rows, self.folder, max_pixels), self.folder
        paper = self.settings.print
        if output.suffix.lower() in SMALL_FORMATS and not paper.size:
            xmp = drawing.xmp(title_of(self.source))
            return save_image(output, drawing, width, *photos, xmp)
        page = drawing.page(width)
        large = self.settings.large
        options = LargeImageOptions(
            drawing.xmp(title_of(self.source)),
            quality=large.quality,
            lossless=large.lossless,
        )
        if paper.size:
            page = Print.from_settings(paper).page(drawing.size)
            options = replace(options, dpi=paper.dpi, paper=True)
        write_large(output, drawing, page, *photos, options)
        return page.size

    def _save_details(self, output: Path) -> None:
        # Imported here: SSIM takes as long to import as the mosaic takes to make.
        from pigeonhole.mosaic.credits import credits_markdown
        from pigeonhole.mosaic.pool_bound import pool_bound
        from pigeonhole.mosaic.quality import save_quality

        self.mosaic.save_placement(output.with_suffix(".csv"))
        bound = pool_bound(self.mosaic)
        save_quality(output.with_suffix(".json"), self.mosaic, self.target.image, bound)
        page = credits_markdown({title_of(self.source): self.mosaic.placed_rows()})
        write_text(output.with_suffix(".md"), page)


def mosaic_from_folder(
    target: str | Path,
    folder: str | Path,
    settings: MosaicSettings = FOLDER_MOSAIC,
    tile_settings: TileSetSettings = FOLDER_TILES,
    photo_settings: PhotoSettings | None = None,
    face_settings: FaceSettings | None = None,
    *,
    cache: Path | None = None,
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
    face_settings : FaceSettings, optional
        Detection and cropping of faces.
    cache : Path, optional
        Folder in which tile sets are kept for the next call.

    Raises
    ------
    PigeonholeError
    """
    target, folder = str(target), Path(folder)
    _check_input(target, folder)
    # Edits are read first: a mistake in them is reported at once.
    options = with_edits(settings, settings.edits)
    photos = photo_settings or PhotoSettings()
    faces = face_settings or FaceSettings()
    tiles, index = _load_tiles(folder, tile_settings, photos, faces, cache)
    tile_set = tiles.tile_set
    prepared = _prepare_target(target, tile_set.size, settings, photos)
    _check_size(prepared.image, tile_set.size, settings)
    announce("Making the mosaic")
    mosaic = make_mosaic(prepared.image, tile_set, options, prepared.mask, index)
    inputs = target, folder, tile_set, settings, photos
    return FolderMosaic(mosaic, prepared, *inputs, tiles.skipped)


def check_output(
    output: Path,
    folder: Path,
    settings: MosaicSettings,
    save_tiles: Path | None = None,
) -> None:
    """Raise SettingsError if a mosaic or its tile set can't be saved to these files."""
    if output.suffix.lower() not in (*SMALL_FORMATS, *LARGE_FORMATS):
        hint = "the name must end in .png, .jpg, .tif or .dzi."
        raise SettingsError("output", str(output), hint)
    if _needs_photos(output, settings) and not folder.is_dir():
        reason = "large images and prints are rendered from the photos"
        raise SettingsError("tiles", str(folder), f"{reason}; pass their folder.")
    if _needs_photos(output, settings) and not is_utf8(os.path.realpath(output.parent)):
        hint = "the name of its folder isn't valid UTF-8; choose another folder."
        raise SettingsError("output", str(output), hint)
    if save_tiles and save_tiles.suffix != ".npz":
        raise SettingsError("save_tiles", str(save_tiles), "the name must end in .npz.")
    if save_tiles and folder.suffix == ".npz":
        hint = f"{folder} is a saved tile set already; pass a folder of photos."
        raise SettingsError("save_tiles", str(save_tiles), hint)


def skipped_table(output: Path) -> Path:
    """Return the path of the table of files that a mosaic doesn't use."""
    stem, ending = output.stem, "-skipped.csv"
    if len(os.fsencode(stem)) > NAME_BYTES - len(ending):
        stem = short_name(stem, len(ending))
    return output.with_name(stem + ending)


def mosaic_outputs(
    output: Path,
    target: str,
    folder: Path,
    settings: MosaicSettings,
    photo_settings: PhotoSettings,
    *,
    details: bool = False,
    save_tiles: Path | None = None,
    force: bool = False,
    lists: Mapping[str, Path | None] | None = None,
) -> Outputs:
    """
    Return the outputs of `FolderMosaic.save` and the inputs they can't replace.

    `lists` are further inputs by their names in messages.
    """
    suffixes = DETAILS if details else ()
    folders: tuple[Path, ...] = ()
    if output.suffix.lower() == ".dzi":
        suffixes = (".xmp", *suffixes)
        folders = (output.with_name(f"{output.stem}_files"),)
    files = [output, *map(output.with_suffix, suffixes)]
    if details and folder.is_dir():
        files.append(skipped_table(output))
    if save_tiles:
        files += [save_tiles, *map(save_tiles.with_suffix, TILE_SET_SUFFIXES)]
    inputs = {"the tile folder": folder}
    if not folder.is_dir():
        inputs = {"the tile set": folder}
        for suffix in TILE_SET_SUFFIXES:
            inputs[f"the {suffix} of the tile set"] = folder.with_suffix(suffix)
    others = {
        "the target": None if target in SAMPLES else target,
        "the mask": settings.mask,
        "the edits": settings.edits,
        "the removal list": photo_settings.removal_list,
    }
    inputs |= {name: Path(path) for name, path in others.items() if path}
    inputs |= {name: path for name, path in (lists or {}).items() if path}
    return Outputs(files, folders, inputs, force)


def _needs_photos(output: Path, settings: MosaicSettings) -> bool:
    large = output.suffix.lower() in LARGE_FORMATS or settings.print.size is not None
    return large or settings.tile_width not in (None, "auto")


def _check_input(target: str, folder: Path) -> None:
    if target not in SAMPLES and not Path(target).is_file():
        is_other = Path(target).exists()
        problem = "it isn't a file" if is_other else "there is no such file"
        hint = f"{problem}; pass an image or one of {', '.join(SAMPLES)}."
        raise SettingsError("target", target, hint)
    if not folder.is_dir() and folder.suffix != ".npz":
        problem = "it isn't a folder" if folder.exists() else "there is no such folder"
        hint = f"{problem}; pass a folder of photos or a .npz file."
        raise SettingsError("tiles", str(folder), hint)


def _check_size(frame: Image, tile: Size, settings: MosaicSettings) -> None:
    """Check the size of the finished image before the work starts."""
    if isinstance(settings.tile_width, int) and not settings.print.size:
        columns, rows = frame.shape[1] // tile.width, frame.shape[0] // tile.height
        width, height = size_at_width(tile, settings.tile_width)
        check_page_size(Size(columns * width, rows * height))


def _load_tiles(
    folder: Path,
    tile_settings: TileSetSettings,
    photos: PhotoSettings,
    faces: FaceSettings,
    cache: Path | None,
) -> tuple[FolderTiles, TileIndex | None]:
    """Return the tiles and, if it is saved anywhere, their index."""
    if folder.suffix == ".npz":
        tile_set = TileSet.load(folder)
        return FolderTiles(tile_set, folder, []), _load_index(tile_set, folder)
    tiles = load_or_cut_tiles(
        folder,
        tile_settings,
        photos.max_pixels,
        cache,
        get_num_threads(),
        Path(photos.removal_list),
        photos.max_hash_distance,
        faces,
        Path(faces.exclude) if tile_settings.cut == "faces" else None,
    )
    tile_set, cached = tiles.tile_set, tiles.path
    index = _load_index(tile_set, cached) if cached else None
    if cached and not index:
        index = TileIndex(tile_set.tiles)
        with log_cache_errors():
            index.save(cached.with_suffix(".index"))
    return tiles, index


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
