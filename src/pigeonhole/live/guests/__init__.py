"""Guests who join a live mosaic with their face."""
