"""Make a preset of a training's checkpoint.

python recipes/export.py portrait runs/portrait portrait.keras --size 144 --chroma 1.18
"""

from __future__ import annotations

import argparse
import csv
from math import log
from pathlib import Path

import keras
import numpy as np
from checkpoint import Checkpoint
from settings import RECIPES, Recipe, build_network

import unetcolor
from unetcolor.models import keras_file as archive
from unetcolor.models.record import Record, name_of_loss
from unetcolor.networks.unet import plain_options
from unetcolor.spaces import ColorSpace, get_color_space
from unetcolor.spaces.registry import provider_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", choices=sorted(RECIPES))
    parser.add_argument("run", type=Path, help="output folder of the training")
    parser.add_argument("output", type=Path, help="the .keras file to write")
    parser.add_argument("--size", type=int, default=160, help="side of the square whose area photos are seen at (160)")
    parser.add_argument("--chroma", type=float, default=1.0, help="multiply the predicted chroma by this (1)")
    arguments = parser.parse_args()
    recipe = RECIPES[arguments.recipe]
    space = get_color_space(recipe.space)
    if arguments.chroma != 1 and space.activation != "sigmoid":
        parser.error(f"--chroma scales the targets of a sigmoid head, which {space!r} does not have")
    model = build_network(recipe, pretrained=False)
    Checkpoint(arguments.run).load_average(model)
    if arguments.chroma != 1:
        scale_chroma(model.get_layer("head"), space, arguments.chroma)
    record = Record(
        space=space.get_config(),
        provider=provider_of(space)._asdict(),
        network={**plain_options(recipe.network), "encoder": recipe.encoder},
        image_size=[arguments.size, arguments.size],
        training=_training(recipe, arguments.run),
        unetcolor=unetcolor.__version__,
    )
    archive.write_model(arguments.output, model, record, half_precision=True)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.1f} MB")


def scale_chroma(head: keras.layers.Layer, space: ColorSpace, factor: float) -> None:
    """Scale the distance of the head's logits from gray's: nearly that of the colors, as sigmoid is nearly linear."""
    _, gray = space.normalize(*space.encode(np.full((1, 3), 0.5)))
    neutral = np.array([log(value / (1 - value)) for value in gray[0]])
    kernel, bias = head.get_weights()
    head.set_weights([kernel * factor, neutral + factor * (bias - neutral)])


def _training(recipe: Recipe, run: Path) -> dict[str, object]:
    with open(run / "log.csv", newline="") as file:
        last = list(csv.DictReader(file))[-1]
    return {
        "epochs": int(last["epoch"]),
        "pictures": int((run / "pictures.txt").read_text()),
        "batch_size": recipe.batch_size,
        "augment": True,
        "seed": recipe.seed,
        "loss": name_of_loss(get_color_space(recipe.space).loss or recipe.loss),
        "optimizer": "AdamW",
        "final": {"loss": float(last["loss"])},
    }


if __name__ == "__main__":
    main()
