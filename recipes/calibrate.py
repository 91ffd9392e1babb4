"""Find the working size and the chroma to export a preset with: scores of held-out photos over a grid of both.

    python recipes/calibrate.py photo.keras DATA runs/photo/validation.txt

Give it a file that was exported with ``--chroma 1``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from unetcolor import UNetColorizer
from unetcolor.images import from_float, read_rgb, to_float
from unetcolor.metrics import colorfulness, delta_e


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("photos", type=Path, help="a list of files in DATA")
    parser.add_argument("--sources", nargs="*", help="of these alone; otherwise of all")
    parser.add_argument("--per-source", type=int, default=10)
    parser.add_argument("--sizes", type=int, nargs="+", default=[128, 160, 192, 224])
    parser.add_argument("--chroma", type=float, nargs="+", default=[0.6, 0.7, 0.8, 0.9, 1.0, 1.1])
    arguments = parser.parse_args()
    colorizer = UNetColorizer.load(arguments.model)
    truths = _photos(arguments.data, arguments.photos.read_text().split("\n"), arguments.sources, arguments.per_source)
    grays = [_gray(colorizer, truth) for truth in truths]
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


def _photos(data: Path, names: list[str], sources: list[str] | None, per_source: int) -> list[np.ndarray]:
    counts: dict[str, int] = {}
    photos = []
    for name in filter(None, names):
        source = name.partition("/")[0]
        counts[source] = counts.get(source, 0) + 1
        if counts[source] <= per_source and (not sources or source in sources):
            photos.append(read_rgb(data / name))
    return photos


def _gray(colorizer: UNetColorizer, truth: np.ndarray) -> np.ndarray:
    luminance, _ = colorizer.space.encode(to_float(truth))
    return from_float(colorizer.space.gray(luminance), truth.dtype)


if __name__ == "__main__":
    main()
