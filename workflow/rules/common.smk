# The checked settings, the sources behind a script, and the functions behind inputs.
import logging
import os
import sys
from pathlib import Path

from snakemake.io import flag
from snakemake.path_modifier import PATH_MODIFIER_FLAG

# Scripts inherit the import path, so that a plain clone runs uninstalled.
SOURCES = Path(workflow.basedir, "src")
if str(SOURCES) not in sys.path:
    sys.path.insert(0, str(SOURCES))

from pigeonhole.core.errors import LiveError, PigeonholeError, SettingsError
from pigeonhole.core.atomic import check_room
from pigeonhole.cli.live_options import live_arguments
from pigeonhole.live.preflight import check
from pigeonhole.settings import SAMPLES, load, target_name
from pigeonhole.pipeline.code_inputs import library_sources
from pigeonhole.pipeline.run_lock import bring_to_present, take_turn

# On a full disk the log can't be written either: that would bury the sentence.
logging.raiseExceptions = False

try:
    settings = load(config)
except SettingsError as error:
    # Snakemake would say where in this file that was, which isn't where the mistake is.
    sys.exit(str(error))

# What the rules look up is complete and typed, whatever a person left out.
config = settings.model_dump(mode="json")

SEARCHED = [f"{algorithm}-{bits}" for algorithm, bits in settings.birthday.searched]
# A power of 2: each part hashes all messages, and holds its share of the values.
CENSUS_PARTS = 4
KEY_SETS = ["key%d", "counters", "random"]
if settings.birthday.key_file:
    KEY_SETS.append(settings.birthday.key_file)

# Rooms of the report, which sorts them by name.
MOSAICS, FACES, LIVE = "1 Mosaics", "2 Faces", "3 Live"
BIRTHDAY, CREDITS = "4 Birthday paradox", "5 Credits"

# Results go to a bucket, as docs/storage.md says: only what a rule names arrives there.
STORED = workflow.storage_settings.default_storage_provider is not None

TARGETS = {target_name(target): target for target in settings.mosaic.targets}


wildcard_constraints:
    chunk=r"[0-9]+",
    form=r"tif|png|jpg",
    tile_set=r"[A-Za-z0-9_-]+",
    target=r"[A-Za-z0-9_-]+",


onstart:
    # Snakemake's own locks, which the profiles switch off, outlive a killed run.
    files = workflow.persistence
    reads = list(files.all_inputfiles())
    makes = list(files.all_outputfiles())
    targets = [
        target
        for name, target in TARGETS.items()
        if any(f"/mosaics/{name}/" in str(path) for path in makes)
    ]
    photos = settings.photos
    # Here, since jobs read this file, too, and most of them no picture.
    from pigeonhole.photos.removal_list import check_targets

    try:
        check_room(files.path)
        check_targets(targets, photos.max_pixels, Path(photos.forgotten))
        take_turn(files.path / "runs", reads, makes)
        bring_to_present(reads)
    except PigeonholeError as error:
        sys.exit(str(error))


onerror:
    # What failed jobs said is far up by now, between Snakemake's own lines.
    said = "".join(Path(path).read_text(errors="replace") for path in log)
    for line in dict.fromkeys(said.splitlines()):
        if line.startswith("ERROR "):
            print(line, file=sys.stderr)


def here(*paths):
    """
    Name files that are no results: they lie here, wherever results lie.

    Snakemake's own `local` says so, too, but keeps jobs from going to other nodes.
    """
    return [flag(str(path), PATH_MODIFIER_FLAG) for path in paths if path]


def listed(path):
    """Name a list of the user's, where there is one."""
    return here(path) if os.path.exists(path) else []


def library(script):
    """The library's files that a script runs: an input, so that edits rerun it."""
    path = Path(workflow.basedir, "workflow", "scripts", f"{script}.py")
    files = library_sources(path, SOURCES / "pigeonhole")
    return here(*map(os.path.relpath, files))


def web(*patterns):
    """Files of the library that go into pages: inputs, as those of `library`."""
    folder = SOURCES / "pigeonhole" / "web"
    files = [file for pattern in patterns for file in sorted(folder.glob(pattern))]
    return here(*map(os.path.relpath, files))


def more(megabytes):
    """Memory for a job; where one was killed, its next try gets more."""

    def memory(wildcards, attempt):
        return megabytes * attempt

    return memory


def pick(section, *keys):
    """Return some settings of a section, so that the others rerun nothing."""
    return {key: section[key] for key in keys}


def tile_set_faces(wildcards):
    """A set that is cut from whole photos doesn't wait for faces."""
    cut = settings.tiles[wildcards.tile_set].cut
    return "<results>/faces/faces.csv" if cut == "faces" else []


def tile_set_cut(wildcards):
    return pick(config["tiles"][wildcards.tile_set], "cut", "size", "colour")


def tile_set_parts(wildcards):
    """One job alone cuts where it gathers."""
    jobs = settings.tiles[wildcards.tile_set].cut_jobs
    return [
        f"<results>/tiles/parts/{wildcards.tile_set}-{part}.npy"
        for part in range(jobs if jobs > 1 else 0)
    ]


def tile_set_archives(wildcards):
    """Who gathers parts needs no photos."""
    return [] if settings.tiles[wildcards.tile_set].cut_jobs > 1 else ARCHIVES


def tile_set_margin(wildcards):
    cut = settings.tiles[wildcards.tile_set].cut
    return settings.faces.margin if cut == "faces" else 0.0


def target_of(wildcards):
    return TARGETS[wildcards.target]


def target_file(wildcards):
    """Sample photos lie in scikit-image, not in a file of the user's."""
    target = target_of(wildcards)
    return [] if target in SAMPLES else here(target)


def wished(files, setting, way_out):
    """Who asks for what no setting describes hears so; `all` goes without."""

    def named(wildcards):
        if files:
            return files
        sys.exit(str(SettingsError(setting, None, way_out)))

    return named


def live_needs(wildcards):
    """Who asks for live hears what is missing before any job, with no camera lit."""
    try:
        check(settings.live)
    except LiveError as error:
        sys.exit(str(error))
    return []


def sweep_trials(wildcards):
    chosen = settings.birthday
    return chosen.sweep_trials if int(wildcards.bits) <= 32 else chosen.wide_trials


def key_set_of(wildcards):
    return KEY_SETS[int(wildcards.number)]
