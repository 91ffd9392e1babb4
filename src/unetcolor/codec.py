"""Between pictures and networks: what a network is shown of a picture, what it should answer, and what that means.

Training, prediction, evaluation and export all pass through here, so this is the one place that knows how many channels
a network takes and gives. Each method is written once, for NumPy arrays and for tensors; this module imports neither
Keras nor TensorFlow.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from unetcolor.images import from_float, to_float
from unetcolor.spaces import ColorSpace, in_strips
from unetcolor.spaces.arrays import Array, join_channels
from unetcolor.spaces.lab import Lab

_LAB = Lab()


@dataclass(frozen=True)
class Codec:
    """Translates between pictures and a network.

    Parameters
    ----------
    space
        The color space that the network works in.
    stride
        Pixels of the picture, along each side, to one pixel of the network's answer.
    hints
        Whether the network also sees colors that are known at some places.

    Examples
    --------
    >>> from unetcolor import get_color_space
    >>> codec = Codec(get_color_space("lab"), stride=2)
    >>> inputs, targets = codec.example(np.full((1, 5, 4, 3), 0.5, np.float32))
    >>> inputs.shape, targets.shape
    ((1, 5, 4, 1), (1, 3, 2, 2))
    """

    space: ColorSpace
    stride: int = 1
    hints: bool = False

    @property
    def input_channels(self) -> int:
        """Channels that the network takes: the luminance and those of hints."""
        return 1 + self.hint_channels

    @property
    def hint_channels(self) -> int:
        """Channels of hints: the targets of the space, and a mask; none if the network does not take hints."""
        return len(self.space.targets) + 1 if self.hints else 0

    @property
    def output_channels(self) -> int:
        """Channels that the network gives."""
        return self.space.output_channels

    def inputs(self, rgb: Array) -> Array:
        """Return what the network sees of pictures, without any hint.

        Parameters
        ----------
        rgb
            sRGB in ``[0, 1]``, shape ``(..., 3)``. Gray pictures have three equal channels.

        Returns
        -------
        Shape ``(..., input_channels)``, network units.
        """
        return self.without_hints(self.space.normalize_luminance(self.space.encode(rgb)[0]))

    def example(self, rgb: Array) -> tuple[Array, Array]:
        """Return what the network sees of pictures in color, and what it should answer.

        Parameters
        ----------
        rgb
            sRGB in ``[0, 1]``, shape ``(batch, height, width, 3)``.

        Returns
        -------
        inputs
            Shape ``(batch, height, width, input_channels)``, network units; without any hint.
        targets
            Shape ``(batch, ceil(height / stride), ceil(width / stride), output_channels)``, network units.
        """
        luminance, targets = self.space.encode(rgb)
        seen, answer = self.space.normalize(luminance, average_blocks(targets, self.stride))
        return self.without_hints(seen), answer

    def hint_layer(self, luminance: np.ndarray, colors: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Return the channels of hints that the network sees of a picture.

        Parameters
        ----------
        luminance
            The luminance of the picture, shape ``(height, width, 1)``, network units.
        colors
            sRGB in ``[0, 1]``, shape ``(height, width, 3)``. Of a hint only hue and chroma count.
        places
            Where there are hints, Booleans of shape ``(height, width)``.

        Returns
        -------
        float32, shape ``(height, width, hint_channels)``: targets in ``[0, 1]`` and the mask, all 0 where there is no
        hint.
        """
        layer = np.zeros((*places.shape, self.hint_channels), np.float32)
        layer[places, :-1] = self.space.to_unit(self.hinted_targets(luminance[places], colors[places]))
        layer[places, -1] = 1
        return layer

    def hinted_targets(self, luminance: np.ndarray, colors: np.ndarray) -> np.ndarray:
        """Return the targets of colors that keep their hue and chroma and take another luminance.

        Parameters
        ----------
        luminance
            Shape ``(..., 1)``, network units.
        colors
            sRGB in ``[0, 1]``, shape ``(..., 3)``.

        Returns
        -------
        Shape ``(..., len(space.targets))``, natural units.
        """
        _, chroma = _LAB.encode(colors)
        return self.with_chroma(luminance, chroma)

    def with_chroma(self, luminance: np.ndarray, chroma: np.ndarray) -> np.ndarray:
        """Return the targets, natural units, of a luminance in network units with a* and b*, shape ``(..., 2)``.

        Only targets that are a* and b* themselves hold a chroma that sRGB does not show at this luminance.
        """
        if isinstance(self.space, Lab):
            return chroma
        _, targets = self.space.encode(_LAB.decode(self.lightness(luminance), chroma))
        return np.asarray(targets)

    def lightness(self, luminance: np.ndarray) -> np.ndarray:
        """Return L* of gray pixels of a luminance in network units, shape ``(..., 1)``."""
        lightness, _ = _LAB.encode(self.space.gray(self.space.denormalize_luminance(luminance)))
        return np.asarray(lightness)

    def chroma(self, luminance: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return a* and b* of a luminance in network units with targets in natural units: the inverse."""
        if isinstance(self.space, Lab):
            return targets
        _, chroma = _LAB.encode(self.space.decode(self.space.denormalize_luminance(luminance), targets))
        return np.asarray(chroma)

    def luminances(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the luminance of pictures, in natural and in network units, each of shape ``(..., 1)``.

        Parameters
        ----------
        values
            Gray or color pictures, floats in ``[0, 1]``, shape ``(..., 1 or 3)``.
        """
        # A gray photo takes the same way as the training photos: luma and L* are not the same thing.
        natural, _ = self.space.encode(np.broadcast_to(values, (*values.shape[:-1], 3)))
        return natural, self.space.normalize_luminance(natural)

    def colors(self, luminance: np.ndarray, predicted: np.ndarray, saturation: float = 1.0) -> np.ndarray:
        """Return the colors that a prediction stands for.

        Parameters
        ----------
        luminance
            The luminance at the size of the answer, shape ``(..., 1)``, network units.
        predicted
            The network's answer, shape ``(..., output_channels)``, network units.
        saturation
            The colors' distance from gray is multiplied by this.

        Returns
        -------
        Targets of the space, shape ``(..., len(space.targets))``, natural units.
        """
        colors = self.space.denormalize_targets(predicted)
        if saturation == 1:
            return np.asarray(colors)
        _, gray = self.space.encode(self.space.gray(self.space.denormalize_luminance(luminance)))
        return np.asarray(gray + saturation * (colors - gray))

    def plain_gray(self, pictures: np.ndarray) -> np.ndarray:
        """Return pictures without their colors: gray of the same luminance, in three channels, of the same dtype.

        Parameters
        ----------
        pictures
            uint8 in 0..255, uint16 in 0..65535 or floats in 0..1, shape ``(..., 3)``.
        """

        def gray(part: np.ndarray) -> np.ndarray:
            luminance, _ = self.space.encode(to_float(part))
            return from_float(self.space.gray(luminance), part.dtype)

        result: np.ndarray = in_strips(gray, pictures)
        return result

    def without_hints(self, luminance: Array) -> Array:
        """Return what the network sees of a luminance ``(..., 1)`` in network units, ``(..., input_channels)``."""
        return join_channels(luminance, *[0 * luminance] * self.hint_channels) if self.hints else luminance

    def answer_size(self, height: int, width: int) -> tuple[int, int]:
        """Return the height and width of the network's answer to a picture."""
        return ceil(height / self.stride), ceil(width / self.stride)


def average_blocks(values: Array, stride: int) -> Array:
    """Average over squares of pixels; those at the end of an odd size hold fewer.

    Parameters
    ----------
    values
        Shape ``(..., height, width, channels)``; tensors have exactly one dimension before the height.
    stride
        Pixels along each side of a square: a power of two.

    Returns
    -------
    Shape ``(..., ceil(height / stride), ceil(width / stride), channels)``.
    """
    # Halves again and again, as the network itself does, so that both divide an odd size in the same way.
    while stride > 1:
        values, stride = _halve(values), stride // 2
    return values


def _halve(values: Array) -> Array:
    if not isinstance(values, np.ndarray):
        from keras import ops

        return ops.average_pool(values, 2, 2, padding="same", data_format="channels_last")
    *leading, height, width, channels = values.shape
    filled = np.pad(values, [(0, 0)] * len(leading) + [(0, height % 2), (0, width % 2), (0, 0)], mode="edge")
    blocks = filled.reshape(*leading, ceil(height / 2), 2, ceil(width / 2), 2, channels)
    return blocks.mean(axis=(-4, -2))
