// The page: takes a photo, shows it in gray and in color, takes hints, and hands out the result.

import { Hints } from "./page_hints.js";
import { Work } from "./work.js";

const byId = (id) => document.getElementById(id);
const [status, result, stage, frame] = ["status", "result", "stage", "frame"].map(byId);
const downloads = { png: byId("png"), jpeg: byId("jpeg") };

function say(words, isError = false) {
  status.className = isError ? "error" : "";
  status.textContent = words;
}

const work = new Work((words) => say(words));
const hints = new Hints(stage, () => recolor());

// What is shown: the photo's name, its size, and how long the network took to look at it.
let photo;
let opened = 0;
let isColoring = false;
let hasChanged = false;

function show(canvas, bitmap) {
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("bitmaprenderer").transferFromImageBitmap(bitmap);
}

function enable(isReady) {
  for (const button of Object.values(downloads)) button.disabled = !isReady;
}

async function open(file) {
  const number = ++opened;
  enable(false);
  result.hidden = true;
  photo = undefined;
  hints.start(undefined);
  let answer;
  try {
    answer = await work.ask("open", { file });
  } catch (error) {
    if (number === opened) say(`${file.name}: ${error.message}.`, true);
    return;
  }
  // Meanwhile another one may have been dropped.
  if (number !== opened) return;
  photo = { name: file.name, ...answer };
  stage.style.setProperty("--width", photo.width);
  stage.style.setProperty("--height", photo.height);
  hints.start([photo.height, photo.width]);
  show(byId("before"), photo.before);
  await recolor();
}

async function recolor() {
  // Of several hints that are given while others are followed, only the last state counts.
  hasChanged = true;
  if (isColoring) return;
  isColoring = true;
  enable(false);
  while (hasChanged && photo) {
    hasChanged = false;
    await color(photo);
  }
  isColoring = false;
}

async function color(mine) {
  const given = hints.list;
  let answer;
  try {
    answer = await work.ask("color", { hints: given });
  } catch (error) {
    if (mine === photo) say(`${mine.name}: ${error.message}.`, true);
    return;
  }
  if (mine !== photo || hasChanged) return;
  show(byId("after"), answer.after);
  result.hidden = false;
  enable(true);
  // The first time, the photo was looked at, too.
  const parts = given.length === 0 ? [mine, answer] : [answer];
  const [total, network] = ["total", "network"].map((key) => parts.reduce((sum, part) => sum + part[key], 0) / 1000);
  const size = `${mine.width} x ${mine.height} pixels`;
  const times = `colored in ${total.toFixed(2)} s; the network took ${network.toFixed(2)} s on one WASM thread`;
  say(`${mine.name}: ${size}, ${times}.`);
}

async function download(type) {
  const mine = photo;
  const words = status.textContent;
  const { file } = await work.ask("save", { type: `image/${type}` });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${mine.name.replace(/\.[^.]*$/, "")}_color.${type === "jpeg" ? "jpg" : type}`;
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  if (mine === photo) say(words);
}

for (const [type, button] of Object.entries(downloads)) {
  button.addEventListener("click", () => download(type).catch((error) => say(error.message, true)));
}

byId("file").addEventListener("change", ({ target }) => {
  if (target.files.length) open(target.files[0]);
  // The same file may be chosen again.
  target.value = "";
});

for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    byId("drop").classList.toggle("over", kind === "dragover");
    if (kind !== "drop") return;
    const [file] = event.dataTransfer.files;
    if (file) open(file);
    else say("What was dropped is not a file: save the picture, and drop its file.", true);
  });
}

byId("compare").addEventListener("input", ({ target }) => stage.style.setProperty("--gray", `${target.value}%`));

byId("zoom").addEventListener("click", ({ target }) => {
  target.setAttribute("aria-pressed", String(frame.classList.toggle("whole")));
});

say("Starting.");
work
  .ask("load")
  .then(() => photo || say("Ready: choose a photo."))
  .catch((error) => say(`The page cannot work: ${error.message}.`, true));
