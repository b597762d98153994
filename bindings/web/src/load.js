// The module, the model's weights and those of its encoder, over the network: what a codec is made of.

import { Codec } from "./codec.js";
import { VqzError } from "./error.js";

/** Of the Cache API. Weights are 3.5 MB, and 4.8 MB more for encoding: a page should have to fetch them once. */
const CACHE = "vqz-weights";

/**
 * A function that gives a `Codec`; the same one as long as it lives, and another when it has failed. Called with true, it gives one that encodes, and
 * fetches the encoder file for that, if there is one. Takes the settings of index.js.
 */
export function loader({ wasm, weights }) {
  const { encoder } = weights;
  const urls = [weights.url, encoder?.url];
  const base = kept(() => Promise.all([compiled(wasm), checked(weights, urls)]));
  const behind = kept(() => checked(encoder, urls));
  let [codec, complete] = [undefined, false];
  return async (encodes = false) => {
    const model = await base(([module, model]) => {
      if (codec === undefined || codec.dead) [codec, complete] = [new Codec(module, model), false];
      return model;
    });
    // Without one, it may be in the same file; if it is not, the module says so.
    if (encodes && encoder !== undefined && !complete) {
      await behind((file) => codec.load(joined([model, file])));
      complete = true;
    }
    return codec;
  };
}

/** A function that calls `use` with what `get` gives. That is kept until either fails: perhaps the network is back at the next call. */
function kept(get) {
  let got;
  return async (use) => {
    try {
      got ??= get();
      return use(await got);
    } catch (error) {
      got = undefined;
      throw error;
    }
  };
}

/** A function that gives the bytes of a rendering file, from its address or from themselves; undefined from undefined. The last one fetched is kept. */
export function renderings() {
  let [last, bytes] = [undefined, undefined];
  return async (source) => {
    if (typeof source !== "string") return source;
    if (source !== last) [last, bytes] = [source, fetched(source).then((response) => inflated(response, source))];
    try {
      return await bytes;
    } catch (error) {
      // Perhaps the network is back at the next call.
      last = undefined;
      throw error;
    }
  };
}

async function compiled(url) {
  const response = await fetched(url);
  try {
    // Only a server that says what it sends gets its module compiled while it arrives.
    if (response.headers.get("Content-Type") === "application/wasm") return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new VqzError("network", `${url} is not the module of vqz: ${error.message}`);
  }
}

/** The bytes of a file of weights, unpacked, from the cache or the network. The cache keeps those of `urls`. */
async function checked({ url, sha256 }, urls) {
  // There is no cache where the page is not from a secure context, or the browser keeps nothing.
  const cache = await globalThis.caches?.open(CACHE).catch(() => undefined);
  const kept = await cache?.match(url);
  if (kept !== undefined) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    if ((await digest(bytes)) === sha256) return bytes;
    await cache.delete(url);
  }
  const bytes = await inflated(await fetched(url), url);
  const found = await digest(bytes);
  if (sha256 !== undefined && found !== undefined && found !== sha256)
    throw new VqzError("weights", `${url} has the SHA-256 ${found}, the weights should have ${sha256}`);
  if (sha256 !== undefined) await keep(cache, url, bytes, urls);
  return bytes;
}

/** Keeps nothing but what is of `urls`: others are from an earlier version. */
async function keep(cache, url, bytes, urls) {
  try {
    for (const request of (await cache?.keys()) ?? []) if (!urls.includes(request.url)) await cache.delete(request);
    await cache?.put(url, new Response(bytes));
  } catch {
    // No room: fetched anew the next time.
  }
}

/** In hexadecimal; undefined where the page is not from a secure context, which has no `crypto.subtle`. (Every file names its model by digest, and
 * the module compares.) */
async function digest(bytes) {
  if (globalThis.crypto?.subtle === undefined) return undefined;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A body that is gzip is unpacked, unless the server has said so and the browser has done it. */
async function inflated(response, url) {
  const bytes = new Uint8Array(await body(response, url));
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw new VqzError("weights", `${url} is damaged: ${error.message}`);
  }
}

async function body(response, url) {
  try {
    return await response.arrayBuffer();
  } catch (error) {
    throw new VqzError("network", `${url} did not arrive: ${error.message}`);
  }
}

/** What `fetch` gives, if it is no error. */
export async function fetched(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new VqzError("network", `${url} cannot be fetched: ${error.message}`);
  }
  return right(response, url);
}

/** The same response, unless it is that of an error. */
export function right(response, url) {
  if (!response.ok) throw new VqzError("network", `${url} cannot be fetched: status ${response.status}`);
  return response;
}

/** All of them in one. */
export function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
