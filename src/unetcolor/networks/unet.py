"""The U-Net builder. It knows nothing of color, and imports Keras only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from unetcolor._checks import seed_or_none, whole_number
from unetcolor.errors import counted, shown
from unetcolor.networks.filling import filled_hints
from unetcolor.networks.options import MOST_FILTERS, MOST_STAGES, UNetOptions, Upsampling

# What TensorFlow takes as a name.
_NAME = re.compile("[A-Za-z0-9.][A-Za-z0-9_.-]*")


def build_unet(
    input_channels: int = 1,
    output_channels: int = 3,
    *,
    encoder: keras.Model | None = None,
    hint_channels: int = 0,
    filters: Sequence[int] = UNetOptions.filters,
    convolutions: int = UNetOptions.convolutions,
    dropout: float = UNetOptions.dropout,
    momentum: float = UNetOptions.momentum,
    upsampling: Upsampling = UNetOptions.upsampling,
    skip_connections: bool = UNetOptions.skip_connections,
    head_stride: int = UNetOptions.head_stride,
    activation: str = "sigmoid",
    seed: int | None = None,
    name: str = "unet",
) -> keras.Model:
    """Build a U-Net (Ronneberger et al. 2015) for pictures of any height and width.

    The model maps ``(batch, height, width, input_channels)`` to
    ``(batch, height, width, output_channels)``; both sizes may be anything from 1 up. It is made of
    Keras' own layers and operations, so that a saved model opens without this package. With a ``head_stride``
    the answer has that fraction of the height and width, rounded up.

    Parameters
    ----------
    input_channels, output_channels
        Channels of the picture that goes in and of the one that comes out.
    encoder
        A model that takes the place of the way down, such as
        :func:`unetcolor.networks.encoders.efficientnet_lite0` or what
        :func:`unetcolor.networks.encoders.encoder_from` makes of any other: it takes pictures of ``input_channels``
        channels, or one channel that is repeated for it, and returns feature maps of 1/2, 1/4, ... of their size.
        Keep its part of the finished model as it is by ``encoder.trainable = False``. It becomes a part of the
        model, weights and all: build one for each model. None builds the way down from ``filters``.
    hint_channels
        The last so many of ``input_channels`` are values that are known at some places only, and 0 elsewhere; the last
        of all is a mask, 1 at those places. An encoder does not see them, so it keeps what it knows: they are joined to
        the way up at each of its sizes, filled in where they are not known. Without an encoder they are channels like
        the others.
    filters
        Filters of each stage, from full size down; the last is the bottom. Its length is the depth. With an
        encoder, which has a bottom of its own, those of the way up: one for each of its feature maps.
    convolutions
        3x3 convolutions of a stage, each followed by batch normalization and ReLU.
    dropout
        Share of the values dropped after each pooling, or after the encoder, while training; 0 leaves dropout out.
    momentum
        Momentum of the moving averages of batch normalization, which settle within some tens of batches. With 0.99,
        Keras' own default, they take some hundreds: until then, predictions are worse than plain gray.
    upsampling
        ``"transpose"``: a 2x2 transposed convolution; ``"nearest"``: repeated pixels, then a 3x3
        convolution, which leaves no checkerboard.
    skip_connections
        False leaves them out, which makes it a plain autoencoder.
    head_stride
        1, 2, 4, ...: the way up ends where the picture has 1/1, 1/2, 1/4, ... of its height and width. Eyes see
        colors less sharply than brightness, so that colors at half the size do for a photo, at less cost.
    activation
        Activation of the 1x1 head: a Keras name, such as ``"sigmoid"``, ``"tanh"``, ``"softmax"``.
    seed
        Seed of the initial weights and of dropout; None draws one.
    name
        Name of the model.

    Raises
    ------
    ValueError
        An argument is out of its range, or the encoder is not one; the message says which and what is allowed.
    TypeError
        The encoder is no Keras model.

    Examples
    --------
    >>> build_unet(1, 3).count_params()
    1946739
    >>> build_unet(3, 1, filters=(8, 16)).output_shape
    (None, None, None, 1)
    """
    for what, count in (("input_channels", input_channels), ("output_channels", output_channels)):
        whole_number(what, count, most=MOST_FILTERS)
    seed = seed_or_none(seed)
    _check_activation(activation)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"name must be letters, digits, dots, underscores and hyphens, not {shown(name)}")
    options = UNetOptions(
        encoder=None if encoder is None else str(getattr(encoder, "name", "")),
        filters=filters,
        convolutions=convolutions,
        dropout=dropout,
        momentum=momentum,
        upsampling=upsampling,
        skip_connections=skip_connections,
        head_stride=head_stride,
    )
    if whole_number("hint_channels", hint_channels, least=0) and not 2 <= hint_channels < input_channels:
        raise ValueError(
            "hint_channels must be 0, or 2 and more of the input_channels (values and their mask) but not all of them, "
            f"not {shown(hint_channels)} of {input_channels}"
        )
    filters = options.filters
    build = _Blocks(options, seed)
    inputs = keras.Input((None, None, input_channels), name="input")
    if encoder is None:
        x, stages = build.way_down(inputs, filters)
    else:
        x, stages = build.encode(_fill_up(inputs, 2 ** len(filters)), encoder, filters, hint_channels)
    for depth in reversed(range(_depth_of_head(options.head_stride, len(stages)), len(stages))):
        x = build.upsample(x, filters[depth], f"up{depth}")
        if encoder is None:
            x = _crop_like(x, stages[depth])
        if options.skip_connections:
            x = layers.Concatenate(name=f"up{depth}_skip")([x, stages[depth]])
        x = build.stage(x, filters[depth], f"up{depth}")
    x = layers.Conv2D(output_channels, 1, kernel_initializer=build.initializer("glorot_uniform"), name="head")(x)
    if encoder is not None:
        x = _crop_like(x, _as_small_as(inputs, options.head_stride, "head_size"))
    # In float32 even under mixed precision: colors need more digits than float16 has.
    outputs = layers.Activation(activation, dtype="float32", name="output")(x)
    return keras.Model(inputs, outputs, name=name)


class _Blocks:
    """Makes the blocks of one network, which share their options and a running seed."""

    def __init__(self, options: UNetOptions, seed: int | None) -> None:
        self._options = options
        self._seed = seed

    def way_down(self, x: Any, filters: Sequence[int]) -> tuple[Any, list[Any]]:
        """Return the bottom, and the stage at each size above it."""
        stages = []
        for depth, width in enumerate(filters[:-1]):
            x = self.stage(x, width, f"down{depth}")
            stages.append(x)
            x = self.pool(x, f"down{depth}")
        return self.stage(x, filters[-1], "bottom"), stages

    def encode(self, x: Any, encoder: keras.Model, filters: Sequence[int], hint_channels: int) -> tuple[Any, list[Any]]:
        """Return the encoder's last feature map, and the stage at each size above it: first the picture itself."""
        picture, hints = x, None
        if hint_channels:
            picture, hints = x[..., :-hint_channels], x[..., -hint_channels:]
        _check_encoder(encoder, picture.shape[-1], filters)
        channels = encoder.input_shape[-1]
        repeats = channels // picture.shape[-1]
        seen = picture if repeats == 1 else layers.Concatenate(name="gray_as_rgb")([picture] * repeats)
        *stages, bottom = keras.tree.flatten(encoder(seen))
        if self._options.dropout:
            bottom = layers.Dropout(self._options.dropout, seed=self._next_seed(), name="bottom_dropout")(bottom)
        if hints is not None:
            maps = filled_hints(picture, hints, len(stages) + 1)
            *stages, bottom = (
                layers.Concatenate(name=f"hints{depth}")([stage, known])
                for depth, (stage, known) in enumerate(zip([*stages, bottom], maps, strict=True), start=1)
            )
        return bottom, [x, *stages]

    def stage(self, x: Any, filters: int, name: str) -> Any:
        for i in range(self._options.convolutions):
            # The classic recipe keeps the bias, though batch normalization makes it idle.
            x = self._convolution(x, filters, f"{name}_conv{i}")
            x = layers.BatchNormalization(momentum=self._options.momentum, name=f"{name}_norm{i}")(x)
            x = layers.Activation("relu", name=f"{name}_relu{i}")(x)
        return x

    def pool(self, x: Any, name: str) -> Any:
        # "same" rounds odd sizes up, so that a picture of one pixel has one left at the bottom.
        x = layers.MaxPooling2D(2, padding="same", name=f"{name}_pool")(x)
        if self._options.dropout:
            x = layers.Dropout(self._options.dropout, seed=self._next_seed(), name=f"{name}_dropout")(x)
        return x

    def upsample(self, x: Any, filters: int, name: str) -> Any:
        if self._options.upsampling == "nearest":
            x = layers.UpSampling2D(2, interpolation="nearest", name=f"{name}_nearest")(x)
            return self._convolution(x, filters, f"{name}_upconv")
        initializer = self.initializer("he_normal")
        return layers.Conv2DTranspose(filters, 2, 2, kernel_initializer=initializer, name=f"{name}_transpose")(x)

    def initializer(self, name: str) -> Any:
        return keras.initializers.get({"class_name": name, "config": {"seed": self._next_seed()}})

    def _convolution(self, x: Any, filters: int, name: str) -> Any:
        initializer = self.initializer("he_normal")
        return layers.Conv2D(filters, 3, padding="same", kernel_initializer=initializer, name=name)(x)

    def _next_seed(self) -> int | None:
        if self._seed is not None:
            self._seed += 1
        return self._seed


# The sizes are known only when a picture comes in, which Keras' cropping and padding layers cannot express, and a
# layer of our own would keep plain Keras from opening the model. Taking rows and columns by their numbers does the
# same in Keras' own operations.


def _crop_like(x: Any, reference: Any) -> Any:
    """Cut the last rows and columns, beyond those that the reference has."""
    rows = ops.cumsum(ops.ones_like(reference[0, :, 0, 0], dtype="int32")) - 1
    columns = ops.cumsum(ops.ones_like(reference[0, 0, :, 0], dtype="int32")) - 1
    return ops.take(ops.take(x, rows, axis=1), columns, axis=2)


def _fill_up(x: Any, multiple: int) -> Any:
    """Repeat the last row and column until both sizes are multiples of a number.

    A convolution of stride 2 looks one pixel further to the left in a picture of odd width than in one of even width.
    Where the size is odd at several stages, these shifts add up, and colors come out next to the things they belong to.
    """
    blocks = _as_small_as(x, multiple, "blocks")
    for axis, line, started in ((1, x[0, :, 0, 0], blocks[0, :, 0, 0]), (2, x[0, 0, :, 0], blocks[0, 0, :, 0])):
        wanted = ops.repeat(ops.ones_like(started, dtype="int32"), multiple)
        available = ops.sum(ops.ones_like(line, dtype="int32"))
        x = ops.take(x, ops.minimum(ops.cumsum(wanted), available) - 1, axis=axis)
    return x


def _as_small_as(x: Any, stride: int, name: str) -> Any:
    """Return something with 1/stride of the height and width, rounded up."""
    return layers.MaxPooling2D(stride, padding="same", name=name)(x)


def _depth_of_head(stride: int, stages: int) -> int:
    """Return how often the size is halved from the picture to the head."""
    allowed = [2**depth for depth in range(stages + 1)]
    if stride not in allowed:
        raise ValueError(f"head_stride must be one of {', '.join(map(str, allowed))} for this depth, not {stride}")
    return allowed.index(stride)


def _check_activation(activation: Any) -> None:
    try:
        keras.activations.get(activation)
    except (TypeError, ValueError):
        raise ValueError(
            f"activation must be the name of one of Keras, such as sigmoid, tanh or softmax, not {shown(activation)}"
        ) from None


def _check_encoder(encoder: Any, channels: int, filters: Sequence[int]) -> None:
    if not isinstance(encoder, keras.Model):
        given = shown(encoder)
        raise TypeError(f"encoder must be a keras.Model such as unetcolor.networks.encoders makes, not {given}")
    shape = encoder.input_shape
    if not isinstance(shape, tuple) or shape[:3] != (None, None, None):
        raise ValueError(
            f"an encoder must take pictures of any size, not of shape {shape}: give it input_shape=(None, None, 3)"
        )
    if shape[-1] != channels and channels != 1:
        raise ValueError(
            f"the encoder takes pictures of {counted(shape[-1], 'channel')}, but input_channels is {channels}"
        )
    sizes = [output.shape[1:3] for output in _symbolic_stages(encoder, 2**MOST_STAGES)]
    expected = [(2 ** (MOST_STAGES - depth),) * 2 for depth in range(1, len(sizes) + 1)]
    if sizes != expected or len(sizes) < 2:
        raise ValueError(
            "an encoder must return two or more feature maps, the first of half the picture's size and each next of "
            f"half the one before; of a picture of {2**MOST_STAGES} pixels a side, {encoder.name} makes sizes {sizes}. "
            "unetcolor.networks.encoders.encoder_from takes them from the layers of any model"
        )
    if len(filters) != len(sizes):
        raise ValueError(
            f"filters must be {len(sizes)} numbers for this encoder, one for each feature map, not {tuple(filters)}"
        )


def _symbolic_stages(encoder: keras.Model, side: int) -> list[Any]:
    """Return the shapes of an encoder's feature maps, without computing any."""
    picture = keras.KerasTensor((1, side, side, encoder.input_shape[-1]), dtype="float32")
    outputs: list[Any] = keras.tree.flatten(encoder.compute_output_spec(picture))
    return outputs
