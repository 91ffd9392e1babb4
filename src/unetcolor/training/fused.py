"""Train a network in less time than Keras takes, with the same layers and the same weights."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from typing_extensions import override

from unetcolor.networks.copying import (
    Operation,
    UncopyableError,
    copy_structure,
    give_weights,
    is_plain,
    remade,
    weights_of,
)
from unetcolor.networks.precision import Precision, policies, resolve

# What a network may have of its own, and which then counts.
_STEPS = ("train_step", "compute_loss", "compute_metrics", "call")


def training_view(model: keras.Model, precision: Precision, *, former: keras.Model | None = None) -> keras.Model:
    """Return what to compile and train in place of a network: a model of the same layers that trains them faster.

    Keras computes batch normalization in a dozen passes over the feature maps; TensorFlow has one operation for it.
    The view trains through a twin: a copy of the network that has this operation and the precision, and computes with
    the variables of the network. The network itself is not changed but by its training. In evaluation and prediction
    the view does what the network does. What it saves is the network: compile that with the same optimizer first.

    Parameters
    ----------
    model
        A network of :func:`unetcolor.build_unet`. Its weights and its answer stay float32, and so do depthwise
        convolutions.
    precision
        Of the arithmetic in between: ``"bfloat16"`` takes a third less time where the processor has it, ``"auto"``
        takes it there, and ``"float32"`` elsewhere.
    former
        What an earlier call returned. It is returned again where it still serves, so that Keras need not trace its
        steps again.

    Returns
    -------
    keras.Model
        The view, not compiled; or the network itself where it cannot be trained faster: on another backend, under a
        ``tf.distribute`` strategy, if it has a ``train_step`` of its own, or cannot be copied.

    Raises
    ------
    ValueError
        The precision is unknown, or this processor does not have it.
    """
    precision = resolve(precision)
    if isinstance(former, View) and former.serves(model, precision):
        return former
    if keras.backend.backend() != "tensorflow" or tf.distribute.has_strategy() or not _is_usual(model):
        return model
    try:
        twin = Twin(model, precision)
    except UncopyableError:
        return model
    view = View(model.input, model.output, name=model.name)
    # Its layers have their own policies. Its own would round the variables that it hands to the twin.
    view.dtype_policy = "float32"
    view.train_through(model, twin)
    return view


def _is_usual(model: keras.Model) -> bool:
    return is_plain(model) and type(model).train_step is keras.Model.train_step and not vars(model).keys() & set(_STEPS)


class View(keras.Model):  # type: ignore[misc]  # Keras has no types.
    """The layers of a network, which in training compute as its twin does, if it has one."""

    def train_through(self, network: keras.Model, twin: Twin | None) -> None:
        """Say what network this stands for, and what it trains through."""
        # In a function, where Keras does not look for layers: neither is a part of this model.
        self._parts: Callable[[], tuple[keras.Model, Twin | None]] = lambda: (network, twin)

    def serves(self, model: keras.Model, precision: Precision) -> bool:
        """Tell whether this is what to train in place of a network, in a precision."""
        network, twin = self._parts()
        return network is model and twin is not None and twin.precision == precision

    # What Keras asks and tells the model that it trains is the network's: whoever holds that can stop the training.
    @property
    def stop_training(self) -> bool:
        """Whether the training ends after this step."""
        return bool(self._parts()[0].stop_training)

    @stop_training.setter
    def stop_training(self, stop: bool) -> None:
        self._parts()[0].stop_training = stop

    @property
    def history(self) -> keras.callbacks.History:
        """Losses and metrics of each epoch."""
        return self._parts()[0].history

    @history.setter
    def history(self, history: keras.callbacks.History) -> None:
        self._parts()[0].history = history

    @override
    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        _, twin = self._parts()
        if not training or mask is not None or twin is None:
            return super().call(inputs, training=training, mask=mask)
        outputs, losses = twin(inputs)
        # Keras' functional models take no losses from outside, and layers do.
        keras.layers.Layer.add_loss(self, losses)
        return outputs

    @override
    def save(self, filepath: str | os.PathLike[str], *arguments: Any, **named: Any) -> None:
        """Save the network, which opens without this class."""
        network, _ = self._parts()
        network.save(filepath, *arguments, **named)


class Twin:
    """A copy of a network that computes in another way, with the network's own variables."""

    def __init__(self, model: keras.Model, precision: Precision) -> None:
        self.precision = precision
        # TensorFlow takes several times longer for the gradients of depthwise convolutions in bfloat16.
        chosen = policies(model, precision, unchanged=(keras.layers.DepthwiseConv2D,))

        def make(layer: Operation) -> Operation:
            policy = chosen.get(id(layer), {})
            if not _can_be_fused(layer):
                return remade(layer, **policy)
            return _FusedNormalization.from_config(layer.get_config() | policy)

        self._copy, pairs = copy_structure(model, make)
        self._pairs = [(layer, copy) for layer, copy in pairs if isinstance(layer, keras.layers.Layer)]
        for layer, copy in self._pairs:
            if hasattr(copy, "finalize_state"):
                give_weights(copy, weights_of(layer))

    def __call__(self, inputs: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Return the network's answer in training, and its layers' losses; give it the statistics that come of it."""
        variables = [pair for layer, copy in self._pairs for pair in zip(layer.variables, copy.variables, strict=True)]
        values = [tf.convert_to_tensor(own.value) for own, _ in variables]
        for layer, copy in self._pairs:
            # What was frozen since is frozen in the twin, too.
            copy.trainable = layer.trainable
        mapping = [(mine, value) for (_, mine), value in zip(variables, values, strict=True)]
        with keras.StatelessScope(mapping, collect_losses=True) as scope:
            outputs = self._copy.call(inputs, training=True)
        for (own, mine), value in zip(variables, values, strict=True):
            changed = scope.get_current_value(mine)
            if changed is not value:
                own.assign(changed)
        return outputs, scope.losses


def _can_be_fused(layer: Operation) -> bool:
    return (
        type(layer) is keras.layers.BatchNormalization
        and layer.input_spec.ndim == 4
        and layer.axis in (-1, 3)
        and layer.scale
        and layer.center
        and not layer.renorm
        and not layer.synchronized
    )


class _FusedNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]  # Keras has no types.
    """Batch normalization that is one operation in training."""

    @override
    def call(self, inputs: tf.Tensor, training: Any = None, mask: Any = None) -> tf.Tensor:
        if not training or not self.trainable or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            tf.cast(self.gamma, tf.float32),
            tf.cast(self.beta, tf.float32),
            epsilon=self.epsilon,
        )
        # The operation returns the variance for n - 1 values, and Keras keeps that for n.
        count = tf.cast(tf.size(inputs) / tf.shape(inputs)[-1], tf.float32)
        variance *= (count - 1) / count
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average * self.momentum + value * (1 - self.momentum))
        return outputs
