"""Hash functions applied to many inputs at once."""
