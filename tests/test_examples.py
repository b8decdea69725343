"""The examples in the docstrings of the laboratory print what they say."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["algorithms", "ids", "theory", "variants"])
def test_examples_print_what_they_say(name):
    module = importlib.import_module(f"pigeonhole.birthday.{name}")
    ran = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert ran.attempted > 0
    assert ran.failed == 0
