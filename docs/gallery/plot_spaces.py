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
# In ``rgb`` the network predicts the whole picture with all detail. Its true luma is put back afterwards.

plot_channels(photo, "rgb")

# %%
# In ``lab`` it predicts how red and how yellow each pixel is. Little of the detail is left in these two.

plot_channels(photo, "lab")

# %%
# In ``oklab`` it predicts the same two things, but hues look more even.

plot_channels(photo, "oklab")

# %%
# In ``hsv`` the hue is an angle, and 359 degrees are next to 1. So the network predicts the point at that angle whose
# distance from the center is the saturation. In dark pixels hue and saturation are mostly noise: the specks.

plot_channels(photo, "hsv")

# %%
# :doc:`/explanation/spaces_compared` gives the scores of the same network trained in each space.
