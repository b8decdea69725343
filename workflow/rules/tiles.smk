# Kept faces or whole photos -> tile sets, and what finds the nearest tile in them.


rule cut_part:
    input:
        faces=tile_set_faces,
        ledger="<results>/photos/photos.csv",
        archives=ARCHIVES,
        forgotten=listed(settings.photos.forgotten),
        code=library("cut_part"),
    output:
        temp("<results>/tiles/parts/{tile_set}-{part}.npy"),
    log:
        "<logs>/cut_part/{tile_set}-{part}.log",
    wildcard_constraints:
        part=r"[0-9]+",
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=60,
    params:
        tile_set=tile_set_cut,
        margin=tile_set_margin,
        forgotten=lookup("photos/forgotten", within=config),
        parts=lookup("tiles/{tile_set}/cut_jobs", within=config),
    message:
        "Cutting part {wildcards.part} of tile set {wildcards.tile_set}"
    script:
        "../scripts/cut_part.py"


rule cut_tiles:
    input:
        faces=tile_set_faces,
        ledger="<results>/photos/photos.csv",
        archives=tile_set_archives,
        forgotten=listed(settings.photos.forgotten),
        parts=tile_set_parts,
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
        tile_set=tile_set_cut,
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
        mem_mb=more(4000),
        runtime=30,
    message:
        "Indexing tile set {wildcards.tile_set}"
    script:
        "../scripts/index_tiles.py"
