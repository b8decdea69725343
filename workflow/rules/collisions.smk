# What really collides: pairs of messages, the census of them all, hashes on given keys.


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
