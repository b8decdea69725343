"""Photos of a project: uploads, linked folders, downloads and tiles."""
