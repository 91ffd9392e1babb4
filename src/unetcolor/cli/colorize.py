"""``unetcolor colorize``."""

from __future__ import annotations

import os
import time
from collections import Counter
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unetcolor.cli._loading import load_predictor
from unetcolor.cli._options import AsJson, Engine, Model, Preset, ReferencePhoto, Saturation, Size, Verbose
from unetcolor.cli._output import (
    messages,
    new_table,
    plain_text,
    print_json,
    print_line,
    readable_errors,
    results,
)
from unetcolor.cli._progress import new_progress, new_task, per_second
from unetcolor.errors import counted
from unetcolor.models.presets import path_of_model

if TYPE_CHECKING:
    from unetcolor import Hint
    from unetcolor.photos.files import Result

# Each photo in work takes memory, and the network uses all cores for one.
_MOST_WORKERS = 4

# In the order of the summary.
_STATUSES = ("colorized", "skipped", "kept", "failed")


class Pages(StrEnum):
    """Which pictures of a TIFF file are colorized."""

    first = "first"
    all = "all"


def colorize(
    photos: Annotated[list[Path], typer.Argument(help="Photos, and folders of photos.", show_default=False)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the results, or the name of the one result.")
    ] = Path("colorized"),
    preset: Preset = "photo",
    model: Model = None,
    saturation: Saturation = 1.0,
    size: Size = None,
    hints: Annotated[
        Path | None,
        typer.Option(
            help="Picture with transparency that shows known colors of the one photo; of many photos, the layer of "
            "each lies next to it as NAME.hints.png.",
            show_default=False,
        ),
    ] = None,
    hint: Annotated[
        list[str] | None,
        typer.Option(
            help="Known color of the one photo, such as 120,80,#b03060: column and row in pixels, and a CSS color. Can "
            "be repeated.",
            show_default=False,
        ),
    ] = None,
    reference: ReferencePhoto = None,
    file_format: Annotated[
        str,
        typer.Option(
            "--format",
            help="Format of the results: jpg, png, tif, webp or bmp; same is each photo's own, or png where that "
            "cannot be written.",
        ),
    ] = "same",
    compare: Annotated[
        bool, typer.Option("--compare", help="Also write pictures that show each photo in gray next to its colors.")
    ] = False,
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="Also colorize the photos in subfolders.")
    ] = False,
    pages: Annotated[
        Pages, typer.Option(help="Of a TIFF file that holds several pictures, take the first or all.")
    ] = Pages.first,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite/--skip-existing",
            help="Replace whatever exists; or skip results that were made with the same settings, redo those made with "
            "others, and keep all other files.",
        ),
    ] = False,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", "-j", min=1, help="Number of photos in work at once.", show_default="one per core, 4 at most"
        ),
    ] = min(_MOST_WORKERS, os.cpu_count() or 1),
    shard: Annotated[
        str | None,
        typer.Option(
            help="Part of the photos to colorize, such as 3/16: the same command with 1/16 to 16/16, on as many "
            "computers, does each photo once.",
            show_default=False,
        ),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            help="File that gets a line of JSON for each photo as soon as it is done; each shard has its own.",
            show_default=False,
        ),
    ] = None,
    engine: Engine = "auto",
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Colorize photos and folders of photos.

    Every photo keeps its size, its brightness, its EXIF data and its color profile. A photo that cannot be read does
    not stop the others; it is named at the end, and the exit status is then 1. If the command is stopped, the same
    command continues with the photos that are left. With other settings, it redoes the results that it made.
    """
    with readable_errors(as_json, "the same command continues with the photos that are left"):
        start = time.monotonic()
        suffix = None if file_format == "same" else f".{file_format.lower().lstrip('.')}"
        if hints is not None and hint:
            raise ValueError("give --hints or --hint, not both")
        name = preset if model is None else model
        # Wrong arguments are told before an engine is loaded, which may take seconds.
        with messages.status("Looking for photos ..."):
            from unetcolor.photos.files import colorize_files, sort_out
            from unetcolor.photos.jobs import plan
            from unetcolor.photos.manifest import Manifest
            from unetcolor.photos.origins import Settings
            from unetcolor.photos.shards import Shard

            planned = plan(
                photos,
                output,
                suffix=suffix,
                recursive=recursive,
                compare=compare,
                all_pages=pages == Pages.all,
                hints=[_hint(text) for text in hint] if hint else hints,
                shard=None if shard is None else Shard.parse(shard),
            )
            settings = Settings(path_of_model(name), size, saturation, reference)
            due, left_out = (planned, []) if overwrite else sort_out(planned, settings)
            # For its errors.
            _ = settings.palette if due else None
            lines = None if manifest is None else Manifest(manifest)
        done: list[Result] = []
        counts: Counter[str] = Counter()

        def note(result: Result) -> None:
            done.append(result)
            counts[result.status] += 1
            if lines is not None:
                lines.add(result)

        with nullcontext() if lines is None else lines:
            for result in left_out:
                note(result)
            if due:
                of_all = "" if len(due) == len(planned) else f"{len(due)} of "
                what_for = f" to colorize {of_all}{counted(len(planned), 'photo')}"
                predictor = load_predictor(name, engine=engine, verbose=verbose, what_for=what_for)
                with new_progress(as_json) as bar:
                    task = new_task(bar, len(due), start)
                    begin = time.monotonic()
                    for result in colorize_files(due, predictor, settings, overwrite=overwrite, workers=jobs):
                        note(result)
                        rate = per_second(counts["colorized"], begin)
                        shown = [f"{rate:.1f} photos/s"] * (rate > 0)
                        shown += [f"{counts['failed']} failed"] * (counts["failed"] > 0)
                        bar.update(task, advance=1, rate=", ".join(shown))
        seconds = time.monotonic() - start
        if as_json:
            print_json(_as_json(done, counts, seconds))
        else:
            _print_summary(done, counts, seconds, output)
    if counts["failed"]:
        raise typer.Exit(1)


def _hint(text: str) -> Hint:
    from unetcolor import Hint

    column, row, color = [part.strip() for part in [*text.split(",", 2), "", ""][:3]]
    try:
        return Hint(float(row), float(column), color)
    except ValueError as error:
        raise ValueError(f"--hint must be COLUMN,ROW,COLOR such as 120,80,#b03060, not {text!r}: {error}") from None


def _print_summary(done: list[Result], counts: Counter[str], seconds: float, output: Path) -> None:
    failed = [result for result in done if result.status == "failed"]
    lossy = [result for result in done if result.status == "colorized" and result.reason]
    for titles, chosen in ((("failed", "reason"), failed), (("colorized with losses", "what was lost"), lossy)):
        if chosen:
            table = new_table(*titles)
            table.columns[1].justify = "left"
            for result in chosen:
                table.add_row(plain_text(result.job.source), plain_text(result.reason))
            results.print(table)
    pixels = sum(height * width for height, width in (result.size for result in done if result.size))
    table = new_table("photos", *_STATUSES, "megapixels", "seconds")
    shown = [len(done), *(counts[status] for status in _STATUSES), f"{pixels / 1e6:.1f}", f"{seconds:.1f}"]
    table.add_row(*map(str, shown))
    results.print(table)
    redone = [result for result in done if result.changed]
    if redone:
        changed = ", ".join(dict.fromkeys(name for result in redone for name in result.changed))
        print_line(f"Made again, because this has changed ({changed}): {counted(len(redone), 'result')}.")
    if counts["skipped"]:
        there = f"There already, made with the same settings: {counted(counts['skipped'], 'result')}."
        print_line(f"{there} --overwrite makes them again.")
    kept = [result for result in done if result.status == "kept"]
    if kept:
        print_line(f"Kept: {counted(len(kept), 'file')}, to be replaced with --overwrite only. {kept[0].reason}.")
    if counts["failed"] < len(done):
        print_line(f"The results are in {output}")


def _as_json(done: list[Result], counts: Counter[str], seconds: float) -> dict[str, Any]:
    from unetcolor.photos.manifest import record_of

    photos = [record_of(result) for result in done]
    numbers = {status: counts[status] for status in _STATUSES} | {"redone": sum(bool(each.changed) for each in done)}
    return {"photos": photos, **numbers, "seconds": round(seconds, 3)}
