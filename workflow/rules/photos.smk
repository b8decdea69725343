# Collect photos and write their ledger. `collect_photos` is the only checkpoint.
from functools import cache

from snakemake.exceptions import WorkflowError

from pigeonhole.core.shards import Shard
from pigeonhole.photos.files import usable_images
from pigeonhole.photos.options import resolve_source, source_options
from pigeonhole.photos.shards import shard_files, shard_of

PHOTO_SOURCE = resolve_source(settings.photos.source, os.environ)

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


def folder_photos(wildcards):
    """Return the files of a folder source: new, changed and lost ones rerun the rule."""
    if PHOTO_SOURCE != "folder":
        return []
    return here(*usable_images(Path(settings.photos.folder)))


def shard_photos(wildcards):
    """Return the photo files of a shard, unless they are in an archive."""
    if ARCHIVES:
        return []
    shard = Shard.parse(wildcards.scatteritem)
    if STORED:
        # The ledger is in the bucket, but the photos of a folder source aren't.
        folder = settings.photos.folder
        return [
            photo
            for photo in folder_photos(wildcards)
            if shard_of(os.path.relpath(photo, folder), shard.count) == shard.index
        ]
    ledger = Path(checkpoints.collect_photos.get().output.ledger)
    shards = files_of_shards(ledger, ledger.stat().st_mtime_ns, shard.count)
    photos = shards[shard.index]
    for photo in photos:
        if not os.path.exists(photo):
            raise WorkflowError(
                f"{photo} is missing: run `snakemake --cores 2 --forcerun collect_photos` once."
            )
    return photos


def shard_archives(wildcards):
    return ARCHIVES[Shard.parse(wildcards.scatteritem).index :][:1]


@cache
def files_of_shards(ledger, mtime, count):
    """Read the ledger once for all shards, and again after a change."""
    return shard_files(ledger, count)


checkpoint collect_photos:
    input:
        photos=folder_photos,
        removal_list=listed(settings.photos.removal_list),
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
        removal_list=lookup("photos/removal_list", within=config),
        max_hash_distance=lookup("photos/max_hash_distance", within=config),
    message:
        "Collecting photos: photos.source is {settings.photos.source}, using {params.source}"
    script:
        "../scripts/collect_photos.py"
