// sRGB and CIE 1976 L*a*b*, white D65, as src/unetcolor/spaces has them: lab.py, srgb.py and cie.py.
//
// RGB is in 0..1, or a level in 0..255; "linear" values are proportional to light. L* is in 0..100.

// Linear sRGB to XYZ and back, as exact fractions: CSS Color 4, section "Sample code for color conversions".
const RGB_TO_XYZ = [
  [506752 / 1228815, 87881 / 245763, 12673 / 70218],
  [87098 / 409605, 175762 / 245763, 12673 / 175545],
  [7918 / 409605, 87881 / 737289, 1001167 / 1053270],
];
const XYZ_TO_RGB = [
  [12831 / 3959, -329 / 214, -1974 / 3959],
  [-851781 / 878810, 1648619 / 878810, 36519 / 878810],
  [705 / 12673, -2585 / 12673, 705 / 667],
];
// White of IEC 61966-2-1: x = 0.3127, y = 0.3290.
const WHITE = [0.3127 / 0.329, 1, (1 - 0.3127 - 0.329) / 0.329];

const RGB_TO_WHITES = RGB_TO_XYZ.map((row, i) => row.map((value) => value / WHITE[i]));
const WHITES_TO_RGB = XYZ_TO_RGB.map((row) => row.map((value, i) => value * WHITE[i]));

// CIE 15:2018, equations 8.6 to 8.8.
const EPSILON = 216 / 24389;
const KAPPA = 24389 / 27;

// A divisor for black and white, which have no room for color.
const TINY = 1e-12;

export const linearize = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
export const delinearize = (c) => (c <= 0.0031308 ? c * 12.92 : 1.055 * c ** (1 / 2.4) - 0.055);
const compress = (t) => (t <= EPSILON ? (KAPPA * t + 16) / 116 : Math.cbrt(t));
const expand = (f) => (f <= 6 / 29 ? (116 * f - 16) / KAPPA : f * f * f);

/** Return [L*, a*, b*] of sRGB in 0..1. */
export function encode(rgb) {
  const linear = rgb.map(linearize);
  const [fx, fy, fz] = RGB_TO_WHITES.map((row) =>
    compress(row[0] * linear[0] + row[1] * linear[1] + row[2] * linear[2]),
  );
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

const lightnessOfLuminance = (y) => 116 * compress(y) - 16;
const LINEAR = Float64Array.from({ length: 256 }, (_, level) => linearize(level / 255));
const LIGHTNESS = LINEAR.map(lightnessOfLuminance);

/** Return L* of a gray level in 0..255. */
export const lightnessOfGray = (level) => LIGHTNESS[level];

/** Return L* of a color, levels in 0..255: that of the gray with the same luminance. */
export function lightnessOfLevels(red, green, blue) {
  const [ofRed, ofGreen, ofBlue] = RGB_TO_XYZ[1];
  return lightnessOfLuminance(ofRed * LINEAR[red] + ofGreen * LINEAR[green] + ofBlue * LINEAR[blue]);
}

/** Return L* of floats in 0..1. */
export const lightnessOfFloats = (red, green, blue) => encode([red, green, blue])[0];

// At the first of the 255 levels above black no color can be seen.
const DARKEST_COLORED = encode([1.5 / 255, 1.5 / 255, 1.5 / 255])[0];

// A power for each of three channels of millions of pixels takes seconds; steps this small are 0.05 of a level where
// the curve is steepest.
const STEPS = 65536;
const LEVEL = Uint8Array.from({ length: STEPS + 1 }, (_, i) => Math.round(255 * delinearize(i / STEPS)));
const levelOf = (linear) => LEVEL[Math.trunc(Math.min(Math.max(linear, 0), 1) * STEPS + 0.5)];

// Looked up in an array, they would take half of the time.
const [[RX, RY, RZ], [GX, GY, GZ], [BX, BY, BZ]] = WHITES_TO_RGB;

/**
 * Write R, G and B, levels in 0..255, of a color into `pixels` from `at` on.
 *
 * A color that sRGB does not have is pulled toward the gray of equal luminance, which keeps luminance and hue.
 */
export function decodeInto(pixels, at, lightness, a, b) {
  if (lightness < DARKEST_COLORED) a = b = 0;
  const fy = (lightness + 16) / 116;
  const x = expand(fy + a / 500);
  const y = expand(fy);
  const z = expand(fy - b / 200);
  const gray = Math.min(Math.max(y, 0), 1);
  const red = RX * x + RY * y + RZ * z - gray;
  const green = GX * x + GY * y + GZ * z - gray;
  const blue = BX * x + BY * y + BZ * z - gray;
  const above = Math.max(1 - gray, TINY);
  const below = Math.max(gray, TINY);
  const excess = Math.max(1, Math.max(red, green, blue) / above, -Math.min(red, green, blue) / below);
  pixels[at] = levelOf(gray + red / excess);
  pixels[at + 1] = levelOf(gray + green / excess);
  pixels[at + 2] = levelOf(gray + blue / excess);
}

/** Return R, G and B, levels in 0..255, of a color. */
export function decode(lightness, a, b) {
  const levels = [0, 0, 0];
  decodeInto(levels, 0, lightness, a, b);
  return levels;
}
