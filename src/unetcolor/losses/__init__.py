"""Losses beyond those of Keras, for ``UNetColorizer.fit(loss=...)``, by name or as objects.

Any loss of Keras will do there, by name (``"mae"``) or as an object (``keras.losses.Huber(0.05)``), and so will a
function of ``(y_true, y_pred)``. Both are in network units, of shape ``(batch, height, width, output_channels)``.

To add a loss here, write it in a file of this folder and name it in ``LOSSES``. Derive it from ``keras.losses.Loss``,
write ``call`` with ``keras.ops`` so that it runs on every backend, return one value a pixel, and return all arguments
of the constructor from ``get_config``.
"""

from __future__ import annotations

from typing import Any

import keras

from unetcolor.errors import unknown_name
from unetcolor.losses.chroma_huber import ChromaHuber
from unetcolor.losses.delta_e99 import DeltaE99

__all__ = ["LOSSES", "ChromaHuber", "DeltaE99", "get_loss", "list_losses"]

LOSSES: dict[str, type[keras.losses.Loss]] = {
    "chroma_huber": ChromaHuber,
    "delta_e99": DeltaE99,
}

# The losses of Keras that suit colors, for the message about an unknown name.
_OF_KERAS = ("mae", "mse", "huber", "log_cosh")


def list_losses() -> list[str]:
    """Return the names of the losses that come with unetcolor.

    Examples
    --------
    >>> list_losses()
    ['chroma_huber', 'delta_e99']
    """
    return sorted(LOSSES)


def get_loss(loss: Any) -> Any:
    """Return what ``keras.Model.compile`` takes as a loss.

    Parameters
    ----------
    loss
        The name of a loss that comes with unetcolor, which is made with its defaults; or anything that Keras takes,
        which is returned as it is: a name, an object, a function.

    Raises
    ------
    ValueError
        Neither unetcolor nor Keras has a loss of this name.

    Examples
    --------
    >>> get_loss("chroma_huber").strength
    2.0
    >>> get_loss("mae")
    'mae'
    """
    if not isinstance(loss, str):
        return loss
    if loss in LOSSES:
        return LOSSES[loss]()
    try:
        keras.losses.get(loss)
    except ValueError:
        raise ValueError(unknown_name("loss", loss, [*list_losses(), *_OF_KERAS])) from None
    return loss
