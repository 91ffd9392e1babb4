"""
A new color space
=================

A color space declares its channels and defines two functions. This one predicts the opponent colors in which the metric
*colorfulness* is defined: red against green, and yellow against blue.
"""

# %%
# The functions of :mod:`unetcolor.spaces.arrays` run on arrays and on tensors alike, so that one source serves the
# pictures, the training and the network.

import matplotlib.pyplot as plt

from unetcolor import Channel, ColorSpace, UNetColorizer, samples
from unetcolor.images import to_float
from unetcolor.plots import plot_channels
from unetcolor.spaces.arrays import join_channels, split_channels
from unetcolor.spaces.srgb import pull_toward_gray
from unetcolor.testing import check_color_space


class Opponent(ColorSpace):
    """Luma in; R - G and (R + G) / 2 - B out (Hasler and Suesstrunk 2003)."""

    name = "opponent"
    luminance = Channel("Y", 0.0, 1.0)
    targets = (Channel("R - G", -1.0, 1.0), Channel("(R + G) / 2 - B", -1.0, 1.0))

    def encode(self, rgb):
        red, green, blue = split_channels(rgb)
        luma = 0.2125 * red + 0.7154 * green + 0.0721 * blue
        return luma, join_channels(red - green, (red + green) / 2 - blue)

    def decode(self, luminance, targets):
        red_green, yellow_blue = split_channels(targets)
        mean = luminance + 0.0721 * yellow_blue + (0.7154 - 0.2125) / 2 * red_green
        rgb = join_channels(mean + red_green / 2, mean - red_green / 2, mean - yellow_blue)
        # A network may predict a color that the screen cannot show: bring it back without changing the luma.
        return pull_toward_gray(rgb, luminance)


# %%
# ``check_color_space`` checks the laws that the rest of unetcolor relies on, for example that luminance is kept
# whatever the network predicts. It is silent if all laws hold; otherwise it says which law is broken, and by what.

check_color_space(Opponent())

# %%
# These are the channels of a photo, with the least and the greatest value of each:

plot_channels(samples.load_photo("scene_the-spices-of-life"), Opponent())

# %%
# A network may predict any targets within the declared ranges, so ``decode`` must make a color of all of them. Here are
# the true targets, and multiples of them: none changes the luma.

photo = to_float(samples.load_photo("scene_the-spices-of-life"))
luminance, targets = Opponent().encode(photo)
figure, axes = plt.subplots(1, 4, figsize=(12, 2.4), layout="compressed")
for ax, factor in zip(axes, (0.0, 0.5, 1.0, 2.0), strict=True):
    ax.imshow(Opponent().decode(luminance, factor * targets))
    ax.set_title(f"targets times {factor}")
    ax.set_axis_off()

# %%
# Everything that takes a color space takes this one.

colorizer = UNetColorizer(Opponent())
print(colorizer.space, colorizer.model.output_shape)

# %%
# Register a color space, or make it a package, so that it is found by its name and model files that use it can be
# loaded: :doc:`/howto/add_a_color_space`.
