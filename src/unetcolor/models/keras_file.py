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
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from unetcolor._files import replacing
from unetcolor._forking import about_to_compute
from unetcolor.codec import Codec
from unetcolor.errors import ModelLoadError, shown, shown_names
from unetcolor.models.archive import LARGEST_FILE, Member, open_member, read_member
from unetcolor.models.record import LARGEST_RECORD, RECORD, Record, parse_record, space_of
from unetcolor.networks.encoders import ENCODERS, get_encoder
from unetcolor.networks.options import UNetOptions
from unetcolor.networks.precision import halved
from unetcolor.networks.unet import build_unet

WEIGHTS = "model.weights.h5"

# Groups and arrays in the weights, and groups within groups: the presets have some hundreds, and four.
_MOST_OBJECTS = 10_000
_DEEPEST = 20


def write_model(
    path: str | os.PathLike[str], model: keras.Model, record: Record, *, half_precision: bool = False
) -> None:
    """Write a model file: to a temporary file next to it first, so that a crash leaves the old one whole."""
    if Path(path).suffix != ".keras":
        raise ValueError(f"a model's file name ends in .keras, which {Path(path).name!r} does not")
    if not all(np.isfinite(values).all() for values in model.get_weights()):
        raise ValueError("the network's weights are not finite: its training diverged; nothing was written")
    if 4 * model.count_params() > LARGEST_FILE - 4_000_000:
        raise ValueError(f"the network is too large for a model file: {model.count_params():,} weights")
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
    return parse_record(path, read_member(path, RECORD, LARGEST_RECORD))


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
    about_to_compute()
    record = read_record(path)
    codec = Codec(space_of(path, record), record.network.head_stride, record.hints)
    # A copy: the weights of the file are not to change the encoder that was given, nor what else is made of it.
    encoder = _encoder_of(path, record) if encoder is None else _copy_of(encoder)
    with open_member(path, WEIGHTS) as member, _as_weights(path, member) as file:
        arrays = _arrays_in(file)
        _require_content(record.network, member, arrays)
        try:
            network = build_colorizer_network(codec, record.network, encoder, record.training["seed"])
        except (TypeError, ValueError) as error:
            raise ModelLoadError(f"the network cannot be built: {error}") from error
        _require_size(network, member)
        member.require_whole()
        _fill(network, arrays)
    return LoadedNetwork(record, codec, network)


def _encoder_of(path: str | os.PathLike[str], record: Record) -> keras.Model | None:
    """Return the encoder that a model was built with, its weights still random, or None if it has none."""
    name = record.network.encoder
    if name is None:
        return None
    if name not in ENCODERS:
        raise ModelLoadError(
            f"{path} was built with the encoder {shown(name)}, which does not come with unetcolor: build it again and "
            "pass it to load as encoder="
        )
    return get_encoder(name, pretrained=False)


def _copy_of(encoder: Any) -> keras.Model:
    if not isinstance(encoder, keras.Model):
        raise TypeError(f"encoder must be a keras.Model, built as for the training, not {shown(encoder)}")
    return keras.models.clone_model(encoder)


def build_colorizer_network(
    codec: Codec, options: UNetOptions, encoder: keras.Model | None, seed: int | None
) -> keras.Model:
    """Build the network of a colorizer, under the names that its file knows."""
    about_to_compute()
    return build_unet(
        codec.input_channels,
        codec.output_channels,
        hint_channels=codec.hint_channels,
        activation=codec.space.activation,
        seed=seed,
        name="colorizer",
        **{**options.to_json(), "encoder": encoder},
    )


@contextmanager
def _as_weights(path: str | os.PathLike[str], member: Member) -> Iterator[h5py.File]:
    """Open the weights of a model file; what goes wrong with them is told with the file's path."""
    try:
        with h5py.File(member, "r") as file:
            yield file
    except ModelLoadError as error:
        raise ModelLoadError(f"{path}: {error}") from error
    # What damaged HDF5 data raises depends on where the damage is.
    except Exception as error:
        raise ModelLoadError(f"{path}: the weights are damaged: {error}") from error


def _arrays_in(file: h5py.File) -> dict[str, h5py.Dataset]:
    """Return the arrays of a weights file by their names, without those that are links to elsewhere.

    HDF5's own walk goes from group to group by recursion, which deep files would overflow.
    """
    arrays: dict[str, h5py.Dataset] = {}
    groups: list[tuple[str, int, h5py.Group]] = [("", 0, file)]
    objects = 0
    while groups:
        before, depth, group = groups.pop()
        for key in group:
            objects += 1
            if objects > _MOST_OBJECTS or depth > _DEEPEST:
                raise ModelLoadError("the weights hold more groups than a network has layers")
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                continue
            item = group[key]
            if isinstance(item, h5py.Group):
                groups.append((f"{before}{key}/", depth + 1, item))
            elif isinstance(item, h5py.Dataset):
                arrays[f"{before}{key}"] = item
    return arrays


def _require_content(options: UNetOptions, member: Member, arrays: Mapping[str, h5py.Dataset]) -> None:
    """Raise before memory is taken for a huge network that a short file declares."""
    stored = sum(array.id.get_storage_size() for array in arrays.values())
    # A convolution and its normalization have six.
    least_arrays = 6 * options.convolutions * len(options.stages)
    # Of at least 2 bytes a weight.
    if 2 * options.least_weights > min(stored, member.size) or least_arrays > len(arrays):
        raise ModelLoadError(f"{RECORD} declares a network that is larger than the file")


def _require_size(network: keras.Model, member: Member) -> None:
    # In float32, with room for the file's own structure.
    if member.size > 4 * network.count_params() + 4_000_000:
        raise ModelLoadError(f"{WEIGHTS} is larger than it can be")


def _fill(network: keras.Model, arrays: Mapping[str, h5py.Dataset]) -> None:
    """Give a network its weights, or raise a ModelLoadError if these are not exactly its arrays."""
    variables = _names_in_file(network)
    _refuse_other_arrays(arrays, variables.keys())
    # First all are read: a network is filled, or it is not.
    values = {name: _read_array(name, arrays.get(name), variable) for name, variable in variables.items()}
    for name, variable in variables.items():
        variable.assign(values[name])


def _require_readable(path: Path, model: keras.Model) -> None:
    """Raise if :func:`read_weights` would not know every array: layers within layers are filed in ways of their own."""
    names = _names_in_file(model).keys()
    with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read(WEIGHTS)), "r") as file:
        try:
            _refuse_other_arrays(_arrays_in(file), names)
        except ModelLoadError as error:
            raise ValueError(f"this network cannot be read back, so nothing was written: {error}") from error


def _halve(path: Path) -> None:
    """Rewrite a ``.keras`` file with its large arrays in float16, which Keras reads as well."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    target_file = io.BytesIO()
    with h5py.File(io.BytesIO(members[WEIGHTS]), "r") as source, h5py.File(target_file, "w") as target:

        def copy(name: str, item: Any) -> None:
            if not isinstance(item, h5py.Dataset):
                target.require_group(name).attrs.update(item.attrs)
                return
            target.create_dataset(name, data=halved(item[()]) if item.ndim else item[()])

        source.visititems(copy)
    members[WEIGHTS] = target_file.getvalue()
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


def _read_array(name: str, array: h5py.Dataset | None, variable: Any) -> np.ndarray:
    """Read one array after making sure that it is plain data of the variable's shape and dtype."""
    if array is None:
        raise ModelLoadError(f"the weights lack the array {name}, which this network has")
    shape = tuple(variable.shape)
    dtypes = ("float32", "float16") if variable.dtype == "float32" else (variable.dtype,)
    if array.shape != shape or array.dtype not in dtypes:
        raise ModelLoadError(
            f"the weights' {name} must be an array of shape {shape} and dtype {' or '.join(dtypes)}, not of shape "
            f"{array.shape} and dtype {array.dtype}; an encoder of your own is to be passed to load as encoder="
        )
    # External and virtual data live in other files; chunks and filters can claim memory beyond the shape, and so can
    # data that was never written.
    if array.external or array.is_virtual or array.chunks or array.id.get_storage_size() != array.nbytes:
        raise ModelLoadError(f"the weights' {name} is not stored as plain data")
    values: np.ndarray = array[()]
    if not np.isfinite(values).all():
        raise ModelLoadError(f"the weights' {name} holds values that are not finite")
    return values


def _refuse_other_arrays(arrays: Iterable[str], names: Iterable[str]) -> None:
    # Dropout keeps the state of its random numbers, which prediction does not need.
    others = [name for name in set(arrays).difference(names) if "/seed_generator/" not in name]
    if others:
        raise ModelLoadError(f"the weights hold the array {shown_names([min(others)])}, which this network has not")
