"""The modules that a script runs are inputs of its rule."""

from pigeonhole.pipeline.code_inputs import code_inputs


def test_imports_are_followed(tmp_path):
    package = tmp_path / "pigeonhole"
    for name, text in {
        "__init__.py": "",
        "a.py": "from pigeonhole.b import thing",
        "b.py": "def f():\n    import pigeonhole.c\n",
        "c.py": "from pigeonhole import settings, a",
        "table.csv": "",
        "unread.csv": "",
        "settings.py": "",
        "unused.py": "",
        "deep/__init__.py": "from pigeonhole.deep.part import thing",
        "deep/part.py": "import numpy\nNAME = 'table.csv'\n",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    script = tmp_path / "script.py"
    script.write_text("from pigeonhole import a\nfrom pigeonhole.deep import thing\n")
    files = [
        path.relative_to(package).as_posix() for path in code_inputs(script, package)
    ]
    modules = ["a.py", "b.py", "c.py", "deep/__init__.py", "deep/part.py"]
    assert files == [*modules, "table.csv"]


def test_data_of_the_package_is_an_input(root):
    script = root / "workflow/scripts/run_experiment.py"
    package = root / "src/pigeonhole"
    assert package / "birthday/births.csv" in code_inputs(script, package)


def test_every_script_has_code_inputs(root):
    scripts = sorted((root / "workflow/scripts").glob("*.py"))
    assert scripts
    for script in scripts:
        assert code_inputs(script, root / "src/pigeonhole"), script
