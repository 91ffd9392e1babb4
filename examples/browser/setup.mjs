// Copy what the page loads, the runtime and the model, to vendor/: npm runs this after `npm install`.
//
// node setup.mjs [MODEL.onnx]

import { copyFile, mkdir } from "node:fs/promises";

const here = (path) => new URL(path, import.meta.url);
const runtime = ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"];

await mkdir(here("vendor"), { recursive: true });
for (const name of runtime) await copyFile(here(`node_modules/onnxruntime-web/dist/${name}`), here(`vendor/${name}`));
await copyFile(process.argv[2] ?? here("../../src/unetcolor/models/shipped/photo.onnx"), here("vendor/photo.onnx"));
console.log("The runtime and the model are in vendor/. Now run: python -m http.server --bind 127.0.0.1");
