"""Which photos are taken, and which result goes where."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from unetcolor import Hint
from unetcolor.images import WRITE_FORMATS, read
from unetcolor.photos.jobs import plan


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        # What tells a picture without a suffix from other files.
        (folder / name).write_bytes(b"GIF89a")


def outputs(folder: Path, *given: str, **options: object) -> dict[str, str]:
    jobs = plan([folder / name for name in given], folder / "out", **options)  # type: ignore[arg-type]
    return {str(job.source.relative_to(folder)): str(job.output.relative_to(folder / "out")) for job in jobs}


def test_a_photo_keeps_its_name_and_the_format_that_can_be_written(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.jpg", "in/b.GIF", "in/c.TIFF", "in/d", "in/e.avif")
    assert outputs(tmp_path, "in") == {
        "in/a.jpg": "a.jpg",
        "in/b.GIF": "b.GIF.png",
        "in/c.TIFF": "c.TIFF",
        "in/d": "d.png",
        "in/e.avif": "e.avif.png",
    }
    assert set(outputs(tmp_path, "in", suffix=".webp").values()) == {f"{name}.webp" for name in "abcde"}


def test_a_file_of_another_name_is_asked_what_it_is(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.jfif", "in/b.JPE", "in/scan", "in/old.bak")
    (tmp_path / "in" / "photo").write_bytes(b"\xff\xd8\xff\xe0")
    for name, text in {
        "car": "BMW of grandfather, 1936",
        "trip": "Pyramids at Giza",
        "order": "P1 left, P2 right",
    }.items():
        (tmp_path / "in" / f"{name}.txt").write_text(text)
    for name in ("README.md", "a.xmp", "notes", "empty"):
        (tmp_path / "in" / name).write_text("" if name == "empty" else "hello")
    assert outputs(tmp_path, "in") == {
        "in/a.jfif": "a.jfif",
        "in/b.JPE": "b.JPE",
        "in/photo": "photo.jpg",
        "in/scan": "scan.png",
        "in/old.bak": "old.bak.png",
    }


def test_all_pages_of_a_tiff_file(tmp_path: Path) -> None:
    pages = [Image.new("L", (8, 6), level) for level in (10, 20, 30)]
    pages[0].save(tmp_path / "scan.tif", save_all=True, append_images=pages[1:])
    pages[0].save(tmp_path / "one.tif")
    pages[0].save(tmp_path / "film.gif", save_all=True, append_images=pages[1:])
    touch(tmp_path, "scan-2.hints.png")
    jobs = plan([tmp_path], tmp_path / "out", all_pages=True)
    assert {(job.source.name, job.page, job.output.name) for job in jobs} == {
        ("film.gif", None, "film.gif.png"),
        ("one.tif", None, "one.tif"),
        ("scan.tif", 0, "scan-1.tif"),
        ("scan.tif", 1, "scan-2.tif"),
        ("scan.tif", 2, "scan-3.tif"),
    }
    assert {job.page for job in jobs if job.hints} == {1}
    assert [int(read(job.source, page=job.page).pixels[0, 0]) for job in jobs if job.page is not None] == [10, 20, 30]
    assert {job.page for job in plan([tmp_path], tmp_path / "out")} == {None}


def test_photos_that_differ_in_their_suffix_alone_keep_it(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.gif", "in/a.png", "in/A.avif")
    assert outputs(tmp_path, "in") == {"in/a.gif": "a.gif.png", "in/a.png": "a.png", "in/A.avif": "A.avif.png"}


def test_folders_are_kept_apart_and_below_the_output(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.jpg", "in/2020/a.jpg", "other/a.jpg")
    assert outputs(tmp_path, "in") == {"in/a.jpg": "a.jpg"}
    assert outputs(tmp_path, "in", recursive=True) == {"in/a.jpg": "a.jpg", "in/2020/a.jpg": "2020/a.jpg"}
    assert outputs(tmp_path, "in", "other") == {"in/a.jpg": "in/a.jpg", "other/a.jpg": "other/a.jpg"}


def test_a_new_photo_does_not_move_the_results_of_the_others(tmp_path: Path) -> None:
    touch(tmp_path, "in/2020/a.jpg")
    before = outputs(tmp_path, "in", recursive=True)
    touch(tmp_path, "in/b.jpg")
    assert before.items() <= outputs(tmp_path, "in", recursive=True).items()


def test_a_photo_that_is_named_twice_is_done_once(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.jpg")
    assert len(plan([tmp_path / "in", tmp_path / "in" / "a.jpg"], tmp_path / "out")) == 1


def test_hidden_files_and_what_systems_leave_are_no_photos(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.jpg", "in/.hidden.jpg", "in/Thumbs.db", "in/.cache/x.jpg")
    assert outputs(tmp_path, "in", recursive=True) == {"in/a.jpg": "a.jpg"}


def test_results_of_an_earlier_run_are_not_taken_for_photos(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.jpg", "in/color/a.jpg")
    (job,) = plan([tmp_path / "in"], tmp_path / "in" / "color", recursive=True)
    assert job.source == tmp_path / "in" / "a.jpg"


def test_no_photo_is_ever_replaced(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.jpg", "in/b.jpg")
    with pytest.raises(ValueError, match="among the photos"):
        plan([tmp_path / "in"], tmp_path / "in")
    touch(tmp_path, "in/1920/c.gif")
    for photos in (["a.jpg"], ["a.jpg", "1920"], ["1920/c.gif", "b.jpg"]):
        with pytest.raises(ValueError, match="would lie among the photos"):
            plan([tmp_path / "in" / photo for photo in photos], tmp_path / "in")
    with pytest.raises(ValueError, match="would lie among the photos"):
        plan([tmp_path / "in" / "1920" / "c.gif"], tmp_path / "in" / "1920")
    (tmp_path / "link").symlink_to(tmp_path / "in")
    with pytest.raises(ValueError, match="among the photos"):
        plan([tmp_path / "link"], tmp_path / "in")


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "in/sub/a.jpg", "file")
    with pytest.raises(ValueError, match=r"there is no .*missing"):
        plan([tmp_path / "missing"], tmp_path / "out")
    with pytest.raises(ValueError, match=r"no photos in .*recursive"):
        plan([tmp_path / "in"], tmp_path / "out")
    with pytest.raises(ValueError, match="is a file: name a folder, or a picture"):
        plan([tmp_path / "in" / "sub"], tmp_path / "file")
    with pytest.raises(ValueError, match=r"cannot write '\.gif' files, only \.jpg"):
        plan([tmp_path / "in" / "sub"], tmp_path / "out", suffix=".gif")


def test_one_photo_goes_into_the_file_that_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "a.hints.png", "b.jpg", "in/c.jpg")
    a, out = tmp_path / "a.jpg", tmp_path / "new" / "out.PNG"
    (job,) = plan([a], out, compare=True)
    assert (job.source, job.output, job.hints) == (a, out, tmp_path / "a.hints.png")
    assert job.comparison == tmp_path / "new" / "out_compare.PNG"
    # Next to the photo, and in place of what is there: that is for whoever writes it to ask.
    assert plan([a], tmp_path / "b.jpg", suffix=".jpeg")[0].output == tmp_path / "b.jpg"
    # A folder of such a name is a folder.
    (tmp_path / "album.jpg").mkdir()
    assert plan([a], tmp_path / "album.jpg")[0].output == tmp_path / "album.jpg" / "a.jpg"
    (tmp_path / "link.jpg").symlink_to(a)
    for photos, output, options, message in [
        ([a], a, {}, "is the photo itself"),
        ([a], tmp_path / "link.jpg", {}, "is the photo itself"),
        ([tmp_path / "b.jpg"], out, {"suffix": ".jpg"}, "the format jpg does not fit the name"),
        ([a, tmp_path / "b.jpg"], out, {}, "is the name of one picture: name a folder"),
        ([tmp_path / "in"], out, {}, "is the name of one picture: name a folder"),
    ]:
        with pytest.raises(ValueError, match=message):
            plan(photos, output, **options)  # type: ignore[arg-type]
    touch(tmp_path, "out_compare.jpg")
    with pytest.raises(ValueError, match="is the photo itself"):
        plan([tmp_path / "out_compare.jpg"], tmp_path / "out.jpg", compare=True)


# Few letters and suffixes, so that names meet.
names = st.lists(
    st.builds(
        "{}{}".format,
        st.sampled_from(["a", "A", "a.png", "a_compare", "b/a"]),
        st.sampled_from(["", ".png", ".gif", ".JPG", ".jpg"]),
    ),
    min_size=1,
    max_size=12,
    unique=True,
)


@given(names, st.sampled_from([None, *WRITE_FORMATS]), st.booleans())
def test_no_two_results_share_a_name(chosen: list[str], suffix: str | None, compare: bool) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for name in chosen:
            path = root / "in" / name
            if not path.is_dir() and not (path.parent.exists() and not path.parent.is_dir()):
                touch(root, f"in/{name}")
        jobs = plan([root / "in"], root / "out", suffix=suffix, recursive=True, compare=compare)
        results = [path for job in jobs for path in (job.output, job.comparison) if path]
        assert len({str(path).casefold() for path in results}) == len(results)
        assert len(jobs) == sum(path.is_file() for path in (root / "in").rglob("*"))
        assert all(path.suffix.lower() in WRITE_FORMATS and path.is_relative_to(root / "out") for path in results)


def test_a_layer_next_to_its_photo_is_no_photo(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    touch(folder, "a.jpg", "a.hints.png", "b.png", "sub/c.tif", "sub/C.HINTS.png", "orphan.hints.png")
    jobs = {job.source.name: job for job in plan([folder], tmp_path / "out", recursive=True)}
    assert jobs.keys() == {"a.jpg", "b.png", "c.tif"}
    assert jobs["a.jpg"].hints == folder / "a.hints.png"
    assert jobs["b.png"].hints is None
    # Some systems write suffixes in capitals.
    assert jobs["c.tif"].hints == folder / "sub" / "C.HINTS.png"
    # As a shell gives the files of a folder.
    given = [folder / "a.jpg", folder / "a.hints.png", folder / "b.png"]
    assert [job.source.name for job in plan(given, tmp_path / "out")] == ["a.jpg", "b.png"]


def test_photos_that_share_a_name_but_for_the_suffix_have_layers_of_their_own(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    touch(folder, "a.jpg", "a.png", "a.tif", "a.jpg.hints.png", "A.PNG.hints.png", "a.hints.png")
    jobs = {job.source.name: job.hints for job in plan([folder], tmp_path / "out")}
    assert jobs == {
        "a.jpg": folder / "a.jpg.hints.png",
        "a.png": folder / "A.PNG.hints.png",
        "a.tif": folder / "a.hints.png",
    }
    # The layer alone was not named.
    (job,) = plan([folder / "a.jpg"], tmp_path / "out")
    assert job.hints == folder / "a.jpg.hints.png"


def test_hints_that_are_given_are_for_one_photo(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "a.hints.png", "b.png")
    hints = [Hint(1, 2, "red")]
    (job,) = plan([tmp_path / "a.png"], tmp_path / "out", hints=hints)
    assert job.hints == hints
    with pytest.raises(ValueError, match=r"hints are for one photo, and there are 2: .* such as a\.hints\.png"):
        plan([tmp_path], tmp_path / "out", hints=hints)
