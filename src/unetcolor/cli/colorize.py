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
from unetcolor.cli._output import new_table, plain_text, print_json, print_line, readable_errors, results
from unetcolor.cli._progress import new_progress

if TYPE_CHECKING:
    from unetcolor import Hint
    from unetcolor.photos.files import Result

# Each photo in work takes memory, and the network uses all cores for one.
_MOST_WORKERS = 4

# In the order of the summary.
_STATUSES = ("colorized", "skipped", "failed")


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
        bool, typer.Option("--overwrite/--skip-existing", help="Redo photos whose results exist, or skip them.")
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
    command continues with the photos that are left.
    """
    with readable_errors(as_json, "the same command continues with the photos that are left"):
        start = time.perf_counter()
        # Wrong arguments are told before an engine is loaded, which may take seconds.
        from unetcolor.photos.jobs import plan
        from unetcolor.photos.manifest import Manifest
        from unetcolor.photos.shards import Shard

        suffix = None if file_format == "same" else f".{file_format.lower().lstrip('.')}"
        if hints is not None and hint:
            raise ValueError("give --hints or --hint, not both")
        known = [_hint(text) for text in hint] if hint else hints
        planned = plan(
            photos,
            output,
            suffix=suffix,
            recursive=recursive,
            compare=compare,
            all_pages=pages == Pages.all,
            hints=known,
            shard=None if shard is None else Shard.parse(shard),
        )
        from unetcolor.prediction.reference import Reference

        palette = None if reference is None else Reference(reference)
        lines = None if manifest is None else Manifest(manifest)
        predictor = load_predictor(preset if model is None else model, engine=engine, verbose=verbose)
        from unetcolor.photos.files import colorize_files

        done: list[Result] = []
        counts: Counter[str] = Counter()
        with nullcontext() if lines is None else lines, new_progress(as_json) as bar:
            task = bar.add_task("Colorizing", total=len(planned), rate="")
            begin = time.perf_counter()
            for result in colorize_files(
                planned,
                predictor,
                size=size,
                saturation=saturation,
                reference=palette,
                overwrite=overwrite,
                workers=jobs,
            ):
                done.append(result)
                if lines is not None:
                    lines.add(result)
                counts[result.status] += 1
                rate = counts["colorized"] / (time.perf_counter() - begin)
                shown = [f"{rate:.1f} photos/s"] * (rate > 0) + [f"{counts['failed']} failed"] * (counts["failed"] > 0)
                bar.update(task, advance=1, rate=", ".join(shown))
        seconds = time.perf_counter() - start
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
    if counts["skipped"]:
        print_line("Existing results were kept; use --overwrite to redo them.")
    if counts["failed"] < len(done):
        print_line(f"The results are in {output}")


def _as_json(done: list[Result], counts: Counter[str], seconds: float) -> dict[str, Any]:
    from unetcolor.photos.manifest import record_of

    photos = [record_of(result) for result in done]
    return {"photos": photos, **{status: counts[status] for status in _STATUSES}, "seconds": round(seconds, 3)}
