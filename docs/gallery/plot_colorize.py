"""
Color for photos, without training
==================================

The preset ``photo`` comes with unetcolor. Here it gives color to four photos that it was not trained on.
"""

# %%
# ``predict`` takes gray photos, or photos in color, of which it uses the luminance alone.

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
# Skin, fur and wood come out as one expects them. The orange of the suit, the flag, the green of the eyes and the blue
# of the evening are lost, because a gray photo does not tell them.
#
# The scores are means over the four photos. CIEDE2000 is the difference from the true colors that one sees. Each score
# stands beside that of plain gray, which has no color at all and yet a high SSIM.

print(format_scores(summarize(truth, colorized, gray)))
