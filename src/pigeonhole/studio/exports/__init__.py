"""Exports of a mosaic."""
