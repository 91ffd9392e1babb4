"""
A photo in several color spaces
===============================

A color space splits a photo into its luminance, which the network sees, and its targets, which the network predicts.
"""

# %%
# What the network sees
# ---------------------
#
# Luma is a weighted sum of red, green and blue; L* and Oklab's L follow what the eye sees as brightness, and differ in
# how light a saturated color is.

from unetcolor import samples
from unetcolor.plots import plot_channels, plot_luminance

photo = samples.load_photo("scene_the-spices-of-life")
plot_luminance(photo, ["rgb", "lab", "oklab"])

# %%
# What it predicts
# ----------------
#
# In ``rgb`` the network paints the whole picture once more, detail and all. Its true luma is put back afterwards.

plot_channels(photo, "rgb")

# %%
# In ``lab`` it predicts how red and how yellow each pixel is. Little of the detail is left in these two.

plot_channels(photo, "lab")

# %%
# Oklab does the same with hues that look more even.

plot_channels(photo, "oklab")

# %%
# In ``hsv`` the hue is an angle, and 359 degrees are next to 1. So the network predicts the point at that angle, at the
# distance of the saturation from the center. In dark pixels hue and saturation are mostly noise: the specks.

plot_channels(photo, "hsv")

# %%
# :doc:`/explanation/spaces_compared` has the scores of one network trained in each.
