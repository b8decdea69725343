# Camera, video file, folder or test picture -> mosaics in any number of sinks.


rule live:
    input:
        live_needs,
        index=expand("<results>/tiles/{name}.index", name=settings.live.tiles),
        tiles=expand("<results>/tiles/{name}.npz", name=settings.live.tiles),
    handover: True
    threads: 64
    params:
        python=sys.executable,
        sources=str(SOURCES),
        options=live_arguments(settings.live),
    message:
        "Opening the live mosaic"
    shell:
        "PYTHONPATH={params.sources:q}${{PYTHONPATH:+:$PYTHONPATH}}"
        " NUMBA_NUM_THREADS={threads}"
        " {params.python:q} -m pigeonhole live"
        " {params.options:q} --tiles {input.tiles:q}"
