"""Exact nearest-tile search."""
