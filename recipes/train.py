"""Train a preset from folders of photos, ``DATA/<source>/*.jpg``.

    python recipes/train.py photo DATA --output runs/photo
    python recipes/train.py refine DATA --output runs/refine --start runs/photo

It can be stopped at any time: the same command goes on from the last epoch, exactly as if it had not been stopped.
On a GPU, ``KERAS_BACKEND=jax`` runs the same script without TensorFlow. The folder ``--output`` gets ``log.csv``,
``validation.txt`` (the photos that were never trained on), ``pictures.txt`` (how many were) and ``checkpoint.npz``;
``recipes/export.py`` makes a preset of it.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import keras
import numpy as np
import photos
from batches import Batches
from checkpoint import Average, Checkpoint
from settings import RECIPES, Recipe, build_network
from validation import Validation

from unetcolor.models import keras_file as archive
from unetcolor.spaces import get_color_space


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", choices=sorted(RECIPES))
    parser.add_argument("data", type=Path, help="a folder with one folder of photos for each source")
    parser.add_argument("--output", type=Path, required=True, help="folder of the log and the checkpoint")
    parser.add_argument(
        "--start",
        type=Path,
        help="first weights, of the recipe that this one follows: a .keras file, or another output folder",
    )
    parser.add_argument("--epochs", type=int, help="stop after this many epochs; the same command goes on later")
    arguments = parser.parse_args()
    recipe = RECIPES[arguments.recipe]
    if recipe.follows and arguments.start is None:
        parser.error(f"{arguments.recipe} follows {recipe.follows}: --start needs the output folder of that training")
    train(recipe, arguments.data, arguments.output, arguments.start, arguments.epochs)


def train(recipe: Recipe, data: Path, output: Path, start: Path | None, stop_after: int | None) -> None:
    output.mkdir(parents=True, exist_ok=True)
    found = [photo for photo in photos.find(data) if photo.source not in recipe.without]
    training, held_out = photos.split(found)
    (output / "validation.txt").write_text("".join(f"{photo.path.relative_to(data)}\n" for photo in held_out))
    training, pictures = photos.decode(training)
    (output / "pictures.txt").write_text(f"{len(training)}\n")
    sampler = photos.Sampler(training, recipe.favorites, recipe.favorites_share)
    validation = Validation(held_out, recipe)
    print(f"{len(found)} photos, {len(training)} to train on; share of the sources: {sampler.share}", flush=True)

    keras.utils.set_random_seed(recipe.seed)
    space = get_color_space(recipe.space)
    model = build_network(recipe, pretrained=recipe.pretrained)
    if start is not None:
        _begin(model, recipe, start)
    steps = sum(epochs for epochs, _ in recipe.sizes) * recipe.steps
    rate = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 100,
        steps - recipe.warmup,
        alpha=0.01,
        warmup_target=recipe.learning_rate,
        warmup_steps=recipe.warmup,
    )
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay),
        space.loss or recipe.loss,
    )
    trained = model
    if keras.backend.backend() == "tensorflow":
        from unetcolor.training.fused import training_view

        trained = training_view(model, "auto")
        if trained is not model:
            trained.compile(model.optimizer, space.loss or recipe.loss)
    average = Average(model, recipe.averaging)
    checkpoint = Checkpoint(output)
    first = checkpoint.load(model, average)
    sizes = [size for epochs, size in recipe.sizes for _ in range(epochs)]
    for epoch, size in list(enumerate(sizes))[first:stop_after]:
        begin = time.time()
        batches = Batches(
            pictures,
            sampler,
            space,
            size=size,
            stride=recipe.network["head_stride"],
            batch_size=recipe.batch_size,
            steps=recipe.steps,
            seed=recipe.seed,
            epoch=epoch,
            augmentation=recipe.augmentation,
        )
        trained.reset_metrics()
        for luminance, targets in batches:
            loss = trained.train_on_batch(luminance, targets)
        average.update()
        row: dict[str, object] = {"epoch": epoch + 1, "size": size, "seconds": round(time.time() - begin, 1)}
        row["loss"] = f"{float(loss):.6f}"
        if (epoch + 1) % recipe.validate_every == 0 or epoch + 1 == len(sizes):
            with average.applied():
                row |= {name: f"{value:.4f}" for name, value in validation.scores(model, space).items()}
        checkpoint.save(model, average, epoch + 1)
        _log(output / "log.csv", row)
        print(row, flush=True)


def _begin(model: keras.Model, recipe: Recipe, start: Path) -> None:
    """Give a network the weights of the training that it follows; of another network, those of the encoder."""
    former = RECIPES[recipe.follows] if recipe.follows else recipe
    trained = build_network(former, pretrained=False)
    if start.suffix == ".keras":
        archive.read_weights(start, trained)
    else:
        Checkpoint(start).load_average(trained)
    if former.network == recipe.network:
        model.set_weights(trained.get_weights())
    else:
        model.get_layer(recipe.encoder).set_weights(trained.get_layer(recipe.encoder).get_weights())


_COLUMNS = ["epoch", "size", "seconds", "loss", "delta_e", "gray_delta_e", "better_than_gray", "chroma", "true_chroma"]


def _log(path: Path, row: dict[str, object]) -> None:
    is_new = not path.exists()
    with open(path, "a", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        if is_new:
            writer.writeheader()
        writer.writerow(row)


if __name__ == "__main__":
    # NumPy warns of nothing here that is not a fault.
    np.seterr(all="raise", under="ignore")
    main()
