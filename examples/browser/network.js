// The network, run by ONNX Runtime Web in one thread: nothing here needs a server that sends special headers.

const RUNTIME = new URL("vendor/ort.wasm.bundle.min.mjs", import.meta.url);
const MODEL = new URL("vendor/photo.onnx", import.meta.url);

/**
 * Return the network: an asynchronous function from `{values, shape}` to the values of the answer.
 *
 * @param report Called with words that say how far loading is.
 */
export async function loadNetwork(report) {
  if (typeof WebAssembly !== "object") throw new Error("this browser has no WebAssembly, or it is turned off");
  report("Loading the runtime.");
  const ort = await import(RUNTIME).catch(() => {
    throw new Error("vendor/ort.wasm.bundle.min.mjs is missing: run npm install in this folder (see README.md)");
  });
  ort.env.wasm.numThreads = 1;
  const model = await download(MODEL, report);
  report("Starting the network.");
  const session = await ort.InferenceSession.create(model);
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  return async ({ values, shape }) => {
    const answer = await session.run({ [input]: new ort.Tensor("float32", values, shape) });
    return answer[output].data;
  };
}

/** Return the bytes of a file, and report while they come. */
async function download(url, report) {
  const response = await fetch(url);
  if (!response.ok) throw new Error("vendor/photo.onnx is missing: run npm install in this folder (see README.md)");
  // A server that compresses tells the compressed length, or none.
  const length = Number(response.headers.get("Content-Length"));
  const parts = [];
  let loaded = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    loaded += value.length;
    const total = length >= loaded ? ` of ${megabytes(length)}` : "";
    report(`Loading the model: ${megabytes(loaded)}${total} MB.`);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
