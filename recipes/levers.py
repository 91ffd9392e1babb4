"""Measure what single parts of the recipe bring: short trainings of the same seed that differ in one thing each.

    python recipes/levers.py DATA --output runs/levers

One that was stopped goes on. The table that it prints has plain gray beside every score.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import replace
from pathlib import Path

from settings import RECIPES, Recipe
from train import train

from unetcolor.losses import ChromaHuber
from unetcolor.networks.unet import UNetOptions

SHORT = replace(RECIPES["photo"], sizes=((4, 96),), warmup=200, averaging=0.3, validate_every=4)

VARIANTS: dict[str, Recipe] = {
    "the recipe, 4 epochs of 96 pixels": SHORT,
    "encoder with random weights": replace(SHORT, pretrained=False),
    "every pixel counts alike": replace(SHORT, loss=ChromaHuber(delta=0.02, strength=0.0)),
    "classes (lab_bins, a quarter of the size)": replace(
        SHORT, space="lab_bins", network=UNetOptions(**{**SHORT.network, "head_stride": 4})
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder with one folder of photos for each source")
    parser.add_argument("--output", type=Path, required=True, help="folder of the logs and checkpoints")
    arguments = parser.parse_args()
    print("| | CIEDE2000 | plain gray | better than gray | mean chroma | true |\n|---|---:|---:|---:|---:|---:|")
    for i, (name, recipe) in enumerate(VARIANTS.items()):
        folder = arguments.output / str(i)
        train(recipe, arguments.data, folder, None, None)
        with open(folder / "log.csv", newline="") as file:
            last = {key: float(value) for key, value in list(csv.DictReader(file))[-1].items()}
        scores = f"{last['delta_e']:.2f} | {last['gray_delta_e']:.2f} | {100 * last['better_than_gray']:.0f} %"
        print(f"| {name} | {scores} | {last['chroma']:.1f} | {last['true_chroma']:.1f} |", flush=True)


if __name__ == "__main__":
    main()
