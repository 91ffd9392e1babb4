"""Train the same network in every color space, and print the scores side by side.

Run: ``python examples/compare_spaces.py [--epochs 25] [--spaces lab hsv] [--data portraits.npz]``
"""

from __future__ import annotations

import argparse

import numpy as np

from unetcolor import UNetColorizer, list_color_spaces, samples

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--data", help=".npz with train_images and test_images (default: the portraits that ship)")
parser.add_argument(
    "--spaces", nargs="+", default=list_color_spaces(), help="names of color spaces (default: all that are registered)"
)
parser.add_argument("--epochs", type=int, default=25)
parser.add_argument("--seed", type=int, default=0)
arguments = parser.parse_args()

portraits = np.random.default_rng(0).permutation(samples.load_portraits())
train, test = (arguments.data, arguments.data) if arguments.data else (portraits[:128], portraits[128:])

print(
    f"{'space':<10}{'CIEDE2000':>10}{'gray':>8}{'PSNR':>8}{'gray':>8}{'colorful':>10}{'truth':>8}{'better':>8}",
    flush=True,
)
for space in arguments.spaces:
    colorizer = UNetColorizer(space, filters=(16, 32, 64, 128), seed=arguments.seed)
    colorizer.fit(train, epochs=arguments.epochs, batch_size=16, verbose=0)
    scores = colorizer.evaluate(test, verbose=0)
    print(
        f"{space:<10}{scores['delta_e']:>10.2f}{scores['gray_delta_e']:>8.2f}{scores['psnr']:>8.2f}"
        f"{scores['gray_psnr']:>8.2f}{scores['colorfulness']:>10.1f}{scores['true_colorfulness']:>8.1f}"
        f"{100 * scores['better_than_gray']:>6.0f} %",
        flush=True,
    )
