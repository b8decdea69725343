# Camera, video file or test picture -> mosaics in windows, until q is pressed.


rule live:
    input:
        tiles=f"<results>/tiles/{settings.live.tiles}.npz",
    handover: True
    threads: 64
    params:
        python=sys.executable,
        sources=str(SOURCES),
        camera=lookup("live/source", within=config),
        frame=lookup("live/frame", within=config),
        mirror="--mirror" if settings.live.mirror else "--no-mirror",
        match=lookup("live/match", within=config),
        sink=lookup("live/sink", within=config),
        frames=lookup("live/frames", within=config),
    message:
        "Opening the live mosaic; q in its window ends it"
    shell:
        "PYTHONPATH={params.sources:q}${{PYTHONPATH:+:$PYTHONPATH}}"
        " NUMBA_NUM_THREADS={threads}"
        " {params.python:q} -m pigeonhole live --tiles {input.tiles:q}"
        " --source {params.camera:q} --frame {params.frame:q} {params.mirror}"
        " --match {params.match:q} --sink {params.sink:q} --frames {params.frames}"
