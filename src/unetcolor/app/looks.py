"""How the page looks, on a screen and on a phone."""

from __future__ import annotations

# On a phone, the result stands below the photo that was dropped, and before what can be set.
STYLE = """
.gradio-container { max-width: 1240px !important; margin: 0 auto !important; }
#heading p { margin-top: 0.3em; }
#heading p + p, #footer p { color: var(--body-text-color-subdued); font-size: var(--text-sm); }
#footer p { text-align: center; }
#work { display: grid; grid: "drop result" auto "settings result" 1fr / minmax(0, 2fr) minmax(0, 3fr); }
#drop { grid-area: drop; }
#result { grid-area: result; }
#settings { grid-area: settings; }
#examples p { font-size: var(--text-sm); }
#examples button { flex-direction: column; gap: 6px; padding: 6px; font-weight: 400; font-size: var(--text-sm); }
#examples img { width: 100%; height: 84px; margin: 0; border-radius: 4px; object-fit: cover; filter: grayscale(1); }
#colors { align-items: center; gap: 6px; flex-wrap: wrap; }
.swatch { width: 36px; height: 36px; flex: none !important; visibility: hidden; border: 1px solid #8886; }
.swatch:focus-visible { outline: 3px solid var(--color-accent); }
#canvas img { cursor: crosshair; }
#swatches { display: none; }
#status, #status * { margin: 0; padding: 0; }
#status p { min-height: 1.5em; }
#status .problem { color: var(--error-icon-color); font-weight: 600; }
@media (max-width: 767px) {
  .gradio-container main { padding: 12px 16px !important; }
  #heading h1 { margin: 0; }
  #work { grid: "drop" auto "result" auto "settings" auto / minmax(0, 1fr); gap: 12px; }
  #before-after { height: 38svh !important; }
  #examples .row { display: grid; grid-template-columns: 1fr 1fr; }
}
"""

# The result of a photo that was dropped may be out of sight, where much of the page stands above it.
SHOW_RESULT = """() => {
  const { top, bottom } = document.getElementById("result").getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) document.getElementById("result").scrollIntoView({ block: "start" });
}"""
