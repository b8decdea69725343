# Pexels, Openverse, a folder or the demo -> photos and their ledger: the only checkpoint.
from functools import cache

from pigeonhole.photos import chosen_source, chunk_files, options
from pigeonhole.photos.tree import usable_pictures

PHOTO_SOURCE = chosen_source(settings.photos.source, os.environ)

# Executors forward the key; it must stand nowhere else.
if PHOTO_SOURCE == "pexels" and os.environ.get("PEXELS_API_KEY"):

    envvars:
        "PEXELS_API_KEY",


def folder_photos(wildcards):
    """Return the files of a folder source: a new, changed or lost one counts."""
    if PHOTO_SOURCE != "folder":
        return []
    return [path.as_posix() for path in usable_pictures(Path(settings.photos.folder))]


def chunk_photos(wildcards):
    """Return the files of the photos of a chunk."""
    ledger = Path(checkpoints.photos.get().output.ledger)
    chunks = chunks_of_ledger(ledger, ledger.stat().st_mtime_ns)
    photos = chunks[int(wildcards.chunk)]
    for photo in photos:
        if not os.path.exists(photo):
            raise WorkflowError(
                f"{photo} is gone: run `snakemake --cores 2 --forcerun photos` once."
            )
    return photos


@cache
def chunks_of_ledger(ledger, changed):
    """Read the ledger once for all chunks, and again when it has changed."""
    return chunk_files(ledger, settings.faces.chunks)


checkpoint photos:
    input:
        photos=folder_photos,
        forgotten=branch(
            exists(settings.photos.forgotten), then=settings.photos.forgotten
        ),
        code=library("collect_photos"),
    output:
        ledger="<results>/photos/photos.csv",
        skipped="<results>/photos/skipped.csv",
        alike="<results>/photos/alike.csv",
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
