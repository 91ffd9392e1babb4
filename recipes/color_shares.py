"""Measure how common each color bin of ``lab_bins`` is, for the weights of its loss.

    python recipes/color_shares.py DATA src/unetcolor/spaces/lab_bins_shares.csv

Sources count by the square root of their photos, as in training. As in the paper, the shares are smoothed over
neighboring bins (a Gaussian of half a bin's distance, 5 units).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from settings import RECIPES
from train import split

from unetcolor.images import to_float
from unetcolor.spaces.lab_bins import LabBins, bins
from unetcolor.training import Sources

_SIDE = 24
_SMOOTHING = 5.0


def main(data: Path, output: Path) -> None:
    training, _ = split(data, RECIPES["photo"])
    pictures = Sources(training, colorful=True).open((_SIDE, _SIDE))
    source_of = np.repeat(np.arange(len(pictures.counts)), pictures.counts)
    space = LabBins()
    shares = np.zeros(space.output_channels)
    for source, picture in zip(source_of, pictures, strict=True):
        _, targets = space.encode(to_float(picture))
        own = space.normalize_targets(targets).mean(axis=(0, 1))
        shares += pictures.shares[source] / pictures.counts[source] * own
    distance = np.linalg.norm(bins()[:, np.newaxis] - bins(), axis=-1)
    kernel = np.exp(-0.5 * (distance / _SMOOTHING) ** 2)
    shares = (kernel / kernel.sum(axis=0)) @ shares
    rows = [f"{a:g},{b:g},{share:.8f}" for (a, b), share in zip(bins(), shares, strict=True)]
    output.write_text("\n".join(["a,b,share", *rows]) + "\n")
    print(f"{output}: {len(rows)} bins, the most common with a share of {shares.max():.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
