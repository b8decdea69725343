# Collect photos and write their ledger. `collect_photos` is the only checkpoint.
from functools import cache

from pigeonhole.core.shards import Shard
from pigeonhole.photos.files import usable_images
from pigeonhole.photos.folder_credits import FOLDER_CREDITS
from pigeonhole.photos.options import resolve_source, source_options, source_warning
from pigeonhole.photos.shards import shard_files, shard_of
from pigeonhole.pipeline.repair import expire_ledger, expire_viewer

PHOTO_SOURCE = resolve_source(settings, os.environ)

# A bucket receives only files that a rule names, so photos are packed into archives.
# Photos of a folder source are read in place.
ARCHIVES = (
    gather.faces("<results>/photos/{scatteritem}.zip")
    if STORED and PHOTO_SOURCE != "folder"
    else []
)

# Executors forward the key to jobs. It must not be stored anywhere else.
if PHOTO_SOURCE == "pexels" and os.environ.get("PEXELS_API_KEY"):

    envvars:
        "PEXELS_API_KEY",


@cache
def folder_images():
    return usable_images(Path(settings.photos.folder))


def folder_photos(wildcards):
    """Return the files of a folder source: new, changed and lost ones rerun the rule."""
    if PHOTO_SOURCE != "folder":
        return []
    return here(*folder_images())


def folder_credits(wildcards):
    """Return the file with the credits of a folder source, if there is one."""
    if PHOTO_SOURCE != "folder":
        return []
    return listed(str(Path(settings.photos.folder, FOLDER_CREDITS)))


def shard_photos(wildcards):
    """Return the photo files of a shard, unless they are in an archive."""
    if ARCHIVES:
        return []
    shard = Shard.parse(wildcards.scatteritem)
    if STORED:
        # The ledger is in the bucket, but the photos of a folder source aren't.
        folder = Path(settings.photos.folder)
        names = [image.relative_to(folder).as_posix() for image in folder_images()]
        mine = [name for name in names if shard_of(name, shard.count) == shard.index]
        return here(*(folder / name for name in mine))
    ledger = Path(checkpoints.collect_photos.get().output.ledger)
    shards = files_of_shards(ledger, ledger.stat().st_mtime_ns, shard.count)
    return here(*shards[shard.index])


def shard_states(wildcards):
    return file_states(shard_photos(wildcards) if PHOTO_SOURCE == "folder" else [])


def shard_archives(wildcards):
    return ARCHIVES[Shard.parse(wildcards.scatteritem).index :][:1]


@cache
def files_of_shards(ledger, mtime, count):
    """Read the ledger once for all shards, and again after a change."""
    return shard_files(ledger, count)


if workflow.is_main_process and not STORED:
    ledger = Path(workflow.pathvars.apply("<results>/photos/photos.csv"))
    if not ledger.exists() and any(word.startswith("--report") for word in sys.argv):
        sys.exit("There are no results yet: run `snakemake --cores 4` first.")
    # Photos aren't outputs, so Snakemake doesn't notice that one was deleted.
    expire_ledger(ledger)


checkpoint collect_photos:
    input:
        photos=folder_photos,
        credits=folder_credits,
        removal_list="<results>/lists/removal_list",
        code=library("collect_photos"),
    output:
        ledger="<results>/photos/photos.csv",
        skipped="<results>/photos/skipped.csv",
        duplicates="<results>/photos/duplicates.csv",
        archives=ARCHIVES,
    log:
        "<logs>/photos.log",
    localrule: PHOTO_SOURCE in ("pexels", "openverse")
    threads: 4
    resources:
        mem_mb=more(2000),
        runtime=120,
        # Number of parallel downloads.
        downloads=6,
    params:
        source=PHOTO_SOURCE,
        options=source_options(settings, PHOTO_SOURCE),
        max_hash_distance=lookup("photos/max_hash_distance", within=config),
        photos=lambda wildcards: file_states(folder_photos(wildcards)),
        credits=lambda wildcards: content_digests(folder_credits(wildcards)),
    message:
        f"Collecting photos: photos.source is {settings.photos.source}, using {PHOTO_SOURCE}"
    script:
        "../scripts/collect_photos.py"
