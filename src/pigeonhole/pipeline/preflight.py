"""Checks before the first job, so that a setting that can't work costs no time."""

from collections.abc import Collection
from pathlib import Path

from pigeonhole.birthday.experiments.key_sets import make_keys
from pigeonhole.core.repetition import has_limits
from pigeonhole.faces.detect import create_detector
from pigeonhole.matching.assignment import check_limits
from pigeonhole.mosaic import Target, prepare_target, with_edits
from pigeonhole.mosaic.compose import make_layout
from pigeonhole.mosaic.edits import Edits
from pigeonhole.mosaic.selection import repetition_limits
from pigeonhole.settings import MosaicOptions, Settings
from pigeonhole.tiles import TileSet


def check_files(settings: Settings, rules: Collection[str]) -> None:
    """
    Check the face model and the key file, if jobs of these rules read them.

    Raises
    ------
    UnusableModel, UnusableKeyFile
    """
    if "find_faces" in rules:
        create_detector(settings.faces)
    if "measure_hashes" in rules and (path := settings.birthday.key_file):
        # An absolute path isn't the name of a key set.
        make_keys(str(Path(path).absolute()), 0, settings.seed)


def check_mosaics(
    settings: Settings, targets: Collection[str], tiles: Path | None
) -> None:
    """
    Check all that mosaics are made from, as far as it exists.

    Parameters
    ----------
    settings : Settings
    targets : collection of str
        Files, or names of sample photos.
    tiles : Path or None
        The tile set, or None if it isn't cut yet.

    Raises
    ------
    PigeonholeError
        A target, the mask, the edits, the width or the limits on repetition can't work.
    """
    if not targets:
        return
    mosaic, tile_set = settings.mosaic, None
    options = with_edits(mosaic, mosaic.edits)
    size, pixels = settings.tiles[mosaic.tiles].size, settings.photos.max_pixels
    for name in targets:
        target = prepare_target(name, size, mosaic.width, pixels, mosaic.mask)
        # The cells of a quadtree depend on the matching.
        if tiles and options.layout != "quadtree":
            tile_set = tile_set or TileSet.load(tiles)
            _check_tiles(tile_set, target, options)


def _check_tiles(tile_set: TileSet, target: Target, options: MosaicOptions) -> None:
    """Check that the tiles of the edits exist, and that there are enough tiles."""
    layout = make_layout(target.image, tile_set.tiles, options)
    if target.mask is not None:
        layout = layout.masked(target.mask)
    if not len(layout):
        return
    Edits.resolve(options, tile_set.rows, layout)
    if has_limits(options.repetition):
        sources = int(tile_set.sources.max()) + 1
        check_limits(repetition_limits(options), sources, layout.boxes)
