"""Encoders for ``build_unet(encoder=...)``: networks pretrained on pictures, as stages of halving size.

An encoder is a ``keras.Model`` that takes pictures ``(batch, height, width, channels)`` of values in ``[0, 1]``, one
or three channels, and returns a list of feature maps, the first at half the size and each next at half of that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers

from unetcolor.errors import unknown_name


class _Blocks(NamedTuple):
    """A row of table 1 of the EfficientNet paper: ``repeats`` blocks, of which the first has the stride."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    filters: int


_LITE0 = (
    _Blocks(1, 3, 1, 1, 16),
    _Blocks(2, 3, 2, 6, 24),
    _Blocks(2, 5, 2, 6, 40),
    _Blocks(3, 3, 2, 6, 80),
    _Blocks(3, 5, 1, 6, 112),
    _Blocks(4, 5, 2, 6, 192),
    _Blocks(1, 3, 1, 6, 320),
)

_STEM_FILTERS = 32


def efficientnet_lite0(*, pretrained: bool = True, input_channels: int = 1) -> keras.Model:
    """Build the encoder EfficientNet-Lite0 (Tan and Le 2019, the Lite variant of 2020), 3.0 million parameters.

    It is EfficientNet-B0 without squeeze-and-excitation and with ReLU6, without the classifier and the
    convolution before it. Its normalization layers are frozen: they keep the statistics of ImageNet, which makes
    training on top of it steadier for small batches, and faster by a third.

    Parameters
    ----------
    pretrained
        Load the weights learned on ImageNet, which come with the package; False draws random ones.
    input_channels
        3, or 1 for gray pictures: the same as three equal channels.

    Returns
    -------
    keras.Model
        Five feature maps of 16, 24, 40, 112 and 320 channels, at 1/2 to 1/32 of the picture's size.

    Examples
    --------
    >>> encoder = efficientnet_lite0(pretrained=False)
    >>> encoder.count_params(), [shape[-1] for shape in encoder.output_shape]
    (2997728, [16, 24, 40, 112, 320])
    """
    if input_channels not in (1, 3):
        raise ValueError(f"input_channels must be 1 or 3, not {input_channels}")
    inputs = keras.Input((None, None, input_channels), name="picture")
    x = layers.Rescaling(2.0, -1.0, name="scale")(inputs)
    x = layers.Conv2D(_STEM_FILTERS, 3, 2, padding="same", use_bias=False, name="stem_conv")(x)
    x = _normalize(x, "stem")
    stages: list[Any] = []
    number = 0
    for blocks in _LITE0:
        if blocks.stride == 2:
            stages.append(x)
        for i in range(blocks.repeats):
            x = _inverted_residual(x, blocks, blocks.stride if i == 0 else 1, f"block{number}")
            number += 1
    # Another name for another network: files name the encoder that they need.
    name = "efficientnet_lite0" if input_channels == 1 else "efficientnet_lite0_rgb"
    model = keras.Model(inputs, [*stages, x], name=name)
    if pretrained:
        _load_weights(model)
    return model


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


def _inverted_residual(x: Any, blocks: _Blocks, stride: int, name: str) -> Any:
    """Widen by a 1x1 convolution, filter each channel by itself, and narrow again (Sandler et al. 2018)."""
    shortcut, width = x, x.shape[-1]
    if blocks.expansion != 1:
        x = layers.Conv2D(width * blocks.expansion, 1, use_bias=False, name=f"{name}_expand_conv")(x)
        x = _normalize(x, f"{name}_expand")
    x = layers.DepthwiseConv2D(blocks.kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise_conv")(x)
    x = _normalize(x, f"{name}_depthwise")
    x = layers.Conv2D(blocks.filters, 1, use_bias=False, name=f"{name}_project_conv")(x)
    x = _normalize(x, f"{name}_project", relu=False)
    if stride == 1 and width == blocks.filters:
        x = layers.Add(name=f"{name}_add")([x, shortcut])
    return x


def _normalize(x: Any, name: str, *, relu: bool = True) -> Any:
    x = layers.BatchNormalization(epsilon=1e-3, trainable=False, name=f"{name}_norm")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x) if relu else x


def _load_weights(model: keras.Model) -> None:
    """Fill an encoder with its pretrained weights; for gray pictures the stem's kernels are summed over R, G, B."""
    source = resources.files("unetcolor.networks") / "weights" / "efficientnet_lite0.npz"
    with resources.as_file(source) as path, np.load(path, allow_pickle=False) as arrays:
        for layer in model.layers:
            values = [arrays[f"{layer.name}.{variable.name}"] for variable in layer.weights]
            if layer.name == "stem_conv" and layer.input.shape[-1] == 1:
                values = [kernel.sum(axis=2, keepdims=True) for kernel in values]
            layer.set_weights(values)
