"""The web page, served by another process and used in a real browser."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import numpy as np
import psutil
import pytest
from PIL import ExifTags, Image, ImageCms
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from unetcolor import UNetColorizer, samples
from unetcolor.app import EXAMPLES, build_app, serve
from unetcolor.errors import MissingExtraError, ModelLoadError
from unetcolor.images import read, read_image, write_image
from unetcolor.prediction.predictor import Predictor
from unetcolor.spaces.lab import Lab

# All in one process: they share a server.
pytestmark = pytest.mark.slow

SERVE = """
import sys
from unetcolor.app import serve
serve(port=0, model=sys.argv[1], open_browser=False, max_megapixels=1, max_file_mb=1)
"""

DOCS = Path(__file__).parent.parent.parent / "docs" / "howto"

# A busy machine takes its time for the first photo.
PATIENCE = 60_000


class Server:
    def __init__(self, folder: Path) -> None:
        # A model file whose colors are its own, and which takes no hints.
        model = folder / "mine.keras"
        small = UNetColorizer("lab", filters=(4, 8), image_size=(64, 64), seed=1)
        small.fit(samples.load_portraits()[:8], epochs=1, verbose=0)
        small.save(model)
        self.model = model
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.log = folder / "log.txt"
        environment = os.environ | {"TMPDIR": str(self.temporary), "TF_CPP_MIN_LOG_LEVEL": "3"}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE, str(model)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment,
            )
        self.greeting = self.process.stdout.readline() if self.process.stdout else ""
        words = [word for word in self.greeting.split() if word.startswith("http://127.0.0.1:")]
        assert words, f"the server did not start: {self.log.read_text()}"
        self.url = words[0]
        self.port = urlsplit(self.url).port

    def stop(self) -> str:
        """Press Ctrl-C and return what was printed then."""
        self.process.send_signal(signal.SIGINT)
        output, _ = self.process.communicate(timeout=90)
        return output

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json"} | headers)
        response = connection.getresponse()
        answer = response.status, response.read().decode(errors="replace")
        connection.close()
        return answer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("app"))
    yield server
    if server.process.poll() is None:
        server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("these tests need a browser: install Debian's package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """The page, which must ask no other host for anything, and meet no error."""
    page = browser.new_page()
    hosts, errors = set(), []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.text}: {message.location['url']}")

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_default_timeout(PATIENCE)
    page.goto(server.url)
    page.get_by_label("photo", exact=True).check()
    yield page
    page.close()
    # Without a host are the blobs and data URLs that the page makes itself.
    assert hosts - {""} == {urlsplit(server.url).netloc}
    # The browser reports refused uploads, too.
    assert [error for error in errors if "413" not in error] == []


@pytest.fixture(scope="module")
def gray_photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "old coffee.png"
    Image.fromarray(samples.load_photo("coffee")).convert("L").save(path)
    return path


@pytest.fixture(scope="module")
def colorizer() -> Predictor:
    return Predictor.load("photo")


def drop(page: Page, path: Path) -> None:
    # Only without a photo can one be dropped.
    if page.get_by_test_id("download-link").count():
        page.get_by_label("Clear").click()
    page.locator("#drop input[type=file]").set_input_files(path)


def wait_for(page: Page, name: str, preset: str = "photo", saturation: str = "1") -> None:
    done = re.compile(rf"^{re.escape(name)}: \d+ x \d+ pixels, {preset}, saturation {saturation}, ")
    expect(page.locator("#status p")).to_contain_text(done, timeout=PATIENCE)
    expect(page.get_by_role("button", name="Download at full size")).to_be_enabled(timeout=PATIENCE)


def download(page: Page) -> tuple[str, np.ndarray]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download at full size").click()
    return waiting.value.suggested_filename, np.asarray(Image.open(waiting.value.path()))


def shown(page: Page) -> list[np.ndarray]:
    """Return the pixels of both pictures of the slider, as the browser has decoded them."""
    script = """async image => {
        await image.decode();
        const canvas = document.createElement("canvas");
        canvas.width = image.naturalWidth;
        canvas.height = image.naturalHeight;
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        return [canvas.height, canvas.width, Array.from(context.getImageData(0, 0, canvas.width, canvas.height).data)];
    }"""
    pictures = []
    for image in page.locator("#before-after img").all():
        height, width, values = image.evaluate(script)
        pictures.append(np.array(values, dtype=np.uint8).reshape(height, width, 4))
    return pictures


def spread(pixels: np.ndarray) -> float:
    """Return the mean distance between the largest and the smallest of R, G and B."""
    return float(np.ptp(pixels[..., :3].astype(int), axis=-1).mean())


def test_a_gray_photo_gets_the_colors_that_the_library_gives_it(
    page: Page, gray_photo: Path, colorizer: Predictor
) -> None:
    expect(page.get_by_role("button", name="Download at full size")).to_be_disabled()
    drop(page, gray_photo)
    wait_for(page, gray_photo.name)
    before, after = shown(page)
    assert before.shape == after.shape == (*read_image(gray_photo).shape, 4)
    assert spread(before) < 2
    assert spread(after) > 10
    name, pixels = download(page)
    assert name == "old coffee_color.png"
    assert np.array_equal(pixels, colorizer.predict(gray_photo))


def test_a_large_photo_is_shown_small_and_downloaded_whole(page: Page, gray_photo: Path, tmp_path: Path) -> None:
    Image.open(gray_photo).resize((2000, 400)).save(tmp_path / "wide.png")
    drop(page, tmp_path / "wide.png")
    wait_for(page, "wide.png")
    assert [picture.shape for picture in shown(page)] == [(320, 1600, 4)] * 2
    _, pixels = download(page)
    assert pixels.shape == (400, 2000, 3)


def test_on_a_phone_the_result_is_visible_without_scrolling(
    browser: Browser, server: Server, gray_photo: Path, tmp_path: Path
) -> None:
    Image.open(gray_photo).rotate(90, expand=True).save(tmp_path / "upright.png")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_default_timeout(PATIENCE)
    page.goto(server.url)
    page.get_by_label("photo", exact=True).check()
    page.evaluate("scrollTo(0, 0)")

    def is_visible() -> bool:
        parts = [page.locator("#before-after"), page.locator("#status"), page.get_by_text("Download at full size")]
        boxes = [part.bounding_box() for part in parts]
        return all(box and box["y"] > -1 and box["y"] + box["height"] < 845 for box in boxes)

    for path in (gray_photo, tmp_path / "upright.png"):
        drop(page, path)
        wait_for(page, path.name)
        assert page.evaluate("scrollY") == 0
        assert is_visible()
    # The examples stand below the result.
    page.get_by_role("button", name="rocket").click()
    assert page.evaluate("scrollY") > 0
    wait_for(page, "rocket.jpg")
    page.wait_for_function("document.getElementById('result').getBoundingClientRect().top > -1")
    assert is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_preset_and_saturation_count(page: Page, server: Server, gray_photo: Path, colorizer: Predictor) -> None:
    drop(page, gray_photo)
    wait_for(page, gray_photo.name)
    _, normal = download(page)
    number = page.get_by_label("number input for Saturation")
    number.fill("2")
    number.press("Enter")
    wait_for(page, gray_photo.name, saturation="2")
    _, vivid = download(page)
    assert np.array_equal(vivid, colorizer.predict(gray_photo, saturation=2))
    assert spread(vivid) > 1.5 * spread(normal)
    page.get_by_label("mine.keras").check()
    wait_for(page, gray_photo.name, "mine.keras", "2")
    _, other = download(page)
    assert np.array_equal(other, UNetColorizer.load(server.model).predict(gray_photo, saturation=2))
    assert not np.array_equal(other, vivid)


def test_the_page_says_what_to_try_in_the_order_of_the_docs(page: Page, colorizer: Predictor) -> None:
    advice = page.locator("#advice")
    expect(advice).to_be_hidden()
    page.get_by_role("button", name="coffee").click()
    wait_for(page, "coffee.jpg")
    expect(advice).to_be_visible()
    words = ["click where a color belongs", "another photo of the same album", "Saturations", "smaller or larger"]
    said, docs = advice.inner_text(), (DOCS / "better_colors.md").read_text()
    assert [said.index(word) for word in words] == sorted(said.index(word) for word in words)
    chapters = ["Say what you know", "colors of another photo", "stronger or weaker", "the size"]
    assert [docs.index(chapter) for chapter in chapters] == sorted(docs.index(chapter) for chapter in chapters)
    for label, size in (("twice as large", 448), ("half as large", 112)):
        page.get_by_label(label).check()
        expect(page.locator("#status p")).to_contain_text(f"seen {label}", timeout=PATIENCE)
        assert np.array_equal(download(page)[1], colorizer.predict(samples.load_photo("coffee"), size=size))


def test_an_example_is_one_click(page: Page, colorizer: Predictor) -> None:
    for name in EXAMPLES[:2]:
        page.get_by_role("button", name=name).click()
        wait_for(page, f"{name}.jpg")
        _, pixels = download(page)
        assert np.array_equal(pixels, colorizer.predict(samples.load_photo(name)))


def test_all_kinds_of_pictures_are_read_as_the_library_reads_them(
    page: Page, tmp_path: Path, colorizer: Predictor
) -> None:
    rgb = Image.fromarray(samples.load_photo("rocket"))
    gray = np.asarray(rgb.convert("L"))
    Image.fromarray(gray.astype(np.uint16) * 256 + 99).save(tmp_path / "sixteen.png")
    rgb.convert("CMYK").save(tmp_path / "cmyk.jpg")
    rgb.convert("RGBA").rotate(10).save(tmp_path / "alpha.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    rgb.save(tmp_path / "rotated.jpg", exif=exif)
    rgb.convert("L").save(tmp_path / "portable.pgm")
    for path in sorted(tmp_path.iterdir()):
        drop(page, path)
        wait_for(page, path.name)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download at full size").click()
        assert waiting.value.suggested_filename == f"{path.stem}_color.png"
        # Not through Pillow, which knows 16 bits in gray only.
        result, expected = read_image_exactly(waiting.value.path()), colorizer.predict(path)
        assert result.dtype == expected.dtype, path.name
        assert np.array_equal(result, expected), path.name


def read_image_exactly(path: Path) -> np.ndarray:
    import tensorflow as tf

    content = Path(path).read_bytes()
    # The depth stands in the PNG header.
    depth = {8: tf.uint8, 16: tf.uint16}[content[24]]
    pixels: np.ndarray = tf.io.decode_png(content, dtype=depth).numpy()
    return pixels


def test_what_cannot_be_read_is_told_and_the_next_photo_works(page: Page, gray_photo: Path, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("This is no photo.")
    Image.fromarray(samples.load_photo("coffee")).save(tmp_path / "half.jpg")
    content = (tmp_path / "half.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(content[: len(content) // 2])
    Image.new("L", (1001, 1000)).save(tmp_path / "huge.png")
    (tmp_path / "<b>bold.png").write_bytes(b"")
    for name, reason in (
        ("text.jpg", "none of these kinds of picture"),
        ("half.jpg", "truncated"),
        (
            "huge.png",
            "1,001,000 pixels, and at most 1,000,000 are taken; start unetcolor app --max-megapixels 2 to allow",
        ),
        ("bold.png", "empty"),
    ):
        (path,) = tmp_path.glob(f"*{name}")
        drop(page, path)
        status = page.locator("#status p")
        expect(status).to_contain_text(name, timeout=PATIENCE)
        expect(status).to_contain_text(reason)
        assert "/" not in status.inner_text()
        expect(page.get_by_role("button", name="Download at full size")).to_be_disabled()
        drop(page, gray_photo)
        wait_for(page, gray_photo.name)


def test_many_photos_become_one_zip_of_what_each_download_is(
    page: Page, server: Server, colorizer: Predictor, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "A. Photographer"
    for name in ("coffee", "chelsea"):
        Image.fromarray(samples.load_photo(name)).save(tmp_path / f"{name}.jpg", exif=exif)
    Image.fromarray(samples.load_photo("rocket")).convert("L").save(tmp_path / "coffee.png")
    (tmp_path / "text.jpg").write_text("This is no photo.")
    paths = [tmp_path / name for name in ("coffee.jpg", "chelsea.jpg", "coffee.png", "text.jpg")]
    queue, ready = page.locator("#queue"), page.get_by_role("button", name="Download a ZIP")
    page.locator("#drop input[type=file]").set_input_files(paths)
    wait_for(page, "coffee.jpg")
    expect(queue.locator("img")).to_have_count(3, timeout=PATIENCE)
    expect(queue.get_by_role("button", name="text.jpg cannot be read")).to_be_visible()
    expect(ready).to_be_disabled()

    def results() -> dict[str, bytes]:
        page.get_by_role("button", name="Colorize all 4 photos").click()
        expect(ready).to_be_enabled(timeout=PATIENCE)
        expect(queue.get_by_role("status")).to_contain_text("3 of 4 photos in color")
        expect(queue.get_by_role("status")).to_contain_text("cannot read text.jpg: it is none of these kinds")
        with page.expect_download() as waiting:
            ready.click()
        with zipfile.ZipFile(waiting.value.path()) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def expected(path: Path, **given: Any) -> bytes:
        original = read(path)
        target = tmp_path / "expected.png"
        write_image(target, colorizer.predict(original.pixels, **given), metadata=original.metadata)
        return target.read_bytes()

    names = dict(zip(("coffee_color.png", "chelsea_color.png", "coffee_color_2.png"), paths, strict=False))
    assert results() == {name: expected(path) for name, path in names.items()}
    # A color that is set in one photo stays there, while the user goes on to another, and is in the ZIP file.
    queue.get_by_role("button", name="chelsea.jpg").click()
    wait_for(page, "chelsea.jpg")
    expect(ready).to_be_enabled()
    click_at(open_colors(page), 0.5, 0.5)
    wait_for_colors(page, 1)
    expect(ready).to_be_disabled(timeout=PATIENCE)
    _, hinted = download(page)
    queue.get_by_role("button", name="coffee.png").click()
    wait_for(page, "coffee.png")
    wait_for_colors(page, 0)
    found = results()
    assert found["coffee_color_2.png"] == expected(paths[2])
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(found["chelsea_color.png"]))), hinted)
    assert found["chelsea_color.png"] != expected(paths[1])
    queue.get_by_role("button", name="chelsea.jpg").click()
    wait_for_colors(page, 1)
    # What holds for all photos makes the ZIP file outdated.
    number = page.get_by_label("number input for Saturation")
    number.fill("0.5")
    number.press("Enter")
    expect(ready).to_be_disabled(timeout=PATIENCE)
    wait_for_colors(page, 1)
    assert results()["coffee_color.png"] == expected(paths[0], saturation=0.5)
    folder = next(server.temporary.glob("unetcolor-page-*"))

    def has_zip() -> bool:
        # Unlike `rglob`, it takes folders that vanish meanwhile for empty.
        return any("unetcolor.zip" in names for _, _, names in os.walk(folder))

    assert has_zip()
    page.close()
    until = time.monotonic() + 30
    while has_zip() and time.monotonic() < until:
        time.sleep(0.2)
    assert not has_zip()


def test_a_saturation_is_chosen_by_eye(page: Page, gray_photo: Path, colorizer: Predictor) -> None:
    drop(page, gray_photo)
    wait_for(page, gray_photo.name)
    page.get_by_role("tab", name="Saturations").click()
    expect(page.locator(".choices img")).to_have_count(3, timeout=PATIENCE)
    page.get_by_role("button", name=f"{gray_photo.name} with saturation 1.4").click()
    wait_for(page, gray_photo.name, saturation="1.4")
    expect(page.locator("#before-after .picture")).to_be_visible()
    assert np.array_equal(download(page)[1], colorizer.predict(gray_photo, saturation=1.4))


def open_colors(page: Page) -> Locator:
    """Show the picture to click on."""
    page.get_by_role("tab", name="Change colors").click()
    canvas = page.locator("#canvas img")
    expect(canvas).to_be_visible(timeout=PATIENCE)
    return canvas


def test_the_slider_is_moved_with_the_keyboard(page: Page, gray_photo: Path) -> None:
    drop(page, gray_photo)
    wait_for(page, gray_photo.name)
    slider = page.get_by_role("slider", name="How much of the photo is gray")

    def spreads() -> list[float]:
        """Return how colorful the left and the right half look."""
        with Image.open(io.BytesIO(page.locator("#before-after .picture").screenshot())) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        # Without the handle in the middle, and the button in the corner.
        pixels, middle = pixels[len(pixels) * 2 // 3 :], pixels.shape[1] // 2
        return [spread(pixels[:, : middle - 5]), spread(pixels[:, middle + 5 :])]

    left, right = spreads()
    assert left < 2
    assert right > 10
    reached = tab_to(page, slider)
    assert reached < 10
    page.keyboard.press("Home")
    expect(slider).to_have_value("0")
    assert min(spreads()) > 10
    page.keyboard.press("End")
    assert max(spreads()) < 2
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(slider).to_have_value("97")
    # It stays there when the colors change.
    number = page.get_by_label("number input for Saturation")
    number.fill("2")
    number.press("Enter")
    wait_for(page, gray_photo.name, saturation="2")
    expect(slider).to_have_value("97")
    assert max(spreads()) < 10


def tab_to(page: Page, wanted: Locator) -> int:
    """Press Tab until something has the focus, which must be visible all the way; return how often."""
    page.mouse.move(0, 0)
    page.locator("body").click(position={"x": 2, "y": 2})
    visible = """() => {
        for (let at = document.activeElement, up = 0; at && up < 3; at = at.parentElement, up++) {
            const { outlineStyle, outlineWidth } = getComputedStyle(at);
            if (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) return true;
        }
        return document.activeElement === document.body;
    }"""
    for count in range(1, 60):
        page.keyboard.press("Tab")
        assert page.evaluate(visible), page.evaluate("document.activeElement.outerHTML")
        if wanted.evaluate("element => element === document.activeElement"):
            return count
    pytest.fail("Tab does not reach it")


def test_a_color_is_chosen_in_the_field_the_palette_or_the_photo(page: Page) -> None:
    page.get_by_role("button", name="astronaut").click()
    wait_for(page, "astronaut.jpg")
    canvas, field = open_colors(page), page.get_by_label("Color", exact=True)
    expect(field).to_have_value("#b03060")
    field.fill("#2040c0")
    click_at(canvas, *SUIT)
    wait_for_colors(page, 1)
    expect(field).to_have_value("#2040c0")
    button = page.locator("#palette .swatch").nth(3)
    color = button.get_attribute("title")
    assert color
    button.click()
    expect(field).to_have_value(color)
    click_at(canvas, *FACE)
    wait_for_colors(page, 2)
    page.get_by_label("picks up the color there").check()
    click_at(canvas, *SUIT)
    expect(field).not_to_have_value(color)
    red, green, blue = bytes.fromhex(field.input_value()[1:])
    assert blue > max(red, green) + 30


def test_a_color_is_set_with_the_keyboard_alone(page: Page, gray_photo: Path) -> None:
    drop(page, gray_photo)
    wait_for(page, gray_photo.name)
    open_colors(page)
    tab_to(page, page.locator("#canvas button"))
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    wait_for_colors(page, 1)
    height, width = read_image(gray_photo).shape
    tab_to(page, page.get_by_label("Colors that you set"))
    place = f"column {0.54 * width - 0.5:.0f}, row {0.48 * height - 0.5:.0f}"
    expect(page.get_by_role("option", name=place)).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Download at full size"))


AXE = "axe-core@4.14.1"


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, which looks for what people cannot use; npm has it in its cache, or fetches it."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.fail("this test needs npm: install Debian's packages nodejs and npm")
    folder = tmp_path_factory.mktemp("axe")
    done = subprocess.run([npm, "pack", "--prefer-offline", AXE], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"npm cannot fetch {AXE}: {done.stderr}"
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        script = archive.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode()


@pytest.mark.parametrize(("width", "height", "scheme"), [(1280, 900, "light"), (390, 844, "dark")])
def test_axe_finds_nothing_serious(
    browser: Browser, server: Server, axe: str, tmp_path: Path, width: int, height: int, scheme: Any
) -> None:
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.set_default_timeout(PATIENCE)
    page.goto(server.url)
    page.evaluate(axe)

    def check(state: str) -> None:
        script = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
            .filter(({ impact }) => ["serious", "critical"].includes(impact))
            .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200))}`)"""
        expect(page.locator(".pending")).to_have_count(0)
        # A button that has just become usable changes its color slowly.
        page.wait_for_timeout(400)
        assert page.evaluate(script) == [], state

    expect(page.get_by_role("button", name="Drop File Here")).to_be_visible()
    check("empty")
    page.get_by_label("photo", exact=True).check()
    (tmp_path / "text.jpg").write_text("This is no photo.")
    drop(page, tmp_path / "text.jpg")
    expect(page.locator("#status p")).to_contain_text("none of these kinds of picture")
    check("a problem")
    page.get_by_role("button", name="rocket").click()
    wait_for(page, "rocket.jpg")
    check("a result")
    page.get_by_role("tab", name="Saturations").click()
    expect(page.locator(".choices img")).to_have_count(3, timeout=PATIENCE)
    check("saturations")
    photos = [shutil.copy(path, tmp_path / f"{path.stem}.jpg") for path in samples.photos()[:3]]
    page.get_by_label("Clear").click()
    page.locator("#drop input[type=file]").set_input_files(photos)
    expect(page.locator("#queue img")).to_have_count(3, timeout=PATIENCE)
    wait_for(page, Path(photos[0]).name)
    check("many photos")
    page.get_by_role("button", name="Another photo of the same album").click()
    click_at(open_colors(page), 0.5, 0.5)
    wait_for_colors(page, 1)
    for name in ("Set a color by numbers", "Keep the colors for another day"):
        page.get_by_role("button", name=name).click()
    check("colors")
    page.close()


def click_at(canvas: Locator, row: float, column: float) -> None:
    """Click on a place of the photo, which is given in shares of its height and width."""
    box = canvas.bounding_box()
    assert box is not None
    canvas.click(position={"x": box["width"] * column, "y": box["height"] * row})


def wait_for_colors(page: Page, number: int) -> None:
    words = f"{number} color{'s' * (number != 1)} set"
    status = page.locator("#status p")
    if number:
        expect(status).to_contain_text(words, timeout=PATIENCE)
    else:
        expect(status).not_to_contain_text("set", timeout=PATIENCE)
    expect(page.get_by_role("button", name="Download at full size")).to_be_enabled(timeout=PATIENCE)


# Places of the astronaut, in shares of the height and the width.
SUIT, FACE = (0.62, 0.29), (0.22, 0.52)


def chroma_at(rgb: np.ndarray, place: tuple[float, float]) -> np.ndarray:
    row, column = (round(share * length) for share, length in zip(place, rgb.shape, strict=False))
    _, chroma = Lab().encode(rgb[row - 3 : row + 4, column - 3 : column + 4] / 255)
    return np.asarray(chroma.mean(axis=(0, 1)))


def test_a_click_gives_the_suit_its_color_and_the_face_keeps_its_own(page: Page) -> None:
    page.get_by_role("button", name="astronaut").click()
    wait_for(page, "astronaut.jpg")
    _, before = download(page)
    canvas = open_colors(page)
    click_at(canvas, *SUIT)
    wait_for_colors(page, 1)
    _, after = download(page)
    moved = [np.linalg.norm(chroma_at(after, place) - chroma_at(before, place)) for place in (SUIT, FACE)]
    assert moved[0] > 25
    assert moved[1] < moved[0] / 3
    # The color that is chosen at first, #b03060.
    _, wanted = Lab().encode(np.array([0xB0, 0x30, 0x60]) / 255)
    assert np.linalg.norm(chroma_at(after, SUIT) - wanted) < 12


def test_colors_are_undone_removed_and_kept_for_another_day(
    page: Page, gray_photo: Path, colorizer: Predictor, tmp_path: Path
) -> None:
    drop(page, gray_photo)
    wait_for(page, gray_photo.name)
    _, plain = download(page)
    canvas = open_colors(page)
    for number, place in enumerate([(0.2, 0.2), (0.5, 0.5), (0.8, 0.8)], start=1):
        click_at(canvas, *place)
        wait_for_colors(page, number)
    page.get_by_role("button", name="Undo").click()
    wait_for_colors(page, 2)
    page.get_by_label("removes a color").check()
    click_at(canvas, 0.2, 0.2)
    wait_for_colors(page, 1)
    _, kept = download(page)
    assert not np.array_equal(kept, plain)
    page.get_by_role("button", name="Keep the colors for another day").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download them as a layer").click()
    assert waiting.value.suggested_filename == "old coffee.png.hints.png"
    waiting.value.save_as(tmp_path / "layer.png")
    layer = read_image(tmp_path / "layer.png")
    height, width = plain.shape[:2]
    assert layer.shape == (height, width, 4)
    assert layer[height // 2, width // 2].tolist() == [0xB0, 0x30, 0x60, 255]
    page.get_by_role("button", name="Remove all").click()
    wait_for_colors(page, 0)
    assert np.array_equal(download(page)[1], plain)
    page.locator("#result input[type=file]").set_input_files(tmp_path / "layer.png")
    wait_for_colors(page, 1)
    assert np.array_equal(download(page)[1], colorizer.predict(gray_photo, hints=layer))
    assert np.abs(download(page)[1].astype(int) - kept).mean() < 1


def test_colors_can_be_set_by_keyboard_on_a_phone(browser: Browser, server: Server, gray_photo: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_default_timeout(PATIENCE)
    page.goto(server.url)
    page.get_by_label("photo", exact=True).check()
    drop(page, gray_photo)
    wait_for(page, gray_photo.name)
    open_colors(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    numbers = page.get_by_role("button", name="Set a color by numbers")
    numbers.focus()
    page.keyboard.press("Enter")
    for label, value in (("Column", "40"), ("Row", "99999")):
        page.get_by_label(label, exact=True).fill(value)
    page.locator("#palette .swatch").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Set the color there").focus()
    page.keyboard.press("Enter")
    wait_for_colors(page, 1)
    page.close()


def test_a_reference_pulls_the_colors(page: Page, gray_photo: Path, colorizer: Predictor, tmp_path: Path) -> None:
    drop(page, gray_photo)
    wait_for(page, gray_photo.name)
    color = samples.load_photo("chelsea")
    Image.fromarray(color).save(tmp_path / "cat.png")
    page.get_by_role("button", name="Another photo of the same album").click()
    page.locator("#settings input[type=file]").set_input_files(tmp_path / "cat.png")
    expect(page.locator("#status p")).to_contain_text("with a reference", timeout=PATIENCE)
    _, pixels = download(page)
    assert np.array_equal(pixels, colorizer.predict(gray_photo, reference=color))


def test_edits_leave_few_files_and_a_closed_page_leaves_none(
    browser: Browser, server: Server, gray_photo: Path, tmp_path: Path
) -> None:
    def files() -> list[str]:
        (folder,) = server.temporary.glob("unetcolor-page-*")
        return [name for _, _, names in os.walk(folder) for name in names if name.startswith("edited")]

    photo = shutil.copy(gray_photo, tmp_path / "edited.png")
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(server.url)
    page.get_by_label("photo", exact=True).check()
    drop(page, photo)
    wait_for(page, photo.name)
    canvas = open_colors(page)
    for count, row in enumerate((0.2, 0.4, 0.6, 0.8), start=1):
        click_at(canvas, row, row)
        wait_for_colors(page, count)
    assert sorted(files()) == [
        *("edited.png", "edited.png.hints.png", "edited.png.hints.png", "edited_color.png", "edited_color.png"),
    ]
    # In the middle of its work.
    click_at(canvas, 0.1, 0.1)
    page.close()
    until = time.monotonic() + 30
    while files() and time.monotonic() < until:
        time.sleep(0.2)
    time.sleep(1)
    assert files() == []


def test_a_photo_that_is_no_longer_kept_is_told(
    page: Page, browser: Browser, server: Server, gray_photo: Path, tmp_path: Path
) -> None:
    drop(page, gray_photo)
    wait_for(page, gray_photo.name)
    canvas = open_colors(page)
    # Another page opens another photo, so that this one would have to be read again.
    other = browser.new_page()
    other.set_default_timeout(PATIENCE)
    other.goto(server.url)
    Image.new("L", (64, 48), 99).save(tmp_path / "other.png")
    drop(other, tmp_path / "other.png")
    wait_for(other, "other.png", "mine.keras")
    other.close()
    (folder,) = server.temporary.glob("unetcolor-page-*")
    for path in folder.rglob(gray_photo.name):
        path.unlink()
    told = "the page does not keep this photo any more; drop it again"
    click_at(canvas, 0.5, 0.5)
    expect(page.get_by_test_id("toast-body")).to_contain_text(told)
    number = page.get_by_label("number input for Saturation")
    number.fill("1.5")
    number.press("Enter")
    expect(page.locator("#status p")).to_contain_text(f"{gray_photo.name}: {told}", timeout=PATIENCE)


def test_a_download_has_the_exif_data_and_the_color_profile_of_the_photo(
    page: Page, tmp_path: Path, colorizer: Predictor
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Copyright] = "Camera", "Somebody"
    exif[ExifTags.Base.Orientation] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = Image.fromarray(samples.load_photo("rocket"))
    photo.save(tmp_path / "photo.jpg", exif=exif, icc_profile=profile)
    drop(page, tmp_path / "photo.jpg")
    wait_for(page, "photo.jpg")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download at full size").click()
    waiting.value.save_as(tmp_path / "page.png")
    # As the command does it.
    original = read(tmp_path / "photo.jpg")
    write_image(tmp_path / "command.png", colorizer.predict(original.pixels), metadata=original.metadata)
    assert (tmp_path / "page.png").read_bytes() == (tmp_path / "command.png").read_bytes()
    with Image.open(tmp_path / "page.png") as result:
        assert result.info["icc_profile"] == profile
        assert result.getexif()[ExifTags.Base.Copyright] == "Somebody"
        assert ExifTags.Base.Orientation not in result.getexif()


def test_a_model_without_hints_says_so(page: Page, gray_photo: Path) -> None:
    page.get_by_label("mine.keras").check()
    drop(page, gray_photo)
    wait_for(page, gray_photo.name, "mine.keras")
    click_at(open_colors(page), 0.5, 0.5)
    expect(page.locator("#status p")).to_contain_text("this model takes no hints", timeout=PATIENCE)


def test_a_file_that_is_too_large_is_refused(page: Page, gray_photo: Path, tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(bytes(2**20 + 1))
    drop(page, tmp_path / "large.png")
    expect(page.get_by_text("exceed the maximum allowed size").first).to_be_visible()
    # Gradio does not know the option.
    expect(page.locator("#limits")).to_have_text(
        "Up to 1 megapixels and 1 MB; unetcolor app takes more with --max-megapixels and --max-file-mb."
    )
    drop(page, gray_photo)
    wait_for(page, gray_photo.name)


def test_the_page_says_what_it_is_in_light_and_dark(browser: Browser, server: Server) -> None:
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(server.url)
        expect(page.get_by_role("heading", name="unetcolor")).to_be_visible()
        expect(page.get_by_text("Photos stay on this computer")).to_be_visible()
        expect(page.get_by_text("Up to 1 megapixels and 1 MB")).to_be_visible()
        assert page.get_by_label("mine.keras").is_checked()
        page.close()


def test_only_this_computer_is_answered(server: Server) -> None:
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(server.process.pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]


@pytest.mark.parametrize(
    "name", ["photos.example:80", "127.0.0.1.photos.example", "localhost.", "[::1]", "0.0.0.0", ""]
)
def test_names_that_another_website_may_have_given_are_refused(server: Server, name: str) -> None:
    for path in ("/", "/config", "/gradio_api/upload"):
        status, answer = server.ask("GET", path, Host=name)
        assert (status, answer) == (400, "Invalid host header")


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", {"Origin": "http://photos.example"}),
        ("GET", "/", {"Origin": "http://[", "Host": "localhost"}),
        ("POST", "/gradio_api/upload", {"Origin": "null"}),
        ("GET", "/gradio_api/file=/etc/passwd", {}),
        ("GET", "/gradio_api/file=" + quote(__file__), {}),
        ("GET", "/gradio_api/file=%00", {}),
        ("GET", "/gradio_api/file={folder}/%2e%2e/%2e%2e/log.txt", {}),
        ("GET", "/gradio_api/file=http://127.0.0.1:1/", {}),
        ("GET", "/gradio_api/file=https://photos.example/photo.jpg", {}),
        ("GET", "/gradio_api/proxy=https://photos.example/photo.jpg", {}),
        ("GET", "/gradio_api/info", {}),
        ("POST", "/gradio_api/call/colorize", {}),
        ("POST", "/gradio_api/vibe-edit", {}),
        ("GET", "/monitoring", {}),
        ("GET", "/gradio_api/runs", {}),
        ("PUT", "/", {}),
        ("OPTIONS", "/gradio_api/upload", {}),
    ],
)
def test_what_the_page_does_not_need_is_refused(
    server: Server, method: str, path: str, headers: dict[str, str]
) -> None:
    (folder,) = server.temporary.glob("unetcolor-*")
    assert server.ask(method, path.replace("{folder}", str(folder)), **headers) == (403, "refused")


@pytest.mark.parametrize(
    "path",
    [
        "\0",
        "/etc/passwd",
        "http://127.0.0.1:1/photo.jpg",
        "https://photos.example/photo.jpg",
        "file:///etc/passwd",
        "..",
        7,
    ],
)
def test_no_message_makes_the_server_read_anything_else(server: Server, path: Any) -> None:
    status, config = server.ask("GET", "/config")
    assert status == 200
    # Photo, colorizer, saturation, size, hints, layer, reference.
    asked = [one for one in json.loads(config)["dependencies"] if len(one["inputs"]) == 7]
    assert asked
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    for data in (
        [file, "photo"],
        [[file], "photo"],
        [None, file],
        [None, "photo", 1, "", [], file],
        [None] * 6 + [file],
    ):
        message = {"data": data + [None] * (7 - len(data)), "fn_index": asked[0]["id"], "session_hash": "test"}
        assert server.ask("POST", "/gradio_api/queue/join", message) == (403, "refused")


def test_the_message_must_be_short_and_json(server: Server) -> None:
    assert server.ask("POST", "/gradio_api/queue/join", "x" * 1_000_000) == (403, "refused")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", "/gradio_api/queue/join", "{", {"Content-Type": "application/json"})
    assert connection.getresponse().status == 403
    connection.close()


def test_the_server_refuses_large_files_itself(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    part = b'--end\r\nContent-Disposition: form-data; name="files"; filename="large.png"\r\n\r\n%s\r\n--end--\r\n'
    for size, status in ((2**20, 200), (2**20 + 1, 413)):
        connection.request(
            "POST", "/gradio_api/upload", part % bytes(size), {"Content-Type": "multipart/form-data; boundary=end"}
        )
        response = connection.getresponse()
        response.read()
        assert response.status == status
    connection.close()


def test_the_browser_is_told_to_ask_nobody_else(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/")
    policy = connection.getresponse().headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'; ")
    assert "http" not in policy
    connection.close()


def test_programs_are_answered_next_to_the_page(server: Server, gray_photo: Path, colorizer: Predictor) -> None:
    def post(content: bytes, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("POST", "/colorize?model=photo", content, headers)
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer

    status, answer = post(gray_photo.read_bytes())
    assert status == 200
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(answer))), colorizer.predict(gray_photo))
    large = io.BytesIO()
    Image.new("L", (1001, 1000)).save(large, "PNG")
    for content, headers, status, words in (
        (b"no photo", {}, 400, "it is none of these kinds"),
        (b"", {"Origin": "http://photos.example"}, 403, "other websites"),
        (b"", {"Host": "photos.example"}, 400, "photos.example"),
        (large.getvalue(), {}, 413, "unetcolor app --max-megapixels 2"),
        (bytes(2**20 + 1), {}, 413, "at most 1 MB"),
    ):
        refused, answer = post(content, **headers)
        assert refused == status
        assert words in json.loads(answer)["error"]
    status, health = server.ask("GET", "/health")
    assert (status, json.loads(health)["models"][:2]) == (200, ["mine.keras", "photo"])
    assert server.ask("GET", "/")[0] == 200


def test_ctrl_c_stops_it_and_leaves_nothing(tmp_path: Path, browser: Browser, gray_photo: Path) -> None:
    server = Server(tmp_path)
    page = browser.new_page()
    page.goto(server.url)
    drop(page, gray_photo)
    wait_for(page, gray_photo.name, "mine.keras")
    (folder,) = server.temporary.glob("unetcolor-*")
    assert folder.stat().st_mode & 0o077 == 0
    assert server.stop() == ""
    assert server.process.returncode == 0
    assert list(server.temporary.iterdir()) == []
    assert "Traceback" not in server.log.read_text()
    page.close()


def test_a_taken_port_is_told() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(OSError, match=f"cannot use port {port} of 127.0.0.1: .*; give another one, or 0 for any"):
            serve(port=port, open_browser=False)


def test_a_broken_model_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "broken.keras").write_text("no model")
    with pytest.raises(ModelLoadError, match=r"broken\.keras"):
        build_app(model=tmp_path / "broken.keras")


def test_a_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(MissingExtraError, match=r'gradio: pip install "unetcolor\[app\]"'):
        build_app()
