"""A training that is stopped goes on exactly where it was."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from unetcolor import ModelLoadError, UNetColorizer, samples
from unetcolor.images import write_image
from unetcolor.networks import precision
from unetcolor.training import Ageing, Augmentation, Cosine, Sources
from unetcolor.training.checkpoint import Checkpoint

PICTURES = samples.load_portraits()[:24, ::4, ::4]


def colorizer(**options: object) -> UNetColorizer:
    return UNetColorizer("lab", **{"filters": (4, 8), "seed": 5, **options})


def weights(trained: UNetColorizer) -> list[np.ndarray]:
    return trained.model.get_weights()


@pytest.mark.parametrize("augment", [False, True])
def test_a_training_in_two_parts_equals_one_in_one(tmp_path: Path, augment: bool) -> None:
    options = {"batch_size": 8, "augment": augment, "verbose": 0}
    whole = colorizer()
    whole.fit(PICTURES, epochs=4, **options)
    colorizer().fit(PICTURES, epochs=2, checkpoint=tmp_path / "x.npz", **options)
    resumed = colorizer()
    history = resumed.fit(PICTURES, epochs=4, checkpoint=tmp_path / "x.npz", **options)
    assert history.epoch == [2, 3]
    for got, wanted in zip(weights(resumed), weights(whole), strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert resumed.training == whole.training


# Trains in a process of its own, and is killed without warning after its second epoch.
KILLED = """
import os, sys, keras
from unetcolor import UNetColorizer
die = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: os._exit(9) if epoch == 2 else None)
colorizer = UNetColorizer("lab", filters=(4, 8), seed=5, image_size=(24, 24))
colorizer.fit(sys.argv[1], epochs=3, batch_size=8, checkpoint=sys.argv[2], verbose=0, callbacks=die)
"""


@pytest.mark.slow
def test_a_killed_process_loses_no_epoch(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for i, picture in enumerate(PICTURES[:12]):
        write_image(folder / f"{i}.png", picture)
    path = tmp_path / "x.npz"
    done = subprocess.run([sys.executable, "-c", KILLED, folder, path], capture_output=True, text=True)
    assert done.returncode == 9, done.stderr
    resumed = colorizer(image_size=(24, 24))
    assert resumed.fit(folder, epochs=3, batch_size=8, checkpoint=path, verbose=0).epoch == [2]
    whole = colorizer(image_size=(24, 24))
    whole.fit(folder, epochs=3, batch_size=8, verbose=0)
    for got, wanted in zip(weights(resumed), weights(whole), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_a_finished_training_is_not_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    first = colorizer()
    first.fit(PICTURES, epochs=1, checkpoint=path, verbose=0)
    again = colorizer()
    assert again.fit(PICTURES, epochs=1, checkpoint=path, verbose=0).epoch == []
    again.save(tmp_path / "x.keras")
    np.testing.assert_array_equal(again.predict(PICTURES[0]), first.predict(PICTURES[0]))


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    colorizer().fit(PICTURES, epochs=1, checkpoint=path, verbose=0)
    for other, options in ((colorizer(filters=(4, 16)), {}), (colorizer(), {"optimizer": keras.optimizers.SGD(0.1)})):
        before = weights(other)
        with pytest.raises(
            ModelLoadError, match=r"x\.npz: that training has (filters=\[4, 8\], not|optimizer='Adam', not 'SGD')"
        ):
            other.fit(PICTURES, epochs=2, checkpoint=path, verbose=0, **options)
        for got, wanted in zip(weights(other), before, strict=True):
            np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 but not really", b"hello"])
def test_a_damaged_checkpoint_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(ModelLoadError, match=r"cannot go on from .*x\.npz"):
        colorizer().fit(PICTURES, epochs=1, checkpoint=path, verbose=0)
    assert path.read_bytes() == content


def test_checkpoint_and_initial_epoch_exclude_each_other(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    colorizer().fit(PICTURES, epochs=1, checkpoint=path, verbose=0)
    with pytest.raises(ValueError, match="initial_epoch or checkpoint"):
        colorizer().fit(PICTURES, epochs=2, checkpoint=path, initial_epoch=1, verbose=0)


@pytest.mark.parametrize(
    "changed",
    [
        {"batch_size": 3},
        {"augment": True},
        {"ageing": Ageing(noise=0.1)},
        {"sizes": ((1, 16),)},
        {"average": 0.5},
        {"learning_rate": Cosine(1e-3)},
        {"shuffle": False},
        {"steps_per_epoch": 2},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_other_options_are_named(tmp_path: Path, changed: dict[str, Any]) -> None:
    path = tmp_path / "x.npz"
    colorizer().fit(PICTURES, epochs=1, checkpoint=path, verbose=0)
    (name,) = changed
    with pytest.raises(ModelLoadError, match=f"that training has {name}="):
        colorizer().fit(PICTURES, epochs=2, checkpoint=path, verbose=0, **changed)
    with pytest.raises(ModelLoadError, match=r"has name='lab', not 'luv'|has space="):
        UNetColorizer("luv", filters=(4, 8), seed=1).fit(PICTURES, epochs=2, checkpoint=path, verbose=0)


def train_in(precision: str, path: Path, epochs: int = 2) -> None:
    colorizer().fit(PICTURES, epochs=epochs, checkpoint=path, precision=precision, verbose=0)  # type: ignore[arg-type]


def precision_of(path: Path) -> str:
    return str(Checkpoint.read(path).facts["course"]["precision"])


def test_a_checkpoint_keeps_what_auto_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.npz"
    monkeypatch.setattr(precision, "has_bfloat16", lambda: False)
    train_in("auto", path, epochs=1)
    assert precision_of(path) == "float32"
    # On a processor that has bfloat16, the training goes on in float32 all the same.
    monkeypatch.setattr(precision, "has_bfloat16", lambda: True)
    train_in("auto", path)
    assert precision_of(path) == "float32"
    with pytest.raises(ModelLoadError, match="that training has precision='float32', not 'bfloat16'"):
        train_in("bfloat16", path, epochs=3)


def test_a_processor_or_a_backend_without_the_precision_of_a_checkpoint_does_not_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.npz"
    monkeypatch.setattr(precision, "has_bfloat16", lambda: False)
    train_in("auto", path, epochs=1)
    rewrite_facts(path, precision="bfloat16")
    with pytest.raises(ModelLoadError, match="computes in bfloat16, which this processor does not have"):
        train_in("auto", path)
    monkeypatch.setattr(precision, "has_bfloat16", lambda: True)
    saved = Checkpoint.read(path)
    assert saved.precision("auto") == "bfloat16"
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ModelLoadError, match="computes in bfloat16, which Keras on jax does not have"):
        saved.precision("auto")
    with pytest.raises(ModelLoadError, match="that training has precision='bfloat16', not 'float32'"):
        train_in("float32", path)


def rewrite_facts(path: Path, **course: str) -> None:
    with np.load(path) as file:
        arrays = dict(file)
    facts = json.loads(str(arrays["facts"]))
    facts["course"] |= course
    np.savez(path, **arrays | {"facts": np.array(json.dumps(facts))})


def test_every_option_goes_on_exactly(tmp_path: Path) -> None:
    def train(trained: UNetColorizer, checkpoint: Path | None, stop_after: int) -> UNetColorizer:
        def stop(epoch: int, logs: dict[str, float]) -> None:
            trained.model.stop_training = epoch + 1 == stop_after

        trained.fit(
            Sources({"a": PICTURES[:4], "b": PICTURES[4:]}),
            epochs=3,
            batch_size=8,
            steps_per_epoch=2,
            augment=Augmentation(area=(0.3, 1.0)),
            ageing=True,
            sizes=((1, 16), (1, 24)),
            average=0.6,
            learning_rate=Cosine(1e-3, warmup=2),
            validation_split=0.2,
            validate_colors=True,
            checkpoint=checkpoint,
            callbacks=keras.callbacks.LambdaCallback(on_epoch_end=stop),
            verbose=0,
        )
        return trained

    whole = train(colorizer(), None, 3)
    train(colorizer(), tmp_path / "x.npz", 1)
    resumed = train(colorizer(), tmp_path / "x.npz", 3)
    for got, wanted in zip(weights(resumed), weights(whole), strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert resumed.training == whole.training


def test_what_fit_did_not_write_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    colorizer().fit(PICTURES, epochs=1, checkpoint=path, verbose=0)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "facts"}
    np.savez(path, **arrays)
    with pytest.raises(ModelLoadError, match="not written by UNetColorizer"):
        colorizer().fit(PICTURES, epochs=2, checkpoint=path, verbose=0)
