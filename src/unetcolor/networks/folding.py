"""Merge normalization into the convolutions before it: the same answers from fewer layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import layers

from unetcolor.networks.copying import (
    Operation,
    copy_structure,
    give_weights,
    networks_of,
    refusing,
    remade,
    weights_of,
)
from unetcolor.networks.precision import Precision, policies

_CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.Conv2DTranspose)


def fold(model: keras.Model, precision: Precision = "float32") -> keras.Model:
    """Return a copy of a network for prediction, whose batch normalization is merged into its convolutions.

    A normalization is merged where nothing else sees the convolution's output, and both are called once, in a graph of
    the functional API; everything else stays. The copy is a plain Keras model, and the network itself is not changed.

    Parameters
    ----------
    model
        The network.
    precision
        Of the copy's arithmetic, as in :func:`unetcolor.networks.precision.with_precision`.

    Raises
    ------
    UncopyableError
        The network is not a plain graph of layers, or has a layer that its own config cannot make.

    Examples
    --------
    >>> from unetcolor import build_unet
    >>> model = build_unet(1, 2, filters=(4, 8))
    >>> sum(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers)
    6
    >>> sum(isinstance(layer, keras.layers.BatchNormalization) for layer in fold(model).layers)
    0
    """
    chosen = policies(model, precision)
    with refusing(model):
        merged = {id(convolution): normalization for convolution, normalization in _mergeable(model)}
    gone = {id(normalization) for normalization in merged.values()}

    def make(layer: Operation) -> Operation | None:
        policy = chosen.get(id(layer), {})
        if id(layer) in merged:
            return remade(layer, use_bias=True, **policy)
        if id(layer) in gone:
            return None
        return remade(layer, **policy)

    copy, pairs = copy_structure(model, make)
    for layer, made in pairs:
        if id(layer) in merged:
            give_weights(made, _merge(layer, merged[id(layer)]))
        elif id(layer) not in gone:
            give_weights(made, weights_of(layer))
    return copy


def _merge(convolution: Operation, normalization: Operation) -> list[np.ndarray]:
    """Return the kernel and the bias of a convolution that does what both layers do."""
    kernel, *bias = convolution.get_weights()
    values = dict(zip((variable.name for variable in normalization.weights), normalization.get_weights(), strict=True))
    scale = values.get("gamma", np.float32(1)) / np.sqrt(values["moving_variance"] + normalization.epsilon)
    shift = values.get("beta", np.float32(0)) - values["moving_mean"] * scale
    if type(convolution) is layers.DepthwiseConv2D:
        kernel = kernel * scale.reshape(kernel.shape[2:])
    elif type(convolution) is layers.Conv2DTranspose:
        kernel = kernel * scale[:, np.newaxis]
    else:
        kernel = kernel * scale
    return [kernel, bias[0] * scale + shift if bias else shift]


def _mergeable(model: keras.Model) -> Iterator[tuple[Operation, Operation]]:
    """Yield each convolution and the normalization which alone reads it, both called once in the whole network."""
    calls: Counter[int] = Counter()
    found: list[tuple[Operation, Operation]] = []
    for network in networks_of(model):
        if isinstance(network, keras.Sequential):
            # It has no graph to leave a layer out of.
            calls.update(map(id, network.layers))
            continue
        graph = keras.Model(network.inputs, network.outputs, name=network.name)
        operations = {operation.name: operation for operation in graph.operations}
        config = graph.get_config()
        nodes = [(operations[layer["name"]], node) for layer in config["layers"] for node in layer["inbound_nodes"]]
        calls.update(id(operation) for operation, _ in nodes)
        # An output of the network, such as a stage of an encoder, is read by whoever uses the network.
        reads = Counter(name for name, _, _ in config["output_layers"])
        reads.update(name for _, node in nodes for name in _inputs(node))
        for operation, node in nodes:
            if type(operation) is layers.BatchNormalization and not any(node["kwargs"].values()):
                (name,) = _inputs(node)
                if reads[name] == 1 and _may_merge(operations[name], operation):
                    found.append((operations[name], operation))
    for convolution, normalization in found:
        if calls[id(convolution)] == 1 and calls[id(normalization)] == 1:
            yield convolution, normalization


def _may_merge(convolution: Operation, normalization: Operation) -> bool:
    return (
        type(convolution) in _CONVOLUTIONS
        and convolution.activation is keras.activations.linear
        and normalization.axis in ((-1, 3) if convolution.data_format == "channels_last" else (1, -3))
        and convolution.dtype_policy.name == normalization.dtype_policy.name
        # Not what quantization and LoRA add.
        and len(convolution.weights) == 1 + convolution.use_bias
    )


def _inputs(value: Any) -> Iterator[str]:
    """Yield the names of the layers whose outputs a call takes, which are somewhere in its part of the config."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            yield value["config"]["keras_history"][0]
        else:
            yield from _inputs(list(value.values()))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _inputs(part)
