// Make predicted colors follow the hints, along the photo's edges: src/unetcolor/prediction/following.py.

import { encode } from "./color.js";
import { planeLike, transpose } from "./planes.js";
import { factor } from "./solving.js";

// A correction hardly passes over a difference between neighbors of EDGE in luminance, or of COLOR_EDGE in the
// predicted a* and b*. REACH is the distance over which it fades on a plain surface, in pixels of the network's answer.
const EDGE = 0.05;
const COLOR_EDGE = 1;
const REACH = 200;

// How much of what hints change in the network's prediction is used.
const SHARE = 0.2;

// No edge holds a correction back altogether.
const LEAK = 1e-4;

// How much more a hint counts than one pixel's likeness to its neighbors.
const HOLD = 100;

// The colors at the photo's own pixels are mixed from several of the answer, so a correction is corrected in turn.
const ROUNDS = 8;

// Corrections that nobody sees.
const LEAST = 0.1;

/** Return what lies between the network's predictions without and with hints: pairs of planes, a* and b*. */
export function between(unhinted, hinted) {
  return unhinted.map(({ height, width, values }, channel) => {
    const { values: other } = hinted[channel];
    return planeLike({ height, width }, (i) => values[i] + SHARE * (other[i] - values[i]));
  });
}

/** Return what tells surfaces apart, by the luminance and by what the network predicts without hints. */
export function surfacesOf(luminance, colors) {
  const divided = (picture, edge) => planeLike(picture, (i) => picture.values[i] / edge);
  return [divided(luminance, EDGE), ...colors.map((color) => divided(color, COLOR_EDGE))];
}

/**
 * Return colors that have the hue and chroma of the hints at their places.
 *
 * @param before a* and b*, planes.
 * @param cells The hints, gathered at that size.
 * @param surfaces What `surfacesOf` returns.
 * @param upsamplerOf Returns what scales such colors up to the photo.
 * @param luminanceAt Returns the photo's luminance, in 0..1, at a row and a column.
 */
export function follow(before, cells, surfaces, upsamplerOf, luminanceAt) {
  const wanted = cells.map(({ color }) => encode(color).slice(1));
  const seen = cells.map(({ pixel }) => luminanceAt(...pixel));
  // Hints of other colors that lie close together would ask for more and more of both. So no color becomes more vivid
  // than all that is wanted, or than it was predicted.
  const most = Math.max(...wanted.map(([a, b]) => Math.hypot(a, b)));
  const [a, b] = before;
  const limit = planeLike(a, (i) => Math.max(Math.hypot(a.values[i], b.values[i]), most));
  const spread = spreader(surfaces, cells);
  const asked = cells.map(() => [0, 0]);
  let colors = before;
  for (let round = 0; round < ROUNDS; round++) {
    const upsampler = upsamplerOf(colors);
    cells.forEach(({ pixel }, i) => {
      const found = upsampler.at(...pixel, seen[i]);
      asked[i] = asked[i].map((value, channel) => value + wanted[i][channel] - found[channel]);
    });
    const corrections = [0, 1].map((channel) => spread(asked.map((values) => values[channel])));
    colors = corrected(colors, before, corrections, limit);
  }
  return colors;
}

function corrected(colors, before, corrections, limit) {
  const [a, b] = colors.map((color) => ({ ...color, values: color.values.slice() }));
  const [ofA, ofB] = corrections.map(({ values }) => values);
  for (let i = 0; i < limit.values.length; i++) {
    if (Math.max(Math.abs(ofA[i]), Math.abs(ofB[i])) <= LEAST) continue;
    const afterA = before[0].values[i] + ofA[i];
    const afterB = before[1].values[i] + ofB[i];
    const share = Math.min(1, limit.values[i] / Math.max(Math.hypot(afterA, afterB), 1e-9));
    a.values[i] = share * afterA;
    b.values[i] = share * afterB;
  }
  return [a, b];
}

/**
 * Return what spreads values, one for each cell, over a picture: by least squares, so that neighbors of one surface get
 * like values, and places far from all cells none (a screened Poisson equation).
 */
function spreader(surfaces, cells) {
  const { height, width } = surfaces[0];
  if (width > height) {
    // Numbered along the shorter side, neighbors have close numbers, which makes the equations quick to solve.
    const turned = cells.map(({ row, column }) => ({ row: column, column: row }));
    const spread = spreader(surfaces.map(transpose), turned);
    return (asked) => transpose(spread(asked));
  }
  const likeness = (at, other) => {
    let distance = 0;
    for (const { values } of surfaces) distance += (values[at] - values[other]) ** 2;
    return Math.exp(-distance) + LEAK;
  };
  const count = height * width;
  const diagonal = new Float64Array(count).fill(1 / REACH ** 2);
  // How each pixel is joined to the one before it, and to the one above it.
  const before = new Float64Array(count);
  const above = new Float64Array(count);
  const join = (joined, at, other) => {
    const value = likeness(at, other);
    joined[at] = -value;
    diagonal[at] += value;
    diagonal[other] += value;
  };
  for (let at = 0; at < count; at++) {
    if (at % width > 0) join(before, at, at - 1);
    if (at >= width) join(above, at, at - width);
  }
  const places = cells.map(({ row, column }) => row * width + column);
  for (const place of places) diagonal[place] += HOLD;
  const solve = factor(diagonal, before, above, width);

  return (asked) => {
    const values = new Float64Array(count);
    places.forEach((place, i) => (values[place] = HOLD * asked[i]));
    return { height, width, values: Float32Array.from(solve(values)) };
  };
}
