from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import unetcolor
from unetcolor import Channel, ColorSpace, get_color_space, list_color_spaces, register_color_space
from unetcolor.errors import ColorSpaceError
from unetcolor.spaces import registry
from unetcolor.spaces.lab import Lab
from unetcolor.spaces.rgb import RGB
from unetcolor.spaces.ycbcr import YCbCr

BUILT_IN = ["rgb", "lab", "luv", "oklab", "ycbcr", "hsv", "lab_bins"]


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget after each test what it registered."""
    monkeypatch.setattr(registry, "_REGISTERED", {})


class Own(Lab):
    name = "own"


class OtherOwn(YCbCr):
    name = "own"


class OwnLab(Lab):
    """Takes the name of a built-in space."""


def test_the_built_in_spaces_are_listed_first() -> None:
    register_color_space(Own)
    assert list_color_spaces()[:8] == [*BUILT_IN, "own"]


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_space_is_found_by_name_config_class_and_instance(name: str) -> None:
    space = get_color_space(name)
    assert space.name == name
    assert get_color_space({"name": name}) == space
    assert get_color_space(type(space)) == space
    assert get_color_space(space) is space


def test_a_config_holds_the_arguments_of_the_constructor() -> None:
    raw = get_color_space({"name": "rgb", "keep_luminance": False})
    assert raw == RGB(keep_luminance=False)
    assert raw != RGB()
    assert raw.get_config() == {"name": "rgb", "keep_luminance": False}
    assert hash(raw) == hash(RGB(keep_luminance=False))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("labb", "unknown color space 'labb'. Did you mean 'lab'? Available: rgb, lab, luv, oklab, ycbcr, hsv"),
        ("zzzzz", "unknown color space 'zzzzz'. Available: rgb, lab"),
        ({"name": "labb"}, "Did you mean 'lab'?"),
        (
            {"keep_luminance": True},
            "a color space is a name, a config with a 'name', a ColorSpace class or an instance",
        ),
        (7, "got 7"),
        (int, "got <class 'int'>"),
        (ColorSpace, "color space ColorSpace cannot be built"),
        ({"name": "lab", "white": "D50"}, "color space Lab cannot be built with {'white': 'D50'}"),
    ],
)
def test_what_is_no_space_says_what_is(given: Any, message: str) -> None:
    with pytest.raises(ColorSpaceError) as caught:
        get_color_space(given)
    assert message in str(caught.value)


def test_a_registered_space_is_found_and_suggested() -> None:
    assert register_color_space(Own) is Own
    assert type(get_color_space("own")) is Own
    with pytest.raises(ColorSpaceError, match="Did you mean 'own'"):
        get_color_space("ownn")


def test_registering_is_also_a_decorator() -> None:
    assert register_color_space()(Own) is Own
    assert register_color_space(overwrite=True)(OtherOwn) is OtherOwn
    assert type(get_color_space("own")) is OtherOwn


def test_a_name_is_taken_once() -> None:
    register_color_space(Own)
    # The same class again is no conflict: a notebook's cell runs twice.
    register_color_space(Own)
    for taken in (OtherOwn, OwnLab):
        with pytest.raises(ColorSpaceError, match=f"{taken.name!r} exists already; pass overwrite=True to replace it"):
            register_color_space(taken)
    assert type(get_color_space("own")) is Own


def test_a_built_in_space_can_be_replaced_on_purpose() -> None:
    register_color_space(OwnLab, overwrite=True)
    assert type(get_color_space("lab")) is OwnLab
    assert list_color_spaces()[:7] == BUILT_IN


@pytest.mark.parametrize("given", [ColorSpace, int, "lab", Lab()])
def test_only_classes_of_spaces_can_be_registered(given: Any) -> None:
    with pytest.raises(ColorSpaceError, match="register a class that derives from ColorSpace"):
        register_color_space(given)


def declare(**attributes: Any) -> type[ColorSpace]:
    """Define a complete color space, but for the attributes given; None leaves one out."""
    whole = {
        "name": "declared",
        "luminance": Channel("Y", 0.0, 1.0),
        "targets": (Channel("Cb", -0.5, 0.5),),
        "encode": YCbCr.encode,
        "decode": YCbCr.decode,
    }
    return type("Declared", (ColorSpace,), {k: v for k, v in (whole | attributes).items() if v is not None})


def test_a_complete_declaration_is_accepted() -> None:
    assert get_color_space(declare()).output_channels == 1


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"name": None}, "color space class Declared does not declare name"),
        ({"luminance": None, "targets": None}, "does not declare luminance, targets"),
        ({"name": "My Lab"}, "name must be a lower-case identifier such as 'lab', not 'My Lab'"),
        ({"name": "Lab"}, "not 'Lab'"),
        ({"name": 7}, "not 7"),
        ({"luminance": "L*"}, "luminance must be a Channel, not 'L*'"),
        ({"targets": ()}, "targets must be a non-empty tuple of Channel, not ()"),
        ({"targets": [Channel("Cb", -0.5, 0.5)]}, "targets must be a non-empty tuple of Channel"),
        ({"targets": Channel("Cb", -0.5, 0.5)}, "targets must be a non-empty tuple of Channel"),
        ({"normalize": YCbCr.encode}, "Declared overrides normalize, which is final"),
    ],
)
def test_a_bad_declaration_is_an_error_when_the_class_is_defined(attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(ColorSpaceError) as caught:
        declare(**attributes)
    assert message in str(caught.value)


@pytest.mark.parametrize("method", ["encode", "decode"])
def test_a_class_without_encode_or_decode_stays_abstract(method: str) -> None:
    unfinished = declare(**{method: None})
    with pytest.raises(ColorSpaceError, match="cannot be built"):
        get_color_space(unfinished)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Channel("", 0, 1), "a channel's name must be a non-empty string, not ''"),
        (lambda: Channel("L*", 1, 1), "channel 'L*': low must be below high, both finite; got 1 and 1"),
        (lambda: Channel("L*", 0, float("inf")), "got 0 and inf"),
    ],
)
def test_a_channel_has_a_name_and_a_range(make: Callable[[], Channel], message: str) -> None:
    with pytest.raises(ColorSpaceError) as caught:
        make()
    assert message in str(caught.value)


def test_the_provider_is_the_distribution() -> None:
    assert registry.provider_of(get_color_space("lab")) == ("unetcolor", unetcolor.__version__)
    script = type("Script", (Lab,), {"name": "script", "__module__": "__main__"})
    assert registry.provider_of(script()) == ("", "")


# Plug-ins: real entry points, of distributions that consist of a module and their metadata. Each test has a
# process of its own, because the entry points are read once.

GOOD = """
from unetcolor.spaces.lab import Lab

class {cls}(Lab):
    name = "{name}"
"""


class Plugins:
    """A folder of installed plug-ins, and a Python that finds them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        monkeypatch.setenv("PYTHONPATH", str(folder))

    def install(self, distribution: str, entry_point: str, source: str) -> None:
        module = entry_point.partition("=")[2].partition(":")[0].strip()
        (self._folder / f"{module}.py").write_text(source)
        metadata = self._folder / f"{module}-1.2.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
        (metadata / "entry_points.txt").write_text(f"[unetcolor.color_spaces]\n{entry_point}\n")

    def run(self, script: str) -> list[str]:
        """Run a script in a fresh process and return the lines it prints."""
        # "always": a warning is to be seen every time, and on stdout, among what the script prints.
        prelude = (
            "import sys, warnings\n"
            "warnings.simplefilter('always')\n"
            "warnings.showwarning = lambda message, *_: print('warning:', message)\n"
            "from unetcolor.spaces import *\n"
            "from unetcolor.spaces.registry import provider_of\n"
            "from unetcolor.errors import ColorSpaceError\n"
        )
        done = subprocess.run([sys.executable, "-c", prelude + script], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plugins:
    return Plugins(tmp_path, monkeypatch)


def test_a_plugin_is_listed_found_and_known_as_provider(plugins: Plugins) -> None:
    plugins.install("my-plugin", "mine = my_plugin:Mine", GOOD.format(cls="Mine", name="mine"))
    assert plugins.run(
        "get_color_space('lab'); print('my_plugin' in sys.modules)\n"
        "print(list_color_spaces()[-1], get_color_space('mine'), *provider_of(get_color_space('mine')))"
    ) == ["False", "mine Mine() my-plugin 1.2"]


def test_a_plugin_may_register_its_class_itself(plugins: Plugins) -> None:
    source = GOOD.format(cls="Mine", name="mine") + "\nfrom unetcolor import register_color_space\n"
    plugins.install("my-plugin", "mine = my_plugin:Mine", source + "register_color_space(Mine)\n")
    assert plugins.run("print(list_color_spaces().count('mine'), *provider_of(get_color_space('mine')))") == [
        "1 my-plugin 1.2"
    ]


def test_a_plugin_that_fails_to_import_breaks_nobody_else(plugins: Plugins) -> None:
    plugins.install("my-plugin", "mine = my_plugin:Mine", GOOD.format(cls="Mine", name="mine"))
    plugins.install("bad-plugin", "bad = bad_plugin:Bad", "raise OSError('no such library')")
    warning, listed, found, provider, raised = plugins.run(
        "print(*list_color_spaces())\n"
        "print(get_color_space('lab'), get_color_space('mine'))\n"
        "own = type('Own', (type(get_color_space('lab')),), {'name': 'bad', '__module__': '__main__'})\n"
        "print(provider_of(register_color_space(own, overwrite=True)()))\n"
        "from unetcolor.spaces import registry; registry._REGISTERED.clear()\n"
        "try: get_color_space('bad')\n"
        "except ColorSpaceError as error: print(error, repr(error.__cause__))"
    )
    expected = "the plug-in 'bad_plugin:Bad' for the color space 'bad' failed to import"
    assert warning == f"warning: {expected} (OSError('no such library'))"
    assert listed.endswith("lab_bins mine")
    assert found == "Lab() Mine()"
    assert provider == "Provider(package='', version='')"
    assert raised == f"{expected} OSError('no such library')"


def test_a_plugin_that_is_no_space_of_that_name_says_so(plugins: Plugins) -> None:
    plugins.install("odd-plugin", "odd = odd_plugin:Odd", GOOD.format(cls="Odd", name="even"))
    plugins.install("number-plugin", "number = number_plugin:n", "n = 7")
    assert plugins.run("list_color_spaces()") == [
        "warning: the plug-in 'number_plugin:n' for the color space 'number' must be a ColorSpace class of that name, "
        "not 7",
        "warning: the plug-in 'odd_plugin:Odd' for the color space 'odd' must be a ColorSpace class of that name, "
        "not <class 'odd_plugin.Odd'>",
    ]


def test_of_two_plugins_of_one_name_the_first_in_the_alphabet_is_used(plugins: Plugins) -> None:
    # Installed in the other order, and on the other side of the alphabet as modules.
    plugins.install("z-plugin", "mine = a_module:Theirs", GOOD.format(cls="Theirs", name="mine"))
    plugins.install("a-plugin", "mine = z_module:Ours", GOOD.format(cls="Ours", name="mine"))
    warning, found = plugins.run("print(get_color_space('mine'))")
    assert found == "Ours()"
    assert warning == (
        "warning: two plug-ins provide the color space 'mine': z_module:Ours is used, not a_module:Theirs"
    )


def test_a_plugin_takes_no_name_of_a_built_in_space(plugins: Plugins) -> None:
    plugins.install("lab-plugin", "lab = lab_plugin:Mine", "raise OSError")
    assert plugins.run("print(list_color_spaces().count('lab'), *provider_of(get_color_space('lab')))") == [
        f"1 unetcolor {unetcolor.__version__}"
    ]


def test_a_plugin_whose_class_declares_no_name_breaks_nobody(plugins: Plugins) -> None:
    source = "from unetcolor import ColorSpace\n\nclass Bare(ColorSpace):\n    pass\n"
    plugins.install("bare-plugin", "bare = bare_plugin:Bare", source)
    warning, listed = plugins.run("print(list_color_spaces()[-1])")
    assert warning.endswith("must be a ColorSpace class of that name, not <class 'bare_plugin.Bare'>")
    assert listed == "lab_bins"


def test_a_subclass_must_not_go_by_the_name_of_its_parent() -> None:
    class Mine(Lab):
        pass

    for given in (Mine, Mine()):
        with pytest.raises(ColorSpaceError, match="Mine has the name 'lab' of Lab: give it one of its own"):
            get_color_space(given)
