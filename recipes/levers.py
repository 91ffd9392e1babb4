"""Measure what single parts of the recipe bring: short trainings of the same seed that differ in one thing each.

    python recipes/levers.py DATA --output runs/levers

One that was stopped goes on. The table that it prints has plain gray next to every score.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from settings import RECIPES, Recipe
from train import split, train

from unetcolor.losses import ChromaHuber

SHORT = replace(RECIPES["photo"], sizes=((1, 96),), epochs=4, warmup=200, average=0.3)

VARIANTS: dict[str, Recipe] = {
    "the recipe, 4 epochs of 96 pixels": SHORT,
    "encoder with random weights": replace(SHORT, pretrained=False),
    "every pixel counts alike": replace(SHORT, loss=ChromaHuber(delta=0.02, strength=0.0)),
    "classes (lab_bins, a quarter of the size)": replace(
        SHORT, space="lab_bins", network=replace(SHORT.network, head_stride=4)
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder with one folder of photos for each source")
    parser.add_argument("--output", type=Path, required=True, help="folder of the models, logs and checkpoints")
    arguments = parser.parse_args()
    print("| | CIEDE2000 | plain gray | better than gray | colorfulness | true |\n|---|---:|---:|---:|---:|---:|")
    for i, (name, recipe) in enumerate(VARIANTS.items()):
        colorizer = train(recipe, arguments.data, arguments.output / str(i))
        _, held_out = split(arguments.data, recipe)
        scores = colorizer.evaluate([path for paths in held_out.values() for path in paths], size=128, verbose=0)
        errors = f"{scores['delta_e']:.2f} | {scores['gray_delta_e']:.2f} | {100 * scores['better_than_gray']:.0f} %"
        print(f"| {name} | {errors} | {scores['colorfulness']:.1f} | {scores['true_colorfulness']:.1f} |", flush=True)


if __name__ == "__main__":
    main()
