"""Take the picture of the page of examples/browser: needs what ``benchmarks/browser.py`` needs.

python -m docs.make_browser_image
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from benchmarks.browser import opened, times

IMAGE = Path(__file__).parent / "images" / "browser.png"
PHOTO = Path(__file__).parent.parent / "src" / "unetcolor" / "samples" / "photos" / "scene_roman-colosseum.jpg"


def main() -> None:
    """Colorize a photo on the page, set two colors, and take the picture."""
    with opened() as page:
        page.set_viewport_size({"width": 900, "height": 800})
        page.get_by_label("Choose a photo").set_input_files(PHOTO)
        times(page)
        stage = page.get_by_role("application")
        for name, across, down in (("sky", 0.8, 0.12), ("wood", 0.45, 0.6)):
            page.get_by_role("button", name=name).click()
            box = stage.bounding_box()
            if box is None:
                raise RuntimeError("the photo is not on the page")
            stage.click(position={"x": across * box["width"], "y": down * box["height"]})
            times(page)
        page.get_by_role("slider").fill("30")
        page.mouse.move(0, 0)
        # Without the time, which is that of one machine at one moment.
        page.get_by_role("status").evaluate("status => (status.textContent = status.textContent.split(',')[0] + '.')")
        picture = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    rgb = picture.convert("RGB")
    # A palette of 256 colors is small; with it given, Pillow dithers, and smooth surfaces stay smooth.
    rgb.quantize(palette=rgb.quantize(256)).save(IMAGE, optimize=True)
    print(f"{IMAGE}: {IMAGE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
