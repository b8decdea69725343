"""Chromium without a window, films of it, and a static web server for it."""

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"


@contextmanager
def chromium(*flags):
    """Start Debian's Chromium without a window, and yield the browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", *flags]
        )
        try:
            yield browser
        finally:
            browser.close()


def check_accessibility(page):
    """Fail if axe finds a violation."""
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def drop_files(page, paths, x, y):
    """Drop files or folders at a place of the window, as a file manager does."""
    names = [str(path) for path in paths]
    data = {"items": [], "files": names, "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        event = {"type": kind, "x": x, "y": y, "data": data}
        session.send("Input.dispatchDragEvent", event)
    session.detach()


@contextmanager
def film(page, path, fps=15):
    """Write a film of what a page shows in the block, with the pointer."""
    from pigeonhole.core.geometry import Size
    from pigeonhole.imaging.codecs import decode_rgb
    from pigeonhole.imaging.video import FILM, AvEncoder

    shots = []

    # Playwright marks the function, which built-in ones such as append don't allow.
    def take(shot):
        shots.append(shot)

    page.screencast.start(on_frame=take, quality=95)
    page.screencast.show_actions(cursor="pointer", style={"title": "display: none"})
    yield
    page.screencast.stop()
    times = [shot["timestamp"] / 1000 for shot in shots]
    size = Size(page.viewport_size["width"], page.viewport_size["height"])
    with AvEncoder(path, size, fps, FILM) as encoder:
        for shot, begin, end in zip(
            shots, times, [*times[1:], times[-1] + 2], strict=True
        ):
            image = decode_rgb(shot["data"], "frame")
            first, last = (round(fps * (time - times[0])) for time in (begin, end))
            for _ in range(first, last):
                encoder.write(image)


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def serve_folder(folder):
    """Serve a folder as static files, and yield the URL."""
    handler = partial(_QuietHandler, directory=folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def canvas_pixels(page, canvas):
    """Return the RGB pixels of a canvas, given as a JavaScript expression."""
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
