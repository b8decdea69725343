"""Print the jobs of a workflow as JSON: rule, outputs with their flags, and inputs.

Run it in a folder of the workflow, with the targets as arguments.
"""

import json
import sys
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.settings.types import (
    DAGSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
    WorkflowSettings,
)

scatter = {"faces": 2, "tiles": 2, "mosaic": 2, "sweep": 2}
with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
    workflow = api.workflow(
        resource_settings=ResourceSettings(cores=1, overwrite_scatter=scatter),
        workflow_settings=WorkflowSettings(),
        snakefile=Path("Snakefile"),
    )
    dag = workflow.dag(DAGSettings(targets=set(sys.argv[1:])))
    # Builds the graph; the output goes to stderr, which is ignored.
    sys.stdout, stdout = sys.stderr, sys.stdout
    dag.summary()
    jobs = [
        {
            "rule": job.rule.name,
            "script": job.rule.script,
            "outputs": {str(file): sorted(file.flags) for file in job.output},
            "inputs": list(map(str, job.input)),
            "params": sorted(job.params.keys()),
        }
        for job in workflow._workflow.dag.jobs
    ]
json.dump(jobs, stdout)
