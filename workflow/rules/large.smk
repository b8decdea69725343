# Render mosaics from the photos: large images, prints and films.
LARGE = config["mosaic"]["large"]
PRINT = config["mosaic"]["print"]
FILM = config["mosaic"]["film"]
FILE_OPTIONS = pick(LARGE, "quality", "lossless")


rule draw_large:
    input:
        unpack(photo_inputs),
        placement="<results>/mosaics/{target}/placement.csv",
        web=web("templates/mosaic.xmp"),
        code=library("draw_large"),
    output:
        large="<results>/mosaics/{target}/large/mosaic.{form}",
    log:
        "<logs>/draw_large/{target}.{form}.log",
    threads: 2
    resources:
        mem_mb=more(1000),
        runtime=120,
    params:
        target=target_params,
        options=OPTIONS,
        tile_width=lookup("mosaic/tile_width", within=config),
        large=FILE_OPTIONS,
        contents=contents(),
    message:
        "Rendering {output.large} from the photos"
    script:
        "../scripts/draw_large.py"


# `use rule` doesn't apply the default flags of outputs.
use rule draw_large as draw_deep_zoom with:
    output:
        large=keep("<results>/mosaics/{target}/large/mosaic.dzi"),
        files=keep(directory("<results>/mosaics/{target}/large/mosaic_files")),
        xmp=keep("<results>/mosaics/{target}/large/mosaic.xmp"),
    log:
        "<logs>/draw_large/{target}.dzi.log",
    # Its output is a folder, as that of `viewer`.
    localrule: STORED


rule make_print:
    input:
        unpack(photo_inputs),
        mask=here(settings.mosaic.mask),
        edits=here(settings.mosaic.edits),
        web=web("templates/mosaic.xmp"),
        code=library("make_print"),
    output:
        sheet=f"<results>/mosaics/{{target}}/print/mosaic.{PRINT['format']}",
        placement="<results>/mosaics/{target}/print/placement.csv",
    log:
        "<logs>/make_print/{target}.log",
    threads: 2
    resources:
        mem_mb=more(2000),
        runtime=120,
    params:
        target=masked_target_params,
        options=OPTIONS,
        edits=lambda wildcards: config["mosaic"]["edits"],
        sheet=PRINT,
        large=FILE_OPTIONS,
        contents=contents("mask", "edits"),
    message:
        "Making the print of {wildcards.target}"
    script:
        "../scripts/make_print.py"


FORMATS = [form for form in LARGE["formats"] if form != "dzi"]
LARGE_IMAGES = [
    *outputs_of(rules.draw_large, target=TARGETS, form=FORMATS),
    *outputs_of(
        rules.draw_deep_zoom, target=TARGETS if "dzi" in LARGE["formats"] else []
    ),
]
PRINTS = outputs_of(rules.make_print, target=TARGETS if PRINT["size"] else [])


rule large:
    input:
        wished(
            LARGE_IMAGES,
            "mosaic.large.formats",
            "set one or more formats, such as [tif, dzi].",
        ),
        "<results>/CREDITS.md",


rule prints:
    input:
        wished(PRINTS, "mosaic.print.size", "set a paper size, such as 60x90 cm."),
        "<results>/CREDITS.md",


rule make_films:
    input:
        unpack(photo_inputs),
        placement="<results>/mosaics/{target}/placement.csv",
        code=library("make_films"),
    output:
        falling=f"<results>/mosaics/{{target}}/films/falling.{FILM['format']}",
        zooming=f"<results>/mosaics/{{target}}/films/zooming.{FILM['format']}",
    log:
        "<logs>/make_films/{target}.log",
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=60,
    params:
        target=target_params,
        options=OPTIONS,
        film=FILM,
        seed=lookup("seed", within=config),
        contents=contents(),
    message:
        "Rendering the films of {wildcards.target}"
    script:
        "../scripts/make_films.py"


rule films:
    input:
        outputs_of(rules.make_films, target=TARGETS),
