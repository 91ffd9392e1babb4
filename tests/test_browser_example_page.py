"""The example for the browser, as a user has it: its page, from a file server, in a real browser.

Its runtime comes from npm: from ``examples/browser/node_modules``, or else from npm's registry. Without npm these tests
fail; where it is offline they are skipped, and say so. What the page computes is also tested without either, in
``test_browser_example.py``.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import ExifTags, Image
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from unetcolor import Hint, UNetColorizer, samples
from unetcolor.images import read_image
from unetcolor.models import presets
from unetcolor.prediction.predictor import Predictor

# All in one process: they share a server.
pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parent.parent / "examples" / "browser"
MODEL = Path(presets.__file__).parent / "shipped" / "photo.onnx"
PINNED = json.loads((EXAMPLE / "package.json").read_text())["dependencies"]["onnxruntime-web"]

# A busy machine takes its time for the first photo.
PATIENCE = 120_000

# What npm says when it reaches no registry.
OFFLINE = re.compile("ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|E403")


def is_installed() -> bool:
    package = EXAMPLE / "node_modules" / "onnxruntime-web" / "package.json"
    return package.exists() and json.loads(package.read_text())["version"] == PINNED


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Set the example up in a folder of its own."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.fail("these tests need npm: install Debian's packages nodejs and npm")
    folder = tmp_path_factory.mktemp("example") / "browser"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules", "vendor"))
    if is_installed():
        (folder / "node_modules").symlink_to(EXAMPLE / "node_modules")
    else:
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True
        )
        if done.returncode and OFFLINE.search(done.stderr):
            pytest.skip(f"onnxruntime-web is not in examples/browser/node_modules, and npm is offline: {done.stderr}")
        assert done.returncode == 0, done.stderr
    subprocess.run([node, "setup.mjs", str(MODEL)], cwd=folder, check=True)
    return folder


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


def launch(playwright: Playwright, *arguments: str) -> Browser:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("these tests need a browser: install Debian's package chromium")
    return playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", *arguments])


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


class Met(NamedTuple):
    """What the page asked the network for, and the errors that it met."""

    requests: list[tuple[str, str | None, str]]
    errors: list[str]


@pytest.fixture(scope="module")
def opened(browser: Browser, url: str) -> Iterator[tuple[Page, Met]]:
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    met = Met([], [])
    page.context.on("request", lambda request: met.requests.append((request.method, request.post_data, request.url)))
    page.on("console", lambda message: met.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: met.errors.append(str(error)))
    page.set_default_timeout(PATIENCE)
    page.goto(url)
    expect(page.get_by_role("status")).to_have_text("Ready: choose a photo.", timeout=PATIENCE)
    yield page, met
    page.close()


@pytest.fixture
def page(opened: tuple[Page, Met], url: str) -> Iterator[Page]:
    """The page, which must send nothing and meet no error."""
    page, met = opened
    yield page
    # Without a host are the blobs and data URLs that the page makes itself.
    sent_to = {(method, data, urlsplit(address).netloc) for method, data, address in met.requests}
    assert sent_to - {("GET", None, "")} == {("GET", None, urlsplit(url).netloc)}
    assert met.errors == []


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    # What the browser computes in, too.
    return UNetColorizer.from_preset("photo").predictor(precision="float32")


@pytest.fixture(scope="module")
def gray_photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "old coffee.png"
    Image.fromarray(samples.load_photo("coffee")).convert("L").save(path)
    return path


def choose(page: Page, path: Path) -> None:
    page.get_by_label("Choose a photo").set_input_files(path)


def wait_for(page: Page, path: Path) -> None:
    done = re.compile(
        rf"^{re.escape(path.name)}: \d+ x \d+ pixels, colored in [\d.]+ s; "
        r"the network took [\d.]+ s on one WASM thread\.$"
    )
    expect(page.get_by_role("status")).to_have_text(done, timeout=PATIENCE)
    expect(page.get_by_role("button", name="Download PNG")).to_be_enabled(timeout=PATIENCE)


def download(page: Page, kind: str = "PNG") -> tuple[str, np.ndarray]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Download {kind}").click()
    return waiting.value.suggested_filename, np.asarray(Image.open(waiting.value.path()))


def is_near(mine: np.ndarray, its: np.ndarray, levels: int = 2) -> bool:
    assert mine.shape == its.shape
    return int(np.abs(mine.astype(int) - its).max()) <= levels


def shown(page: Page, name: str) -> np.ndarray:
    """Return the pixels of a canvas."""
    script = """canvas => {
        const copy = document.createElement("canvas");
        [copy.width, copy.height] = [canvas.width, canvas.height];
        const context = copy.getContext("2d");
        context.drawImage(canvas, 0, 0);
        const { data } = context.getImageData(0, 0, copy.width, copy.height);
        return [copy.height, copy.width, Array.from(data)];
    }"""
    height, width, values = page.get_by_role("img", name=name, exact=True).evaluate(script)
    return np.array(values, np.uint8).reshape(height, width, 4)[..., :3]


def opaque(pixels: np.ndarray) -> np.ndarray:
    assert (pixels[..., 3:] == 255).all()
    return pixels[..., :3]


def test_a_dropped_photo_gets_the_colors_that_the_library_gives_it(
    page: Page, gray_photo: Path, predictor: Predictor
) -> None:
    drop = """([content, name]) => {
        const files = new DataTransfer();
        const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
        files.items.add(new File([bytes], name, { type: "image/png" }));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(drop, [base64.b64encode(gray_photo.read_bytes()).decode(), gray_photo.name])
    wait_for(page, gray_photo)
    expected = predictor.predict(gray_photo)
    name, pixels = download(page)
    assert name == "old coffee_color.png"
    assert is_near(opaque(pixels), expected)
    assert np.array_equal(shown(page, "The photo in color"), opaque(pixels))
    gray = read_image(gray_photo)
    assert np.array_equal(shown(page, "The photo in gray"), np.repeat(gray[..., np.newaxis], 3, axis=-1))
    name, pixels = download(page, "JPEG")
    assert name == "old coffee_color.jpg"
    assert np.abs(pixels.astype(int) - expected).mean() < 3


def test_the_slider_shows_gray_and_color(page: Page, gray_photo: Path) -> None:
    choose(page, gray_photo)
    wait_for(page, gray_photo)
    stage = page.get_by_role("application")
    slider = page.get_by_role("slider")

    def spread() -> list[float]:
        """Return how colorful the left and the right half look."""
        box = stage.bounding_box()
        assert box is not None
        page.screenshot(path=gray_photo.with_name("screen.png"), clip=box)
        with Image.open(gray_photo.with_name("screen.png")) as picture:
            colors = np.ptp(np.asarray(picture.convert("RGB"), np.int16), axis=-1)
        middle = colors.shape[1] // 2
        return [float(half.mean()) for half in (colors[:, : middle - 5], colors[:, middle + 5 :])]

    assert min(spread()) > 10
    slider.fill("50")
    left, right = spread()
    assert left < 2
    assert right > 10
    slider.press("End")
    assert max(spread()) < 2
    slider.fill("0")


def test_a_color_photo_is_taken_as_gray_of_equal_luminance(page: Page, tmp_path: Path, predictor: Predictor) -> None:
    pixels = samples.load_photo("chelsea")
    Image.fromarray(pixels).save(tmp_path / "cat.png")
    choose(page, tmp_path / "cat.png")
    wait_for(page, tmp_path / "cat.png")
    _, result = download(page)
    assert is_near(opaque(result), predictor.predict(pixels))
    assert is_near(shown(page, "The photo in gray"), predictor.codec.plain_gray(pixels))


def test_a_turned_jpeg_and_transparency(page: Page, tmp_path: Path, predictor: Predictor) -> None:
    photo = Image.fromarray(samples.load_photo("rocket"))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    photo.convert("L").save(tmp_path / "turned.jpg", exif=exif, quality=95)
    alpha = Image.fromarray(np.tile(np.array([0, 255], np.uint8), (photo.height, photo.width // 2)))
    choose(page, tmp_path / "turned.jpg")
    wait_for(page, tmp_path / "turned.jpg")
    _, result = download(page)
    assert is_near(opaque(result), predictor.predict(tmp_path / "turned.jpg"))
    layered = photo.convert("L").convert("RGBA")
    layered.putalpha(alpha)
    layered.save(tmp_path / "layered.png")
    choose(page, tmp_path / "layered.png")
    wait_for(page, tmp_path / "layered.png")
    _, result = download(page)
    assert np.array_equal(result[..., 3], np.asarray(alpha))


def test_hints_are_followed_as_by_the_library(page: Page, gray_photo: Path, predictor: Predictor) -> None:
    choose(page, gray_photo)
    wait_for(page, gray_photo)
    _, without = download(page)
    stage = page.get_by_role("application")
    box = stage.bounding_box()
    assert box is not None
    height, width = read_image(gray_photo).shape
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    clicks = [("navy", "#2b3f7a", 0.4, 0.25), ("leaves", "#5b7f3a", 0.9, 0.8)]
    for count, (swatch, _, down, across) in enumerate(clicks, start=1):
        page.get_by_role("button", name=swatch).click()
        stage.click(position={"x": across * box["width"], "y": down * box["height"]})
        expect(page.get_by_text(f"{count} color")).to_be_visible()
    wait_for(page, gray_photo)
    # A click is at a whole pixel of the screen, so the marks tell which pixel of the photo it hit.
    marks = page.locator(".mark").evaluate_all("marks => marks.map(({ style }) => [style.top, style.left])")
    places = [(float(top.rstrip("%")) / 100, float(left.rstrip("%")) / 100) for top, left in marks]
    assert np.array(places) == pytest.approx(np.array([clicked[2:] for clicked in clicks]), abs=0.01)
    hints = [
        Hint(int(down * height), int(across * width), color)
        for (down, across), (_, color, *_) in zip(places, clicks, strict=True)
    ]
    _, pixels = download(page)
    assert is_near(opaque(pixels), predictor.predict(gray_photo, hints=hints))
    assert not is_near(pixels, without, 30)
    undo.click()
    wait_for(page, gray_photo)
    _, pixels = download(page)
    assert is_near(opaque(pixels), predictor.predict(gray_photo, hints=hints[:1]))
    page.get_by_role("button", name="Remove all").click()
    wait_for(page, gray_photo)
    _, pixels = download(page)
    assert np.array_equal(pixels, without)


def test_hints_are_given_from_the_keyboard(page: Page, gray_photo: Path, predictor: Predictor) -> None:
    choose(page, gray_photo)
    wait_for(page, gray_photo)
    # The cross starts in the middle, and takes steps of a fiftieth.
    page.get_by_label("Color", exact=True).fill("#d8b23c")
    page.get_by_role("application").focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_text("1 color is set.")).to_be_visible()
    wait_for(page, gray_photo)
    height, width = read_image(gray_photo).shape
    _, pixels = download(page)
    hint = Hint(int(0.5 * height), int(0.54 * width), "#d8b23c")
    assert is_near(opaque(pixels), predictor.predict(gray_photo, hints=[hint]))


def test_a_photo_of_12_megapixels_comes_whole_and_leaves_the_page_alive(
    page: Page, gray_photo: Path, tmp_path: Path, predictor: Predictor
) -> None:
    path = tmp_path / "large.jpg"
    with Image.open(gray_photo) as photo:
        photo.resize((4000, 3000), Image.Resampling.BICUBIC).save(path, quality=95)
    page.evaluate("""() => {
        window.words = [];
        const status = document.querySelector("[role=status]");
        new MutationObserver(() => words.push(status.textContent)).observe(status, { childList: true });
    }""")
    choose(page, path)
    wait_for(page, path)
    # What the page was told while the work went on.
    words = page.evaluate("words")
    assert len({word for word in words if word.startswith("Coloring: ")}) > 5
    _, result = download(page)
    assert is_near(opaque(result), predictor.predict(path))
    page.get_by_role("button", name="Show every pixel").click()
    box = page.get_by_role("application").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (4000, 3000)
    page.get_by_role("button", name="Show every pixel").click()


def test_what_cannot_be_read_is_told_and_the_next_photo_works(page: Page, gray_photo: Path, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("This is no photo.")
    (tmp_path / "empty.png").write_bytes(b"")
    Image.new("1", (6001, 6000)).save(tmp_path / "huge.png")
    for name, reason in (
        ("text.jpg", "this is none of them, damaged, or too large"),
        ("empty.png", "this is none of them, damaged, or too large"),
        ("huge.png", "6001 x 6000 pixels are too many"),
    ):
        choose(page, tmp_path / name)
        status = page.get_by_role("status")
        expect(status).to_contain_text(f"{name}: ", timeout=PATIENCE)
        expect(status).to_contain_text(reason)
        expect(page.get_by_role("button", name="Download PNG")).to_be_hidden()
        choose(page, gray_photo)
        wait_for(page, gray_photo)


def test_the_page_fits_a_phone(browser: Browser, url: str, gray_photo: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.goto(url)
    choose(page, gray_photo)
    wait_for(page, gray_photo)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in page.locator("button:visible").all():
        box = control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 40
    page.close()


def test_a_missing_model_is_told(browser: Browser, folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "browser"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("node_modules", "vendor"))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(copy))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        for missing in ("ort.wasm.bundle.min.mjs", "photo.onnx"):
            expect(page.get_by_role("status")).to_contain_text(f"vendor/{missing} is missing: run npm install")
            (copy / "vendor").mkdir(exist_ok=True)
            shutil.copy(folder / "vendor" / "ort.wasm.bundle.min.mjs", copy / "vendor")
            page.reload()
        page.close()
        server.shutdown()
        thread.join()


def test_a_page_without_a_server_says_what_to_do(browser: Browser, folder: Path) -> None:
    page = browser.new_page()
    page.goto((folder / "index.html").as_uri())
    status = page.get_by_role("status")
    expect(status).to_be_visible()
    expect(status).to_contain_text("python -m http.server")
    page.close()


def test_a_browser_without_webassembly_is_told(playwright: Playwright, url: str) -> None:
    browser = launch(playwright, "--js-flags=--jitless")
    page = browser.new_page()
    page.goto(url)
    expect(page.get_by_role("status")).to_contain_text("this browser has no WebAssembly", timeout=PATIENCE)
    browser.close()
