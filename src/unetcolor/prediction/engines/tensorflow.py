"""Run a trained network several times faster than Keras does: its weights become constants of a graph."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.activations import linear

from unetcolor.networks.arithmetic import Precision, computing, layers_of, resolve

# One at a time: threads that begin together would all do the same work.
_freezing = threading.Lock()


class FrozenNetwork:
    """A Keras model as a graph of constants, for pictures of any size.

    Normalization is merged into the convolutions, and TensorFlow computes biases and activations along with them. The
    graph has sessions of its own, so no setting of TensorFlow is touched, and threads may share it. It is built once,
    in about a second, whatever sizes follow.

    Parameters
    ----------
    model
        Maps ``(batch, height, width, channels)`` to such an array.
    precision
        Of the arithmetic, as :func:`unetcolor.networks.arithmetic.resolve` returns it; input and output are float32 in
        any case.
    """

    def __init__(self, model: keras.Model, precision: Precision) -> None:
        variables = [*model.trainable_variables, *model.non_trainable_variables]
        self._variables = [variable.value for variable in variables]
        self._weights = [np.array(_read(variable)) for variable in self._variables]
        values = dict(zip(map(id, variables), self._weights, strict=True))
        calls = _fold_normalization(model, values)
        graph = tf.Graph()
        with graph.as_default(), computing(model, precision, calls):
            pictures = tf.compat.v1.placeholder(tf.float32, (None, None, None, model.input_shape[-1]))
            predicted, _ = model.stateless_call(
                [tf.constant(values[id(variable)]) for variable in model.trainable_variables],
                [tf.constant(values[id(variable)]) for variable in model.non_trainable_variables],
                pictures,
                training=False,
            )
            predicted = tf.cast(predicted, tf.float32)
        self._run = tf.compat.v1.Session(graph=graph).make_callable(predicted, [pictures])

    def is_current(self) -> bool:
        """Tell whether the model still has the weights that this graph was made of."""
        return all(
            np.array_equal(kept, _read(variable)) for kept, variable in zip(self._weights, self._variables, strict=True)
        )

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Return what the model predicts for a batch."""
        result: np.ndarray = self._run(batch)
        return result


class FrozenNetworks:
    """The frozen networks of one model, one for each precision, made when they are first needed.

    Attributes
    ----------
    may_change
        Whether anyone else has the model in hand. From then on its weights are compared with the frozen ones before
        each use, which takes some milliseconds.
    """

    def __init__(self) -> None:
        self.may_change = False
        self._frozen: dict[Precision, FrozenNetwork] = {}
        self._can_freeze = keras.backend.backend() == "tensorflow"

    def get(self, model: keras.Model, precision: Precision) -> Callable[[np.ndarray], np.ndarray]:
        """Return what predicts as the model does with its present weights, or what Keras has for it.

        Raises
        ------
        ValueError
            The precision is unknown, or this processor does not have it.
        """
        precision = resolve(precision)
        with _freezing:
            frozen = self._frozen.get(precision)
            if self._can_freeze and (frozen is None or (self.may_change and not frozen.is_current())):
                try:
                    frozen = self._frozen[precision] = FrozenNetwork(model, precision)
                except (RuntimeError, TypeError, NotImplementedError):
                    # Layers that hold tensors beside their variables, as Keras' own Normalization does, belong to the
                    # graph of their model alone, now and later.
                    self._can_freeze = False
        if not self._can_freeze or frozen is None:
            predict: Callable[[np.ndarray], np.ndarray] = model.predict_on_batch
            return predict
        return frozen


def _read(variable: tf.Variable) -> np.ndarray:
    """Return the value of a variable, in a quarter of the time that its own method takes."""
    value: np.ndarray = tf.raw_ops.ReadVariableOp(resource=variable.handle, dtype=variable.dtype).numpy()
    return value


def _fold_normalization(
    model: keras.Model, values: dict[int, np.ndarray]
) -> dict[keras.layers.Layer, Callable[..., tf.Tensor]]:
    """Merge normalization into the convolutions before it, in the values of the variables, which are by their ``id``.

    Returns what is left to do for each layer of normalization that was merged.
    """
    layers = layers_of(model)
    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
    convolutions = {id(layer.output): layer for layer in layers if type(layer) in kinds and layer.activation is linear}
    readers = Counter(id(tensor) for layer in layers for tensor in keras.tree.flatten(layer.input))
    left: dict[keras.layers.Layer, Callable[..., tf.Tensor]] = {}
    for layer in layers:
        if not isinstance(layer, keras.layers.BatchNormalization) or not (layer.scale and layer.center):
            continue
        convolution = convolutions.get(id(layer.input))
        # What something else reads, too, must stay as it is.
        if convolution is None or readers[id(layer.input)] > 1:
            continue
        parts = (layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance)
        gamma, beta, mean, variance = (values[id(variable)] for variable in parts)
        kernel = values[id(convolution.kernel)]
        scale = gamma / np.sqrt(variance + layer.epsilon)
        shift = beta - mean * scale
        if type(convolution) is keras.layers.DepthwiseConv2D:
            values[id(convolution.kernel)] = kernel * scale.reshape(kernel.shape[2:])
        else:
            values[id(convolution.kernel)] = kernel * scale
        if convolution.use_bias:
            values[id(convolution.bias)] = values[id(convolution.bias)] * scale + shift
            left[layer] = partial(_shift, None)
        else:
            left[layer] = partial(_shift, shift)
    return left


def _shift(shift: np.ndarray | None, inputs: tf.Tensor, **_: Any) -> tf.Tensor:
    return inputs if shift is None else tf.nn.bias_add(inputs, tf.cast(shift, inputs.dtype))
