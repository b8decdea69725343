# Tiles + target -> mosaic, and how good it is.
from pigeonhole.settings import LookSettings

# Into a bucket goes the whole folder, here its page is enough.
VIEWER = "<results>/mosaics/{target}/viewer"
VIEWER = VIEWER if STORED else os.path.join(VIEWER, "index.html")
LOOKS = settings.mosaic.model_dump(mode="json", include=set(LookSettings.model_fields))

MATCHED = pick(LOOKS, "layout", "levels", "cells", "match", "space", "tone", "mirror")
# One job alone matches where it draws.
BANDS = range(settings.mosaic.match_jobs) if settings.mosaic.match_jobs > 1 else []


rule match_band:
    input:
        tiles=f"<results>/tiles/{settings.mosaic.tiles}.npz",
        ledger=f"<results>/tiles/{settings.mosaic.tiles}.csv",
        index=f"<results>/tiles/{settings.mosaic.tiles}.index",
        target=target_file,
        mask=here(settings.mosaic.mask),
        code=library("match_band"),
    output:
        # Kept: a change of tint or edits matches nothing again.
        "<results>/mosaics/{target}/bands/{band}.arrays",
    log:
        "<logs>/match_band/{target}-{band}.log",
    wildcard_constraints:
        band=r"[0-9]+",
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=60,
    params:
        target=target_of,
        width=lookup("mosaic/width", within=config),
        looks=MATCHED,
        mask=lookup("mosaic/mask", within=config),
        max_pixels=lookup("photos/max_pixels", within=config),
        bands=lookup("mosaic/match_jobs", within=config),
    message:
        "Matching band {wildcards.band} of {wildcards.target}"
    script:
        "../scripts/match_band.py"


rule make_mosaic:
    input:
        tiles=f"<results>/tiles/{settings.mosaic.tiles}.npz",
        ledger=f"<results>/tiles/{settings.mosaic.tiles}.csv",
        index=f"<results>/tiles/{settings.mosaic.tiles}.index",
        target=target_file,
        mask=here(settings.mosaic.mask),
        edits=here(settings.mosaic.edits),
        bands=collect("<results>/mosaics/{{target}}/bands/{band}.arrays", band=BANDS),
        code=library("make_mosaic"),
    output:
        mosaic=report(
            "<results>/mosaics/{target}/mosaic.png",
            caption="../report/mosaic.rst",
            category=MOSAICS,
            subcategory="{target}",
            labels={"look at": "1 the mosaic"},
        ),
        placement="<results>/mosaics/{target}/placement.csv",
        quality="<results>/mosaics/{target}/quality.json",
        quality_svg=report(
            "<results>/mosaics/{target}/quality.svg",
            caption="../report/quality.rst",
            category=MOSAICS,
            subcategory="{target}",
            labels={"look at": "2 near and far"},
        ),
        quality_png="<results>/mosaics/{target}/quality.png",
        advice_svg=report(
            "<results>/mosaics/{target}/advice.svg",
            caption="../report/advice.rst",
            category=MOSAICS,
            subcategory="{target}",
            labels={"look at": "3 which tiles are missing"},
        ),
        advice_png="<results>/mosaics/{target}/advice.png",
    log:
        "<logs>/make_mosaic/{target}.log",
    # Compiling takes longer than matching, and takes one core.
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=60,
    params:
        target=target_of,
        width=lookup("mosaic/width", within=config),
        looks=LOOKS,
        mask=lookup("mosaic/mask", within=config),
        edits=lookup("mosaic/edits", within=config),
        max_pixels=lookup("photos/max_pixels", within=config),
    message:
        "Making the mosaic of {wildcards.target}"
    script:
        "../scripts/make_mosaic.py"


rule viewer:
    input:
        tiles=f"<results>/tiles/{settings.mosaic.tiles}.npz",
        credit=f"<results>/tiles/{settings.mosaic.tiles}.csv",
        ledger="<results>/photos/photos.csv",
        archives=ARCHIVES,
        target=target_file,
        placement="<results>/mosaics/{target}/placement.csv",
        mosaic="<results>/mosaics/{target}/mosaic.png",
        edits=here(settings.mosaic.edits),
        web=web("drawing.js", "credit.js", "viewer/*"),
        code=library("viewer"),
    output:
        page=directory(VIEWER) if STORED else VIEWER,
    log:
        "<logs>/viewer/{target}.log",
    # S3's plugin sees a folder only where it was stored: here, on no other node.
    localrule: STORED
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=30,
    params:
        target=target_of,
        max_pixels=lookup("photos/max_pixels", within=config),
        pixels=lookup("mosaic/viewer_pixels", within=config),
        ban=lookup("mosaic/ban", within=config),
        edits=lookup("mosaic/edits", within=config),
    message:
        "Making the viewer of {wildcards.target}"
    script:
        "../scripts/viewer.py"


rule mosaics:
    input:
        collect("<results>/mosaics/{target}/mosaic.png", target=TARGETS),
        collect(VIEWER, target=TARGETS),
        # Snakemake removes what a failed job made, but not what was made of it earlier:
        # were it not named here, the next run would find nothing to do.
        collect("<results>/tiles/{tile_set}.npz", tile_set=settings.tiles),
        collect("<results>/tiles/{tile_set}.index", tile_set=settings.tiles),
        "<results>/faces/review.html",
        "<results>/faces/faces.csv",
        "<results>/photos/photos.csv",
        # Whoever shows a mosaic shows whose photos are in it.
        "<results>/CREDITS.md",
        "<results>/credits.html",
