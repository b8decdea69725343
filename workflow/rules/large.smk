# Placements + photos -> pictures of any size, mosaics for paper, and films.
LARGE = config["mosaic"]["large"]
PRINT = config["mosaic"]["print"]
FILM = config["mosaic"]["film"]

LARGES = collect(
    "<results>/mosaics/{target}/large/mosaic.{form}",
    target=TARGETS,
    form=LARGE["forms"],
)
PRINTS = collect(
    f"<results>/mosaics/{{target}}/print/mosaic.{PRINT['form']}",
    target=TARGETS if PRINT["size"] else [],
)


rule draw_large:
    input:
        tiles=f"<results>/tiles/{settings.mosaic.tiles}.npz",
        ledger=f"<results>/tiles/{settings.mosaic.tiles}.csv",
        placement="<results>/mosaics/{target}/placement.csv",
        photos="<results>/photos/photos.csv",
        archives=ARCHIVES,
        target=target_file,
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
        target=target_of,
        width=lookup("mosaic/width", within=config),
        looks=LOOKS,
        max_pixels=lookup("photos/max_pixels", within=config),
        tile_pixels=lookup("mosaic/tile_pixels", within=config),
        large=pick(LARGE, "quality", "lossless"),
    message:
        "Drawing {wildcards.target} from the photos: {output.large}"
    script:
        "../scripts/draw_large.py"


use rule draw_large as draw_deep_zoom with:
    output:
        large="<results>/mosaics/{target}/large/mosaic.dzi",
        files=directory("<results>/mosaics/{target}/large/mosaic_files"),
        xmp="<results>/mosaics/{target}/large/mosaic.xmp",
    log:
        "<logs>/draw_large/{target}.dzi.log",
    # As the viewer, for the folder's sake.
    localrule: STORED


rule make_print:
    input:
        tiles=f"<results>/tiles/{settings.mosaic.tiles}.npz",
        ledger=f"<results>/tiles/{settings.mosaic.tiles}.csv",
        photos="<results>/photos/photos.csv",
        archives=ARCHIVES,
        target=target_file,
        mask=here(settings.mosaic.mask),
        edits=here(settings.mosaic.edits),
        code=library("make_print"),
    output:
        sheet=f"<results>/mosaics/{{target}}/print/mosaic.{PRINT['form']}",
        placement="<results>/mosaics/{target}/print/placement.csv",
    log:
        "<logs>/make_print/{target}.log",
    threads: 2
    resources:
        mem_mb=more(2000),
        runtime=120,
    params:
        target=target_of,
        width=lookup("mosaic/width", within=config),
        looks=LOOKS,
        mask=lookup("mosaic/mask", within=config),
        edits=lookup("mosaic/edits", within=config),
        max_pixels=lookup("photos/max_pixels", within=config),
        sheet=PRINT,
        large=pick(LARGE, "quality", "lossless"),
    message:
        "Making the print of {wildcards.target}"
    script:
        "../scripts/make_print.py"


rule large:
    input:
        wished(LARGES, "mosaic.large.forms", "name some, such as [tif, dzi]."),
        "<results>/CREDITS.md",


rule prints:
    input:
        wished(PRINTS, "mosaic.print.size", "give the paper's size, such as 60x90 cm."),
        "<results>/CREDITS.md",


rule make_films:
    input:
        tiles=f"<results>/tiles/{settings.mosaic.tiles}.npz",
        ledger=f"<results>/tiles/{settings.mosaic.tiles}.csv",
        placement="<results>/mosaics/{target}/placement.csv",
        photos="<results>/photos/photos.csv",
        archives=ARCHIVES,
        target=target_file,
        code=library("make_films"),
    output:
        falling=f"<results>/mosaics/{{target}}/films/falling.{FILM['form']}",
        zooming=f"<results>/mosaics/{{target}}/films/zooming.{FILM['form']}",
    log:
        "<logs>/make_films/{target}.log",
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=60,
    params:
        target=target_of,
        width=lookup("mosaic/width", within=config),
        looks=LOOKS,
        max_pixels=lookup("photos/max_pixels", within=config),
        film=FILM,
        seed=lookup("seed", within=config),
    message:
        "Filming how {wildcards.target} falls into place"
    script:
        "../scripts/make_films.py"


rule films:
    input:
        collect(
            "<results>/mosaics/{target}/films/{film}.{form}",
            target=TARGETS,
            film=("falling", "zooming"),
            form=FILM["form"],
        ),
