"""Tables, lists and settings: what we wrote once, and what a person writes."""

import json

import numpy as np
import yaml
from live_samples import tile_set, tiles_of

from parsers import file_of, parser, saved, scratch
from pigeonhole.birthday.collisions.search import Search, _abandoned, first_number
from pigeonhole.core.geometry import Size
from pigeonhole.core.tables import join_tables, read_numbers, read_table
from pigeonhole.faces import read_excluded
from pigeonhole.faces.cache import FaceMemory, forget_photos
from pigeonhole.faces.table import FaceRow, read_faces, write_faces
from pigeonhole.mosaic.edits import Edits, read_edits
from pigeonhole.mosaic.layout import plain
from pigeonhole.mosaic.placement_table import write_placement
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.photos.ledger import (
    AlikeRow,
    PhotoRow,
    read_alike,
    read_ledger,
    write_alike,
    write_ledger,
)
from pigeonhole.photos.removal_list import Forgotten
from pigeonhole.settings import LookSettings, load

PHOTO = PhotoRow("a.jpg", "demo", "A", "", "", "", "CC0", 4, 3, "0" * 64)
TILES = tile_set(tiles_of(4, (3, 4)))
TARGET = np.arange(12 * 9 * 3, dtype=np.uint8).reshape(9, 12, 3)
LAYOUT = plain(Size(12, 9), Size(4, 3))


@parser(lambda: saved(lambda path: write_ledger(path, [PHOTO]), "photos.csv"))
def ledger(content):
    read_ledger(file_of("photos.csv", content))


@parser(
    lambda: saved(lambda path: write_alike(path, [AlikeRow(PHOTO, "b")]), "alike.csv")
)
def alike(content):
    read_alike(file_of("alike.csv", content))


@parser(
    lambda: saved(
        lambda path: write_faces(path, [FaceRow("a.jpg", 1, 2, 3, 4, 5.0)]), "faces.csv"
    )
)
def faces(content):
    read_faces(file_of("faces.csv", content))


@parser(lambda: b"# no\na b.jpg 1 2 3 4\n")
def exclusions(content):
    read_excluded(file_of("faces-exclude.txt", content))


@parser(lambda: b"a.jpg " + b"0" * 64 + b"\nb.jpg 1 2 3 4\n")
def forgotten(content):
    Forgotten.read(file_of("forgotten.txt", content))


@parser(
    lambda: json.dumps({"mark": "mark", "boxes": {"00": [[1, 2, 3, 4, 5.0]]}}).encode()
)
def memory(content):
    """What is damaged is found anew: it takes part in nothing."""
    folder = file_of("known/0.json", content).parent
    for boxes in FaceMemory.read_all(folder, "mark").values():
        [FaceRow("a.jpg", *box) for box in boxes]
    forget_photos(folder, frozenset({"00"}))


def _placement(path):
    placement = np.arange(9).reshape(3, 3) % len(TILES.rows)
    write_placement(path, LAYOUT, placement, placement, TILES.rows)


@parser(lambda: saved(_placement, "placement.csv"))
def placement(content):
    path = file_of("placement.csv", content)
    for mirror in (False, True):
        looks = LookSettings(mirror=mirror)
        Drawing.read(path, TARGET, TILES, looks).shown()


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
    Edits.of(read_edits(file_of("edits.json", content)), TILES.rows, LAYOUT)


@parser(lambda: b"mosaic: {width: 100, reuse: {at_most: 3}}\nseed: 1\n")
def settings(content):
    try:
        config = yaml.safe_load(content)
    # YAML is read by Snakemake, not by us.
    except Exception:  # noqa: BLE001
        return
    if isinstance(config, dict):
        load(config)


@parser(lambda: b"bits,t\n8,20.5\n16,320\n")
def numbers(content):
    """Tables of the experiments."""
    path = file_of("sweep.csv", content)
    for read in (
        read_table,
        read_numbers,
        lambda path: join_tables([path], path.with_name("joined.csv")),
    ):
        read(path)


def _chunk():
    """Walks of which two seem to have met."""
    search = Search(scratch(), 1, 32)
    first = first_number(search, 0)
    walks = [[first + walk, 0, walk // 2, 1, 1 + walk] for walk in range(5)]
    return saved(lambda path: np.save(path, np.array(walks, np.int64)), "chunk.npy")


@parser(_chunk)
def chunk(content):
    folder = file_of("chunk/chunk-000000.npy", content).parent
    Search(folder, 1, 32)._read_chunks()


@parser(lambda: b"elsewhere 12345")
def claim(content):
    _abandoned(file_of("chunk-000000.claim", content))
