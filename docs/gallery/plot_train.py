"""
A first training
================

A small network learns from 128 portraits that come with unetcolor, at half of their size, in a few seconds.
"""

# %%
# sphinx_gallery_thumbnail_number = 2

# %%
# ``fit`` takes color pictures and makes the gray inputs from them. 128 portraits in batches of 16 make 8 steps an
# epoch.

import numpy as np

from unetcolor import UNetColorizer, get_color_space, samples
from unetcolor.images import to_float
from unetcolor.plots import plot_comparison, plot_history

portraits = np.random.default_rng(0).permutation(samples.load_portraits())
train, test = portraits[:128], portraits[128:]

colorizer = UNetColorizer("lab", image_size=(50, 38), filters=(16, 32, 64), seed=0)
history = colorizer.fit(train, validation_data=test, epochs=7, batch_size=16, verbose=0)
plot_history(history)

# %%
# Both losses still fall: more epochs would help. The next figure shows portraits that were not trained on, at their
# full size: gray, colorized, truth.

lab = get_color_space("lab")
luminance, _ = lab.encode(to_float(test))
plot_comparison(test, colorizer.predict(test), lab.gray(luminance), count=6)

# %%
# ``evaluate`` prints the scores next to those of plain gray. The SSIM is below that of plain gray, because wrong
# patches of color, such as those on shirts and chins, are structure that the truth does not have.

scores = colorizer.evaluate(test)

# %%
# The :doc:`/tutorial` trains a larger network for half a minute, and explains every step.
