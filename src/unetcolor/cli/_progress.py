"""The progress bar of commands that work on many photos or frames."""

from __future__ import annotations

import time

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from unetcolor.cli._output import messages


def new_progress(quiet: bool) -> Progress:
    """Return a progress bar with rate and time left."""
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}")]
    times = [TimeElapsedColumn(), TextColumn("left:"), TimeRemainingColumn()]
    return Progress(*columns, *times, console=messages, disable=quiet)


def new_task(bar: Progress, total: int | None, since: float) -> TaskID:
    """Add the colorizing to a bar, with a field ``rate``; its clock runs since the command began, at ``since``.

    So what the bar shows at the end is what the summary says, and how long the user waited.
    """
    task = bar.add_task("Colorizing", total=total, rate="")
    bar.tasks[-1].start_time = since
    return task


def per_second(count: int, since: float) -> float:
    """Return how many a second there have been since a moment of the monotonic clock."""
    # That clock may stand still for 16 ms, on Windows.
    return count / max(time.monotonic() - since, 1e-3)
