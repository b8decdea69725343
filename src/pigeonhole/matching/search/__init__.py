"""Exact search for the nearest tile."""
