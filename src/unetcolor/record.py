"""The record in a model file, ``unetcolor.json``: what it holds, and the closed schema that it is read against."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, TypeAlias

import keras

from unetcolor.errors import ColorSpaceError, ModelLoadError
from unetcolor.spaces import ColorSpace, get_color_space
from unetcolor.spaces.registry import provider_of

FORMAT = 1
RECORD = "unetcolor.json"

_LARGEST_SIDE = 65_535
_DEEPEST = 16


@dataclass
class Record:
    """What a model file says beside the weights, as it is written to ``unetcolor.json``.

    Attributes
    ----------
    space
        Config of the color space.
    provider
        ``package`` and ``version`` of the distribution that the color space comes from.
    network
        The arguments of :func:`unetcolor.build_unet`.
    image_size
        ``[height, width]`` that the network was trained at.
    training
        How the network was trained, as :attr:`unetcolor.UNetColorizer.training` shows it.
    unetcolor
        Version of unetcolor that wrote the file.
    format
        Version of this layout.
    """

    space: dict[str, Any]
    provider: dict[str, str]
    network: dict[str, Any]
    image_size: list[int]
    training: dict[str, Any]
    unetcolor: str
    format: int = field(default=FORMAT)


Kinds: TypeAlias = dict[str, tuple[type, ...]]

_KINDS: Kinds = {
    "space": (dict,),
    "provider": (dict,),
    "network": (dict,),
    "image_size": (list,),
    "training": (dict,),
    "unetcolor": (str,),
    "format": (int,),
}

_TRAINING_KINDS: Kinds = {
    "epochs": (int,),
    "pictures": (int, NoneType),
    "batch_size": (int,),
    "augment": (bool,),
    "seed": (int, NoneType),
    "loss": (str,),
    "optimizer": (str,),
    "final": (dict,),
}

# The options of build_unet that are kept, and the types that they have in JSON.
_NETWORK_KINDS: Kinds = {
    "filters": (list,),
    "convolutions": (int,),
    "dropout": (int, float),
    "momentum": (int, float),
    "upsampling": (str,),
    "skip_connections": (bool,),
}


def check_can_be_saved(space: ColorSpace) -> None:
    """Raise before a training, not after it, if its result could not be written."""
    try:
        json.dumps(space.get_config())
    except TypeError as error:
        raise ColorSpaceError(f"the config of {space!r} does not fit JSON: {error}") from error
    dtype = keras.config.dtype_policy().variable_dtype
    if dtype != "float32":
        raise ValueError(f"weights are kept in float32, not {dtype}: use the policy 'float32' or a mixed one")


def parse_record(path: str | os.PathLike[str], content: bytes) -> Record:
    """Check the content of ``unetcolor.json``; ``path`` is the model file's, for the message of a ModelLoadError."""
    try:
        values = json.loads(content)
    # RecursionError: brackets within brackets, without end.
    except (ValueError, RecursionError) as error:
        raise ModelLoadError(f"{path}: {RECORD} is damaged: {error}") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        given = values.get("format") if isinstance(values, dict) else values
        raise ModelLoadError(f"{path}: this version of unetcolor reads model format {FORMAT}, not {given!r}")
    _check_kinds(path, "the record", values, _KINDS)
    _check_kinds(path, "provider", values["provider"], {"package": (str,), "version": (str,)})
    _check_kinds(path, "training", values["training"], _TRAINING_KINDS)
    _check_kinds(path, "network", values["network"], _NETWORK_KINDS)
    _check_network(path, values["network"])
    size = values["image_size"]
    if len(size) != 2 or not all(type(side) is int and 0 < side <= _LARGEST_SIDE for side in size):
        raise ModelLoadError(f"{path}: {RECORD}: image_size must be two numbers of 1..{_LARGEST_SIDE}, not {size!r}")
    final = values["training"]["final"]
    if not all(type(value) is float for value in final.values()):
        raise ModelLoadError(f"{path}: {RECORD}: training: final must hold numbers, not {final!r}")
    return Record(**values)


def space_of(path: str | os.PathLike[str], record: Record) -> ColorSpace:
    """Return the color space that a model was trained in, or raise a ModelLoadError that says what to install."""
    package, version = record.provider["package"], record.provider["version"]
    name = record.space.get("name")
    try:
        space = get_color_space(record.space)
    except ColorSpaceError as error:
        remedy = f"pip install {package} (it was version {version})" if package else "register it before loading"
        raise ModelLoadError(f"{path} needs the color space {name!r}: {remedy}; {error}") from error
    provider = provider_of(space).package
    if provider != package:
        raise ModelLoadError(
            f"{path} was trained in a color space {name!r} of {package or 'a script'}, which here is one of "
            f"{provider or 'a script'}: install or register the one that it was trained in"
        )
    return space


def _check_kinds(path: str | os.PathLike[str], where: str, values: dict[str, Any], kinds: Kinds) -> None:
    """Check that a part of the record has exactly these entries, each of one of its types."""
    if values.keys() != kinds.keys():
        odd = ", ".join(sorted(values.keys() ^ kinds.keys()))
        raise ModelLoadError(f"{path}: {RECORD}: {where} has missing or unknown entries: {odd}")
    for key, allowed in kinds.items():
        # Not isinstance: True is an int.
        if type(values[key]) not in allowed:
            names = " or ".join(kind.__name__ for kind in allowed)
            raise ModelLoadError(f"{path}: {RECORD}: {where}: {key} must be {names}, not {values[key]!r}")


def _check_network(path: str | os.PathLike[str], network: dict[str, Any]) -> None:
    """Check that the network is a sane one, and that the file is as large as its weights must be."""
    filters, convolutions = network["filters"], network["convolutions"]
    if not 1 <= len(filters) <= _DEEPEST or not all(type(width) is int and width > 0 for width in filters):
        raise ModelLoadError(f"{path}: {RECORD}: network: filters must be 1..{_DEEPEST} positive numbers: {filters!r}")
    if not 1 <= convolutions <= _DEEPEST:
        raise ModelLoadError(f"{path}: {RECORD}: network: convolutions must be 1..{_DEEPEST}, not {convolutions!r}")
    # The 3x3 convolutions on the way down, of at least 2 bytes a weight: a short file that declares a huge
    # network is refused before memory is taken for it.
    before = [1, *filters[:-1]]
    weights = sum(9 * w * (b + (convolutions - 1) * w) for b, w in zip(before, filters, strict=True))
    if 2 * weights > os.path.getsize(path):
        raise ModelLoadError(f"{path}: {RECORD} declares a network that is larger than the file")
