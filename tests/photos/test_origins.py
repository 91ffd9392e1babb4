"""Results remember how they were made: other settings make them again, and what is not ours is never replaced."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unetcolor import Hint, get_color_space
from unetcolor.codec import Codec
from unetcolor.images import read_image, write_image
from unetcolor.photos.files import Result, colorize_files, sort_out
from unetcolor.photos.jobs import Job, plan
from unetcolor.photos.origins import ORIGINS, Settings

GRAY = np.random.default_rng(0).integers(0, 256, (12, 16), dtype=np.uint8)


class Tinted:
    """What photos ask of a predictor: here, the saturation is how red the result is."""

    codec = Codec(get_color_space("lab"))

    def stream(self, pictures: Iterable[np.ndarray], *, saturation: float, **_: Any) -> Iterator[np.ndarray]:
        for picture in pictures:
            yield np.stack([picture, picture // 2, picture * 0 + round(100 * saturation)], axis=-1).astype(np.uint8)


class Folder:
    """Photos, their results, and a model file."""

    def __init__(self, root: Path) -> None:
        self.photos, self.out, self.model = root / "in", root / "out", root / "model.keras"
        self.photos.mkdir()
        self.model.write_bytes(b"a network")
        self.settings = Settings(self.model)
        for name in ("a.png", "b.png", "c.png"):
            write_image(self.photos / name, GRAY)

    def run(self, settings: Settings | None = None, *, overwrite: bool = False, **options: Any) -> dict[str, Result]:
        settings = settings or self.settings
        jobs = plan([self.photos], self.out, **options)
        due, there = sort_out(jobs, settings)
        done = {
            result.job.source.name: result for result in colorize_files(jobs, Tinted(), settings, overwrite=overwrite)
        }  # type: ignore[arg-type]
        if not overwrite:
            # What is told before is what is done.
            assert {job.source.name for job in due} == {name for name, each in done.items() if is_done(each)}
            assert {result.job.source.name: result for result in there}.items() <= done.items()
        return done

    def statuses(self, **options: Any) -> list[str]:
        return [each.status for _, each in sorted(self.run(**options).items())]


def is_done(result: Result) -> bool:
    return result.status in ("colorized", "failed")


def blue(path: Path) -> int:
    return int(read_image(path)[0, 0, 2])


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_the_same_settings_skip_and_others_redo(folder: Folder) -> None:
    assert folder.statuses() == ["colorized"] * 3
    assert folder.statuses() == ["skipped"] * 3
    other = replace(folder.settings, saturation=0.5, size=48)
    done = folder.run(other)
    assert [(each.status, each.changed) for each in done.values()] == [("colorized", ("size", "saturation"))] * 3
    assert blue(folder.out / "a.png") == 50
    assert folder.statuses(settings=other) == ["skipped"] * 3
    # And back again: the last line of a result is not what counts, but the one that fits the file.
    assert folder.statuses() == ["colorized"] * 3
    assert folder.statuses() == ["skipped"] * 3


def test_what_is_missing_is_made_and_nothing_else(folder: Folder) -> None:
    folder.run()
    (folder.out / "b.png").unlink()
    shutil.move(folder.out / "c.png", folder.out / "kept by the user.png")
    assert folder.statuses() == ["skipped", "colorized", "colorized"]
    assert (folder.out / "kept by the user.png").exists()


def test_a_changed_photo_model_reference_or_layer_redoes_what_it_changes(folder: Folder) -> None:
    write_image(folder.photos / "b.hints.png", np.zeros((12, 16, 4), np.uint8))
    reference = folder.model.with_name("aunt.png")
    write_image(reference, np.full((8, 8, 3), (200, 50, 50), np.uint8))
    settings = replace(folder.settings, reference=reference)
    folder.run(settings)
    assert folder.statuses(settings=settings) == ["skipped"] * 3
    write_image(folder.photos / "a.png", GRAY[::-1])
    write_image(folder.photos / "b.hints.png", np.full((12, 16, 4), 9, np.uint8))
    write_image(folder.photos / "c.hints.png", np.full((12, 16, 4), 9, np.uint8))
    changed = {name: each.changed for name, each in folder.run(settings).items()}
    assert changed == {"a.png": ("photo",), "b.png": ("hints",), "c.png": ("hints",)}
    # A preset of the same name, of another training.
    folder.model.write_bytes(b"a natwork")
    write_image(reference, np.full((8, 8, 3), (50, 50, 200), np.uint8))
    assert {each.changed for each in folder.run(settings).values()} == {("model", "reference")}
    (folder.photos / "c.hints.png").unlink()
    assert [each.changed for each in folder.run(settings).values()] == [(), (), ("hints",)]


def test_listed_hints_are_settings_too(folder: Folder) -> None:
    def run(*hints: Hint) -> Result:
        jobs = plan([folder.photos / "a.png"], folder.out, hints=hints or None)
        (result,) = colorize_files(jobs, Tinted(), folder.settings)  # type: ignore[arg-type]
        return result

    assert run(Hint(1, 2, "red")).status == "colorized"
    assert run(Hint(1, 2, "#ff0000")).status == "skipped"
    assert run(Hint(1, 2, "blue")).changed == ("hints",)
    assert run().changed == ("hints",)


def test_copies_and_touched_files_are_the_same(folder: Folder, tmp_path: Path) -> None:
    """A copy of an archive has other times; a package that is installed again has them, too."""
    folder.run()
    for path in (folder.model, *folder.photos.iterdir(), *folder.out.glob("[!.]*")):
        os.utime(path, (1, 1))
    assert folder.statuses() == ["skipped"] * 3
    # On another disk, the photos elsewhere.
    shutil.move(folder.photos, tmp_path / "moved")
    folder.photos = tmp_path / "moved"
    assert folder.statuses() == ["skipped"] * 3
    assert folder.statuses(settings=replace(folder.settings, saturation=0)) == ["colorized"] * 3


@pytest.mark.parametrize("change", ["edit", "same size", "no record", "folder"])
def test_a_file_that_may_not_be_ours_is_kept_whatever_the_settings(folder: Folder, change: str) -> None:
    folder.run()
    path, other = folder.out / "b.png", replace(folder.settings, saturation=0.5)
    content = path.read_bytes()
    if change == "edit":
        path.write_bytes(content + b"by hand")
    elif change == "same size":
        path.write_bytes(content[:-1] + b"x")
    elif change == "folder":
        path.unlink()
        path.mkdir()
    else:
        # As older versions left it.
        lines = [line for line in (folder.out / ORIGINS).read_bytes().splitlines(True) if b'"b.png"' not in line]
        (folder.out / ORIGINS).write_bytes(b"".join(lines))
    before = None if path.is_dir() else path.read_bytes()
    for settings in (folder.settings, other):
        result = folder.run(settings)["b.png"]
        assert result.status == "kept"
        why = "how it was made is not recorded" if change == "no record" else "it was changed after it was made"
        assert result.reason == f"{path} is there already, and {why}"
        assert path.is_dir() or path.read_bytes() == before
    if change != "folder":
        assert folder.run(other, overwrite=True)["b.png"].status == "colorized"
        assert folder.run(other)["b.png"].status == "skipped"


def test_the_result_of_another_photo_is_kept(folder: Folder, tmp_path: Path) -> None:
    folder.run()
    second = tmp_path / "second"
    second.mkdir()
    write_image(second / "a.png", GRAY[::-1])
    shutil.copy(folder.photos / "b.png", second / "b.png")
    first, folder.photos = folder.photos, second
    done = folder.run(replace(folder.settings, saturation=0.5))
    assert done["a.png"].status == "kept"
    assert done["a.png"].reason.endswith(f"the result of another photo, {first / 'a.png'}")
    # The same photo in another place is no other photo.
    assert done["b.png"].changed == ("saturation",)


def test_pictures_that_compare_are_results_too(folder: Folder) -> None:
    folder.run()
    assert folder.statuses(compare=True) == ["colorized"] * 3
    assert folder.statuses(compare=True) == ["skipped"] * 3
    # Made without them, then with them: those of the old settings are redone.
    paler = replace(folder.settings, saturation=0.5)
    folder.run(paler)
    assert folder.statuses(settings=paler, compare=True) == ["colorized"] * 3
    both = folder.out / "a_compare.png"
    both.write_bytes(both.read_bytes() + b"by hand")
    done = folder.run(compare=True)
    assert [done[name].status for name in sorted(done)] == ["kept", "colorized", "colorized"]
    assert "a_compare.png" in done["a.png"].reason
    assert (blue(folder.out / "a.png"), blue(folder.out / "b.png")) == (50, 100)


def test_without_a_model_file_nothing_is_recorded_and_all_is_kept(folder: Folder) -> None:
    assert folder.statuses(settings=Settings()) == ["colorized"] * 3
    assert not (folder.out / ORIGINS).exists()
    assert folder.statuses(settings=Settings(saturation=0.5)) == ["kept"] * 3
    assert folder.statuses() == ["kept"] * 3


@pytest.mark.parametrize(
    "line", [b"\xff\0", b"{}", b"[" * 10_000, b"7", b'{"result": 7}', b'{"result": "a.png", "file": 1}']
)
def test_lines_that_are_none_spoil_no_others(folder: Folder, line: bytes) -> None:
    folder.run()
    path = folder.out / ORIGINS
    path.write_bytes(line + b"\n" + path.read_bytes() + line[: len(line) // 2])
    assert folder.statuses() == ["skipped"] * 3
    # What is added begins a line of its own.
    assert folder.statuses(settings=replace(folder.settings, saturation=0)) == ["colorized"] * 3
    assert folder.statuses(settings=replace(folder.settings, saturation=0)) == ["skipped"] * 3


@pytest.mark.parametrize("part", ["photo", "content", "page", "model", "size", "saturation", "layer", "colors"])
@pytest.mark.parametrize("value", [None, 7, "x", [], [1, 2, 3], {"a": 1}])
def test_a_line_may_say_anything(folder: Folder, tmp_path: Path, part: str, value: Any) -> None:
    """A folder may come from anybody."""
    folder.run()
    path = folder.out / ORIGINS
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(entry | {part: value}) + "\n" for entry in entries))
    shutil.move(folder.photos, tmp_path / "moved")
    _, there = sort_out(plan([tmp_path / "moved"], folder.out), folder.settings)
    assert {result.status for result in there} <= {"skipped", "kept"}


def test_a_record_that_cannot_be_written_costs_no_result(folder: Folder) -> None:
    folder.out.mkdir()
    (folder.out / ORIGINS).mkdir()
    jobs = plan([folder.photos], folder.out)
    with pytest.warns(UserWarning, match="is not recorded") as told:
        done = list(colorize_files(jobs, Tinted(), folder.settings))  # type: ignore[arg-type]
    assert [result.status for result in done] == ["colorized"] * 3
    assert len(told) == 1


def test_a_link_does_not_choose_what_is_written_to(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    folder.out.mkdir()
    (folder.out / ORIGINS).symlink_to(tmp_path / "precious")
    jobs = plan([folder.photos], folder.out)
    with pytest.warns(UserWarning, match="is not recorded"):
        list(colorize_files(jobs, Tinted(), folder.settings))  # type: ignore[arg-type]
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_result_behind_a_link_is_replaced_and_not_the_link(folder: Folder, tmp_path: Path) -> None:
    folder.run()
    (tmp_path / "disk").mkdir()
    shutil.move(folder.out / "a.png", tmp_path / "disk" / "a.png")
    (folder.out / "a.png").symlink_to(tmp_path / "disk" / "a.png")
    assert folder.statuses() == ["skipped"] * 3
    assert folder.statuses(settings=replace(folder.settings, saturation=0.5)) == ["colorized"] * 3
    assert (folder.out / "a.png").is_symlink()
    assert blue(tmp_path / "disk" / "a.png") == 50


# Colorizes photos with a saturation; if it is given a number, it kills itself at the moment when that many files, each
# result and each that is compared, have been written and recorded, and the next is about to take its place.
RUN = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_origins import Tinted
from unetcolor.photos.files import colorize_files
from unetcolor.photos.jobs import plan
from unetcolor.photos.origins import ORIGINS, Settings

root, saturation, most = Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
put = os.replace
def put_or_die(source, target):
    global most
    if not Path(target).name.startswith("."):
        if not most:
            os.kill(os.getpid(), signal.SIGKILL)
        most -= 1
    put(source, target)
os.replace = put_or_die
settings = Settings(root / "model.keras", saturation=saturation)
for result in colorize_files(plan([root / "in"], root / "out"), Tinted(), settings, workers=1):
    print(result.job.source.name, result.status, flush=True)
"""


def start(folder: Folder, saturation: float, most: int = -1) -> subprocess.Popen[str]:
    arguments = [str(Path(__file__).parent), str(folder.model.parent), str(saturation), str(most)]
    return subprocess.Popen([sys.executable, "-c", RUN, *arguments], stdout=subprocess.PIPE, text=True)


def test_killed_at_the_worst_moment_it_loses_nothing(folder: Folder) -> None:
    folder.run()
    killed = start(folder, 0.5, most=1)
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    # Of b.png, it is written down how it was going to be made; it is as it was before.
    assert [blue(folder.out / name) for name in ("a.png", "b.png", "c.png")] == [50, 100, 100]
    assert (folder.out / ORIGINS).read_text().count('"b.png"') == 2
    done = folder.run(replace(folder.settings, saturation=0.5))
    assert [done[name].status for name in sorted(done)] == ["skipped", "colorized", "colorized"]
    assert {done[name].changed for name in ("b.png", "c.png")} == {("saturation",)}
    assert folder.statuses(settings=replace(folder.settings, saturation=0.5)) == ["skipped"] * 3


def test_processes_that_write_into_one_folder_spoil_no_line(folder: Folder) -> None:
    for number in range(15):
        write_image(folder.photos / f"{number}.png", GRAY)
    running = [start(folder, saturation) for saturation in (0.25, 0.5, 0.75)]
    for each in running:
        each.communicate(timeout=60)
        assert each.returncode == 0
    for line in (folder.out / ORIGINS).read_text().splitlines():
        assert json.loads(line)["result"].endswith(".png")
    # Whoever was the last: of each result it is known how it was made.
    done = folder.run(replace(folder.settings, saturation=0))
    assert {result.changed for result in done.values()} == {("saturation",)}


def test_what_another_process_did_meanwhile_is_not_done_again(folder: Folder) -> None:
    jobs = plan([folder.photos], folder.out)
    done = colorize_files(jobs, Tinted(), folder.settings, workers=1)  # type: ignore[arg-type]
    first = next(done)
    others = [job for job in jobs if job != first.job]
    assert {result.status for result in colorize_files(others, Tinted(), folder.settings)} <= {"colorized", "skipped"}  # type: ignore[arg-type]
    assert {result.job.source.name: result.status for result in done}["c.png"] == "skipped"


def test_names_may_hold_anything(folder: Folder) -> None:
    source = folder.photos / "\udcff\n\u00e9[.png"
    shutil.copy(folder.photos / "a.png", source)
    assert folder.run()[source.name].status == "colorized"
    assert folder.run()[source.name].status == "skipped"
    assert folder.run(replace(folder.settings, size=8))[source.name].changed == ("size",)


def test_pages_of_one_file_are_not_each_other(folder: Folder) -> None:
    job = Job(folder.photos / "a.png", folder.out / "a.png")
    (made,) = colorize_files([job], Tinted(), folder.settings)  # type: ignore[arg-type]
    assert made.status == "colorized"
    (due, there) = sort_out([replace(job, page=1)], folder.settings)
    assert due == []
    assert "the result of another photo" in there[0].reason
