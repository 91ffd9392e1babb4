"""A model file of a stranger is refused soon, in little memory and in words that can be shown, whatever is in it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from unetcolor import ModelLoadError, UNetColorizer
from unetcolor.models.archive import LARGEST_FILE
from unetcolor.models.keras_file import WEIGHTS
from unetcolor.models.presets import add_preset
from unetcolor.models.record import RECORD

# What is measured is some tenths of a second; other work on the machine may take the rest.
SECONDS = 10
MEGABYTES = 200

# What a terminal takes for commands: colors, a new title, and letters from right to left.
ESCAPES = "\x1b[31m\x1b]0;title\x07\u202e"


Parts = dict[str, bytes]
Attack = Callable[[Parts, Path], None]


def write(path: Path, parts: Parts) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def record(**changes: Any) -> Attack:
    """Change entries of the record; what follows two underscores is the name within an entry."""

    def attack(parts: Parts, path: Path) -> None:
        values = json.loads(parts[RECORD])
        for name, value in changes.items():
            part, _, inner = name.partition("__")
            values = values | {part: values[part] | {inner: value} if inner else value}
        write(path, {**parts, RECORD: json.dumps(values).encode()})

    return attack


def unknown_entry(name: str) -> Attack:
    return lambda parts, path: write(
        path, {**parts, RECORD: json.dumps({**json.loads(parts[RECORD]), name: 1}).encode()}
    )


def raw_record(content: bytes) -> Attack:
    return lambda parts, path: write(path, {**parts, RECORD: content})


def weights(edit: Callable[[h5py.File], None]) -> Attack:
    def attack(parts: Parts, path: Path) -> None:
        buffer = io.BytesIO(parts[WEIGHTS])
        with h5py.File(buffer, "r+") as file:
            edit(file)
        write(path, {**parts, WEIGHTS: buffer.getvalue()})

    return attack


def sparse(size: int, network: dict[str, Any]) -> Attack:
    """Let the weights claim many bytes that are nowhere."""

    def attack(parts: Parts, path: Path) -> None:
        values = json.loads(parts[RECORD])
        values["network"] |= network
        with open(path, "wb") as file:
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr(RECORD, json.dumps(values))
                archive.writestr(WEIGHTS, b"")
            # The directory, moved to the end of a hole, with the size of the hole in it.
            content = bytearray(path.read_bytes() if file.flush() is None else b"")
            start = content.rfind(b"PK\1\2")
            hole = bytearray(content[start:])
            hole[20:28] = size.to_bytes(4, "little") * 2
            end = hole.rfind(b"PK\5\6")
            first = content.find(b"PK\1\2")
            directory = content[first:start] + hole[:end]
            ending = bytearray(hole[end:])
            ending[16:20] = (start + size).to_bytes(4, "little")
            file.seek(start + size)
            file.write(directory + ending)

    return attack


def many_members(parts: Parts, path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        for i in range(60_000):
            archive.writestr(f"{i}", b"")


def huge_file(parts: Parts, path: Path) -> None:
    write(path, parts)
    os.truncate(path, LARGEST_FILE + 1)


def many_groups(file: h5py.File) -> None:
    for i in range(30_000):
        file.create_group(f"layers/{i}")


def deep_groups(file: h5py.File) -> None:
    group = file
    for _ in range(5_000):
        group = group.create_group("g")


def group_in_itself(file: h5py.File) -> None:
    file["layers/again"] = file["layers"]


def array_never_written(file: h5py.File) -> None:
    for name in list(file["layers/conv2d/vars"]):
        shape = file["layers/conv2d/vars"][name].shape
        del file["layers/conv2d/vars"][name]
        file["layers/conv2d/vars"].create_dataset(name, shape, "float32", fillvalue=0.5)


def array_of_many_dimensions(file: h5py.File) -> None:
    del file["layers/conv2d/vars/0"]
    file.create_dataset("layers/conv2d/vars/0", (2,) * 30, "float32")


def large_network_never_written(parts: Parts, path: Path) -> None:
    def edit(file: h5py.File) -> None:
        file.create_dataset("layers/conv2d/vars/9", (90_000_000,), "float32")

    buffer = io.BytesIO(parts[WEIGHTS])
    with h5py.File(buffer, "r+") as file:
        edit(file)
    record(network__filters=[1000, 1000])({**parts, WEIGHTS: buffer.getvalue()}, path)


def device(parts: Parts, path: Path) -> None:
    path.symlink_to("/dev/zero")


def pipe(parts: Parts, path: Path) -> None:
    os.mkfifo(path)


def folder(parts: Parts, path: Path) -> None:
    path.mkdir()


ATTACKS: dict[str, Attack] = {
    "many filters of 0": record(network__filters=[0] * 30_000),
    "many filters of 1": record(network__filters=[1] * 30_000),
    "stages without end": record(network__filters=[1] * 16, network__convolutions=16),
    "many stages that may be": record(network__filters=[1] * 10, network__convolutions=8),
    "wide stages": record(network__filters=[10**9, 10**9]),
    "a wide stage, no weights": record(network__filters=[4096], network__convolutions=1),
    "filters of a number of digits": record(network__filters=[10**4000]),
    "convolutions": record(network__convolutions=10**18),
    "convolutions of none": record(network__convolutions=0),
    "a stride": record(network__head_stride=2**40),
    "dropout that is no number": record(network__dropout=float("nan")),
    "endless momentum": record(network__momentum=float("inf")),
    "a long encoder": record(network__encoder="e" * 90_000),
    "an encoder that steers the terminal": record(network__encoder=ESCAPES),
    "a line of pixels": record(image_size=[1, 200_000_000]),
    "a large square": record(image_size=[14_000, 14_000]),
    "a large square of wide maps": record(image_size=[2048, 2048], network__filters=[4096, 1]),
    "no pixels": record(image_size=[0, 10]),
    "negative pixels": record(image_size=[-10, -10]),
    "pixels of truth": record(image_size=[True, True]),
    "pixels of fractions": record(image_size=[10.5, 10]),
    "epochs": record(training__epochs=10**18),
    "negative epochs": record(training__epochs=-5),
    "pictures": record(training__pictures=10**30),
    "a seed": record(training__seed=10**40),
    "a long loss": record(training__loss="l" * 90_000),
    "many figures": record(training__final={str(i): 0.5 for i in range(5000)}),
    "a long figure": record(training__final={"f" * 50_000: 0.5}),
    "a list of figures": record(training__final={"loss": [0.5] * 1000}),
    "a long version": record(unetcolor="1" * 90_000),
    "a long package": record(provider={"package": "p" * 90_000, "version": "1"}),
    "an unknown space, long": record(space={"name": "s" * 90_000}),
    "an unknown space that steers the terminal": record(space={"name": ESCAPES}),
    "a space with long options": record(space={"name": "lab", "o" * 90_000: 1}),
    "a space with many options": record(space={"name": "lab", **{f"o{i}": i for i in range(5000)}}),
    "a space of another kind": record(space={"name": ["lab"]}),
    "a long entry": unknown_entry("e" * 90_000),
    "an entry that steers the terminal": unknown_entry(ESCAPES),
    "a record of 900 kB": raw_record(b'{"format": "' + b"x" * 900_000 + b'"}'),
    "a format that is long": raw_record(b'{"format": "' + b"x" * 90_000 + b'"}'),
    "a format that steers the terminal": raw_record(json.dumps({"format": ESCAPES}).encode()),
    "brackets": raw_record(b"[" * 90_000),
    "braces": raw_record(b'{"a":' * 15_000),
    "a number of many digits": raw_record(b'{"format": ' + b"9" * 90_000 + b"}"),
    "no text": raw_record(b"\xff\xfe\x00" * 1000),
    "null": raw_record(b"null"),
    "nothing": raw_record(b""),
    "a hole of weights": sparse(1_000_000_000, {"filters": [4000, 1000]}),
    "a hole of weights that may be": sparse(900_000_000, {"filters": [2000, 2000], "convolutions": 1}),
    "a hole of weights for a small network": sparse(1_500_000_000, {}),
    "weights never written, large": large_network_never_written,
    "weights never written": weights(array_never_written),
    "an array of many dimensions": weights(array_of_many_dimensions),
    "groups": weights(many_groups),
    "groups within groups": weights(deep_groups),
    "a group within itself": weights(group_in_itself),
    "members": many_members,
    "a file of gigabytes": huge_file,
    "a folder": folder,
}
if sys.platform != "win32":
    ATTACKS |= {"a pipe": pipe, "a device": device}

# Loads all in one process, which has loaded a good one before, and tells of each how it ended.
LOAD = r"""
import json, re, sys, time
from unetcolor import UNetColorizer

def peak():
    return int(re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read())[1]) / 1024

UNetColorizer.load(sys.argv[1])
for path in sys.argv[2:]:
    try:
        open("/proc/self/clear_refs", "w").write("5")
    except OSError:
        pass
    before, start = peak(), time.monotonic()
    try:
        UNetColorizer.load(path)
        end = ["loaded", ""]
    except Exception as error:
        end = [type(error).__name__, str(error)]
    print(json.dumps([*end, time.monotonic() - start, peak() - before]), flush=True)
"""


@pytest.fixture(scope="module")
def parts(trained: UNetColorizer, tmp_path_factory: pytest.TempPathFactory) -> Parts:
    path = tmp_path_factory.mktemp("good") / "good.keras"
    trained.save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of memory")
def test_every_hostile_file_is_refused_soon_and_in_little_memory(parts: Parts, tmp_path: Path) -> None:
    good = tmp_path / "good.keras"
    write(good, parts)
    paths = [tmp_path / f"{i}.keras" for i in range(len(ATTACKS))]
    for attack, path in zip(ATTACKS.values(), paths, strict=True):
        attack(parts, path)
    done = subprocess.run(
        [sys.executable, "-c", LOAD, good, *paths], capture_output=True, text=True, timeout=SECONDS * len(ATTACKS)
    )
    ends = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(ends) == len(ATTACKS), f"{list(ATTACKS)[len(ends)]} ended the process: {done.stderr[-2000:]}"
    for name, path, (kind, message, seconds, megabytes) in zip(ATTACKS, paths, ends, strict=True):
        assert kind == "ModelLoadError", f"{name}: {kind}: {message}"
        assert str(path) in message, name
        assert message.isprintable(), name
        assert len(message) < 1200, name
        assert seconds < SECONDS, name
        assert megabytes < MEGABYTES, name


def test_what_a_good_file_says_cannot_steer_the_terminal(parts: Parts, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    final = {f"loss{ESCAPES}": 0.5}
    record(training__loss=f"mae{ESCAPES}", training__final=final, unetcolor=f"1{ESCAPES}")(parts, path)
    training = UNetColorizer.load(path).training
    assert training["loss"] == "mae?[31m?]0;title??"
    assert all(name.isprintable() for name in training["final"])


def test_a_preset_is_not_made_of_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNETCOLOR_HOME", str(tmp_path / "home"))
    (tmp_path / "model.keras").symlink_to("/dev/zero")
    with pytest.raises(ModelLoadError, match="no ordinary file"):
        add_preset(tmp_path / "model.keras", "mine")


def test_a_flipped_bit_anywhere_in_the_weights_is_noticed(parts: Parts, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    write(path, parts)
    content = path.read_bytes()
    start = content.index(parts[WEIGHTS])
    for place in np.linspace(start, start + len(parts[WEIGHTS]) - 1, 20).astype(int):
        flipped = bytearray(content)
        flipped[place] ^= 1
        path.write_bytes(flipped)
        with pytest.raises(ModelLoadError, match="the weights"):
            UNetColorizer.load(path)
