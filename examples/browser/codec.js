// Between pictures and the network: src/unetcolor/codec.py for the preset `photo`, which works in L*a*b* and takes
// hints.

import { encode, lightnessOfFloats } from "./color.js";
import { plane } from "./planes.js";
import { shrink, workingSize } from "./resize.js";

// The network sees a photo at the area of a square with this side, in pixels. To STRIDE of them, along each side, it
// answers with one.
export const SIDE = 224;
export const STRIDE = 2;

// Luminance, hinted a* and b*, and where the hints are.
const CHANNELS = 4;

// From L* to network units and from network units to a* and b*.
export const FULL = 100;
const SPAN = 255;
const LOW = -128;

/** Return what the network sees of a photo: its luminance, in 0..1, at the network's size. */
export function luminanceOf(photo) {
  const [height, width] = workingSize(photo.height, photo.width, SIDE);
  const [red, green, blue] = [0, 1, 2].map((i) => (photo.isGray && i > 0 ? null : shrink(photo, i, height, width)));
  const luminance = plane(height, width);
  for (let i = 0; i < luminance.values.length; i++) {
    const level = red.values[i];
    const levels = photo.isGray ? [level, level, level] : [level, green.values[i], blue.values[i]];
    luminance.values[i] = lightnessOfFloats(...levels) / FULL;
  }
  return luminance;
}

/** Return the network's input: shape (1, height, width, 4). */
export function inputOf(luminance, cells) {
  const input = new Float32Array(CHANNELS * luminance.values.length);
  luminance.values.forEach((value, i) => (input[CHANNELS * i] = value));
  for (const { row, column, color } of cells) {
    const [, a, b] = encode(color);
    input.set([(a - LOW) / SPAN, (b - LOW) / SPAN, 1], CHANNELS * (row * luminance.width + column) + 1);
  }
  return { values: input, shape: [1, luminance.height, luminance.width, CHANNELS] };
}

/** Return a* and b*, two planes, of the network's answer to a luminance. */
export function colorsOf(answer, luminance) {
  return [0, 1].map((channel) => {
    const color = plane(Math.ceil(luminance.height / STRIDE), Math.ceil(luminance.width / STRIDE));
    for (let i = 0; i < color.values.length; i++) color.values[i] = answer[2 * i + channel] * SPAN + LOW;
    return color;
  });
}
