"""Projects of the studio: settings, their history, and the folder on disk."""
