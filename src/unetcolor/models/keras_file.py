"""The model file: one ``.keras`` archive that plain Keras opens too, with a member ``unetcolor.json``.

Loading takes nothing from the file on trust. The JSON is read against a closed schema, the network is built
by our own code, and of the weights only arrays of the names, shapes and dtypes of that network are read.
"""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from unetcolor._files import replacing
from unetcolor.codec import Codec
from unetcolor.errors import ModelLoadError
from unetcolor.models.record import RECORD, Record, encoder_of, parse_record, space_of
from unetcolor.networks.options import UNetOptions
from unetcolor.networks.unet import build_unet

WEIGHTS = "model.weights.h5"
_LARGEST_RECORD = 1_000_000

# In half precision, arrays of no more values stay in float32. They take little room, and what rounding does to them,
# such as first kernels, biases and statistics, is what one would see.
_LARGE_ARRAY = 10_000


def write_model(
    path: str | os.PathLike[str], model: keras.Model, record: Record, *, half_precision: bool = False
) -> None:
    """Write a model file: to a temporary file next to it first, so that a crash leaves the old one whole."""
    if Path(path).suffix != ".keras":
        raise ValueError(f"a model's file name ends in .keras, which {Path(path).name!r} does not")
    if not all(np.isfinite(values).all() for values in model.get_weights()):
        raise ValueError("the network's weights are not finite: its training diverged; nothing was written")
    # Without its compilation: a loss of the user's own would keep plain Keras from opening the file.
    plain = keras.Model(model.input, model.output, name=model.name)
    with replacing(path) as temporary:
        plain.save(temporary)
        _require_readable(temporary, plain)
        if half_precision:
            _halve(temporary)
        with zipfile.ZipFile(temporary, "a") as archive:
            archive.writestr(RECORD, json.dumps(record.to_json(), indent=2))


def read_record(path: str | os.PathLike[str]) -> Record:
    """Read and check ``unetcolor.json`` of a model file.

    Raises
    ------
    ModelLoadError
        There is no such file, it is not a model of unetcolor, or its record is damaged.
    """
    return parse_record(path, _read_member(path, RECORD, _LARGEST_RECORD))


@dataclass(frozen=True)
class LoadedNetwork:
    """What a model file holds: its record, the codec that belongs to the network, and the network with its weights."""

    record: Record
    codec: Codec
    network: keras.Model


def load_network(path: str | os.PathLike[str], *, encoder: keras.Model | None = None) -> LoadedNetwork:
    """Read a model file: the network is built by our own code, and filled with the file's weights.

    Parameters
    ----------
    path
        The file.
    encoder
        The encoder that the network was built with, if it was one of the user's own; it is copied.

    Raises
    ------
    ModelLoadError
        The file is missing, damaged, or not a colorizer, or it needs a color space or an encoder that is not there.
    """
    record = read_record(path)
    codec = Codec(space_of(path, record), record.network.head_stride, record.hints)
    # A copy: the weights of the file are not to change the encoder that was given, nor what else is made of it.
    encoder = encoder_of(path, record) if encoder is None else keras.models.clone_model(encoder)
    try:
        network = build_colorizer_network(codec, record.network, encoder, record.training["seed"])
    except (TypeError, ValueError) as error:
        raise ModelLoadError(f"{path}: the network cannot be built: {error}") from error
    read_weights(path, network)
    return LoadedNetwork(record, codec, network)


def build_colorizer_network(
    codec: Codec, options: UNetOptions, encoder: keras.Model | None, seed: int | None
) -> keras.Model:
    """Build the network of a colorizer, under the names that its file knows."""
    return build_unet(
        codec.input_channels,
        codec.output_channels,
        hint_channels=codec.hint_channels,
        activation=codec.space.activation,
        seed=seed,
        name="colorizer",
        **{**options.to_json(), "encoder": encoder},
    )


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
            _refuse_other_arrays(file, variables.keys())
            arrays = {name: _read_array(file, name, variable) for name, variable in variables.items()}
    except ModelLoadError as error:
        raise ModelLoadError(f"{path}: {error}") from error
    # What damaged HDF5 data raises depends on where the damage is.
    except Exception as error:
        raise ModelLoadError(f"{path}: the weights are damaged: {error}") from error
    for name, variable in variables.items():
        variable.assign(arrays[name])


def _require_readable(path: Path, model: keras.Model) -> None:
    """Raise if :func:`read_weights` would not know every array: layers within layers are filed in ways of their own."""
    names = _names_in_file(model).keys()
    with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read(WEIGHTS)), "r") as file:
        try:
            _refuse_other_arrays(file, names)
        except ModelLoadError as error:
            raise ValueError(f"this network cannot be read back, so nothing was written: {error}") from error


def _halve(path: Path) -> None:
    """Rewrite a ``.keras`` file with its large arrays in float16, which Keras reads as well."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    halved = io.BytesIO()
    with h5py.File(io.BytesIO(members[WEIGHTS]), "r") as source, h5py.File(halved, "w") as target:

        def copy(name: str, item: Any) -> None:
            if not isinstance(item, h5py.Dataset):
                target.require_group(name).attrs.update(item.attrs)
                return
            is_large = item.dtype == np.float32 and item.size > _LARGE_ARRAY
            with np.errstate(over="ignore"):
                values = item[()].astype(np.float16) if is_large else item[()]
            if is_large and not np.isfinite(values).all():
                raise ValueError("the network's weights are too large for float16: save them in full precision")
            target.create_dataset(name, data=values)

        source.visititems(copy)
    members[WEIGHTS] = halved.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _names_in_file(model: keras.Model, prefix: str = "layers") -> dict[str, Any]:
    """Return the model's variables by the name of their array in Keras' weights file.

    Keras names a layer by its class in snake case, numbered from the second on, in the order of the layers.
    """
    names: dict[str, Any] = {}
    seen: Counter[str] = Counter()
    for layer in model.layers:
        kind = re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", type(layer).__name__).lower()
        group = f"{kind}_{seen[kind]}" if seen[kind] else kind
        seen[kind] += 1
        if isinstance(layer, keras.Model):
            names |= _names_in_file(layer, f"{prefix}/{group}/layers")
            continue
        for i, variable in enumerate(layer.weights):
            names[f"{prefix}/{group}/vars/{i}"] = variable
    return names


def _read_array(file: h5py.File, name: str, variable: Any) -> Any:
    """Read one array after making sure that it is plain data of the variable's shape and dtype."""
    place: Any = file
    for part in name.split("/"):
        if not isinstance(place, h5py.Group) or not isinstance(place.get(part, getlink=True), h5py.HardLink):
            raise ModelLoadError(f"the weights lack the array {name}, which this network has")
        place = place[part]
    shape = tuple(variable.shape)
    dtypes = ("float32", "float16") if variable.dtype == "float32" else (variable.dtype,)
    if not isinstance(place, h5py.Dataset) or place.shape != shape or place.dtype not in dtypes:
        raise ModelLoadError(
            f"the weights' {name} must be an array of shape {shape} and dtype {' or '.join(dtypes)}, not {place!r}; an "
            "encoder of your own is to be passed to load as encoder="
        )
    # External and virtual data live in other files; chunks and filters can claim memory beyond the shape.
    if place.external or place.is_virtual or place.chunks:
        raise ModelLoadError(f"the weights' {name} is not stored as plain data")
    values = place[()]
    if not np.isfinite(values).all():
        raise ModelLoadError(f"the weights' {name} holds values that are not finite")
    return values


def _refuse_other_arrays(file: h5py.File, names: Iterable[str]) -> None:
    found: set[str] = set()
    file.visititems(lambda name, item: found.add(name) if isinstance(item, h5py.Dataset) else None)
    # Dropout keeps the state of its random numbers, which prediction does not need.
    others = sorted(name for name in found.difference(names) if "/seed_generator/" not in name)
    if others:
        raise ModelLoadError(f"the weights hold the array {others[0]}, which this network has not")


def _read_member(path: str | os.PathLike[str], name: str, largest: int) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            if name not in archive.namelist():
                raise ModelLoadError(f"{path} is no model of unetcolor: it has no {name}")
            member = archive.getinfo(name)
            # Neither Keras nor we compress, so what is compressed could only be made to swell.
            if member.file_size > largest or member.compress_type != zipfile.ZIP_STORED:
                raise ModelLoadError(f"{path}: {name} is larger than it can be, or compressed")
            return archive.read(name)
    except FileNotFoundError as error:
        raise ModelLoadError(f"{path}: there is no such file") from error
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        if isinstance(error, ModelLoadError):
            raise
        raise ModelLoadError(f"{path} is not a readable .keras file: {error}") from error
