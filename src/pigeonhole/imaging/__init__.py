"""Image files, colors, resizing, fingerprints, pyramids and video."""
