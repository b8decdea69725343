# Real collisions, the exhaustive count of MD5 values, and the quality of hashes.

SEARCHED_BITS = {
    "md5": {*settings.birthday.collision_bits, *[64] * settings.birthday.extended},
    **dict.fromkeys(
        ("sha1", "sha256"),
        {*settings.birthday.sha_collision_bits, *[48] * settings.birthday.extended},
    ),
}
SEARCHES = [
    f"{algorithm}-{bits}"
    for algorithm, lengths in SEARCHED_BITS.items()
    for bits in sorted(lengths)
]
# A power of 2. Each shard hashes all messages and counts its own share of the values.
COUNT_SHARDS = 4
KEY_SETS = ["key%d", "counters", "random"]
# Key sets from this number on are files of the user.
OWN_KEY_SETS = len(KEY_SETS)
if settings.birthday.key_file:
    file = settings.birthday.key_file
    KEY_SETS.append(f"./{file}" if file in KEY_SETS else file)


rule search_collision:
    input:
        code=library("search_collision"),
    output:
        "<results>/birthday/collisions/{algorithm}-{bits}.csv",
    log:
        "<logs>/birthday/collisions/{algorithm}-{bits}.log",
    wildcard_constraints:
        algorithm=r"[a-z0-9_]+",
        bits=r"[0-9]+",
    priority: 1
    threads: search_threads
    resources:
        mem_mb=more(2000),
        runtime=1440,
    params:
        seed=lookup("seed", within=config),
    message:
        "Searching for a collision of {wildcards.bits} bits of {wildcards.algorithm}"
    script:
        "../scripts/search_collision.py"


rule gather_collisions:
    input:
        pairs=collect("<results>/birthday/collisions/{search}.csv", search=SEARCHES),
        code=library("gather_collisions"),
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
        "../scripts/gather_collisions.py"


rule collisions:
    input:
        rules.gather_collisions.output,


rule count_values:
    input:
        code=library("count_values"),
    output:
        "<results>/birthday/census/{shard}.csv",
    log:
        "<logs>/birthday/census/{shard}.log",
    threads: 1
    resources:
        mem_mb=more(1500),
        runtime=60,
    params:
        bits=lookup("birthday/census_bits", within=config),
        shards=COUNT_SHARDS,
    message:
        "Hashing all 2^{params.bits} messages to count shard {wildcards.shard} of values"
    script:
        "../scripts/count_values.py"


rule merge_counts:
    input:
        shards=collect(
            "<results>/birthday/census/{shard}.csv", shard=range(COUNT_SHARDS)
        ),
        code=library("merge_counts"),
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
        "Merging the counts of all values"
    script:
        "../scripts/merge_counts.py"


rule measure_hashes:
    input:
        key_file=key_file,
        code=library("measure_hashes"),
    output:
        repeats="<results>/birthday/hashes/{number}.csv",
        effective="<results>/birthday/hashes/{number}_effective.csv",
    log:
        "<logs>/birthday/hashes/{number}.log",
    wildcard_constraints:
        number=r"[0-9]+",
    priority: 2
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=30,
    params:
        seed=lookup("seed", within=config),
        key_set=lambda wildcards: KEY_SETS[int(wildcards.number)],
        key_number=lookup("birthday/keys", within=config),
        contents=key_file_contents,
    message:
        "Measuring hash quality on the key set {params.key_set}"
    script:
        "../scripts/measure_hashes.py"


rule test_hashes:
    input:
        repeats=collect(
            "<results>/birthday/hashes/{number}.csv", number=range(len(KEY_SETS))
        ),
        effective=collect(
            "<results>/birthday/hashes/{number}_effective.csv",
            number=range(len(KEY_SETS)),
        ),
        code=library("test_hashes"),
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
        # A function, because Snakemake would look for wildcards in plain values.
        key_sets=lambda wildcards: KEY_SETS,
    message:
        "Testing hash quality on all key sets"
    script:
        "../scripts/test_hashes.py"
