"""How several devices or processes are to train one network: from what ``fit(strategy=...)`` was given."""

from __future__ import annotations

import gc
import json
import os
import warnings
from functools import cache
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.distribute import multi_worker_util
from tensorflow.python.eager.context import context

from unetcolor.errors import shown, unknown_name

NAMES = ("mirrored", "multiworker")

# The versions of Keras that replicas were tried with; they use some of its parts that are not public.
_TRIED = ("3.15.",)

_KINDS = (
    tf.distribute.MirroredStrategy,
    tf.distribute.MultiWorkerMirroredStrategy,
    tf.distribute.OneDeviceStrategy,
)


def strategy_of(given: Any) -> tf.distribute.Strategy:
    """Return the strategy for a name, or a strategy as it is.

    Raises
    ------
    ValueError
        There is no such strategy; or for ``"multiworker"``, the environment does not say who the workers are.
    """
    if not keras.__version__.startswith(_TRIED):
        warnings.warn(
            f"strategies were tried with Keras {', '.join(v + 'x' for v in _TRIED)}, and this is {keras.__version__}: "
            "compare the first losses with those of one process",
            stacklevel=2,
        )
    if isinstance(given, _KINDS):
        return given
    if isinstance(given, tf.distribute.Strategy):
        allowed = ", ".join(kind.__name__ for kind in _KINDS)
        raise ValueError(f"a strategy of TensorFlow must be one of {allowed}, not {type(given).__name__}")
    if not isinstance(given, str):
        raise ValueError(f"strategy must be one of {', '.join(NAMES)}, or a tf.distribute.Strategy, not {shown(given)}")
    if given not in NAMES:
        raise ValueError(unknown_name("strategy", given, NAMES))
    return tf.distribute.MirroredStrategy() if given == "mirrored" else _multiworker(os.environ.get("TF_CONFIG"))


# A process joins the others once.
@cache
def _multiworker(config: str | None) -> tf.distribute.Strategy:
    task = _own_task(config)
    make = tf.distribute.MultiWorkerMirroredStrategy
    return make() if context()._context_handle is None else _made_late(make, task)


def _own_task(config: str | None) -> tuple[Any, str, int]:
    """Return the cluster that ``TF_CONFIG`` describes, and the job and the number of this process in it."""
    example = '{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, "task": {"type": "worker", "index": 0}}'
    if not config:
        raise ValueError(
            "strategy='multiworker' finds the other workers by the environment variable TF_CONFIG, which is not set; "
            f"on the first of two machines it is {example}"
        )
    try:
        read = json.loads(config)
        cluster = multi_worker_util.normalize_cluster_spec(read["cluster"])
        job, index = read["task"]["type"], int(read["task"]["index"])
        address = cluster.task_address(job, index)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"TF_CONFIG must be like {example}, not {shown(config)}: {error}") from None
    if job not in ("chief", "worker"):
        raise ValueError(f"a task of TF_CONFIG must be of the type chief or worker, not {shown(job)} ({address})")
    return cluster, job, index


def _made_late(make: Any, task: tuple[Any, str, int]) -> tf.distribute.Strategy:
    """Make a strategy for several workers in a process in which TensorFlow has begun to work.

    TensorFlow wants it before all else, because the names of the devices change, and variables on devices of the old
    names cannot be reached. So all variables of Keras are made again, with the values that they had.
    """
    cluster, job, index = task
    variables = [thing for thing in gc.get_objects() if issubclass(type(thing), keras.Variable)]
    kept = [(variable, variable.value.numpy()) for variable in variables if variable._value is not None]
    begun = context()
    # What ``configure_collective_ops`` sets; after TensorFlow has begun, it only compares.
    begun._collective_leader = multi_worker_util.collective_leader(cluster, job, index)
    begun._collective_scoped_allocator_enabled_ops = ("CollectiveReduce",)
    begun._collective_use_nccl_communication = False
    begun._collective_device_filters = (f"/job:{job}/task:{index}",)
    strategy = make()
    for variable, value in kept:
        variable._initialize(value)
    for model in [thing for thing in gc.get_objects() if issubclass(type(thing), keras.Model)]:
        # They were traced with the old variables.
        model.train_function = model.test_function = model.predict_function = None
    return strategy
