"""The recipes, run as their users run them: as scripts, in processes of their own."""

from __future__ import annotations

import csv
import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from unetcolor import UNetColorizer, samples
from unetcolor.images import write_image
from unetcolor.models.keras_file import read_record
from unetcolor.models.onnx_file import read_onnx_record
from unetcolor.models.presets import path_of_preset
from unetcolor.prediction.predictor import Predictor

RECIPES = Path(__file__).parent.parent / "recipes"

# A training of a few seconds, by the same code as the presets', which is given another encoder where the network need
# not be theirs; theirs takes seconds to be traced for each size.
TINY = """
import dataclasses, sys
sys.path.insert(0, {recipes!r})
from pathlib import Path
import keras
from settings import RECIPES
from unetcolor.networks.encoders import ENCODERS
import train

def tiny(pretrained):
    x = inputs = keras.Input((None, None, 1))
    stages = []
    for seed, filters in enumerate((4, 4, 8, 8, 8)):
        kernel = keras.initializers.GlorotUniform(seed=seed)
        x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", kernel_initializer=kernel)(x)
        stages.append(x)
    return keras.Model(inputs, stages, name="tiny")

ENCODERS["tiny"] = tiny
for name, recipe in RECIPES.items():
    RECIPES[name] = dataclasses.replace(
        recipe,
        encoder={encoder!r},
        sizes=((2, 32), (1, 48)) if {encoder!r} == "tiny" else ((3, 32),),
        epochs=3,
        steps=2,
        batch_size=4,
        warmup=2,
        favorites=("source1",),
        favorites_share=0.7,
    )
train.main()
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for i, portrait in enumerate(samples.load_portraits()[:40]):
        (folder / f"source{i % 2}").mkdir(exist_ok=True)
        write_image(folder / f"source{i % 2}" / f"{i:02}.jpg", portrait)
    gray = np.repeat(samples.load_portraits()[0, ..., :1], 3, axis=-1)
    write_image(folder / "source0" / "gray.jpg", gray)
    return folder


def run(code: str, *arguments: object) -> None:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def train(
    data: Path, output: Path, *options: object, recipe: str = "photo", encoder: str = "efficientnet_lite0"
) -> None:
    run(TINY.format(recipes=str(RECIPES), encoder=encoder), recipe, data, "--output", output, *options)


def checkpoint(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "checkpoint.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def trained_run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("run")
    train(data, output)
    return output


@pytest.mark.slow
def test_a_training_that_was_stopped_goes_on_exactly(data: Path, tmp_path: Path) -> None:
    one, parts = tmp_path / "one", tmp_path / "parts"
    train(data, one, encoder="tiny")
    train(data, parts, "--epochs", 1, encoder="tiny")
    assert checkpoint(parts)["epoch"] == 1
    train(data, parts, encoder="tiny")
    whole, resumed = checkpoint(one), checkpoint(parts)
    assert whole.keys() == resumed.keys()
    for name, values in whole.items():
        np.testing.assert_array_equal(resumed[name], values, err_msg=name)


@pytest.mark.slow
def test_the_log_holds_every_epoch_and_the_validation_photos_are_a_tenth(data: Path, trained_run: Path) -> None:
    with open(trained_run / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert all(float(row["val_gray_delta_e"]) > 0 for row in rows)
    held_out = (trained_run / "validation.txt").read_text().split()
    assert len(held_out) == 4
    assert {Path(name).parent.name for name in held_out} == {"source0", "source1"}
    # One of the others is gray.
    assert UNetColorizer.load(trained_run / "model.keras").training["pictures"] in (36, 37)


@pytest.mark.slow
def test_a_preset_is_made_of_a_training(trained_run: Path, tmp_path: Path) -> None:
    preset = tmp_path / "preset.keras"
    subprocess.run(
        [sys.executable, RECIPES / "export.py", trained_run, preset, "--chroma", "0.9", "--size", "96"],
        check=True,
        capture_output=True,
    )
    colorizer = UNetColorizer.load(preset)
    assert (colorizer.training["epochs"], colorizer.image_size) == (3, (96, 96))
    portrait = samples.load_portraits()[0]
    expected = colorizer.predict(portrait, precision="float32").astype(int)
    assert expected.shape == (100, 75, 3)
    portable = Predictor.load(tmp_path / "preset.onnx", precision="float32")
    # A network that has hardly learned paints at the border of sRGB, where what is rounded weighs most.
    differences = np.abs(portable.predict(portrait) - expected)
    assert differences.max() <= 2
    assert (differences > 1).mean() < 1e-3
    assert read_onnx_record(tmp_path / "preset.onnx") == read_record(preset)


@pytest.mark.slow
def test_a_training_can_start_from_a_preset(data: Path, tmp_path: Path) -> None:
    train(data, tmp_path, "--epochs", 1, "--start", path_of_preset("photo"), recipe="hint")
    # Two steps at a low rate change little of what the preset knows: compared with random weights, nothing.
    assert furthest(weights(tmp_path), UNetColorizer.from_preset("photo").model.get_weights()) < 0.05


def test_channels_for_hints_come_and_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(RECIPES))
    import train
    from settings import RECIPES as recipes

    gray = np.random.default_rng(0).random((1, 32, 32, 1), np.float32)
    hints = np.zeros((1, 32, 32, 3), np.float32)
    without = train.build(recipes["polish"], path_of_preset("photo"))
    without.fit(samples.load_portraits()[:2, :32, :32], epochs=1, batch_size=1, steps_per_epoch=1, verbose=0)
    without.save(tmp_path / "without.keras")
    for name, start in (("hint", tmp_path / "without.keras"), ("polish", path_of_preset("photo"))):
        built = train.build(recipes[name], start).model
        former = UNetColorizer.load(start).model
        first, second = (
            model.predict_on_batch(np.concatenate([gray, hints], axis=-1) if model.input_shape[-1] == 4 else gray)
            for model in (built, former)
        )
        assert built.input_shape[-1] != former.input_shape[-1]
        np.testing.assert_allclose(first, second, atol=1e-5)


def test_another_decoder_follows_with_the_trained_encoder_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(RECIPES))
    import train
    from settings import RECIPES as recipes

    rng = np.random.default_rng(0)
    narrow, fresh = (train.build(dataclasses.replace(recipes[name], pretrained=False), None) for name in WIDENED)
    narrow.model.set_weights([rng.random(weight.shape, np.float32) for weight in narrow.model.get_weights()])
    narrow.fit(samples.load_portraits()[:2, :32, :32], epochs=1, batch_size=1, steps_per_epoch=1, verbose=0)
    narrow.save(tmp_path / "model.keras")
    wide = train.build(recipes["widen"], tmp_path)
    of_encoder = {weight.path for weight in wide.model.get_layer("efficientnet_lite0").weights}
    former = {weight.path: np.array(weight) for weight in narrow.model.weights}
    untrained = {weight.path: np.array(weight) for weight in fresh.model.weights}
    assert len(of_encoder) > 100
    for weight in wide.model.weights:
        wanted = former if weight.path in of_encoder else untrained
        np.testing.assert_array_equal(weight, wanted[weight.path])


WIDENED = ("refine", "widen")


def test_a_recipe_that_follows_another_needs_its_weights(data: Path, tmp_path: Path) -> None:
    command = [sys.executable, RECIPES / "train.py", "vary", data, "--output", tmp_path / "run"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "vary follows polish: --start needs the output folder of that training" in done.stderr
    assert not (tmp_path / "run").exists()


def weights(folder: Path) -> list[np.ndarray]:
    return list(UNetColorizer.load(folder / "model.keras").model.get_weights())


def furthest(weights: list[np.ndarray], others: list[np.ndarray]) -> float:
    """Return the largest difference between the kernels of two networks."""
    assert [a.shape for a in weights] == [b.shape for b in others]
    kernels = [(a, b) for a, b in zip(weights, others, strict=True) if a.size > 10_000]
    assert len(kernels) > 20
    return max(float(np.abs(a - b).max()) for a, b in kernels)


def test_a_scaled_head_scales_the_chroma(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(RECIPES))
    import keras
    from export import scale_chroma

    from unetcolor import get_color_space

    space = get_color_space("lab")
    head = keras.layers.Dense(2, activation="sigmoid", kernel_initializer=keras.initializers.GlorotUniform(seed=1))
    inputs = np.random.default_rng(0).normal(0, 0.3, (500, 3)).astype(np.float32)
    before = space.denormalize_targets(np.array(head(inputs)))
    scale_chroma(head, space, 0.8)
    after = space.denormalize_targets(np.array(head(inputs)))
    usual = np.abs(before) < 60
    assert np.abs(before[usual]).max() > 50
    np.testing.assert_allclose(after[usual], 0.8 * before[usual], atol=2.5)


# Of the preset's own network, because a pupil needs an encoder that its teacher knows.
TAUGHT = """
import dataclasses, sys
sys.path.insert(0, {recipes!r})
import settings
recipe = dataclasses.replace(settings.TEACH.recipe, sizes=((1, 32),), epochs=2, steps=2, batch_size=4, warmup=1)
recipe = dataclasses.replace(recipe, favorites=(), favorites_share=0.0)
settings.TEACH = dataclasses.replace(settings.TEACH, recipe=recipe)
import shutil, teach

class Progress(teach.Progress):
    # Keeps what there is after the first epoch, as if the process had been killed there.
    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        if epoch == 0:
            shutil.copytree(self._output, {killed!r})

teach.Progress = Progress
teach.main()
"""


@pytest.mark.slow
def test_a_network_is_taught_and_goes_on_exactly_where_it_was_stopped(data: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    shapes = {"kernel": (320, 16), "bias": (16,), "class_kernel": (16, 5), "class_bias": (5,)}
    np.savez(tmp_path / "classifier.npz", **{name: rng.normal(0, 0.1, shape) for name, shape in shapes.items()})
    named = ("--start", path_of_preset("photo"), "--classifier", tmp_path / "classifier.npz", "--validation", data)
    one, killed = tmp_path / "one", tmp_path / "killed"
    code = TAUGHT.format(recipes=str(RECIPES), killed=str(killed))
    run(code, data, "--output", one, *named)
    assert checkpoint(killed)["epoch"] == 1
    run(code, data, "--output", killed, *named)
    whole, resumed = checkpoint(one), checkpoint(killed)
    assert whole.keys() == resumed.keys()
    for name, values in whole.items():
        np.testing.assert_array_equal(resumed[name], values, err_msg=name)
    with open(one / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert all(0 < float(row["features_cosine"]) < 1 and float(row["val_gray_delta_e"]) > 0 for row in rows)
    assert read_record(one / "model.keras") == read_record(killed / "model.keras")
    training, former = read_record(one / "model.keras").training, read_record(path_of_preset("photo")).training
    assert (training["epochs"], training["loss"]) == (former["epochs"] + 2, "delta_e99")
    assert training["pictures"] in (36, 37)
    assert training["final"]["val_delta_e"] == pytest.approx(float(rows[-1]["val_delta_e"]))
    before = UNetColorizer.from_preset("photo").model.get_layer("efficientnet_lite0")
    after = UNetColorizer.load(one / "model.keras").model.get_layer("efficientnet_lite0")
    changed = {
        layer.name
        for layer, own in zip(before.layers, after.layers, strict=True)
        if any(np.abs(a - b).max() > 0 for a, b in zip(layer.get_weights(), own.get_weights(), strict=True))
    }
    assert "block5_depthwise_conv" in changed
    assert not any(name.startswith(("stem", "block0", "block4_")) or name.endswith("norm") for name in changed)


@pytest.mark.slow
def test_the_shares_of_the_color_bins_sum_to_one(data: Path, tmp_path: Path) -> None:
    command = [sys.executable, RECIPES / "color_shares.py", data, tmp_path / "shares.csv"]
    subprocess.run(command, check=True, capture_output=True)
    with open(tmp_path / "shares.csv", newline="") as file:
        shares = [float(row["share"]) for row in csv.DictReader(file)]
    assert sum(shares) == pytest.approx(1, abs=1e-5)
