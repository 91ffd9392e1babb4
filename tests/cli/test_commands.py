from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

import unetcolor
from unetcolor.cli.commands import COMMANDS

HELP = """
import sys
from unetcolor.cli import main
sys.argv = ["unetcolor", *sys.argv[1:]]
try:
    main()
finally:
    print([name for name in ("tensorflow", "keras", "numpy", "gradio", "av") if name in sys.modules])
"""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["colorize", "missing.jpg"], "there is no missing.jpg"),
        (["colorize", "{photos}", "-p", "phot"], "Did you mean 'photo'?"),
        (["colorize", "{photos}", "-m", "phot"], "Did you mean 'photo'?"),
        (["colorize", "{photos}", "-m", "{photos}/notes.txt"], "notes.txt is not a readable .keras file"),
        (["colorize", "{photos}", "-m", "./photo"], "photo: there is no such file"),
        (["colorize", "{photos}", "-m", "missing.keras"], "no such file"),
        (["colorize", "{photos}", "-o", "{photos}"], "name another output folder"),
        (["colorize", "{photos}", "--format", "gif"], "cannot write '.gif' files"),
        (["evaluate", "photo", "missing"], "neither a folder of pictures"),
        (["train", "{photos}", "-o", "model.h5"], "must end in .keras"),
        (["video", "missing.mp4", "-o", "x.mp4"], "there is no missing.mp4"),
        (["train", "{photos}", "--space", "labb"], "Did you mean 'lab'?"),
        (["train", "{photos}", "--encoder", "resnet"], "efficientnet_lite0"),
        (["train", "{photos}", "--loss", "maee"], "Did you mean 'mae'?"),
        (["train", "{photos}", "--filters", "8,x"], "filters must be"),
        (["train", "{photos}", "--resume"], "leave out --resume"),
        (["train", "{photos}", "--from", "phot"], "Did you mean 'photo'?"),
        (["evaluate", "phot", "{photos}"], "Did you mean 'photo'?"),
        (["info", "missing.keras"], "no such file"),
        (["info", "phot"], "Did you mean 'photo'?"),
        (["presets", "phot"], "Did you mean 'photo'?"),
        (["presets", "add", "{photos}/notes.txt", "--name", "notes"], "notes.txt is not a readable .keras file"),
        (["presets", "add", "x.keras", "--name", "a/b"], "a preset's name holds letters"),
        (["presets", "remove", "photo"], "comes with the package"),
        (["presets", "remove", "phot"], "Did you mean 'photo'?"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(
    run: Callable[..., Result], photos: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(photos.parent)
    done = run(*(argument.format(photos=photos) for argument in arguments))
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    as_json = run(*(argument.format(photos=photos) for argument in arguments), "--json")
    assert message in json.loads(as_json.stdout)["error"]


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["colorize", "--help"], ["presets"], ["presets", "photo"]]
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", HELP, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("[]\n")
    if arguments == ["--version"]:
        assert unetcolor.__version__ in done.stdout


def test_python_runs_the_package_as_the_command() -> None:
    shown = [
        subprocess.run([sys.executable, *command, "--help"], capture_output=True, text=True, check=True).stdout
        for command in (["-m", "unetcolor"], ["-c", "from unetcolor.cli import main; main()"])
    ]
    assert shown[0] == shown[1]
    assert "Usage: unetcolor [OPTIONS] COMMAND" in shown[0]


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_it_says_how_to_get_it(missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from unetcolor.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.strip() == f'unetcolor: the command needs {missing}: pip install "unetcolor[cli]"'


def test_the_help_names_all_commands(run: Callable[..., Result]) -> None:
    shown = run("--help").stdout
    for name in COMMANDS:
        assert f" {name} " in shown
        assert run(name, "--help").exit_code == 0
