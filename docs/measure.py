"""Measure every figure that the explanation pages print.

Run: ``python docs/measure.py [--models FOLDER]``. It takes about two minutes on two cores, half of them to train
the quickstart's network in two color spaces; with ``--models`` these are kept in that folder and used again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy.ndimage import uniform_filter

from unetcolor import ColorSpace, UNetColorizer, get_color_space, list_color_spaces, metrics, samples
from unetcolor.images import from_float, read_image, resize, to_float
from unetcolor.prediction.upsample import EdgeAwareUpsampler
from unetcolor.spaces.rgb import LUMA_WEIGHTS
from unetcolor.spaces.srgb import XYZ_TO_RGB, delinearize

LAB = get_color_space("lab")


def portraits() -> list[np.ndarray]:
    """Return the portraits that ship, floats in [0, 1]."""
    return [to_float(picture) for picture in samples.load_portraits()]


def photos() -> list[np.ndarray]:
    """Return the photos that ship, floats in [0, 1]."""
    return [to_float(read_image(path)) for path in samples.photos()]


def cube(side: int = 33) -> np.ndarray:
    """Return an even grid over sRGB, shape ``(side ** 3, 3)``."""
    levels = np.linspace(0.0, 1.0, side)
    return np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)


def quickstart_parts() -> tuple[np.ndarray, np.ndarray]:
    """Return the portraits that ``examples/quickstart.py`` trains on, and those that it scores."""
    shuffled = np.random.default_rng(0).permutation(samples.load_portraits())
    return shuffled[:128], shuffled[128:]


def quickstart(space: str, folder: Path | None) -> tuple[UNetColorizer, dict[str, list[float]]]:
    """Return the quickstart's colorizer in a color space, and its history; read from a folder if they are there."""
    train, test = quickstart_parts()
    model, record = ((folder or Path()) / f"quickstart_{space}{suffix}" for suffix in (".keras", ".json"))
    if folder is not None and model.exists() and record.exists():
        return UNetColorizer.load(model), json.loads(record.read_text())
    colorizer = UNetColorizer(space, filters=(16, 32, 64, 128), head_stride=2, seed=0)
    history = colorizer.fit(train, validation_data=test, epochs=25, batch_size=16, verbose=0).history
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        colorizer.save(model)
        record.write_text(json.dumps(history))
    return colorizer, history


def luminance_of(rgb: np.ndarray, space: ColorSpace = LAB) -> np.ndarray:
    """Return the luminance, natural units, without its last axis."""
    return space.encode(rgb)[0][..., 0]


def measure_luminance() -> None:
    """L* of the luma against L* of the picture; V of HSV against luma."""
    for name, pictures in (("portraits", portraits()), ("photos", photos()), ("33^3 cube", [cube()])):
        flat = np.concatenate([rgb.reshape(-1, 3) for rgb in pictures]).astype(np.float64)
        luma = flat @ LUMA_WEIGHTS
        lightness = np.abs(luminance_of(np.repeat(luma[:, None], 3, axis=1)) - luminance_of(flat))
        value = flat.max(axis=-1) - luma
        print(f"{name}: |L*(luma) - L*(rgb)| mean {lightness.mean():.2f}, max {lightness.max():.1f}")
        print(f"{name}: V - luma in 0..255 mean {255 * value.mean():.1f}, max {255 * value.max():.0f}")
        # What V would do to a gray photo, whose V is its luma, when it gets its true hue and saturation back.
        darkened = flat * (luma / np.maximum(flat.max(axis=-1), 1e-9))[:, None]
        lost = luminance_of(flat) - luminance_of(darkened)
        print(f"{name}: L* lost by keeping V, mean {lost.mean():.1f}, max {lost.max():.1f}")


def measure_ranges() -> None:
    """Print, for each space, the declared range of each channel, and what of it sRGB fills."""
    print("| space | channel | low | high | least in sRGB | greatest in sRGB |\n|---|---|---|---|---|---|")
    for name in list_color_spaces():
        space = get_color_space(name)
        values = np.concatenate(space.encode(cube()), axis=-1)
        for i, channel in enumerate((space.luminance, *space.targets)):
            role = " (luminance)" if i == 0 else ""
            ends = [f"{values[:, i].min():.3f}", f"{values[:, i].max():.3f}"]
            print(f"| `{name}` | {channel.name}{role} | {channel.low:g} | {channel.high:g} | {ends[0]} | {ends[1]} |")
    for name, pictures in (("33^3 cube", cube()), ("portraits", np.stack(portraits())), ("photos", None)):
        flat = np.concatenate([rgb.reshape(-1, 3) for rgb in (photos() if pictures is None else [pictures])])
        lab = np.concatenate(LAB.encode(flat.astype(np.float64)), axis=-1)
        wrong = lab + np.array([0.0, 128.0, 128.0]) / np.array([100.0, 255.0, 255.0])
        inside = ((wrong >= 0) & (wrong <= 1))[:, 1:]
        print(f"{name}: lab + shift / scale within 0..1: both {inside.all(-1).mean():.1%}, a {inside[:, 0].mean():.1%}")


def decode_unbounded(luminance: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return linear RGB of L*, a* and b*, which may lie outside the unit cube."""
    lab = np.concatenate([luminance, targets], axis=-1).astype(np.float64)
    fy = (lab[..., :1] + 16) / 116
    f = np.concatenate([fy + lab[..., 1:2] / 500, fy, fy - lab[..., 2:] / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, (116 * f - 16) * 27 / 24389)
    return (xyz * np.array([0.3127 / 0.3290, 1.0, 0.3583 / 0.3290])) @ XYZ_TO_RGB.T


def clip_channels(luminance: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return sRGB of L*, a* and b*, each channel clipped: what ``decode`` does not do."""
    return delinearize(np.clip(decode_unbounded(luminance, targets), 0.0, 1.0))


def hue_change(rgb: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return by how many degrees the Lab hue of a picture differs from the one that was asked for."""
    found = LAB.encode(rgb)[1]
    angle = np.arctan2(found[..., 1], found[..., 0]) - np.arctan2(targets[..., 1], targets[..., 0])
    return np.abs(np.degrees((angle + np.pi) % (2 * np.pi) - np.pi))


def measure_gamut() -> None:
    """Pull toward gray against clipping, for one color and for photos whose chroma is doubled."""
    luminance, targets = np.array([[50.0]]), np.array([[0.0, -80.0]])
    box = LAB.denormalize(*np.split(np.random.default_rng(0).random((200_000, 3)), [1], axis=-1))
    linear = decode_unbounded(*box)
    print(f"of the declared box, {((linear >= 0) & (linear <= 1)).all(axis=-1).mean():.1%} are colors of sRGB")
    linear = decode_unbounded(luminance, targets)
    print(f"L* 50, a* 0, b* -80: linear RGB {linear.round(3)[0]}")
    for name, rgb in (("clipped", clip_channels(luminance, targets)), ("pulled", LAB.decode(luminance, targets))):
        again = np.concatenate(LAB.encode(rgb), axis=-1)[0]
        print(f"  {name}: sRGB {from_float(rgb, np.uint8)[0]}, L*a*b* {again.round(1)}")
    for name, pictures in (("portraits", portraits()), ("photos", photos())):
        changes: dict[str, list[np.ndarray]] = {"clipped": [], "pulled": []}
        hues: dict[str, list[np.ndarray]] = {"clipped": [], "pulled": []}
        outside = []
        for picture in pictures:
            luminance, targets = LAB.encode(picture.reshape(-1, 3).astype(np.float64))
            linear = decode_unbounded(luminance, 2 * targets)
            out = ((linear < -1e-6) | (linear > 1 + 1e-6)).any(axis=-1)
            outside.append(out)
            ways = {"clipped": clip_channels(luminance, 2 * targets), "pulled": LAB.decode(luminance, 2 * targets)}
            for way, rgb in ways.items():
                changes[way].append((luminance_of(rgb) - luminance[..., 0])[out])
                hues[way].append(hue_change(rgb, targets)[out])
        print(f"{name}, chroma doubled: {np.concatenate(outside).mean():.1%} out of gamut; of these pixels")
        for way in changes:
            change, hue = np.concatenate(changes[way]), np.concatenate(hues[way])
            print(f"  {way}: |change of L*| mean {np.abs(change).mean():.2f}, max {np.abs(change).max():.1f}", end="")
            print(f"; hue mean {hue.mean():.1f} degrees")


Upsampler = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def upsample_nearest(small: np.ndarray, _: np.ndarray, luminance: np.ndarray) -> np.ndarray:
    """Repeat pixels."""
    rows, columns = (
        ((np.arange(luminance.shape[i]) + 0.5) * (small.shape[i] / luminance.shape[i])).astype(int) for i in (0, 1)
    )
    return small[rows][:, columns]


def upsample_bilinear(small: np.ndarray, _: np.ndarray, luminance: np.ndarray) -> np.ndarray:
    """Interpolate linearly."""
    return resize(small, luminance.shape[:2])


def upsample_ours(small: np.ndarray, small_luminance: np.ndarray, luminance: np.ndarray) -> np.ndarray:
    """Interpolate linearly, and add the detail that luminance has."""
    return EdgeAwareUpsampler(small, small_luminance, luminance.shape[:2]).rows(luminance, 0)


def joint_bilateral(spatial: float, tonal: float) -> Upsampler:
    """Return joint bilateral upsampling (Kopf et al. 2007) over 5x5 pixels of the small picture."""

    def upsample(small: np.ndarray, small_luminance: np.ndarray, luminance: np.ndarray) -> np.ndarray:
        height, width = luminance.shape[:2]
        y = (np.arange(height) + 0.5) * (small.shape[0] / height) - 0.5
        x = (np.arange(width) + 0.5) * (small.shape[1] / width) - 0.5
        total, weights = np.zeros((height, width, small.shape[-1])), np.zeros((height, width, 1))
        for i, j in product(range(-2, 3), repeat=2):
            rows, columns = np.rint(y).astype(int) + i, np.rint(x).astype(int) + j
            distance = (rows - y)[:, None] ** 2 + (columns - x)[None] ** 2
            rows, columns = rows.clip(0, small.shape[0] - 1), columns.clip(0, small.shape[1] - 1)
            tone = luminance[..., 0] - small_luminance[rows][:, columns][..., 0]
            weight = np.exp(-distance / (2 * spatial**2) - tone**2 / (2 * tonal**2))[..., None] + 1e-12
            total += weight * small[rows][:, columns]
            weights += weight
        return total / weights

    return upsample


def guided_filter(radius: int, epsilon: float) -> Upsampler:
    """Return the fast guided filter (He and Sun 2015): a linear model of the small picture, scaled up."""

    def mean(values: np.ndarray) -> np.ndarray:
        return uniform_filter(values, (2 * radius + 1, 2 * radius + 1, 0), mode="nearest")

    def upsample(small: np.ndarray, guide: np.ndarray, luminance: np.ndarray) -> np.ndarray:
        variance = mean(guide * guide) - mean(guide) ** 2
        slope = (mean(guide * small) - mean(guide) * mean(small)) / (variance + epsilon)
        offset = mean(small) - slope * mean(guide)
        size = luminance.shape[:2]
        return resize(mean(slope), size) * luminance + resize(mean(offset), size)

    return upsample


def reduced(factor: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield each photo with its luminance, and luminance and targets of the photo scaled down, network units."""
    for rgb in photos():
        size = (round(rgb.shape[0] / factor), round(rgb.shape[1] / factor))
        luminance, targets = LAB.normalize(*LAB.encode(rgb))
        small_luminance, _ = LAB.normalize(*LAB.encode(resize(rgb, size)))
        yield rgb, luminance, small_luminance, resize(targets, size)


def error_of(upsample: Upsampler, factor: int) -> float:
    """Return the mean CIEDE2000 of photos whose true colors were scaled down and up again."""
    errors = []
    for rgb, luminance, small_luminance, small in reduced(factor):
        targets = upsample(small, small_luminance, luminance).astype(np.float32)
        errors.append(metrics.delta_e(rgb, LAB.decode(*LAB.denormalize(luminance, targets))))
    return float(np.mean(errors))


def measure_upsampling() -> None:
    """Compare ways to scale colors up; where there are settings, the best for each factor."""
    for factor in (2, 4):
        bilateral = {
            (s, t): error_of(joint_bilateral(s, t), factor)
            for s, t in product((0.3, 0.35, 0.4, 0.5, 0.7), (0.03, 0.05, 0.1, 0.2))
        }
        guided = {(r, e): error_of(guided_filter(r, e), factor) for r, e in product((1, 2), (1e-6, 1e-5, 1e-4, 1e-3))}
        print(f"factor {factor}: nearest {error_of(upsample_nearest, factor):.2f}, ", end="")
        print(f"bilinear {error_of(upsample_bilinear, factor):.2f}, ", end="")
        for name, found in (("joint bilateral", bilateral), ("guided filter", guided)):
            best = min(found, key=lambda setting: found[setting])
            print(f"{name} {found[best]:.2f} with {best}, ", end="")
        print(f"edge-aware {error_of(upsample_ours, factor):.2f}")
    rng = np.random.default_rng(0)
    small, guide = rng.random((97, 129, 2), np.float32), rng.random((97, 129, 1), np.float32)
    luminance = rng.random((1500, 2000, 1), np.float32)
    for name, upsample in (("joint bilateral", joint_bilateral(0.35, 0.1)), ("edge-aware", upsample_ours)):
        start = perf_counter()
        upsample(small, guide, luminance)
        print(f"{name}: {perf_counter() - start:.2f} s for 3 megapixels")


def measure_darkest() -> None:
    """Measure by how much rounding to 8 bits moves the luminance of very dark colors, in shares of its range."""
    for name in list_color_spaces():
        space = get_color_space(name)
        moved = []
        for level in (1, 2, 3, 4):
            gray = luminance_of(np.full((1, 3), level / 255), space)
            targets = np.random.default_rng(0).uniform(-1.0, 2.0, (20_000, space.output_channels))
            natural = space.denormalize(np.zeros((1, 1)), targets)[1]
            rgb = space.decode(np.full((20_000, 1), gray), natural)
            rounded = luminance_of(np.rint(255 * rgb) / 255, space)
            moved.append(np.abs(rounded - gray).max() / (space.luminance.high - space.luminance.low))
        print(f"{name}: at levels 1 to 4 up to {', '.join(f'{share:.2%}' for share in moved)}")


def measure_scores(folder: Path | None) -> None:
    """Plain gray on all that ships; then the quickstart in two spaces, and what accuracy says of it."""
    for name, pictures in (("portraits", portraits()), ("photos", photos())):
        for space in (LAB, get_color_space("rgb")):
            gray = [space.gray(space.encode(rgb)[0]) for rgb in pictures]
            print(f"\n{name}, plain gray of {space.name}")
            print(metrics.format_scores(metrics.summarize(pictures, gray, gray)))
    _, test = quickstart_parts()
    for name in ("lab", "rgb"):
        colorizer, _ = quickstart(name, folder)
        print(f"\nquickstart in {name}")
        colorizer.evaluate(test)
        measure_accuracy(colorizer, test)
        if name == "lab":
            luma = from_float(to_float(test) @ LUMA_WEIGHTS, np.uint8)
            errors = [metrics.delta_e(*pair) for pair in zip(test, colorizer.predict(luma), strict=True)]
            print(f"given luma instead of L*: CIEDE2000 {np.mean(errors):.2f}")


def measure_accuracy(colorizer: UNetColorizer, test: np.ndarray) -> None:
    """Print Keras' accuracy for the prediction as it is, and for distorted ones."""
    import keras

    space = colorizer.space
    luminance, truth = space.normalize(*space.encode(to_float(test)))
    predicted = space.normalize(*space.encode(to_float(colorizer.predict(test, verbose=0))))[1]
    neutral = space.normalize(*space.encode(np.full((1, 3), 0.5, np.float32)))[1]
    for what, targets in (
        ("as predicted", predicted),
        ("a fifth of the chroma", neutral + 0.2 * (predicted - neutral)),
        ("twice the chroma", neutral + 2.0 * (predicted - neutral)),
    ):
        metric = keras.metrics.CategoricalAccuracy()
        metric.update_state(truth, targets)
        rgb = from_float(space.decode(*space.denormalize(luminance, targets.astype(np.float32))), np.uint8)
        error = np.mean([metrics.delta_e(*pair) for pair in zip(test, rgb, strict=True)])
        print(f"{what}: accuracy {float(metric.result()):.3f}, CIEDE2000 {error:.2f}")


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description="Measure the figures of the explanation pages.")
    parser.add_argument("--models", type=Path, help="folder in which trained colorizers are kept")
    arguments = parser.parse_args()
    for title, measure in (
        ("luminance", measure_luminance),
        ("ranges", measure_ranges),
        ("gamut", measure_gamut),
        ("full size", measure_upsampling),
        ("the darkest level", measure_darkest),
        ("scores", lambda: measure_scores(arguments.models)),
    ):
        print(f"\n=== {title} ===")
        measure()


if __name__ == "__main__":
    main()
