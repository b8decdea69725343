"""The workflow that belongs to the package."""

import pytest

import pigeonhole
from pigeonhole.pipeline.checkout import workflow_file


def test_the_workflow_is_that_of_the_checkout(root):
    assert workflow_file() == str(root / "Snakefile")


def test_without_a_checkout_one_sentence_explains_it(monkeypatch, tmp_path):
    installed = tmp_path / "site-packages" / "pigeonhole" / "__init__.py"
    monkeypatch.setattr(pigeonhole, "__file__", str(installed))
    with pytest.raises(SystemExit, match=r"has no workflow next to it: install .*\.$"):
        workflow_file()
