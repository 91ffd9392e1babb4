"""The page itself."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import unetcolor
from unetcolor import samples
from unetcolor.app.editing import names
from unetcolor.app.kept import copy_in
from unetcolor.app.limits import Limits
from unetcolor.app.looks import SHOW_RESULT
from unetcolor.app.markup import (
    CANVAS_SCRIPT,
    PALETTE_SCRIPT,
    SLIDER_SCRIPT,
    before_and_after,
    canvas,
    message,
    palette_of,
)
from unetcolor.app.models import Models
from unetcolor.errors import require

if TYPE_CHECKING:
    from gradio import Blocks

# Pictures that ship and that no preset was trained on.
EXAMPLES = ("astronaut", "chelsea", "coffee", "rocket")

# In seconds: every hour, files older than a day are deleted, even if nobody works with the page.
_DELETE_CACHE = (3600, 86400)

# Photos that wait for their turn.
_MOST_WAITING = 16

# In the order of the page of the docs about better colors.
_ADVICE = """
Not right? In the order in which it helps: click where a color belongs, under *Change colors*; add another photo of
the same album, in color; try another saturation; show the photo to the network smaller or larger.
"""

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
    limits = Limits(max_megapixels, max_file_mb)
    import_gradio()
    return page_of(Models(model), limits)


def page_of(models: Models, limits: Limits) -> Blocks:
    """Build the page with the colorizers that can be chosen on it."""
    gr = import_gradio()
    # It needs Gradio.
    from unetcolor.app.handlers import AS_TRAINED, FIRST_COLOR, PICK, REMOVE, SET, SIZES, Handlers, chosen_color

    handlers = Handlers(models.load, limits)
    with gr.Blocks(title="unetcolor", analytics_enabled=False, delete_cache=_DELETE_CACHE) as page:
        gr.Markdown(_HEADING, elem_id="heading")
        hints, color, unmarked = gr.State([]), gr.State(FIRST_COLOR), gr.State(None)
        plain = {"padding": False, "apply_default_css": False}
        with gr.Row(elem_id="work"):
            with gr.Column(elem_id="drop"):
                photo = gr.File(label="Photo", height=150)
                more = f"Up to {limits}; {limits.command} takes more with `--max-megapixels` and `--max-file-mb`."
                gr.Markdown(more, elem_id="limits")
            with gr.Column(elem_id="result"):
                with gr.Tab("Before and after"):
                    nothing = before_and_after(None, "")
                    slider = gr.HTML(nothing, elem_id="before-after", js_on_load=SLIDER_SCRIPT, **plain)
                with gr.Tab("Change colors"):
                    picture = gr.HTML(canvas(None, ""), elem_id="canvas", js_on_load=CANVAS_SCRIPT, **plain)
                    palette = gr.HTML(
                        palette_of([], FIRST_COLOR), elem_id="palette", js_on_load=PALETTE_SCRIPT, **plain
                    )
                    action = gr.Radio([SET, PICK, REMOVE], value=SET, label="A click on the photo")
                    with gr.Row():
                        undo = gr.Button("Undo", size="sm", min_width=80)
                        clear = gr.Button("Remove all", size="sm", min_width=80)
                    with gr.Row():
                        listed = gr.Dropdown([], label="Colors that you set", interactive=False, scale=3, min_width=200)
                        remove = gr.Button("Remove this one", size="sm", min_width=120)
                    with gr.Accordion("Set a color by numbers", open=False), gr.Row():
                        column = gr.Number(0, label="Column", precision=0, min_width=80)
                        row = gr.Number(0, label="Row", precision=0, min_width=80)
                        by_number = gr.Button("Set the color there", size="sm", min_width=120)
                    with gr.Accordion("Keep the colors for another day", open=False), gr.Row():
                        layer_download = gr.DownloadButton("Download them as a layer", interactive=False, size="sm")
                        layer = gr.File(label="Layer of an earlier day (PNG)", height=110)
                status = gr.HTML(message(""), elem_id="status", **plain)
                download = gr.DownloadButton("Download at full size", interactive=False, variant="primary")
                gr.Markdown(_ADVICE, elem_id="advice")
            with gr.Column(elem_id="settings"):
                names_of_models = models.names
                name = gr.Radio(
                    names_of_models, value=models.chosen, label="Colorizer", visible=len(names_of_models) > 1
                )
                saturation = gr.Slider(0, 2, value=1, step=0.05, label="Saturation")
                size = gr.Radio(list(SIZES), value=AS_TRAINED, label="The network sees the photo")
                with gr.Accordion("Another photo of the same album, in color", open=False):
                    reference = gr.File(label="Its palette pulls the colors its way", height=110)
                with gr.Column(elem_id="examples"):
                    gr.Markdown("Or try one of these:")
                    with gr.Row():
                        for path in (path for path in samples.photos() if path.stem in EXAMPLES):
                            example = gr.Button(path.stem, icon=str(path), size="md", min_width=80)
                            example.click(partial(copy_in, path), None, photo, api_visibility="private")
        gr.Markdown(f"unetcolor {unetcolor.__version__}", elem_id="footer")

        known = [photo, name, saturation, size, hints, layer, reference]
        # Of the choices made in the meantime, the last counts.
        once = {"trigger_mode": "always_last", "api_visibility": "private", "concurrency_limit": 1}
        result = {**once, "concurrency_id": "result", "show_progress_on": slider}
        # The preview does not wait for the result at full size.
        quick = {**once, "concurrency_id": "preview", "show_progress": "hidden"}
        # What changes the hints goes one after the other, and each counts.
        now = {**quick, "trigger_mode": "multiple"}
        full, small = [slider, status, download, layer_download], [picture, listed, palette, unmarked]
        # What is known of one photo is not true of the next.
        dropped = photo.change(lambda: ([], None), None, [hints, layer], **now)
        # Not when a layer changes: it also does when another photo is dropped.
        choices = [name.change, saturation.change, size.change, layer.upload, layer.clear, reference.change]
        dropped.then(handlers.colorize, known, full, **result).then(None, js=SHOW_RESULT)
        gr.on([*choices, hints.change], handlers.colorize, known, full, **result)
        for listen in (dropped.then, partial(gr.on, choices)):
            listen(handlers.preview, [color, *known], small, **quick)
        picture.select(handlers.click, [action, color, unmarked, *known], [color, hints, *small], **now)
        cleared = clear.click(lambda: ([], None), None, [hints, layer], **now)
        cleared.then(handlers.colorize, known, full, **result)
        changed = [
            cleared,
            undo.click(lambda hints: hints[:-1], hints, hints, **now),
            remove.click(
                lambda chosen, hints: [hint for hint, name in zip(hints, names(hints), strict=True) if name != chosen],
                [listed, hints],
                hints,
                **now,
            ),
            by_number.click(handlers.place, [photo, color, column, row, hints], hints, **now),
        ]
        for event in changed:
            event.then(handlers.preview, [color, *known], small, **quick)
        palette.select(chosen_color, None, color, **now)
        page.unload(handlers.end)
    app: Blocks = page.queue(max_size=_MOST_WAITING, default_concurrency_limit=1)
    return app


def import_gradio() -> Any:
    """Return Gradio, or raise a MissingExtraError."""
    # Gradio would report to its makers, and record what is done; some of its versions know no other way to turn it off.
    os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_RUN_HISTORY": "False"}
    return require("gradio", "app")
