"""Measure how common each color bin of ``lab_bins`` is, for the weights of its loss.

    python recipes/color_shares.py DATA src/unetcolor/spaces/lab_bins_shares.csv

Sources count by the square root of their photos, as in training. As in the paper, the shares are smoothed over
neighboring bins (a Gaussian of half a bin's distance, 5 units).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import photos
from settings import RECIPES

from unetcolor.images import cover
from unetcolor.spaces.lab_bins import LabBins, bins

_SIDE = 24
_SMOOTHING = 5.0


def main(data: Path, output: Path) -> None:
    recipe = RECIPES["photo"]
    found = [photo for photo in photos.find(data) if photo.source not in recipe.without]
    training, pictures = photos.decode(photos.split(found)[0])
    share_of_source = photos.Sampler(training).share
    sources = np.array([photo.source for photo in training])
    space = LabBins()
    shares = np.zeros(space.output_channels)
    for source, share in share_of_source.items():
        own = [pictures[i] for i in np.flatnonzero(sources == source)]
        sums = np.zeros_like(shares)
        for picture in own:
            small = cover(picture, (_SIDE, _SIDE)).astype(np.float32) / 255
            _, targets = space.encode(small)
            sums += space.normalize_targets(targets).mean(axis=(0, 1))
        shares += share * sums / len(own)
    distance = np.linalg.norm(bins()[:, np.newaxis] - bins(), axis=-1)
    kernel = np.exp(-0.5 * (distance / _SMOOTHING) ** 2)
    shares = (kernel / kernel.sum(axis=0)) @ shares
    rows = [f"{a:g},{b:g},{share:.8f}" for (a, b), share in zip(bins(), shares, strict=True)]
    output.write_text("\n".join(["a,b,share", *rows]) + "\n")
    print(f"{output}: {len(rows)} bins, the most common with a share of {shares.max():.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
