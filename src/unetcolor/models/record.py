"""The record in a model file, ``unetcolor.json``: what it holds, and the closed schema that it is read against."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from itertools import pairwise
from types import NoneType
from typing import Any, TypeAlias

import keras

from unetcolor._checks import height_and_width
from unetcolor.errors import ColorSpaceError, ModelLoadError
from unetcolor.networks.encoders import ENCODERS, get_encoder
from unetcolor.networks.options import UNetOptions
from unetcolor.spaces import ColorSpace, get_color_space
from unetcolor.spaces.registry import provider_of

FORMAT = 1
RECORD = "unetcolor.json"


@dataclass
class Record:
    """What a model file says of the weights, as it is written to ``unetcolor.json``.

    Attributes
    ----------
    space
        Config of the color space.
    provider
        ``package`` and ``version`` of the distribution that the color space comes from.
    network
        The options of the network.
    image_size
        ``[height, width]`` that the network was trained at.
    hints
        Whether the network takes hints. Files from before there were any do not say.
    training
        How the network was trained, as :attr:`unetcolor.UNetColorizer.training` shows it.
    unetcolor
        Version of unetcolor that wrote the file.
    format
        Version of this layout.
    """

    space: dict[str, Any]
    provider: dict[str, str]
    network: UNetOptions
    image_size: list[int]
    training: dict[str, Any]
    unetcolor: str
    hints: bool = False
    format: int = field(default=FORMAT)

    def to_json(self) -> dict[str, Any]:
        """Return the record as it is written."""
        return {**vars(self), "network": self.network.to_json()}


def name_of_loss(loss: Any) -> str:
    """Return the name of a loss, which may be a string, a function or an object."""
    return str(getattr(loss, "name", None) or getattr(loss, "__name__", None) or loss)


Kinds: TypeAlias = dict[str, tuple[type, ...]]

_KINDS: Kinds = {
    "space": (dict,),
    "provider": (dict,),
    "network": (dict,),
    "image_size": (list,),
    "training": (dict,),
    "unetcolor": (str,),
    "hints": (bool,),
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
    values.setdefault("hints", False)
    _check_kinds(path, "the record", values, _KINDS)
    _check_kinds(path, "provider", values["provider"], {"package": (str,), "version": (str,)})
    _check_kinds(path, "training", values["training"], _TRAINING_KINDS)
    try:
        values["network"] = UNetOptions.from_json(values["network"])
        height_and_width("image_size", values["image_size"])
    except ValueError as error:
        raise ModelLoadError(f"{path}: {RECORD}: {error}") from error
    _check_size_of_network(path, values["network"])
    training = values["training"]
    if not all(type(value) is float for value in training["final"].values()):
        raise ModelLoadError(f"{path}: {RECORD}: training: final must hold numbers, not {training['final']!r}")
    if min(training["epochs"], training["batch_size"], training["pictures"] or 0, training["seed"] or 0) < 0:
        raise ModelLoadError(f"{path}: {RECORD}: training holds a negative number: {training!r}")
    return Record(**values)


def space_of(path: str | os.PathLike[str], record: Record) -> ColorSpace:
    """Return the color space that a model was trained in, or raise a ModelLoadError that says what to install."""
    package, version = record.provider["package"], record.provider["version"]
    name = str(record.space.get("name"))[:100]
    try:
        space = get_color_space(record.space)
    except ColorSpaceError as error:
        remedy = f"pip install {package} (it was version {version})" if package else "register it before loading"
        raise ModelLoadError(f"{path} needs the color space {name!r}: {remedy}; {error}") from error
    provider = provider_of(space).package
    # A class moves from a script to a package as it grows up; but no script's is one of ours.
    is_other = _canonical(provider) != _canonical(package) and (package or provider == "unetcolor")
    if is_other:
        raise ModelLoadError(
            f"{path} was trained in a color space {name!r} of {package or 'a script'}, which here is one of "
            f"{provider or 'a script'}: install or register the one that it was trained in"
        )
    return space


def encoder_of(path: str | os.PathLike[str], record: Record) -> keras.Model | None:
    """Return the encoder that a model was built with, its weights still random, or None if it has none."""
    name = record.network.encoder
    if name is None:
        return None
    if name not in ENCODERS:
        raise ModelLoadError(
            f"{path} was built with the encoder {name[:100]!r}, which does not come with unetcolor: build it again and "
            "pass it to load as encoder="
        )
    return get_encoder(name, pretrained=False)


def _canonical(package: str) -> str:
    """Return a distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", package).lower()


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


def _check_size_of_network(path: str | os.PathLike[str], options: UNetOptions) -> None:
    """Check that the file is as large as the weights of its network must be."""
    filters, convolutions = options.filters, options.convolutions
    # The 3x3 convolutions, of at least 2 bytes a weight: a short file that declares a huge network is refused before
    # memory is taken for it.
    way_down = pairwise([1, *filters]) if options.encoder is None else []
    weights = sum(9 * w * (before + (convolutions - 1) * w) for before, w in way_down)
    way_up = filters[:-1] if options.encoder is None else filters
    weights += sum(9 * w * w * convolutions for depth, w in enumerate(way_up) if 2**depth >= options.head_stride)
    if 2 * weights > os.path.getsize(path):
        raise ModelLoadError(f"{path}: {RECORD} declares a network that is larger than the file")
