import re

from pigeonhole.pipeline.code_inputs import library_sources


def test_imports_are_followed(tmp_path):
    package = tmp_path / "pigeonhole"
    for name, text in {
        "__init__.py": "",
        "a.py": "from pigeonhole.b import thing",
        "b.py": "def f():\n    import pigeonhole.c\n",
        "c.py": "from pigeonhole import settings, a",
        "settings.py": "",
        "unused.py": "",
        "deep/__init__.py": "from pigeonhole.deep.part import thing",
        "deep/part.py": "import numpy",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    script = tmp_path / "script.py"
    script.write_text("from pigeonhole import a\nfrom pigeonhole.deep import thing\n")
    found = [
        path.relative_to(package).as_posix()
        for path in library_sources(script, package)
    ]
    assert found == ["a.py", "b.py", "c.py", "deep/__init__.py", "deep/part.py"]


def test_every_script_runs_something_of_the_library(root):
    scripts = sorted((root / "workflow/scripts").glob("*.py"))
    assert scripts
    for script in scripts:
        assert library_sources(script, root / "src/pigeonhole"), script


def test_every_job_names_its_memory_and_minutes(root):
    rules = {
        found[1]: found[2]
        for path in (root / "workflow/rules").glob("*.smk")
        for found in re.finditer(
            r"^(?:rule|checkpoint) (\w+):\n((?:    .*\n|\n)*)", path.read_text(), re.M
        )
    }
    jobs = {name: text for name, text in rules.items() if "    script:" in text}
    assert len(jobs) > 30
    for name, text in jobs.items():
        for line in (r"mem_mb=more\(\d+\)", r"runtime=\d+", r"threads: \d+"):
            assert re.search(rf"^ +{line}", text, re.M), (name, line)
