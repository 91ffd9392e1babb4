"""Several devices or processes that train one network as one would."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from typing_extensions import override

from unetcolor.errors import shown
from unetcolor.networks.copying import UncopyableError, give_weights, weights_of
from unetcolor.networks.precision import Precision
from unetcolor.networks.snapshot import copies
from unetcolor.training.fused import Twin
from unetcolor.training.replicas import Replicas, copy_for_replicas
from unetcolor.training.shares import Shares
from unetcolor.training.strategies import strategy_of

_MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")


class Distribution:
    """A strategy, and this process's part in it.

    Parameters
    ----------
    given
        What ``fit(strategy=...)`` was given.

    Raises
    ------
    ValueError
        There is no such strategy, or it has several devices in one process.
    """

    def __init__(self, given: Any) -> None:
        self._strategy = strategy_of(given)
        self.replicas: int = self._strategy.num_replicas_in_sync
        resolver = self._strategy.cluster_resolver
        cluster = resolver.cluster_spec().as_dict() if resolver is not None else {}
        addresses = [(job, i) for job in ("chief", "worker") for i in range(len(cluster.get(job, ())))]
        self.workers = len(addresses) or 1
        self.worker = addresses.index((resolver.task_type, resolver.task_id)) if addresses else 0
        if self.replicas > self.workers:
            # Replicas that are traced in threads of one process do not always add up the same layers' numbers.
            raise ValueError(
                f"each process must train on one device, and this one has {self.shares.count}: start a process for "
                "each device with strategy='multiworker', and show it no other one, with CUDA_VISIBLE_DEVICES; or give "
                "tf.distribute.MirroredStrategy the one device to train on"
            )

    @property
    def is_chief(self) -> bool:
        """Whether this process is the one that writes files: the first of the workers."""
        return self.worker == 0

    @property
    def shares(self) -> Shares:
        """The shares of each batch that this process reads."""
        count = self.replicas // self.workers
        return Shares(self.worker * count, count, self.replicas)

    def require(self, batch_size: int | None, optimizer: Any, loss: Any) -> None:
        """Raise a ValueError for what several replicas cannot share; a dataset's batches have any size."""
        if batch_size is not None and batch_size % self.replicas:
            raise ValueError(
                f"batch_size must be a multiple of {self.replicas}, the number of replicas that share a batch, "
                f"not {batch_size}"
            )
        if self.replicas == 1:
            return
        options = ("clipnorm", "clipvalue", "global_clipnorm", "gradient_accumulation_steps")
        given = [name for name in options if getattr(optimizer, name, None)]
        if given or isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            what = given[0] if given else "loss scaling"
            raise ValueError(f"{what} of the optimizer looks at the gradients of one replica alone: leave it out")
        reduction = getattr(loss, "reduction", _MEANS[0])
        if reduction not in _MEANS:
            raise ValueError(
                f"the reduction of a loss must be one of {', '.join(_MEANS)} where several replicas share a batch, "
                f"not {shown(reduction)}"
            )

    def chosen_by_chief(self, number: int) -> int:
        """Return the number that the chief has, at most 2**53."""
        return int(self._sum(np.array([number if self.is_chief else 0], np.float64))[0])

    def stop_together(self) -> keras.callbacks.Callback:
        """Return a callback, the last of all, that stops the training after an epoch if a worker wants to stop it."""
        return _StopTogether(self._sum)

    def require_same(self, facts: Mapping[str, Any]) -> None:
        """Raise a ValueError on all workers if these facts, which fit JSON, are others on one of them."""
        # At first without their number, which may be another one there.
        if not self._differing({"": facts}):
            return
        by_name = not self._differing({"": list(facts)})
        name = self._differing(facts)[0] if by_name else ""
        own = f"{name} = {shown(facts[name])}" if by_name else "an optimizer or a loss of a kind"
        raise ValueError(
            f"the workers were not started alike: worker {self.worker} has {own} that another has not; give each the "
            "same command, the same pictures, and the same checkpoint or none"
        )

    def _differing(self, facts: Mapping[str, Any]) -> list[str]:
        """Return the names of the facts that are others on one of the workers."""
        table = np.zeros((self.workers, len(facts)))
        table[self.worker] = [_digest(value) for value in facts.values()]
        columns = self._sum(table).T
        return [name for name, column in zip(facts, columns, strict=True) if np.unique(column).size > 1]

    def shared(self, dataset: tf.data.Dataset) -> tuple[Any, int | None]:
        """Return a dataset of shares as Keras takes it, without an end, and its whole batches if they are known."""
        cardinality = int(dataset.cardinality())
        steps = cardinality // self.shares.count if cardinality > 0 else None
        return self._strategy.distribute_datasets_from_function(lambda _: dataset.repeat()), steps

    def replicated(self, network: keras.Model, arguments: Mapping[str, Any], precision: Precision) -> Replicated:
        """Return replicas of a network that is compiled, with its weights and its optimizer's state.

        Parameters
        ----------
        network
            The network.
        arguments
            What it was compiled with.
        precision
            Of the arithmetic in training.
        """
        with self._strategy.scope():
            try:
                copied, pairs = copy_for_replicas(network)
            except UncopyableError as error:
                raise ValueError(f"this network cannot be trained by several: {error}") from error
            layers = [pair for pair in pairs if isinstance(pair[0], keras.layers.Layer)]
            for mine, theirs in layers:
                if hasattr(theirs, "finalize_state"):
                    give_weights(theirs, weights_of(mine))
            replicas = Replicas(copied.input, copied.output, name=network.name)
            replicas.dtype_policy = "float32"
            replicas.train_through(network, None if precision == "float32" else Twin(copied, precision))
            optimizer = _copy_of(network.optimizer)
            own = {**arguments, "optimizer": optimizer, "loss": _for_each_picture(arguments["loss"])}
            for name in ("metrics", "weighted_metrics"):
                own[name] = keras.tree.map_structure(_copy_of, arguments.get(name))
            replicas.compile(**own)
            optimizer.build(replicas.trainable_variables)
        network.optimizer.build(network.trainable_variables)
        variables = [pair for mine, theirs in layers for pair in zip(mine.variables, theirs.variables, strict=True)]
        variables += zip(network.optimizer.variables, optimizer.variables, strict=True)
        made = Replicated(replicas, variables)
        values = copies([mine for mine, _ in variables])
        flat = np.concatenate([value.ravel().astype(np.float64) for value in values])
        chief = self._sum(flat if self.is_chief else np.zeros_like(flat))
        ends = np.cumsum([value.size for value in values])
        for (_, theirs), value, of_chief in zip(variables, values, np.split(chief, ends[:-1]), strict=True):
            theirs.assign(of_chief.reshape(value.shape).astype(value.dtype))
        return made

    def _sum(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of an array over the workers."""
        if self.workers == 1:
            return values
        added = self._strategy.run(_add, args=(tf.constant(values), tf.constant(self.shares.count)))
        first: np.ndarray = self._strategy.experimental_local_results(added)[0].numpy()
        return first


@tf.function  # type: ignore[untyped-decorator]
def _add(values: tf.Tensor, replicas: tf.Tensor) -> tf.Tensor:
    context = tf.distribute.get_replica_context()
    # Each worker counts once, whatever the number of its replicas.
    once = tf.cast(context.replica_id_in_sync_group % replicas == 0, values.dtype)
    return context.all_reduce(tf.distribute.ReduceOp.SUM, values * once)


class Replicated(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types.
    """Gives a network, and its optimizer, after each epoch the values that its replicas have learned.

    Parameters
    ----------
    replicas
        What to train.
    variables
        Each variable of the network and its optimizer, with that of the replicas.
    """

    def __init__(self, replicas: Replicas, variables: Sequence[tuple[Any, Any]]) -> None:
        super().__init__()
        self.replicas = replicas
        self._variables = variables

    @override
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.hand_over()

    def hand_over(self) -> None:
        """Give the network what the replicas have learned so far."""
        for (mine, _), value in zip(self._variables, copies([theirs for _, theirs in self._variables]), strict=True):
            mine.assign(value)


class _StopTogether(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types.
    """One that stopped alone would leave the others waiting for its share of the next batch."""

    def __init__(self, add: Callable[[np.ndarray], np.ndarray]) -> None:
        super().__init__()
        self._add = add

    @override
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.stop_training = bool(self._add(np.array([self.model.stop_training], np.float64)).any())


def _copy_of(made: Any) -> Any:
    """Return a new optimizer or metric like one of the user's; its variables belong to the scope that is entered."""
    if not isinstance(made, keras.optimizers.Optimizer | keras.metrics.Metric):
        return made
    config = made.get_config()
    if isinstance(getattr(made, "_learning_rate", None), keras.optimizers.schedules.LearningRateSchedule):
        # It is a function of the step alone, and need not be known to Keras.
        config["learning_rate"] = made._learning_rate
    return type(made).from_config(config)


def _for_each_picture(loss: Any) -> Any:
    """Return a loss that Keras averages over the replicas, also where it is one number for the whole share."""
    if not callable(loss):
        return loss
    call = loss.call if isinstance(loss, keras.losses.Loss) else loss

    def of_pictures(y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        value = call(y_true, y_pred)
        return value if value.shape.rank != 0 else tf.fill([tf.shape(y_pred)[0]], value)

    if not isinstance(loss, keras.losses.Loss):
        of_pictures.__name__ = getattr(loss, "__name__", "loss")
        return of_pictures
    wrapped = copy.copy(loss)
    wrapped.call = of_pictures
    return wrapped


def _digest(value: Any) -> int:
    """Return 48 bits that stand for a value."""
    text = json.dumps(value, sort_keys=True, default=str)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")
