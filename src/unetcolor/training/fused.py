"""Train a network in less time than Keras takes, with the same layers and the same weights."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
import tensorflow as tf

from unetcolor.networks.arithmetic import Precision, computing, layers_of, resolve


def use_fast_training(model: keras.Model, precision: Precision) -> None:
    """Let a model be trained with fused batch normalization, in this precision.

    Keras computes batch normalization in a dozen passes over the feature maps; TensorFlow has one operation for it.
    The layers themselves, which others may save, copy or predict with meanwhile, stay as they are: they compute in
    another way only while TensorFlow traces a step of the training.

    Parameters
    ----------
    model
        A network of :func:`unetcolor.build_unet`. Its weights and its answer stay float32, and so do depthwise
        convolutions.
    precision
        Of the arithmetic in between: ``"bfloat16"`` takes a third less time where the processor has it, ``"auto"``
        takes it there, and ``"float32"`` elsewhere.

    Raises
    ------
    ValueError
        The precision is unknown, or this processor does not have it.
    """
    precision = resolve(precision)
    if keras.backend.backend() != "tensorflow":
        return
    present = vars(model).get("train_step")
    is_ours = getattr(present, "func", None) is _train_step
    # One that somebody else has put there stays.
    if present is not None and (not is_ours or present.keywords == {"precision": precision}):
        return
    model.train_step = partial(_train_step, model, precision=precision)
    # What was traced before computes as before.
    model.train_function = None


def _train_step(model: keras.Model, data: Any, *, precision: Precision) -> Any:
    calls = {layer: partial(_normalize, layer) for layer in layers_of(model) if _can_be_fused(layer)}
    # TensorFlow takes several times longer for the gradients of depthwise convolutions in bfloat16.
    with computing(model, precision, calls, unchanged=(keras.layers.DepthwiseConv2D,)):
        return type(model).train_step(model, data)


def _can_be_fused(layer: keras.layers.Layer) -> bool:
    return (
        type(layer) is keras.layers.BatchNormalization
        and layer.trainable
        and layer.input_spec.ndim == 4
        and layer.axis in (-1, 3)
        and layer.scale
        and layer.center
        and not layer.renorm
        and not layer.synchronized
    )


def _normalize(
    layer: keras.layers.BatchNormalization, inputs: tf.Tensor, training: Any = None, mask: Any = None
) -> tf.Tensor:
    """Do what a layer of batch normalization does in training, in one operation."""
    if not training or mask is not None:
        return type(layer).call(layer, inputs, training=training, mask=mask)
    outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        inputs,
        tf.cast(layer.gamma, tf.float32),
        tf.cast(layer.beta, tf.float32),
        epsilon=layer.epsilon,
    )
    # The operation returns the variance for n - 1 values, and Keras keeps that for n.
    count = tf.cast(tf.size(inputs) / tf.shape(inputs)[-1], tf.float32)
    variance *= (count - 1) / count
    for average, value in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        average.assign(average * layer.momentum + value * (1 - layer.momentum))
    return outputs
