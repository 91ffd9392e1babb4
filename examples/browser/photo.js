// One photo between file and pixels, by the browser's own codecs.

import { isGray } from "./full_size.js";

const KINDS = "JPEG, PNG, WebP, AVIF, GIF and BMP";

// A sheet of A4 scanned at 600 dots an inch has 35 million.
const MOST_PIXELS = 36e6;

/** Return the photo of a file, upright and in sRGB: `{height, width, pixels, isGray}`. */
export async function open(file) {
  const options = { imageOrientation: "from-image", premultiplyAlpha: "none" };
  const bitmap = await createImageBitmap(file, options).catch(() => {
    throw new Error(`this browser reads ${KINDS}; this is none of them, damaged, or too large`);
  });
  const { height, width } = bitmap;
  if (height * width > MOST_PIXELS) {
    throw new Error(`${width} x ${height} pixels are too many: at most ${MOST_PIXELS / 1e6} million are colored here`);
  }
  const context = contextOf(height, width);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const pixels = context.getImageData(0, 0, width, height).data;
  return { height, width, pixels, isGray: isGray(pixels) };
}

/** Return a file of a kind such as "image/png" with RGBA bytes. */
export function save({ height, width }, pixels, type) {
  const context = contextOf(height, width);
  context.putImageData(new ImageData(pixels, width, height), 0, 0);
  if (type === "image/jpeg") {
    // It has no transparency, and browsers would lay it on black.
    context.globalCompositeOperation = "destination-over";
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
  }
  return context.canvas.convertToBlob({ type, quality: 0.95 });
}

function contextOf(height, width) {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error(`this browser has no memory for ${width} x ${height} pixels`);
  return context;
}
