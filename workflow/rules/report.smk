# Who made the photos; the report itself is `snakemake --report results/report.html`.


rule credits:
    input:
        ledgers=collect("<results>/tiles/{tile_set}.csv", tile_set=settings.tiles),
        tiles=collect("<results>/tiles/{tile_set}.npz", tile_set=settings.tiles),
        code=library("credits"),
    output:
        credits="<results>/CREDITS.md",
        page=report(
            "<results>/credits.html",
            caption="../report/credits.rst",
            category=CREDITS,
            labels={"page": "everyone whose photo is in a tile set"},
        ),
    log:
        "<logs>/credits.log",
    localrule: True
    threads: 1
    resources:
        mem_mb=more(500),
        runtime=5,
    message:
        "Naming everyone whose photo is in a tile set"
    script:
        "../scripts/credits.py"
