"""The command, as people and programs use it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image
from typer.testing import CliRunner, Result

import unetcolor
from unetcolor import UNetColorizer, list_color_spaces, list_presets, samples
from unetcolor.cli.commands import app
from unetcolor.images import read_image, write_image
from unetcolor.models.presets import path_of_preset

GRAY = samples.load_photo("chelsea").mean(axis=-1).astype(np.uint8)[:120, :160]

# The network sees photos small here, which is fast.
SMALL = ("--size", "48")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def run_json(*arguments: object) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def process(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from unetcolor.cli import main; main()", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


GOOD = {
    "plain.jpg": (120, 160),
    "deep.png": (120, 160),
    "rgba.png": (120, 160),
    "cmyk.jpg": (120, 160),
    "rotated.jpg": (160, 120),
    "[red]scan.webp": (120, 160),
}
BAD = {"notes.txt": "none of these kinds", "empty.jpg": "empty", "cut.jpg": "broken"}


def rotated_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Artist] = "A. Photographer"
    return exif


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    write_image(folder / "plain.jpg", GRAY)
    write_image(folder / "[red]scan.webp", GRAY)
    write_image(folder / "deep.png", GRAY.astype(np.uint16) * 257)
    alpha = np.full_like(GRAY, 255)
    alpha[:40] = 0
    write_image(folder / "rgba.png", np.dstack([GRAY, GRAY, GRAY, alpha]))
    Image.fromarray(GRAY).convert("CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(GRAY).save(folder / "rotated.jpg", exif=rotated_exif())
    (folder / "notes.txt").write_text("hello")
    (folder / "empty.jpg").touch()
    content = (folder / "plain.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(content[: len(content) // 2])
    return folder


def leftovers(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.startswith(".")]


def test_every_good_photo_is_done_and_every_bad_one_is_named(photos: Path, tmp_path: Path) -> None:
    done = run("colorize", photos, "-o", tmp_path / "out", *SMALL)
    assert done.exit_code == 1
    text = " ".join((done.stdout + done.stderr).split())
    for name, reason in BAD.items():
        assert name in text
        assert reason in text
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(GOOD)
    for name, size in GOOD.items():
        colored = read_image(tmp_path / "out" / name)
        assert colored.shape[:2] == size
        assert np.ptp(colored[..., :3].astype(int), axis=-1).max() > 10, "no color"
    with Image.open(tmp_path / "out" / "rotated.jpg") as picture:
        assert dict(picture.getexif()) == {ExifTags.Base.Artist: "A. Photographer"}


def test_a_result_is_what_the_library_says(photos: Path, tmp_path: Path) -> None:
    run("colorize", photos / "rgba.png", "-o", tmp_path, "-p", "portrait", "--size", "64", "--saturation", "1.5")
    colorizer = UNetColorizer.from_preset("portrait")
    wanted = colorizer.predict(photos / "rgba.png", size=64, saturation=1.5)
    np.testing.assert_array_equal(read_image(tmp_path / "rgba.png"), wanted)


def test_json_says_what_became_of_each(photos: Path, tmp_path: Path) -> None:
    done = run_json("colorize", photos, "-o", tmp_path / "out", *SMALL)
    assert (done["colorized"], done["skipped"], done["failed"]) == (len(GOOD), 0, len(BAD))
    by_name = {Path(photo["source"]).name: photo for photo in done["photos"]}
    for name, size in GOOD.items():
        assert by_name[name]["status"] == "colorized"
        assert by_name[name]["size"] == list(size)
        assert Path(by_name[name]["output"]).exists()
    for name, reason in BAD.items():
        assert by_name[name]["status"] == "failed"
        assert by_name[name]["output"] is None
        assert reason in by_name[name]["reason"]


def test_run_again_it_does_only_what_is_left(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("colorize", photos, "-o", out, *SMALL)
    (out / "deep.png").unlink()
    write_image(out / "plain.jpg", GRAY)
    again = run_json("colorize", photos, "-o", out, *SMALL)
    assert (again["colorized"], again["skipped"]) == (1, len(GOOD) - 1)
    assert read_image(out / "plain.jpg").ndim == 2
    assert run_json("colorize", photos, "-o", out, "--overwrite", *SMALL)["colorized"] == len(GOOD)
    assert read_image(out / "plain.jpg").ndim == 3


def test_formats_that_hold_less_say_what_was_lost(photos: Path, tmp_path: Path) -> None:
    done = run_json("colorize", photos / "rgba.png", photos / "deep.png", "-o", tmp_path, "--format", "jpg", *SMALL)
    reasons = {Path(photo["source"]).name: photo["reason"] for photo in done["photos"]}
    assert "transparent" in reasons["rgba.png"]
    assert "16 bits became 8" in reasons["deep.png"]
    # Where the photo was transparent, the result is white.
    assert read_image(tmp_path / "rgba.jpg")[:32].min() > 250


def test_the_comparison_shows_gray_and_color_side_by_side(photos: Path, tmp_path: Path) -> None:
    run("colorize", photos / "deep.png", "-o", tmp_path, "--compare", *SMALL)
    both = read_image(tmp_path / "deep_compare.png")
    colored = read_image(tmp_path / "deep.png")
    np.testing.assert_array_equal(both[:, 160:], colored)
    assert np.ptp(both[:, :160].astype(int), axis=-1).max() == 0


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_number_of_jobs_does_not_change_the_results(tmp_path: Path, jobs: int) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(8):
        write_image(folder / f"{i}.png", GRAY[: 40 + i, : 90 - i])
    run("colorize", folder, "-o", tmp_path / "out", "-j", jobs, *SMALL)
    colorizer = UNetColorizer.from_preset("photo")
    for i in range(8):
        wanted = colorizer.predict(folder / f"{i}.png", size=48)
        np.testing.assert_array_equal(read_image(tmp_path / "out" / f"{i}.png"), wanted)


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_leaves_whole_files_and_goes_on_later(tmp_path: Path, sent: signal.Signals) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    large = np.tile(GRAY, (8, 8))
    count = 40
    write_image(folder / "0.png", large)
    for i in range(1, count):
        shutil.copy(folder / "0.png", folder / f"{i}.png")
    running = process("colorize", folder, "-o", out, *SMALL)
    deadline = time.monotonic() + 120
    while not list(out.glob("*.png")) and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(sent)
    _, messages = running.communicate(timeout=60)
    assert running.returncode == 130, messages
    assert "stopped: the same command goes on" in " ".join(messages.split())
    finished = sorted(out.glob("*.png"))
    assert 0 < len(finished) < count
    assert leftovers(out) == []
    for path in finished:
        assert read_image(path).shape == (*large.shape, 3)
    again = run_json("colorize", folder, "-o", out, *SMALL)
    assert (again["skipped"], again["colorized"]) == (len(finished), count - len(finished))


@pytest.mark.slow
def test_a_photo_of_fifty_megapixels(tmp_path: Path) -> None:
    Image.fromarray(GRAY).resize((8660, 5774)).save(tmp_path / "large.jpg")
    assert run("colorize", tmp_path / "large.jpg", "-o", tmp_path / "out").exit_code == 0
    with Image.open(tmp_path / "out" / "large.jpg") as picture:
        assert picture.size == (8660, 5774)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["colorize", "missing.jpg"], "there is no missing.jpg"),
        (["colorize", "{photos}", "-p", "portrai"], "neither a model file"),
        (["colorize", "{photos}", "-m", "{photos}/notes.txt"], "neither a model file"),
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
        (["info", "missing.keras"], "no such file"),
        (["presets", "phot"], "Did you mean 'photo'?"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(
    photos: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(photos.parent)
    done = run(*(argument.format(photos=photos) for argument in arguments))
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    as_json = run(*(argument.format(photos=photos) for argument in arguments), "--json")
    assert message in json.loads(as_json.stdout)["error"]


@pytest.fixture(scope="module")
def colors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("colors")
    for i, portrait in enumerate(samples.load_portraits()[:12]):
        write_image(folder / f"{i}.png", portrait[::2, ::2])
    return folder


TINY = ("--encoder", "none", "--filters", "4,8", "--image-size", "24", "--batch-size", "4")


def test_train_resume_evaluate_and_use(colors: Path, tmp_path: Path) -> None:
    whole, parts = tmp_path / "models" / "whole.keras", tmp_path / "parts.keras"
    assert run("train", colors, "-o", whole, "-s", "oklab", "-e", 3, *TINY).exit_code == 0
    assert run("train", colors, "-o", parts, "-s", "oklab", "-e", 1, *TINY).exit_code == 0
    refused = run("train", colors, "-o", parts, "-s", "oklab", "-e", 3, *TINY)
    assert refused.exit_code == 2
    assert "--resume" in refused.stderr
    # A new training that does not begin loses nothing of the old one.
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    assert run("train", nothing, "-o", parts, "--overwrite", *TINY).exit_code == 2
    done = run_json("train", colors, "-o", parts, "-s", "oklab", "-e", 3, "--resume", *TINY)
    assert done["training"]["epochs"] == 3
    assert len(done["history"]["loss"]) == 2
    for got, wanted in zip(
        UNetColorizer.load(parts).model.get_weights(), UNetColorizer.load(whole).model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(got, wanted)
    facts = run_json("info", parts)
    assert (facts["space"]["name"], facts["training"]["epochs"]) == ("oklab", 3)
    scores = run_json("evaluate", parts, colors)
    assert scores == UNetColorizer.load(parts).evaluate(colors, verbose=0)
    with_a_bad_one = tmp_path / "with_a_bad_one"
    shutil.copytree(colors, with_a_bad_one)
    (with_a_bad_one / "empty.png").touch()
    # A process of its own: pytest has its own way with warnings.
    evaluation = process("evaluate", parts, with_a_bad_one)
    table, notes = evaluation.communicate()
    assert "note: left out 1 of" in notes
    assert ".py:" not in notes
    assert f"{scores['delta_e']:.3f}" in table
    assert f"{scores['gray_delta_e']:.3f}" in table
    assert run("colorize", colors / "0.png", "-o", tmp_path / "out", "-m", parts).exit_code == 0


@pytest.mark.slow
def test_fine_tuning_begins_with_a_preset(colors: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.keras"
    refused = run("train", colors, "-o", path, "--from", "portrait", "--image-size", 32, "--space", "rgb")
    assert refused.exit_code == 2
    assert "--space, --image-size" in refused.stderr
    done = run_json("train", colors, "-o", path, "--from", "portrait", "-e", 1, "--loss", "mae")
    assert done["training"]["epochs"] == 1 + UNetColorizer.from_preset("portrait").training["epochs"]
    assert UNetColorizer.load(path).model.count_params() == UNetColorizer.from_preset("portrait").model.count_params()


def test_spaces_and_presets_are_those_of_the_library() -> None:
    assert [row["name"] for row in run_json("spaces")] == list_color_spaces()
    assert [row["name"] for row in run_json("presets")] == list_presets()
    for name in list_color_spaces():
        assert name in run("spaces").stdout
    for name in list_presets():
        assert name in run("presets").stdout
        assert "Limits" in run("presets", name).stdout
        assert run_json("info", name)["file"] == str(path_of_preset(name))


HELP = """
import sys
from unetcolor.cli import main
sys.argv = ["unetcolor", *sys.argv[1:]]
try:
    main()
finally:
    print([name for name in ("tensorflow", "keras", "numpy", "gradio", "av") if name in sys.modules])
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["colorize", "--help"], ["presets"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", HELP, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("[]\n")
    if arguments == ["--version"]:
        assert unetcolor.__version__ in done.stdout


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_it_says_how_to_get_it(missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from unetcolor.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.strip() == f'unetcolor: the command needs {missing}: pip install "unetcolor[cli]"'


def test_only_what_is_ours_is_on_the_screen(tmp_path: Path) -> None:
    """TensorFlow writes a dozen lines as it starts, whatever its settings say."""
    write_image(tmp_path / "x.png", GRAY)
    running = process(
        "colorize", tmp_path / "x.png", "-o", tmp_path / "out", *SMALL, env={**os.environ, "COLUMNS": "200"}
    )
    output, messages = running.communicate(timeout=120)
    assert running.returncode == 0
    assert "Colorizing" in messages
    assert len(messages.strip().splitlines()) == 1, messages
    assert "The results are in" in output
