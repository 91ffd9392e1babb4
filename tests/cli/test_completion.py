"""Completion as a shell asks for it: the script that the command prints, sourced by bash, and the command it calls."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from unetcolor import list_color_spaces, list_presets
from unetcolor.models.presets import path_of_preset
from unetcolor.prediction.engines import list_engines

# The command as it is installed, which also tells what it has loaded.
COMMAND = f"""#!{sys.executable}
import atexit, sys
from unetcolor.cli import main
heavy = lambda: [name for name in ("tensorflow", "keras", "gradio") if name in sys.modules]
atexit.register(lambda: print("loaded", heavy(), file=sys.stderr))
main()
"""

# Bash calls the function with the name of the command, and looks at what it leaves.
ASK = """
eval "$(unetcolor --show-completion 2>/dev/null)"
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_unetcolor_completion unetcolor
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


class Shell:
    def __init__(self, home: Path) -> None:
        script = home / "bin" / "unetcolor"
        script.parent.mkdir()
        script.write_text(COMMAND)
        script.chmod(0o755)
        self.home = home
        self.environment = os.environ | {
            "HOME": str(home),
            "UNETCOLOR_HOME": str(home / "data"),
            "PATH": f"{script.parent}{os.pathsep}{os.environ['PATH']}",
        }

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        # Two commands: with one, bash would replace itself, and the command could not see which shell it is.
        command = ["bash", "--norc", "-c", f"{script}\ntrue"]
        return subprocess.run(command, capture_output=True, text=True, env=self.environment, check=True)

    def complete(self, *words: str) -> list[str]:
        done = self.run(ASK.format(words=" ".join(map(shlex.quote, ("unetcolor", *words)))))
        assert done.stderr.splitlines() == ["loaded []"], done.stderr
        return done.stdout.split()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_presets_and_spaces_are_completed_without_loading_keras(shell: Shell) -> None:
    added = shell.home / "data" / "presets" / "grandpa.keras"
    added.parent.mkdir(parents=True)
    shutil.copy(path_of_preset("photo"), added)
    presets = [*list_presets(), "grandpa"]
    assert shell.complete("colorize", "photos", "--preset", "") == presets
    assert shell.complete("colorize", "photos", "-m", "gr") == ["grandpa"]
    assert shell.complete("info", "gr") == ["grandpa"]
    assert shell.complete("presets", "") == [*presets, "show", "add", "remove"]
    assert shell.complete("presets", "remove", "") == ["grandpa"]
    assert shell.complete("train", "photos", "--space", "") == list_color_spaces()
    for command in ("colorize", "video", "serve"):
        assert shell.complete(command, "--engine", "") == ["auto", *list_engines()]
    # Where nothing fits, bash completes the names of files.
    assert shell.complete("colorize", "-m", "./mod") == []


def test_commands_and_options_are_completed(shell: Shell) -> None:
    assert shell.complete("col") == ["colorize"]
    assert shell.complete("colorize", "--sat") == ["--saturation"]
    assert shell.complete("colorize", "--pages", "") == ["first", "all"]


def test_the_script_is_installed_where_bash_reads_it(shell: Shell) -> None:
    shell.run("unetcolor --install-completion")
    (script,) = (shell.home / ".bash_completions").iterdir()
    assert str(script) in (shell.home / ".bashrc").read_text()
    words = "COMP_WORDS=(unetcolor inf); COMP_CWORD=1; _unetcolor_completion unetcolor; echo $COMPREPLY"
    assert shell.run(f"source ~/.bashrc; {words}").stdout == "info\n"


@pytest.mark.parametrize("name", ["zsh", "fish"])
def test_other_shells_ask_in_their_own_way(shell: Shell, name: str) -> None:
    asked = {"_UNETCOLOR_COMPLETE": f"complete_{name}", "_TYPER_COMPLETE_ARGS": "unetcolor colorize --preset pho"}
    action = {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    command = [str(shell.home / "bin" / "unetcolor")]
    done = subprocess.run(command, capture_output=True, text=True, env=shell.environment | asked | action, check=True)
    assert done.stdout.strip() == {"zsh": "_arguments '*: :((\"photo\"))'", "fish": "photo"}[name]
    assert done.stderr == "loaded []\n"
