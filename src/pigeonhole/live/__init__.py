"""Live mosaics: sources of frames, tile matching at camera rate, and sinks.

Threads
-------
A reader thread takes images from a live source and keeps only the latest one. A second
thread computes placements. The main thread owns the sinks, including windows. Only one
thread calls the matching kernels, so a slow match never blocks a window.
"""
