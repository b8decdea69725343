"""Guests: visitors whose faces are added to the tiles during a run."""
