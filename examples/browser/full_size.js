// Colors at the photo's own size: src/unetcolor/prediction/full_size.py.
//
// A photo is `{height, width, pixels, isGray}`, with pixels as RGBA bytes. A network is an asynchronous function from
// the input that `inputOf` makes to the values of its answer.

import { FULL, STRIDE, colorsOf, inputOf, luminanceOf } from "./codec.js";
import { decodeInto, lightnessOfGray, lightnessOfLevels } from "./color.js";
import { between, follow, surfacesOf } from "./following.js";
import { inCells } from "./hints.js";
import { averageBlocks, plane } from "./planes.js";
import { EdgeAwareUpsampler } from "./upsample.js";

// So often, at most, is said how much of a photo is done.
const REPORTS = 20;

/** Return what the network sees of a photo and what it answers, which stay the same whatever hints are given. */
export async function look(photo, network) {
  const luminance = luminanceOf(photo);
  const seen = averageBlocks(luminance, STRIDE);
  const colors = colorsOf(await network(inputOf(luminance, [])), luminance);
  return { luminance, seen, colors, surfaces: surfacesOf(seen, colors) };
}

/** Return a* and b*, planes of the size of the network's answer, that follow hints. */
export async function colorsWith(hints, photo, looked, network) {
  const { luminance, colors, surfaces } = looked;
  if (hints.length === 0) return colors;
  const size = [photo.height, photo.width];
  const shown = inCells(hints, size, [luminance.height, luminance.width]);
  const hinted = colorsOf(await network(inputOf(luminance, shown)), luminance);
  const cells = inCells(hints, size, [luminance.height / STRIDE, luminance.width / STRIDE]);
  const upsamplerOf = (colors) => new EdgeAwareUpsampler(colors, luminance, size, STRIDE);
  const luminanceAt = (row, column) => lightnessAt(photo, row * photo.width + column) / FULL;
  return follow(between(colors, hinted), cells, surfaces, upsamplerOf, luminanceAt);
}

/**
 * Return the photo's pixels with colors and with its own luminance: RGBA bytes.
 *
 * @param report Called with the share that is done.
 */
export function paint(photo, { luminance }, colors, report = () => {}) {
  const { height, width, pixels } = photo;
  const painted = pixels.slice();
  const upsampler = new EdgeAwareUpsampler(colors, luminance, [height, width], STRIDE);
  const [ofRow, a, b] = [1, 2, 3].map(() => new Float32Array(width));
  const step = Math.ceil(height / REPORTS);
  for (let row = 0; row < height; row++) {
    const start = row * width;
    for (let x = 0; x < width; x++) ofRow[x] = lightnessAt(photo, start + x) / FULL;
    upsampler.row(row, ofRow, a, b);
    for (let x = 0; x < width; x++) decodeInto(painted, 4 * (start + x), lightnessAt(photo, start + x), a[x], b[x]);
    if (row % step === 0) report(row / height);
  }
  return painted;
}

/** Return the photo's pixels without colors: RGBA bytes. */
export function paintGray(photo, looked) {
  if (photo.isGray) return photo.pixels;
  const none = plane(looked.seen.height, looked.seen.width);
  return paint(photo, looked, [none, none]);
}

/** Tell whether R, G and B are equal everywhere. */
export function isGray(pixels) {
  for (let at = 0; at < pixels.length; at += 4) {
    if (pixels[at] !== pixels[at + 1] || pixels[at] !== pixels[at + 2]) return false;
  }
  return true;
}

function lightnessAt({ isGray, pixels }, pixel) {
  const at = 4 * pixel;
  return isGray ? lightnessOfGray(pixels[at]) : lightnessOfLevels(pixels[at], pixels[at + 1], pixels[at + 2]);
}
