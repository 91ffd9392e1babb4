"""Trains as one of two workers, or all there is to compare with: a script that ``test_distribution.py`` starts.

Its arguments are the file to write the results to; for a worker, its number, to which ``TF_CONFIG`` belongs; and if the
second worker is to die, the word ``dies``.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from unetcolor import UNetColorizer, samples
from unetcolor.networks import precision
from unetcolor.training import Cosine

OUTPUT = Path(sys.argv[1])
IS_WORKER, DIES = len(sys.argv) > 2, sys.argv[-1] == "dies"
WORKER = int(sys.argv[2]) if IS_WORKER else 0

# TensorFlow computes in bfloat16 on every processor, if not faster.
precision.has_bfloat16 = lambda: True

# Of 19, the last batch of 6 has one picture, so that one of two shares is empty.
PICTURES, OTHERS = samples.load_portraits()[:19, ::4, ::4], samples.load_portraits()[40:45, ::4, ::4]

results: dict[str, Any] = {}


def train(
    name: str, images: Any = PICTURES, strategy: str | None = "multiworker", filters: Any = (4,), **options: Any
) -> None:
    colorizer = UNetColorizer("lab", filters=filters, seed=5)
    usual = {"epochs": 2, "batch_size": 6, "precision": "float32", "verbose": 0}
    history = colorizer.fit(images, strategy=strategy, **usual | options).history
    results.update({f"{name}/{metric}": values for metric, values in history.items()})
    for kind, variables in (("weights", colorizer.model.variables), ("optimizer", colorizer.model.optimizer.variables)):
        for i, variable in enumerate(variables):
            results[f"{name}/{kind}{i}"] = keras.ops.convert_to_numpy(variable)
    # The network is an ordinary one, and belongs to this process.
    results[f"{name}/predicted"] = colorizer.predict(PICTURES[:2], precision="float32")


class Dies(keras.callbacks.Callback):
    """Ends the second worker in the middle of the second epoch, once."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        mark = OUTPUT.with_name("died")
        if WORKER == 1 and self.model.optimizer.iterations == 6 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)


def train_with_sgd(name: str, strategy: str | None, **options: Any) -> None:
    """Train with all that depends on the whole batch."""
    train(
        name,
        strategy=strategy,
        filters=(4, 8),
        optimizer=keras.optimizers.SGD(0.05, momentum=0.9),
        validation_data=OTHERS,
        validate_colors=True,
        augment=True,
        ageing=True,
        average=0.5,
        metrics=["mse", keras.metrics.MeanAbsoluteError(name="error")],
        **options,
    )


def train_with_adam(name: str, strategy: str | None) -> None:
    """Train on a dataset, with a loss that is one number for all pictures."""
    dataset, others = (tf.data.Dataset.from_tensor_slices(rgb).batch(6) for rgb in (PICTURES, OTHERS))

    def loss(truth: Any, result: Any) -> Any:
        return keras.ops.mean(keras.ops.abs(truth - result))

    train(name, dataset, strategy, loss=loss, learning_rate=Cosine(1e-3, warmup=2), validation_data=others)


def train_in_bfloat16(name: str, strategy: str | None) -> None:
    train(name, strategy=strategy, epochs=1, precision="bfloat16", optimizer="sgd")


def train_a_little(name: str, strategy: str | None, **options: Any) -> None:
    """Train as the workers of which one dies."""
    train(name, strategy=strategy, optimizer=keras.optimizers.SGD(0.05, 0.9), augment=True, average=0.5, **options)


def disagree() -> None:
    """Let the workers want different things."""

    def stop(epoch: int, logs: dict[str, float]) -> None:
        if WORKER == 1:
            colorizer.model.stop_training = True

    # The first weights and the order are drawn, and the chief's are taken.
    colorizer = UNetColorizer("lab", filters=(4,))
    callbacks = [keras.callbacks.LambdaCallback(on_epoch_end=stop)]
    history = colorizer.fit(
        PICTURES, strategy="multiworker", epochs=3, batch_size=6, callbacks=callbacks, verbose=0
    ).history
    results.update({"stopped/loss": history["loss"], "stopped/weights": colorizer.model.get_weights()[0]})
    wanted: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
        "epochs": (PICTURES, {"epochs": 3 + WORKER}),
        "pictures": (PICTURES[WORKER:], {}),
        "optimizer": (PICTURES, {"optimizer": ("sgd", "rmsprop")[WORKER]}),
        "batch_size": (PICTURES, {"batch_size": 5}),
        "clipnorm": (PICTURES, {"optimizer": keras.optimizers.SGD(clipnorm=1.0)}),
        "reduction": (PICTURES, {"loss": keras.losses.MeanSquaredError(reduction="sum")}),
    }
    for name, (images, options) in wanted.items():
        try:
            train(name, images, **options)
        except ValueError as error:
            results[f"{name}/error"] = str(error)


if __name__ == "__main__":
    trainings = {"sgd": train_with_sgd, "adam": train_with_adam, "bfloat16": train_in_bfloat16}
    if DIES:
        train_a_little("little", "multiworker", checkpoint=OUTPUT.with_name("checkpoint.npz"), callbacks=[Dies()])
    elif IS_WORKER:
        train_a_little("little", "multiworker")
        for name, training in trainings.items():
            training(name, "multiworker")
        disagree()
    else:
        two = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
        for name, training in trainings.items():
            training(name, None)
        try:
            train_a_little("mirrored", "mirrored")
        except ValueError as error:
            results["mirrored/error"] = str(error)
    np.savez(OUTPUT, **results)
