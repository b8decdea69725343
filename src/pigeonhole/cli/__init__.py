"""The command line, `pigeonhole ...`."""
