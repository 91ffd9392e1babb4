"""
More vivid, or less
===================

``saturation`` multiplies the distance of each predicted color from gray. Colors that are both vivid and right are hard:
the farther from gray, the more a wrong guess costs.
"""

# %%
# The title of each picture gives its CIEDE2000 from the truth (lower is better) and its colorfulness, which should be
# near that of the truth. Plain gray stands first: a picture that scores worse should have stayed gray.

import matplotlib.pyplot as plt

from unetcolor import UNetColorizer, samples
from unetcolor.metrics import colorfulness, delta_e

colorizer = UNetColorizer.from_preset("photo")
names = ("astronaut", "scene_canyon-wren", "scene_oakland-zoo-otters")
levels = (0.0, 0.5, 1.0, 1.5, 2.0)

photos = [samples.load_photo(name) for name in names]
heights = [photo.shape[0] for photo in photos]
figure, axes = plt.subplots(3, 6, figsize=(13, 5.8), height_ratios=heights, layout="compressed")
for row, truth in zip(axes, photos, strict=True):
    pictures = {f"saturation {level}": colorizer.predict(truth, saturation=level) for level in levels}
    for ax, (title, picture) in zip(row, {**pictures, "truth": truth}.items(), strict=True):
        ax.imshow(picture)
        title = "plain gray" if title == "saturation 0.0" else title
        scores = f"CIEDE2000 {delta_e(truth, picture):.1f}, colorfulness {colorfulness(picture):.0f}"
        ax.set_title(f"{title}\n{scores}", fontsize=7)
        ax.set_axis_off()

# %%
# The astronaut scores best with the colors as they are predicted, though the suit should be much more vivid. The rock
# is nearest to the truth at 0.5; the otter is nearer to it than plain gray at 0.5, but at no higher saturation.
#
# :doc:`/howto/vivid_colors` gives the same figures for many photos, and another way to vivid colors.
