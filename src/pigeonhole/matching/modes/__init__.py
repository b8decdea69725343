"""Implementations of the match modes, one module for each."""
