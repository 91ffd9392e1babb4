"""Train a network: what ``UNetColorizer.fit`` does."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from unetcolor._checks import whole_number
from unetcolor.codec import Codec
from unetcolor.errors import unknown_name
from unetcolor.losses import get_loss
from unetcolor.models.record import name_of_loss
from unetcolor.networks.arithmetic import Precision, resolve
from unetcolor.training.averaging import Averaging
from unetcolor.training.checkpoint import Checkpoint, save_checkpoint
from unetcolor.training.data import prepare
from unetcolor.training.options import Options
from unetcolor.training.pictures import Size
from unetcolor.training.schedule import Cosine
from unetcolor.training.sources import Sources
from unetcolor.training.validation import ColorValidation

_COMPILE_WORDS = inspect.signature(keras.Model.compile).parameters.keys() - {"self"}
# Without those that weigh or batch pictures and targets given as arrays, which here are a dataset's.
_FIT_WORDS = inspect.signature(keras.Model.fit).parameters.keys() - {
    *("self", "x", "y", "sample_weight", "class_weight", "validation_batch_size")
}

Keep = Callable[[Size, dict[str, Any]], None]


def train(
    network: keras.Model,
    codec: Codec,
    images: Any,
    options: Options,
    precision: Precision,
    callbacks: Any,
    keras_arguments: dict[str, Any],
    *,
    image_size: Size | None,
    seed: int | None,
    made_of: Mapping[str, Any],
    compiled_with: dict[str, Any],
    training: Mapping[str, Any],
    keep: Keep,
) -> keras.callbacks.History:
    """Train a network on pictures in color.

    Parameters
    ----------
    network
        The network.
    codec
        Between pictures and it.
    images, options, precision, callbacks, keras_arguments
        As in :meth:`unetcolor.UNetColorizer.fit`.
    image_size
        ``(height, width)`` of the pictures, if that is fixed already.
    seed
        Of the order of the pictures and of all that is done with them at random.
    made_of
        The color space and the options of the network: a checkpoint of another one is refused.
    compiled_with
        Arguments of ``keras.Model.compile`` that hold unless others are given; those that are given are added.
    training
        What is known of the training so far.
    keep
        Called after each epoch with the size of the pictures and what is then known of the training.
    """
    to_compile, to_fit = sort_arguments(keras_arguments)
    saved = None
    if options.checkpoint is not None and os.path.exists(options.checkpoint):
        saved = Checkpoint.read(options.checkpoint)
        if "initial_epoch" in to_fit:
            raise ValueError("pass initial_epoch or checkpoint, which says by itself where to go on, not both")
        to_fit["initial_epoch"] = saved.epoch
    precision = resolve(precision) if saved is None else saved.precision(precision)
    steps_given = to_fit.pop("steps_per_epoch", None)
    course = {
        **made_of,
        **options.course,
        "seed": seed,
        "precision": precision,
        "steps_per_epoch": steps_given,
        "sources": images.options if isinstance(images, Sources) else None,
    }
    if saved is not None:
        saved.require(course)
    first_epoch = to_fit.get("initial_epoch", 0)
    data = prepare(
        images,
        codec,
        options,
        image_size,
        seed=seed,
        first_epoch=first_epoch,
        steps_per_epoch=steps_given,
        validation_steps=to_fit.get("validation_steps"),
    )
    _compile(network, compiled_with, to_compile, options, data.steps)
    if keras.backend.backend() == "tensorflow":
        from unetcolor.training.fused import use_fast_training

        use_fast_training(network, precision)
    averaging = None if options.average is None else Averaging(options.average)
    if saved is not None:
        saved.restore(network)
        training = saved.facts["training"]
        if averaging is not None:
            averaging.restore(saved.arrays, saved.epoch)
        if training:
            keep(data.image_size, dict(training))
    facts = {
        "pictures": data.count,
        "batch_size": options.batch_size,
        "augment": options.augmentation is not None,
        "seed": seed,
    }
    recorder = _Recorder(dict(training), facts, lambda now: keep(data.image_size, now))
    before: list[keras.callbacks.Callback] = [recorder]
    if options.validate_colors and data.validation is not None:
        before.insert(0, ColorValidation(data.validation.rgb, codec))
    if averaging is not None:
        # The first of all: what follows sees the averages.
        averaging.set_model(network)
        before.insert(0, averaging)
    after = []
    if options.checkpoint is not None:
        # The last of all, so that it misses nothing that another callback changes.
        after = [_Keeper(options.checkpoint, course, recorder, averaging)]
    try:
        history: keras.callbacks.History = network.fit(
            data.batches,
            validation_data=None if data.validation is None else data.validation.batches,
            epochs=options.epochs,
            # What makes an epoch of a dataset is left to the dataset.
            steps_per_epoch=steps_given if data.count is None else data.steps,
            callbacks=[*before, *keras.tree.flatten(callbacks or []), *after],
            verbose=options.verbose,
            # The batches have their order, which follows from our own seed.
            shuffle=False,
            **to_fit,
        )
    finally:
        if averaging is not None:
            averaging.finish()
    return history


def sort_arguments(arguments: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split keyword arguments into those of ``keras.Model.compile`` and those of ``keras.Model.fit``."""
    unknown = sorted(arguments.keys() - _COMPILE_WORDS - _FIT_WORDS)
    if unknown:
        raise TypeError(unknown_name("argument of fit", unknown[0], sorted(_COMPILE_WORDS | _FIT_WORDS)))
    for word in ("steps_per_epoch", "validation_steps"):
        if arguments.get(word) is not None:
            arguments = {**arguments, word: whole_number(word, arguments[word])}
    # Unknown names raise before anything is changed.
    if arguments.get("loss") is not None:
        arguments = {**arguments, "loss": get_loss(arguments["loss"])}
    if isinstance(arguments.get("optimizer"), str):
        keras.optimizers.get(arguments["optimizer"])
    to_compile = {name: value for name, value in arguments.items() if name in _COMPILE_WORDS}
    return to_compile, {name: value for name, value in arguments.items() if name not in _COMPILE_WORDS}


def _compile(
    network: keras.Model,
    compiled_with: dict[str, Any],
    to_compile: dict[str, Any],
    options: Options,
    steps: int | None,
) -> None:
    # What is not given stays as it was, the optimizer with all that it has learned.
    current = {"optimizer": network.optimizer} if network.compiled else {}
    wanted = compiled_with | current | to_compile
    rate = options.learning_rate
    if rate is not None:
        wanted["optimizer"] = keras.optimizers.get(wanted["optimizer"])
        wanted["optimizer"].learning_rate = _rate_over_training(rate, options.epochs, steps)
    if to_compile or rate is not None or not network.compiled:
        network.compile(**wanted)
        compiled_with.update(wanted)


def _rate_over_training(rate: float | Cosine, epochs: int, steps: int | None) -> Any:
    if not isinstance(rate, Cosine):
        return rate
    if steps is None:
        raise ValueError("a Cosine must know how many steps there are: pass steps_per_epoch")
    return rate.over(epochs * steps)


class _Recorder(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types.
    """Keeps account after each epoch, so that a callback can save, and a training that is stopped still counts."""

    def __init__(self, training: dict[str, Any], facts: dict[str, Any], keep: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self.training = training
        self._facts = facts
        self._keep = keep

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if not logs or "loss" not in logs:
            raise ValueError("the dataset holds no pictures")
        self.training = {
            "epochs": self.training.get("epochs", 0) + 1,
            **self._facts,
            "loss": name_of_loss(self.model.loss),
            "optimizer": type(self.model.optimizer).__name__,
            "final": {name: float(value) for name, value in logs.items() if np.ndim(value) == 0},
        }
        self._keep(self.training)


class _Keeper(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types.
    """Writes the checkpoint after each epoch."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        course: dict[str, Any],
        recorder: _Recorder,
        averaging: Averaging | None,
    ) -> None:
        super().__init__()
        self._path = path
        self._course = course
        self._recorder = recorder
        self._averaging = averaging

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        facts = np.array(json.dumps({"course": self._course, "training": self._recorder.training}))
        if self._averaging is None:
            save_checkpoint(self._path, self.model, epoch + 1, facts=facts)
            return
        with self._averaging.own_weights():
            save_checkpoint(self._path, self.model, epoch + 1, facts=facts, **self._averaging.arrays)
