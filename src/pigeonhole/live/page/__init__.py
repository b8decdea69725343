"""The live page: browsers send frames, receive tile numbers and draw from an atlas.

Threads
-------
One thread runs the server (asyncio). One matches the frames that pages send, one after
the other. One detects guests' faces. No thread waits for a viewer: what a page doesn't
receive in time is dropped.
"""

from pigeonhole.live.page.sink import PageSink

__all__ = ["PageSink"]
