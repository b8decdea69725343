"""Search for real collisions of truncated hashes."""
