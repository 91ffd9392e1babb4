"""
The colors at full size
=======================

The network sees a photo at a small size. Its colors are then scaled up along the photo's edges. This script compares
that with the plain way.
"""

# %%
# ``stream`` lets you change the network's colors while they are still small. Here the photo's true colors, scaled down,
# replace them, so that only scaling them up again can go wrong.

import matplotlib.pyplot as plt
import numpy as np

from unetcolor import UNetColorizer, samples
from unetcolor.images import resize, to_float
from unetcolor.metrics import delta_e

colorizer = UNetColorizer.from_preset("photo")
photo = to_float(samples.load_photo("scene_roman-colosseum"))
luminance, colors = colorizer.space.encode(photo)
kept = []


def true_colors(seen, predicted):
    """Return the photo's own colors at the size of the network's answer, and keep them."""
    kept.append(resize(colors, predicted.shape[:2]))
    return kept[-1]


# The photo is small. At this size its colors are scaled up as much as those of a large photo.
(edge_aware,) = colorizer.stream([photo], size=96, adjust=true_colors)
(small,) = kept
print(f"photo {photo.shape[:2]}, colors {small.shape[:2]}")

# %%
# The plain way repeats the nearest of the small colors for each pixel.

rows, columns = (np.arange(large) * less // large for large, less in zip(photo.shape, small.shape[:2], strict=False))
nearest = colorizer.space.decode(luminance, small[rows][:, columns])

# %%
# The upper row shows a detail of each, with its CIEDE2000 from the photo. The lower row shows the same colors at one
# luminance, which makes bleeding visible that the detail above hides.

ways = {"truth": photo, "nearest": nearest, "edge-aware": edge_aware}
figure, axes = plt.subplots(2, len(ways), figsize=(9, 5.4), layout="compressed")
for (above, below), (name, picture) in zip(axes.T, ways.items(), strict=True):
    detail = picture[38:118, 30:126]
    _, shown = colorizer.space.encode(detail)
    above.imshow(detail, interpolation="nearest")
    above.set_title(name if picture is photo else f"{name}: {delta_e(photo, picture):.2f}")
    below.imshow(colorizer.space.decode(np.full_like(shown[..., :1], 65.0), shown), interpolation="nearest")
    above.set_axis_off()
    below.set_axis_off()

# %%
# :doc:`/explanation/full_size` explains how it works, and compares it with other ways.
