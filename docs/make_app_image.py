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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright

IMAGE = Path(__file__).parent / "images" / "app.png"

SERVE = "from unetcolor.app import serve; serve(port=0, open_browser=False)"


# Clicks: the place in shares of width and height, and the color.
CLICKS = (((0.29, 0.62), "#c8622e"), ((0.52, 0.21), "#d9a58c"), ((0.05, 0.06), "#2b3f7a"))


def main() -> None:
    """Colorize a photo on the page, set three colors, and take the picture."""
    with served() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 930}, color_scheme="light")
        page.goto(url)
        page.get_by_role("button", name="astronaut").click()
        expect(page.locator("#status p")).to_contain_text("pixels", timeout=60_000)
        page.get_by_role("tab", name="Change colors").click()
        canvas = page.locator("#canvas img")
        for number, ((x, y), color) in enumerate(CLICKS, start=1):
            page.get_by_label("Color", exact=True).fill(color)
            width, height = canvas.evaluate("image => [image.clientWidth, image.clientHeight]")
            canvas.click(position={"x": x * width, "y": y * height})
            expect(page.locator("#status p")).to_contain_text(f"{number} color", timeout=60_000)
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
