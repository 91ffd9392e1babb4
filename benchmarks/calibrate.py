"""Find the working size and the chroma for the export of a preset: scores of held-out photos over a grid of both.

    python -m benchmarks.calibrate photo.keras DATA runs/photo/validation.txt

Give it a file that was exported with ``--chroma 1``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.pictures import listed
from unetcolor import UNetColorizer
from unetcolor.codec import Codec
from unetcolor.metrics import colorfulness, delta_e


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("photos", type=Path, help="a list of files in DATA")
    parser.add_argument("--sources", nargs="*", help="sources to score (default: all)")
    parser.add_argument("--per-source", type=int, default=10)
    parser.add_argument("--sizes", type=int, nargs="+", default=[128, 160, 192, 224])
    parser.add_argument("--chroma", type=float, nargs="+", default=[0.6, 0.7, 0.8, 0.9, 1.0, 1.1])
    arguments = parser.parse_args()
    colorizer = UNetColorizer.load(arguments.model)
    pictures = listed(arguments.data, arguments.photos, arguments.per_source)
    truths = [truth for source, truth in pictures if not arguments.sources or source in arguments.sources]
    grays = [Codec(colorizer.space).plain_gray(truth) for truth in truths]
    plain = np.array([delta_e(truth, gray) for truth, gray in zip(truths, grays, strict=True)])
    true = np.mean([colorfulness(truth) for truth in truths])
    print(f"{len(truths)} photos: CIEDE2000 of plain gray {plain.mean():.2f}, true colorfulness {true:.1f}\n")
    print("| size | chroma | CIEDE2000 | better than gray | colorfulness |\n|---:|---:|---:|---:|---:|")
    for size in arguments.sizes:
        for chroma in arguments.chroma:
            results = colorizer.predict(grays, size=size, saturation=chroma, verbose=0)
            errors = np.array([delta_e(truth, result) for truth, result in zip(truths, results, strict=True)])
            vivid = np.mean([colorfulness(result) for result in results])
            better = 100 * (errors < plain).mean()
            print(f"| {size} | {chroma:g} | {errors.mean():.2f} | {better:.0f} % | {vivid:.1f} |", flush=True)


if __name__ == "__main__":
    main()
