# The birthday laboratory's figures, drawn from its tables.


rule plot_people:
    input:
        tables=["<results>/birthday/people.csv"],
        code=library("plot"),
    output:
        svg=report(
            "<results>/plots/people.svg",
            caption="../report/people.rst",
            category=BIRTHDAY,
            labels={"what": "23 people"},
        ),
        png="<results>/plots/people.png",
    log:
        "<logs>/plots/people.log",
    threads: 1
    resources:
        mem_mb=more(1000),
        runtime=10,
    params:
        figure="people",
        trials=lookup("birthday/people_trials", within=config),
    message:
        "Drawing {params.figure}"
    script:
        "../scripts/plot.py"


use rule plot_people as plot_curve with:
    input:
        tables=["<results>/birthday/curve.csv"],
        code=library("plot"),
    output:
        svg=report(
            "<results>/plots/curve.svg",
            caption="../report/curve.rst",
            category=BIRTHDAY,
            labels={"what": "1 to 89 people"},
        ),
        png="<results>/plots/curve.png",
    log:
        "<logs>/plots/curve.log",
    params:
        figure="curve",
        trials=lookup("birthday/people_trials", within=config),


use rule plot_people as plot_birthdays with:
    input:
        tables=["<results>/birthday/birthdays.csv"],
        code=library("plot"),
    output:
        svg=report(
            "<results>/plots/birthdays.svg",
            caption="../report/birthdays.rst",
            category=BIRTHDAY,
            labels={"what": "Real birthdays"},
        ),
        png="<results>/plots/birthdays.png",
    log:
        "<logs>/plots/birthdays.log",
    params:
        figure="birthdays",
        trials=lookup("birthday/people_trials", within=config),


use rule plot_people as plot_census with:
    input:
        tables=["<results>/birthday/census.csv"],
        code=library("plot"),
    output:
        svg=report(
            "<results>/plots/census.svg",
            caption="../report/census.rst",
            category=BIRTHDAY,
            labels={"what": "Census of all messages"},
        ),
        png="<results>/plots/census.png",
    log:
        "<logs>/plots/census.log",
    params:
        figure="census",
        bits=lookup("birthday/census_bits", within=config),


use rule plot_people as plot_first_byte with:
    input:
        tables=["<results>/birthday/first_byte.csv"],
        code=library("plot"),
    output:
        svg=report(
            "<results>/plots/first_byte.svg",
            caption="../report/first_byte.rst",
            category=BIRTHDAY,
            labels={"what": "256 inputs into one byte"},
        ),
        png="<results>/plots/first_byte.png",
    log:
        "<logs>/plots/first_byte.log",
    params:
        figure="first_byte",
        trials=lookup("birthday/trials", within=config),


use rule plot_people as plot_root with:
    input:
        tables=["<results>/birthday/root.csv"],
        code=library("plot"),
    output:
        svg=report(
            "<results>/plots/root.svg",
            caption="../report/root.rst",
            category=BIRTHDAY,
            labels={"what": "16 values of 8 bits"},
        ),
        png="<results>/plots/root.png",
    log:
        "<logs>/plots/root.log",
    params:
        figure="root",
        trials=lookup("birthday/trials", within=config),


use rule plot_people as plot_dict_seconds with:
    input:
        tables=["<results>/birthday/dict_seconds.csv"],
        code=library("plot"),
    output:
        svg=report(
            "<results>/plots/dict_seconds.svg",
            caption="../report/dict_seconds.rst",
            category=BIRTHDAY,
            labels={"what": "Times of a dict"},
        ),
        png="<results>/plots/dict_seconds.png",
    log:
        "<logs>/plots/dict_seconds.log",
    params:
        figure="dict_seconds",


use rule plot_people as plot_sweep with:
    input:
        tables=["<results>/birthday/sweep.csv"],
        code=library("plot"),
    output:
        svg=report(
            "<results>/plots/sweep.svg",
            caption="../report/sweep.rst",
            category=BIRTHDAY,
            labels={"what": "Rates of the sweep"},
        ),
        png="<results>/plots/sweep.png",
    log:
        "<logs>/plots/sweep.log",
    params:
        figure="sweep",
        trials=lookup("birthday/sweep_trials", within=config),


use rule plot_people as plot_sweep_seconds with:
    input:
        tables=[
            "<results>/birthday/sweep.csv",
            "<results>/birthday/sweep_seconds.csv",
        ],
        code=library("plot"),
    output:
        svg=report(
            "<results>/plots/sweep_seconds.svg",
            caption="../report/sweep_seconds.rst",
            category=BIRTHDAY,
            labels={"what": "Rates and times of the sweep"},
        ),
        png="<results>/plots/sweep_seconds.png",
    log:
        "<logs>/plots/sweep_seconds.log",
    params:
        figure="sweep_seconds",
        trials=lookup("birthday/sweep_trials", within=config),


use rule plot_people as plot_get_uid with:
    input:
        tables=["<results>/birthday/get_uid.csv"],
        code=library("plot"),
    output:
        svg=report(
            "<results>/plots/get_uid.svg",
            caption="../report/get_uid.rst",
            category=BIRTHDAY,
            labels={"what": "4,096 ids of 24 bits"},
        ),
        png="<results>/plots/get_uid.png",
    log:
        "<logs>/plots/get_uid.log",
    params:
        figure="get_uid",
        trials=lookup("birthday/trials", within=config),


use rule plot_people as plot_density with:
    input:
        tables=["<results>/birthday/density.csv"],
        code=library("plot"),
    output:
        svg=report(
            "<results>/plots/density.svg",
            caption="../report/density.rst",
            category=BIRTHDAY,
            labels={"what": "Times of first collisions"},
        ),
        png="<results>/plots/density.png",
    log:
        "<logs>/plots/density.log",
    params:
        figure="density",


use rule plot_people as plot_safe_draws with:
    input:
        tables=[],
        code=library("plot"),
    output:
        svg=report(
            "<results>/plots/safe_draws.svg",
            caption="../report/safe_draws.rst",
            category=BIRTHDAY,
            labels={"what": "Draws for a given risk"},
        ),
        png="<results>/plots/safe_draws.png",
    log:
        "<logs>/plots/safe_draws.log",
    params:
        figure="safe_draws",


rule plot_hashes:
    input:
        table="<results>/birthday/hashes.csv",
        code=library("plot_hashes"),
    output:
        svg=report(
            "<results>/plots/hashes.svg",
            caption="../report/hashes.rst",
            category=BIRTHDAY,
            labels={"what": "Hashes by key sets"},
        ),
        png="<results>/plots/hashes.png",
    log:
        "<logs>/plots/hashes.log",
    threads: 1
    resources:
        mem_mb=more(1000),
        runtime=10,
    params:
        figure="hashes",
        key_number=lookup("birthday/keys", within=config),
    message:
        "Drawing {params.figure}"
    script:
        "../scripts/plot_hashes.py"


use rule plot_hashes as plot_effective_bits with:
    input:
        table="<results>/birthday/effective_bits.csv",
        code=library("plot_hashes"),
    output:
        svg=report(
            "<results>/plots/effective_bits.svg",
            caption="../report/effective_bits.rst",
            category=BIRTHDAY,
            labels={"what": "Effective bits of hashes"},
        ),
        png="<results>/plots/effective_bits.png",
    log:
        "<logs>/plots/effective_bits.log",
    params:
        figure="effective_bits",
        key_number=lookup("birthday/keys", within=config),
