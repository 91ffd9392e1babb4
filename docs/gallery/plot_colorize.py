"""
Color for photos, without training
==================================

The preset ``photo`` comes with unetcolor. Here it colorizes four photos that it was not trained on.
"""

# %%
# ``predict`` takes gray or color photos; of color photos it uses only the luminance.

from unetcolor import UNetColorizer, get_color_space, samples
from unetcolor.images import to_float
from unetcolor.metrics import format_scores, summarize
from unetcolor.plots import plot_comparison

truth = [to_float(samples.load_photo(name)) for name in ("astronaut", "chelsea", "coffee", "rocket")]
lab = get_color_space("lab")
gray = [lab.gray(lab.encode(photo)[0]) for photo in truth]

colorizer = UNetColorizer.from_preset("photo")
colorized = colorizer.predict(gray, verbose=0)

# %%
# Gray, colorized, truth:

plot_comparison(truth, colorized, gray)

# %%
# Skin, fur and wood get the expected colors. The orange of the suit, the flag, the green of the eyes and the blue of
# the evening are lost, because a gray photo gives no clue to them.
#
# The scores are means over the four photos. CIEDE2000 is the visible difference from the true colors. Each score stands
# next to the score of plain gray, which has no color at all but a high SSIM.

print(format_scores(summarize(truth, colorized, gray)))
