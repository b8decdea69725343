"""Examples in docstrings print what they show."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "name", ["bounds", "hashing.algorithms", "ids", "theory", "variants"]
)
def test_docstring_examples(name):
    module = importlib.import_module(f"pigeonhole.birthday.{name}")
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert result.attempted > 0
    assert result.failed == 0
