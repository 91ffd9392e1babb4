"""A network of which several replicas learn together, as one would from the whole batch.

Each replica sees a share of the batch. Keras adds up their gradients; what else depends on the whole batch is here: the
weight of a share that is smaller than others, the statistics of normalization, and the random numbers of dropout.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import keras
import tensorflow as tf
from typing_extensions import override

from unetcolor.networks.copying import Operation, Pairs, copy_structure, remade
from unetcolor.training.fused import View

# Any size does: Keras asks for the number of dimensions and of channels.
_SIDE = 64


def copy_for_replicas(network: keras.Model) -> tuple[keras.Model, Pairs]:
    """Copy a network, without its weights, under the strategy whose scope is entered.

    Returns
    -------
    tuple
        The copy, and each layer with the one that was made for it.

    Raises
    ------
    UncopyableError
        The network is not a plain graph of layers, or has a layer that its own config cannot make.
    """
    return copy_structure(network, _copied)


def _copied(layer: Operation) -> Operation:
    if type(layer) is keras.layers.BatchNormalization:
        return _NormalizationOfWholeBatch.from_config(layer.get_config())
    if type(layer) is keras.layers.Dropout:
        return _DropoutOfWholeBatch.from_config(layer.get_config() | {"seed": layer.seed or 0})
    return remade(layer)


class _Part(NamedTuple):
    """Which pictures of the whole batch a replica has.

    Attributes
    ----------
    first
        The number of its first picture.
    count
        How many it has.
    whole
        How many all replicas have.
    """

    first: tf.Tensor
    count: tf.Tensor
    whole: tf.Tensor


# While a step is traced. Each replica is traced in a thread of its own.
_part: ContextVar[_Part] = ContextVar("part")


@contextmanager
def _part_of(count: tf.Tensor) -> Iterator[_Part]:
    """Say for a while which part of the whole batch are the pictures of this replica, given their number."""
    context = tf.distribute.get_replica_context()
    replica, replicas = context.replica_id_in_sync_group, context.num_replicas_in_sync
    counts = context.all_reduce(tf.distribute.ReduceOp.SUM, tf.one_hot(replica, replicas, dtype=tf.int32) * count)
    token = _part.set(_Part(tf.reduce_sum(counts[:replica]), count, tf.reduce_sum(counts)))
    try:
        yield _part.get()
    finally:
        _part.reset(token)


def _filled(pictures: tf.Tensor) -> tf.Tensor:
    """Return a batch; if it is empty, a black picture, because convolutions give an empty batch a wrong shape."""
    missing = tf.maximum(1 - tf.shape(pictures)[0], 0)
    filled = tf.pad(pictures, [[0, missing], *[[0, 0]] * (pictures.shape.rank - 1)])
    return tf.ensure_shape(filled, [None, *pictures.shape[1:]])


class _NormalizationOfWholeBatch(keras.layers.BatchNormalization):  # type: ignore[misc]  # Keras has no types.
    """Normalizes by the statistics of the whole batch, the picture left out that stands for an empty share."""

    def _moments(self, inputs: tf.Tensor, mask: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
        part = _part.get(None)
        if part is None or mask is not None:
            own: tuple[tf.Tensor, tf.Tensor] = super()._moments(inputs, mask)
            return own
        axes = self._reduction_axes
        weight = tf.cast(tf.minimum(part.count, 1), inputs.dtype)
        # Of numbers that are close to 0 the variance is more exact.
        near = tf.stop_gradient(tf.cast(self.moving_mean, inputs.dtype))
        shift = tf.reshape(near, [1 if i in axes else -1 for i in range(inputs.shape.rank)])
        shifted = inputs - shift
        pixels = tf.cast(tf.size(inputs), inputs.dtype) / tf.cast(tf.size(near), inputs.dtype)
        sums = [tf.reduce_sum(shifted, axes), tf.reduce_sum(tf.square(shifted), axes), pixels]
        total, squares, number = tf.distribute.get_replica_context().all_reduce(
            tf.distribute.ReduceOp.SUM, [weight * value for value in sums]
        )
        mean = total / number
        return mean + near, tf.maximum(squares / number - tf.square(mean), 0)


class _DropoutOfWholeBatch(keras.layers.Dropout):  # type: ignore[misc]  # Keras has no types.
    """Drops what dropout of the whole batch would drop of the part that this replica has."""

    @override
    def call(self, inputs: tf.Tensor, training: Any = False) -> tf.Tensor:
        part = _part.get(None)
        if not training or part is None:
            return super().call(inputs, training=training)
        # One more, for the picture that stands for an empty share.
        whole = tf.ones(tf.concat([[part.whole + 1], tf.shape(inputs)[1:]], axis=0), inputs.dtype)
        kept = super().call(whole, training=True)[part.first : part.first + tf.shape(inputs)[0]]
        return inputs * tf.ensure_shape(kept, inputs.shape)


class Replicas(View):
    """Replicas of a network, which is told nothing but what :class:`unetcolor.training.fused.View` tells it."""

    @override
    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        replicas, count = self.distribute_strategy.num_replicas_in_sync, tf.shape(x)[0]
        with _part_of(count) as part, tf.GradientTape() as tape:
            predicted, loss = self._predict_and_track(x, y, training=True)
            # Keras divides by the number of replicas, as if all had as many pictures.
            share = tf.cast(count * replicas, loss.dtype) / tf.cast(part.whole, loss.dtype)
            loss = self.optimizer.scale_loss(loss * share)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        return self._logs(x, y, predicted)

    @override
    def test_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        predicted, _ = self._predict_and_track(x, y, training=False)
        return self._logs(x, y, predicted)

    def _predict_and_track(self, x: tf.Tensor, y: tf.Tensor, *, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Return what is predicted, and the loss as Keras scales it; count the loss."""
        filled = _filled(x)
        predicted = self(filled, training=training)
        loss = self.compute_loss(filled, _filled(y), predicted, None, training=training)
        tracker = next(metric for metric in self.metrics if metric.name == "loss")
        tracker.update_state(loss * self.distribute_strategy.num_replicas_in_sync, tf.shape(x)[0])
        return predicted, loss

    def _logs(self, x: tf.Tensor, y: tf.Tensor, predicted: tf.Tensor) -> dict[str, Any]:
        """Return the logs as Keras takes them: of several workers it averages an axis that scalars do not have."""
        logs = self.compute_metrics(x, y, predicted[: tf.shape(x)[0]], None)
        extended = self.distribute_strategy.extended
        several = getattr(extended, "_in_multi_worker_mode", lambda: False)()
        return {name: tf.reshape(value, (1,)) for name, value in logs.items()} if several else logs

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        """Build the metrics, from a batch of the shape that this network takes.

        Keras would take the mean of a batch over the replicas, which fails for several workers.
        """
        shape = (1, _SIDE, _SIDE, self.input_shape[-1])
        batch = [tf.zeros(shape), tf.zeros(self.compute_output_shape(shape))]
        with self.distribute_strategy.scope():
            self._symbolic_build(data_batch=tuple(batch))
