# The birthday laboratory: experiments -> tables, and the tutorials judged.


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


rule search:
    input:
        code=library("search"),
    output:
        "<results>/birthday/collisions/{algorithm}-{bits}_{part}.csv",
    log:
        "<logs>/birthday/search/{algorithm}-{bits}_{part}.log",
    wildcard_constraints:
        algorithm=r"[a-z0-9_]+",
        bits=r"[0-9]+",
        part=r"[0-9]+",
    priority: 1
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=1440,
    params:
        seed=lookup("seed", within=config),
    message:
        "Searching for a collision of {wildcards.bits} bits of {wildcards.algorithm}"
    script:
        "../scripts/search.py"


rule collisions:
    input:
        pairs=collect("<results>/birthday/collisions/{search}_0.csv", search=SEARCHED),
        others=collect(
            "<results>/birthday/collisions/{search}_{part}.csv",
            search=SEARCHED,
            part=range(1, settings.birthday.search_jobs),
        ),
        code=library("collisions"),
    output:
        report(
            "<results>/birthday/collisions.csv",
            caption="../report/collisions.rst",
            category=BIRTHDAY,
            labels={"what": "Real collisions"},
        ),
    log:
        "<logs>/birthday/collisions.log",
    threads: 1
    resources:
        mem_mb=more(500),
        runtime=10,
    message:
        "Gathering the collisions"
    script:
        "../scripts/collisions.py"


rule census_part:
    input:
        code=library("census_part"),
    output:
        "<results>/birthday/census/{part}.csv",
    log:
        "<logs>/birthday/census/{part}.log",
    wildcard_constraints:
        part=r"[0-9]+",
    threads: 1
    resources:
        mem_mb=more(1500),
        runtime=60,
    params:
        bits=lookup("birthday/census_bits", within=config),
        parts=CENSUS_PARTS,
    message:
        "Hashing all 2^{params.bits} messages for part {wildcards.part} of their values"
    script:
        "../scripts/census_part.py"


rule census_table:
    input:
        parts=collect("<results>/birthday/census/{part}.csv", part=range(CENSUS_PARTS)),
        code=library("census"),
    output:
        "<results>/birthday/census.csv",
    log:
        "<logs>/birthday/census.log",
    threads: 1
    resources:
        mem_mb=more(500),
        runtime=10,
    params:
        bits=lookup("birthday/census_bits", within=config),
    message:
        "Adding up the census"
    script:
        "../scripts/census.py"


rule census:
    input:
        rules.census_table.output,
        collect("<results>/plots/census.{form}", form=["svg", "png"]),


rule heat:
    input:
        code=library("heat"),
    output:
        repeats="<results>/birthday/hashes/{number}.csv",
        effective="<results>/birthday/hashes/{number}_effective.csv",
    log:
        "<logs>/birthday/heat/{number}.log",
    wildcard_constraints:
        number=r"[0-9]+",
    priority: 2
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=30,
    params:
        seed=lookup("seed", within=config),
        key_set=key_set_of,
        key_number=lookup("birthday/keys", within=config),
    message:
        "Trying hashes on {params.key_set}"
    script:
        "../scripts/heat.py"


rule hashes:
    input:
        repeats=collect(
            "<results>/birthday/hashes/{number}.csv", number=range(len(KEY_SETS))
        ),
        effective=collect(
            "<results>/birthday/hashes/{number}_effective.csv",
            number=range(len(KEY_SETS)),
        ),
        code=library("hashes"),
    output:
        repeats="<results>/birthday/hashes.csv",
        effective="<results>/birthday/effective_bits.csv",
    log:
        "<logs>/birthday/hashes.log",
    threads: 1
    resources:
        mem_mb=more(1000),
        runtime=10,
    params:
        key_sets=KEY_SETS,
    message:
        "Judging hashes on all key sets"
    script:
        "../scripts/hashes.py"


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
