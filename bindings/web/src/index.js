// vqz in browsers. index.d.ts is the documentation.

import { Client } from "./client.js";
import { VqzError } from "./error.js";
import { probe } from "./header.js";
import { fetched } from "./load.js";
import { bmp } from "./bmp.js";
import { arriving, streamed } from "./source.js";
import { defaults } from "./defaults.js";

export { VqzError, probe };
/** The address of the perceptual rendering of the default model's files. */
export const { perceptual } = defaults;

let client = new Client(defaults);

export function configure(settings) {
  client.stop(new VqzError("cancelled", "vqz was configured anew"));
  client = new Client(absolute({ ...defaults, ...settings }));
}

/** The Worker has another address than the page, by which it would resolve relative ones. */
function absolute({ wasm, weights }) {
  const whole = (url) => new URL(url, globalThis.location?.href).href;
  const { encoder } = weights;
  return { wasm: whole(wasm), weights: { ...weights, url: whole(weights.url), encoder: encoder && { ...encoder, url: whole(encoder.url) } } };
}

/** A rendering file as the Worker takes it: its whole address, or its bytes. */
function drawnBy(rendering) {
  if (rendering === undefined) return undefined;
  if (typeof rendering === "string" || rendering instanceof URL) return new URL(rendering, globalThis.location?.href).href;
  if (ArrayBuffer.isView(rendering)) return new Uint8Array(rendering.buffer, rendering.byteOffset, rendering.byteLength).slice();
  return new Uint8Array(rendering);
}

export class VqzDecoder {
  #client = client;
  #decoder = client.number();
  #view;
  #keepOrientation;
  #opened;

  constructor({ scale, region, rendering, maxPixels, imageOrientation = "from-image" } = {}) {
    this.#view = { scale, region };
    this.#keepOrientation = imageOrientation === "none";
    this.#opened = this.#call("open", { options: { maxPixels, rendering: drawnBy(rendering) } });
    // Whoever waits for anything of this decoder's gets to know.
    this.#opened.catch(() => {});
  }

  async push(bytes) {
    // A view would be sent with all that is around it.
    const copy = bytes.slice();
    await this.#opened;
    return this.#call("push", { bytes: copy }, [copy.buffer]);
  }

  async finish() {
    await this.#opened;
    return this.#call("finish");
  }

  async metadata() {
    await this.#opened;
    return this.#call("metadata");
  }

  async picture() {
    await this.#opened;
    const drawn = await this.#call("picture", { view: this.#view, keepOrientation: this.#keepOrientation });
    if (drawn === undefined) return undefined;
    const { width, height, data, info, icc } = drawn;
    return { image: new ImageData(new Uint8ClampedArray(data.buffer), width, height), info, icc };
  }

  close() {
    this.#opened.then(() => this.#call("close")).catch(() => {});
  }

  #call(operation, request, transferred) {
    return this.#client.call(operation, { decoder: this.#decoder, ...request }, transferred);
  }
}

export async function decode(source, { signal, onInfo, onPicture, ...options } = {}) {
  const decoder = new VqzDecoder(options);
  try {
    return await abortable(drawn(decoder, await streamed(source, signal), onInfo, onPicture), signal);
  } finally {
    decoder.close();
  }
}

async function drawn(decoder, stream, onInfo, onPicture) {
  let [known, shown] = [undefined, 0];
  const tell = (info) => {
    if (info === undefined || info === null) return;
    if (known === undefined || known.orientation !== info.orientation) onInfo?.(info);
    known = info;
  };
  const beginning = [];
  for await (const bytes of arriving(stream)) {
    if (known === undefined) {
      // Before the weights are there.
      beginning.push(...bytes.subarray(0, 64));
      tell(probe(Uint8Array.from(beginning)));
    }
    const { info } = await decoder.push(bytes);
    tell(info);
    if (onPicture && info?.layersArrived > shown && !info.finished) {
      shown = info.layersArrived;
      onPicture(await decoder.picture());
    }
  }
  await decoder.finish();
  return decoder.picture();
}

/** What `promise` gives, unless `signal` comes first. */
function abortable(promise, signal) {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    promise.then(resolve, reject);
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

export async function encode(picture, { signal, ...options } = {}) {
  const { width, height, data } = "data" in picture ? picture : await pixels(picture);
  const copy = data.slice();
  return abortable(client.call("encode", { width, height, data: copy, options }, [copy.buffer]), signal);
}

/** Of anything that a canvas can draw; files are turned as their EXIF says. */
async function pixels(picture) {
  const bitmap = await createImageBitmap(picture);
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const image = context.getImageData(0, 0, bitmap.width, bitmap.height);
  bitmap.close();
  return image;
}

export async function toBitmap({ image, info, icc }) {
  if (icc === undefined) return createImageBitmap(image);
  // Of all that browsers draw from memory, only files have a colour profile.
  const { width, height } = image;
  const data = new Uint8Array(image.data);
  for (let at = 0; at < data.length; at += 4) [data[at], data[at + 2]] = [data[at + 2], data[at]];
  return createImageBitmap(new Blob(bmp({ width, height, data }, { alpha: info.alpha, icc }), { type: "image/bmp" }));
}
