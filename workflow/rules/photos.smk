# Pexels, Openverse, a folder or the demo -> photos and their ledger: the only checkpoint.
from functools import cache

from snakemake.exceptions import WorkflowError

from pigeonhole.photos import chosen_source, chunk_files, chunk_of, options
from pigeonhole.photos.files import usable_pictures

PHOTO_SOURCE = chosen_source(settings.photos.source, os.environ)

# Photos beside the ledger don't get into a bucket; those of a folder are read in place.
ARCHIVES = (
    collect("<results>/photos/{chunk}.zip", chunk=range(settings.faces.chunks))
    if STORED and PHOTO_SOURCE != "folder"
    else []
)

# Executors forward the key; it must stand nowhere else.
if PHOTO_SOURCE == "pexels" and os.environ.get("PEXELS_API_KEY"):

    envvars:
        "PEXELS_API_KEY",


def folder_photos(wildcards):
    """Return the files of a folder source: a new, changed or lost one counts."""
    if PHOTO_SOURCE != "folder":
        return []
    return here(*usable_pictures(Path(settings.photos.folder)))


def chunk_photos(wildcards):
    """Return the files of the photos of a chunk, but those that lie in its archive."""
    if ARCHIVES:
        return []
    if STORED:
        # The ledger lies in the bucket, the photos here.
        return [
            photo
            for photo in folder_photos(wildcards)
            if chunk_of(
                os.path.relpath(photo, settings.photos.folder), settings.faces.chunks
            )
            == int(wildcards.chunk)
        ]
    ledger = Path(checkpoints.photos.get().output.ledger)
    chunks = chunks_of_ledger(ledger, ledger.stat().st_mtime_ns)
    photos = chunks[int(wildcards.chunk)]
    for photo in photos:
        if not os.path.exists(photo):
            raise WorkflowError(
                f"{photo} is gone: run `snakemake --cores 2 --forcerun photos` once."
            )
    return photos


def chunk_archive(wildcards):
    return ARCHIVES[int(wildcards.chunk) :][:1]


@cache
def chunks_of_ledger(ledger, changed):
    """Read the ledger once for all chunks, and again when it has changed."""
    return chunk_files(ledger, settings.faces.chunks)


checkpoint photos:
    input:
        photos=folder_photos,
        forgotten=listed(settings.photos.forgotten),
        code=library("collect_photos"),
    output:
        ledger="<results>/photos/photos.csv",
        skipped="<results>/photos/skipped.csv",
        alike="<results>/photos/alike.csv",
        archives=ARCHIVES,
    log:
        "<logs>/photos.log",
    localrule: PHOTO_SOURCE in ("pexels", "openverse")
    threads: 4
    resources:
        mem_mb=more(2000),
        runtime=120,
    params:
        source=PHOTO_SOURCE,
        options=options(settings, PHOTO_SOURCE),
        forgotten=lookup("photos/forgotten", within=config),
        alike=lookup("photos/alike", within=config),
    message:
        "Collecting photos: photos.source is {settings.photos.source}, taking {params.source}"
    script:
        "../scripts/collect_photos.py"
