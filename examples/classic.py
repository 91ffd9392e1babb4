"""The tutorial's experiment at full length: 50 epochs, batches of 32, mean absolute error, Adam.

``classic_rgb.py`` and ``classic_lab.py`` run it in their color spaces.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from unetcolor import UNetColorizer, samples
from unetcolor.plots import plot_comparison, plot_history


def train(space: str) -> tuple[UNetColorizer, argparse.Namespace]:
    """Train on ``train_images`` of an ``.npz`` named on the command line; write the model and the history."""
    parser = argparse.ArgumentParser(description=f"Train the classic U-Net in the color space {space}.")
    parser.add_argument("data", type=Path, help=".npz with train_images and test_images, uint8 (n, height, width, 3)")
    parser.add_argument("--output", type=Path, default=Path("out"), help="folder for the results")
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)

    colorizer = UNetColorizer(space, seed=arguments.seed)
    history = colorizer.fit(arguments.data, validation_data=arguments.data, epochs=arguments.epochs)

    colorizer.save(arguments.output / f"classic_{space}.keras")
    plot_history(history).savefig(arguments.output / f"classic_{space}_history.png")
    (arguments.output / f"classic_{space}_history.json").write_text(json.dumps(history.history))
    return colorizer, arguments


def score(colorizer: UNetColorizer, arguments: argparse.Namespace, name: str) -> None:
    """Score a colorizer on ``test_images``, and show it on five of the portraits that ship with unetcolor."""
    print(f"\n{name}")
    scores = colorizer.evaluate(arguments.data)
    (arguments.output / f"{name}.json").write_text(json.dumps(scores, indent=2))
    truth = samples.load_portraits()[::32]
    figure = plot_comparison(truth, colorizer.predict(truth))
    figure.savefig(arguments.output / f"{name}.png")
    print(f"wrote {arguments.output / name}.png")
