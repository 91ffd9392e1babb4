"""The progress bar of commands that work on many photos or frames."""

from __future__ import annotations

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from unetcolor.cli._output import messages


def new_progress(quiet: bool) -> Progress:
    """Return a progress bar with rate and time left; its tasks have a field ``rate``."""
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}")]
    times = [TimeElapsedColumn(), TextColumn("left:"), TimeRemainingColumn()]
    return Progress(*columns, *times, console=messages, disable=quiet)
