"""Image files, color spaces, resizing, fingerprints, pyramids and video."""
