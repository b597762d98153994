// The Worker: does what client.js asks, one thing after the other. See index.js for what the operations mean.

import { Format } from "./codec.js";
import { VqzError } from "./error.js";
import { loader, renderings } from "./load.js";
import { upright } from "./orientation.js";

/** A module never gives memory back: with more than this, and nothing to keep it for, the Worker asks to be replaced. */
const TOO_LARGE = 2 ** 27;

let codec;
let instance;
const rendering = renderings();
const decoders = new Map();

const operations = {
  start({ settings }) {
    codec = loader(settings);
  },

  async open({ decoder, options }) {
    const drawnBy = await rendering(options.rendering);
    instance = await codec();
    decoders.set(decoder, instance.decoder({ ...options, rendering: drawnBy }));
  },

  push({ decoder, bytes }) {
    const needed = opened(decoder).push(bytes);
    return { needed, info: opened(decoder).info() };
  },

  finish({ decoder }) {
    opened(decoder).finish();
  },

  metadata({ decoder }) {
    return opened(decoder).metadata();
  },

  picture({ decoder, view, keepOrientation }) {
    const info = opened(decoder).info();
    const pixels = opened(decoder).decode(view);
    if (pixels === undefined) return undefined;
    const { width, height, data } = upright(pixels, keepOrientation ? 1 : info.orientation);
    return { width, height, data, info, icc: opened(decoder).metadata().icc };
  },

  close({ decoder }) {
    decoders.get(decoder)?.free();
    decoders.delete(decoder);
  },

  async encode({ width, height, data, options }) {
    instance = await codec(true);
    const opaque = packed(data);
    return opaque
      ? instance.encode(opaque, Format.RGB, width, height, options)
      : instance.encode(data, Format.RGBA, width, height, options);
  },
};

function opened(decoder) {
  const found = decoders.get(decoder);
  if (found === undefined) throw new VqzError("invalid-argument", "the decoder is closed, or its Worker had to be replaced");
  return found;
}

/** RGBA → RGB; undefined if any pixel is transparent. */
function packed(data) {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return undefined;
  const colors = new Uint8Array((data.length / 4) * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    colors[to++] = data[from];
    colors[to++] = data[from + 1];
    colors[to++] = data[from + 2];
  }
  return colors;
}

async function answer({ id, operation, ...request }) {
  try {
    const value = await operations[operation](request);
    const buffers = [value?.data, value?.file].filter((bytes) => bytes !== undefined).map((bytes) => bytes.buffer);
    const large = decoders.size === 0 && instance?.size > TOO_LARGE;
    postMessage({ id, value, large }, buffers);
  } catch (error) {
    // Of JavaScript's own errors, this is the one for buffers that cannot be had.
    const code = error.code ?? (error instanceof RangeError ? "out-of-memory" : "internal");
    postMessage({ id, error: { code, message: error.message }, failed: code === "internal" || code === "out-of-memory" });
  }
}

let last = Promise.resolve();
onmessage = ({ data }) => (last = last.then(() => answer(data)));
