"""Draw mosaics: images, large files, prints and films."""
