from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from unetcolor import ModelLoadError, UNetColorizer
from unetcolor.models.keras_file import WEIGHTS, read_record
from unetcolor.models.record import RECORD
from unetcolor.spaces.rgb import RGB


@pytest.fixture(scope="module")
def saved(trained: UNetColorizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "model.keras"
    trained.save(path)
    return path


def rewrite(source: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """Copy a model file with some members changed, or left out where the change returns None."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


def with_record(saved: Path, target: Path, **changes: object) -> Path:
    def change(name: str, content: bytes) -> bytes:
        return json.dumps({**json.loads(content), **changes}).encode() if name == RECORD else content

    return rewrite(saved, target, change)


def with_weights(saved: Path, target: Path, edit: Callable[[h5py.File], None]) -> Path:
    def change(name: str, content: bytes) -> bytes:
        if name != WEIGHTS:
            return content
        buffer = io.BytesIO(content)
        with h5py.File(buffer, "r+") as file:
            edit(file)
        return buffer.getvalue()

    return rewrite(saved, target, change)


def test_a_loaded_colorizer_predicts_the_same_to_the_bit(
    saved: Path, trained: UNetColorizer, small_portraits: np.ndarray
) -> None:
    loaded = UNetColorizer.load(saved)
    np.testing.assert_array_equal(loaded.predict(small_portraits), trained.predict(small_portraits))
    assert loaded.space == trained.space
    assert loaded.image_size == trained.image_size == (25, 19)
    assert loaded.training == trained.training
    assert loaded.training["epochs"] == 2


def test_a_loaded_colorizer_can_be_trained_further(saved: Path, small_portraits: np.ndarray) -> None:
    loaded = UNetColorizer.load(saved)
    loaded.fit(small_portraits, epochs=1, verbose=0)
    assert loaded.training["epochs"] == 3


def test_plain_keras_opens_the_file_without_unetcolor(saved: Path, trained: UNetColorizer, tmp_path: Path) -> None:
    luminance = np.random.default_rng(0).random((2, 11, 13, 1), dtype=np.float32)
    np.save(tmp_path / "input.npy", luminance)
    script = """
import sys, keras, numpy as np
model = keras.saving.load_model(sys.argv[1])
np.save(sys.argv[3], model.predict_on_batch(np.load(sys.argv[2])))
assert not any(name.partition('.')[0] == 'unetcolor' for name in sys.modules)
"""
    arguments = [str(saved), str(tmp_path / "input.npy"), str(tmp_path / "output.npy")]
    subprocess.run([sys.executable, "-c", script, *arguments], check=True, capture_output=True)
    np.testing.assert_allclose(
        np.load(tmp_path / "output.npy"), trained.model.predict_on_batch(luminance), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 99}, "reads model format 1, not 99"),
        ({"surprise": 1}, "missing or unknown entries: surprise"),
        ({"image_size": [0, 5]}, "image_size must be at least 1, not 0"),
        ({"image_size": [65535, 65535]}, "image_size must have at most 4,194,304 pixels"),
        ({"image_size": "big"}, "image_size must be list, not 'big'"),
        ({"training": {}}, "training has missing or unknown entries: augment, batch_size"),
        ({"space": {"name": "nowhere"}}, "'nowhere': pip install unetcolor"),
        ({"space": {"name": "lab", "evil": 1}}, "color space"),
        ({"space": {"name": "rgb"}}, "must be an array of shape"),
        ({"provider": {"package": 1, "version": ""}}, "provider: package must be str, not 1"),
        ({"network": {}}, "missing or unknown entries: convolutions"),
    ],
)
def test_a_record_outside_the_schema_is_refused(
    saved: Path, tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    path = with_record(saved, tmp_path / "bad.keras", **changes)
    with pytest.raises(ModelLoadError, match=message):
        UNetColorizer.load(path)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("filters", [4000, 4000], "at most 100,000,000 weights"),
        ("filters", [1000, 1000], "larger than the file"),
        ("filters", [4, -1], "filters must be 1 to 10 whole numbers from 1"),
        ("filters", [4, 8.0], "filters must be 1 to 10 whole numbers from 1"),
        ("filters", 4, "filters must be list, not 4"),
        ("convolutions", 10**9, "convolutions must be at most 8"),
        ("filters", [], "filters must be 1 to 10 whole numbers from 1"),
        ("filters", [1] * 300, "filters must be 1 to 10 whole numbers from 1"),
        ("convolutions", True, "convolutions must be int, not True"),
        ("dropout", 2.0, "dropout"),
        ("upsampling", "os.system", "upsampling must be one of"),
    ],
)
def test_a_network_outside_the_schema_is_refused(
    saved: Path, tmp_path: Path, option: str, value: object, message: str
) -> None:
    network = {**read_record(saved).network.to_json(), option: value}
    path = with_record(saved, tmp_path / "bad.keras", network=network)
    with pytest.raises(ModelLoadError, match=message):
        UNetColorizer.load(path)


NAME = "layers/conv2d/vars/0"


def replace_by_other_shape(file: h5py.File) -> None:
    del file[NAME]
    file[NAME] = np.zeros((3, 3, 1, 5), dtype=np.float32)


def replace_by_other_dtype(file: h5py.File) -> None:
    values = file[NAME][()]
    del file[NAME]
    file[NAME] = values.astype(np.float64)


def replace_by_soft_link(file: h5py.File) -> None:
    del file[NAME]
    file[NAME] = h5py.SoftLink("/layers/batch_normalization/vars/0")


def replace_by_external_link(file: h5py.File) -> None:
    del file[NAME]
    file[NAME] = h5py.ExternalLink("/etc/hostname", "/x")


def replace_by_compressed(file: h5py.File) -> None:
    values = file[NAME][()]
    del file[NAME]
    file.create_dataset(NAME, data=values, compression="gzip")


def replace_by_external_storage(file: h5py.File) -> None:
    shape = file[NAME].shape
    del file[NAME]
    file.create_dataset(NAME, shape, np.float32, external=[("/etc/hostname", 0, h5py.h5f.UNLIMITED)])


def replace_by_virtual_data(file: h5py.File) -> None:
    shape = file[NAME].shape
    del file[NAME]
    layout = h5py.VirtualLayout(shape, np.float32)
    layout[...] = h5py.VirtualSource("/tmp/elsewhere.h5", "x", shape)
    file.create_virtual_dataset(NAME, layout)


def replace_by_nan(file: h5py.File) -> None:
    file[NAME][...] = np.nan


@pytest.mark.parametrize(
    "edit",
    [
        replace_by_virtual_data,
        replace_by_nan,
        replace_by_other_shape,
        replace_by_other_dtype,
        replace_by_soft_link,
        replace_by_external_link,
        replace_by_compressed,
        replace_by_external_storage,
    ],
)
def test_weights_that_are_not_plain_arrays_of_this_network_are_refused(
    saved: Path, tmp_path: Path, edit: Callable[[h5py.File], None]
) -> None:
    path = with_weights(saved, tmp_path / "bad.keras", edit)
    with pytest.raises(ModelLoadError, match=NAME):
        UNetColorizer.load(path)


def test_other_arrays_beside_the_networks_are_refused(saved: Path, tmp_path: Path) -> None:
    def add(file: h5py.File) -> None:
        file["layers/conv2d/vars/7"] = np.zeros(3)

    with pytest.raises(ModelLoadError, match="layers/conv2d/vars/7, which this network has not"):
        UNetColorizer.load(with_weights(saved, tmp_path / "bad.keras", add))


@pytest.mark.parametrize("member", [RECORD, WEIGHTS])
def test_a_member_that_could_swell_is_refused(saved: Path, tmp_path: Path, member: str) -> None:
    compressed, large = tmp_path / "compressed.keras", tmp_path / "large.keras"
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(compressed, "w") as one, zipfile.ZipFile(large, "w") as two:
        for name in old.namelist():
            one.writestr(name, old.read(name), zipfile.ZIP_DEFLATED if name == member else zipfile.ZIP_STORED)
            two.writestr(name, old.read(name) + bytes(6_000_000 if name == member else 0))
    for path in (compressed, large):
        with pytest.raises(ModelLoadError, match=f"{member} is larger than it can be"):
            UNetColorizer.load(path)


def test_nested_brackets_are_no_record(saved: Path, tmp_path: Path) -> None:
    nested = rewrite(saved, tmp_path / "bad.keras", lambda name, old: b"[" * 100_000 if name == RECORD else old)
    with pytest.raises(ModelLoadError, match="damaged"):
        UNetColorizer.load(nested)


def test_a_space_of_another_origin_is_refused(saved: Path, tmp_path: Path) -> None:
    path = with_record(saved, tmp_path / "bad.keras", provider={"package": "", "version": ""})
    with pytest.raises(ModelLoadError, match="'lab' of a script, which here is one of unetcolor"):
        UNetColorizer.load(path)
    spelled = with_record(saved, tmp_path / "good.keras", provider={"package": "UNetColor", "version": "0"})
    UNetColorizer.load(spelled)


def test_a_loss_of_ones_own_does_not_keep_plain_keras_from_opening_the_file(
    small_portraits: np.ndarray, tmp_path: Path
) -> None:
    colorizer = UNetColorizer("lab", filters=(2, 4))
    colorizer.fit(small_portraits, epochs=1, verbose=0, loss=lambda truth, predicted: abs(truth - predicted))
    colorizer.save(tmp_path / "model.keras")
    keras.saving.load_model(tmp_path / "model.keras")


def test_numbers_of_any_kind_are_saved(small_portraits: np.ndarray, tmp_path: Path) -> None:
    colorizer = UNetColorizer(
        RGB(np.False_),
        filters=np.array([2, 4]),
        dropout=np.float32(0.5),
        skip_connections=1,
        seed=np.int64(1),
        image_size=[25, 19],
    )
    colorizer.fit(small_portraits, epochs=1, batch_size=np.int64(4), augment=np.True_, verbose=0)
    colorizer.save(tmp_path / "model.keras")
    loaded = UNetColorizer.load(tmp_path / "model.keras")
    assert loaded.space == RGB(keep_luminance=False)
    assert loaded.training == colorizer.training


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_a_network_of_mixed_precision_is_saved_and_loads_without(
    policy: str, small_portraits: np.ndarray, tmp_path: Path
) -> None:
    keras.config.set_dtype_policy(policy)
    try:
        colorizer = UNetColorizer("lab", filters=(2, 4), seed=1)
        assert colorizer.model.output.dtype == "float32"
        colorizer.fit(small_portraits, epochs=1, verbose=0)
        colorizer.save(tmp_path / "model.keras")
    finally:
        keras.config.set_dtype_policy("float32")
    loaded = UNetColorizer.load(tmp_path / "model.keras")
    difference = loaded.predict(small_portraits).astype(int) - colorizer.predict(small_portraits)
    assert np.abs(difference).mean() < 2


def test_weights_in_half_precision_are_refused_before_training() -> None:
    keras.config.set_dtype_policy("bfloat16")
    try:
        with pytest.raises(ValueError, match="weights are kept in float32, not bfloat16"):
            UNetColorizer("lab")
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("member", [RECORD, WEIGHTS])
def test_a_missing_or_damaged_member_is_named(saved: Path, tmp_path: Path, member: str) -> None:
    missing = rewrite(saved, tmp_path / "missing.keras", lambda name, content: None if name == member else content)
    with pytest.raises(ModelLoadError, match=f"no {member}"):
        UNetColorizer.load(missing)
    damaged = rewrite(
        saved, tmp_path / "damaged.keras", lambda name, content: b"{nonsense" if name == member else content
    )
    with pytest.raises(ModelLoadError, match="damaged"):
        UNetColorizer.load(damaged)


def test_cut_and_mutated_files_are_refused_or_load_but_never_crash(saved: Path, tmp_path: Path) -> None:
    content = saved.read_bytes()
    rng = np.random.default_rng(0)
    path = tmp_path / "mutated.keras"
    loaded = 0
    for i in range(60):
        changed = bytearray(content)
        if i % 2:
            changed = changed[: rng.integers(len(changed))]
        else:
            for position in rng.integers(len(changed), size=20):
                changed[position] = rng.integers(256)
        path.write_bytes(changed)
        with contextlib.suppress(ModelLoadError):
            UNetColorizer.load(path)
            loaded += 1
    # A changed byte within the weights cannot be told from another weight.
    assert loaded <= 30


def test_what_is_no_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match="no such file"):
        UNetColorizer.load(tmp_path / "absent.keras")
    (tmp_path / "text.keras").write_text("hello")
    with pytest.raises(ModelLoadError, match=r"not a readable \.keras file"):
        UNetColorizer.load(tmp_path / "text.keras")
    with pytest.raises(ModelLoadError, match=r"not a readable \.keras file"):
        UNetColorizer.load(tmp_path)


def test_a_failed_save_leaves_the_old_file_and_nothing_else(
    trained: UNetColorizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.keras"
    trained.save(path)
    before = path.read_bytes()

    def full_disk(descriptor: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        trained.save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.keras"]


def test_a_saved_file_has_the_usual_permissions(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    assert saved.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_is_followed(trained: UNetColorizer, tmp_path: Path) -> None:
    target, link = tmp_path / "target.keras", tmp_path / "link.keras"
    trained.save(target)
    target.chmod(0o600)
    written = target.stat().st_mtime_ns
    link.symlink_to(target)
    trained.save(link)
    assert link.is_symlink()
    assert target.stat().st_mtime_ns > written
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_link_may_point_to_a_file_of_any_name(trained: UNetColorizer, tmp_path: Path) -> None:
    (tmp_path / "link.keras").symlink_to(tmp_path / "blob")
    trained.save(tmp_path / "link.keras")
    assert UNetColorizer.load(tmp_path / "link.keras").training == trained.training
    assert sorted(os.listdir(tmp_path)) == ["blob", "link.keras"]


def test_a_diverged_network_does_not_replace_a_good_file(small_portraits: np.ndarray, tmp_path: Path) -> None:
    colorizer = UNetColorizer("lab", filters=(2, 4))
    colorizer.fit(small_portraits, epochs=1, verbose=0)
    colorizer.save(tmp_path / "model.keras")
    colorizer.model.set_weights([np.full_like(w, np.nan) for w in colorizer.model.get_weights()])
    with pytest.raises(ValueError, match="its training diverged; nothing was written"):
        colorizer.save(tmp_path / "model.keras")
    UNetColorizer.load(tmp_path / "model.keras")


def test_other_suffixes_are_refused(trained: UNetColorizer, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends in \.keras"):
        trained.save(tmp_path / "model.h5")


def test_half_precision_halves_the_file_and_hardly_changes_the_picture(
    small_portraits: np.ndarray, tmp_path: Path
) -> None:
    colorizer = UNetColorizer("lab", filters=(16, 32, 64, 128), momentum=0.5, seed=1)
    colorizer.fit(small_portraits, epochs=3, verbose=0)
    colorizer.save(tmp_path / "full.keras")
    colorizer.save(tmp_path / "half.keras", half_precision=True)
    full, half = (np.sum([values.nbytes for values in arrays_of(tmp_path / f"{n}.keras")]) for n in ("full", "half"))
    assert half < 0.6 * full
    loaded = UNetColorizer.load(tmp_path / "half.keras")
    exact, halved = (c.predict(small_portraits, precision="float32").astype(int) for c in (colorizer, loaded))
    assert np.percentile(np.abs(halved - exact), 99) <= 1
    plain = keras.saving.load_model(tmp_path / "half.keras")
    inputs = np.random.default_rng(0).random((1, 25, 19, 1), dtype=np.float32)
    np.testing.assert_array_equal(plain.predict_on_batch(inputs), loaded.model.predict_on_batch(inputs))


def arrays_of(path: Path) -> list[np.ndarray]:
    found: list[np.ndarray] = []
    with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read(WEIGHTS))) as file:
        file.visititems(
            lambda name, item: (
                found.append(item[()]) if isinstance(item, h5py.Dataset) and item.dtype.kind == "f" else None
            )
        )
    return found


def test_weights_too_large_for_half_precision_are_refused(small_portraits: np.ndarray, tmp_path: Path) -> None:
    colorizer = UNetColorizer("lab", filters=(4, 64), seed=1)
    colorizer.fit(small_portraits, epochs=1, verbose=0)
    kernel = colorizer.model.get_layer("bottom_conv1").kernel
    kernel.assign(kernel + 1e5)
    with pytest.raises(ValueError, match="too large for float16"):
        colorizer.save(tmp_path / "half.keras", half_precision=True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_declares_a_network_larger_than_itself_is_refused(saved: Path, tmp_path: Path) -> None:
    network = json.loads(record_of(saved))["network"]
    for filters in ([3000, 1], [1, 3000]):
        huge = with_record(saved, tmp_path / "huge.keras", network=network | {"filters": filters, "convolutions": 1})
        with pytest.raises(ModelLoadError, match="larger than the file"):
            UNetColorizer.load(huge)


def test_a_file_from_before_there_were_encoders_loads(saved: Path, trained: UNetColorizer, tmp_path: Path) -> None:
    network = {k: v for k, v in json.loads(record_of(saved))["network"].items() if k not in ("encoder", "head_stride")}
    old = with_record(saved, tmp_path / "old.keras", network=network)
    gray = np.full((20, 30), 100, np.uint8)
    np.testing.assert_array_equal(UNetColorizer.load(old).predict(gray), trained.predict(gray))


def record_of(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(RECORD)
