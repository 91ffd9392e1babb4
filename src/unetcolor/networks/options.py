"""The options of a U-Net, written once: their defaults, what they may be, and how a model file keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any, Literal, Self, get_args

from unetcolor._checks import share, size_of_network, true_or_false, whole_number
from unetcolor.errors import counted, shown, shown_names

Upsampling = Literal["transpose", "nearest"]

# What no network for pictures needs, and what a model file of a few bytes could ask for: each limit is far above the
# classic U-Net, of 5 stages, 256 filters, 2 convolutions and 2 million weights. Ten stages shrink any picture that a
# network sees to a few pixels.
MOST_STAGES = 10
MOST_FILTERS = 4096
MOST_CONVOLUTIONS = 8
MOST_WEIGHTS = 100_000_000

_LONGEST_NAME = 200

# Values of the largest feature map of one picture: half a gigabyte.
_MOST_VALUES = 2**27


@dataclass(frozen=True, kw_only=True)
class UNetOptions:
    """What can be chosen of a network of :func:`unetcolor.build_unet`, which explains each option.

    Sequences become tuples and numbers plain Python ones, so that equal options compare equal.

    Attributes
    ----------
    encoder
        Name of the encoder: that of a built-in one, or the name of a model of the user's; None for none.
    filters, convolutions, dropout, momentum, upsampling, skip_connections, head_stride
        As in :func:`unetcolor.build_unet`.

    Raises
    ------
    ValueError
        An option is out of its range, or cannot be what it has to be.
    TypeError
        There is no option of that name.

    Examples
    --------
    >>> from unetcolor.networks.options import UNetOptions
    >>> options = UNetOptions(filters=[8, 16], dropout=0)
    >>> options.filters, options.dropout
    ((8, 16), 0.0)
    >>> UNetOptions.from_json(options.to_json()) == options
    True
    """

    encoder: str | None = None
    filters: Sequence[int] = (16, 32, 64, 128, 256)
    convolutions: int = 2
    dropout: float = 0.1
    momentum: float = 0.9
    upsampling: Upsampling = "transpose"
    skip_connections: bool = True
    head_stride: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.upsampling, str) or self.upsampling not in get_args(Upsampling):
            allowed = ", ".join(get_args(Upsampling))
            raise ValueError(f"upsampling must be one of {allowed}, not {shown(self.upsampling)}")
        if not isinstance(self.encoder, str | None):
            raise ValueError(f"encoder must be a name or None, not {shown(self.encoder)}")
        if len(self.encoder or "") > _LONGEST_NAME:
            raise ValueError(f"encoder must have at most {_LONGEST_NAME} letters, not those of {shown(self.encoder)}")
        plain: dict[str, Any] = {
            "filters": _filters(self.filters),
            "convolutions": whole_number("convolutions", self.convolutions, most=MOST_CONVOLUTIONS),
            "dropout": share("dropout", self.dropout),
            "momentum": share("momentum", self.momentum),
            "head_stride": whole_number("head_stride", self.head_stride, None, 2**MOST_STAGES),
            "skip_connections": true_or_false("skip_connections", self.skip_connections),
        }
        for name, value in plain.items():
            # The one way to fill a frozen instance.
            object.__setattr__(self, name, value)
        if self.least_weights > MOST_WEIGHTS:
            raise ValueError(
                f"filters must make a network of at most {MOST_WEIGHTS:,} weights, not {self.least_weights:,} and more "
                f"as {self.filters} do with {counted(self.convolutions, 'convolution')} a stage"
            )

    @property
    def least_weights(self) -> int:
        """The number of weights that a network of these options has at least: those of its 3x3 convolutions."""
        return sum(9 * width * (before + (self.convolutions - 1) * width) for before, width in self.stages)

    @property
    def stages(self) -> list[tuple[int, int]]:
        """The channels that the first convolution of each stage takes, at least, and those that all of it give."""
        filters = tuple(self.filters)
        way_down = list(pairwise([1, *filters])) if self.encoder is None else []
        way_up = filters[:-1] if self.encoder is None else filters
        return way_down + [(width, width) for depth, width in enumerate(way_up) if 2**depth >= self.head_stride]

    def require_room(self, image_size: Sequence[int]) -> None:
        """Raise a ValueError if pictures of a size ``(height, width)`` are too large for a network of these options."""
        height, width = size_of_network("image_size", image_size)
        values = max(height * width * filters // 4**depth for depth, filters in enumerate(self.filters))
        if values > _MOST_VALUES:
            raise ValueError(
                f"image_size must leave each feature map of a picture at most {_MOST_VALUES:,} values, not {values:,} "
                f"as {height} x {width} does with filters {self.filters}: take fewer filters or a smaller size"
            )

    def to_json(self) -> dict[str, Any]:
        """Return all options as plain values that fit JSON."""
        return {**asdict(self), "filters": list(self.filters)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` returned; options that an older file does not have are at their defaults.

        Raises
        ------
        ValueError
            An option is unknown, missing, of another type than :meth:`to_json` gives it, or out of its range.
        """
        names = {field.name for field in fields(cls)}
        # Files from before there were encoders lack these two.
        odd = values.keys() ^ names - ({"encoder", "head_stride"} - values.keys())
        if odd:
            raise ValueError(f"missing or unknown entries: {shown_names(odd)}")
        for name, example in cls().to_json().items():
            kinds: set[type] = {type(example), int} if isinstance(example, float) else {type(example)}
            if name == "encoder":
                kinds.add(str)
            # Not isinstance: True is an int.
            if name in values and type(values[name]) not in kinds:
                allowed = " or ".join(sorted(kind.__name__ for kind in kinds))
                raise ValueError(f"{name} must be {allowed}, not {shown(values[name])}")
        return cls(**values)


def _filters(given: Any) -> tuple[int, ...]:
    allowed = f"filters must be 1 to {MOST_STAGES} whole numbers from 1 to {MOST_FILTERS:,}, one for each stage"
    try:
        if isinstance(given, str | bytes | Mapping) or len(given) not in range(1, MOST_STAGES + 1):
            raise TypeError
        return tuple(whole_number("filters", width, most=MOST_FILTERS) for width in given)
    except (TypeError, ValueError):
        raise ValueError(f"{allowed}, not {shown(given)}") from None
