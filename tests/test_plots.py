from __future__ import annotations

import io
import pickle
import subprocess
import sys

import keras
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from unetcolor import Hint, get_color_space, list_color_spaces
from unetcolor.codec import Codec
from unetcolor.images import to_float
from unetcolor.plots import compare, plot_channels, plot_comparison, plot_history, plot_luminance
from unetcolor.prediction.predictor import Predictor


def batch(count: int, height: int = 10, width: int = 8, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, height, width, channels), np.uint8)


def image_of(ax) -> np.ndarray:
    (image,) = ax.images
    return np.asarray(image.get_array())


def draw(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


class TestComparison:
    def test_rows_are_gray_colorized_truth_and_columns_are_pictures(self):
        truth, colorized, gray = batch(4), batch(4) // 2, batch(4)[..., 0]
        axes = np.reshape(plot_comparison(truth, colorized, gray).axes, (3, 4))
        assert [ax.get_ylabel() for ax in axes[:, 0]] == ["gray", "colorized", "truth"]
        assert all(ax.get_ylabel() == "" for ax in axes[:, 1:].flat)
        for row, pictures in zip(axes, (gray, colorized, truth), strict=True):
            for ax, picture in zip(row, pictures, strict=True):
                np.testing.assert_allclose(image_of(ax), picture / 255, atol=1e-6)

    def test_without_gray_there_are_two_rows(self):
        figure = plot_comparison(batch(2), batch(2))
        assert [ax.get_ylabel() for ax in figure.axes] == ["colorized", "", "truth", ""]

    @pytest.mark.parametrize(("given", "count", "drawn"), [(8, 5, 5), (3, 5, 3), (8, 2, 2)])
    def test_count_is_a_limit(self, given, count, drawn):
        assert len(plot_comparison(batch(given), batch(given), count=count).axes) == 2 * drawn

    @pytest.mark.parametrize("channels", [1, 3])
    def test_gray_may_have_one_or_three_channels(self, channels):
        gray = batch(2, channels=1).repeat(channels, axis=-1)
        shown = image_of(plot_comparison(batch(2), batch(2), gray).axes[0])
        np.testing.assert_allclose(shown, (gray[0] if channels == 3 else gray[0, ..., 0]) / 255, atol=1e-6)

    def test_gray_is_drawn_from_black_to_white_whatever_its_values(self):
        dim = np.full((1, 4, 4), 0.2)
        dim[0, 0, 0] = 0.3
        (image,) = plot_comparison(batch(1, 4, 4), batch(1, 4, 4), dim).axes[0].images
        assert image.get_clim() == (0.0, 1.0)
        assert image.get_cmap().name == "gray"

    def test_lists_of_pictures_of_several_sizes_and_dtypes(self):
        truth = [batch(1, 20, 40)[0], batch(1, 30, 20)[0]]
        colorized = [picture / 255 for picture in truth]
        gray = [picture[..., 0].astype(np.uint16) * 257 for picture in truth]
        figure = plot_comparison(truth, colorized, gray)
        np.testing.assert_allclose(image_of(figure.axes[2]), image_of(figure.axes[4]), atol=1e-6)
        draw(figure)
        wide, high = (ax.get_position() for ax in figure.axes[:2])
        assert wide.height == pytest.approx(high.height, rel=0.05)

    def test_pictures_have_no_ticks_and_small_ones_keep_their_pixels(self):
        for ax in plot_comparison(batch(1), batch(1)).axes:
            assert len(ax.get_xticks()) == len(ax.get_yticks()) == 0
            assert ax.images[0].get_interpolation() == "nearest"
        large = plot_comparison(batch(1, 200, 150), batch(1, 200, 150))
        assert large.axes[0].images[0].get_interpolation() == "auto"

    def test_refuses_different_numbers(self):
        with pytest.raises(ValueError, match=r"as many pictures of each kind, not .*'colorized': 2, 'truth': 3"):
            plot_comparison(batch(3), batch(2))
        with pytest.raises(ValueError, match=r"'gray': 1"):
            plot_comparison(batch(3), batch(3), batch(1)[..., 0])

    @pytest.mark.parametrize(("pictures", "count"), [(batch(0), 5), ([], 5), (batch(2), 0)])
    def test_refuses_nothing_to_draw(self, pictures, count):
        with pytest.raises(ValueError, match="at least one picture"):
            plot_comparison(pictures, pictures, count=count)

    def test_refuses_a_single_picture_and_gray_in_place_of_color(self):
        with pytest.raises(ValueError, match=r"colorized: .* shape \(height, width, 3\), not \(8, 3\)"):
            plot_comparison(batch(1)[0], batch(1)[0])
        with pytest.raises(ValueError, match=r"truth: .* not \(10, 8\)"):
            plot_comparison(batch(2)[..., 0], batch(2))


class TestLuminance:
    def test_shows_the_picture_and_each_luminance_in_network_units(self):
        rgb = batch(1)[0]
        figure = plot_luminance(rgb, ["ycbcr", get_color_space("lab")])
        picture, ycbcr, lab = figure.axes
        assert [ax.get_title() for ax in figure.axes] == ["picture", "Y (ycbcr)", "L* (lab)"]
        np.testing.assert_allclose(image_of(picture), rgb / 255, atol=1e-6)
        np.testing.assert_allclose(image_of(ycbcr), (rgb / 255) @ [0.299, 0.587, 0.114], atol=1e-5)
        luminance, _ = get_color_space("lab").encode(rgb / 255)
        np.testing.assert_allclose(image_of(lab), luminance[..., 0] / 100, atol=1e-5)
        assert ycbcr.images[0].get_clim() == lab.images[0].get_clim() == (0.0, 1.0)

    @pytest.mark.parametrize("space", ["lab", get_color_space("lab")])
    def test_one_space_need_not_be_in_a_list(self, space):
        assert [ax.get_title() for ax in plot_luminance(batch(1)[0], space).axes] == ["picture", "L* (lab)"]

    def test_refuses_a_batch(self):
        with pytest.raises(ValueError, match=r"not \(2, 10, 8, 3\)"):
            plot_luminance(batch(2))

    def test_refuses_an_unknown_space(self):
        with pytest.raises(ValueError, match="Did you mean 'lab'"):
            plot_luminance(batch(1)[0], ["labb"])


class TestChannels:
    @pytest.mark.parametrize("name", list_color_spaces())
    def test_every_channel_in_natural_units_with_its_range(self, name):
        rgb, space = batch(1)[0], get_color_space(name)
        figure = plot_channels(rgb, name)
        channels = (space.luminance, *space.targets)
        values = np.concatenate(space.encode(rgb / 255), axis=-1)
        assert len(figure.axes) == len(channels)
        for i, (ax, channel) in enumerate(zip(figure.axes, channels, strict=True)):
            np.testing.assert_allclose(image_of(ax), values[..., i], atol=1e-3)
            label, _, found = ax.get_title().partition(": ")
            low, high = (float(end) for end in found.split(" to "))
            assert label == channel.name
            assert (low, high) == pytest.approx((values[..., i].min(), values[..., i].max()), abs=0.06)

    @pytest.mark.parametrize("name", list_color_spaces())
    def test_color_bar_goes_from_low_to_high(self, name):
        space = get_color_space(name)
        for ax, channel in zip(plot_channels(batch(1)[0], space).axes, (space.luminance, *space.targets), strict=True):
            bar = ax.images[0].colorbar
            assert bar.ax.get_ylim() == (channel.low, channel.high)
            assert {channel.low, channel.high} <= set(bar.get_ticks())

    def test_chroma_has_a_diverging_map_centered_at_zero(self):
        gray, u, v = plot_channels(batch(1)[0], "luv").axes
        assert gray.images[0].get_cmap().name == "gray"
        for ax in (u, v):
            assert ax.images[0].get_cmap().name == "RdBu_r"
            low, high = ax.images[0].get_clim()
            assert low == -high

    def test_positive_channels_are_gray(self):
        assert {ax.images[0].get_cmap().name for ax in plot_channels(batch(1)[0], "rgb").axes} == {"gray"}

    def test_refuses_a_gray_picture(self):
        with pytest.raises(ValueError, match=r"not \(10, 8\)"):
            plot_channels(batch(1)[0, ..., 0], "lab")


CURVES = {"loss": [0.9, 0.5, 0.4], "mae": [0.3, 0.2, 0.1], "val_loss": [0.8, 0.6, 0.7], "val_mae": [0.4, 0.3, 0.2]}


class TestHistory:
    def test_one_plot_a_metric_with_training_and_validation_from_epoch_1(self):
        figure = plot_history(CURVES)
        assert [ax.get_ylabel() for ax in figure.axes] == ["loss", "mae"]
        for ax, name in zip(figure.axes, ("loss", "mae"), strict=True):
            assert ax.get_xlabel() == "epoch"
            assert [line.get_label() for line in ax.lines] == ["training", "validation"]
            for line, key in zip(ax.lines, (name, f"val_{name}"), strict=True):
                assert list(line.get_xdata()) == [1, 2, 3]
                assert list(line.get_ydata()) == CURVES[key]

    @pytest.mark.parametrize("epochs", [1, 2, 7, 50])
    def test_ticks_are_whole_epochs_from_1_on(self, epochs):
        (ax,) = plot_history({"loss": np.linspace(1, 0, epochs)}).axes
        low, high = ax.get_xlim()
        ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
        assert ticks
        assert all(tick == round(tick) and 1 <= tick <= epochs for tick in ticks)

    def test_takes_the_history_of_keras(self):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile(loss="mse")
        data = np.ones((4, 1), np.float32)
        history = model.fit(data, data, validation_data=(data, data), epochs=2, verbose=0)
        (ax,) = plot_history(history).axes
        assert list(ax.lines[1].get_ydata()) == history.history["val_loss"]

    @pytest.mark.parametrize("history", [{}, {"loss": []}])
    def test_refuses_an_empty_history(self, history):
        with pytest.raises(ValueError, match="no epochs"):
            plot_history(history)

    def test_refuses_epochs_without_validation(self):
        with pytest.raises(ValueError, match="'val_loss' has 1 for 2"):
            plot_history({"loss": [0.5, 0.4], "val_loss": [0.6]})


class TestCompare:
    @pytest.fixture
    def predictor(self) -> Predictor:
        def network(batch):
            return np.concatenate([0.7 - 0.1 * batch[..., :1], 0.4 + 0.1 * batch[..., :1]], axis=-1)

        return Predictor(Codec(get_color_space("lab"), hints=True), network, 20)  # type: ignore[arg-type]

    def drawn(self, figure: Figure) -> dict[str, np.ndarray]:
        return {ax.get_title(): np.asarray(ax.images[0].get_array()) for ax in figure.axes}

    def test_shows_gray_the_result_and_the_truth(self, predictor):
        photo = (batch(1)[0] * 255).astype(np.uint8)
        drawn = self.drawn(compare(predictor, photo, saturation=2))
        assert list(drawn) == ["gray", "colorized", "truth"]
        np.testing.assert_array_equal(drawn["truth"], to_float(photo))
        np.testing.assert_array_equal(drawn["colorized"], to_float(predictor.predict(photo, saturation=2)))
        assert np.ptp(drawn["gray"], axis=-1).max() < 0.01
        lab = get_color_space("lab")
        np.testing.assert_allclose(lab.encode(drawn["gray"])[0], lab.encode(to_float(photo))[0], atol=1)

    def test_a_gray_photo_has_no_truth(self, predictor):
        gray = np.full((30, 20, 3), 90, np.uint8)
        assert list(self.drawn(compare(predictor, gray))) == ["gray", "colorized"]
        assert list(self.drawn(compare(predictor, gray[..., 0]))) == ["gray", "colorized"]

    def test_takes_what_predict_takes_and_hints(self, predictor):
        photo = Image.fromarray(np.full((30, 20, 4), 90, np.uint8))
        drawn = self.drawn(compare(predictor, photo, hints=[Hint(15, 10, "red", 5)]))
        assert np.ptp(drawn["colorized"][15, 10]) > 0.2
        assert np.ptp(drawn["gray"], axis=-1).max() < 0.01

    @pytest.mark.parametrize("photo", [batch(2), [batch(1)[0]], None])
    def test_one_picture_only(self, predictor, photo):
        with pytest.raises(ValueError, match="a picture"):
            compare(predictor, photo)


def test_every_figure_can_be_written():
    rgb = batch(1)[0]
    figures = [
        plot_comparison(batch(2), batch(2)),
        plot_luminance(rgb),
        plot_channels(rgb, "luv"),
        plot_history({"loss": [1.0, 0.5]}),
    ]
    assert pickle.loads(pickle.dumps(figures[0])).axes
    for figure in figures:
        assert isinstance(figure, Figure)
        assert draw(figure).startswith(b"\x89PNG")


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_pyplot_is_not_imported_and_matplotlib_only_when_drawing():
    output = run(
        "import sys, io, numpy as np, unetcolor.plots as plots\n"
        "print('matplotlib' in sys.modules, 'tensorflow' in sys.modules)\n"
        "plots.plot_channels(np.zeros((4, 4, 3)), 'lab').savefig(io.BytesIO())\n"
        "plots.plot_history({'loss': [1.0]}).savefig(io.BytesIO())\n"
        "print('matplotlib' in sys.modules, 'matplotlib.pyplot' in sys.modules)\n"
    )
    assert output.splitlines() == ["False False", "True False"]


@pytest.mark.parametrize(
    "call",
    [
        "plot_comparison(picture[None], picture[None])",
        "plot_luminance(picture)",
        "plot_channels(picture, 'lab')",
        "plot_history({'loss': [1.0]})",
    ],
)
def test_missing_matplotlib_is_named_with_what_to_install(call):
    # None in sys.modules makes an import fail as if the package were not there.
    output = run(
        "import sys; sys.modules['matplotlib'] = None\n"
        "import numpy as np\n"
        "from unetcolor.errors import MissingExtraError\n"
        "from unetcolor.plots import *\n"
        "picture = np.zeros((4, 4, 3))\n"
        f"try: {call}\n"
        "except MissingExtraError as error: print(error)\n"
    )
    assert output.strip() == 'this needs matplotlib: pip install "unetcolor[plot]"'


def test_a_history_that_falls_far_has_a_logarithmic_axis() -> None:
    far, near = (plot_history({"loss": [first, 0.02, 0.01]}).axes[0] for first in (0.5, 0.03))
    assert (far.get_yscale(), near.get_yscale()) == ("log", "linear")
