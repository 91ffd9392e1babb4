"""All that changes in a training: the variables of the network and of its optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras


def variables_of(model: keras.Model) -> dict[str, list[Any]]:
    """Return the variables of a compiled model and of its optimizer, which includes the state of random numbers."""
    # On JAX, Keras keeps the values to itself from one step of an epoch to the next.
    if keras.backend.backend() == "jax":
        model.jax_state_sync()
    model.optimizer.build(model.trainable_variables)
    return {"model": model.variables, "optimizer": model.optimizer.variables}


def compilation_of(model: keras.Model) -> dict[str, Any]:
    """Return what a model was compiled with as plain values that fit JSON.

    The learning rate is left out: it is one of the variables, and a callback may have changed it. So is what cannot be
    told from one process to the next, such as a function without a name.
    """
    return {**_plain("optimizer", model.optimizer, without="learning_rate"), **_plain("loss", model.loss)}


def _plain(what: str, made: Any, without: str = "") -> dict[str, Any]:
    if isinstance(made, str):
        made = keras.losses.get(made)
    if hasattr(made, "__name__"):
        return {what: made.__name__}
    if not hasattr(made, "get_config"):
        return {}
    config: Mapping[str, Any] = made.get_config()
    options = {
        f"{what} {name}": value
        for name, value in config.items()
        if isinstance(value, bool | int | float | str | None) and name not in ("name", without)
    }
    return {what: type(made).__name__, **options}
