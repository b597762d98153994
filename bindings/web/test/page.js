// What the tests of browser.mjs do in the page: `window.test`.

import * as vqz from "vqz";
import "vqz/element.js";

const hexadecimal = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOf = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());

/** SPEC.md section 14. */
async function pixelHash({ width, height, data }, { gray = false, alpha = false } = {}) {
  const channels = gray ? 1 : 3;
  const count = width * height;
  const input = new Uint8Array(12 + count * (channels + (alpha ? 1 : 0)));
  new Uint32Array(input.buffer, 0, 3).set([width, height, channels]);
  for (let pixel = 0; pixel < count; pixel++) {
    for (let channel = 0; channel < channels; channel++)
      input[12 + pixel * channels + channel] = data[pixel * 4 + channel];
    if (alpha) input[12 + count * channels + pixel] = data[pixel * 4 + 3];
  }
  return hexadecimal(await crypto.subtle.digest("SHA-256", input));
}

const hashOf = ({ image, info }) => pixelHash(image, info);

/** The class of the error that a promise ends with; null if it does not. */
const codeOf = (promise) =>
  promise.then(
    () => null,
    (error) => (error instanceof vqz.VqzError ? error.code : `${error.name}: ${error.message}`),
  );

function canvasOf(image) {
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, image.width, image.height);
}

/** A pixel near the top right corner. */
const cornerOf = ({ width, data }) => [...data.subarray((width * 3 - 4) * 4).subarray(0, 4)];

window.test = {
  exported: () => Object.keys(vqz).sort(),

  /** Files of the conformance suite that all want one model. Gives what each came to. */
  async suite(model, cases) {
    vqz.configure({ weights: { url: model } });
    const results = [];
    for (const { file, scales } of cases) {
      const bytes = await bytesOf(`/suite/${file}`);
      const hashes = {};
      for (const scale of scales) {
        const options = { scale, maxPixels: 2 ** 28, imageOrientation: "none" };
        hashes[scale] = await vqz.decode(bytes, options).then(hashOf, (error) => `error: ${error.code}: ${error.message}`);
      }
      results.push(hashes);
    }
    vqz.configure({});
    return results;
  },

  /** Files of the conformance suite that all want one model, by rendering files: by their addresses, then by their bytes. */
  async renderings(model, cases) {
    vqz.configure({ weights: { url: model } });
    const results = [];
    for (const { file, rendering } of cases) {
      const bytes = await bytesOf(`/suite/${file}`);
      const url = `/suite/${rendering}`;
      const hash = (by) => vqz.decode(bytes, { rendering: by }).then(hashOf, (error) => `error: ${error.code}: ${error.message}`);
      results.push([await hash(url), await hash(await bytesOf(url))]);
    }
    vqz.configure({});
    return results;
  },

  async hash(url, options) {
    return hashOf(await vqz.decode(url, options));
  },

  perceptualHash: async (url) => hashOf(await vqz.decode(url, { rendering: vqz.perceptual })),
  codeOfDecode: (url, options) => codeOf(vqz.decode(url, options)),

  async codeWith(settings, url) {
    vqz.configure(settings);
    const code = await codeOf(vqz.decode(url));
    vqz.configure({});
    return code;
  },

  async aborted(url) {
    const abort = new AbortController();
    const decoded = codeOf(vqz.decode(url, { signal: abort.signal }));
    abort.abort();
    return decoded;
  },

  /** Pushes a file in pieces, and gives the hash of each coarser picture by the number of its layers. */
  async layers(url, piece) {
    const bytes = await bytesOf(url);
    const decoder = new vqz.VqzDecoder();
    const hashes = {};
    for (let at = 0; at < bytes.length; at += piece) {
      const { info } = await decoder.push(bytes.slice(at, at + piece));
      if (info !== undefined && !(info.layersArrived in hashes)) hashes[info.layersArrived] = await hashOf(await decoder.picture());
    }
    const finished = await codeOf(decoder.finish());
    decoder.close();
    return { hashes, finished };
  },

  /** What decode tells of a file while it arrives. Each picture has the server go on. */
  async streamed(url) {
    const [infos, pictures] = [[], []];
    const ended = await codeOf(
      vqz.decode(url, {
        onInfo: ({ width, height, orientation }) => infos.push([width, height, orientation]),
        onPicture: (picture) => {
          pictures.push([picture.info.layersArrived, hashOf(picture)]);
          fetch("/go");
        },
      }),
    );
    return { infos, pictures: await Promise.all(pictures.map(async ([layers, hash]) => [layers, await hash])), ended };
  },

  /** A <vqz-img> that stays in the page, its events, and what it shows at the end. */
  async element(src, attributes = {}) {
    const element = Object.assign(document.createElement("vqz-img"), { src });
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    const events = [];
    const ended = new Promise((resolve) => {
      for (const type of ["progress", "load", "error"])
        element.addEventListener(type, (event) => {
          events.push(type);
          if (type !== "progress") resolve();
        });
    });
    document.body.replaceChildren(element);
    const early = await new Promise((resolve) => {
      const look = () => (element.naturalWidth > 0 || element.complete ? resolve(element.getBoundingClientRect()) : setTimeout(look, 10));
      look();
    });
    await ended;
    const canvas = element.shadowRoot.querySelector("canvas");
    const shown = canvas.hidden ? undefined : canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const hash = shown ? await pixelHash(shown) : null;
    const corner = shown && cornerOf(shown);
    const { naturalWidth, naturalHeight, complete, error } = element;
    return { events, hash, early: [early.width, early.height], size: [naturalWidth, naturalHeight], complete, code: error?.code, corner };
  },

  /** Whether a <vqz-img> has its place before the weights are there. */
  announced(src) {
    const element = Object.assign(document.createElement("vqz-img"), { src });
    document.body.replaceChildren(element);
    return new Promise((resolve) => {
      const look = () => (element.offsetWidth > 0 && element.naturalWidth > 0 ? resolve([element.offsetWidth, element.offsetHeight, element.complete]) : setTimeout(look, 10));
      look();
    });
  },

  async encode(url, options) {
    const { file } = await vqz.encode(await (await fetch(url)).blob(), options);
    return hexadecimal(file);
  },

  codeOfEncode: (options) => codeOf(vqz.encode(new ImageData(3, 2), options)),

  /** What encoding with these settings ends with: null if it does not fail. */
  async encodeWith(settings) {
    vqz.configure(settings);
    const error = await vqz.encode(new ImageData(3, 2)).then(() => null, ({ code, message }) => ({ code, message }));
    vqz.configure({});
    return error;
  },

  /** A file with alpha, a place for EXIF and a colour profile, made from pixels that say where they are. */
  async turned(orientation, { alpha = false, icc } = {}) {
    const [width, height] = [40, 24];
    const data = new Uint8ClampedArray(width * height * 4);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) data.set([x * 6, y * 10, 128, alpha ? (x < 8 ? 0 : 255) : 255], (y * width + x) * 4);
    // One entry: orientation, a number of 16 bits.
    const exif = Uint8Array.from([73, 73, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]);
    const { file } = await vqz.encode({ width, height, data }, { quality: 90, exif, icc: icc && Uint8Array.from(icc) });
    const { image, info } = await vqz.decode(file);
    // As the browser itself shows such pixels where they are of Display P3.
    const inP3 = canvasOf(await createImageBitmap(new ImageData(image.data, image.width, image.height, { colorSpace: "display-p3" })));
    return { file: hexadecimal(file), hash: await pixelHash(image, info), size: [image.width, image.height], inP3: cornerOf(inP3), corner: cornerOf(image) };
  },

  /** The colour profile of Display P3, as the browser writes it into a JPEG file. */
  async profile() {
    const canvas = new OffscreenCanvas(1, 1);
    canvas.getContext("2d", { colorSpace: "display-p3" });
    const bytes = await (await canvas.convertToBlob({ type: "image/jpeg" })).bytes();
    const name = new TextEncoder().encode("ICC_PROFILE\0");
    const at = bytes.findIndex((_, start) => name.every((byte, index) => bytes[start + index] === byte));
    const length = bytes[at - 2] * 256 + bytes[at - 1];
    return [...bytes.subarray(at + 14, at - 2 + length)];
  },

  async image(src) {
    const image = new Image();
    image.src = src;
    document.body.replaceChildren(image);
    const outcome = await image.decode().then(() => "load", () => "error");
    if (outcome === "error") return { outcome };
    const pixels = canvasOf(image);
    return { outcome, hash: await pixelHash(pixels), size: [pixels.width, pixels.height], first: [...pixels.data.slice(0, 4)], corner: cornerOf(pixels) };
  },

  async startServiceWorker() {
    await navigator.serviceWorker.register("/test/sw.js", { type: "module" });
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  },

  /** Seconds of each of some decodes of one file, after each other. */
  async seconds(url, times) {
    const bytes = await bytesOf(url);
    const seconds = [];
    for (let turn = 0; turn < times; turn++) {
      const start = performance.now();
      await vqz.decode(bytes);
      seconds.push((performance.now() - start) / 1000);
    }
    return seconds;
  },
};
