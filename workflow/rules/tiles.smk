# Cut tile sets from kept faces or whole photos, and build their search indexes.


TILE_SHARDS = shards("tiles", "<results>/tiles/shards/{{tile_set}}-{scatteritem}.npz")


rule cut_tile_shard:
    input:
        faces=tile_set_faces,
        ledger="<results>/photos/photos.csv",
        archives=ARCHIVES,
        removal_list="<results>/lists/removal_list",
        code=library("cut_tile_shard"),
    output:
        temp("<results>/tiles/shards/{tile_set}-{scatteritem}.npz"),
    log:
        "<logs>/cut_tile_shard/{tile_set}-{scatteritem}.log",
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=60,
    params:
        tile_set=tile_set_cut,
        margin=tile_set_margin,
    message:
        "Cutting shard {wildcards.scatteritem} of tile set {wildcards.tile_set}"
    script:
        "../scripts/cut_tile_shard.py"


rule cut_tiles:
    input:
        faces=tile_set_faces,
        ledger="<results>/photos/photos.csv",
        archives=[] if TILE_SHARDS else ARCHIVES,
        removal_list="<results>/lists/removal_list",
        shards=TILE_SHARDS,
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
