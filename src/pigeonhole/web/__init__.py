"""Static files, templates and request checks shared by every page."""
