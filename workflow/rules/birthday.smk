# Birthday experiments: trials -> tables, and the claims of the tutorials judged by them.

# Experiments of pigeonhole.birthday.experiments.registry, and the settings that hold
# their number of trials.
EXPERIMENTS = {
    "people": "people_trials",
    "curve": "people_trials",
    "birthdays": "people_trials",
    "first_byte": "trials",
    "root": "trials",
    "get_uid": "trials",
}


rule run_experiment:
    input:
        code=library("run_experiment"),
    output:
        "<results>/birthday/{experiment}.csv",
    log:
        "<logs>/birthday/{experiment}.log",
    wildcard_constraints:
        experiment="|".join(EXPERIMENTS),
    threads: 1
    resources:
        mem_mb=more(1000),
        runtime=10,
    params:
        seed=lookup("seed", within=config),
        trials=lambda wildcards: config["birthday"][EXPERIMENTS[wildcards.experiment]],
    message:
        "Running the experiment {wildcards.experiment}"
    script:
        "../scripts/run_experiment.py"


rule time_dicts:
    input:
        code=library("time_dicts"),
    output:
        "<results>/birthday/dict_seconds.csv",
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
        "../scripts/time_dicts.py"


rule find_first_collisions:
    input:
        code=library("find_first_collisions"),
    output:
        times="<results>/birthday/sweep/{bits}_{scatteritem}.csv",
        seconds="<results>/birthday/sweep/{bits}_{scatteritem}_seconds.csv",
    log:
        "<logs>/birthday/sweep/{bits}_{scatteritem}.log",
    wildcard_constraints:
        bits=r"[0-9]+",
    # The longest jobs start first, and short ones fill the gaps.
    priority: 2
    threads: 1
    resources:
        mem_mb=more(2000),
        runtime=60,
    params:
        seed=lookup("seed", within=config),
        trials=sweep_trials,
    message:
        "Finding first collisions among 2^{wildcards.bits} values"
    script:
        "../scripts/find_first_collisions.py"


rule summarize_sweep:
    input:
        times=sweep_shards(".csv"),
        seconds=sweep_shards("_seconds.csv"),
        code=library("summarize_sweep"),
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
        lengths=lookup("birthday/bits", within=config),
    message:
        "Summarizing the sweep over hash lengths"
    script:
        "../scripts/summarize_sweep.py"


rule judge_claims:
    input:
        people="<results>/birthday/people.csv",
        first_byte="<results>/birthday/first_byte.csv",
        root="<results>/birthday/root.csv",
        sweep="<results>/birthday/sweep.csv",
        get_uid="<results>/birthday/get_uid.csv",
        first_collision="<results>/birthday/first_collision.csv",
        code=library("judge_claims"),
    output:
        report(
            "<results>/birthday/claims.csv",
            caption="../report/claims.rst",
            category=BIRTHDAY,
            labels={"what": "Claims of the two birthday tutorials"},
        ),
    log:
        "<logs>/birthday/claims.log",
    threads: 1
    resources:
        mem_mb=more(1000),
        runtime=10,
    message:
        "Judging the claims of the birthday tutorials"
    script:
        "../scripts/judge_claims.py"
