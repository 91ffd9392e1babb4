"""sRGB to Lab and back, on 12 megapixels in float32: unetcolor, scikit-image, OpenCV and a copy of the array.

    python -m benchmarks.conversions

OpenCV takes part where it is installed: ``pip install opencv-python-headless``.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from skimage.color import lab2rgb, rgb2lab

from benchmarks.pictures import large_photo
from benchmarks.timing import Way, compare, table
from unetcolor import get_color_space
from unetcolor.images import to_float
from unetcolor.spaces import in_strips

SKIMAGE = "scikit-image"


def main() -> None:
    pixels = large_photo(3000, 4000)
    rgb = to_float(pixels)
    space = get_color_space("lab")
    encoded = space.encode(rgb)
    lab = np.concatenate(encoded, axis=-1)
    there: dict[str, Way] = {SKIMAGE: lambda: rgb2lab(rgb), "unetcolor": lambda: in_strips(space.encode, rgb)}
    back: dict[str, Way] = {SKIMAGE: lambda: lab2rgb(lab), "unetcolor": lambda: in_strips(space.decode, *encoded)}
    if find_spec("cv2"):
        there["OpenCV"], back["OpenCV"] = (
            _in_opencv(name, values) for name, values in (("RGB2LAB", rgb), ("LAB2RGB", lab))
        )
    there["copy"], back["copy"] = rgb.copy, lab.copy
    for title, ways in (("sRGB to Lab, 12 megapixels", there), ("Lab to sRGB, 12 megapixels", back)):
        print(f"### {title}\n\n{table(compare(ways, rounds=7), SKIMAGE)}\n", flush=True)


def _in_opencv(name: str, values: Any) -> Way:
    import cv2

    code = getattr(cv2, f"COLOR_{name}")
    return lambda: cv2.cvtColor(values, code)


if __name__ == "__main__":
    main()
