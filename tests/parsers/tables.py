"""Tables, caches, lists and settings."""

import json
from dataclasses import asdict, replace

import numpy as np
from live_samples import make_tile_set, random_tiles

from parsers import file_of, parser, saved, scratch
from pigeonhole.birthday.collisions.search import CollisionSearch
from pigeonhole.core.geometry import Size
from pigeonhole.core.tables import join_tables, read_numbers, read_table
from pigeonhole.faces import ExclusionList
from pigeonhole.faces.cache import read_boxes, remove_photos
from pigeonhole.faces.table import FaceRow, read_faces, write_faces
from pigeonhole.mosaic import Target
from pigeonhole.mosaic.edits import Edits, read_edits
from pigeonhole.mosaic.layout import grid_layout
from pigeonhole.mosaic.placement_table import write_placement
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.photos.cache import PhotoCache
from pigeonhole.photos.downloads import DownloadCache
from pigeonhole.photos.ledger import (
    DuplicateRow,
    PhotoRow,
    read_duplicates,
    read_ledger,
    write_duplicates,
    write_ledger,
)
from pigeonhole.photos.removal_list import RemovalList
from pigeonhole.settings import MosaicOptions, load, read_settings_file

PHOTO = PhotoRow("a.jpg", "demo", "A", "", "", "", "CC0", 4, 3, "0" * 64)
TILES = make_tile_set(random_tiles(4, (3, 4)))
IMAGE = np.arange(12 * 9 * 3, dtype=np.uint8).reshape(9, 12, 3)
TARGET = Target(IMAGE, IMAGE, IMAGE, None)
LAYOUT = grid_layout(Size(12, 9), Size(4, 3))


@parser(lambda: saved(lambda path: write_ledger(path, [PHOTO]), "photos.csv"))
def ledger(content):
    """Read a ledger."""
    read_ledger(file_of("photos.csv", content))


@parser(
    lambda: saved(
        lambda path: write_duplicates(path, [DuplicateRow(PHOTO, "b")]),
        "duplicates.csv",
    )
)
def duplicates(content):
    """Read a table of near-duplicates."""
    read_duplicates(file_of("duplicates.csv", content))


@parser(
    lambda: saved(
        lambda path: write_faces(path, [FaceRow("a.jpg", 1, 2, 3, 4, 5.0)]), "faces.csv"
    )
)
def faces(content):
    """Read a table of faces."""
    read_faces(file_of("faces.csv", content))


@parser(lambda: b"# no\na b.jpg 1 2 3 4\n")
def exclusions(content):
    """Read the user's list of false detections."""
    ExclusionList.read(file_of("faces-exclude.txt", content))


@parser(lambda: b"a.jpg " + b"0" * 64 + b"\nb.jpg 1 2 3 4\n")
def removal_list(content):
    """Read a removal list."""
    RemovalList.read(file_of("removed.txt", content))


@parser(
    lambda: json.dumps({"key": "key", "boxes": {"00": [[1, 2, 3, 4, 5.0]]}}).encode()
)
def face_cache(content):
    """Read a cache of faces; damaged entries are ignored."""
    folder = file_of("faces/0.json", content).parent
    for boxes in read_boxes(folder, "key", {"00"}).values():
        [FaceRow("a.jpg", *box) for box in boxes]
    remove_photos(folder, frozenset({"00"}))


def _photo_cache():
    cache = PhotoCache(scratch() / "photos")
    cache.replace([PHOTO])
    return (scratch() / "photos" / "rows.jsonl").read_bytes()


@parser(_photo_cache)
def photo_cache(content):
    """Read a cache of photos; damaged lines are ignored."""
    folder = file_of("photos/rows.jsonl", content).parent
    rows = PhotoCache(folder).read()
    write_ledger(scratch() / "cached.csv", rows.values())
    PhotoCache(folder).remove(rows)


DOWNLOAD = replace(PHOTO, image_url="https://x/1")


@parser(lambda: json.dumps(asdict(DOWNLOAD)).encode())
def download_row(content):
    """Read the row of a download from the cache."""
    cache = DownloadCache(scratch() / "downloads")
    path = cache._entry_path(DOWNLOAD)
    file_of(path.relative_to(scratch()).as_posix(), content)
    assert cache.read(DOWNLOAD) is None
    write_ledger(scratch() / "downloads.csv", cache.rows())
    cache.delete({"0" * 64})
    assert not path.exists() or cache.rows()


def _placement(path):
    placement = np.arange(9).reshape(3, 3) % len(TILES.rows)
    write_placement(path, LAYOUT, placement, placement, TILES.rows)


@parser(lambda: saved(_placement, "placement.csv"))
def placement(content):
    """Read the placement of a mosaic."""
    path = file_of("placement.csv", content)
    for mirror in (False, True):
        options = MosaicOptions(mirror=mirror)
        Drawing.read(path, TARGET, TILES, options).placed_rows()


@parser(
    lambda: json.dumps(
        {
            "ban": ["0"],
            "pin": [{"row": 0, "column": 1, "tile": "1"}],
            "replace": {"2": "3"},
        }
    ).encode()
)
def edits(content):
    """Read the edits of a mosaic."""
    Edits.resolve(read_edits(file_of("edits.json", content)), TILES.rows, LAYOUT)


@parser(lambda: b"mosaic: {width: 100, repetition: {max_uses: 3}}\nseed: 1\n")
def settings(content):
    """Read and validate the settings in config.yaml."""
    load(read_settings_file(file_of("config.yaml", content)))


@parser(lambda: b"bits,t\n8,20.5\n16,320\n")
def numbers(content):
    """Read tables of experiments."""
    path = file_of("sweep.csv", content)
    for read in (
        read_table,
        read_numbers,
        lambda path: join_tables([path], path.with_name("joined.csv")),
    ):
        read(path)


def _search():
    return CollisionSearch(scratch() / "chunk", 1, 32)


def _chunk():
    """Return the points of five walks; two pairs of points are equal."""
    first = _search().first_walk(0)
    walks = [[first + walk, 0, walk // 2, 1, 1 + walk] for walk in range(5)]
    return saved(lambda path: np.save(path, np.array(walks, np.int64)), "chunk.npy")


@parser(_chunk)
def chunk(content):
    """Read and compare a chunk of a collision search."""
    file_of("chunk/chunk-000000.npy", content)
    search = _search()
    if (points := search._load(0)) is not None:
        search._compare(points)
