# Photos -> boxes, in chunks that can run anywhere -> kept boxes.


rule find_faces:
    input:
        photos=chunk_photos,
        archives=chunk_archive,
        # Its rows for other chunks may change: only the photos themselves count.
        ledger=ancient("<results>/photos/photos.csv"),
        model=here(settings.faces.detector == "yunet" and settings.faces.model),
        code=library("find_faces"),
    output:
        faces="<results>/faces/chunks/{chunk}.csv",
    log:
        "<logs>/find_faces/{chunk}.log",
    threads: 1
    resources:
        mem_mb=more(1500),
        runtime=60,
    params:
        chunks=lookup("faces/chunks", within=config),
        detector=pick(config["faces"], "detector", "model", "min_side", "turn"),
        max_pixels=lookup("photos/max_pixels", within=config),
    message:
        "Looking for faces in chunk {wildcards.chunk}"
    script:
        "../scripts/find_faces.py"


rule judge_faces:
    input:
        chunks=collect(
            "<results>/faces/chunks/{chunk}.csv", chunk=range(settings.faces.chunks)
        ),
        excluded=listed(settings.faces.exclude),
        forgotten=listed(settings.photos.forgotten),
        code=library("judge_faces"),
    output:
        faces="<results>/faces/faces.csv",
    log:
        "<logs>/judge_faces.log",
    threads: 1
    resources:
        mem_mb=more(1500),
        runtime=30,
    params:
        limits=pick(
            config["faces"], "min_score", "min_contrast", "min_sharpness", "alike"
        ),
        exclude=lookup("faces/exclude", within=config),
        forgotten=lookup("photos/forgotten", within=config),
    message:
        "Keeping the sure faces"
    script:
        "../scripts/judge_faces.py"


rule review_faces:
    input:
        faces="<results>/faces/faces.csv",
        ledger="<results>/photos/photos.csv",
        alike="<results>/photos/alike.csv",
        archives=ARCHIVES,
        excluded=listed(settings.faces.exclude),
        code=library("review_faces"),
        web=web("review.html", "review.css", "review.js"),
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
        exclude=lookup("faces/exclude", within=config),
        alike=[config["faces"]["alike"], config["photos"]["alike"]],
    message:
        "Making the page on which faces are reviewed"
    script:
        "../scripts/review_faces.py"
