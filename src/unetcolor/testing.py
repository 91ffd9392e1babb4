"""The laws of a color space, for the tests of this package and of plug-ins."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from unetcolor.spaces import ColorSpace, get_color_space
from unetcolor.spaces.arrays import Array

# Half a level of 8 bits: rounding to a picture file changes as much anyway.
_HALF_LEVEL = 0.5 / 255

# Share of the luminance range: half of the change that a photo may undergo, with rounding.
_LUMINANCE_TOLERANCE = 0.005


def check_color_space(space: str | Mapping[str, Any] | type[ColorSpace] | ColorSpace) -> None:
    """Check that a color space keeps every law that the rest of unetcolor relies on.

    Call it in the tests of a plug-in. It needs TensorFlow, and takes a few seconds.

    Parameters
    ----------
    space
        A name, a config, a class or an instance, as :func:`unetcolor.get_color_space` takes it.

    Raises
    ------
    ImportError, RuntimeError
        TensorFlow is not installed, or Keras runs on another backend.
    AssertionError
        A law is broken; the message names the space, the law, and the values that break it. If the space itself raised
        an exception, that is the cause.

    Examples
    --------
    >>> check_color_space("lab")
    """
    checked = get_color_space(space)
    _require_tensorflow()
    for law, check in _LAWS.items():
        try:
            check(checked)
        except AssertionError as error:
            raise AssertionError(f"color space {checked.name!r}: {law}. {error}") from None
        # A space may raise any exception; the law still says where to look.
        except Exception as error:
            raise AssertionError(f"color space {checked.name!r}: {law}. It raised {error!r}.") from error


def _require_tensorflow() -> None:
    import keras

    try:
        import tensorflow  # noqa: F401
    except ModuleNotFoundError as error:
        raise ImportError("check_color_space needs TensorFlow: pip install tensorflow") from error
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            f"check_color_space needs Keras on TensorFlow, and Keras runs on "
            f"{keras.backend.backend()} here: set the environment variable KERAS_BACKEND=tensorflow"
        )


def _cube(dtype: Any = np.float64) -> np.ndarray:
    """Return the 17^3 colors of an even grid over sRGB, corners included: ``(4913, 3)``."""
    levels = np.linspace(0.0, 1.0, 17, dtype=dtype)
    return np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)


def _grays(dtype: Any = np.float64) -> np.ndarray:
    return np.repeat(np.linspace(0.0, 1.0, 256, dtype=dtype)[:, np.newaxis], 3, axis=1)


def _any_values(space: ColorSpace, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Return luminance over its whole range, and random targets between two network units."""
    rng = np.random.default_rng(0)
    luminance = np.linspace(0.0, 1.0, 5000)[:, np.newaxis]
    return space.denormalize(luminance, rng.uniform(low, high, (5000, space.output_channels)))


def _require(holds: bool | np.bool_, found: str) -> None:
    if not holds:
        raise AssertionError(f"Found: {found}.")


def _require_close(given: np.ndarray, wanted: np.ndarray, tolerance: float, what: str) -> None:
    worst = float(np.max(np.abs(np.asarray(given, np.float64) - np.asarray(wanted, np.float64)), initial=0.0))
    _require(worst <= tolerance, f"{what} differ by up to {worst:.3g}; at most {tolerance:.3g} is allowed")


def _shapes_and_dtypes(space: ColorSpace) -> None:
    n = len(space.targets)
    for dtype in (np.float32, np.float64):
        for leading in ((), (5,), (0, 4), (2, 3, 4)):
            rgb = np.full((*leading, 3), 0.5, dtype=dtype)
            luminance, targets = space.encode(rgb)
            decoded = space.decode(luminance, targets)
            for name, array, channels in (("luminance", luminance, 1), ("targets", targets, n), ("rgb", decoded, 3)):
                shape = (*leading, channels)
                _require(isinstance(array, np.ndarray), f"{name} is {type(array).__name__}, not a NumPy array")
                _require(array.shape == shape, f"{name} has shape {array.shape}, not {shape}")
                _require(array.dtype == dtype, f"{name} has dtype {array.dtype}, not {np.dtype(dtype)}")


def _ranges(space: ColorSpace) -> None:
    for name, values in zip(("luminance", "targets"), space.normalize(*space.encode(_cube())), strict=True):
        low, high = values.min(), values.max()
        _require(low >= -1e-5 and high <= 1 + 1e-5, f"normalized {name} from {low:.5f} to {high:.5f}")


def _normalization(space: ColorSpace) -> None:
    encoded = space.encode(_cube())
    channels = ((space.luminance,), space.targets)
    normalized = space.normalize(*encoded)
    shape = (len(encoded[1]), space.output_channels)
    _require(normalized[1].shape == shape, f"normalized targets of shape {normalized[1].shape}, not {shape}")
    for natural, unit, back, declared in zip(
        encoded, normalized, space.denormalize(*normalized), channels, strict=True
    ):
        low, high = (np.array([getattr(c, end) for c in declared]) for end in ("low", "high"))
        is_own = natural is encoded[1] and type(space).normalize_targets is not ColorSpace.normalize_targets
        if not is_own:
            _require_close(unit, (natural - low) / (high - low), 1e-9, "network units")
        span = high - low
        _require_close(back / span, natural / span, 1e-9 + (space.precision / span.min() if is_own else 0), "values")


def _round_trip(space: ColorSpace) -> None:
    for dtype, tolerance in ((np.float64, 1e-6), (np.float32, _HALF_LEVEL)):
        cube = _cube(dtype)
        _require_close(space.decode(*space.encode(cube)), cube, tolerance, f"pictures of {np.dtype(dtype)}")


def _displayable(space: ColorSpace) -> None:
    for low, high in ((0.0, 1.0), (-1.0, 2.0)):
        rgb = space.decode(*_any_values(space, low, high))
        _require(bool(np.isfinite(rgb).all()), "values that are not finite")
        _require(rgb.min() >= 0 and rgb.max() <= 1, f"values from {rgb.min():.5f} to {rgb.max():.5f}")


def _luminance_kept(space: ColorSpace) -> None:
    span = space.luminance.high - space.luminance.low
    for low, high in ((0.0, 1.0), (-1.0, 2.0)):
        luminance, targets = _any_values(space, low, high)
        for dtype in (np.float64, np.float32):
            rgb = space.decode(luminance.astype(dtype), targets.astype(dtype))
            kept, _ = space.encode(rgb)
            _require_close(
                kept / span, luminance / span, _LUMINANCE_TOLERANCE, f"shares of the range, in {np.dtype(dtype)},"
            )


def _gray_stays_gray(space: ColorSpace) -> None:
    for dtype in (np.float64, np.float32):
        luminance, targets = space.encode(_grays(dtype))
        _require(bool((np.diff(luminance[:, 0]) > 0).all()), "luminance that does not grow from black to white")
        rgb = space.decode(luminance, targets)
        _require_close(rgb, rgb[:, :1], _HALF_LEVEL, "the channels of a gray")
        _require_close(space.gray(luminance), _grays(dtype), _HALF_LEVEL, "the grays of their luminance")


def _one_source(space: ColorSpace) -> None:
    import keras
    import tensorflow as tf

    rgb = _cube(np.float32).reshape(1, 17, 289, 3)
    # Include targets that no color has, where decode must bring the picture back into the gamut.
    luminance, targets = (x.astype(np.float32).reshape(1, 5, 1000, -1) for x in _any_values(space, -0.5, 1.5))
    given = (rgb, luminance, targets)

    def run(rgb: Array, luminance: Array, targets: Array) -> tuple[Array, ...]:
        encoded = space.encode(rgb)
        return *space.normalize(*encoded), space.decode(*encoded), space.decode(luminance, targets)

    inputs = [keras.Input((None, None, values.shape[-1])) for values in given]
    ways = {
        "eager tensors": run(*map(tf.constant, given)),
        "tf.data": next(iter(tf.data.Dataset.from_tensors(given).map(run))),
        "a functional model": keras.Model(inputs, run(*inputs))(list(given)),
    }
    names = ("luminance", "targets", "decode of encode", "decode")
    expected = run(*given)
    for way, results in ways.items():
        for name, result, wanted in zip(names, results, expected, strict=True):
            _require_close(keras.ops.convert_to_numpy(result), wanted, 1e-4, f"{name} of NumPy and of {way}")
    no_pictures = run(*(tf.zeros((0, *values.shape[1:])) for values in given))
    for name, result, wanted in zip(names, no_pictures, expected, strict=True):
        shape = (0, *wanted.shape[1:])
        _require(tuple(result.shape) == shape, f"{name} of no pictures has shape {result.shape}, not {shape}")


def _finite_gradients(space: ColorSpace) -> None:
    import tensorflow as tf

    rgb = tf.constant(np.concatenate([_cube(np.float32), _grays(np.float32)]))
    points = [tf.cast(values, tf.float32) for values in _any_values(space, -0.5, 1.5)]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([rgb, *points])
        encoded = space.encode(rgb)
        decoded = space.decode(*points)
        # Include the colors of the cube themselves: black, white and the primaries lie on edges of the gamut.
        returned = space.decode(*encoded)
    gradients = {
        "encode": tape.gradient(encoded, rgb),
        "decode": tf.concat(tape.gradient(decoded, points), axis=-1),
        "decode of encode": tape.gradient(returned, rgb),
    }
    for name, gradient in gradients.items():
        _require(bool(np.isfinite(gradient.numpy()).all()), f"a gradient of {name} that is not finite")


def _config(space: ColorSpace) -> None:
    config = json.loads(json.dumps(space.get_config()))
    _require(config.get("name") == space.name, f"a config named {config.get('name')!r}")
    arguments = {name: value for name, value in config.items() if name != "name"}
    expected = inspect.signature(type(space)).parameters.keys()
    _require(arguments.keys() == expected, f"a config of {sorted(arguments)} for arguments {sorted(expected)}")
    _require(type(space)(**arguments) == space, f"another space, {type(space)(**arguments)!r}, from {space!r}")


def _inputs_kept(space: ColorSpace) -> None:
    cube = _cube()
    encoded = space.encode(cube)
    given = [values.copy() for values in encoded]
    space.decode(*encoded)
    _require_close(cube, _cube(), 0.0, "the picture and what is left of it")
    for before, after in zip(given, encoded, strict=True):
        _require_close(after, before, 0.0, "the values and what is left of them")


def _head(space: ColorSpace) -> None:
    import keras

    from unetcolor.losses import get_loss

    for what, name, get in (
        ("activation", space.activation, keras.activations.get),
        ("loss", space.loss, lambda loss: keras.losses.get(get_loss(loss))),
    ):
        try:
            get(name)
        except (ValueError, TypeError):
            _require(False, f"{what} {name!r}")


_LAWS: dict[str, Callable[[ColorSpace], None]] = {
    "Shapes follow the declared channels, and the dtype of floats is kept": _shapes_and_dtypes,
    "Neither encode nor decode changes its input": _inputs_kept,
    "Every sRGB color lies within the declared ranges": _ranges,
    "Normalization is (value - low) / (high - low) or the space's own, and denormalization undoes it": _normalization,
    "Decoding what was encoded gives the picture back": _round_trip,
    "Whatever the network predicts, the picture is finite and in [0, 1]": _displayable,
    "Whatever the network predicts, the picture keeps its luminance": _luminance_kept,
    "A gray picture stays gray, and lighter grays have more luminance": _gray_stays_gray,
    "NumPy, eager tensors, tf.data and functional models give the same values": _one_source,
    "Gradients are finite everywhere, black and white included": _finite_gradients,
    "The config holds every argument of the constructor, survives JSON, and rebuilds the space": _config,
    "Keras knows the activation and the loss that the space declares": _head,
}
