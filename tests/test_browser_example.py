"""The example for the browser: its modules run in Node, and the page in a real browser, both against the library."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import playwright
import pytest
from PIL import Image

from unetcolor import Hint, samples
from unetcolor.hints import read_hints
from unetcolor.images import shrink
from unetcolor.prediction.full_size import working_size
from unetcolor.prediction.predictor import Predictor
from unetcolor.prediction.upsample import EdgeAwareUpsampler
from unetcolor.spaces.lab import Lab

EXAMPLE = Path(__file__).parent.parent / "examples" / "browser"

# Arrays travel as base64, both ways.
SCRIPT = """
const ARRAYS = { float32: Float32Array, float64: Float64Array, uint8: Uint8Array };
const input = await new Response(process.stdin).text();
const given = JSON.parse(input, (_, value) => {
    const name = value instanceof Object && Object.keys(ARRAYS).find((kind) => kind in value);
    if (!name) return value;
    return new ARRAYS[name](Uint8Array.from(Buffer.from(value[name], "base64")).buffer);
});
const encoded = (_, value) => {
    if (!ArrayBuffer.isView(value)) return value;
    const { length } = value;
    return { length, float32: Buffer.from(Float32Array.from(value).buffer).toString("base64") };
};
const made = await (async () => { %s })();
process.stdout.write(JSON.stringify(made, encoded));
"""


def node() -> str:
    """Return Node.js: what is installed, or what Playwright brings along."""
    return shutil.which("node") or str(Path(playwright.__file__).parent / "driver" / "node")


def run(body: str, modules: dict[str, str], **given: Any) -> Any:
    """Run JavaScript with functions of modules, such as ``{"encode, decode": "color.js"}``; ``body`` returns."""

    def encode(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return {value.dtype.name: base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()}
        raise TypeError(f"{value!r}")

    imports = "".join(
        f"import {{ {names} }} from {json.dumps((EXAMPLE / file).as_uri())};\n" for names, file in modules.items()
    )
    done = subprocess.run(
        [node(), "--no-warnings", "--input-type=module", "--eval", imports + SCRIPT % body],
        input=json.dumps(given, default=encode),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr

    def decode(made: dict[str, Any]) -> Any:
        if "float32" not in made:
            return made
        return np.frombuffer(base64.b64decode(made["float32"]), np.float32)

    return json.loads(done.stdout, object_hook=decode)


def rgba(pixels: np.ndarray) -> np.ndarray:
    """Return a picture as a browser decodes it."""
    return np.asarray(Image.fromarray(pixels).convert("RGBA"))


def difference(mine: Any, its: np.ndarray) -> float:
    """Return the largest difference of any two values; pytest compares large arrays slowly."""
    return float(np.abs(np.reshape(mine, its.shape).astype(float) - its).max())


def as_photo(pixels: np.ndarray) -> dict[str, Any]:
    full = rgba(pixels)
    return {
        "height": full.shape[0],
        "width": full.shape[1],
        "pixels": full.ravel(),
        "isGray": bool((full[..., :1] == full[..., :3]).all()),
    }


def as_plane(values: np.ndarray) -> dict[str, Any]:
    height, width = values.shape
    return {"height": height, "width": width, "values": values.astype(np.float32).ravel()}


def as_hints(hints: list[Hint]) -> list[dict[str, Any]]:
    return [{"row": hint.row, "column": hint.column, "color": list(hint.rgb)} for hint in hints]


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    # What the browser runs, too.
    return Predictor.load("photo", engine="onnx")


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.asarray(Image.fromarray(samples.load_photo("coffee")).convert("L"))


HINTS = [Hint(150, 200, "#b3282d"), Hint(20, 30, "#2b3f7a"), Hint(155, 212, "#5b7f3a")]


def test_the_example_knows_the_preset(predictor: Predictor) -> None:
    made = run("return { SIDE, STRIDE }", {"SIDE, STRIDE": "codec.js"})
    assert made == {"SIDE": predictor.side, "STRIDE": predictor.codec.stride}
    assert isinstance(predictor.codec.space, Lab)
    assert predictor.codec.hints


def test_colors_are_converted_as_by_the_library() -> None:
    random = np.random.default_rng(1)
    rgb = np.concatenate([random.random((200, 3)), [[0, 0, 0], [1, 1, 1], [0, 0, 1], [0.004, 0.004, 0.004]]])
    luminance, targets = Lab().encode(rgb)
    encoded = run("return given.rgb.map(encode)", {"encode": "color.js"}, rgb=rgb.tolist())
    assert difference(encoded, np.concatenate([luminance, targets], axis=-1)) < 1e-9
    # Far outside of sRGB, too.
    targets = random.uniform(-150, 150, targets.shape)
    colors = np.concatenate([luminance, targets], axis=-1)
    decoded = run(
        "return given.colors.map((color) => decode(...color))", {"decode": "color.js"}, colors=colors.tolist()
    )
    expected = 255 * Lab().decode(luminance, targets)
    expected[luminance[:, 0] < 0.45] = 255 * rgb[luminance[:, 0] < 0.45]
    assert difference(decoded, expected) < 0.6


@pytest.mark.parametrize("size", [(61, 83), (700, 333), (1200, 1601), (9, 2000)])
def test_a_photo_is_shrunk_as_by_the_library(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (*size, 3), np.uint8)
    body = """
        const [height, width] = workingSize(given.photo.height, given.photo.width, 112);
        return { size: [height, width], values: shrink(given.photo, 1, height, width).values };
    """
    made = run(body, {"shrink, workingSize": "resize.js"}, photo=as_photo(pixels))
    assert made["size"] == list(working_size(*size, 112))
    assert difference(made["values"], shrink(pixels, made["size"])[..., 1]) < 1e-5


def test_colors_are_scaled_up_as_by_the_library() -> None:
    random = np.random.default_rng(3)
    luminance = random.random((37, 51, 1), np.float32)
    colors = random.uniform(-100, 100, (19, 26, 2)).astype(np.float32)
    full = random.random((90, 130, 1), np.float32)
    body = """
        const upsampler = new EdgeAwareUpsampler(given.colors, given.luminance, [90, 130], 2);
        const [a, b] = [new Float32Array(90 * 130), new Float32Array(90 * 130)];
        for (let row = 0; row < 90; row++) {
            const [start, end] = [row * 130, (row + 1) * 130];
            const line = given.full.subarray(start, end);
            upsampler.row(row, line, a.subarray(start, end), b.subarray(start, end));
        }
        return { a, b, at: upsampler.at(89, 7, given.full[89 * 130 + 7]) };
    """
    made = run(
        body,
        {"EdgeAwareUpsampler": "upsample.js"},
        colors=[as_plane(colors[..., i]) for i in (0, 1)],
        luminance=as_plane(luminance[..., 0]),
        full=full.ravel(),
    )
    expected = EdgeAwareUpsampler(colors, luminance, (90, 130), 2).rows(full, 0)
    # Of colors of up to 300: random detail takes them far.
    assert difference(np.stack([made["a"], made["b"]], axis=-1), expected) < 0.02
    assert difference(made["at"], expected[89, 7]) < 0.02


@pytest.mark.parametrize("grid", [(40, 61), (19.5, 30.5), (300, 450)])
def test_hints_are_gathered_as_by_the_library(grid: tuple[float, float]) -> None:
    random = np.random.default_rng(4)
    size = (220, 331)
    places = [(0, 0), (219, 330), *(random.integers(0, size).tolist() for _ in range(30))]
    hints = [Hint(row, column, random.random(3).tolist()) for row, column in places]
    given = read_hints(hints)
    assert given is not None
    expected = given.in_cells(size, grid)
    made = run(
        "return inCells(given.hints, given.size, given.grid)",
        {"inCells": "hints.js"},
        hints=as_hints(hints),
        size=size,
        grid=grid,
    )
    assert [(cell["row"], cell["column"]) for cell in made] == [tuple(place) for place in np.argwhere(expected.places)]
    assert [cell["pixel"] for cell in made] == expected.pixels[expected.places].tolist()
    colors = [cell["color"] for cell in made]
    assert difference(colors, expected.colors[expected.places]) < 1e-6


@pytest.mark.parametrize(
    ("kind", "hints"),
    [
        ("gray", []),
        ("gray", HINTS),
        ("tall", HINTS[:1]),
        ("color", HINTS),
        ("thin", [Hint(1, 40, "red")]),
        ("tiny", [Hint(0, 0, "red")]),
    ],
)
def test_the_whole_way_is_that_of_predict(
    predictor: Predictor, photo: np.ndarray, kind: str, hints: list[Hint]
) -> None:
    pixels = {
        "gray": photo,
        "tall": photo[:, :240],
        "color": samples.load_photo("coffee"),
        "thin": photo[100:102],
        "tiny": photo[100:101, 100:101],
    }[kind]
    answers: list[np.ndarray] = []

    def recording(inputs: np.ndarray) -> np.ndarray:
        answers.append(predictor.engine(inputs))
        shown.append(inputs)
        return answers[-1]

    shown: list[np.ndarray] = []
    expected = Predictor(predictor.codec, recording, predictor.side).predict(pixels, hints=hints or None)
    body = """
        const inputs = [];
        const network = async (input) => {
            inputs.push(input);
            return given.answers[inputs.length - 1];
        };
        const looked = await look(given.photo, network);
        const colors = await colorsWith(given.hints, given.photo, looked, network);
        return { inputs, painted: paint(given.photo, looked, colors) };
    """
    made = run(
        body,
        {"look, colorsWith, paint": "full_size.js"},
        photo=as_photo(pixels),
        hints=as_hints(hints),
        answers=[answer.ravel() for answer in answers],
    )
    assert len(made["inputs"]) == len(shown) == (2 if hints else 1)
    for mine, its in zip(made["inputs"], shown, strict=True):
        assert mine["shape"] == list(its.shape)
        assert difference(mine["values"], its) < 1e-5
    painted = made["painted"].reshape(*pixels.shape[:2], 4)
    assert (painted[..., 3] == 255).all()
    assert difference(painted[..., :3], np.asarray(expected)) <= 1
