"""Encoders for ``build_unet(encoder=...)``: networks pretrained on pictures, as stages of halving size.

An encoder is a ``keras.Model`` that takes pictures ``(batch, height, width, channels)`` of values in ``[0, 1]``, one
or three channels, and returns a list of feature maps, the first at half the size and each next at half of that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
from keras import layers

from unetcolor.errors import unknown_name
from unetcolor.networks.encoders.efficientnet import efficientnet_lite0

__all__ = ["ENCODERS", "efficientnet_lite0", "encoder_from", "get_encoder"]

ENCODERS: dict[str, Callable[..., keras.Model]] = {"efficientnet_lite0": efficientnet_lite0}


def get_encoder(name: str, *, pretrained: bool = True) -> keras.Model:
    """Build an encoder by its name.

    Raises
    ------
    ValueError
        There is no encoder of that name.
    """
    if name not in ENCODERS:
        raise ValueError(unknown_name("encoder", name, sorted(ENCODERS)))
    return ENCODERS[name](pretrained=pretrained)


def encoder_from(model: keras.Model, stages: Sequence[str], *, low: float = 0.0, high: float = 1.0) -> keras.Model:
    """Make an encoder of a model of your own or of ``keras.applications``.

    Parameters
    ----------
    model
        A functional model that takes pictures of any size; of ``keras.applications`` give
        ``include_top=False, input_shape=(None, None, 3)``.
    stages
        Names of the layers whose outputs are the stages: the first at half the picture's size, each next at half of
        the one before. ``model.summary()`` shows them.
    low, high
        What black and white are for the model: -1 and 1, 0 and 255, and so on.

    Returns
    -------
    keras.Model
        Pictures in ``[0, 1]``, of as many channels as the model takes, to a list of feature maps.

    Raises
    ------
    ValueError
        The model has no layer of such a name.

    Examples
    --------
    >>> backbone = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(None, None, 3))
    >>> encoder = encoder_from(backbone, ["block_1_expand_relu", "block_3_expand_relu"], low=-1, high=1)
    >>> [shape[-1] for shape in encoder.output_shape]
    [96, 144]
    """
    names = [layer.name for layer in model.layers]
    unknown = [stage for stage in stages if stage not in names]
    if unknown or not stages:
        given = repr(unknown[0]) if unknown else "no stages"
        raise ValueError(
            f"{model.name} has no layer {given}: stages are names of its layers, of which model.summary() shows all"
        )
    inputs = keras.Input(model.input_shape[1:], name="picture")
    features = keras.Model(
        model.inputs, [model.get_layer(stage).output for stage in stages], name=f"{model.name}_stages"
    )
    scaled = layers.Rescaling(high - low, low, name="scale")(inputs)
    return keras.Model(inputs, keras.tree.flatten(features(scaled)), name=f"{model.name}_encoder")
