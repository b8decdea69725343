# The validated settings, and functions for the inputs and resources of rules.
import os
import sys
from pathlib import Path

from snakemake.io import flag, strip_wildcard_constraints
from snakemake.logging import logger
from snakemake.path_modifier import PATH_MODIFIER_FLAG

# Import the package of this checkout, even if another one is installed.
ROOT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parents[1]
SOURCES = ROOT / "src"
sys.path.insert(0, str(SOURCES))

from pigeonhole.core.runtime import configure

configure(SOURCES)

from pigeonhole.core.errors import LiveError, PigeonholeError, SettingsError
from pigeonhole.core.atomic import check_free_space
from pigeonhole.cli.live import live_arguments
from pigeonhole.live.preflight import check_requirements
from pigeonhole.settings import (
    SAMPLES,
    load,
    read_settings_files,
    target_names,
    title_of,
)
from pigeonhole.pipeline.code_inputs import code_inputs
from pigeonhole.pipeline.run_lock import (
    ALL_FILES,
    acquire_run_lock,
    reset_future_timestamps,
)
from pigeonhole.pipeline.user_files import content_digests, file_states
from pigeonhole.pipeline import snakemake_setup

try:
    # Not read with `configfile:`, because Snakemake drops repeated sections and reports
    # no line numbers. A workflow that uses this one as a module passes its own config.
    if not workflow.modifier.skip_configfile:
        given = workflow.config_settings
        # A project of the studio includes this workflow and has its own settings.
        own = [Path(workflow.basedir) / "config.yaml"]
        if given.replace_workflow_config or given.configfiles and not own[0].exists():
            own = []
        config = read_settings_files([*own, *given.configfiles], given.config)
        workflow.configfiles.extend(map(str, own))
    # Jobs may run on other machines, where some of the files don't exist.
    settings = load(config, check_files=workflow.is_main_process)
except PigeonholeError as error:
    # Snakemake would report the line of this file, which isn't where the mistake is.
    sys.exit(str(error))

snakemake_setup.quote_python()
snakemake_setup.rerun_failed_jobs()

# Rules look up the validated settings, with defaults for those that aren't set.
config = settings.model_dump(mode="json")

# Categories of the report, which sorts them by name.
MOSAICS, FACES, LIVE = "1 Mosaics", "2 Faces", "3 Live"
BIRTHDAY, CREDITS = "4 Birthday paradox", "5 Credits"

# True if results are stored in a bucket (docs/storage.md). Only files that a rule
# declares are uploaded.
STORED = workflow.storage_settings.default_storage_provider is not None

# What exists stays until its successor is complete. Files in a bucket can't be backed up.
KEEP = [] if STORED else [update]


outputflags:
    *KEEP,


TARGETS = target_names(settings.mosaic.targets)


# Number of jobs that share each step. It changes no result; set another one with
# `set-scatter` in a profile, or with --set-scatter.
scattergather:
    faces=4,
    tiles=1,
    mosaic=1,
    sweep=1,


wildcard_constraints:
    scatteritem=r"[0-9]+-of-[0-9]+",
    shard=r"[0-9]+",
    form=r"tif|png|jpg",
    tile_set=r"[^/.]+",
    target=r"[^/.]+",


# Commands that change results without a run, and so without `onstart`.
WITHOUT_RUN = {"--delete-all-output", "--delete-temp-output", "--cleanup-metadata"}

if workflow.is_main_process and WITHOUT_RUN.intersection(sys.argv):
    try:
        acquire_run_lock(Path(".snakemake", "runs"), [], [ALL_FILES])
    except PigeonholeError as error:
        sys.exit(str(error))


onstart:
    # The profiles turn off Snakemake's own locks, which outlive a killed run.
    files = workflow.persistence
    reads = list(files.all_inputfiles())
    writes = list(files.all_outputfiles())
    targets = [
        target
        for name, target in TARGETS.items()
        if any(f"/mosaics/{name}/" in str(path) for path in writes)
    ]
    photos = settings.photos
    for path in writes if photos.source == "auto" else ():
        if Path(path).name == "photos.csv":
            if warning := source_warning(PHOTO_SOURCE, Path(path)):
                logger.warning(warning)
    tiles = Path(
        workflow.pathvars.apply(f"<results>/tiles/{settings.mosaic.tiles}.npz")
    )
    # New tiles aren't known yet.
    known = tiles.exists() and str(tiles) not in writes
    rules_to_run = {job.rule.name for job in files.dag.needrun_jobs()}
    # Imported here because every job reads this file, and most need no image codec.
    from pigeonhole.faces.exclude import ExclusionList
    from pigeonhole.photos.removal_list import check_targets
    from pigeonhole.pipeline.preflight import check_files, check_mosaics

    try:
        check_free_space(files.path)
        check_targets(targets, photos.max_pixels, Path(photos.removal_list))
        acquire_run_lock(files.path / "runs", reads, writes)
        snakemake_setup.link_backups(files)
        ExclusionList.read(Path(settings.faces.exclude))
        check_files(settings, rules_to_run)
        check_mosaics(settings, targets, tiles if known else None)
        reset_future_timestamps(reads)
    except PigeonholeError as error:
        sys.exit(str(error))


onerror:
    # Repeat the errors of failed jobs, which are far up in Snakemake's output.
    logs = "".join(Path(path).read_text(errors="replace") for path in log)
    for line in dict.fromkeys(logs.splitlines()):
        if line.startswith("ERROR "):
            print(line, file=sys.stderr)


def here(*paths):
    """
    Mark files as local, even if the results are in a bucket.

    Snakemake's own `local` would also keep jobs from running on other nodes.
    """
    links = Path(".snakemake", "links")
    return [
        flag(snakemake_setup.linked(str(path), links), PATH_MODIFIER_FLAG)
        for path in paths
        if path
    ]


def listed(path):
    """Return a list file of the user as an input, if it exists."""
    return here(path) if os.path.exists(path) else []


def library(script):
    """Return the modules that a script runs, as inputs, so that edits rerun it."""
    path = ROOT / "workflow" / "scripts" / f"{script}.py"
    files = code_inputs(path, SOURCES / "pigeonhole")
    return here(*map(os.path.relpath, files))


def web(*patterns):
    """Return files of the package that are part of pages, as inputs like `library`."""
    folder = SOURCES / "pigeonhole" / "web"
    files = [file for pattern in patterns for file in sorted(folder.glob(pattern))]
    return here(*map(os.path.relpath, files))


def keep(file):
    for add_flag in KEEP:
        file = add_flag(file)
    return file


def outputs_of(rule, **values):
    """
    Return all outputs of a rule, given the values of its wildcards.

    Snakemake doesn't notice that a file is missing if all that was made from it exists,
    so the targets name all files, and not only the last ones.
    """
    prefix = f"{workflow.storage_settings.default_storage_prefix}/"
    patterns = [
        file.storage_object.query.removeprefix(prefix) if file.is_storage else str(file)
        for file in rule.output
    ]
    return collect(list(map(strip_wildcard_constraints, patterns)), **values)


def more(megabytes):
    """Return the memory of a job, which grows with each attempt."""

    def memory(wildcards, attempt):
        return megabytes * attempt

    return memory


def pick(section, *keys):
    """Return some settings of a section; edits of the others don't rerun the job."""
    return {key: section[key] for key in keys}


def shards(step, pattern):
    """Return the shards of a step; with one job there are none, it does all itself."""
    files = getattr(gather, step)(pattern)
    return files if len(files) > 1 else []


def configured(values, name, setting):
    """Return the value of a name, or exit with a message if it isn't in a setting."""
    if name in values:
        return values[name]
    hint = f"it must be one of {', '.join(values)}, which {setting} sets."
    sys.exit(str(SettingsError(setting, name, hint)))


def target_of(wildcards):
    return configured(TARGETS, wildcards.target, "mosaic.targets")


def title(wildcards):
    """Return the title of a mosaic, without braces, which Snakemake would fill in."""
    return title_of(target_of(wildcards)).translate(str.maketrans("{}", "()"))


def tile_set_of(wildcards):
    return configured(settings.tiles, wildcards.tile_set, "tiles")


def target_file(wildcards):
    """Return the file of a target; sample photos of scikit-image have none."""
    target = target_of(wildcards)
    return [] if target in SAMPLES else here(target)


def mosaic_inputs(wildcards):
    """Return the tile set and the target of a mosaic."""
    tiles = f"<results>/tiles/{settings.mosaic.tiles}"
    return {
        "tiles": f"{tiles}.npz",
        "ledger": f"{tiles}.csv",
        "target": target_file(wildcards),
    }


def photo_inputs(wildcards):
    """Return the inputs of a mosaic and the photos that its tiles are cut from."""
    photos = {"photos": "<results>/photos/photos.csv", "archives": ARCHIVES}
    return {**mosaic_inputs(wildcards), **photos}


def target_params(wildcards):
    """Return the arguments of `prepare_target`."""
    return {
        "source": target_of(wildcards),
        "width": settings.mosaic.width,
        "max_pixels": settings.photos.max_pixels,
    }


def contents(*names):
    """Return the contents of a target and of files that mosaic settings name."""

    def digests(wildcards):
        target = target_of(wildcards)
        files = [None if target in SAMPLES else target]
        return content_digests(files + [config["mosaic"][name] for name in names])

    return digests


def masked_target_params(wildcards):
    return {**target_params(wildcards), "mask": config["mosaic"]["mask"]}


def wished(files, setting, hint):
    """Return files, or exit with a message if the setting that they need is missing."""

    def named(wildcards):
        if files:
            return files
        sys.exit(str(SettingsError(setting, None, hint)))

    return named


def live_needs(wildcards):
    """Check the requirements of `live` before the first job, without a camera."""
    try:
        check_requirements(settings.live)
    except LiveError as error:
        sys.exit(str(error))
    return []


def sweep_trials(wildcards):
    """Return the number of trials of one hash length."""
    is_long = int(wildcards.bits) > 32
    return config["birthday"]["trials_above_32_bits" if is_long else "sweep_trials"]


def sweep_shards(suffix):
    """Return the files of all shards, those of the first hash length first."""
    return [
        file
        for bits in settings.birthday.bits
        for file in gather.sweep(
            f"<results>/birthday/sweep/{bits}_{{scatteritem}}{suffix}"
        )
    ]


def key_file(wildcards):
    """Return the user's key file, if this key set is in one."""
    number = int(wildcards.number)
    return here(KEY_SETS[number]) if number >= OWN_KEY_SETS else []


def key_file_contents(wildcards):
    return content_digests(key_file(wildcards))


def search_threads(wildcards):
    """Return the threads of a collision search; only MD5 releases the GIL."""
    return 2 if wildcards.algorithm == "md5" else 1


def tile_set_faces(wildcards):
    """Return the table of faces, if tiles are cut from them."""
    cut = tile_set_of(wildcards).cut
    return "<results>/faces/faces.csv" if cut == "faces" else []


def tile_set_cut(wildcards):
    return tile_set_of(wildcards).model_dump(mode="json")


def tile_set_margin(wildcards):
    cut = tile_set_of(wildcards).cut
    return settings.faces.margin if cut == "faces" else 0.0
