"""Experiments: trials compared with theory."""
