"""What there is on the page, and where."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import unetcolor
from unetcolor import samples
from unetcolor.app import markup
from unetcolor.app.kept import copy_in
from unetcolor.app.limits import Limits
from unetcolor.app.models import Models
from unetcolor.app.settings import ACTIONS, AS_TRAINED, FIRST_COLOR, RESULT, SIZES

# Pictures that ship and that no preset was trained on.
EXAMPLES = ("astronaut", "chelsea", "coffee", "rocket")

_HEADING = """
# unetcolor

Drop a black-and-white photo, or many, and a neural network guesses their colors.

Photos stay on this computer. Of a photo in color, only the brightness is used.
"""

# In the order of the page of the docs about better colors.
_ADVICE = """
Not right? In the order in which it helps: click where a color belongs, under *Change colors*; add another photo of
the same album, in color; compare *Saturations*; show the photo to the network smaller or larger.
"""

_PLAIN = {"padding": False, "apply_default_css": False}


def build_parts(gr: Any, models: Models, limits: Limits) -> SimpleNamespace:
    """Return the parts of the page by name; to be called where Gradio builds a page."""
    parts = SimpleNamespace()
    gr.Markdown(_HEADING, elem_id="heading")
    # The photo that is shown, what is known of it, and of the others; all photos, and the ZIP file of their results.
    parts.photo, parts.hints, parts.known = gr.State(None), gr.State([]), gr.State({})
    parts.entries, parts.made = gr.State([]), gr.State(None)
    # To click with, and on.
    parts.color, parts.unmarked = gr.State(FIRST_COLOR), gr.State(None)
    with gr.Row(elem_id="work"):
        with gr.Column(elem_id="drop"):
            parts.photos = gr.File(label="Photos", file_count="multiple", height=150)
            more = f"Up to {limits}; {limits.command} takes more with `--max-megapixels` and `--max-file-mb`."
            gr.Markdown(more, elem_id="limits")
        with gr.Column(elem_id="result"):
            with gr.Tabs() as parts.tabs:
                with gr.Tab("Result", id=RESULT):
                    nothing = markup.before_and_after(None, "")
                    parts.slider = gr.HTML(nothing, elem_id="before-after", js_on_load=markup.SLIDER_SCRIPT, **_PLAIN)
                with gr.Tab("Change colors"):
                    _colors(gr, parts)
                with gr.Tab("Saturations"):
                    parts.compared = gr.HTML(
                        markup.choices({}, ""), elem_id="compared", js_on_load=markup.CHOICES_SCRIPT, **_PLAIN
                    )
            parts.status = gr.HTML(markup.message(""), elem_id="status", **_PLAIN)
            parts.download = gr.DownloadButton(
                "Download at full size", interactive=False, variant="primary", elem_id="download"
            )
            gr.Markdown(_ADVICE, elem_id="advice")
        with gr.Column(elem_id="settings"):
            with gr.Column(visible=False, elem_id="many") as parts.many:
                parts.queue = gr.HTML("", elem_id="queue", js_on_load=markup.QUEUE_SCRIPT, **_PLAIN)
                with gr.Row():
                    parts.all = gr.Button("Colorize all", min_width=120)
                    parts.zip = gr.DownloadButton("Download a ZIP", interactive=False, min_width=120)
            parts.name = gr.Radio(models.names, value=models.chosen, label="Colorizer", visible=len(models.names) > 1)
            parts.saturation = gr.Slider(0, 2, value=1, step=0.05, label="Saturation")
            parts.side = gr.Radio(list(SIZES), value=AS_TRAINED, label="The network sees the photo")
            with gr.Accordion("Another photo of the same album, in color", open=False):
                parts.reference = gr.File(label="Its palette pulls the colors its way", height=110)
            with gr.Column(elem_id="examples"):
                gr.Markdown("Or try one of these:")
                with gr.Row():
                    for path in (path for path in samples.photos() if path.stem in EXAMPLES):
                        example = gr.Button(path.stem, icon=str(path), size="md", min_width=80)
                        example.click(partial(_only, path), None, parts.photos, api_visibility="private")
    gr.Markdown(f"unetcolor {unetcolor.__version__}", elem_id="footer")
    return parts


def _colors(gr: Any, parts: SimpleNamespace) -> None:
    """Add what sets colors by hand."""
    nothing = markup.canvas(None, "")
    parts.canvas = gr.HTML(nothing, elem_id="canvas", js_on_load=markup.CANVAS_SCRIPT, **_PLAIN)
    nothing = markup.palette_of([], FIRST_COLOR)
    parts.palette = gr.HTML(nothing, elem_id="palette", js_on_load=markup.PALETTE_SCRIPT, **_PLAIN)
    parts.action = gr.Radio(list(ACTIONS), value=ACTIONS[0], label="A click on the photo")
    with gr.Row():
        parts.undo = gr.Button("Undo", size="sm", min_width=80)
        parts.clear = gr.Button("Remove all", size="sm", min_width=80)
    with gr.Row():
        parts.listed = gr.Dropdown([], label="Colors that you set", interactive=False, scale=3, min_width=200)
        parts.remove = gr.Button("Remove this one", size="sm", min_width=120)
    with gr.Accordion("Set a color by numbers", open=False), gr.Row():
        parts.column = gr.Number(0, label="Column", precision=0, min_width=80)
        parts.row = gr.Number(0, label="Row", precision=0, min_width=80)
        parts.by_number = gr.Button("Set the color there", size="sm", min_width=120)
    with gr.Accordion("Keep the colors for another day", open=False), gr.Row():
        parts.layer_download = gr.DownloadButton("Download them as a layer", interactive=False, size="sm")
        parts.layer = gr.File(label="Layer of an earlier day (PNG)", height=110)


def _only(path: Any) -> list[str]:
    return [copy_in(path)]
