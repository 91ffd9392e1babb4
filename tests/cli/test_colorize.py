from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image
from typer.testing import Result

from unetcolor import UNetColorizer, samples
from unetcolor.images import read_image, write_image
from unetcolor.photos.origins import ORIGINS
from unetcolor.prediction.predictor import Predictor

GRAY = samples.load_photo("chelsea").mean(axis=-1).astype(np.uint8)[:120, :160]

# The network sees photos small here, which is fast.
SMALL = ("--size", "48")

GOOD = {
    "plain.jpg": (120, 160),
    "deep.png": (120, 160),
    "rgba.png": (120, 160),
    "cmyk.jpg": (120, 160),
    "rotated.jpg": (160, 120),
    "[red]scan.webp": (120, 160),
}
BAD = {"notes.png": "none of these kinds", "empty.jpg": "empty", "cut.jpg": "broken"}


def leftovers(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*") if path.name != ORIGINS]


def results_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ORIGINS)


def test_every_good_photo_is_done_and_every_bad_one_is_named(
    run: Callable[..., Result], photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long paths are folded, wherever that may be.
    monkeypatch.chdir(tmp_path)
    done = run("colorize", photos.relative_to(tmp_path), "-o", "out", *SMALL)
    assert done.exit_code == 1
    text = " ".join((done.stdout + done.stderr).split())
    for name, reason in BAD.items():
        assert name in text
        assert reason in text
    assert results_in(tmp_path / "out") == sorted(GOOD)
    for name, size in GOOD.items():
        colored = read_image(tmp_path / "out" / name)
        assert colored.shape[:2] == size
        assert np.ptp(colored[..., :3].astype(int), axis=-1).max() > 10, "no color"
    with Image.open(tmp_path / "out" / "rotated.jpg") as picture:
        assert dict(picture.getexif()) == {ExifTags.Base.Artist: "A. Photographer"}


def test_a_result_is_what_the_library_says(run: Callable[..., Result], photos: Path, tmp_path: Path) -> None:
    run("colorize", photos / "rgba.png", "-o", tmp_path, "-p", "photo", "--size", "64", "--saturation", "1.5")
    wanted = Predictor.load("photo").predict(photos / "rgba.png", size=64, saturation=1.5)
    np.testing.assert_array_equal(read_image(tmp_path / "rgba.png"), wanted)


def test_json_says_what_became_of_each(run_json: Callable[..., Any], photos: Path, tmp_path: Path) -> None:
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


def test_run_again_it_does_only_what_is_left(
    run: Callable[..., Result], run_json: Callable[..., Any], photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run("colorize", photos, "-o", out, *SMALL)
    (out / "deep.png").unlink()
    write_image(out / "plain.jpg", GRAY)
    again = run_json("colorize", photos, "-o", out, *SMALL)
    assert (again["colorized"], again["skipped"], again["kept"]) == (1, len(GOOD) - 2, 1)
    assert read_image(out / "plain.jpg").ndim == 2
    assert run_json("colorize", photos, "-o", out, "--overwrite", *SMALL)["colorized"] == len(GOOD)
    assert read_image(out / "plain.jpg").ndim == 3


def test_formats_that_hold_less_say_what_was_lost(run_json: Callable[..., Any], photos: Path, tmp_path: Path) -> None:
    done = run_json("colorize", photos / "rgba.png", photos / "deep.png", "-o", tmp_path, "--format", "jpg", *SMALL)
    reasons = {Path(photo["source"]).name: photo["reason"] for photo in done["photos"]}
    assert "transparent" in reasons["rgba.png"]
    assert "16 bits became 8" in reasons["deep.png"]
    # Where the photo was transparent, the result is white.
    assert read_image(tmp_path / "rgba.jpg")[:32].min() > 250


def test_the_comparison_shows_gray_and_color_side_by_side(
    run: Callable[..., Result], photos: Path, tmp_path: Path
) -> None:
    run("colorize", photos / "deep.png", "-o", tmp_path, "--compare", *SMALL)
    both = read_image(tmp_path / "deep_compare.png")
    colored = read_image(tmp_path / "deep.png")
    np.testing.assert_array_equal(both[:, 160:], colored)
    assert np.ptp(both[:, :160].astype(int), axis=-1).max() == 0


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_number_of_jobs_does_not_change_the_results(run: Callable[..., Result], tmp_path: Path, jobs: int) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(8):
        write_image(folder / f"{i}.png", GRAY[: 40 + i, : 90 - i])
    run("colorize", folder, "-o", tmp_path / "out", "-j", jobs, *SMALL)
    predictor = Predictor.load("photo")
    for i in range(8):
        wanted = predictor.predict(folder / f"{i}.png", size=48)
        np.testing.assert_array_equal(read_image(tmp_path / "out" / f"{i}.png"), wanted)


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_leaves_whole_files_and_goes_on_later(
    run_json: Callable[..., Any], process: Callable[..., subprocess.Popen[str]], tmp_path: Path, sent: signal.Signals
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    large = np.tile(GRAY, (8, 8))
    count = 16
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
    assert "stopped: the same command continues" in " ".join(messages.split())
    finished = sorted(out.glob("*.png"))
    assert 0 < len(finished) < count
    assert leftovers(out) == []
    for path in finished:
        assert read_image(path).shape == (*large.shape, 3)
    again = run_json("colorize", folder, "-o", out, *SMALL)
    assert (again["skipped"], again["colorized"]) == (len(finished), count - len(finished))


def test_killed_it_knows_how_each_result_was_made(
    run_json: Callable[..., Any], process: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for number in range(14):
        write_image(folder / f"{number}.png", np.tile(GRAY, (3, 3)))
    running = process("colorize", folder, "-o", out, *SMALL)
    deadline = time.monotonic() + 120
    while len(list(out.glob("[0-9]*.png"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    running.kill()
    running.communicate(timeout=60)
    finished = len(list(out.glob("[0-9]*.png")))
    assert 3 <= finished < 14
    again = run_json("colorize", folder, "-o", out, *SMALL, "--saturation", "0.5")
    assert (again["colorized"], again["redone"], again["kept"], again["skipped"]) == (14, finished, 0, 0)


@pytest.mark.slow
def test_a_photo_of_fifty_megapixels(run: Callable[..., Result], tmp_path: Path) -> None:
    Image.fromarray(GRAY).resize((8660, 5774)).save(tmp_path / "large.jpg")
    assert run("colorize", tmp_path / "large.jpg", "-o", tmp_path / "out").exit_code == 0
    with Image.open(tmp_path / "out" / "large.jpg") as picture:
        assert picture.size == (8660, 5774)


def test_other_settings_redo_the_results_and_it_says_so(
    run: Callable[..., Result], run_json: Callable[..., Any], photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    given = [photos / name for name in ("plain.jpg", "deep.png", "rotated.jpg")]
    arguments = ("colorize", *given, "-o", out, *SMALL)
    assert "There already" not in run(*arguments).stdout
    before = read_image(out / "plain.jpg")
    assert "There already, made with the same settings: 3 results." in run(*arguments).stdout
    write_image(out / "deep.png", GRAY)
    paler = run(*arguments, "--saturation", 0.5)
    assert paler.exit_code == 0
    assert "Made again, because this has changed (saturation): 2 results." in paler.stdout
    assert "Kept: 1 file, to be replaced with --overwrite only." in paler.stdout
    assert "deep.png is there already, and it was changed after it was made." in " ".join(paler.stdout.split())
    assert read_image(out / "deep.png").ndim == 2
    assert (
        np.ptp(read_image(out / "plain.jpg").astype(int), axis=-1).mean() < np.ptp(before.astype(int), axis=-1).mean()
    )
    again = run_json(*arguments, "--reference", samples.photos()[0])
    assert (again["colorized"], again["redone"], again["kept"], again["skipped"]) == (2, 2, 1, 0)
    changed = {Path(photo["source"]).name: photo["changed"] for photo in again["photos"]}
    assert changed["plain.jpg"] == ["saturation", "reference"]


def test_what_is_finished_loads_no_engine(
    run: Callable[..., Result], process: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for number in range(40):
        write_image(folder / f"{number}.png", GRAY[:20, : 20 + number])
    run("colorize", folder, "-o", out, *SMALL)
    # Python names each module that it loads.
    running = process("colorize", folder, "-o", out, *SMALL, env={**os.environ, "PYTHONVERBOSE": "1"})
    _, loaded = running.communicate(timeout=60)
    assert running.returncode == 0
    assert "unetcolor.photos.origins" in loaded
    for package in ("tensorflow", "keras", "onnxruntime", "openvino", "h5py", "scipy"):
        assert f"import '{package}'" not in loaded


def test_a_folder_with_the_name_of_a_preset_changes_nothing(
    process: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """The default preset was unusable in such a directory."""
    (tmp_path / "photo").mkdir()
    write_image(tmp_path / "photo" / "x.png", GRAY)
    running = process("colorize", "photo", "-o", "out", *SMALL, cwd=tmp_path)
    _, messages = running.communicate(timeout=120)
    assert running.returncode == 0, messages
    assert read_image(tmp_path / "out" / "x.png").shape == (*GRAY.shape, 3)


@pytest.fixture(scope="module")
def hinted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a model that takes hints and knows little."""
    path = tmp_path_factory.mktemp("model") / "hinted.keras"
    colorizer = UNetColorizer("lab", filters=(4, 8), hints=True, image_size=(48, 48), seed=1)
    colorizer.fit(samples.load_portraits()[:8], epochs=1, verbose=0)
    colorizer.save(path)
    return path


def is_red(picture: np.ndarray, row: int, column: int) -> bool:
    red, green, blue = picture[row, column].astype(int)
    return bool(red > max(green, blue) + 40)


def test_hints_of_one_photo(run_json: Callable[..., Any], hinted: Path, photos: Path, tmp_path: Path) -> None:
    layer = np.zeros((60, 80, 4), np.uint8)
    layer[28:33, 38:43] = (255, 0, 0, 255)
    layer[5, 5] = (0, 0, 255, 255)
    write_image(tmp_path / "layer.png", layer)
    ways = [("--hints", tmp_path / "layer.png"), ("--hint", "80,60,red", "--hint", "11, 11, rgb(0, 0, 255)")]
    for number, way in enumerate(ways):
        done = run_json("colorize", photos / "plain.jpg", "-m", hinted, "-o", tmp_path / str(number), *way)
        assert [photo["hints"] for photo in done["photos"]] == [2]
        assert is_red(read_image(tmp_path / str(number) / "plain.jpg"), 60, 80)


def test_layers_lie_next_to_their_photos(
    run_json: Callable[..., Any], hinted: Path, photos: Path, tmp_path: Path
) -> None:
    layer = np.zeros((120, 160, 4), np.uint8)
    layer[56:64, 76:84] = (255, 0, 0, 255)
    write_image(photos / "plain.hints.png", layer)
    (photos / "deep.hints.png").write_text("no picture")
    write_image(photos / "rgba.hints.png", layer[:, :80])
    done = run_json("colorize", photos, "-m", hinted, "-o", tmp_path / "out")
    by_name = {Path(photo["source"]).name: photo for photo in done["photos"]}
    assert by_name.keys() == GOOD.keys() | BAD.keys()
    assert (by_name["plain.jpg"]["hints"], by_name["cmyk.jpg"]["hints"]) == (1, 0)
    assert is_red(read_image(tmp_path / "out" / "plain.jpg"), 60, 80)
    # Never a result that leaves out what the user knows.
    assert "deep.hints.png" in by_name["deep.png"]["reason"]
    assert "the photo's aspect" in by_name["rgba.png"]["reason"]
    assert [by_name[name]["status"] for name in ("deep.png", "rgba.png")] == ["failed"] * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--hint", "80,60"), "--hint must be COLUMN,ROW,COLOR"),
        (("--hint", "80,60,reddish"), "'reddish' is no color"),
        (("--hint", "80;60;red"), "--hint must be COLUMN,ROW,COLOR"),
        (("--hint", "1,1,red", "--hints", "a.png"), "give --hints or --hint, not both"),
        (("--hint", "1,1,red", "second.jpg"), "hints are for one photo, and there are 2"),
    ],
)
def test_wrong_hints_are_told_before_anything_is_done(
    run: Callable[..., Result], photos: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    write_image(tmp_path / "second.jpg", GRAY)
    given = [tmp_path / name if name == "second.jpg" else name for name in arguments]
    done = run("colorize", photos / "plain.jpg", "-o", tmp_path / "out", *given)
    assert done.exit_code != 0
    assert message in " ".join((done.stdout + done.stderr).split())
    assert not (tmp_path / "out").exists()


def test_hints_for_a_model_that_takes_none_are_no_silent_loss(
    run: Callable[..., Result], photos: Path, tmp_path: Path
) -> None:
    path = tmp_path / "plain.keras"
    colorizer = UNetColorizer("lab", filters=(4, 8), image_size=(48, 48), seed=1)
    colorizer.fit(samples.load_portraits()[:8], epochs=1, verbose=0)
    colorizer.save(path)
    done = run("colorize", photos / "plain.jpg", "-m", path, "-o", tmp_path / "out", "--hint", "1,1,red")
    assert done.exit_code == 1
    assert "takes no hints" in " ".join((done.stdout + done.stderr).split())


def test_a_reference_pulls_the_colors(run: Callable[..., Result], photos: Path, tmp_path: Path) -> None:
    color = samples.load_photo("coffee")
    write_image(tmp_path / "aunt.png", color)
    run("colorize", photos / "plain.jpg", "-o", tmp_path / "out", *SMALL, "--reference", tmp_path / "aunt.png")
    wanted = UNetColorizer.from_preset("photo").predict(photos / "plain.jpg", size=48, reference=color)
    result = read_image(tmp_path / "out" / "plain.jpg").astype(int)
    # JPEG.
    assert np.abs(result - wanted).mean() < 3
    done = run("colorize", photos / "plain.jpg", "-o", tmp_path / "gray", "--reference", photos / "plain.jpg")
    assert done.exit_code != 0
    assert "the reference must be a photo in color" in " ".join((done.stdout + done.stderr).split())


def test_shards_do_all_photos_once_and_write_it_down(
    run: Callable[..., Result], run_json: Callable[..., Any], hinted: Path, photos: Path, tmp_path: Path
) -> None:
    def lines(shard: int) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (tmp_path / f"{shard}.jsonl").read_text().splitlines()]

    def arguments(shard: int) -> list[object]:
        options = ["--shard", f"{shard}/2", "--manifest", tmp_path / f"{shard}.jsonl"]
        return ["colorize", photos, "-m", hinted, "-o", tmp_path / "out", *options]

    told = [run_json(*arguments(shard))["photos"] for shard in (1, 2)]
    assert [sorted(each, key=str) for each in told] == [sorted(lines(shard), key=str) for shard in (1, 2)]
    sources = [{Path(photo["source"]).name for photo in each} for each in told]
    assert sources[0] | sources[1] == GOOD.keys() | BAD.keys()
    assert not sources[0] & sources[1]
    assert results_in(tmp_path / "out") == sorted(GOOD)
    before = lines(1)
    run(*arguments(1))
    assert lines(1) == before
    # A shard of many may have nothing to do, which is no failure.
    empty = [
        run_json("colorize", photos / "plain.jpg", "-m", hinted, "--shard", f"{n}/2", "-o", tmp_path) for n in (1, 2)
    ]
    assert sorted(len(each["photos"]) for each in empty) == [0, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--shard", "0/16"), "there is no shard 0/16, only 1/16 to 16/16"),
        (("--shard", "a/b"), "a shard is NUMBER/COUNT such as 3/16, not 'a/b'"),
        (("--manifest", "plain.jpg"), "is not from a manifest of photos: name a file that does not exist yet"),
        (("--manifest", "plain.jpg/3.jsonl"), "plain.jpg"),
    ],
)
def test_wrong_shards_and_manifests_are_told_before_anything_is_done(
    run: Callable[..., Result],
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(photos)
    before = (photos / "plain.jpg").read_bytes()
    done = run("colorize", photos, "-o", tmp_path / "out", *arguments)
    assert done.exit_code == 2
    assert message in " ".join((done.stdout + done.stderr).split())
    assert not (tmp_path / "out").exists()
    assert (photos / "plain.jpg").read_bytes() == before


def test_one_photo_goes_into_the_file_that_is_named(run: Callable[..., Result], photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert run("colorize", photos / "plain.jpg", "-o", out, *SMALL).exit_code == 0
    assert read_image(out).shape == (*GOOD["plain.jpg"], 3)
    before = out.read_bytes()
    assert (
        "There already, made with the same settings: 1 result."
        in run("colorize", photos / "plain.jpg", "-o", out, *SMALL).stdout
    )
    assert out.read_bytes() == before
    run("colorize", photos / "plain.jpg", "-o", out, *SMALL, "--saturation", 0)
    assert np.ptp(read_image(out).astype(int), axis=-1).max() == 0
    # What is not ours is not touched.
    (tmp_path / "other.png").write_bytes(before)
    kept = run("colorize", photos / "plain.jpg", "-o", tmp_path / "other.png", *SMALL)
    assert "how it was made is not recorded" in " ".join(kept.stdout.split())
    assert (tmp_path / "other.png").read_bytes() == before
