# Write the credits. The report itself is `snakemake --report results/report.html`.


rule write_credits:
    input:
        ledgers=collect("<results>/tiles/{tile_set}.csv", tile_set=settings.tiles),
        tiles=collect("<results>/tiles/{tile_set}.npz", tile_set=settings.tiles),
        web=web("static/shared/*", "templates/base.html", "templates/credits.html"),
        code=library("credits"),
    output:
        credits="<results>/CREDITS.md",
        page=report(
            "<results>/credits.html",
            caption="../report/credits.rst",
            category=CREDITS,
            labels={"what": "Photos, photographers and licenses"},
        ),
    log:
        "<logs>/credits.log",
    localrule: True
    threads: 1
    resources:
        mem_mb=more(500),
        runtime=5,
    message:
        "Writing the credits of all tile sets"
    script:
        "../scripts/credits.py"
