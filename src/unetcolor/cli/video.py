"""``unetcolor video``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from unetcolor.cli._loading import load_predictor
from unetcolor.cli._options import AsJson, Engine, Model, Overwrite, Preset, ReferencePhoto, Saturation, Size, Verbose
from unetcolor.cli._output import messages, plain_text, print_json, print_line, readable_errors
from unetcolor.cli._progress import new_progress, new_task, per_second
from unetcolor.errors import counted


def video(
    source: Annotated[Path, typer.Argument(help="Video to colorize.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Video to write: .mp4, .m4v, .mov, .mkv or .webm.")],
    preset: Preset = "photo",
    model: Model = None,
    saturation: Saturation = 1.0,
    size: Size = None,
    hints: Annotated[
        Path | None,
        typer.Option(
            help="Picture with transparency that shows known colors of the first frame; they hold until the first cut.",
            show_default=False,
        ),
    ] = None,
    reference: ReferencePhoto = None,
    smoothing: Annotated[
        float, typer.Option(min=0, max=0.99, help="Smoothing of the colors over time against flicker; 0 is none.")
    ] = 0.8,
    overwrite: Overwrite = False,
    engine: Engine = "auto",
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Colorize a video, and copy its sound."""
    with readable_errors(as_json, "nothing was written"):
        start = time.monotonic()
        if output.exists() and not overwrite:
            raise ValueError(f"{output} exists already: use --overwrite to replace it")
        if not source.is_file():
            raise ValueError(f"there is no {source}")
        # What is wrong is told before TensorFlow is loaded, which takes seconds.
        with messages.status(plain_text(f"Opening {source} ...")):
            from unetcolor.video import colorize_video
            from unetcolor.video.opening import import_av, look_at_first

            look_at_first(import_av(), source)
        name = preset if model is None else model
        predictor = load_predictor(name, engine=engine, verbose=verbose, what_for=f" to colorize {source}")
        with new_progress(as_json) as bar:
            task = new_task(bar, None, start)
            begin = time.monotonic()

            def show(done: int, total: int | None) -> None:
                rate = f"{per_second(done, begin):.1f} frames/s"
                bar.update(task, completed=done, total=total, rate=rate)

            summary = colorize_video(
                source,
                output,
                predictor,
                size=size,
                saturation=saturation,
                hints=hints,
                reference=reference,
                smoothing=smoothing,
                progress=show,
            )
        if as_json:
            print_json(vars(summary))
            return
        height, width = summary.size
        print_line(f"{output}: {counted(summary.frames, 'frame')} of {width} x {height}")
        if summary.damaged:
            declared = f" of {summary.declared}" if summary.declared else ""
            print_line(f"The video{declared} is damaged or truncated: the rest is missing.")
        for note in summary.notes:
            print_line(f"Note: {note}.")
