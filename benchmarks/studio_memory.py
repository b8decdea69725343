"""Measure memory and time of the studio with thousands of photos, in Chromium.

``python -m benchmarks.studio_memory FOLDER`` runs ``pigeonhole mosaic`` on a folder of
photos, then drops the folder into the studio, makes a mosaic, changes it, zooms into
it, exports it, and restarts the studio. After each step, it prints a line of JSON: the
seconds, the highest memory (proportional set size) of the server, its jobs and the page
in megabytes, and the longest time for which the page didn't respond. No photo is in a
cache at first, so that the times of cutting can be compared. It needs Linux and
Chromium.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

TARGET = files("skimage.data") / "astronaut.png"
FLAGS = ["--no-sandbox", "--disable-features=SpareRendererForSitePerProcess"]
SAMPLE_SECONDS = 0.1
PATIENCE = 3600
"""Seconds after which a step fails."""
TICKS = os.sysconf("SC_CLK_TCK")
RECORD_TASKS = """
    window.longTasks = [];
    new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) window.longTasks.push(duration);
    }).observe({ type: "longtask" });
"""
IS_FINAL = """
    window.stage?.frame?.header.stage === "final" && stage.catalog !== null
        && !stage.store.isSending && stage.store.changes.length === 0
        && stage.store.state.work === null
        && stage.frame.header.revision === stage.store.state.revision
"""
THUMBNAILS = "document.querySelectorAll('#photo-grid img.loaded').length"
SCROLL = """async () => {
    const grid = document.querySelector("#photo-grid");
    const pause = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const height = grid.scrollHeight - grid.clientHeight;
    let longest = 0;
    for (let step = 0; step <= 200; step++) {
        grid.scrollTop = (height * step) / 200;
        const start = performance.now();
        await pause();
        longest = Math.max(longest, performance.now() - start);
    }
    return Math.round(longest);
}"""


def proportional_size(pid):
    """Return the memory of a process, shared pages divided, in bytes."""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return 1024 * int(re.search(r"^Pss: +(\d+)", text, re.MULTILINE)[1])
    return 0


def processor_seconds(pid):
    """Return the processor time of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own, children = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
    return own / TICKS, children / TICKS


def descendants(pid):
    """Yield the processes that a process has started, and those that they started."""
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in path.read_text().split():
                yield int(child)
                yield from descendants(int(child))


def is_internal(pid):
    """Return whether a renderer shows Chromium's own interface."""
    return b"--top-chrome-webui" in Path(f"/proc/{pid}/cmdline").read_bytes()


class Meter:
    """The highest memory of the studio's processes since it was last read."""

    def __init__(self, server):
        self._server, self.page, self.compositor = server, [], []
        self._ended = threading.Event()
        self._lock, self._peaks = threading.Lock(), {}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def read(self):
        """Return the peaks in megabytes, and begin again."""
        self._sample()
        with self._lock:
            peaks, self._peaks = self._peaks, {}
        return {f"{name}_mb": round(size / 1e6) for name, size in peaks.items()}

    def stop(self):
        self._ended.set()
        self._thread.join()

    def _run(self):
        while not self._ended.wait(SAMPLE_SECONDS):
            self._sample()

    def _sample(self):
        sizes = {
            "server": proportional_size(self._server),
            "jobs": sum(map(proportional_size, descendants(self._server))),
            "page": sum(map(proportional_size, self.page)),
            "compositor": sum(map(proportional_size, self.compositor)),
        }
        with self._lock:
            for name, size in sizes.items():
                self._peaks[name] = max(size, self._peaks.get(name, 0))


class Visit:
    """A page of the studio, and the steps of its user."""

    def __init__(self, page, server, meter):
        self._page, self._server, self._meter = page, server, meter
        self._page.set_default_timeout(1000 * PATIENCE)
        self._devtools = page.context.new_cdp_session(page)

    @contextmanager
    def step(self, name):
        """Print what a step takes."""
        row = {"step": name}
        self._meter.read()
        self._page.evaluate("window.longTasks = []")
        start = time.monotonic()
        before = processor_seconds(self._server)
        yield row
        row["seconds"] = round(time.monotonic() - start, 1)
        after = processor_seconds(self._server)
        row["server_cpu_s"] = round(after[0] - before[0], 1)
        row["jobs_cpu_s"] = round(after[1] - before[1], 1)
        row |= self._meter.read()
        heap = self._devtools.send("Runtime.getHeapUsage")["usedSize"]
        row["heap_mb"] = round(heap / 1e6)
        tasks = self._page.evaluate("window.longTasks")
        row["longest_task_ms"] = round(max(tasks, default=0))
        print(json.dumps(row), flush=True)

    def wait_until(self, condition, pause=100):
        end = time.monotonic() + PATIENCE
        while not self._page.evaluate(condition):
            if time.monotonic() > end:
                sys.exit(f"This never came true: {condition}")
            self._page.wait_for_timeout(pause)

    def drop(self, path, x, y):
        """Drop a file or folder at a place of the window, as a file manager does."""
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            event = {"type": kind, "x": x, "y": y, "data": data}
            self._devtools.send("Input.dispatchDragEvent", event)

    def add_photos(self, folder, count):
        with self.step("cut") as row:
            start = time.monotonic()
            self.drop(folder, 300, 400)
            self.wait_until(f"{THUMBNAILS} > 10")
            row["first_thumbnails_s"] = round(time.monotonic() - start, 1)
            state = "stage.store.state"
            self.wait_until(f"{state}.photos.count === {count}")
            self._page.wait_for_selector("#uploads", state="hidden")
            row["uploaded_s"] = round(time.monotonic() - start, 1)
            self.wait_until(f"{state}.photos.tiles > 0 && {state}.work === null")
            row["tiles"] = self._page.evaluate(f"{state}.photos.tiles")

    def scroll(self):
        with self.step("scroll") as row:
            row["longest_frame_ms"] = self._page.evaluate(SCROLL)
            self.wait_until(f"{THUMBNAILS} > 10")

    def choose_target(self):
        with self.step("target"):
            self.drop(TARGET, 1000, 400)
            self.wait_until(IS_FINAL)

    def move_sliders(self):
        sliders = {"Photos across": (60, 150), "Color transfer": (0.1, 0.4)}
        with self.step("sliders"):
            for name, values in sliders.items():
                slider = self._page.get_by_role("slider", name=name, exact=True)
                for value in values:
                    slider.fill(str(value))
                    self.wait_until(IS_FINAL)

    def inspect(self):
        with self.step("inspector"):
            box = self._page.locator("#mosaic").bounding_box()
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            self._page.mouse.click(x, y)
            self._page.wait_for_selector(".credit h2")
            self._page.wait_for_timeout(1000)

    def zoom(self):
        with self.step("zoom"):
            box = self._page.locator("#mosaic").bounding_box()
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            self._page.mouse.move(x, y)
            for _ in range(8):
                self._page.mouse.wheel(0, -200)
                self._page.wait_for_timeout(150)
            for round_ in range(30):
                self._page.mouse.down()
                dx, dy = ((-300, 0), (0, -250), (300, 0), (-150, 200))[round_ % 4]
                self._page.mouse.move(x + dx, y + dy, steps=5)
                self._page.mouse.up()
                self._page.mouse.move(x, y)
                self._page.wait_for_timeout(300)
            for _ in range(8):
                self._page.mouse.wheel(0, 200)
                self._page.wait_for_timeout(150)

    def export(self):
        with self.step("export"):
            self._page.click("#export-button")
            self._page.check("#formats [value=jpg]", force=True)
            self._page.wait_for_selector("#export-sentence:has-text('JPEG')")
            self._page.click("#export-start")
            self._page.wait_for_selector("#job-list a", state="attached")

    def reload(self, name="reload"):
        with self.step(name) as row:
            self._page.reload()
            self.wait_for_page(row)

    def wait_for_page(self, row):
        start = time.monotonic()
        self.wait_until("window.stage?.frame != null", 20)
        row["mosaic_s"] = round(time.monotonic() - start, 2)
        self.wait_until(IS_FINAL, 20)
        row["final_s"] = round(time.monotonic() - start, 2)
        self.wait_until(f"{THUMBNAILS} > 10", 20)

    def list_photos(self):
        with self.step("list") as row:
            facts = self._page.evaluate("""async () => {
                const { fetchJson } = await import("/studio/connection.js");
                const start = performance.now();
                const list = await fetchJson("photos");
                return [performance.now() - start, list.photos.length,
                    JSON.stringify(list).length];
            }""")
            row["list_ms"], row["photos"], row["bytes"] = map(round, facts)


@contextmanager
def studio(project):
    """Start the server, and yield its process and its address."""
    command = [sys.executable, "-m", "pigeonhole", "studio", project, "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = (line for line in process.stdout if "http" in line)
            address = next(lines, "").split()
            if not address:
                sys.exit("The studio failed.")
            yield process, address[-1]
        finally:
            process.send_signal(signal.SIGINT)


@contextmanager
def visit(browser, process, url):
    meter = Meter(process.pid)
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    tab.add_init_script(RECORD_TASKS)
    tab.goto(url)
    session = browser.new_browser_cdp_session()
    facts = session.send("SystemInfo.getProcessInfo")["processInfo"]
    kinds = {fact["id"]: fact["type"] for fact in facts}
    renderers = (pid for pid, kind in kinds.items() if kind == "renderer")
    meter.page = [pid for pid in renderers if not is_internal(pid)]
    meter.compositor = [pid for pid, kind in kinds.items() if kind == "GPU"]
    page = Visit(tab, process.pid, meter)
    try:
        yield page
    finally:
        meter.stop()
        tab.close()


def command_row(folder, output):
    """Return what the command takes for the same photos, without a cache."""
    command = [sys.executable, "-m", "pigeonhole", "mosaic", TARGET]
    command += ["--tiles", folder, "-o", output]
    start = time.monotonic()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit("The command failed.")
    return {
        "step": "command",
        "seconds": round(time.monotonic() - start, 1),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "memory_mb": round(usage.ru_maxrss * 1024 / 1e6),
    }


def peak(pid):
    """Return the highest resident memory of a process, in megabytes."""
    text = Path(f"/proc/{pid}/status").read_text()
    return round(int(re.search(r"VmHWM:\s+(\d+)", text)[1]) * 1024 / 1e6)


def measure(photos, folder):
    count = sum(path.is_file() for path in photos.rglob("*"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=FLAGS
        )
        with studio(folder / "project") as (process, url):
            with visit(browser, process, url) as page:
                page.add_photos(photos, count)
                page.scroll()
                page.choose_target()
                page.move_sliders()
                page.inspect()
                page.zoom()
                page.export()
                page.scroll()
                page.list_photos()
                page.reload()
            print(json.dumps({"step": "peak", "server_mb": peak(process.pid)}))
        started = time.monotonic()
        with studio(folder / "project") as (process, url):
            with visit(browser, process, url) as page, page.step("restart") as row:
                row["page_s"] = round(time.monotonic() - started, 2)
                page.wait_for_page(row)
                row["since_start_s"] = round(time.monotonic() - started, 2)
            print(json.dumps({"step": "peak", "server_mb": peak(process.pid)}))
        browser.close()


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, help="Folder of the photos to drop.")
    parser.add_argument(
        "--command",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="Run the command first.",
    )
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["PIGEONHOLE_CACHE"] = str(folder / "cache-of-command")
        if options.command:
            row = command_row(options.photos, folder / "mosaic.png")
            print(json.dumps(row), flush=True)
        os.environ["PIGEONHOLE_STUDIO"] = str(folder / "studio")
        os.environ["PIGEONHOLE_CACHE"] = str(folder / "cache")
        measure(options.photos.resolve(), folder)


if __name__ == "__main__":
    main()
