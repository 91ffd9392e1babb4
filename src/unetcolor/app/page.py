"""The page itself."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from unetcolor.app.limits import Limits
from unetcolor.app.looks import SHOW_RESULT
from unetcolor.app.models import Models
from unetcolor.app.parts import build_parts
from unetcolor.errors import require

if TYPE_CHECKING:
    from gradio import Blocks

    from unetcolor.app.handlers import Handlers
    from unetcolor.app.queued import Queued

# In seconds: every hour, files older than a day are deleted, even if nobody works with the page.
_DELETE_CACHE = (3600, 86400)

# Photos that wait for their turn.
_MOST_WAITING = 16


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
    # They need Gradio.
    from unetcolor.app.handlers import Handlers
    from unetcolor.app.queued import Queued

    handlers = Handlers(models.load, limits)
    with gr.Blocks(title="unetcolor", analytics_enabled=False, delete_cache=_DELETE_CACHE) as page:
        parts = build_parts(gr, models, limits)
        _connect(gr, parts, handlers, Queued(handlers))
        page.unload(handlers.end)
    handlers.files.keep_what_is_there()
    app: Blocks = page.queue(max_size=_MOST_WAITING, default_concurrency_limit=1)
    return app


def _connect(gr: Any, parts: SimpleNamespace, handlers: Handlers, queued: Queued) -> None:
    """Say what happens when something is done on the page."""
    from unetcolor.app.handlers import chosen_color, chosen_saturation

    # Of the choices made in the meantime, the last counts.
    once = {"trigger_mode": "always_last", "api_visibility": "private", "concurrency_limit": 1}
    result = {**once, "concurrency_id": "result", "show_progress_on": parts.slider}
    # What is quick does not wait for the result at full size, nor that for many photos.
    quick = {**once, "concurrency_id": "preview", "show_progress": "hidden"}
    three = {**quick, "concurrency_id": "three"}
    many = {**quick, "concurrency_id": "many"}
    # What changes the hints goes one after the other, and each counts.
    now = {**quick, "trigger_mode": "multiple"}
    offers = {**now, "concurrency_id": "offers"}

    of_all = [parts.name, parts.saturation, parts.side]
    known = [parts.photo, *of_all, parts.hints, parts.layer, parts.reference]
    full = [parts.slider, parts.status, parts.download, parts.layer_download]
    small = [parts.canvas, parts.listed, parts.palette, parts.unmarked]
    hinted = [parts.hints, parts.layer]
    one = [parts.photo, *hinted, parts.known]

    # A layer changes when another photo is shown, too.
    files = [parts.layer.upload, parts.layer.clear, parts.reference.change]
    but_saturation = [parts.name.change, parts.side.change, *files]
    changes = [parts.saturation.change, *but_saturation]

    cleared_away = parts.all.click(queued.forget, None, [parts.made, parts.zip], **offers)
    run = cleared_away.then(
        queued.run, [parts.entries, parts.known, *known], [parts.entries, parts.queue, parts.made], **many
    )
    run.then(queued.offer, parts.made, parts.zip, **offers)
    # The ZIP file no longer holds what the page shows. The hints also change when another photo is shown.
    by_hand = [parts.canvas.select, *(part.click for part in (parts.undo, parts.clear, parts.remove, parts.by_number))]
    outdated = [*changes, *by_hand, parts.photos.change]
    gr.on(outdated, queued.forget, None, [parts.made, parts.zip], cancels=[run], **offers)

    dropped = parts.photos.change(
        queued.drop, [parts.photos, *one], [*one, parts.entries, parts.many, parts.queue, parts.all], **now
    )
    dropped.then(queued.look, [parts.entries, parts.photo], [parts.entries, parts.queue], **many)
    chosen = parts.queue.select(queued.choose, [parts.entries, *one], [*one, parts.queue], **now)
    without = [part for part in known if part is not parts.saturation]
    cleared = parts.clear.click(lambda: ([], None), None, hinted, **now)
    for shown in (dropped, chosen, cleared):
        shown.then(handlers.colorize, known, full, **result).then(None, js=SHOW_RESULT)
        shown.then(handlers.preview, [parts.color, *known], small, **quick)
        shown.then(handlers.compare, without, parts.compared, **three)
    gr.on([*changes, parts.hints.change], handlers.colorize, known, full, **result)
    gr.on(changes, handlers.preview, [parts.color, *known], small, **quick)
    gr.on([*but_saturation, parts.hints.change], handlers.compare, without, parts.compared, **three)

    click = [parts.action, parts.color, parts.unmarked, *known]
    parts.canvas.select(handlers.click, click, [parts.color, parts.hints, *small], **now)
    changed = [
        parts.undo.click(lambda hints: hints[:-1], parts.hints, parts.hints, **now),
        parts.remove.click(handlers.remove, [parts.listed, parts.hints], parts.hints, **now),
        parts.by_number.click(
            handlers.place, [parts.photo, parts.color, parts.column, parts.row, parts.hints], parts.hints, **now
        ),
    ]
    for event in changed:
        event.then(handlers.preview, [parts.color, *known], small, **quick)
    parts.palette.select(chosen_color, None, parts.color, **now)
    parts.compared.select(chosen_saturation, None, [parts.saturation, parts.tabs], **now)


def import_gradio() -> Any:
    """Return Gradio, or raise a MissingExtraError."""
    # Gradio would report to its makers, and record what is done; some of its versions know no other way to turn it off.
    os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_RUN_HISTORY": "False"}
    return require("gradio", "app")
