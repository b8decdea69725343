"""Fixtures for tests of the command line."""

import pytest

from pigeonhole.cli.main import main


@pytest.fixture
def call(capfd):
    """Run the command line in this process and return status, stdout and stderr."""

    def call_main(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as error:
            status = error.code
        return status, *capfd.readouterr()

    return call_main


@pytest.fixture
def one_line():
    """Check that stderr is one line by `pigeonhole`, and return the message."""

    def check(err):
        assert err.startswith("pigeonhole: ")
        assert err.count("\n") == 1
        return err.removeprefix("pigeonhole: ").rstrip("\n")

    return check
