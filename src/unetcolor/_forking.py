"""Forked processes: what runs networks waits there for threads that only the first process has, and for ever."""

from __future__ import annotations

import os

from unetcolor.errors import ForkedError

# Whether Keras has computed in this process, and whether it had when this process was forked from its parent.
_state = {"computes": False, "is_forked": False}


def _note_fork() -> None:
    _state["is_forked"] = _state["computes"]


# Windows does not fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def about_to_compute() -> None:
    """Note that Keras computes in this process.

    Raises
    ------
    ForkedError
        The process was forked from one in which it had, and would wait for ever.
    """
    if _state["is_forked"]:
        raise ForkedError(
            "this process was forked from one in which Keras had computed, so that Keras would wait here for ever: "
            "start processes with multiprocessing.get_context('spawn'), as joblib does by itself, or take a predictor "
            "of the engine 'onnx' or 'openvino'"
        )
    _state["computes"] = True
