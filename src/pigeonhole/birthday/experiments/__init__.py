"""Experiments with random draws and hashes, compared with exact theory."""
