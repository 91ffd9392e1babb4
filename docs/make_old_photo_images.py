"""Draw the pictures of true old photos: gray, and as the preset colors them.

    python -m docs.make_old_photo_images

The photos lie in ``docs/old_photos``; its ``MANIFEST.csv`` says where each is from.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from benchmarks.sheets import write_sheet
from unetcolor import UNetColorizer
from unetcolor.codec import Codec
from unetcolor.images import read_rgb

FOLDER = Path(__file__).parent
PHOTOS = FOLDER / "old_photos"

# Those of the home page.
HOME = ("woman_sebah", "barkla_bain", "totara_adkin", "parthenon_rhomaides")


def main() -> None:
    """Draw all of them."""
    colorizer = UNetColorizer.from_preset("photo")
    with open(PHOTOS / "MANIFEST.csv", newline="", encoding="utf-8") as file:
        names = [Path(row["file"]).stem for row in csv.DictReader(file)]
    write_sheet(
        FOLDER / "images" / "old_photos.jpg", [colored(colorizer, name) for name in names], blocks=2, height=320
    )
    write_sheet(FOLDER / "images" / "home.jpg", [colored(colorizer, name) for name in HOME], blocks=2, height=240)


def colored(colorizer: UNetColorizer, name: str) -> dict[str, np.ndarray]:
    """Return a row of one photo without the tone of its print, and in color."""
    photo = read_rgb(PHOTOS / f"{name}.jpg")
    return {"old photo": Codec(colorizer.space).plain_gray(photo), "colorized": colorizer.predict(photo, verbose=0)}


if __name__ == "__main__":
    main()
