from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from unetcolor import UNetColorizer, samples
from unetcolor.training.averaging import Averaging

PICTURES = samples.load_portraits()[:16, ::5, ::5]
OPTIONS = {"batch_size": 8, "verbose": 0}


def colorizer() -> UNetColorizer:
    return UNetColorizer("lab", filters=(4, 8), seed=5)


def weights(trained: UNetColorizer) -> list[np.ndarray]:
    return [np.array(weight) for weight in trained.model.get_weights()]


def assert_equal(given: list[np.ndarray], wanted: list[np.ndarray], atol: float = 0.0) -> None:
    for values, expected in zip(given, wanted, strict=True):
        np.testing.assert_allclose(values, expected, rtol=0, atol=atol)


def test_the_averages_over_the_epochs_are_kept() -> None:
    plain, averaged, of_epochs = colorizer(), colorizer(), []
    record = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: of_epochs.append(weights(plain)))
    plain.fit(PICTURES, epochs=3, callbacks=record, **OPTIONS)
    averaged.fit(PICTURES, epochs=3, average=0.6, **OPTIONS)
    # The first counts in full, the second for a half, and from then on each new one for 0.4.
    expected = [0.6 * (0.5 * a + 0.5 * b) + 0.4 * c for a, b, c in zip(*of_epochs, strict=True)]
    assert_equal(weights(averaged), expected, atol=1e-6)


def test_an_error_while_a_checkpoint_is_written_leaves_the_averages() -> None:
    averaging = Averaging(0.5)
    averaging.set_model(colorizer().model)
    averaging.on_epoch_end(0)
    averaging.on_epoch_begin(1)
    averaging.model.set_weights([weight + 1 for weight in averaging.model.get_weights()])
    averaging.on_epoch_end(1)
    averages = averaging.model.get_weights()
    with pytest.raises(OSError, match="full"), averaging.own_weights():
        raise OSError("the disk is full")
    assert_equal(averaging.model.get_weights(), averages)


def test_what_is_validated_and_saved_after_an_epoch_is_the_average(tmp_path: Path) -> None:
    trained, seen = colorizer(), []

    def on_epoch_end(epoch: int, logs: dict[str, float]) -> None:
        trained.save(tmp_path / f"{epoch}.keras")
        seen.append(trained.model.evaluate(*example, verbose=0))

    example = encoded(PICTURES[:4])
    callback = keras.callbacks.LambdaCallback(on_epoch_end=on_epoch_end)
    history = trained.fit(PICTURES, validation_data=PICTURES[:4], epochs=2, average=0.9, callbacks=callback, **OPTIONS)
    assert history.history["val_loss"] == pytest.approx(seen, rel=1e-4)
    assert_equal(weights(UNetColorizer.load(tmp_path / "1.keras")), weights(trained))


def encoded(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from unetcolor import get_color_space
    from unetcolor.codec import Codec
    from unetcolor.images import to_float

    return Codec(get_color_space("lab")).example(to_float(pictures))


def test_a_training_in_parts_has_the_average_of_one_in_one(tmp_path: Path) -> None:
    whole, resumed = colorizer(), colorizer()
    whole.fit(PICTURES, epochs=4, average=0.7, **OPTIONS)
    for epochs in (1, 3):
        colorizer().fit(PICTURES, epochs=epochs, average=0.7, checkpoint=tmp_path / "x.npz", **OPTIONS)
    resumed.fit(PICTURES, epochs=4, average=0.7, checkpoint=tmp_path / "x.npz", **OPTIONS)
    assert_equal(weights(resumed), weights(whole))
    # A finished training gives its average, too.
    again = colorizer()
    assert again.fit(PICTURES, epochs=4, average=0.7, checkpoint=tmp_path / "x.npz", **OPTIONS).epoch == []
    assert_equal(weights(again), weights(whole))


def test_a_training_that_is_interrupted_keeps_the_average_of_its_whole_epochs() -> None:
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            self.epoch = epoch

        def on_train_batch_end(self, batch: int, logs: object = None) -> None:
            if self.epoch == 1:
                raise KeyboardInterrupt

    stopped, whole = colorizer(), colorizer()
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(PICTURES, epochs=3, average=0.5, callbacks=Interrupt(), **OPTIONS)
    whole.fit(PICTURES, epochs=1, average=0.5, **OPTIONS)
    assert_equal(weights(stopped), weights(whole))


@pytest.mark.parametrize("average", [-0.1, 1.0])
def test_a_decay_out_of_range_is_refused(average: float) -> None:
    with pytest.raises(ValueError, match="average must be at least 0 and below 1"):
        colorizer().fit(PICTURES, average=average)
