"""A real browser, and a static server for it."""

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"


@contextmanager
def chromium(*flags):
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", *flags]
        )
        try:
            yield browser
        finally:
            browser.close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def served(folder):
    """Serve a folder as any static host would; give its address."""
    handler = partial(_Quiet, directory=folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def pixels(page, canvas):
    """Return the RGB pixels of a canvas, given as an expression."""
    import base64

    import numpy as np

    text, width, height = page.evaluate(
        """(canvas) => {
            const {width, height} = canvas;
            const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
            let text = "";
            for (let i = 0; i < data.length; i += 32768)
                text += String.fromCharCode(...data.subarray(i, i + 32768));
            return [btoa(text), width, height];
        }""",
        page.evaluate_handle(canvas),
    )
    values = np.frombuffer(base64.b64decode(text), np.uint8)
    return values.reshape(height, width, 4)[..., :3]
