"""Take the picture of the web page: needs Debian's package ``chromium``, and ``pip install "unetcolor[app,test]"``.

python -m docs.make_app_image
"""

from __future__ import annotations

import io
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright
from skimage import data

IMAGE = Path(__file__).parent / "images" / "app.png"

SERVE = "from unetcolor.app import serve; serve(port=0, open_browser=False)"


def main() -> None:
    """Colorize a photo on the page, and take the picture."""
    with tempfile.TemporaryDirectory() as folder, served() as url, sync_playwright() as playwright:
        photo = Path(folder, "coffee.png")
        Image.fromarray(data.coffee()).convert("L").save(photo)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
        page.goto(url)
        page.locator("input[type=file]").set_input_files(photo)
        expect(page.locator("#status p")).to_contain_text("pixels", timeout=60_000)
        page.mouse.move(0, 0)
        # Until the marks of progress have faded.
        page.wait_for_timeout(1000)
        picture = Image.open(io.BytesIO(page.screenshot()))
        browser.close()
    rgb = picture.convert("RGB")
    # A palette of 256 colors is small; with it given, Pillow dithers, and smooth surfaces stay smooth.
    rgb.quantize(palette=rgb.quantize(256)).save(IMAGE, optimize=True)
    print(f"{IMAGE}: {IMAGE.stat().st_size / 1000:.0f} kB")


@contextmanager
def served() -> Iterator[str]:
    """Serve the page in another process, and yield its address."""
    process = subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True)
    try:
        greeting = process.stdout.readline() if process.stdout else ""
        found = re.search(r"http://\S+", greeting)
        if found is None:
            raise RuntimeError("the page could not be served: its error is above")
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


if __name__ == "__main__":
    main()
