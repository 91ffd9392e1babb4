"""Every argument of the colorizer, given what it cannot be, is named in the error: a table over the signatures."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from unetcolor import UNetColorizer, build_unet
from unetcolor.errors import UnetcolorError
from unetcolor.networks.options import UNetOptions
from unetcolor.prediction.predictor import Predictor

NAN, INF, HUGE = float("nan"), float("inf"), 10**30
OBJECTS = np.array([None, "x"], object)


class Thing:
    """Something that is none of what any argument may be."""


# What no argument can be that is a number, a Boolean, a name and so on; "no" is true to Python.
NO_COUNT: list[Any] = ["a", "", True, OBJECTS, NAN, INF, -1, HUGE, 1.5, [], {}, Thing()]
NO_BOOL: list[Any] = ["no", "", None, OBJECTS, NAN, INF, -1, HUGE, 2, [], {}, Thing()]
NO_NUMBER: list[Any] = ["a", "", True, OBJECTS, NAN, INF, -1, [], {}, Thing()]
NO_NAME: list[Any] = [5, "", True, OBJECTS, NAN, -1, 0, HUGE, [], {}, Thing(), "no such thing", "x" * 100_000]
NO_PATH: list[Any] = [5, "", True, OBJECTS, NAN, -1, HUGE, [], {}, Thing(), b"x", "a\0b"]
NO_PICTURES: list[Any] = [5, None, "", True, OBJECTS, NAN, -1, [], {}, Thing(), b"x", "a\0b", np.zeros((0, 8, 8, 3))]
NO_PICTURES += [np.ma.array(np.zeros((2, 8, 8, 3), np.uint8)), np.zeros((2, 3, 8, 9), np.int64)]
NO_SIZE: list[Any] = [
    5,
    "ab",
    True,
    OBJECTS,
    NAN,
    [],
    (8,),
    (8, 8, 8),
    (True, True),
    (0, 8),
    (-1, 8),
    (1.5, 8),
    (HUGE, 1),
]
NO_OPTION: list[Any] = ["no", "", OBJECTS, NAN, -1, 2, [], {}, Thing()]

# Of each argument what it cannot be, wherever it occurs, and what the error calls it, if not by its name.
BAD: dict[str, list[Any]] = {
    # the network
    "input_channels": [*NO_COUNT, None, 0],
    "output_channels": [*NO_COUNT, None, 0],
    "hint_channels": [*NO_COUNT, None, 1],
    "filters": [
        5,
        "ab",
        None,
        True,
        OBJECTS,
        NAN,
        [],
        {},
        (0, 8),
        (-1, 8),
        (True, 8),
        (8.5, 8),
        (10**9, 10**9),
        [1] * 10**6,
    ],
    "convolutions": [*NO_COUNT, None, 0],
    "dropout": [*NO_NUMBER, None, 1, HUGE],
    "momentum": [*NO_NUMBER, None, 1, HUGE],
    "upsampling": [*NO_NAME, None],
    "skip_connections": NO_BOOL,
    "head_stride": [*NO_COUNT, None, 0, 3],
    "activation": NO_NAME,
    "name": ["", 5, None, True, OBJECTS, NAN, [], "a/b", "a b"],
    "encoder": [5, "", True, OBJECTS, NAN, [], {}, Thing(), "no such thing"],
    # the colorizer
    "space": [*NO_NAME, None, {"name": 5}, {"name": "lab", "gamma": 2}],
    "image_size": NO_SIZE,
    "seed": NO_COUNT,
    # training
    "images": NO_PICTURES,
    "validation_data": [bad for bad in NO_PICTURES if bad is not None],
    "validation_split": [*NO_NUMBER, None, 1, HUGE],
    "validate_colors": NO_BOOL,
    "epochs": [*NO_COUNT, None, 0],
    "batch_size": [*NO_COUNT, None, 0],
    "shuffle": NO_BOOL,
    "augment": [*NO_OPTION, None],
    "ageing": [*NO_OPTION, None],
    "sizes": [5, "", "ab", True, OBJECTS, NAN, [], {}, ((1,),), ((1, 0),), ((0, 8),), ((1, HUGE),), ((True, 8),)],
    "average": [*NO_NUMBER, 1, HUGE],
    "learning_rate": [*NO_NUMBER, 0],
    "callbacks": [5, "x", True, NAN, [5], {"a": 1}, Thing()],
    "checkpoint": [*NO_PATH, ".", "no_such_folder/x.npz"],
    "precision": [*NO_NAME, None],
    "strategy": NO_NAME,
    "verbose": ["no", "", None, OBJECTS, NAN, INF, -1, HUGE, 3, [], {}, Thing()],
    "optimizer": [5, "", None, True, NAN, [], Thing(), "no such thing"],
    "loss": ["", "no such thing"],
    "initial_epoch": [*NO_COUNT, None],
    "steps_per_epoch": [*NO_COUNT, 0],
    "validation_steps": [*NO_COUNT, 0],
    "run_eagerly": NO_BOOL,
    # prediction
    "pictures": [5, None, True, NAN, Thing()],
    "size": [*NO_COUNT, 0],
    "saturation": [*NO_NUMBER, None, 1e300, HUGE],
    "reference": [5, True, OBJECTS, NAN, [], {}, Thing(), ""],
    "adjust": [5, "", True, OBJECTS, NAN, [], {}, Thing()],
    "engine": [*NO_NAME, None],
    "codec": [5, None, "", NAN, Thing()],
    "side": [*NO_NUMBER, None, 0, HUGE],
    # files
    "path": [*NO_PATH, None],
    "model": [*NO_PATH, None],
    "half_precision": NO_BOOL,
}
HINTS = {
    "UNetColorizer": NO_BOOL,
    "fit": [*NO_OPTION, True],
    "predict": [5, True, OBJECTS, NAN, {}, Thing(), ""],
    "stream": [5, True, [5], [NAN], Thing()],
}
CALLED = {
    "images": "pictures?|image|array|cannot read",
    "validation_data": "pictures?|image|array",
    "space": "color space",
    "encoder": "encoder",
    "path": "path|preset",
    "model": "path|preset",
    "engine": "engine",
    "reference": "reference|picture|read",
    "pictures": "pictures",
    "hints": "hints|list",
    "name": "name|preset",
    "loss": "loss",
}

PICTURES = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)


def small(**options: Any) -> UNetColorizer:
    return UNetColorizer(**{"filters": (1, 1), "seed": 0, **options})


def fit(**options: Any) -> None:
    images = options.pop("images", PICTURES)
    if "validate_colors" in options or "validation_steps" in options:
        options["validation_data"] = PICTURES
    small().fit(images, **{"epochs": 1, "verbose": 0, **options})


@pytest.fixture(scope="module")
def hinted() -> UNetColorizer:
    colorizer = small(hints=True)
    colorizer.fit(PICTURES, epochs=1, verbose=0)
    return colorizer


# How each is called with one argument that is wrong and all others right.
CALLS: dict[str, tuple[Callable[..., Any], Callable[[UNetColorizer, Path, dict[str, Any]], Any]]] = {
    "build_unet": (build_unet, lambda c, path, bad: build_unet(**{"input_channels": 3, "filters": (1, 1), **bad})),
    "UNetColorizer": (UNetColorizer, lambda c, path, bad: small(**bad)),
    "fit": (UNetColorizer.fit, lambda c, path, bad: fit(**bad)),
    "predict": (UNetColorizer.predict, lambda c, path, bad: c.predict(**{"images": PICTURES[0], **bad})),
    "stream": (UNetColorizer.stream, lambda c, path, bad: list(c.stream(**{"pictures": PICTURES, **bad}))),
    "predictor": (UNetColorizer.predictor, lambda c, path, bad: c.predictor(**bad)),
    "evaluate": (UNetColorizer.evaluate, lambda c, path, bad: c.evaluate(**{"images": PICTURES, "verbose": 0, **bad})),
    "save": (UNetColorizer.save, lambda c, path, bad: c.save(**{"path": path, **bad})),
    "load": (UNetColorizer.load, lambda c, path, bad: UNetColorizer.load(**{"path": path, **bad})),
    "from_preset": (UNetColorizer.from_preset, lambda c, path, bad: UNetColorizer.from_preset(**bad)),
    "Predictor": (
        Predictor,
        lambda c, path, bad: Predictor(**{"codec": c._codec, "engine": print, "side": 8.0, **bad}),
    ),
    "Predictor.load": (Predictor.load, lambda c, path, bad: Predictor.load(**{"model": path, **bad})),
}

# What ** stands for: the arguments that are checked here, and not by Keras.
FURTHER = {
    "UNetColorizer": [field for field in UNetOptions.__dataclass_fields__ if field != "encoder"],
    "fit": ["optimizer", "loss", "initial_epoch", "steps_per_epoch", "validation_steps", "run_eagerly"],
}


def arguments_of(call: str) -> Iterator[str]:
    for name, parameter in inspect.signature(CALLS[call][0]).parameters.items():
        if name != "self" and parameter.kind is not inspect.Parameter.VAR_KEYWORD:
            yield name
    yield from FURTHER.get(call, [])


def bad_values(call: str, argument: str) -> list[Any]:
    if argument == "hints":
        return HINTS[call]
    if call == "Predictor" and argument == "engine":
        return [5, None, "", NAN, Thing()]
    if call == "build_unet" and argument == "encoder":
        return [5, "", True, OBJECTS, NAN, [], Thing()]
    if call == "from_preset":
        return [*NO_NAME, None]
    return BAD[argument]


def error_of(call: Callable[[], Any]) -> Exception | None:
    try:
        call()
    except (ValueError, TypeError, UnetcolorError) as error:
        return error
    return None


@pytest.mark.parametrize(("call", "argument"), [(call, name) for call in CALLS for name in arguments_of(call)])
def test_what_an_argument_cannot_be_is_refused_by_its_name(
    call: str, argument: str, hinted: UNetColorizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.keras"
    if "load" in call:
        hinted.save(path)
    named = re.compile(rf"\b({CALLED.get(argument, argument)})\b", re.IGNORECASE)
    for bad in bad_values(call, argument):
        given = f"{argument}={repr(bad)[:60]}"
        error = error_of(lambda bad=bad: CALLS[call][1](hinted, path, {argument: bad}))
        assert error is not None, f"{given} was accepted"
        assert named.search(str(error)), f"{given}: {type(error).__name__}: {error}"
        assert len(str(error)) < 1500, given


def test_what_arguments_can_be_is_still_taken(hinted: UNetColorizer, tmp_path: Path) -> None:
    fit(
        epochs=np.int64(1),
        batch_size=np.uint8(2),
        shuffle=np.True_,
        augment=0,
        callbacks=keras.callbacks.Callback(),
        checkpoint=str(tmp_path / "x.npz"),
        optimizer={"class_name": "SGD", "config": {"learning_rate": 0.1}},
        initial_epoch=0,
        verbose=False,
    )
    hinted.predict(PICTURES[0], size=np.int32(8), saturation=np.float32(2), hints=[], verbose=True)
    hinted.evaluate(PICTURES, verbose=False)
    list(hinted.stream(iter(PICTURES), hints=[None] * 4))
