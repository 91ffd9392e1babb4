"""Gray portraits to color through RGB: the network sees gray and predicts red, green and blue.

It is scored twice: once with the true luminance put back, and once as the network's raw picture, as in the tutorial.

Run: ``python examples/classic_rgb.py portraits.npz``
"""

from __future__ import annotations

from classic import score, train

from unetcolor.spaces.rgb import RGB

if __name__ == "__main__":
    colorizer, arguments = train("rgb")
    score(colorizer, arguments, "classic_rgb")
    colorizer.space = RGB(keep_luminance=False)
    score(colorizer, arguments, "classic_rgb_raw")
