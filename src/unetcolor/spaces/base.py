"""The contract of a color space: declare the channels, define ``encode`` and ``decode``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar, final

import numpy as np
from typing_extensions import override

from unetcolor.errors import ColorSpaceError
from unetcolor.spaces.arrays import Array, constant


@dataclass(frozen=True)
class Channel:
    """One channel of a color space: its name, and the range of its values in natural units.

    Parameters
    ----------
    name
        The symbol used in the literature, for example ``"L*"``.
    low, high
        The ends of the range, which normalization maps to 0 and 1. Every sRGB color lies between them.

    Examples
    --------
    >>> Channel("L*", 0.0, 100.0)
    Channel(name='L*', low=0.0, high=100.0)
    """

    name: str
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.name or not isinstance(self.name, str):
            raise ColorSpaceError(f"a channel's name must be a non-empty string, not {self.name!r}")
        if not (isfinite(self.low) and isfinite(self.high) and self.low < self.high):
            raise ColorSpaceError(
                f"channel {self.name!r}: low must be below high, both finite; got {self.low} and {self.high}"
            )


class ColorSpace(ABC):
    """A color space: what the network sees of a picture, what it predicts, and how to get back to a picture.

    A subclass declares ``name``, ``luminance`` and ``targets``, and defines ``encode`` and ``decode`` with
    the functions of :mod:`unetcolor.spaces.arrays`, so that one source serves NumPy, eager tensors,
    ``tf.data`` and functional models. Everything else is computed here. A space whose network predicts
    something other than the targets themselves, such as their probabilities, overrides ``output_channels``,
    ``normalize_targets`` and ``denormalize_targets``.

    Attributes
    ----------
    name : str
        The name in the registry: lower case, an identifier.
    luminance : Channel
        The channel that the network sees, and that ``decode`` keeps.
    targets : tuple of Channel
        The channels that the network predicts, or that its prediction represents.
    activation : str
        Activation of the network's head: a name that Keras knows.
    loss : str, callable or None
        Loss to train with: a name that Keras knows, or a method ``(truth, predicted)`` that returns one value for each
        pixel; None leaves the choice to the colorizer.
    precision : float
        How much targets may change by ``normalize_targets`` followed by ``denormalize_targets``, in natural units.

    Examples
    --------
    >>> from unetcolor import get_color_space
    >>> space = get_color_space("lab")
    >>> luminance, targets = space.encode(np.array([[1.0, 0.0, 0.0]]))
    >>> luminance.round(1), targets.round(1)
    (array([[53.2]]), array([[80.1, 67.2]]))
    >>> space.decode(luminance, targets).round(3)
    array([[1., 0., 0.]])
    """

    name: ClassVar[str]
    luminance: ClassVar[Channel]
    targets: ClassVar[tuple[Channel, ...]]
    activation: ClassVar[str] = "sigmoid"
    loss: Any = None
    precision: ClassVar[float] = 0.0

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # ABCMeta fills __abstractmethods__ only after this hook, so ask the functions themselves.
        abstract = any(getattr(getattr(cls, name), "__isabstractmethod__", False) for name in ("encode", "decode"))
        if not abstract:
            _check_declaration(cls)

    @abstractmethod
    def encode(self, rgb: Array) -> tuple[Array, Array]:
        """Split a picture into luminance and target channels, in natural units.

        Parameters
        ----------
        rgb
            sRGB, floats in ``[0, 1]``, shape ``(..., 3)``. It is not modified.

        Returns
        -------
        luminance
            Shape ``(..., 1)``, between ``luminance.low`` and ``luminance.high``.
        targets
            Shape ``(..., len(targets))``, each between its channel's ``low`` and ``high``.
        """

    @abstractmethod
    def decode(self, luminance: Array, targets: Array) -> Array:
        """Join luminance and targets, both in natural units, into a picture of that luminance.

        Whatever the targets are, the picture keeps its luminance: a color that sRGB cannot show is pulled
        toward the gray of equal luminance.

        Parameters
        ----------
        luminance
            Shape ``(..., 1)``, between ``luminance.low`` and ``luminance.high``.
        targets
            Shape ``(..., len(targets))``, any finite values.

        Returns
        -------
        rgb
            sRGB in ``[0, 1]``, shape ``(..., 3)``.
        """

    def get_config(self) -> dict[str, Any]:
        """Return the name of this space and the arguments of its constructor, as JSON can hold them, to rebuild it."""
        return {"name": self.name}

    @property
    def output_channels(self) -> int:
        """Number of channels that the network predicts."""
        return len(self.targets)

    @final
    def normalize_luminance(self, luminance: Array) -> Array:
        """Map luminance ``(..., 1)`` to ``[0, 1]``."""
        return _to_unit(luminance, (self.luminance,))

    @final
    def denormalize_luminance(self, luminance: Array) -> Array:
        """Map ``[0, 1]`` to luminance ``(..., 1)``: the inverse of :meth:`normalize_luminance`."""
        return _from_unit(luminance, (self.luminance,))

    def normalize_targets(self, targets: Array) -> Array:
        """Map targets ``(..., len(targets))`` to predictions ``(..., output_channels)`` in ``[0, 1]``."""
        return self.to_unit(targets)

    @final
    def to_unit(self, targets: Array) -> Array:
        """Map targets ``(..., len(targets))`` to ``[0, 1]``, each channel's ``low`` to 0 and its ``high`` to 1.

        This is how hints travel, whatever the network predicts.
        """
        return _to_unit(targets, self.targets)

    def denormalize_targets(self, predicted: Array) -> Array:
        """Map predictions of the network to targets: the inverse of :meth:`normalize_targets`, within ``precision``."""
        return _from_unit(predicted, self.targets)

    @final
    def normalize(self, luminance: Array, targets: Array) -> tuple[Array, Array]:
        """Map natural units to network units: each channel's ``[low, high]`` to ``[0, 1]``, or as the space defines it.

        Examples
        --------
        >>> from unetcolor import get_color_space
        >>> get_color_space("lab").normalize(np.array([50.0]), np.array([-128.0, 127.0]))
        (array([0.5]), array([0., 1.]))
        """
        return self.normalize_luminance(luminance), self.normalize_targets(targets)

    @final
    def denormalize(self, luminance: Array, targets: Array) -> tuple[Array, Array]:
        """Map network units back to natural units; the inverse of :meth:`normalize`."""
        return self.denormalize_luminance(luminance), self.denormalize_targets(targets)

    @final
    def gray(self, luminance: np.ndarray) -> np.ndarray:
        """Return the gray picture of a luminance: how a photo looks before it is colorized.

        Parameters
        ----------
        luminance
            NumPy array of shape ``(..., 1)``, natural units.

        Returns
        -------
        rgb
            sRGB in ``[0, 1]``, shape ``(..., 3)``, with equal channels.
        """
        levels = np.linspace(0.0, 1.0, 1025)
        of_levels, _ = self.encode(np.repeat(levels[:, np.newaxis], 3, axis=1))
        gray = np.interp(luminance, of_levels[:, 0], levels).astype(luminance.dtype)
        return np.repeat(gray, 3, axis=-1)

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ColorSpace):
            return NotImplemented
        return type(self) is type(other) and self.get_config() == other.get_config()

    @override
    def __hash__(self) -> int:
        return hash(type(self))

    @override
    def __repr__(self) -> str:
        arguments = ", ".join(f"{k}={v!r}" for k, v in self.get_config().items() if k != "name")
        return f"{type(self).__name__}({arguments})"


def _bounds(channels: tuple[Channel, ...], like: Array) -> tuple[Array, Array]:
    low = constant([c.low for c in channels], like)
    span = constant([c.high - c.low for c in channels], like)
    return low, span


def _to_unit(values: Array, channels: tuple[Channel, ...]) -> Array:
    return _by_rows(lambda values, low, span: (values - low) / span, values, *_bounds(channels, values))


def _from_unit(values: Array, channels: tuple[Channel, ...]) -> Array:
    return _by_rows(lambda values, low, span: values * span + low, values, *_bounds(channels, values))


def _by_rows(convert: Callable[[Array, Array, Array], Array], values: Array, low: Array, span: Array) -> Array:
    """Apply a conversion of channels; NumPy is several times slower along an axis as short as that of the channels."""
    if not isinstance(values, np.ndarray) or values.ndim == 1:
        return convert(values, low, span)
    *leading, width, channels = values.shape
    rows = values.reshape(*leading, width * channels)
    return convert(rows, np.tile(low, width), np.tile(span, width)).reshape(*leading, width, len(low))


def _check_declaration(cls: type[ColorSpace]) -> None:
    """Raise if a concrete color space lacks a declaration, or has one of the wrong kind."""
    where = f"color space class {cls.__name__}"
    missing = [name for name in ("name", "luminance", "targets") if not hasattr(cls, name)]
    if missing:
        raise ColorSpaceError(f"{where} does not declare {', '.join(missing)}")
    if not isinstance(cls.name, str) or not cls.name.isidentifier() or cls.name != cls.name.lower():
        raise ColorSpaceError(f"{where}: name must be a lower-case identifier such as 'lab', not {cls.name!r}")
    if not isinstance(cls.luminance, Channel):
        raise ColorSpaceError(f"{where}: luminance must be a Channel, not {cls.luminance!r}")
    is_channels = isinstance(cls.targets, tuple) and all(isinstance(c, Channel) for c in cls.targets)
    if not is_channels or not cls.targets:
        raise ColorSpaceError(f"{where}: targets must be a non-empty tuple of Channel, not {cls.targets!r}")
    final_names = (
        *("normalize", "normalize_luminance", "to_unit"),
        *("denormalize", "denormalize_luminance", "gray"),
    )
    overridden = [name for name in final_names if getattr(cls, name) is not getattr(ColorSpace, name)]
    if overridden:
        raise ColorSpaceError(f"{where} overrides {', '.join(overridden)}, which is final")
