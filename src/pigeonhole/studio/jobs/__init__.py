"""Jobs of the studio: queue, state and process."""
