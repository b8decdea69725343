# Detect faces in shards of the photos, then decide which of them are used.
MODEL = settings.faces.model if settings.faces.detector == "yunet" else None


rule find_faces:
    input:
        photos=shard_photos,
        archives=shard_archives,
        # Its rows for photos of other shards may change. The input `photos` tracks this shard.
        ledger=ancient("<results>/photos/photos.csv"),
        model=here(MODEL),
        code=library("find_faces"),
    output:
        faces="<results>/faces/shards/{scatteritem}.csv",
    log:
        "<logs>/find_faces/{scatteritem}.log",
    threads: 1
    resources:
        mem_mb=more(1500),
        runtime=60,
    params:
        detector=pick(config["faces"], "detector", "model", "min_side", "rotation"),
        max_pixels=lookup("photos/max_pixels", within=config),
        model=content_digests([MODEL]),
        photos=shard_states,
    message:
        "Detecting faces in shard {wildcards.scatteritem}"
    script:
        "../scripts/find_faces.py"


rule filter_faces:
    input:
        shards=gather.faces("<results>/faces/shards/{scatteritem}.csv"),
        ledger="<results>/photos/photos.csv",
        excluded="<results>/lists/excluded_faces",
        removal_list="<results>/lists/removal_list",
        code=library("filter_faces"),
    output:
        faces="<results>/faces/faces.csv",
    log:
        "<logs>/filter_faces.log",
    threads: 1
    resources:
        mem_mb=more(1500),
        runtime=30,
    params:
        limits=pick(
            config["faces"],
            "min_score",
            "min_contrast",
            "min_sharpness",
            "max_hash_distance",
        ),
    message:
        "Filtering the detected faces"
    script:
        "../scripts/filter_faces.py"


rule review_faces:
    input:
        faces="<results>/faces/faces.csv",
        ledger="<results>/photos/photos.csv",
        duplicates="<results>/photos/duplicates.csv",
        archives=ARCHIVES,
        excluded="<results>/lists/excluded_faces",
        code=library("review_faces"),
        web=web(
            "static/shared/*",
            "static/review/*",
            "templates/base.html",
            "templates/review.html",
        ),
    output:
        page=report(
            "<results>/faces/review.html",
            caption="../report/faces.rst",
            category=FACES,
            labels={"page": "kept and rejected boxes"},
        ),
    log:
        "<logs>/review_faces.log",
    threads: 1
    resources:
        mem_mb=more(1500),
        runtime=30,
    params:
        exclude=lambda wildcards: config["faces"]["exclude"],
        max_hash_distance=[
            config["faces"]["max_hash_distance"],
            config["photos"]["max_hash_distance"],
        ],
    message:
        "Building the review page of faces"
    script:
        "../scripts/review_faces.py"
