"""Networks as ONNX, which many runtimes compute without Keras."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from unetcolor.errors import require
from unetcolor.networks.folding import fold
from unetcolor.networks.precision import halved

INPUT, OUTPUT = "luminance", "colors"

# Every runtime of the last years knows it, and it has all that networks are made of here.
OPSET = 18


def to_onnx(model: keras.Model, *, half_precision: bool = False, metadata: Mapping[str, str] | None = None) -> bytes:
    """Return a network as ONNX: its normalization merged into its convolutions, for pictures of any number and size.

    The input ``luminance`` and the output ``colors`` are what the network takes and gives, float32 of the shape
    ``(batch, height, width, channels)``.

    Parameters
    ----------
    model
        The network, which is not changed.
    half_precision
        Keep the large kernels in float16, which halves the size. Computing stays float32: each runtime turns them back
        as it loads.
    metadata
        Names and texts to keep with it.

    Raises
    ------
    UncopyableError
        The network is not a plain graph of layers, or has a layer that its own config cannot make.
    MissingExtraError
        ``onnx`` or ``tf2onnx`` is not installed.
    NotImplementedError
        Keras runs on another backend than TensorFlow, or a layer has no counterpart in ONNX.
    ValueError
        A weight is too large for half precision.
    """
    onnx = require("onnx", "export")
    require("tf2onnx", "export")
    if keras.backend.backend() != "tensorflow":
        raise NotImplementedError(
            f"networks become ONNX where Keras runs on TensorFlow; here it runs on {keras.backend.backend()}: set "
            "KERAS_BACKEND=tensorflow, and start again"
        )
    made = onnx.load_model_from_string(_converted(fold(model)))
    name_ends(made.graph)
    if half_precision:
        halve(made.graph)
    onnx.helper.set_model_props(made, dict(metadata or {}))
    content: bytes = made.SerializeToString()
    return content


def name_ends(graph: Any) -> None:
    """Give the one input and the one output of a graph, and the sizes that may vary, the names that they have here."""
    (first,), (last,) = graph.input, graph.output
    names = {first.name: INPUT, last.name: OUTPUT}
    for node in graph.node:
        for ends in (node.input, node.output):
            ends[:] = [names.get(name, name) for name in ends]
    for end in (first, last):
        end.name = names[end.name]
        for size, name in zip(end.type.tensor_type.shape.dim, ("batch", "height", "width"), strict=False):
            # The answer of a network may be smaller than the picture, so its sizes are others.
            if not size.HasField("dim_value"):
                size.dim_param = name if name == "batch" or end is first else f"{OUTPUT}_{name}"
    # What converters note of the sizes in between.
    del graph.value_info[:]


def halve(graph: Any) -> None:
    """Keep the large arrays of a graph in float16, each with a cast to float32 before all else."""
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for array in graph.initializer:
        values = numpy_helper.to_array(array)
        small = halved(values)
        if small.dtype != values.dtype:
            name = array.name
            array.CopyFrom(numpy_helper.from_array(small, f"{name}_half"))
            casts.append(helper.make_node("Cast", [array.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _converted(model: keras.Model) -> bytes:
    # A signature, because Keras does not export a network that was never called without one.
    signature = [keras.InputSpec(shape=model.input_shape, dtype="float32", name=INPUT)]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # Keras asks NumPy for it in order to help tf2onnx.
        warnings.filterwarnings("ignore", message="In the future `np.object` will be defined", category=FutureWarning)
        path = Path(folder, "network.onnx")
        model.export(path, format="onnx", input_signature=signature, opset_version=OPSET, verbose=False)
        return path.read_bytes()
