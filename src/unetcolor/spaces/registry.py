"""The registry of color spaces: built-in, registered in this process, or provided by installed plug-ins.

A plug-in is a package with an entry point in the group ``unetcolor.color_spaces``. The name of the entry point is the
space's name, and its value is the class.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points, packages_distributions
from typing import Any, NamedTuple, TypeVar, overload

from unetcolor.errors import ColorSpaceError, unknown_name
from unetcolor.spaces.base import ColorSpace
from unetcolor.spaces.hsv import HSV
from unetcolor.spaces.lab import Lab
from unetcolor.spaces.lab_bins import LabBins
from unetcolor.spaces.luv import Luv
from unetcolor.spaces.oklab import Oklab
from unetcolor.spaces.rgb import RGB
from unetcolor.spaces.ycbcr import YCbCr

ENTRY_POINT_GROUP = "unetcolor.color_spaces"

_BUILT_IN: dict[str, type[ColorSpace]] = {cls.name: cls for cls in (RGB, Lab, Luv, Oklab, YCbCr, HSV, LabBins)}
_REGISTERED: dict[str, type[ColorSpace]] = {}

SpaceClass = TypeVar("SpaceClass", bound=type[ColorSpace])


class Provider(NamedTuple):
    """The distribution that provides a color space; empty strings if the space comes from a script."""

    package: str
    version: str


def get_color_space(space: str | Mapping[str, Any] | type[ColorSpace] | ColorSpace) -> ColorSpace:
    """Return a color space.

    Parameters
    ----------
    space
        A name (``"lab"``), a config as :meth:`ColorSpace.get_config` returns it, a class or an instance.

    Raises
    ------
    ColorSpaceError
        The name is unknown, the plug-in that provides it fails to import, the config does not fit, or a class
        has the name of a built-in space.

    Examples
    --------
    >>> get_color_space("lab").targets[0]
    Channel(name='a*', low=-128.0, high=127.0)
    >>> get_color_space({"name": "rgb", "keep_luminance": False})
    RGB(keep_luminance=False)
    """
    if isinstance(space, ColorSpace):
        _check_name(type(space))
        return space
    if isinstance(space, type) and issubclass(space, ColorSpace):
        built = _build(space, {})
        _check_name(space)
        return built
    if isinstance(space, str):
        return _build(_find(space), {})
    if isinstance(space, Mapping) and isinstance(space.get("name"), str):
        arguments = {key: value for key, value in space.items() if key != "name"}
        return _build(_find(space["name"]), arguments)
    raise ColorSpaceError(
        f"a color space is a name, a config with a 'name', a ColorSpace class or an instance; got {space!r}"
    )


@overload
def register_color_space(cls: SpaceClass, *, overwrite: bool = False) -> SpaceClass: ...
@overload
def register_color_space(cls: None = None, *, overwrite: bool = False) -> Any: ...
def register_color_space(cls: Any = None, *, overwrite: bool = False) -> Any:
    """Add a color space to the registry for this process; also a decorator.

    Parameters
    ----------
    cls
        A concrete subclass of :class:`ColorSpace`.
    overwrite
        Replace a space of the same name. Without it, a name that is taken is an error.

    Returns
    -------
    The class, unchanged.

    Raises
    ------
    ColorSpaceError
        The class is not a concrete color space, or the name is taken.
    """
    if cls is None:
        return lambda decorated: register_color_space(decorated, overwrite=overwrite)
    if not (isinstance(cls, type) and issubclass(cls, ColorSpace)) or cls.__abstractmethods__:
        raise ColorSpaceError(
            f"register a class that derives from ColorSpace and defines encode and decode, not {cls!r}"
        )
    plug_in = _plug_ins().get(cls.name)
    # A plug-in's module may register its class as well: then the entry point is the same space.
    is_other_plug_in = plug_in is not None and _top_level(plug_in.module) != _top_level(cls.__module__)
    taken = cls.name in _BUILT_IN or cls.name in _REGISTERED or is_other_plug_in
    if taken and _REGISTERED.get(cls.name) is not cls and not overwrite:
        raise ColorSpaceError(f"the color space {cls.name!r} exists already; pass overwrite=True to replace it")
    _REGISTERED[cls.name] = cls
    return cls


def list_color_spaces() -> list[str]:
    """Return the names of all color spaces that can be used, built-in ones first.

    A plug-in that fails to import is left out, with a warning.

    Examples
    --------
    >>> list_color_spaces()[:6]
    ['rgb', 'lab', 'luv', 'oklab', 'ycbcr', 'hsv']
    """
    names = [*_BUILT_IN, *(name for name in _REGISTERED if name not in _BUILT_IN)]
    for name in _plug_ins():
        if name in names:
            continue
        try:
            _load(name)
        except ColorSpaceError as error:
            reason = f" ({error.__cause__!r})" if error.__cause__ else ""
            warnings.warn(f"{error}{reason}", stacklevel=2)
        else:
            names.append(name)
    return names


def provider_of(space: ColorSpace) -> Provider:
    """Return the distribution that provides a color space, for the record in a model file."""
    module = _top_level(type(space).__module__)
    if module == _top_level(__name__):
        # All that is installed need not be searched, which takes a third of a second.
        return _provider(module)
    entry_point = _plug_ins().get(space.name)
    # Compare the modules' names, because loading the plug-in may fail, and another plug-in may have this name.
    if entry_point is not None and entry_point.dist is not None and _top_level(entry_point.module) == module:
        return Provider(entry_point.dist.name, entry_point.dist.version)
    # An editable installation does not list its modules; most distributions are named like their module.
    return _provider(packages_distributions().get(module, [module])[0])


def _provider(package: str) -> Provider:
    try:
        found = distribution(package)
        return Provider(found.metadata["Name"], found.version)
    except PackageNotFoundError:
        return Provider("", "")


def _find(name: str) -> type[ColorSpace]:
    # A class registered with overwrite=True replaces the built-in one, so look here first.
    found = _REGISTERED.get(name) or _BUILT_IN.get(name)
    if found is not None:
        return found
    if name in _plug_ins():
        return _load(name)
    available = [*_BUILT_IN, *_REGISTERED, *_plug_ins()]
    raise ColorSpaceError(unknown_name("color space", name, list(dict.fromkeys(available))))


def _top_level(module: str) -> str:
    return module.partition(".")[0]


def _check_name(cls: type[ColorSpace]) -> None:
    """Refuse a class with a built-in name, such as a subclass: its models would load as the built-in space."""
    known = _REGISTERED.get(cls.name, _BUILT_IN.get(cls.name, cls))
    if known is not cls:
        raise ColorSpaceError(f"{cls.__name__} has the name {cls.name!r} of {known.__name__}: give it one of its own")


def _build(cls: type[ColorSpace], arguments: dict[str, Any]) -> ColorSpace:
    try:
        return cls(**arguments)
    # Somebody else's constructor may raise any exception.
    except Exception as error:
        raise ColorSpaceError(f"color space {cls.__name__} cannot be built with {arguments!r}: {error}") from error


@lru_cache(maxsize=1)
def _plug_ins() -> dict[str, EntryPoint]:
    """Return the entry points by name; of several with one name, that of the first distribution in the alphabet."""
    found: dict[str, EntryPoint] = {}
    candidates = entry_points(group=ENTRY_POINT_GROUP)
    for entry_point in sorted(candidates, key=lambda e: (e.name, e.dist.name if e.dist else "", e.value)):
        first = found.setdefault(entry_point.name, entry_point)
        if first.value != entry_point.value:
            warnings.warn(
                f"two plug-ins provide the color space {first.name!r}: {first.value} is used, not {entry_point.value}",
                stacklevel=3,
            )
    return found


@cache
def _load(name: str) -> type[ColorSpace]:
    entry_point = _plug_ins()[name]
    where = f"the plug-in {entry_point.value!r} for the color space {name!r}"
    try:
        cls = entry_point.load()
    # Somebody else's module may raise any exception when imported.
    except Exception as error:
        raise ColorSpaceError(f"{where} failed to import") from error
    if not (isinstance(cls, type) and issubclass(cls, ColorSpace)) or getattr(cls, "name", None) != name:
        raise ColorSpaceError(f"{where} must be a ColorSpace class of that name, not {cls!r}")
    return cls
