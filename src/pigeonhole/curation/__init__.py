"""Review faces, remove people and find near-duplicates."""
