"""Train a preset from folders of photos, ``DATA/<source>/``.

    python recipes/train.py photo DATA --output runs/photo
    python recipes/train.py refine DATA --output runs/refine --start runs/photo

It can be stopped at any time: the same command goes on from the last epoch, exactly as if it had not been stopped.
The folder ``--output`` gets ``model.keras``, of which ``recipes/export.py`` makes a preset; ``log.csv``;
``validation.txt``, the photos that were never trained on; and ``checkpoint.npz``.

The presets that ship were trained by earlier versions of these recipes, which drew the same kinds of crops in another
order, and from the whole of a photo: the same command does not give the same weights.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from settings import RECIPES, Recipe

from unetcolor import UNetColorizer, get_color_space
from unetcolor.images import find_pictures
from unetcolor.images.formats import READ_SUFFIXES
from unetcolor.models.keras_file import read_record
from unetcolor.networks.encoders import get_encoder
from unetcolor.training import Cosine, Sources

# The split does not belong to a recipe: a training that starts from another's weights must not see what that one set
# aside.
_SHARE_OF_VALIDATION = 0.1
_SEED_OF_VALIDATION = 1

# Photos of each source that each epoch is validated on.
_VALIDATED = 24


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", choices=sorted(RECIPES))
    parser.add_argument("data", type=Path, help="a folder with one folder of photos for each source")
    parser.add_argument("--output", type=Path, required=True, help="folder of the model, the log and the checkpoint")
    parser.add_argument(
        "--start",
        type=Path,
        help="first weights, of the recipe that this one follows: a .keras file, or another output folder",
    )
    parser.add_argument(
        "--validation",
        type=Path,
        help="a folder with one folder of photos for each source, none of them in DATA: each epoch is validated on "
        "these instead of the photos set aside",
    )
    parser.add_argument("--epochs", type=int, help="stop after this many epochs; the same command goes on later")
    arguments = parser.parse_args()
    recipe = RECIPES[arguments.recipe]
    if recipe.follows and arguments.start is None:
        parser.error(f"{arguments.recipe} follows {recipe.follows}: --start needs the output folder of that training")
    train(
        recipe,
        arguments.data,
        arguments.output,
        start=arguments.start,
        others=arguments.validation,
        stop_after=arguments.epochs,
    )


def train(
    recipe: Recipe,
    data: Path,
    output: Path,
    *,
    start: Path | None = None,
    others: Path | None = None,
    stop_after: int | None = None,
) -> UNetColorizer:
    training, validation = split(data, recipe)
    if others is not None:
        validated = Sources.in_folder(others)
    else:
        validated = Sources(
            {
                source: paths[:_VALIDATED]
                for source, paths in validation.items()
                if paths and (not recipe.favorites or source in recipe.favorites)
            }
        )
    note_held_out(validation, data, output)
    colorizer = build(recipe, start)

    def after_epoch(epoch: int, logs: dict[str, float]) -> None:
        colorizer.save(output / "model.keras")
        colorizer.model.stop_training = stop_after is not None and epoch + 1 >= stop_after

    colorizer.fit(
        Sources(training, recipe.favorites, recipe.favorites_share, colorful=True),
        validation_data=validated,
        validate_colors=True,
        epochs=recipe.epochs,
        steps_per_epoch=recipe.steps,
        batch_size=recipe.batch_size,
        sizes=recipe.sizes,
        augment=recipe.augment,
        ageing=recipe.ageing,
        average=recipe.average,
        learning_rate=Cosine(recipe.learning_rate, warmup=recipe.warmup),
        optimizer=keras.optimizers.AdamW(weight_decay=recipe.weight_decay),
        loss=get_color_space(recipe.space).loss or recipe.loss,
        checkpoint=output / "checkpoint.npz",
        callbacks=[
            keras.callbacks.CSVLogger(output / "log.csv", append=True),
            keras.callbacks.LambdaCallback(on_epoch_end=after_epoch),
        ],
        verbose=2,
    )
    return colorizer


def split(data: Path, recipe: Recipe) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
    """Return the photos to train on and those to validate on: of each source a seeded tenth is set aside."""
    training: dict[str, list[Path]] = {}
    validation: dict[str, list[Path]] = {}
    for folder in sorted(path for path in data.iterdir() if path.is_dir() and path.name not in recipe.without):
        own = sorted(find_pictures(folder, suffixes=READ_SUFFIXES))
        count = round(_SHARE_OF_VALIDATION * len(own))
        held_out = set(np.random.default_rng(_SEED_OF_VALIDATION).permutation(len(own))[:count])
        training[folder.name] = [path for i, path in enumerate(own) if i not in held_out]
        validation[folder.name] = [path for i, path in enumerate(own) if i in held_out]
    return training, validation


def note_held_out(held_out: dict[str, list[Path]], data: Path, output: Path) -> None:
    """Make the folder of a training, and list in it the photos that it never trains on."""
    output.mkdir(parents=True, exist_ok=True)
    paths = [path for source in held_out.values() for path in source]
    (output / "validation.txt").write_text("".join(f"{path.relative_to(data)}\n" for path in paths))


def build(recipe: Recipe, start: Path | None) -> UNetColorizer:
    """Return a recipe's network, which begins with the weights of the training that it follows."""
    largest = max(side for _, side in recipe.sizes)
    begins_anew = start is None or recipe.restored_encoder
    encoder = get_encoder(recipe.encoder, pretrained=recipe.pretrained and begins_anew)
    colorizer = UNetColorizer(
        recipe.space,
        image_size=(largest, largest),
        seed=recipe.seed,
        hints=recipe.hints,
        **{**recipe.network.to_json(), "encoder": encoder},
    )
    if start is not None:
        path = start if start.suffix == ".keras" else start / "model.keras"
        former = UNetColorizer.load(path)
        if read_record(path).network == replace(recipe.network, encoder=recipe.encoder):
            own = colorizer.model.get_layer(recipe.encoder)
            pretrained = own.get_weights()
            shapes = [tuple(weight.shape) for weight in colorizer.model.weights]
            values = zip(former.model.get_weights(), shapes, strict=True)
            colorizer.model.set_weights([fitted(value, shape) for value, shape in values])
            if recipe.restored_encoder:
                own.set_weights(pretrained)
                own.trainable = False
        else:
            encoder = colorizer.model.get_layer(recipe.encoder)
            encoder.set_weights(former.model.get_layer(recipe.encoder).get_weights())
    return colorizer


def fitted(kernel: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return a kernel for a network that takes hints where the former takes none, or the other way round.

    Their channels follow all others. At first they count for nothing.
    """
    result = np.zeros(shape, kernel.dtype)
    part = tuple(slice(min(before, after)) for before, after in zip(kernel.shape, shape, strict=True))
    result[part] = kernel[part]
    return result


if __name__ == "__main__":
    main()
