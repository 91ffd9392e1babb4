"""Which names a shard takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unetcolor.photos.jobs import plan
from unetcolor.photos.shards import Shard


@given(st.text(), st.integers(1, 50))
def test_every_name_lies_in_exactly_one_shard(name: str, count: int) -> None:
    # Names of files may hold bytes that are no text, which Python writes as such characters.
    for each in (name, name + "\udcff"):
        assert sum(each in Shard(number, count) for number in range(1, count + 1)) == 1


def test_a_name_lies_in_the_same_shard_in_every_process_and_version() -> None:
    script = (
        "from unetcolor.photos.shards import Shard\n"
        "for name in ('a.jpg', '1920/b.png', 'Größe.tif'):\n"
        "    print(*[number for number in range(1, 17) if name in Shard(number, 16)])"
    )
    done = subprocess.run([sys.executable, "-X", "utf8", "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["10", "5", "13"]


def test_shards_are_about_the_same_size() -> None:
    names = [f"{number // 100}/{number:05}.jpg" for number in range(16_000)]
    sizes = [sum(name in Shard(number, 16) for name in names) for number in range(1, 17)]
    assert sum(sizes) == 16_000
    assert 900 < min(sizes) < max(sizes) < 1100


@pytest.mark.parametrize("text", ["3/16", "1/1", "16/16"])
def test_a_shard_is_read_from_text(text: str) -> None:
    shard = Shard.parse(text)
    assert f"{shard.number}/{shard.count}" == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0/16", "there is no shard 0/16, only 1/16 to 16/16"),
        ("17/16", "there is no shard 17/16, only 1/16 to 16/16"),
        ("1/0", "the number of shards must be at least 1, not 0"),
        *((text, "a shard is NUMBER/COUNT such as 3/16, not ") for text in ("a/b", "3", "", "3/16/2", "-1/4", " 1/4")),
        # As large a number as Python refuses to read, and digits that are none of ours.
        *(
            (text, "a shard is NUMBER/COUNT such as 3/16, not ")
            for text in ("1/" + "9" * 5000, "٣/٤", "1.0/4", "1/4\n")
        ),
    ],
)
def test_what_is_no_shard_is_told(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Shard.parse(text)


def test_shards_of_a_folder_are_all_of_it_and_stay_where_they_are(tmp_path: Path) -> None:
    def shards(root: Path) -> list[dict[str, str]]:
        return [
            {
                job.source.relative_to(root).as_posix(): job.output.name
                for job in plan([root], out, recursive=True, shard=s)
            }
            for s in (Shard(number, 3) for number in (1, 2, 3))
        ]

    folder, out = tmp_path / "in", tmp_path / "out"
    # Two photos would share the name of their result, wherever they are colorized.
    names = [f"{number % 3}/{number}.jpg" for number in range(20)] + ["a.gif", "a.gif.png"]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"GIF89a")
    before = shards(folder)
    together = {name: result for shard in before for name, result in shard.items()}
    assert sum(map(len, before)) == len(together) == len(names)
    assert together == {
        job.source.relative_to(folder).as_posix(): job.output.name for job in plan([folder], out, recursive=True)
    }
    for number in range(20, 30):
        (folder / f"{number}.jpg").touch()
    for old, new in zip(before, shards(folder), strict=True):
        assert old.items() <= new.items()
    # And wherever the folder lies.
    folder.rename(tmp_path / "elsewhere")
    for old, new in zip(before, shards(tmp_path / "elsewhere"), strict=True):
        assert old.items() <= new.items()


def test_a_shard_may_be_empty(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    found = [len(plan([tmp_path], tmp_path / "out", shard=Shard(number, 16))) for number in range(1, 17)]
    assert sorted(found) == [0] * 15 + [1]
