# Make mosaics, their quality reports and their viewers.
from pigeonhole.core.match_modes import MATCH_MODES
from pigeonhole.core.repetition import has_limits
from pigeonhole.settings import MosaicOptions

# The output is the entire folder in a bucket, and only its page elsewhere.
VIEWER = "<results>/mosaics/{target}/viewer"
VIEWER = VIEWER if STORED else os.path.join(VIEWER, "index.html")

# The images of a viewer aren't outputs, so Snakemake doesn't notice that one was deleted.
if workflow.is_main_process and not STORED:
    for name in TARGETS:
        expire_viewer(Path(workflow.pathvars.apply(VIEWER).format(target=name)))

OPTIONS = settings.mosaic.model_dump(
    mode="json", include=set(MosaicOptions.model_fields)
)
# The options that matching depends on: other changes, such as color_transfer or edits,
# don't rerun it.
MATCH_OPTIONS = pick(
    OPTIONS,
    "layout",
    "levels",
    "cells",
    "match",
    "space",
    "histogram_matching",
    "mirror",
)
if settings.mosaic.layout == "quadtree":
    # In any match mode, they decide which cells are split.
    MATCH_OPTIONS |= pick(
        OPTIONS, "structure_weight", "color_transfer", "max_color_transfer"
    )


# Jobs can share the cells only if each cell is matched independently of the others.
INDEPENDENT = MATCH_MODES[settings.mosaic.match].nearest and not has_limits(
    settings.mosaic.repetition
)
MATCH_SHARDS = (
    shards("mosaic", "<results>/mosaics/{{target}}/shards/{scatteritem}.arrays")
    if INDEPENDENT
    else []
)


rule match_shard:
    input:
        unpack(mosaic_inputs),
        index=f"<results>/tiles/{settings.mosaic.tiles}.index",
        mask=here(settings.mosaic.mask),
        code=library("match_shard"),
    output:
        # Kept, so that a change of colors or edits doesn't match again.
        "<results>/mosaics/{target}/shards/{scatteritem}.arrays",
    log:
        "<logs>/match_shard/{target}-{scatteritem}.log",
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=60,
    params:
        target=masked_target_params,
        options=MATCH_OPTIONS,
        contents=contents("mask"),
    message:
        "Matching shard {wildcards.scatteritem} of {wildcards.target}"
    script:
        "../scripts/match_shard.py"


rule make_mosaic:
    input:
        unpack(photo_inputs),
        index=f"<results>/tiles/{settings.mosaic.tiles}.index",
        mask=here(settings.mosaic.mask),
        edits=here(settings.mosaic.edits),
        shards=MATCH_SHARDS,
        web=web("templates/mosaic.xmp"),
        code=library("make_mosaic"),
    output:
        mosaic=report(
            "<results>/mosaics/{target}/mosaic.png",
            caption="../report/mosaic.rst",
            category=MOSAICS,
            subcategory=title,
            labels={"what": "1 Mosaic"},
        ),
        placement="<results>/mosaics/{target}/placement.csv",
        comparison_svg=report(
            "<results>/mosaics/{target}/comparison.svg",
            caption="../report/comparison.rst",
            category=MOSAICS,
            subcategory=title,
            labels={"what": "2 Comparison with the tutorials"},
        ),
        comparison_png="<results>/mosaics/{target}/comparison.png",
        quality="<results>/mosaics/{target}/quality.json",
        quality_svg=report(
            "<results>/mosaics/{target}/quality.svg",
            caption="../report/quality.rst",
            category=MOSAICS,
            subcategory=title,
            labels={"what": "3 Quality"},
        ),
        quality_png="<results>/mosaics/{target}/quality.png",
        advice_svg=report(
            "<results>/mosaics/{target}/advice.svg",
            caption="../report/advice.rst",
            category=MOSAICS,
            subcategory=title,
            labels={"what": "4 Missing photos"},
        ),
        advice_png="<results>/mosaics/{target}/advice.png",
    log:
        "<logs>/make_mosaic/{target}.log",
    # Compiling takes longer than matching and uses one core.
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=60,
    params:
        target=masked_target_params,
        options=OPTIONS,
        edits=lambda wildcards: config["mosaic"]["edits"],
        tile_width=lookup("mosaic/tile_width", within=config),
        contents=contents("mask", "edits"),
    message:
        "Making the mosaic of {wildcards.target}"
    script:
        "../scripts/make_mosaic.py"


rule make_viewer:
    input:
        unpack(photo_inputs),
        placement="<results>/mosaics/{target}/placement.csv",
        mosaic="<results>/mosaics/{target}/mosaic.png",
        edits=here(settings.mosaic.edits),
        web=web(
            "static/shared/*",
            "static/viewer/*",
            "templates/base.html",
            "templates/viewer.html",
        ),
        code=library("viewer"),
    output:
        page=directory(VIEWER) if STORED else VIEWER,
    log:
        "<logs>/viewer/{target}.log",
    # The S3 plugin finds a folder only on the node that stored it.
    localrule: STORED
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=30,
    params:
        target=target_params,
        options=OPTIONS,
        pixels=lookup("mosaic/viewer_pixels", within=config),
        edits=lambda wildcards: config["mosaic"]["edits"],
        contents=contents("edits"),
    message:
        "Making the viewer of {wildcards.target}"
    script:
        "../scripts/viewer.py"


rule mosaics:
    input:
        outputs_of(rules.copy_list, list=LISTS),
        outputs_of(rules.collect_photos),
        gather.faces("<results>/faces/shards/{scatteritem}.csv"),
        outputs_of(rules.filter_faces),
        outputs_of(rules.review_faces),
        outputs_of(rules.cut_tiles, tile_set=settings.tiles),
        outputs_of(rules.index_tiles, tile_set=settings.tiles),
        collect(MATCH_SHARDS, target=TARGETS),
        outputs_of(rules.make_mosaic, target=TARGETS),
        outputs_of(rules.make_viewer, target=TARGETS),
        # Mosaics must not be published without credit.
        "<results>/CREDITS.md",
        "<results>/credits.html",
