# The birthday laboratory: trials -> tables, and the tutorials judged.


rule birthday:
    input:
        collect(
            "<results>/birthday/{table}.csv",
            table=[
                "people",
                "curve",
                "birthdays",
                "first_byte",
                "root",
                "dict_seconds",
                "sweep",
                "sweep_seconds",
                "get_uid",
                "claims",
                "first_collision",
                "collisions",
                "hashes",
                "effective_bits",
            ],
        ),
        collect(
            "<results>/plots/{figure}.{form}",
            figure=[
                "people",
                "curve",
                "birthdays",
                "first_byte",
                "root",
                "dict_seconds",
                "sweep",
                "sweep_seconds",
                "get_uid",
                "density",
                "safe_draws",
                "hashes",
                "effective_bits",
            ],
            form=["svg", "png"],
        ),


rule people:
    input:
        code=library("people"),
    output:
        table="<results>/birthday/people.csv",
    log:
        "<logs>/birthday/people.log",
    threads: 1
    resources:
        mem_mb=more(1000),
        runtime=10,
    params:
        seed=lookup("seed", within=config),
        trials=lookup("birthday/people_trials", within=config),
    message:
        "Counting groups of 23 people with a shared birthday"
    script:
        "../scripts/people.py"


rule curve:
    input:
        code=library("curve"),
    output:
        table="<results>/birthday/curve.csv",
    log:
        "<logs>/birthday/curve.log",
    threads: 1
    resources:
        mem_mb=more(1000),
        runtime=10,
    params:
        seed=lookup("seed", within=config),
        trials=lookup("birthday/people_trials", within=config),
    message:
        "Counting groups of 1 to 89 people with a shared birthday"
    script:
        "../scripts/curve.py"


rule birthdays:
    input:
        code=library("birthdays"),
    output:
        table="<results>/birthday/birthdays.csv",
    log:
        "<logs>/birthday/birthdays.log",
    threads: 1
    resources:
        mem_mb=more(1000),
        runtime=10,
    params:
        seed=lookup("seed", within=config),
        trials=lookup("birthday/people_trials", within=config),
    message:
        "Counting groups with a shared birthday, by real birthdays"
    script:
        "../scripts/birthdays.py"


rule first_byte:
    input:
        code=library("first_byte"),
    output:
        table="<results>/birthday/first_byte.csv",
    log:
        "<logs>/birthday/first_byte.log",
    threads: 1
    resources:
        mem_mb=more(1000),
        runtime=10,
    params:
        seed=lookup("seed", within=config),
        trials=lookup("birthday/trials", within=config),
    message:
        "Counting repeats among 256 first bytes of MD5"
    script:
        "../scripts/first_byte.py"


rule root:
    input:
        code=library("root"),
    output:
        table="<results>/birthday/root.csv",
    log:
        "<logs>/birthday/root.log",
    threads: 1
    resources:
        mem_mb=more(1000),
        runtime=10,
    params:
        seed=lookup("seed", within=config),
        trials=lookup("birthday/trials", within=config),
    message:
        "Counting collisions among 16 values of 8 bits"
    script:
        "../scripts/root.py"


rule get_uid:
    input:
        code=library("get_uid"),
    output:
        table="<results>/birthday/get_uid.csv",
    log:
        "<logs>/birthday/get_uid.log",
    threads: 1
    resources:
        mem_mb=more(1000),
        runtime=10,
    params:
        seed=lookup("seed", within=config),
        trials=lookup("birthday/trials", within=config),
    message:
        "Counting collisions among 4,096 ids of get_uid"
    script:
        "../scripts/get_uid.py"


rule dict_seconds:
    input:
        code=library("dict_seconds"),
    output:
        table="<results>/birthday/dict_seconds.csv",
    log:
        "<logs>/birthday/dict_seconds.log",
    priority: 1
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=10,
    params:
        seed=lookup("seed", within=config),
        sizes=lookup("birthday/dict_sizes", within=config),
    message:
        "Timing dicts"
    script:
        "../scripts/dict_seconds.py"


rule sweep_bits:
    input:
        code=library("sweep_bits"),
    output:
        times="<results>/birthday/sweep/{bits}_{part}.csv",
        seconds="<results>/birthday/sweep/{bits}_{part}_seconds.csv",
    log:
        "<logs>/birthday/sweep_bits/{bits}_{part}.log",
    wildcard_constraints:
        bits=r"[0-9]+",
        part=r"[0-9]+",
    # The longest jobs: what is short fits in beside them.
    priority: 2
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=60,
    params:
        seed=lookup("seed", within=config),
        trials=sweep_trials,
        parts=lookup("birthday/sweep_jobs", within=config),
    message:
        "Timing first collisions among 2^{wildcards.bits} values"
    script:
        "../scripts/sweep_bits.py"


rule sweep:
    input:
        times=collect(
            "<results>/birthday/sweep/{bits}_{part}.csv",
            bits=settings.birthday.bits,
            part=range(settings.birthday.sweep_jobs),
        ),
        seconds=collect(
            "<results>/birthday/sweep/{bits}_{part}_seconds.csv",
            bits=settings.birthday.bits,
            part=range(settings.birthday.sweep_jobs),
        ),
        code=library("sweep"),
    output:
        rates="<results>/birthday/sweep.csv",
        seconds="<results>/birthday/sweep_seconds.csv",
        fit="<results>/birthday/first_collision.csv",
        density="<results>/birthday/density.csv",
    log:
        "<logs>/birthday/sweep.log",
    threads: 1
    resources:
        mem_mb=more(1000),
        runtime=10,
    params:
        bits=lookup("birthday/bits", within=config),
    message:
        "Gathering the sweep"
    script:
        "../scripts/sweep.py"


rule claims:
    input:
        people="<results>/birthday/people.csv",
        first_byte="<results>/birthday/first_byte.csv",
        root="<results>/birthday/root.csv",
        sweep="<results>/birthday/sweep.csv",
        get_uid="<results>/birthday/get_uid.csv",
        fit="<results>/birthday/first_collision.csv",
        code=library("claims"),
    output:
        report(
            "<results>/birthday/claims.csv",
            caption="../report/claims.rst",
            category=BIRTHDAY,
            labels={"what": "The tutorials' claims, judged"},
        ),
    log:
        "<logs>/birthday/claims.log",
    threads: 1
    resources:
        mem_mb=more(1000),
        runtime=10,
    message:
        "Judging what the tutorials state"
    script:
        "../scripts/claims.py"
