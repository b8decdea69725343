# Show the live mosaic, and time its match modes.

LIVE_COMMAND = (
    "{params.python:q} -m pigeonhole live {params.options:q} --tiles {input.tiles:q}"
)


rule live:
    input:
        live_needs,
        index=expand("<results>/tiles/{name}.index", name=settings.live.tiles),
        tiles=expand("<results>/tiles/{name}.npz", name=settings.live.tiles),
    handover: True
    threads: 64
    params:
        # Functions, because Snakemake would look for wildcards in plain values.
        python=lambda wildcards: str(sys.executable),
        options=lambda wildcards: live_arguments(settings.live),
    message:
        "Starting the live mosaic"
    shell:
        # In a terminal, job control makes Ctrl-C end only the mosaic, not Snakemake. Its
        # exit status 130 isn't a failure. Windows' shell knows neither.
        f"[ ! -t 2 ] || set -m; NUMBA_NUM_THREADS={{threads}} {LIVE_COMMAND} || [ $? -eq 130 ]"
        if os.name == "posix"
        else LIVE_COMMAND


rule time_frames:
    input:
        tiles=f"<results>/tiles/{settings.live.tiles[0]}.npz",
        ledger=f"<results>/tiles/{settings.live.tiles[0]}.csv",
        code=library("frame_seconds"),
    output:
        table="<results>/live/frame_seconds.csv",
        svg=report(
            "<results>/plots/frame_seconds.svg",
            caption="../report/frame_seconds.rst",
            category=LIVE,
            labels={"what": "Time of a frame"},
        ),
        png="<results>/plots/frame_seconds.png",
    log:
        "<logs>/frame_seconds.log",
    threads: 1
    resources:
        mem_mb=more(1000),
        runtime=10,
    params:
        frame=lookup("live/frame_size", within=config),
    message:
        "Timing the match modes of the live mosaic"
    script:
        "../scripts/frame_seconds.py"
