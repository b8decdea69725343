"""The live page: frames up, tile numbers down, drawn from an atlas in the browser.

Threads
-------
One runs the server (asyncio). One places the frames that pages send, each viewer's in
its turn. One looks for guests' faces. None waits for a viewer: what a page doesn't take
in time is dropped.
"""

from pigeonhole.live.page.sink import Page

__all__ = ["Page"]
