"""Run a trained network several times faster than Keras does: its weights become constants of a graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import keras
import numpy as np
import tensorflow as tf
from typing_extensions import override

from unetcolor._forking import about_to_compute
from unetcolor.networks.copying import UncopyableError
from unetcolor.networks.folding import fold
from unetcolor.networks.precision import Precision
from unetcolor.prediction.engines.base import Engine

_INPUT, _OUTPUT = "pictures", "predicted"


class TensorFlowEngine(Engine):
    """A network as a graph of constants, for pictures of any size.

    Normalization is merged into the convolutions, and TensorFlow computes biases and activations along with them. The
    graph has a session of its own, so no setting of TensorFlow is touched. A network that cannot be copied is frozen
    as it is, in float32.

    Parameters
    ----------
    graph
        Maps ``pictures`` to ``predicted``, without variables.
    precision
        The one that it computes in.
    """

    name: ClassVar[str] = "tensorflow"

    def __init__(self, graph: tf.Graph, precision: Precision) -> None:
        super().__init__(precision)
        self._graph = graph

    @classmethod
    @override
    def from_model(cls, model: keras.Model, precision: Precision) -> Self:
        if keras.backend.backend() != "tensorflow":
            raise ValueError(
                f"the engine 'tensorflow' runs networks of Keras on TensorFlow, and Keras runs on "
                f"{keras.backend.backend()} here: take engine='auto', or set KERAS_BACKEND=tensorflow"
            )
        try:
            model = fold(model, precision)
        except UncopyableError:
            precision = "float32"
        # A graph cannot read variables that are not its own.
        weights, statistics = read(model.trainable_variables), read(model.non_trainable_variables)
        graph = tf.Graph()
        with graph.as_default():
            pictures = tf.compat.v1.placeholder(tf.float32, (None, None, None, model.input_shape[-1]), name=_INPUT)
            predicted, _ = model.stateless_call(
                [tf.constant(value) for value in weights],
                [tf.constant(value) for value in statistics],
                pictures,
                training=False,
            )
            tf.identity(tf.cast(predicted, tf.float32), name=_OUTPUT)
        return cls(graph, precision)

    @override
    def _start(self) -> Callable[[np.ndarray], np.ndarray]:
        about_to_compute()
        session = tf.compat.v1.Session(graph=self._graph)
        compute = session.make_callable(f"{_OUTPUT}:0", [f"{_INPUT}:0"])

        def run(batch: np.ndarray) -> np.ndarray:
            try:
                predicted: np.ndarray = compute(batch)
            except tf.errors.ResourceExhaustedError as error:
                # Callers of an engine need not know TensorFlow: to them it is what it is everywhere in Python.
                raise MemoryError("there is not enough memory for the network") from error
            return predicted

        return run

    @override
    def __getstate__(self) -> dict[str, Any]:
        return {"graph": self._graph.as_graph_def().SerializeToString(), "precision": self.precision}

    @override
    def __setstate__(self, state: dict[str, Any]) -> None:
        graph = tf.Graph()
        with graph.as_default():
            tf.import_graph_def(tf.compat.v1.GraphDef.FromString(state["graph"]), name="")
        super().__setstate__({"_graph": graph, "precision": state["precision"]})


def read(variables: Sequence[Any]) -> list[np.ndarray]:
    """Return the values of variables of Keras, without copying them.

    As long as the arrays are held, TensorFlow writes new values elsewhere: an array stays as it is, and a later one
    shares its memory with it only if the variable did not change.
    """
    values = [variable.value for variable in variables]
    tensors = [tf.raw_ops.ReadVariableOp(resource=value.handle, dtype=value.dtype) for value in values]
    return [np.asarray(memoryview(tensor)) if tensor.shape.rank else tensor.numpy() for tensor in tensors]
