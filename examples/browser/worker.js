// Does the work in another thread, so that the page stays alive.
//
// The page asks with `{id, task, ...}` and is answered with `{id, answer}` or `{id, error}`; in between, `{report}`
// says in words what is going on.

import { colorsWith, look, paint, paintGray } from "./full_size.js";
import { loadNetwork } from "./network.js";
import { open, save } from "./photo.js";

const report = (words) => postMessage({ report: words });

let network;
let photo;
let looked;
let painted;
// How long the network took for the present photo and hints.
let spent = 0;

async function timed(input) {
  const start = performance.now();
  const answer = await network(input);
  spent += performance.now() - start;
  return answer;
}

const bitmapOf = (pixels) => createImageBitmap(new ImageData(pixels, photo.width, photo.height));

const tasks = {
  async load() {
    network = await loadNetwork(report);
  },

  /** Read a file, and return its size and its gray picture. */
  async open({ file }) {
    if (!network) throw new Error("the network could not be loaded; reload the page");
    photo = looked = painted = undefined;
    report("Reading the photo.");
    photo = await open(file);
    report("Looking at the photo.");
    spent = 0;
    looked = await look(photo, timed);
    const before = await bitmapOf(paintGray(photo, looked));
    return { height: photo.height, width: photo.width, before, network: spent };
  },

  /** Return the picture in color. */
  async color({ hints }) {
    report("Choosing the colors.");
    spent = 0;
    const colors = await colorsWith(hints, photo, looked, timed);
    painted = paint(photo, looked, colors, (share) => report(`Coloring: ${Math.round(100 * share)} %.`));
    return { after: await bitmapOf(painted), network: spent };
  },

  /** Return the picture as a file. */
  async save({ type }) {
    report("Writing the file.");
    return { file: await save(photo, painted, type) };
  },
};

async function answer({ id, task, ...given }) {
  const start = performance.now();
  try {
    const made = (await tasks[task](given)) ?? {};
    const bitmaps = Object.values(made).filter((value) => value instanceof ImageBitmap);
    postMessage({ id, answer: { ...made, total: performance.now() - start } }, bitmaps);
  } catch (error) {
    const isMemory = error instanceof RangeError;
    postMessage({ id, error: isMemory ? "this browser has no memory for so large a photo" : error.message });
  }
}

// One after the other.
let queue = Promise.resolve();
onmessage = ({ data }) => {
  queue = queue.then(() => answer(data));
};
