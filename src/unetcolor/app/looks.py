"""How the page looks, on a screen and on a phone."""

from __future__ import annotations

from typing import Any

# On a phone, the result stands below the photo that was dropped, and before what can be set.
STYLE = """
.gradio-container { max-width: 1240px !important; margin: 0 auto !important; --color-accent: #2563eb; }
.dark .gradio-container, .gradio-container.dark { --color-accent: #60a5fa; }
.gradio-container :focus-visible { outline: 3px solid var(--color-accent) !important; outline-offset: 2px; }
#heading p { margin-top: 0.3em; }
:is(#heading p + p, #limits p, #limits code, #advice p, #footer p) { color: var(--body-text-color-subdued); }
:is(#heading p + p, #limits p, #limits code, #advice p, #footer p) { font-size: var(--text-sm); }
#footer p { text-align: center; }
#work { display: grid; grid: "drop result" auto "settings result" 1fr / minmax(0, 2fr) minmax(0, 3fr); }
#work { --tall: 500px; }
#drop { grid-area: drop; gap: 6px; }
#work .html-container { padding: 0 !important; }
#limits p { margin: 0; }
#limits code { font-size: inherit; padding: 0; border: 0; background: none; white-space: nowrap; }
#result { grid-area: result; }
#result:has(.picture[hidden]) #advice { display: none; }
#settings { grid-area: settings; }
#examples p { font-size: var(--text-sm); }
#examples button { flex-direction: column; gap: 6px; padding: 6px; font-weight: 400; font-size: var(--text-sm); }
#examples img { width: 100%; height: 84px; margin: 0; border-radius: 4px; object-fit: cover; filter: grayscale(1); }
#result .tabitem { padding: 12px 0 0 !important; }
.nothing { display: grid; place-content: center; height: var(--tall); border-radius: 4px; text-align: center; }
.nothing { border: 1px dashed var(--border-color-primary); color: var(--body-text-color-subdued); }
[hidden] { display: none !important; }
.picture { position: relative; display: grid; margin: 0 auto; aspect-ratio: var(--width) / var(--height); }
.picture { width: min(100%, calc(var(--tall) * var(--width) / var(--height))); }
.picture img { grid-area: 1 / 1; width: 100%; height: 100%; margin: 0; }
.picture .before { clip-path: inset(0 calc(100% - var(--at, 50%)) 0 0); }
.picture .after { clip-path: inset(0 0 0 var(--at, 50%)); }
.picture input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize; }
.picture input { appearance: none; touch-action: pan-y; }
.picture input::-webkit-slider-thumb { appearance: none; width: 1px; }
.picture input::-moz-range-thumb { width: 1px; border: 0; }
.picture:has(> input)::before, .picture:has(> input)::after { position: absolute; left: var(--at, 50%); content: ""; }
.picture:has(> input)::before { top: 0; bottom: 0; width: 2px; margin-left: -1px; background: #fff; z-index: 1; }
.picture:has(> input)::after { content: "◂ ▸"; top: 50%; width: 44px; height: 32px; margin: -16px -22px; z-index: 1; }
.picture:has(> input)::after { background: #2563eb; color: #fff; border-radius: 6px; text-align: center; }
.picture:has(> input)::after { font: 20px/30px sans-serif; }
.picture:has(> input)::before, .picture:has(> input)::after { pointer-events: none; box-shadow: 0 0 3px #0008; }
.picture:has(> input:focus-visible) { outline: 3px solid var(--color-accent); outline-offset: 2px; }
.picture > input + button { position: absolute; top: 6px; right: 6px; width: 36px; height: 36px; z-index: 2; }
.picture > input + button { padding: 9px; background: #000a; border-radius: 6px; }
.picture svg { display: block; fill: none; stroke: #fff; stroke-width: 2; }
:fullscreen { display: grid; place-content: center; grid-template-columns: 100%; background: #000; --tall: 100vh; }
.picture > button:first-child { grid-area: 1 / 1; position: relative; cursor: crosshair; padding: 0; }
.cross { position: absolute; left: var(--x, 50%); top: var(--y, 50%); width: 24px; height: 24px; margin: -12px; }
.cross { display: none; border: 2px solid #fff; border-radius: 50%; box-shadow: 0 0 0 2px #000, inset 0 0 0 2px #000; }
:focus-visible > .cross { display: block; }
#palette .html-container > div { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; }
#palette label { display: flex; align-items: center; gap: 8px; margin-right: 12px; }
#palette input { width: 64px; height: 36px; padding: 2px; cursor: pointer; }
.dark .download-link { color: var(--color-accent) !important; }
.choices { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 8px; }
.choices button { padding: 4px; border-radius: 4px; background: var(--button-secondary-background-fill); }
.choices button:hover { background: var(--button-secondary-background-fill-hover); }
.choices img { width: 100%; margin: 0 0 4px; }
.queue { display: grid; grid-template-columns: repeat(auto-fill, minmax(96px, 1fr)); gap: 8px; }
.queue { margin: 0; padding: 2px; max-height: 300px; overflow-y: auto; list-style: none; }
.queue li { margin: 0; }
.queue button { width: 100%; padding: 4px; border-radius: 4px; background: var(--button-secondary-background-fill); }
.queue button[aria-pressed=true] { outline: 2px solid var(--color-accent); }
.queue img, .queue .none { display: block; width: 100%; height: 72px; object-fit: cover; border-radius: 2px; }
.queue .none { background: var(--border-color-primary); }
.queue span, .queue small { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.queue button { font-size: var(--text-sm); }
#queue p { margin: 6px 0 0; }
.swatch { width: 36px; height: 36px; border: 1px solid #8886; border-radius: 4px; }
#status, #status * { margin: 0; padding: 0; }
#status .pending { opacity: 1 !important; }
#status p { min-height: 1.5em; }
#status .problem { color: #b91c1c; font-weight: 600; }
.dark #status .problem { color: #fca5a5; }
@media (max-width: 767px) {
  .gradio-container main { padding: 12px 16px !important; }
  #heading h1 { margin: 0; }
  #work { grid: "drop" auto "result" auto "settings" auto / minmax(0, 1fr); gap: 12px; --tall: 38svh; }
  #result .tab-container button { padding: 0 8px !important; }
  #examples .row { display: grid; grid-template-columns: 1fr 1fr; }
  .nothing { height: 5em; }
}
"""

# The result of a photo that was dropped may be out of sight, where much of the page stands above it. The advice below
# may stay there.
SHOW_RESULT = """() => {
  const [result, download] = ["result", "download"].map((id) => document.getElementById(id));
  const { top } = result.getBoundingClientRect();
  if (top < 0 || download.getBoundingClientRect().bottom > innerHeight) result.scrollIntoView({ block: "start" });
}"""

# Gradio calls the place to drop files something else than what stands there, and puts a button into a button.
NAMES = """() => {
  const find = (selector) => document.querySelectorAll(selector);
  const mend = () => {
    for (const place of find(".upload-container[aria-label]:not(.icon-mode)")) place.removeAttribute("aria-label");
    for (const around of find(".icon-button:not([role]):has(.upload-container)")) {
      for (const name of ["aria-label", "title"]) around.setAttribute(name, "Add photos");
      around.setAttribute("role", "group");
      around.tabIndex = -1;
    }
  };
  mend();
  new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
}"""


def theme(gr: Any) -> Any:
    """Return Gradio's theme with the fonts of the system, and with text that stands out from what is behind it."""
    # Any other font would be loaded from another host.
    fonts, mono = [gr.themes.Font("system-ui"), gr.themes.Font("sans-serif")], [gr.themes.Font("monospace")]
    return gr.themes.Default(primary_hue="blue", neutral_hue="slate", font=fonts, font_mono=mono).set(
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_hover_dark="*primary_700",
    )
