# Kept faces or whole photos -> tile sets, and what finds the nearest tile in them.


rule cut_tiles:
    input:
        faces=tile_set_faces,
        ledger="<results>/photos/photos.csv",
        forgotten=branch(
            exists(settings.photos.forgotten), then=settings.photos.forgotten
        ),
        code=library("cut_tiles"),
    output:
        tiles="<results>/tiles/{tile_set}.npz",
        ledger="<results>/tiles/{tile_set}.csv",
    log:
        "<logs>/cut_tiles/{tile_set}.log",
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=30,
    params:
        tile_set=lookup("tiles/{tile_set}", within=config),
        margin=tile_set_margin,
        forgotten=lookup("photos/forgotten", within=config),
    message:
        "Cutting tile set {wildcards.tile_set}"
    script:
        "../scripts/cut_tiles.py"


rule index_tiles:
    input:
        tiles="<results>/tiles/{tile_set}.npz",
        ledger="<results>/tiles/{tile_set}.csv",
        code=library("index_tiles"),
    output:
        "<results>/tiles/{tile_set}.index",
    log:
        "<logs>/index_tiles/{tile_set}.log",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    message:
        "Indexing tile set {wildcards.tile_set}"
    script:
        "../scripts/index_tiles.py"
