"""Copies of networks, made with what Keras offers to everybody. The network that is copied is never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import keras
import numpy as np

# Layers, and the operations that keras.ops makes within a network.
Operation: TypeAlias = Any
Pairs: TypeAlias = list[tuple[Operation, Operation]]


class UncopyableError(TypeError):
    """A network cannot be copied: it has a way to compute of its own, or a layer that its own config cannot make."""


def remade(layer: Operation, **changes: Any) -> Operation:
    """Return a new layer of the same class and config, some entries changed; its weights are still to be given."""
    config = layer.get_config() | changes
    for name, value in config.items():
        if name.endswith("_initializer") and value is not None:
            # The fastest one, and it draws no random numbers: a copy leaves Python's generator where it was.
            config[name] = "zeros"
    if config.get("seed", 0) is None:
        config["seed"] = 0
    return type(layer).from_config(config)


def copy_structure(model: keras.Model, make: Callable[[Operation], Operation | None]) -> tuple[keras.Model, Pairs]:
    """Copy a network without its weights, those within it included.

    Parameters
    ----------
    model
        The network.
    make
        Makes the new layer for a layer, or for an operation of ``keras.ops``; called once for each. None leaves a layer
        of one input out, which is not possible within a ``keras.Sequential``.

    Returns
    -------
    tuple
        The copy, and each layer with the one that was made for it.

    Raises
    ------
    UncopyableError
        The network is not a plain graph of layers, or a layer cannot be made again.
    """
    for network in networks_of(model):
        if not is_plain(network):
            raise UncopyableError(f"{network.name} is of a class of its own, {type(network).__name__}")
    pairs: Pairs = []

    def clone(layer: Operation) -> Operation:
        pairs.append((layer, make(layer)))
        return pairs[-1][1]

    def call(layer: Operation | None, *arguments: Any, **named: Any) -> Any:
        return arguments[0] if layer is None else layer(*arguments, **named)

    with refusing(model):
        # Without its compilation: a loss of the user's own cannot be copied.
        plain = keras.Model(model.input, model.output, name=model.name)
        return keras.models.clone_model(plain, clone_function=clone, call_function=call, recursive=True), pairs


@contextmanager
def refusing(model: keras.Model) -> Iterator[None]:
    """Raise an UncopyableError for whatever the layers of a network raise when they are asked for their configs."""
    try:
        yield
    # What a layer of somebody else's raises is its own affair.
    except Exception as error:
        raise UncopyableError(f"{model.name} cannot be copied: {error}") from error


def give_weights(layer: Operation, values: list[np.ndarray]) -> None:
    """Give a new layer, or a new network, its weights, and let it do what it does with them beforehand."""
    if values:
        layer.set_weights(values)
    for each in layers_of(layer) if isinstance(layer, keras.Model) else [layer]:
        # Keras' Normalization keeps tensors that it computes from its weights.
        if hasattr(each, "finalize_state"):
            each.finalize_state()


def weights_of(layer: Operation) -> list[np.ndarray]:
    """Return a layer's weights; an operation has none."""
    weights: list[np.ndarray] = layer.get_weights() if isinstance(layer, keras.layers.Layer) else []
    return weights


def is_plain(model: keras.Model) -> bool:
    """Tell whether a network computes just what its graph of layers says, as those of the functional API do."""
    if isinstance(model, keras.Sequential):
        return type(model).call is keras.Sequential.call
    # Keras has no public name for the class that it makes of a graph.
    pixel = keras.Input((1,))
    graph = type(keras.Model(pixel, pixel, name="graph"))
    return isinstance(model, graph) and type(model).call is graph.call


def networks_of(model: keras.Model) -> Iterator[keras.Model]:
    """Yield a network and all networks within it, each once."""
    seen: set[int] = set()
    for network in [model, *(layer for layer in layers_of(model) if isinstance(layer, keras.Model))]:
        if id(network) not in seen:
            seen.add(id(network))
            yield network


def layers_of(model: keras.Model) -> list[keras.layers.Layer]:
    """Return all layers of a network, and those of the networks within it, in the order in which they compute."""
    layers = []
    for layer in model.layers:
        layers += [layer, *layers_of(layer)] if isinstance(layer, keras.Model) else [layer]
    return layers
