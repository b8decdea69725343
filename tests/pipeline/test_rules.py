"""Each rule requests the resources that its jobs need."""

import re

RULE = re.compile(
    r"^(?P<indent> *)(?:rule|checkpoint)\b[^:\n]*:\n(?:(?P=indent)    .*\n|\n)*", re.M
)


def test_every_job_requests_memory_time_and_threads(root):
    rules = [
        match[0]
        for path in (root / "workflow/rules").glob("*.smk")
        for match in RULE.finditer(path.read_text())
    ]
    jobs = [rule for rule in rules if "    script:" in rule]
    assert len(jobs) > 25
    for job in jobs:
        for line in (r"mem_mb=more\(\d+\)", r"runtime=\d+", r"threads: \S+"):
            assert re.search(rf"^ +{line}", job, re.M), (line, job)
