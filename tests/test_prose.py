"""Tests for the prose check, tools/prose.py."""

import importlib.util

import pytest
from clone import ROOT

spec = importlib.util.spec_from_file_location("prose", ROOT / "tools" / "prose.py")
prose = importlib.util.module_from_spec(spec)
spec.loader.exec_module(prose)

DIALECT = "Who" + "ever asks hears so, and the files lie be" + "side it."


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", f'"""Return a value.\n\n{DIALECT}\n"""\n'),
        ("a.py", f"x = 1  # {DIALECT}\n"),
        ("a.py", f'x = "{DIALECT}"\n'),
        ("a.smk", f"# {DIALECT}\n"),
        ("a.yaml", f"key: 1 # {DIALECT}\n"),
        ("a.js", f"/* {DIALECT} */\n"),
        ("a.js", f'const text = "{DIALECT}";\n'),
        ("a.html", f"<p>{DIALECT}</p>\n"),
        ("a.md", f"# Title\n\n{DIALECT}\n"),
    ],
)
def test_the_check_finds_dialect_in_all_kinds_of_files(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    words = {fault.split("'")[1].lower() for fault in prose.check(path)}
    assert words == {"who" + "ever", "hears", "be" + "side"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", '"""Return a value."""\n\nbeside = tell = {"beside": "told"}\n'),
        ("a.md", "Use `beside` and [a link](https://example.org/beside/told).\n"),
        ("a.md", "```sh\ntell beside\n```\n"),
        ("a.yaml", "query: person # what to find\n"),
    ],
)
def test_code_names_and_addresses_are_not_prose(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    assert list(prose.check(path)) == []


def test_docstrings_must_not_open_with_a_noun_clause(tmp_path):
    path = tmp_path / "a.py"
    path.write_text('def f():\n    """Whether it works."""\n')
    (fault,) = prose.check(path)
    assert "begins with 'Whether'" in fault
