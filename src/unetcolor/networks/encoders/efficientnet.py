"""EfficientNet-Lite0, pretrained on ImageNet."""

from __future__ import annotations

from importlib import resources
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers


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
