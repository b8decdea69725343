"""Photo mosaics, still and live, and a laboratory for the birthday paradox.

Conventions
-----------
Pictures are RGB or grey, uint8, C-contiguous, indexed (row, column[, channel]). Sizes
are written WIDTHxHEIGHT, boxes are x, y, width, height in pixels. Times are seconds.
"""
