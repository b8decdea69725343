"""The studio: make a mosaic in the browser."""
