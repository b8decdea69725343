"""Hash functions on many inputs at once."""
