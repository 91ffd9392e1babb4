"""Train a network: what ``UNetColorizer.fit`` does."""

from __future__ import annotations

import inspect
import json
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from unetcolor._checks import true_or_false, whole_number
from unetcolor._forking import about_to_compute
from unetcolor._log import logger
from unetcolor.codec import Codec
from unetcolor.errors import shown, unknown_name
from unetcolor.losses import get_loss
from unetcolor.models.record import name_of_loss
from unetcolor.networks.precision import Precision, resolve_for_training
from unetcolor.training.averaging import Averaging
from unetcolor.training.checkpoint import Checkpoint, former_of, save_checkpoint
from unetcolor.training.compilation import Compilation
from unetcolor.training.data import prepare
from unetcolor.training.divergence import Guard
from unetcolor.training.options import Options
from unetcolor.training.pictures import Size
from unetcolor.training.schedule import Cosine, set_rate
from unetcolor.training.sources import SourcePictures, Sources
from unetcolor.training.state import compilation_of
from unetcolor.training.validation import ColorValidation

if TYPE_CHECKING:
    from unetcolor.training.distribution import Distribution

_COMPILE_WORDS = inspect.signature(keras.Model.compile).parameters.keys() - {"self"}
# Without those that weigh or batch pictures and targets given as arrays, which here are a dataset's.
_FIT_WORDS = inspect.signature(keras.Model.fit).parameters.keys() - {
    *("self", "x", "y", "sample_weight", "class_weight", "validation_batch_size")
}

_WHOLE_NUMBERS = {
    **dict.fromkeys(("steps_per_epoch", "validation_steps", "steps_per_execution", "validation_freq"), 1),
    "initial_epoch": 0,
}
_MOST_STEPS = 10**9
_TRUE_OR_FALSE = {"run_eagerly", "auto_scale_loss"}

Keep = Callable[[Size, dict[str, Any]], None]


def train(
    network: keras.Model,
    codec: Codec,
    images: Any,
    options: Options,
    precision: Precision,
    strategy: Any,
    callbacks: Any,
    keras_arguments: dict[str, Any],
    *,
    image_size: Size | None,
    seed: int | None,
    made_of: Mapping[str, Any],
    compilation: Compilation,
    training: Mapping[str, Any],
    keep: Keep,
    require_room: Callable[[Size], None],
) -> keras.callbacks.History:
    """Train a network on pictures in color.

    Parameters
    ----------
    network
        The network.
    codec
        Between pictures and it.
    images, options, precision, strategy, callbacks, keras_arguments
        As in :meth:`unetcolor.UNetColorizer.fit`.
    image_size
        ``(height, width)`` of the pictures, if that is fixed already.
    seed
        Of the order of the pictures and of all that is done with them at random.
    made_of
        The color space and the options of the network: a checkpoint of another one is refused.
    compilation
        Compiles the network.
    training
        What is known of the training so far.
    keep
        Called after each epoch with the size of the pictures and what is then known of the training.
    require_room
        Raises if pictures of a size are too large for the network.
    """
    about_to_compute()
    to_compile, to_fit = sort_arguments(keras_arguments)
    callbacks = _flat(callbacks)
    if to_fit.get("initial_epoch", 0) >= options.epochs:
        raise ValueError(f"initial_epoch must be below epochs, {options.epochs}, not {to_fit['initial_epoch']}")
    # The first that TensorFlow is asked for, because a process joins others before it does anything else.
    distribution = None if strategy is None else _distribution(strategy)
    saved = None
    if options.checkpoint is not None and os.path.exists(options.checkpoint):
        saved = Checkpoint.read_newest(options.checkpoint)
        logger.info("the training goes on from %s, after epoch %d", saved.path, saved.epoch)
        if "initial_epoch" in to_fit:
            raise ValueError("pass initial_epoch or checkpoint, which says by itself where to go on, not both")
        to_fit["initial_epoch"] = saved.epoch
    precision = resolve_for_training(precision) if saved is None else saved.precision(precision)
    steps_given = to_fit.pop("steps_per_epoch", None)
    course = {
        **made_of,
        **options.course,
        "seed": seed,
        "precision": precision,
        "steps_per_epoch": steps_given,
        "sources": images.options if isinstance(images, Sources | SourcePictures) else None,
    }
    if saved is not None:
        saved.require(course)
    first_epoch = to_fit.get("initial_epoch", 0)
    data = prepare(
        images,
        codec,
        options,
        image_size,
        seed=_seed_of_order(seed, distribution),
        first_epoch=first_epoch,
        steps_per_epoch=steps_given,
        validation_steps=to_fit.get("validation_steps"),
        shares=None if distribution is None else distribution.shares,
    )
    require_room(data.image_size)
    rate = options.learning_rate
    # What goes on from a checkpoint is one training with what was before.
    epochs = options.epochs - (first_epoch if saved is None else 0)
    length = None if data.steps is None else epochs * data.steps
    compilation.compile(network, to_compile, learning_rate=rate, steps=length)
    compiled_with = compilation_of(network)
    batches, steps = data.batches, steps_given if data.count is None else data.steps
    validation = None if data.validation is None else data.validation.batches
    if distribution is not None:
        distribution.require(None if data.count is None else options.batch_size, network.optimizer, network.loss)
        found = {"epoch to start from": first_epoch, "number of pictures": data.count, "image_size": data.image_size}
        distribution.require_same({**found, **course, "steps": data.steps, "epochs": options.epochs, **compiled_with})
        batches, _ = distribution.shared(batches)
        steps = data.steps
        if steps is None:
            raise ValueError("where several train, a dataset must say how many batches it has: pass steps_per_epoch")
        if validation is not None:
            validation, known = distribution.shared(validation)
            if to_fit.get("validation_steps") is None:
                if known is None:
                    raise ValueError(
                        "where several train, a dataset to validate on must say how many batches it has: pass "
                        "validation_steps"
                    )
                to_fit["validation_steps"] = known
    averaging = None if options.average is None else Averaging(options.average)
    if averaging is not None:
        averaging.set_model(network)
    if saved is not None:
        averages = [] if averaging is None else saved.arrays_of("average", averaging.variables)
        saved.restore(network, compiled_with)
        if isinstance(rate, Cosine) and data.steps is not None:
            # Only now the optimizer knows its steps; it may have made some before this training.
            set_rate(network.optimizer, rate, length, done=first_epoch * data.steps)
        training = saved.facts["training"]
        if averaging is not None:
            averaging.restore(averages, saved.epoch)
        keep(data.image_size, dict(training))
    replicated = None if distribution is None else compilation.replicated(network, precision, distribution)
    trained = compilation.trained(network, precision) if replicated is None else replicated.replicas
    # Where the variables are that change: a view has those of the network.
    learning = network if replicated is None else trained
    facts = {
        "pictures": data.count,
        # A stream has batches of its own.
        "batch_size": None if data.count is None else options.batch_size,
        "augment": options.augmentation is not None,
        "seed": seed,
    }
    recorder = _Recorder(dict(training), facts, lambda now: keep(data.image_size, now))
    before: list[keras.callbacks.Callback] = [recorder]
    if options.validate_colors and data.validation is not None:
        before.insert(0, ColorValidation(data.validation.rgb, codec, network))
    if replicated is not None:
        before.insert(0, replicated)
    # Before the others, which then see only what is finite.
    before.insert(0, Guard(learning))
    if averaging is not None:
        # The first of all: what follows sees the averages.
        before.insert(0, averaging)
    after: list[keras.callbacks.Callback] = [] if distribution is None else [distribution.stop_together()]
    if options.checkpoint is not None and (distribution is None or distribution.is_chief):
        facts_of_all = {"course": course, "compilation": compiled_with}
        # The last of all, so that it misses nothing that another callback changes.
        after.append(_Keeper(options.checkpoint, learning, facts_of_all, recorder, averaging, saved))
    try:
        history: keras.callbacks.History = trained.fit(
            batches,
            validation_data=validation,
            epochs=options.epochs,
            # What makes an epoch of a dataset is left to the dataset.
            steps_per_epoch=steps,
            callbacks=[*before, *callbacks, *after],
            verbose=options.verbose if distribution is None or distribution.is_chief else 0,
            # The batches have their order, which follows from our own seed.
            shuffle=False,
            **to_fit,
        )
    finally:
        if averaging is not None:
            averaging.finish()
        if replicated is not None:
            replicated.hand_over()
    return history


def _distribution(strategy: Any) -> Distribution:
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"strategy is of TensorFlow, and Keras runs on {keras.backend.backend()}: set KERAS_BACKEND=tensorflow "
            "before Keras is imported, or leave strategy out"
        )
    from unetcolor.training.distribution import Distribution

    return Distribution(strategy)


def _seed_of_order(seed: int | None, distribution: Distribution | None) -> int | None:
    """Return the seed of what is drawn of pictures: where several train, all draw the same."""
    if seed is not None or distribution is None:
        return seed
    return distribution.chosen_by_chief(secrets.randbits(32))


def sort_arguments(arguments: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split keyword arguments into those of ``keras.Model.compile`` and those of ``keras.Model.fit``."""
    unknown = sorted(arguments.keys() - _COMPILE_WORDS - _FIT_WORDS)
    if unknown:
        raise TypeError(unknown_name("argument of fit", unknown[0], sorted(_COMPILE_WORDS | _FIT_WORDS)))
    for word, least in _WHOLE_NUMBERS.items():
        # Keras has defaults for the others.
        if arguments.get(word) is not None or (word == "initial_epoch" and word in arguments):
            arguments = {**arguments, word: whole_number(word, arguments[word], least, _MOST_STEPS)}
    for word in arguments.keys() & _TRUE_OR_FALSE:
        true_or_false(word, arguments[word])
    # Unknown names raise before anything is changed.
    if arguments.get("loss") is not None:
        arguments = {**arguments, "loss": get_loss(arguments["loss"])}
    if "optimizer" in arguments:
        _check_optimizer(arguments["optimizer"])
    to_compile = {name: value for name, value in arguments.items() if name in _COMPILE_WORDS}
    return to_compile, {name: value for name, value in arguments.items() if name not in _COMPILE_WORDS}


def _check_optimizer(optimizer: Any) -> None:
    try:
        keras.optimizers.get(optimizer)
        if optimizer is None:
            raise ValueError
    except (TypeError, ValueError):
        raise ValueError(
            f"optimizer must be one of Keras or the name of one, such as adam, not {shown(optimizer)}"
        ) from None


def _flat(callbacks: Any) -> list[keras.callbacks.Callback]:
    flat: list[Any] = [] if callbacks is None else keras.tree.flatten(callbacks)
    for callback in flat:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(f"callbacks must be a list of keras.callbacks.Callback, not {shown(callbacks)}")
        # TensorFlow does not bring it any more, and says so only after the first epoch.
        if isinstance(callback, keras.callbacks.TensorBoard) and find_spec("tensorboard") is None:
            raise ImportError("keras.callbacks.TensorBoard needs tensorboard: pip install tensorboard")
    return flat


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
        network: keras.Model,
        facts: dict[str, Any],
        recorder: _Recorder,
        averaging: Averaging | None,
        saved: Checkpoint | None,
    ) -> None:
        super().__init__()
        self._path = path
        self._network = network
        self._facts = facts
        self._recorder = recorder
        self._averaging = averaging
        self._is_new = saved is None
        # What was read is good, and so is what this training writes.
        self._has_good = saved is not None and saved.path == path

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        facts = np.array(json.dumps({**self._facts, "training": self._recorder.training}))
        averages = {} if self._averaging is None else self._averaging.arrays
        with nullcontext() if self._averaging is None else self._averaging.own_weights():
            save_checkpoint(self._path, self._network, epoch + 1, keep_former=self._has_good, facts=facts, **averages)
        logger.info("wrote the checkpoint %s, after epoch %d", self._path, epoch + 1)
        if self._is_new:
            # That of another training, which was in the same place.
            former_of(self._path).unlink(missing_ok=True)
            self._is_new = False
        self._has_good = True
