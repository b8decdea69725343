"""Source -> frames -> placements -> sinks, at camera rate.

Threads
-------
A reader thread takes pictures from a live source and keeps only the newest. A second
thread places and renders. The main thread owns the sinks, windows among them. So one
thread alone calls the matching kernels, and a slow match never freezes a window.
"""
