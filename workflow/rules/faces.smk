# Photos -> boxes, in chunks that can run anywhere -> kept boxes.


rule find_faces:
    input:
        photos=chunk_photos,
        # Its rows for other chunks may change: only the photos themselves count.
        ledger=ancient("<results>/photos/photos.csv"),
        code=library("find_faces"),
    output:
        faces="<results>/faces/chunks/{chunk}.csv",
    log:
        "<logs>/find_faces/{chunk}.log",
    threads: 1
    resources:
        mem_mb=1500,
        runtime=60,
    params:
        chunks=lookup("faces/chunks", within=config),
        min_side=lookup("faces/min_side", within=config),
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
        ledger="<results>/photos/photos.csv",
        excluded=branch(exists(settings.faces.exclude), then=settings.faces.exclude),
        code=library("judge_faces"),
    output:
        faces="<results>/faces/faces.csv",
        review=report(
            "<results>/faces/review.html",
            caption="../report/faces.rst",
            category="Faces",
            labels={"page": "kept and rejected boxes"},
        ),
    log:
        "<logs>/judge_faces.log",
    threads: 1
    resources:
        mem_mb=1500,
        runtime=30,
    params:
        min_score=lookup("faces/min_score", within=config),
        exclude=lookup("faces/exclude", within=config),
    message:
        "Keeping the sure faces"
    script:
        "../scripts/judge_faces.py"
