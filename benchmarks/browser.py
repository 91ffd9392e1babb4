"""How long the page of examples/browser takes for a photo, in Chromium, on one thread.

Needs Debian's package ``chromium``, and ``npm install`` in examples/browser.

python -m benchmarks.browser
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from unetcolor import samples

EXAMPLE = Path(__file__).parent.parent / "examples" / "browser"

SIZES = ((256, 256), (1600, 1200), (4000, 3000))
TIMES = re.compile(r"colored in ([\d.]+) s; the network took ([\d.]+) s")
PATIENCE = 120_000


def main() -> None:
    print("### A photo in the browser, one WebAssembly thread\n")
    print("| photo | JPEG to colors (s) | of which the network (s) | with one more hint (s) |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder, opened() as page:
        for width, height in SIZES:
            path = Path(folder, f"{width}.jpg")
            photo = Image.fromarray(samples.load_photo("astronaut")).convert("L")
            photo.resize((width, height), Image.Resampling.BICUBIC).save(path, quality=90)
            rounds = [measured(page, path) for _ in range(4)]
            # In the first round the browser compiles what it runs.
            whole, network, hinted = np.median(rounds[1:], axis=0)
            print(f"| {width} x {height} | {whole:.2f} | {network:.2f} | {hinted:.2f} |", flush=True)
    print()


def measured(page: Page, path: Path) -> tuple[float, float, float]:
    page.get_by_label("Choose a photo").set_input_files(path)
    whole, network = times(page)
    page.get_by_role("application").click()
    hinted, _ = times(page)
    return whole, network, hinted


def times(page: Page) -> tuple[float, float]:
    """Wait until the photo is in color, and return how long that took, and of that the network."""
    expect(page.get_by_role("button", name="Download PNG")).to_be_enabled(timeout=PATIENCE)
    found = TIMES.search(page.get_by_role("status").inner_text())
    if found is None:
        raise RuntimeError(f"the page says no time: {page.get_by_role('status').inner_text()}")
    return float(found[1]), float(found[2])


@contextmanager
def opened() -> Iterator[Page]:
    """Open the page in Chromium, ready for a photo."""
    with served() as url, sync_playwright() as playwright:
        browser: Browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 900}, color_scheme="light")
        page.goto(url)
        expect(page.get_by_role("status")).to_have_text("Ready: choose a photo.", timeout=PATIENCE)
        yield page
        browser.close()


@contextmanager
def served() -> Iterator[str]:
    """Serve the example's files, and yield the address."""
    if not (EXAMPLE / "vendor").exists():
        raise FileNotFoundError(f"{EXAMPLE / 'vendor'} is missing: run npm install in {EXAMPLE}")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(EXAMPLE))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each file."""


if __name__ == "__main__":
    main()
