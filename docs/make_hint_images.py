"""Draw the picture of the page on hints: a photo, as the preset colors it, and with three hints.

python -m docs.make_hint_images
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.sheets import write_sheet
from unetcolor import Hint, UNetColorizer, samples
from unetcolor.app.editing import marked
from unetcolor.codec import Codec
from unetcolor.metrics import delta_e

IMAGE = Path(__file__).parent / "images" / "hints.jpg"

# Clicks: places, and colors as somebody remembers them.
HINTS = {
    "astronaut": [Hint(160, 75, "#c8622e"), Hint(55, 133, "#d9a58c"), Hint(15, 12, "#2b3f7a")],
    "coffee": [Hint(150, 60, "#b03a1a"), Hint(60, 125, "#c07a2a"), Hint(20, 40, "#a05a30")],
}


def main() -> None:
    """Draw it, and print the scores."""
    colorizer = UNetColorizer.from_preset("photo")
    rows = []
    for name, hints in HINTS.items():
        truth = samples.load_photo(name)
        gray = Codec(colorizer.space).plain_gray(truth)
        plain, hinted = (colorizer.predict(gray, hints=given, verbose=0) for given in (None, hints))
        size = truth.shape[:2]
        rows.append({"gray": marked(gray, hints, size), "no hint": plain, "three hints": hinted, "truth": truth})
        errors = [f"{title} {delta_e(truth, picture):.2f}" for title, picture in (("gray", gray), *rows[-1].items())]
        print(f"{name}: CIEDE2000 {', '.join(errors)}")
    write_sheet(IMAGE, rows)


if __name__ == "__main__":
    main()
