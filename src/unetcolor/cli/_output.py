"""What the commands share: where their output goes, and how they fail."""

from __future__ import annotations

import json
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from unetcolor.errors import UnetcolorError, printable

# Results go to the standard output, and all that is for watching to the other, so that results can be piped on.
results = Console(highlight=False)
messages = Console(stderr=True, highlight=False)

# As shells report a program that Ctrl-C has ended.
INTERRUPTED = 130


@contextmanager
def readable_errors(as_json: bool, when_stopped: str = "") -> Iterator[None]:
    """Say in one line what is wrong, and exit with status 2; on Ctrl-C or a request to end, say what is left.

    Warnings are shown in one line each, too. Afterwards both are handled as before.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            yield
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (UnetcolorError, ValueError, OSError, ImportError) as error:
        reason = str(error)
        if isinstance(error, ModuleNotFoundError) and error.name is not None:
            reason = f"this needs the package {error.name}, which is not installed"
        if as_json:
            print_json({"error": reason})
        messages.print(f"[bold red]error:[/] {plain_text(reason)}", soft_wrap=True)
        raise SystemExit(2) from error
    except KeyboardInterrupt:
        messages.print(f"\n[bold]stopped[/]{when_stopped and ': '}{when_stopped}", soft_wrap=True)
        raise SystemExit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """Show a warning without the line of code that it comes from, which is not for people."""
    messages.print(f"[bold]note:[/] {plain_text(message)}", soft_wrap=True)


def plain_text(text: object) -> str:
    """Return a text, such as a name, for Rich: brackets in it are no markup, and it cannot steer the terminal."""
    return escape(printable(str(text)))


def print_json(content: Any) -> None:
    """Print what a program can read, and nothing else, to the standard output."""
    print(json.dumps(content, indent=2, default=str))


def print_line(text: str) -> None:
    """Print a result for people, as it is: a long path is not broken, and brackets in it are no markup."""
    results.print(plain_text(text), soft_wrap=True)


def new_table(*columns: str) -> Table:
    """Return a table whose first column is to the left and whose others are to the right."""
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", overflow="fold")
    return table
