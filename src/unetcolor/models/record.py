"""The record in a model file, ``unetcolor.json``: what it holds, and the closed schema that it is read against."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, TypeAlias

from unetcolor._checks import LARGEST_SEED, MOST_EPOCHS
from unetcolor.errors import ColorSpaceError, ModelLoadError, printable, shown, shown_names
from unetcolor.networks.options import UNetOptions
from unetcolor.spaces import ColorSpace, get_color_space
from unetcolor.spaces.registry import provider_of

FORMAT = 1
RECORD = "unetcolor.json"

# Of bytes, letters of a name, figures of the last epoch, and whatever is counted: far above what a real model has.
LARGEST_RECORD = 100_000
_LONGEST_NAME = 200
_MOST_FIGURES = 200
_LARGEST_COUNT = 10**12


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
    name = str(getattr(loss, "name", None) or getattr(loss, "__name__", None) or loss)
    return name[:_LONGEST_NAME]


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
    "batch_size": (int, NoneType),
    "augment": (bool,),
    "seed": (int, NoneType),
    "loss": (str,),
    "optimizer": (str,),
    "final": (dict,),
}


def check_can_be_saved(space: ColorSpace) -> None:
    """Raise before a training, not after it, if its result could not be written."""
    try:
        size = len(json.dumps(space.get_config()))
    except TypeError as error:
        raise ColorSpaceError(f"the config of {space!r} does not fit JSON: {error}") from error
    if size > LARGEST_RECORD // 2:
        raise ColorSpaceError(f"the config of {space.name!r} is too large for a model file: {size:,} letters of JSON")
    # Only who has a network asks, so Keras is there.
    from keras import config

    dtype = config.dtype_policy().variable_dtype
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
        raise ModelLoadError(f"{path}: this version of unetcolor reads model format {FORMAT}, not {shown(given)}")
    values.setdefault("hints", False)
    where = f"{path}: {RECORD}"
    _check_kinds(where, "the record", values, _KINDS)
    _check_kinds(where, "provider", values["provider"], {"package": (str,), "version": (str,)})
    try:
        values["network"] = UNetOptions.from_json(_all_printable(values["network"]))
        values["network"].require_room(values["image_size"])
    except ValueError as error:
        raise ModelLoadError(f"{where}: {error}") from error
    check_training(where, values["training"])
    # The color space knows what is in its config.
    for name in ("provider", "training", "unetcolor"):
        values[name] = _all_printable(values[name])
    return Record(**values)


def check_training(where: str, training: Any) -> None:
    """Raise a ModelLoadError that begins with ``where`` unless this is what a training leaves behind."""
    if not isinstance(training, dict):
        raise ModelLoadError(f"{where}: training must be dict, not {shown(training)}")
    _check_kinds(where, "training", training, _TRAINING_KINDS)
    final = training["final"]
    if len(final) > _MOST_FIGURES or not all(
        type(value) is float and len(name) <= _LONGEST_NAME for name, value in final.items()
    ):
        raise ModelLoadError(f"{where}: training: final must hold numbers, not {shown(final)}")
    for name in ("epochs", "batch_size", "pictures", "seed"):
        most = MOST_EPOCHS if name == "epochs" else LARGEST_SEED if name == "seed" else _LARGEST_COUNT
        if not 0 <= (training[name] or 0) <= most:
            raise ModelLoadError(
                f"{where}: training holds a negative or too large number: {name} is {shown(training[name])}"
            )


def space_of(path: str | os.PathLike[str], record: Record) -> ColorSpace:
    """Return the color space that a model was trained in, or raise a ModelLoadError that says what to install."""
    package, version = record.provider["package"], record.provider["version"]
    name = shown(record.space.get("name"))
    try:
        space = get_color_space(record.space)
    except ColorSpaceError as error:
        remedy = f"pip install {package} (it was version {version})" if package else "register it before loading"
        raise ModelLoadError(f"{path} needs the color space {name}: {remedy}; {error}") from error
    provider = provider_of(space).package
    # A class moves from a script to a package as it grows up; but no script's is one of ours.
    is_other = _canonical(provider) != _canonical(package) and (package or provider == "unetcolor")
    if is_other:
        raise ModelLoadError(
            f"{path} was trained in a color space {name} of {package or 'a script'}, which here is one of "
            f"{provider or 'a script'}: install or register the one that it was trained in"
        )
    return space


def _canonical(package: str) -> str:
    """Return a distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", package).lower()


def _check_kinds(where: str, part: str, values: dict[str, Any], kinds: Kinds) -> None:
    """Check that a part of the record has exactly these entries, each of one of its types, and no long text."""
    if values.keys() != kinds.keys():
        odd = shown_names(values.keys() ^ kinds.keys())
        raise ModelLoadError(f"{where}: {part} has missing or unknown entries: {odd}")
    for key, allowed in kinds.items():
        value = values[key]
        # Not isinstance: True is an int.
        if type(value) not in allowed:
            names = " or ".join(kind.__name__ for kind in allowed)
            raise ModelLoadError(f"{where}: {part}: {key} must be {names}, not {shown(value)}")
        if isinstance(value, str) and len(value) > _LONGEST_NAME:
            raise ModelLoadError(f"{where}: {part}: {key} must have at most {_LONGEST_NAME} letters, not {len(value)}")


def _all_printable(value: Any) -> Any:
    """Return a part of the record whose texts cannot steer the terminal that they are shown in."""
    if isinstance(value, dict):
        return {printable(name): _all_printable(each) for name, each in value.items()}
    return printable(value) if isinstance(value, str) else value
