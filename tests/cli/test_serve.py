from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from typer.testing import Result


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "portrai"], "Did you mean 'portrait'?"),
        (["--max-megapixels", "0"], "max_megapixels must be above 0"),
        (["--max-file-mb", "nan"], "max_file_mb must be finite"),
        (["--host", "no.such.host.invalid"], "of no.such.host.invalid: "),
        (["--port", "{taken}"], "cannot use port {taken} of 127.0.0.1: Address already in use; give another one"),
    ],
)
def test_wrong_options_are_told_in_one_line(run: Callable[..., Result], options: list[str], message: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        done = run("serve", *(option.format(taken=taken) for option in options))
    assert done.exit_code == 2
    assert message.format(taken=taken) in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
