"""Every parser of bytes from outside, and a fuzzer for it.

    python tests/fuzz.py NAME --seconds 600

looks for input at which a parser does anything but answer or refuse with our own
sentence; what it finds is kept in tests/corpus/NAME, where test_fuzz.py tries it for
ever. A parser that takes more than 10 s or 1 GB has failed as well.
"""

import argparse
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from pigeonhole.birthday.search import Search
from pigeonhole.errors import PigeonholeError
from pigeonhole.faces import read_excluded
from pigeonhole.faces.memory import FaceMemory
from pigeonhole.faces.table import FaceRow, read_faces, write_faces
from pigeonhole.forgotten import Forgotten
from pigeonhole.images import decode_rgb
from pigeonhole.ledger import PhotoRow, read_ledger, write_ledger
from pigeonhole.matching import TileIndex
from pigeonhole.settings import load
from pigeonhole.tiles import TileSet
from pigeonhole.tiles.tileset import TileRow

CORPUS = Path(__file__).parent / "corpus"
SECONDS, MEGABYTES = 10, 1024
RUN = """
import atheris
with atheris.instrument_imports(include=["pigeonhole", "csv", "json", "PIL", "yaml"]):
    import fuzz
fuzz.run({name!r})
"""


def _file(name, content):
    """Write a file that the parser then reads, and return its path."""
    path = Path(tempfile.gettempdir()) / f"pigeonhole-fuzz-{name}"
    path.mkdir(exist_ok=True)
    file = path / name
    file.write_bytes(content)
    return file


def picture(content):
    decode_rgb(content, "x.jpg", max_pixels=250_000)


def ledger(content):
    read_ledger(_file("photos.csv", content))


def faces(content):
    read_faces(_file("faces.csv", content))


def exclusions(content):
    read_excluded(_file("faces-exclude.txt", content))


def forgotten(content):
    Forgotten.read(_file("forgotten.txt", content))


def memory(content):
    FaceMemory.read_all(_file("0.json", content).parent, "mark")


def tile_set(content):
    """The npz file; its table is `tile_table`'s."""
    path = _file("tiles.npz", content)
    path.with_suffix(".csv").write_bytes(SEEDS["tile_table"]())
    TileSet.load(path)


def tile_table(content):
    path = _file("table.csv", content).with_suffix(".npz")
    path.write_bytes(SEEDS["tile_set"]())
    TileSet.load(path)


def index(content):
    opened = TileIndex.load(_file("tiles.index", content))
    opened.place(np.zeros((6, 8), np.uint8))


def settings(content):
    try:
        config = yaml.safe_load(content)
    # YAML is read by Snakemake, not by us.
    except Exception:  # noqa: BLE001
        return
    if isinstance(config, dict):
        load(config)


def chunk(content):
    folder = _file("chunk-000000.npy", content).parent
    Search(folder, 1, 32)._read_chunks()


def _saved(write, name):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        write(path)
        return path.read_bytes()


def _png():
    content = io.BytesIO()
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(content, "PNG")
    return content.getvalue()


def _tiles():
    content = io.BytesIO()
    np.savez(content, tiles=np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    return content.getvalue()


def _index():
    tiles = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    return _saved(TileIndex(tiles).save, "tiles.index")


def _table():
    rows = [
        TileRow(n, f"id{n}", "a.jpg", 0, 0, 4, 3, "demo", "", "", "", "CC0")
        for n in range(2)
    ]
    return _saved(
        lambda path: TileSet(np.zeros((2, 3, 4), np.uint8), rows).save(
            path.with_suffix(".npz")
        ),
        "tiles.csv",
    )


def _chunk():
    content = io.BytesIO()
    np.save(content, np.arange(10, dtype=np.int64).reshape(2, 5))
    return content.getvalue()


PHOTO = PhotoRow("a.jpg", "demo", "A", "", "", "", "CC0", 4, 3, "0" * 64)
SEEDS = {
    "picture": _png,
    "ledger": lambda: _saved(lambda path: write_ledger(path, [PHOTO]), "p.csv"),
    "faces": lambda: _saved(
        lambda path: write_faces(path, [FaceRow("a.jpg", 1, 2, 3, 4, 5.0)]), "f.csv"
    ),
    "exclusions": lambda: b"# no\na b.jpg 1 2 3 4\n",
    "forgotten": lambda: b"a.jpg " + b"0" * 64 + b"\nb.jpg 1 2 3 4\n",
    "memory": lambda: json.dumps({"mark": "mark", "boxes": {"00": []}}).encode(),
    "tile_set": _tiles,
    "tile_table": _table,
    "index": _index,
    "settings": lambda: b"mosaic: {width: 100, reuse: {at_most: 3}}\nseed: 1\n",
    "chunk": _chunk,
}
"""A good input of each parser."""

TARGETS = {name: globals()[name] for name in SEEDS}


def attempt(name, content):
    """Try one input; whatever isn't our own sentence goes through."""
    try:
        TARGETS[name](content)
    except PigeonholeError:
        return


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=600)
    options = parser.parse_args()
    corpus = CORPUS / options.name
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as seeds:
        Path(seeds, "seed").write_bytes(SEEDS[options.name]())
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                RUN.format(name=options.name),
                f"-max_total_time={options.seconds}",
                f"-timeout={SECONDS}",
                f"-rss_limit_mb={MEGABYTES}",
                f"-artifact_prefix={corpus}/",
                "-max_len=20000",
                "-print_final_stats=1",
                seeds,
                str(corpus),
            ],
            check=False,
            cwd=Path(__file__).parent,
        )
    sys.exit(done.returncode)


def run(name):
    """Run atheris in this process, which it ends."""
    import atheris

    atheris.Setup(sys.argv, lambda content: attempt(name, content))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
