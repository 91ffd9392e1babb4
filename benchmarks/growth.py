"""How the cost grows: with the pixels of a photo, the pictures of a batch, and the pictures to train on.

python -m benchmarks.growth --plot growth.png
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.photo import PeakMemory
from benchmarks.pictures import large_photo
from benchmarks.timing import seconds
from unetcolor import UNetColorizer, samples

MEGAPIXELS = (1, 2, 4, 8, 16, 32)
BATCHES = (1, 4, 16, 64, 256)
FOLDERS = (100, 400, 1600)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", type=Path, help="file to draw the figures to")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.folder:
        print(train(arguments.folder))
        return
    photo = UNetColorizer.from_preset("photo")
    portraits = samples.load_portraits()
    curves = {
        "megapixels of a photo, seconds": [(n, of_photo(photo, n)) for n in MEGAPIXELS],
        "pictures of 75x100 at once, seconds": [(n, of_batch(photo, portraits, n)) for n in BATCHES],
        "pictures in a folder, GB to train": [(n, of_folder(portraits, n)) for n in FOLDERS],
    }
    for title, points in curves.items():
        print(f"### {title}\n\n| {' | '.join(str(n) for n, _ in points)} |\n|{'---:|' * len(points)}")
        print(f"| {' | '.join(f'{value:.3g}' for _, value in points)} |\n", flush=True)
    if arguments.plot:
        draw(curves, arguments.plot)


def of_photo(colorizer: UNetColorizer, megapixels: int) -> float:
    photo = large_photo(round(1000 * (megapixels * 0.75) ** 0.5), round(1000 * (megapixels / 0.75) ** 0.5))
    return best(lambda: colorizer.predict(photo, verbose=0))


def of_batch(colorizer: UNetColorizer, portraits: np.ndarray, count: int) -> float:
    pictures = np.concatenate([portraits, portraits])[:count]
    return best(lambda: colorizer.predict(pictures, batch_size=count, verbose=0))


def of_folder(portraits: np.ndarray, count: int) -> float:
    """Return the memory, in GB above what it takes when all is loaded, of an epoch on so many files."""
    with tempfile.TemporaryDirectory() as folder:
        for i in range(count):
            Image.fromarray(portraits[i % len(portraits)]).save(Path(folder, f"{i}.png"), compress_level=1)
        command = [sys.executable, "-m", "benchmarks.growth", "--folder", folder]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def train(folder: Path) -> float:
    colorizer = UNetColorizer("lab", filters=(8, 16), seed=1)
    colorizer.fit(samples.load_portraits()[:32], epochs=1, verbose=0)
    with PeakMemory() as memory:
        colorizer.fit(folder, epochs=1, augment=True, verbose=0)
    return memory.gigabytes


def best(way: Callable[[], object]) -> float:
    way()
    return min(seconds(way) for _ in range(3))


def draw(curves: dict[str, list[tuple[int, float]]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.2), layout="constrained")
    for axes, (title, points) in zip(figure.subplots(1, len(curves)), curves.items(), strict=True):
        what, unit = title.rsplit(", ", 1)
        axes.plot(*zip(*points, strict=True), marker="o")
        axes.set(xlabel=what, ylabel=unit, xlim=(0, None), ylim=(0, None))
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
