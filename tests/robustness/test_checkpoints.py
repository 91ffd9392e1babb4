"""A training that goes wrong, or a checkpoint that is damaged, never costs more than an epoch."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from unetcolor import ModelLoadError, UNetColorizer, samples
from unetcolor.errors import DivergedError
from unetcolor.losses import ChromaHuber
from unetcolor.training.checkpoint import Checkpoint, former_of

PICTURES = samples.load_portraits()[:8, ::4, ::4]


def fit(path: Path | None = None, epochs: int = 2, **options: Any) -> UNetColorizer:
    colorizer = UNetColorizer("lab", filters=(2, 4), seed=5)
    colorizer.fit(PICTURES, epochs=epochs, batch_size=4, checkpoint=path, verbose=0, **options)
    return colorizer


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("good") / "x.npz"
    fit(path, epochs=1)
    return path.read_bytes()


@pytest.fixture
def path(good: bytes, tmp_path: Path) -> Path:
    """A good checkpoint after one epoch."""
    (tmp_path / "x.npz").write_bytes(good)
    return tmp_path / "x.npz"


def assert_same_weights(first: UNetColorizer, second: UNetColorizer) -> None:
    for got, wanted in zip(first.model.get_weights(), second.model.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)


def settle(model: keras.Model) -> None:
    """Let what is done to a network within an epoch count: on JAX, Keras keeps the values to itself until its end."""
    if keras.backend.backend() == "jax":
        model.jax_state_sync()


class Spoil(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types.
    """Makes weights infinite before a step, as a learning rate that is too high does."""

    def __init__(self, epoch: int, step: int) -> None:
        super().__init__()
        self._wanted = epoch, step
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if (self._epoch, batch) == self._wanted:
            settle(self.model)
            bias = self.model.get_layer("head").bias
            bias.assign(np.full(bias.shape, np.nan))


@pytest.mark.parametrize("average", [None, 0.5])
def test_a_loss_that_is_not_finite_ends_the_training_and_costs_nothing_good(
    tmp_path: Path, average: float | None
) -> None:
    path = tmp_path / "x.npz"
    colorizer = UNetColorizer("lab", filters=(2, 4), seed=5)
    with pytest.raises(DivergedError, match=r"the loss is nan in epoch 3, step 2, .*it had after epoch 2"):
        colorizer.fit(
            PICTURES, epochs=4, batch_size=4, average=average, checkpoint=path, verbose=0, callbacks=Spoil(2, 1)
        )
    assert_same_weights(colorizer, fit(epochs=2, average=average))
    assert colorizer.training["epochs"] == 2
    # The optimizer is as good as the weights: from here all goes on as if nothing had been.
    resumed, whole = fit(path, epochs=4, average=average), fit(epochs=4, average=average)
    assert_same_weights(resumed, whole)
    colorizer.fit(PICTURES, batch_size=4, epochs=1, verbose=0)
    assert all(np.isfinite(w).all() for w in colorizer.model.get_weights())


def test_weights_that_are_not_finite_are_noticed_where_the_loss_does_not_show_them(tmp_path: Path) -> None:
    def spoil(epoch: int, logs: Any) -> None:
        settle(colorizer.model)
        norm = colorizer.model.get_layer("bottom_norm0").moving_variance
        norm.assign(np.full(norm.shape, np.inf))

    path = tmp_path / "x.npz"
    colorizer = UNetColorizer("lab", filters=(2, 4), seed=5)
    with pytest.raises(DivergedError, match=r"weights are not finite after epoch 1, .* had before the training"):
        colorizer.fit(
            PICTURES,
            epochs=1,
            batch_size=4,
            checkpoint=path,
            verbose=0,
            callbacks=keras.callbacks.LambdaCallback(on_train_batch_end=spoil),
        )
    assert not path.exists()
    assert_same_weights(colorizer, UNetColorizer("lab", filters=(2, 4), seed=5))


def test_the_checkpoint_before_is_kept_and_used_when_the_last_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    fit(path, epochs=3)
    assert Checkpoint.read(path).epoch == 3
    assert Checkpoint.read(former_of(path)).epoch == 2
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.warns(UserWarning, match=r"x\.npz: .*goes on from .*previous\.npz, after epoch 2"):
        resumed = fit(path, epochs=3)
    assert_same_weights(resumed, fit(epochs=3))
    # What was damaged did not take the place of the good one.
    assert Checkpoint.read(path).epoch == 3
    assert Checkpoint.read(former_of(path)).epoch == 2


def test_a_new_training_does_not_fall_back_to_an_old_one(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    fit(path, epochs=2)
    path.unlink()
    fit(path, epochs=1)
    assert not former_of(path).exists()


def rewritten(path: Path, **changes: Any) -> None:
    with np.load(path) as file:
        arrays = dict(file) | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def with_facts(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    with np.load(path) as file:
        facts = json.loads(str(file["facts"]))
    rewritten(path, facts=np.array(json.dumps(change(facts))))


def with_course(path: Path, **changes: Any) -> None:
    with_facts(path, lambda facts: facts | {"course": facts["course"] | changes})


def compressed(path: Path) -> None:
    with np.load(path) as file:
        np.savez_compressed(path, **dict(file))


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def with_huge_array(path: Path) -> None:
    """Claim an array of terabytes in a header of some bytes."""
    with zipfile.ZipFile(path, "a") as archive:
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }"
        archive.writestr("model999.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


DAMAGE: dict[str, Callable[[Path], None]] = {
    "nothing": lambda path: path.write_bytes(b"") and None,
    "cut": lambda path: os.truncate(path, 3000),
    "flipped": flipped,
    "compressed": compressed,
    "huge array": with_huge_array,
    "objects": lambda path: rewritten(path, model0=np.array([None, {}], object)),
    "no epoch": lambda path: rewritten(path, epoch=None),
    "epoch of -5": lambda path: rewritten(path, epoch=np.array(-5)),
    "epoch of 10**9": lambda path: rewritten(path, epoch=np.array(10**9)),
    "epoch of 1.5": lambda path: rewritten(path, epoch=np.array(1.5)),
    "epochs": lambda path: rewritten(path, epoch=np.array([1, 2])),
    "epoch of words": lambda path: rewritten(path, epoch=np.array("one")),
    "NaN": lambda path: rewritten(path, model0=np.full((3, 3, 1, 2), np.nan, np.float32)),
    "infinite optimizer": lambda path: rewritten(path, optimizer2=np.full((3, 3, 1, 2), np.inf, np.float32)),
    "another shape": lambda path: rewritten(path, model0=np.zeros((3, 3), np.float32)),
    "another dtype": lambda path: rewritten(path, model0=np.full((3, 3, 1, 2), "a")),
    "an array less": lambda path: rewritten(path, model0=None),
    "an array more": lambda path: rewritten(path, model999=np.zeros(1)),
    "no facts": lambda path: rewritten(path, facts=None),
    "facts of no JSON": lambda path: rewritten(path, facts=np.array("{")),
    "facts of brackets": lambda path: rewritten(path, facts=np.array("[" * 100_000)),
    "facts of numbers": lambda path: rewritten(path, facts=np.zeros(3)),
    "a list of facts": lambda path: with_facts(path, lambda facts: [facts]),
    "no course": lambda path: with_facts(path, lambda facts: {"training": facts["training"]}),
    "a course of None": lambda path: with_facts(path, lambda facts: facts | {"course": None}),
    "no precision": lambda path: with_facts(path, lambda facts: facts | {"course": {}}),
    "odd precision": lambda path: with_facts(
        path, lambda facts: facts | {"course": facts["course"] | {"precision": []}}
    ),
    "no training": lambda path: with_facts(path, lambda facts: facts | {"training": None}),
    "training of words": lambda path: with_facts(path, lambda facts: facts | {"training": {"epochs": "many"}}),
    "compilation of words": lambda path: with_facts(path, lambda facts: facts | {"compilation": "adam"}),
    "steering": lambda path: with_course(path, seed="\x1b[31m"),
}
if sys.platform != "win32":
    DAMAGE |= {"pipe": pipe, "device": device}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_checkpoint_is_refused_in_clear_words(path: Path, damage: Callable[[Path], None]) -> None:
    damage(path)
    colorizer = UNetColorizer("lab", filters=(2, 4), seed=5)
    before = colorizer.model.get_weights()
    with pytest.raises(ModelLoadError, match=r"cannot go on from .*x\.npz: ") as caught:
        colorizer.fit(PICTURES, epochs=2, batch_size=4, checkpoint=path, verbose=0)
    assert str(caught.value).isprintable()
    for got, wanted in zip(colorizer.model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "sgd"}, "has optimizer='Adam', not 'SGD'"),
        ({"optimizer": keras.optimizers.Adam(beta_1=0.5)}, "has optimizer beta_1=0.9, not 0.5"),
        ({"loss": "mse"}, "has loss='mean_absolute_error', not 'mean_squared_error'"),
        ({"loss": ChromaHuber()}, "has loss='mean_absolute_error', not 'ChromaHuber'"),
    ],
)
def test_another_optimizer_or_loss_is_named(path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelLoadError, match=message):
        fit(path, **options)


def test_what_changes_nothing_is_no_other_loss_or_optimizer(path: Path) -> None:
    # The rate is kept in the checkpoint, and the name of a loss may be a short one.
    resumed = fit(path, loss="mean_absolute_error", optimizer=keras.optimizers.Adam(0.5))
    assert_same_weights(resumed, fit())


def test_averages_of_another_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    fit(path, epochs=1, average=0.5)
    rewritten(path, average0=np.zeros(3, np.float32))
    with pytest.raises(ModelLoadError, match="another network"):
        fit(path, average=0.5)


def test_a_checkpoint_from_before_it_said_its_loss_goes_on(path: Path) -> None:
    with_facts(path, lambda facts: {name: value for name, value in facts.items() if name != "compilation"})
    assert_same_weights(fit(path), fit())
