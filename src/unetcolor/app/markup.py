"""What the page shows of pictures, in HTML, with the scripts that belong to it.

Gradio's own slider and picture can be used with a mouse only. It changes of the HTML what differs from the last one, so
that a slider stays where it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

# The address at which Gradio serves a file; the page is at the root.
_FILE = "gradio_api/file="

# Four corners.
_ICON = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M6 1H1v5M10 1h5v5M6 15H1v-5M10 15h5v-5"/></svg>'

SLIDER_SCRIPT = """
element.addEventListener("input", (event) => element.style.setProperty("--at", `${event.target.value}%`));
element.addEventListener("click", (event) => {
  if (!event.target.closest("button")) return;
  if (document.fullscreenElement) document.exitFullscreen();
  else element.requestFullscreen();
});
"""

# A click at a place, in shares of the width and the height. Arrow keys move a cross, which is where Enter clicks.
CANVAS_SCRIPT = """
const cross = { x: 0.5, y: 0.5 };
const moves = { ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowUp: ["y", -1], ArrowDown: ["y", 1] };
element.addEventListener("keydown", (event) => {
  if (!(event.key in moves)) return;
  const [axis, sign] = moves[event.key];
  cross[axis] = Math.min(Math.max(cross[axis] + 0.02 * sign, 0), 1);
  element.style.setProperty(`--${axis}`, `${100 * cross[axis]}%`);
  event.preventDefault();
});
element.addEventListener("click", (event) => {
  const image = event.target.closest("button")?.querySelector("img");
  if (!image) return;
  const box = image.getBoundingClientRect();
  const isKey = event.detail === 0;
  const x = isKey ? cross.x : (event.clientX - box.left) / box.width;
  const y = isKey ? cross.y : (event.clientY - box.top) / box.height;
  trigger("select", { x, y });
});
"""

PALETTE_SCRIPT = """
const choose = (color) => trigger("select", { color });
element.addEventListener("change", (event) => choose(event.target.value));
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  element.querySelector("input").value = button.dataset.color;
  choose(button.dataset.color);
});
"""

CHOICES_SCRIPT = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) trigger("select", { saturation: Number(button.value) });
});
"""

QUEUE_SCRIPT = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) trigger("select", { number: Number(button.value) });
});
"""


def message(text: str, kind: str = "") -> str:
    """Return the line of text below the pictures."""
    return f'<p role="status" class="{kind}">{escape(text)}</p>'


def before_and_after(pictures: tuple[Path, Path] | None, name: str, size: tuple[int, int] = (1, 1)) -> str:
    """Return a slider between a photo of a size ``(height, width)`` in gray and in color, or what stands in its place.

    Parameters
    ----------
    pictures
        The files of both pictures.
    name
        What the photo is called.
    size
        Its height and width.
    """
    before, after = pictures or (None, None)
    return f"""<div class="picture" {_frame(size)} {"" if pictures else "hidden"}>
<img {_source(before)} alt="{escape(name)} in gray" class="before">
<img {_source(after)} alt="{escape(name)} in color" class="after">
<input type="range" min="0" max="100" value="50" aria-label="How much of the photo is gray, from the left, in percent">
<button type="button" aria-label="The whole screen, or no more" title="Whole screen">{_ICON}</button>
</div><p class="nothing" {"hidden" if pictures else ""}>The photo appears here in gray and in color.</p>"""


def canvas(picture: Path | None, name: str, size: tuple[int, int] = (1, 1)) -> str:
    """Return a picture to click on, or what stands in its place."""
    if picture is None:
        return '<p class="nothing">The photo appears here, to click on.</p>'
    label = (
        f"{escape(name)} in color: click where a color belongs, or move the cross with the arrow keys and press Enter"
    )
    return f"""<div class="picture" {_frame(size)}><button type="button" aria-label="{label}">
<img {_source(picture)} alt=""><span class="cross"></span></button></div>"""


def choices(pictures: Mapping[float, str], name: str) -> str:
    """Return a button for each saturation, with the address of its picture, or what stands in their place."""
    if not pictures:
        return '<p class="nothing">The photo appears here, paler and more vivid.</p>'
    buttons = "".join(
        f'<button type="button" value="{saturation:g}"><img src="{address}" alt="{escape(name)} with "> '
        f"<span>saturation {saturation:g}</span></button>"
        for saturation, address in pictures.items()
    )
    return f'<div class="choices">{buttons}</div>'


def palette_of(colors: Sequence[str], chosen: str) -> str:
    """Return a field with the color that is chosen, and a button for each of some others."""
    return f'<label>Color <input type="color" value="{chosen}"></label>' + "".join(
        f'<button type="button" class="swatch" style="background: {color}" data-color="{color}" title="{color}"'
        f' aria-label="Choose the color {color}"></button>'
        for color in colors
    )


def _source(path: Path | None) -> str:
    return "" if path is None else f'src="{_FILE}{quote(str(path))}"'


def _frame(size: tuple[int, int]) -> str:
    height, width = size
    return f'style="--height: {height}; --width: {width}"'
