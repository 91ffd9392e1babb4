"""
Three clicks
============

A network guesses, and people know. A hint is a color at a place; the network uses it for all that belongs to it.
"""

# %%
# The photo is a gray copy of one that ships with unetcolor, so that the result can be compared with the truth. A hint
# has a row, a column and a color, of which only hue and chroma count.

import matplotlib.pyplot as plt

from unetcolor import Hint, UNetColorizer, samples
from unetcolor.codec import Codec
from unetcolor.hints import draw_layer
from unetcolor.metrics import delta_e

colorizer = UNetColorizer.from_preset("photo")
truth = samples.load_photo("astronaut")
gray = Codec(colorizer.space).plain_gray(truth)
hints = [Hint(160, 75, "#c8622e"), Hint(55, 133, "#d9a58c"), Hint(15, 12, "#2b3f7a")]

steps = {"plain gray": gray}
for count in range(len(hints) + 1):
    name = "no hint" if count == 0 else f"{count} hint{'s' * (count > 1)}"
    steps[name] = colorizer.predict(gray, hints=hints[:count])
steps["truth"] = truth

figure, axes = plt.subplots(1, len(steps), figsize=(13, 2.9), layout="compressed")
for number, (ax, (name, picture)) in enumerate(zip(axes, steps.items(), strict=True)):
    ax.imshow(picture)
    ax.set_title(f"{name}\nCIEDE2000 {delta_e(truth, picture):.1f}", fontsize=8)
    for hint in hints[: max(0, number - 1)] if picture is not truth else []:
        ax.plot(hint.column, hint.row, "o", color=hint.rgb, markeredgecolor="white", markersize=6)
    ax.set_axis_off()

# %%
# The title of each picture gives its CIEDE2000 from the truth: lower is better.
#
# The same hints as a layer, which an editor can change and which ``predict(hints=...)`` and ``unetcolor colorize
# --hints`` take:

layer = draw_layer(hints, truth.shape[:2])
(layer[..., 3] > 0).sum(), layer.shape

# %%
# :doc:`/howto/hints` has the command, the page, and what hints bring on many photos.
