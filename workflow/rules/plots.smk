# Figures of the birthday experiments, one rule each, and the targets that include them.
from typing import NamedTuple


class Figure(NamedTuple):
    title: str
    # Title in the report. The caption is workflow/report/NAME.rst.
    tables: list[str]
    # Tables in <results>/birthday, without their suffix.
    settings: list[str] = []
    # Birthday settings that the caption mentions.


FIGURES = {
    "people": Figure("23 people", ["people"], ["people_trials"]),
    "curve": Figure("1 to 89 people", ["curve"], ["people_trials"]),
    "birthdays": Figure("Real birthdays", ["birthdays"], ["people_trials"]),
    "first_byte": Figure("256 inputs into one byte", ["first_byte"], ["trials"]),
    "root": Figure("16 values of 8 bits", ["root"], ["trials"]),
    "get_uid": Figure("4,096 ids of 24 bits", ["get_uid"], ["trials"]),
    "dict_seconds": Figure("Times of a dict", ["dict_seconds"]),
    "sweep": Figure("Collision rates by hash length", ["sweep"], ["sweep_trials"]),
    "sweep_seconds": Figure(
        "Collision rates and times by hash length",
        ["sweep", "sweep_seconds"],
        ["sweep_trials"],
    ),
    "density": Figure("First collisions", ["density"]),
    "safe_draws": Figure("Safe number of ids", []),
    "hashes": Figure("Hash quality", ["hashes"], ["keys"]),
    "effective_bits": Figure("Effective bits of hashes", ["effective_bits"], ["keys"]),
    "census": Figure("Exhaustive count of MD5 values", ["census"], ["census_bits"]),
}


for name, figure in FIGURES.items():

    # Captions of reports can't contain wildcards, so each figure has its own rule.
    rule:
        name:
            f"plot_{name}"
        input:
            tables=[f"<results>/birthday/{table}.csv" for table in figure.tables],
            code=library("plot_figure"),
        output:
            svg=report(
                f"<results>/plots/{name}.svg",
                caption=f"../report/{name}.rst",
                category=BIRTHDAY,
                labels={"what": figure.title},
            ),
            png=f"<results>/plots/{name}.png",
        log:
            f"<logs>/plots/{name}.log",
        threads: 1
        resources:
            mem_mb=more(1000),
            runtime=10,
        params:
            figure=name,
            settings=pick(config["birthday"], *figure.settings),
        message:
            "Drawing {params.figure}"
        script:
            "../scripts/plot_figure.py"


rule birthday:
    input:
        outputs_of(rules.run_experiment, experiment=EXPERIMENTS),
        outputs_of(rules.time_dicts),
        sweep_shards(".csv"),
        sweep_shards("_seconds.csv"),
        outputs_of(rules.summarize_sweep),
        outputs_of(rules.judge_claims),
        collect("<results>/birthday/collisions/{search}.csv", search=SEARCHES),
        outputs_of(rules.gather_collisions),
        outputs_of(rules.measure_hashes, number=range(len(KEY_SETS))),
        outputs_of(rules.test_hashes),
        collect(
            "<results>/plots/{figure}.{form}",
            figure=[name for name in FIGURES if name != "census"],
            form=["svg", "png"],
        ),


rule census:
    input:
        outputs_of(rules.count_values, shard=range(COUNT_SHARDS)),
        outputs_of(rules.merge_counts),
        outputs_of(rules.plot_census),
