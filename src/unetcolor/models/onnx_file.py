"""The model file for engines without Keras: a network in ONNX, with its record in the metadata.

Loading imports neither Keras nor a runtime, and looks at nothing but the one file.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from unetcolor._files import replacing
from unetcolor.codec import Codec
from unetcolor.errors import ModelLoadError, shown
from unetcolor.models.archive import open_file
from unetcolor.models.onnx_graph import Graph, read_graph
from unetcolor.models.record import LARGEST_RECORD, RECORD, Record, parse_record, space_of

if TYPE_CHECKING:
    import keras

FORM = "unetcolor.form"

# The one that engines run: the network alone, from its input to its answer.
NETWORK = "network"


@dataclass(frozen=True)
class LoadedOnnx:
    """What the file holds: its record, the codec that belongs to the network, and the network as ONNX."""

    record: Record
    codec: Codec
    content: bytes


def write_onnx(
    path: str | os.PathLike[str], model: keras.Model, record: Record, *, half_precision: bool = False
) -> None:
    """Write a network as ONNX with its record: to a temporary file next to it first.

    Raises
    ------
    MissingExtraError
        ``onnx`` or ``tf2onnx`` is not installed.
    """
    # Those who only load have no Keras.
    from unetcolor.networks.onnx import to_onnx

    if Path(path).suffix != ".onnx":
        raise ValueError(f"the name of a model file in ONNX ends in .onnx, which {Path(path).name!r} does not")
    metadata = {RECORD: json.dumps(record.to_json()), FORM: NETWORK}
    content = to_onnx(model, half_precision=half_precision, metadata=metadata)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def read_onnx_record(path: str | os.PathLike[str]) -> Record:
    """Read and check the record of a model file in ONNX.

    Raises
    ------
    ModelLoadError
        There is no such file, it is not a model of unetcolor, or it is damaged.
    """
    return _record_in(path, _read(path)[1])


def load_onnx(path: str | os.PathLike[str]) -> LoadedOnnx:
    """Read a model file in ONNX; what it computes is left to an engine.

    Raises
    ------
    ModelLoadError
        The file is missing, damaged, or not a colorizer; it asks for other files, or for more than a network needs; or
        its color space is not there.
    """
    content, graph = _read(path)
    record = _record_in(path, graph)
    form = graph.metadata.get(FORM)
    if form != NETWORK:
        raise ModelLoadError(
            f"{path} has the form {shown(form)}, which other programs run; what is loaded here has the form {NETWORK!r}"
        )
    codec = Codec(space_of(path, record), record.network.head_stride, record.hints)
    channels = [[lengths[-1] for lengths in ends if lengths] for ends in (graph.inputs, graph.outputs)]
    if channels != [[codec.input_channels], [codec.output_channels]]:
        raise ModelLoadError(f"{path}: the network does not take and give the channels of {codec.space!r}")
    if any(graph.inputs[0][:-1]):
        raise ModelLoadError(
            f"{path} takes pictures of one size, for other programs; export it without a size to load it here"
        )
    return LoadedOnnx(record, codec, content)


def _read(path: str | os.PathLike[str]) -> tuple[bytes, Graph]:
    try:
        with open_file(path) as file:
            content = file.read()
        return content, read_graph(content)
    except FileNotFoundError as error:
        raise ModelLoadError(f"{path}: there is no such file") from error
    except (OSError, ValueError) as error:
        raise ModelLoadError(f"{path} is not a readable .onnx file: {error}") from error


def _record_in(path: str | os.PathLike[str], graph: Graph) -> Record:
    if RECORD not in graph.metadata:
        raise ModelLoadError(f"{path} is no model of unetcolor: its metadata has no {RECORD}")
    content = graph.metadata[RECORD].encode()
    if len(content) > LARGEST_RECORD:
        raise ModelLoadError(f"{path}: {RECORD} is larger than it can be")
    return parse_record(path, content)
