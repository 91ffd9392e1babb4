"""The model file: one ``.keras`` archive that plain Keras opens too, with a member ``unetcolor.json``.

Loading takes nothing from the file on trust. The JSON is read against a closed schema, the network is built
by our own code, and of the weights only arrays of the names, shapes and dtypes of that network are read.
"""

from __future__ import annotations

import io
import json
import os
import re
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import keras

from unetcolor.errors import ModelLoadError

FORMAT = 1
RECORD = "unetcolor.json"
WEIGHTS = "model.weights.h5"
_LARGEST_RECORD = 1_000_000


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
        How the network was trained: a flat record of numbers and names.
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


_KINDS = {
    "space": dict,
    "provider": dict,
    "network": dict,
    "image_size": list,
    "training": dict,
    "unetcolor": str,
    "format": int,
}


# The options of build_unet that are kept, and the types that they have in JSON.
_NETWORK_KINDS: dict[str, tuple[type, ...]] = {
    "filters": (list,),
    "convolutions": (int,),
    "dropout": (int, float),
    "momentum": (int, float),
    "upsampling": (str,),
    "skip_connections": (bool,),
}


def write_model(path: str | os.PathLike[str], model: keras.Model, record: Record) -> None:
    """Write a model file: to a temporary file beside it first, so that a crash leaves the old one whole."""
    path = Path(path)
    if path.suffix != ".keras":
        raise ValueError(f"a model's file name ends in .keras, which {path.name!r} does not")
    # Without its compilation: a loss of the user's own would keep plain Keras from opening the file.
    plain = keras.Model(model.inputs, model.outputs, name=model.name)
    handle, name = tempfile.mkstemp(suffix=".keras", prefix=f".{path.stem}-", dir=path.parent)
    os.close(handle)
    try:
        plain.save(name)
        with zipfile.ZipFile(name, "a") as archive:
            archive.writestr(RECORD, json.dumps(vars(record), indent=2))
        with open(name, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_record(path: str | os.PathLike[str]) -> Record:
    """Read and check ``unetcolor.json`` of a model file.

    Raises
    ------
    ModelLoadError
        There is no such file, it is not a model of unetcolor, or its record is damaged.
    """
    content = _read_member(path, RECORD, _LARGEST_RECORD)
    try:
        values = json.loads(content)
    except ValueError as error:
        raise ModelLoadError(f"{path}: {RECORD} is damaged: {error}") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        given = values.get("format") if isinstance(values, dict) else values
        raise ModelLoadError(f"{path}: this version of unetcolor reads model format {FORMAT}, not {given!r}")
    if values.keys() != _KINDS.keys():
        odd = ", ".join(sorted(values.keys() ^ _KINDS.keys()))
        raise ModelLoadError(f"{path}: {RECORD} has missing or unknown entries: {odd}")
    for key, kind in _KINDS.items():
        if type(values[key]) is not kind:
            raise ModelLoadError(f"{path}: {RECORD}: {key} must be a {kind.__name__}, not {values[key]!r}")
    size = values["image_size"]
    _check_network(path, values["network"])
    if len(size) != 2 or not all(type(n) is int and n > 0 for n in size):
        raise ModelLoadError(f"{path}: {RECORD}: image_size must be two positive numbers, not {size!r}")
    provider = values["provider"]
    if provider.keys() != {"package", "version"} or not all(isinstance(v, str) for v in provider.values()):
        raise ModelLoadError(f"{path}: {RECORD}: provider must hold a package and a version, not {provider!r}")
    return Record(**values)


def _check_network(path: str | os.PathLike[str], network: dict[str, Any]) -> None:
    """Check the kinds of the network's options, and that the file is as large as their weights must be."""
    if network.keys() != _NETWORK_KINDS.keys():
        odd = ", ".join(sorted(network.keys() ^ _NETWORK_KINDS.keys()))
        raise ModelLoadError(f"{path}: {RECORD}: network has missing or unknown entries: {odd}")
    for key, kinds in _NETWORK_KINDS.items():
        if type(network[key]) not in kinds:
            raise ModelLoadError(f"{path}: {RECORD}: network: {key} cannot be {network[key]!r}")
    filters = network["filters"]
    if not all(type(width) is int and width > 0 for width in filters):
        raise ModelLoadError(f"{path}: {RECORD}: network: filters must be positive numbers, not {filters!r}")
    # The 3x3 convolutions on the way down, of at least 2 bytes a weight: a short file that declares a huge
    # network is refused before memory is taken for it.
    before = [1, *filters[:-1]]
    weights = sum(9 * w * (b + (network["convolutions"] - 1) * w) for b, w in zip(before, filters, strict=True))
    if 2 * weights > os.path.getsize(path):
        raise ModelLoadError(f"{path}: {RECORD} declares a network that is larger than the file")


def read_weights(path: str | os.PathLike[str], model: keras.Model) -> None:
    """Fill a model with the weights of a model file.

    Raises
    ------
    ModelLoadError
        The file does not hold exactly this network's arrays.
    """
    variables = _names_in_file(model)
    # Twice the size of float32, and room for the file's own structure.
    content = _read_member(path, WEIGHTS, largest=8 * model.count_params() + 4_000_000)
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            arrays = {name: _read_array(file, name, variable) for name, variable in variables.items()}
    except ModelLoadError as error:
        raise ModelLoadError(f"{path}: {error}") from error
    # What damaged HDF5 data raises depends on where the damage is.
    except Exception as error:
        raise ModelLoadError(f"{path}: the weights are damaged: {error}") from error
    for name, variable in variables.items():
        variable.assign(arrays[name])


def _names_in_file(model: keras.Model) -> dict[str, Any]:
    """Return the model's variables by the name of their array in Keras' weights file.

    Keras names a layer by its class in snake case, numbered from the second on, in the order of the layers.
    """
    names: dict[str, Any] = {}
    seen: Counter[str] = Counter()
    for layer in model.layers:
        kind = re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", type(layer).__name__).lower()
        group = f"{kind}_{seen[kind]}" if seen[kind] else kind
        seen[kind] += 1
        for i, variable in enumerate(layer.weights):
            names[f"layers/{group}/vars/{i}"] = variable
    return names


def _read_array(file: h5py.File, name: str, variable: Any) -> Any:
    """Read one array after making sure that it is plain data of the variable's shape and dtype."""
    place: Any = file
    for part in name.split("/"):
        if not isinstance(place, h5py.Group) or not isinstance(place.get(part, getlink=True), h5py.HardLink):
            raise ModelLoadError(f"the weights lack the array {name}, which this network has")
        place = place[part]
    shape, dtype = tuple(variable.shape), variable.dtype
    if not isinstance(place, h5py.Dataset) or place.shape != shape or place.dtype != dtype:
        raise ModelLoadError(f"the weights' {name} must be an array of shape {shape} and dtype {dtype}, not {place!r}")
    # External and virtual data live in other files; chunks and filters can claim memory beyond the shape.
    if place.external or place.is_virtual or place.chunks:
        raise ModelLoadError(f"the weights' {name} is not stored as plain data")
    return place[()]


def _read_member(path: str | os.PathLike[str], name: str, largest: int) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            if name not in archive.namelist():
                raise ModelLoadError(f"{path} is no model of unetcolor: it has no {name}")
            member = archive.getinfo(name)
            # Keras does not compress, so what is compressed could only be made to swell.
            if member.file_size > largest or (name == WEIGHTS and member.compress_type != zipfile.ZIP_STORED):
                raise ModelLoadError(f"{path}: {name} is larger than this network's, or compressed")
            return archive.read(name)
    except FileNotFoundError as error:
        raise ModelLoadError(f"{path}: there is no such file") from error
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        if isinstance(error, ModelLoadError):
            raise
        raise ModelLoadError(f"{path} is not a readable .keras file: {error}") from error


def _umask() -> int:
    # The only way to ask for it is to set it.
    mask = os.umask(0)
    os.umask(mask)
    return mask
