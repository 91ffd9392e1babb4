"""The page itself."""

from __future__ import annotations

import os
import time
from functools import cache, partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

import unetcolor
from unetcolor import samples
from unetcolor.app.kept import copy_in, new_path
from unetcolor.errors import ImageReadError, MissingExtraError
from unetcolor.images import read, split_alpha, write_image
from unetcolor.models.presets import list_presets, path_of_model
from unetcolor.prediction.predictor import Predictor

if TYPE_CHECKING:
    from gradio import Blocks

# Pictures that ship and that no preset was trained on.
EXAMPLES = ("astronaut", "chelsea", "coffee", "rocket")

# Pixels of the longer side of the pictures on the page; the file to download has all pixels.
_SHOWN = 1600

# In seconds: every hour, files older than a day are deleted; when the server stops, the others are too.
_DELETE_CACHE = (3600, 86400)

# Photos that wait for their turn.
_MOST_WAITING = 16

_HEADING = """
# unetcolor

Drop a black-and-white photo, and a neural network guesses its colors.

Photos stay on this computer. Of a photo in color, only the brightness is used.
"""


def build_app(
    *, model: str | os.PathLike[str] | None = None, max_megapixels: float = 50.0, max_file_mb: float = 50.0
) -> Blocks:
    """Build the page, without a server.

    :func:`serve` keeps out other computers, other websites and files that were not dropped on the page.

    Parameters
    ----------
    model
        A model file, or the name of a preset: what is chosen at first. All presets can be chosen.
    max_megapixels
        Photos with more pixels are refused, before they are decoded.
    max_file_mb
        The limit that the page names; the server must enforce it.

    Returns
    -------
    gradio.Blocks
        The page.

    Raises
    ------
    ModelLoadError
        The model file cannot be loaded.
    MissingExtraError
        Gradio is not installed.
    """
    gr = import_gradio()
    files = {} if model is None or model in list_presets() else {Path(model).name: path_of_model(model)}
    chosen = next(iter(files), str(model or "photo"))

    @cache
    def load(name: str) -> Predictor:
        return Predictor.load(files.get(name, name))

    def colorize(photo: str | None, name: str, saturation: float) -> tuple[Any, str, Any]:
        nothing = gr.DownloadButton(value=None, interactive=False)
        if photo is None:
            return None, _message(""), nothing
        start, file = time.perf_counter(), Path(photo)
        try:
            original = read(photo, max_pixels=round(max_megapixels * 1e6))
        except ImageReadError as error:
            # The message must not name the folder of the server.
            return None, _message(str(error).replace(photo, file.name), "problem"), nothing
        pixels, notes = original.pixels, original.notes
        predictor = load(name)
        (colored,) = predictor.predict([pixels], saturation=saturation, verbose=0)
        colored_file = new_path(f"{file.stem}_color.png")
        write_image(colored_file, colored)
        height, width = pixels.shape[:2]
        how = f"{width} x {height} pixels, {name}, saturation {saturation:g}, {time.perf_counter() - start:.1f} s"
        shown = (_without_color(_reduce(pixels), predictor), _reduce(colored))
        done = _message("; ".join([f"{file.name}: {how}", *notes]))
        return shown, done, gr.DownloadButton(value=colored_file, interactive=True)

    # Load now: a broken model file is reported at once, and the first photo does not wait.
    load(chosen)
    with gr.Blocks(title="unetcolor", analytics_enabled=False, delete_cache=_DELETE_CACHE) as page:
        gr.Markdown(_HEADING, elem_id="heading")
        with gr.Row():
            with gr.Column(scale=2, min_width=320):
                photo = gr.File(label=f"Photo, up to {max_megapixels:g} megapixels and {max_file_mb:g} MB", height=150)
                name = gr.Radio([*files, *list_presets()], value=chosen, label="Colorizer")
                saturation = gr.Slider(0, 2, value=1, step=0.05, label="Saturation")
                with gr.Column(elem_id="examples"):
                    gr.Markdown("Or try one of these:")
                    with gr.Row():
                        for path in (path for path in samples.photos() if path.stem in EXAMPLES):
                            example = gr.Button(path.stem, icon=str(path), size="md", min_width=80)
                            example.click(partial(copy_in, path), None, photo, api_visibility="private")
            with gr.Column(scale=3, min_width=320):
                slider = gr.ImageSlider(
                    label="Before and after", interactive=False, buttons=["fullscreen"], height=500, max_height=500
                )
                status = gr.HTML(_message(""), elem_id="status", padding=False)
                download = gr.DownloadButton("Download at full size", interactive=False, variant="primary")
        gr.Markdown(f"unetcolor {unetcolor.__version__}", elem_id="footer")
        gr.on(
            [photo.change, name.change, saturation.change],
            colorize,
            [photo, name, saturation],
            [slider, status, download],
            # One photo at a time; of the choices made in the meantime, the last counts.
            concurrency_limit=1,
            trigger_mode="always_last",
            api_visibility="private",
        )
    app: Blocks = page.queue(max_size=_MOST_WAITING, default_concurrency_limit=1)
    return app


def import_gradio() -> Any:
    """Return Gradio, or raise a MissingExtraError."""
    # Gradio would report to its makers; it reads this when it is imported.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    try:
        import gradio
    except ModuleNotFoundError as error:
        raise MissingExtraError("gradio", "app") from error
    return gradio


def _reduce(pixels: np.ndarray) -> np.ndarray:
    """Return a picture as the page shows it: 8 bits, and not larger than a screen."""
    # Shrink before converting to floats: those of a large photo would fill the memory.
    shown = Image.fromarray(pixels if pixels.dtype == np.uint8 else (pixels // 257).astype(np.uint8))
    shown.thumbnail((_SHOWN, _SHOWN))
    return np.asarray(shown)


def _without_color(pixels: np.ndarray, predictor: Predictor) -> np.ndarray:
    """Return the gray picture, with its alpha, that was colorized."""
    color, alpha = split_alpha(pixels)
    rgb = np.broadcast_to(color.reshape(*color.shape[:2], -1), (*color.shape[:2], 3))
    gray = predictor.codec.plain_gray(rgb)
    return gray if alpha is None else np.dstack([gray, alpha])


def _message(text: str, kind: str = "") -> str:
    return f'<p role="status" class="{kind}">{escape(text)}</p>'
