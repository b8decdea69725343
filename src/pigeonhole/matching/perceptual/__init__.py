"""Matching by local structure and low-pass error."""
