from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from unetcolor import ModelLoadError, UNetColorizer, list_presets, samples
from unetcolor.metrics import colorfulness, delta_e
from unetcolor.models.keras_file import WEIGHTS
from unetcolor.models.presets import (
    add_preset,
    model_card,
    path_of_model,
    path_of_preset,
    presets_folder,
    remove_preset,
)

FOLDER = path_of_preset("photo").parent


@pytest.fixture(scope="module", params=list_presets())
def preset(request: pytest.FixtureRequest) -> UNetColorizer:
    return UNetColorizer.from_preset(request.param)


@pytest.fixture(scope="module")
def unseen() -> list[np.ndarray]:
    """The photos that ship and are not among the training photos."""
    return [samples.load_photo(name) for name in ("astronaut", "chelsea", "coffee", "rocket")]


def test_all_weights_together_stay_under_24_megabytes() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.keras")) < 24e6
    assert list_presets() == ["photo"]


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (128, 128), (301, 200)])
def test_a_preset_gives_color_to_a_photo_of_any_size(preset: UNetColorizer, size: tuple[int, int]) -> None:
    gray = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    assert preset.predict(gray).shape == (*size, 3)


def test_a_preset_needs_no_training_and_survives_saving(preset: UNetColorizer, tmp_path: Path) -> None:
    assert preset.training["epochs"] > 0
    preset.save(tmp_path / "copy.keras", half_precision=True)
    copy = UNetColorizer.load(tmp_path / "copy.keras")
    gray = samples.load_portraits()[:2, ..., 0]
    # Threads add up in no fixed order.
    np.testing.assert_allclose(copy.predict(gray), preset.predict(gray), atol=1)


@pytest.mark.slow
def test_a_preset_can_be_trained_on() -> None:
    colorizer = UNetColorizer.from_preset("photo")
    epochs = colorizer.training["epochs"]
    colorizer.fit(samples.load_portraits()[:4], epochs=1, sizes=[(1, (64, 64))], verbose=0)
    assert colorizer.training["epochs"] == epochs + 1


def test_unseen_photos_come_out_in_color(preset: UNetColorizer, unseen: list[np.ndarray]) -> None:
    for photo in unseen:
        assert colorfulness(preset.predict(photo)) > 5


def test_the_size_of_a_photo_matters_little(preset: UNetColorizer, unseen: list[np.ndarray]) -> None:
    from unetcolor.images import from_float, resize, to_float

    for photo in unseen:
        large = from_float(resize(to_float(photo), (photo.shape[0] * 3, photo.shape[1] * 3)), np.dtype(np.uint8))
        small = preset.predict(photo)
        shrunk = from_float(resize(to_float(preset.predict(large)), photo.shape[:2]), np.dtype(np.uint8))
        assert delta_e(small, shrunk) < 2


@pytest.mark.parametrize("name", list_presets())
def test_the_model_card_says_what_one_must_know(name: str) -> None:
    card = model_card(name)
    assert card.startswith(f"# Preset `{name}`\n")
    for part in ("## Data", "license", "## Recipe", "seed", "## Scores", "plain gray", "## Limits"):
        assert part in card


def test_an_unknown_preset_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"unknown preset 'portraits'. Did you mean 'portrait'"):
        UNetColorizer.from_preset("portraits")


def test_large_weights_are_stored_in_half_precision() -> None:
    import io
    import zipfile

    import h5py

    for name in list_presets():
        with zipfile.ZipFile(path_of_preset(name)) as archive, h5py.File(io.BytesIO(archive.read(WEIGHTS))) as file:
            kinds: set[str] = set()
            file.visititems(
                lambda _, item, kinds=kinds: kinds.add(item.dtype.name) if getattr(item, "size", 0) > 20_000 else None
            )
        assert kinds == {"float16"}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a user who has added no presets yet."""
    monkeypatch.setenv("UNETCOLOR_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "presets"


@pytest.fixture
def mine(trained: UNetColorizer, tmp_path: Path) -> Path:
    trained.save(tmp_path / "mine.keras")
    return tmp_path / "mine.keras"


def test_a_name_is_the_preset_whatever_lies_in_the_current_directory(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(mine.parent)
    (mine.parent / "photo").mkdir()
    (mine.parent / "portrait").write_text("not a model")
    shutil.copy(mine, "photo.keras")
    assert path_of_model("photo") == path_of_preset("photo")
    # One network is as good on portraits as one trained for them.
    assert path_of_model("portrait") == path_of_preset("portrait") == path_of_preset("photo")
    assert UNetColorizer.load("photo").space.name == UNetColorizer.from_preset("photo").space.name
    # Paths, each in its own way.
    assert path_of_model("photo.keras") == Path("photo.keras")
    assert path_of_model("./photo") == Path("photo")
    assert path_of_model(Path("photo")) == Path("photo")
    assert UNetColorizer.load("photo.keras").model.count_params() == UNetColorizer.load(mine).model.count_params()
    with pytest.raises(ModelLoadError, match="photo"):
        UNetColorizer.load("./photo")


def test_a_misspelled_name_is_told_what_was_meant() -> None:
    with pytest.raises(ModelLoadError, match=r"unknown preset 'phot'. Did you mean 'photo'\?.*phot\.keras"):
        UNetColorizer.load("phot")


def test_an_added_preset_is_used_as_those_that_ship(store: Path, mine: Path, small_portraits: np.ndarray) -> None:
    assert list_presets() == ["photo"]
    assert add_preset(mine, "grandpa") == store / "grandpa.keras"
    assert list_presets() == ["photo", "grandpa"]
    wanted = UNetColorizer.load(mine).predict(small_portraits, verbose=0)
    mine.unlink()
    for colorizer in (UNetColorizer.from_preset("grandpa"), UNetColorizer.load("grandpa")):
        np.testing.assert_array_equal(colorizer.predict(small_portraits, verbose=0), wanted)
    card = model_card("grandpa")
    assert card.startswith("# Preset `grandpa`\n\nColor space 'lab', epochs of training: 2.")
    assert str(mine) in card
    remove_preset("grandpa")
    assert list_presets() == ["photo"]
    assert list(store.iterdir()) == []


def test_a_preset_is_replaced_on_request_only(store: Path, mine: Path) -> None:
    add_preset(mine, "grandpa")
    before = path_of_preset("grandpa").stat().st_ino
    with pytest.raises(ValueError, match="already: use overwrite"):
        add_preset(path_of_preset("photo"), "grandpa")
    assert path_of_preset("grandpa").stat().st_ino == before
    add_preset(path_of_preset("photo"), "grandpa", overwrite=True)
    assert path_of_preset("grandpa").read_bytes() == path_of_preset("photo").read_bytes()
    assert sorted(path.name for path in store.iterdir()) == ["grandpa.keras", "grandpa.md"]


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a.keras", "a b", "-a", "ä", "a\n", "C:x"])
def test_a_name_that_could_be_a_path_is_refused(store: Path, mine: Path, name: str) -> None:
    with pytest.raises(ValueError, match="a preset's name holds letters"):
        add_preset(mine, name)
    assert not store.exists()


def test_presets_that_ship_stay(store: Path, mine: Path) -> None:
    changes = [partial(add_preset, mine, name, overwrite=True) for name in ("photo", "portrait")]
    for change in (*changes, partial(remove_preset, "photo"), partial(remove_preset, "portrait")):
        with pytest.raises(ValueError, match="comes with the package"):
            change()
    store.mkdir(parents=True)
    for name in ("photo", "portrait"):
        shutil.copy(mine, store / f"{name}.keras")
        assert path_of_preset(name).parent == FOLDER
    assert list_presets() == ["photo"]


def test_what_is_no_model_is_not_added(store: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.keras").write_text("hello")
    for path in (tmp_path / "notes.keras", tmp_path / "missing.keras", tmp_path):
        with pytest.raises(ModelLoadError):
            add_preset(path, "notes")
    assert not store.exists()
    with pytest.raises(ValueError, match="unknown preset 'notes'"):
        remove_preset("notes")


def test_what_else_lies_in_the_folder_breaks_nothing(store: Path, mine: Path) -> None:
    add_preset(mine, "grandpa")
    (store / "broken.keras").write_text("hello")
    (store / "not a name.keras").write_text("hello")
    (store / "folder.keras").mkdir()
    (store / "nowhere.keras").symlink_to(store / "absent")
    (store / "notes.txt").write_text("hello")
    (store / "grandpa.md").write_bytes(b"\xff\xfe")
    assert list_presets() == ["photo", "broken", "grandpa"]
    assert model_card("grandpa")
    with pytest.raises(ValueError, match="'broken' has no model card"):
        model_card("broken")
    with pytest.raises(ModelLoadError, match="broken"):
        UNetColorizer.from_preset("broken")
    remove_preset("broken")
    assert list_presets() == ["photo", "grandpa"]


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {"UNETCOLOR_HOME": "/u"}, "/u/presets"),
        ("linux", {"UNETCOLOR_HOME": "", "XDG_DATA_HOME": "/x"}, "/x/unetcolor/presets"),
        ("linux", {}, "/home/me/.local/share/unetcolor/presets"),
        ("darwin", {"XDG_DATA_HOME": "/x"}, "/home/me/Library/Application Support/unetcolor/presets"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/unetcolor/presets"),
    ],
)
def test_the_folder_is_where_the_platform_keeps_user_data(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], folder: str
) -> None:
    for name in ("UNETCOLOR_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"HOME": "/home/me"} | variables).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert presets_folder() == Path(folder)


def test_presets_are_listed_without_keras(store: Path, mine: Path) -> None:
    add_preset(mine, "grandpa")
    script = (
        "import sys; from unetcolor.models.presets import list_presets, model_card; print(list_presets());"
        "model_card('grandpa'); print([n for n in ('keras', 'tensorflow', 'h5py', 'numpy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, env=os.environ)
    assert done.stdout.splitlines() == ["['photo', 'grandpa']", "[]"]
