# Pigeonhole: photos -> faces -> tiles -> mosaics, and the birthday experiments.
from snakemake.utils import min_version

min_version("9.25")


container: "docker://python:3.11"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/lists.smk"
include: "workflow/rules/photos.smk"
include: "workflow/rules/faces.smk"
include: "workflow/rules/tiles.smk"
include: "workflow/rules/mosaics.smk"
include: "workflow/rules/large.smk"
include: "workflow/rules/birthday.smk"
include: "workflow/rules/collisions.smk"
include: "workflow/rules/plots.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/live.smk"


rule all:
    default_target: True
    input:
        rules.mosaics.input,
        LARGE_IMAGES,
        PRINTS,
        outputs_of(rules.time_frames),
        rules.birthday.input,
