"""Train a preset on while its encoder learns from one that sees the photos in color.

    python recipes/convert_efficientnet_lite0.py encoder.npz golden.npz classifier.npz
    python recipes/teach.py DATA --start runs/see --classifier classifier.npz --validation OTHERS --output runs/teach

It can be stopped at any time: the same command goes on after the last epoch that was finished, exactly as if it had not
been stopped. The folder ``--output`` gets the same files as that of ``recipes/train.py``. It needs TensorFlow.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from lesson import CleanColors, Lesson
from settings import TEACH, Recipe, Teaching
from train import note_held_out, split
from typing_extensions import override

from unetcolor import UNetColorizer
from unetcolor._files import replacing
from unetcolor.codec import Codec
from unetcolor.losses import DeltaE99
from unetcolor.models.keras_file import read_record, write_model
from unetcolor.models.record import Record
from unetcolor.networks.snapshot import copies
from unetcolor.training import Cosine, Sources
from unetcolor.training.averaging import Averaging
from unetcolor.training.data import prepare
from unetcolor.training.options import Options
from unetcolor.training.validation import ColorValidation


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder with one folder of photos for each source")
    parser.add_argument("--output", type=Path, required=True, help="folder of the model, the log and the checkpoint")
    parser.add_argument("--start", type=Path, required=True, help="first weights: a .keras file, or an output folder")
    parser.add_argument("--classifier", type=Path, required=True, help="weights of the classifier on the encoder")
    parser.add_argument(
        "--validation",
        type=Path,
        required=True,
        help="a folder like DATA with none of its photos: each epoch is validated on these",
    )
    parser.add_argument("--epochs", type=int, help="stop after this many epochs; the same command goes on later")
    arguments = parser.parse_args()
    teach(
        TEACH,
        arguments.data,
        arguments.output,
        arguments.start,
        arguments.classifier,
        arguments.validation,
        stop_after=arguments.epochs,
    )


def teach(
    teaching: Teaching,
    data: Path,
    output: Path,
    start: Path,
    classifier: Path,
    others: Path,
    *,
    stop_after: int | None = None,
) -> None:
    recipe = teaching.recipe
    training, held_out = split(data, recipe)
    note_held_out(held_out, data, output)
    begun = start if start.suffix == ".keras" else start / "model.keras"
    colorizer = UNetColorizer.load(begun)
    network = colorizer.model
    thaw(network.get_layer(recipe.encoder), teaching.first_block)
    codec = Codec(colorizer.space, recipe.network.head_stride, recipe.hints)
    lesson = Lesson(network, codec, classifier, teaching.features, teaching.classes)
    rate = Cosine(recipe.learning_rate, recipe.warmup).over(recipe.epochs * recipe.steps)
    lesson.compile(keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay))
    averaging = Averaging(recipe.average)
    averaging.set_model(lesson)
    progress = Progress(output, network, read_record(begun), lesson, averaging, stop_after)
    made = prepare(
        Sources(training, recipe.favorites, recipe.favorites_share, colorful=True),
        CleanColors(codec.space, codec.stride, codec.hints),
        options_of(recipe, others),
        None,
        seed=recipe.seed,
        first_epoch=progress.epochs,
        steps_per_epoch=recipe.steps,
        validation_steps=None,
    )
    progress.facts = {
        "pictures": made.count,
        "batch_size": recipe.batch_size,
        "augment": True,
        "seed": recipe.seed,
        "loss": DeltaE99().name,
        "optimizer": type(lesson.optimizer).__name__,
    }
    validated = () if made.validation is None else [ColorValidation(made.validation.rgb, codec, network)]
    lesson.fit(
        made.batches,
        epochs=recipe.epochs,
        initial_epoch=progress.epochs,
        steps_per_epoch=recipe.steps,
        # The averages are what is validated and saved.
        callbacks=[
            averaging,
            *validated,
            keras.callbacks.CSVLogger(output / "log.csv", append=True),
            progress,
        ],
        verbose=2,
    )
    averaging.finish()


def thaw(encoder: keras.Model, first_block: int) -> None:
    """Let an encoder learn from a block on. Its normalization keeps the statistics of ImageNet."""
    encoder.trainable = True
    for layer in encoder.layers:
        block = re.match(r"block(\d+)_", layer.name)
        learns = block is not None and int(block[1]) >= first_block
        layer.trainable = learns and not isinstance(layer, keras.layers.BatchNormalization)


def options_of(recipe: Recipe, others: Path) -> Options:
    return Options(
        validation_data=Sources.in_folder(others),
        validation_split=0.0,
        validate_colors=True,
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        shuffle=True,
        augment=recipe.augment,
        ageing=recipe.ageing,
        hints=recipe.hints,
        sizes=recipe.sizes,
        average=recipe.average,
        learning_rate=None,
        checkpoint=None,
        verbose=2,
    )


class Progress(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types.
    """Keeps the network and all that the training needs to go on after each epoch, and goes on from there."""

    def __init__(
        self,
        output: Path,
        network: keras.Model,
        record: Record,
        lesson: Lesson,
        averaging: Averaging,
        stop_after: int | None,
    ) -> None:
        super().__init__()
        self._output = output
        self._network = network
        self._record = record
        self._averaging = averaging
        self._stop_after = stop_after
        lesson.optimizer.build(lesson.trainable_variables)
        self._variables = [*lesson.variables, *lesson.optimizer.variables]
        #: Epochs that are done.
        self.epochs = 0
        #: What the record of the model says of the training.
        self.facts: dict[str, Any] = {}
        if self._checkpoint.exists():
            self._restore()

    @property
    def _checkpoint(self) -> Path:
        return self._output / "checkpoint.npz"

    def _restore(self) -> None:
        with np.load(self._checkpoint, allow_pickle=False) as arrays:
            self.epochs = int(arrays["epoch"])
            for i, variable in enumerate(self._variables):
                variable.assign(arrays[f"variable{i}"])
            averages = [arrays[f"average{i}"] for i in range(len(self._averaging.variables))]
        self._averaging.restore(averages, self.epochs)

    @override
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        training = {
            "epochs": self._record.training["epochs"] + epoch + 1,
            **self.facts,
            "final": {name: float(value) for name, value in logs.items()},
        }
        write_model(self._output / "model.keras", self._network, replace(self._record, training=training))
        with self._averaging.own_weights():
            values: dict[str, Any] = {f"variable{i}": value for i, value in enumerate(copies(self._variables))}
        with replacing(self._checkpoint) as temporary, open(temporary, "wb") as file:
            np.savez(file, epoch=epoch + 1, **(values | self._averaging.arrays))
        self.model.stop_training = self._stop_after is not None and epoch + 1 >= self._stop_after


if __name__ == "__main__":
    main()
