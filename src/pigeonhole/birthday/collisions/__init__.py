"""Search for real collisions."""
