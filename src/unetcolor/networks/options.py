"""The options of a U-Net, written once: their defaults, what they may be, and how a model file keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

from unetcolor._checks import whole_number

Upsampling = Literal["transpose", "nearest"]

# More stages would shrink any picture to one pixel; a model file that asks for more is no model of ours.
MOST_STAGES = 16


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
        filters = _filters(self.filters)
        convolutions = _whole("convolutions", self.convolutions, least=1)
        if convolutions > MOST_STAGES:
            raise ValueError(f"convolutions must be at most {MOST_STAGES}, not {convolutions}")
        if self.skip_connections not in (True, False):
            raise ValueError(f"skip_connections must be True or False, not {self.skip_connections!r}")
        plain: dict[str, Any] = {
            "filters": filters,
            "convolutions": convolutions,
            "dropout": _share("dropout", self.dropout),
            "momentum": _share("momentum", self.momentum),
            "head_stride": _whole("head_stride", self.head_stride),
            "skip_connections": bool(self.skip_connections),
        }
        if self.upsampling not in get_args(Upsampling):
            raise ValueError(f"upsampling must be one of {', '.join(get_args(Upsampling))}, not {self.upsampling!r}")
        if not isinstance(self.encoder, str | None):
            raise ValueError(f"encoder must be a name or None, not {self.encoder!r}")
        for name, value in plain.items():
            # The one way to fill a frozen instance.
            object.__setattr__(self, name, value)

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
            raise ValueError(f"missing or unknown entries: {', '.join(sorted(odd))}")
        for name, example in cls().to_json().items():
            kinds: set[type] = {type(example), int} if isinstance(example, float) else {type(example)}
            if name == "encoder":
                kinds.add(str)
            # Not isinstance: True is an int.
            if name in values and type(values[name]) not in kinds:
                allowed = " or ".join(sorted(kind.__name__ for kind in kinds))
                raise ValueError(f"{name} must be {allowed}, not {values[name]!r}")
        return cls(**values)


def _filters(given: Any) -> tuple[int, ...]:
    try:
        filters = tuple(_whole("filters", width) for width in given)
    except (TypeError, ValueError):
        raise ValueError(f"filters must be whole numbers, one for each stage, not {given!r}") from None
    if not 1 <= len(filters) <= MOST_STAGES or any(width < 1 for width in filters):
        raise ValueError(f"filters must be 1 to {MOST_STAGES} positive numbers, one for each stage, not {filters}")
    return filters


def _whole(name: str, value: Any, least: int | None = None) -> int:
    if isinstance(value, bool):
        raise ValueError(f"{name} must be a whole number, not {value!r}")
    return whole_number(name, value, least)


def _share(name: str, value: Any) -> float:
    try:
        share = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number, not {value!r}") from None
    if not 0 <= share < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, not {share}")
    return share
